"""What one repository is worth to somebody: the ranking computed again without what they did there."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from sourcing.errors import BadInput
from sourcing.ranking import score
from sourcing.ranking.specialism import Specialism
from storage import named, persons, scores, snapshot
from storage.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """Where somebody stands, and would without a repository. after: None = would not be listed."""

    person: str
    specialism: str
    repository: str
    before: int
    after: int | None
    lower_before: float
    lower_after: float

    @property
    def sentence(self) -> str:
        """Return it in words: `without owner/name: rank 4 → 11`."""
        after = f"{self.after}" if self.after is not None else "not listed"
        return f"without {self.repository}: rank {self.before} → {after}"


def without(
    store: Store, specialism: Specialism, key: str, repository: str, *, home: Path, now: datetime
) -> Without:
    """Compute somebody's score again without one repository, all else being as the store has it now; changes nothing.

    Costs a snapshot and one ranking. Raises NotFound without a score, BadInput if the score is not listed.
    """
    with store.read() as tx:
        person = persons.get(tx, key).key
        stored = scores.get(tx, person, specialism.slug)
        if not stored.listed:
            raise BadInput(
                f"{person} is not listed in {specialism.slug!r}; `sourcer rank why-not {person}` says why"
            )
        before = named.place(tx, stored)
        as_of = scores.ranked(tx)[specialism.slug][1]
    home.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="without-", dir=home))
    try:
        with store.read() as tx:
            snapshot.write(tx, directory, "ranking", as_of=as_of)
        if not _drop(directory, person, repository):
            raise BadInput(f"{person} did nothing in {repository!r} that the store knows of")
        again = score.evaluate(directory, specialism, as_of=as_of, spill=home / "spill")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    found = next((one for one in again.scores if one.person == person), None)
    with store.read() as tx:
        after = None if found is None or not found.listed else named.place(tx, found)
    return Without(
        person=person,
        specialism=specialism.slug,
        repository=repository,
        before=before,
        after=after,
        lower_before=stored.lower,
        lower_after=0.0 if found is None else found.lower,
    )


def _drop(directory: Path, person: str, repository: str) -> int:
    """Take what somebody did in a repository out of a snapshot, and return how many signals that were."""
    wanted = f"github:{repository.lower()}"
    works = pq.read_table(directory / "works.parquet", columns=["work", "part_of"])
    places = pc.utf8_lower(pc.coalesce(works["part_of"], works["work"]))
    inside = works["work"].filter(
        pc.or_(pc.equal(places, wanted), pc.equal(pc.utf8_lower(works["work"]), wanted))
    )
    signals = pq.read_table(directory / "signals.parquet")
    theirs = pc.and_(pc.equal(signals["person"], person), pc.is_in(signals["work"], inside.combine_chunks()))
    pq.write_table(signals.filter(pc.invert(theirs)), directory / "signals.parquet")
    return int(pc.sum(theirs).as_py() or 0)
