"""The counterfactual gate: everybody made somebody else, every score must stay as it is, to the last bit (P17, F4).

Names, pronouns, places and organisations are swapped in a transaction that is taken back; what is ranked before and
after are two snapshots of the same work. Nothing of the store changes.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sourcing.ranking import score
from sourcing.ranking.columns import Ranking
from sourcing.ranking.specialism import Specialism
from storage import snapshot, swapped
from storage.engine import Store
from storage.swapped import Swapped

TOLD_MAX = 20
Write = Callable[..., object]
"""Writes a ranking snapshot: `storage.snapshot.write`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Somebody whose score moved with who they are. before, after: the value, None without a score."""

    specialism: str
    person: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate found. scores: how many were compared. differing: how many moved; differences: the first."""

    specialisms: int
    scores: int
    swapped: Swapped
    differing: int
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Return whether no score moved at all."""
        return self.differing == 0


def gate(
    store: Store, wanted: Sequence[Specialism], *, as_of: datetime, home: Path, write: Write = snapshot.write
) -> Verdict:
    """Return whether scores in some specialisms are the same when everybody is somebody else.

    write: how a snapshot is made. Ranks everybody twice and reads the whole store; keeps others from writing meanwhile.
    """
    folder = home / "snapshots"  # what a crash leaves behind goes with the snapshots when somebody is erased
    folder.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="swapped-", dir=folder))
    try:
        before, after = directory / "before", directory / "after"
        done: list[Swapped] = []
        with suppress(_TakenBack), store.begin() as tx:
            write(tx, before, _KIND, as_of=as_of)
            done.append(swapped.swap(tx))
            write(tx, after, _KIND, as_of=as_of)
            raise _TakenBack
        called = [score.as_called_now(store, one) for one in wanted]
        ranked = [
            score.evaluate_all(one, called, as_of=as_of, spill=home / "spill") for one in (before, after)
        ]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return _compared(ranked[0], ranked[1], done[0])


_KIND: Literal["ranking"] = "ranking"


class _TakenBack(Exception):
    """Undoes the transaction in which everybody is somebody else."""


def _compared(before: Sequence[Ranking], after: Sequence[Ranking], done: Swapped) -> Verdict:
    compared = 0
    found: list[Difference] = []
    for old, new in zip(before, after, strict=True):
        left, right = _rows(old), _rows(new)
        compared += len(left)
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                one, other = (rows[key][0] if key in rows else None for rows in (left, right))
                found.append(Difference(specialism=old.specialism.slug, person=key, before=one, after=other))
    return Verdict(
        specialisms=len(before),
        scores=compared,
        swapped=done,
        differing=len(found),
        differences=tuple(found[:TOLD_MAX]),
    )


def _rows(ranking: Ranking) -> dict[str, Any]:
    """Return all of a score that a reader sees, by person: values, what each factor earned, listed, the level."""
    columns = [
        ranking.value, ranking.lower, ranking.rising, ranking.rising_lower, ranking.upper, ranking.confidence,
        ranking.listed, *(each.points for each in ranking.earned), *(each.rising for each in ranking.earned),
    ]  # fmt: skip
    told = zip(*(column.tolist() for column in columns), strict=True)
    return {
        key: (*row, ranking.level(place).band)
        for place, (key, row) in enumerate(zip(ranking.persons, told, strict=True))
    }
