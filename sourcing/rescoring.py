"""One person's scores made anew at once, after a recruiter said that a piece of their evidence is wrong.

What the ranking would need to read of them is cut out of the store's last snapshot: everything done in the repositories
they worked in, and everything else of whoever works beside them where nobody watches. The next night makes the same
score again from everything.
"""

import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sourcing.ranking import score, specialism
from storage import feedback, persons, renewal, scores, snapshot
from storage.engine import Store
from storage.model import Score


def again(store: Store, key: str, *, home: Path, roots: Sequence[Path]) -> list[Score]:
    """Compute somebody's scores without excluded evidence and store them; return them by specialism.

    home: where snapshots are kept. roots: of the specialisms. Costs a few seconds. Changes score and points of this
    person. Where nothing was ranked yet nothing is done: the first ranking looks. Raises NotFound.
    """
    with store.read() as tx:
        person = persons.get(tx, key)
        out = feedback.excluded(tx)
        theirs = feedback.signals_of(tx, person.identities)
        ranked = scores.ranked(tx)
    wanted = [
        score.as_called_now(store, specialism.load(slug, roots))
        for slug in specialism.names(roots)
        if slug in ranked
    ]
    if not wanted:
        return []
    moment = max(ranked[one.slug][1] for one in wanted)
    watched = {f"github:{repo}" for one in wanted for repo in one.look.watched}
    folder = home / "snapshots"  # what a crash leaves behind goes with the snapshots when somebody is erased
    folder.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="again-", dir=folder))
    try:
        source = _newest(home)
        if source is None:
            with store.read() as tx:
                snapshot.write(tx, directory, "ranking", as_of=moment)
            source = directory
        _cut(source, directory, _Cut(person=person.key, theirs=theirs, out=out, watched=watched))
        rankings = score.evaluate_all(directory, wanted, as_of=moment, spill=home / "spill")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    found: list[Score] = []
    with store.begin() as tx:
        for one, ranking in zip(wanted, rankings, strict=True):
            own = [each for each in ranking.scores if each.person == person.key]
            scores.put(tx, one.slug, one.version, own, None, moment, people={person.key})
            found += own
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """What is cut out. theirs: the person's signals, as the store has them now. out: signals that count for nobody."""

    person: str
    theirs: Collection[str]
    out: Collection[str]
    watched: Collection[str]


def _newest(home: Path) -> Path | None:
    """Return the last whole ranking snapshot, None if there is none."""
    whole = [path for path in (home / "snapshots").glob("ranking-*") if (path / "manifest.json").is_file()]
    return max(whole, default=None, key=lambda path: path.name)


def _cut(source: Path, directory: Path, cut: _Cut) -> None:
    """Write what a person's scores rest on. source: a whole snapshot, whose people may have been joined since."""
    signals = renewal.read(source, "signals")
    signals = signals.filter(pc.invert(_is_in(signals["signal"], cut.out)))
    works = renewal.read(source, "works")
    theirs = _is_in(signals["signal"], cut.theirs)
    strayed = pc.and_(pc.equal(signals["person"], cut.person), pc.invert(theirs))
    owner = pc.if_else(theirs, pa.scalar(cut.person), signals["person"])
    signals = signals.set_column(signals.schema.get_field_index("person"), "person", owner)
    signals, theirs = signals.filter(pc.invert(strayed)), theirs.filter(pc.invert(strayed))
    said = pc.utf8_lower(pc.coalesce(works["part_of"], works["work"]))
    places = pc.replace_substring_regex(said, "^git:", "github:")
    mine = pc.unique(places.filter(pc.is_in(works["work"], pc.unique(signals["work"].filter(theirs)))))
    is_beside = pc.is_in(places, mine)
    inside = _among(signals["work"], works["work"].filter(is_beside))
    open_ = pc.and_(is_beside, pc.invert(_is_in(places, cut.watched)))
    people = pc.unique(signals["person"].filter(_among(signals["work"], works["work"].filter(open_))))
    chosen = signals.filter(pc.or_(theirs, pc.or_(inside, pc.is_in(signals["person"], people))))
    kept = _among(works["work"], chosen["work"])
    needed = pc.or_(kept, _among(works["work"], works["part_of"].filter(kept)))
    pq.write_table(chosen, directory / "signals.parquet")
    pq.write_table(works.filter(needed), directory / "works.parquet")


def _is_in(column: pa.ChunkedArray, values: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(column, pa.array(sorted(values), pa.string()))


def _among(column: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(column, pc.unique(values))
