"""Rankings of the past: kept with all they were computed from, listed, and computed again to the last digit."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sourcing.errors import BadInput
from sourcing.ranking import score
from sourcing.ranking.columns import Ranking
from sourcing.ranking.specialism import Specialism
from storage import rankings, wishes
from storage.engine import Store
from storage.model import Score
from storage.rankings import Ranked, Stood

EXACT = 1e-9  # TRUST P12
_SPECIALISM = TypeAdapter(Specialism)
_FIGURES = ("value", "lower", "rising", "rising_lower", "confidence")
_SCORING = ("acts.py", "certainty.py", "columns.py", "level.py", "score.py")  # what scores are made by


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A ranking computed again. same: nobody and nothing differs by more than 1e-9.

    differs: people whose figures are others now, or who stood in one of the two only, by key. off: the largest
    difference of a figure. formula: whether the program's own part is the one it was.
    """

    specialism: str
    run: str
    people: int
    differs: tuple[str, ...]
    off: float
    is_formula_same: bool

    @property
    def same(self) -> bool:
        """Return whether the ranking came out as it was."""
        return not self.differs


def content_of(one: Specialism) -> dict[str, Any]:
    """Return everything a specialism says, as plain JSON."""
    table: dict[str, Any] = _SPECIALISM.dump_python(one, mode="json", warnings=False)
    return table


def specialism_of(content: Mapping[str, Any]) -> Specialism:
    """Return the specialism that was kept as plain JSON."""
    return _SPECIALISM.validate_python(content)


@cache
def formula() -> str:
    """Return the digest of the program's own part in a ranking: features and scoring, as they are written."""
    digest = hashlib.sha256()
    for package in ("sourcing.features", "sourcing.ranking"):
        folder = resources.files(package)
        for file in sorted(
            (one for one in folder.iterdir() if one.name.endswith(".py")), key=lambda one: one.name
        ):
            if package == "sourcing.features" or file.name in _SCORING:
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def keep(tx: Any, one: Specialism, *, run: str, as_of: datetime, snapshot: Path) -> int:
    """Keep the ranking just put as that of a run, and return how many rows it took.

    one: the specialism as it was applied. snapshot: the directory it was computed from. Changes ranking, ranking_row.
    """
    return rankings.keep(
        tx,
        run=run,
        specialism=one.slug,
        version=one.version,
        as_of=as_of,
        content=content_of(one),
        files=_digests(snapshot),
        formula=formula(),
    )


def snapshot_of(one: Ranked, home: Path) -> Path | None:
    """Return the directory of the snapshot a ranking was computed from, None if it is gone."""
    for directory in sorted((home / "snapshots").glob("ranking-*")):
        if (directory / "manifest.json").is_file() and _digests(directory) == dict(one.files):
            return directory
    return None


def replay(store: Store, run: Sequence[Ranked], *, home: Path) -> list[Replayed]:
    """Compute the rankings of a run again from their snapshot and compare them with what was kept; changes nothing.

    run: all of one run, as `rankings.of_run` gives them: they were computed together. Raises BadInput if the snapshot
    was swept. Whoever was erased since, or asks not to be approached, is left out.
    """
    name = run[0].run
    directory = snapshot_of(run[0], home)
    if directory is None:
        raise BadInput(
            f"the snapshot of run {name!r} is gone, so its rankings cannot be computed again: snapshots go after a "
            "few nights (ranking.keep_snapshots) and with every erasure; `sourcer rank diff` still compares what was "
            "kept of them"
        )
    with store.read() as tx:
        kept = [rankings.rows(tx, one) for one in run]
        asked = wishes.keys(tx)
    wanted = [specialism_of(one.content) for one in run]
    again = score.evaluate_all(directory, wanted, as_of=run[0].as_of, spill=home / "spill")
    return [_compared(one, stood, made, asked) for one, stood, made in zip(run, kept, again, strict=True)]


def _compared(one: Ranked, kept: Mapping[str, Stood], again: Ranking, asked: Collection[str]) -> Replayed:
    listed = {found.person: found for found in again.scores if found.listed}
    off = {key: _off(kept.get(key), listed.get(key)) for key in kept.keys() | (listed.keys() - set(asked))}
    return Replayed(
        specialism=one.specialism,
        run=one.run,
        people=len(kept),
        differs=tuple(sorted(key for key, value in off.items() if value > EXACT)),
        off=max(off.values(), default=0.0),
        is_formula_same=one.formula == formula(),
    )


def _off(kept: Stood | None, again: Score | None) -> float:
    """Return by how much two accounts of somebody differ, in points; another level is a whole one."""
    if kept is None or again is None:
        return max((one.value for one in (kept, again) if one is not None), default=0.0) or 1.0
    off = [abs(float(getattr(kept, name)) - float(getattr(again, name))) for name in _FIGURES]
    points = {part.factor: part.points for part in again.points}
    off += [abs(part.points - points.get(part.factor, 0.0)) for part in kept.parts]
    return max(off) if kept.level == again.level else max(*off, 1.0)


def _digests(directory: Path) -> dict[str, str]:
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    return {one["name"]: one["sha256"] for one in manifest["files"]}
