"""What a night keeps of its ranking for the next: a digest of each person's facts, and which gate they met.

It holds keys and digests, no names. Deleting it is always safe; erasing a person deletes it with the snapshots.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import storage.scores
from sourcing.features.facts import monday
from sourcing.features.fits import written
from sourcing.ranking.columns import Ranking
from sourcing.ranking.specialism import Specialism
from storage.engine import Store
from storage.snapshot import RANKED

_KEYS = ["number", "person"]
_TYPES = pa.schema([("number", pa.int32()), ("person", pa.string()), ("digest", pa.int64())])


class Kept:
    """The digests of the ranking before, if it was one of the same specialisms in the same week, by this program."""

    def __init__(self, folder: Path, mark: Mapping[str, Any], before: pa.Table | None) -> None:
        self._folder, self._mark, self._before = folder, mark, before
        self._moved: dict[int, set[str]] | None = None

    @classmethod
    def load(cls, store: Store, home: Path, wanted: Sequence[Specialism], *, as_of: datetime) -> "Kept":
        """Return what was kept; nothing of it counts if the store's rankings are not those that were put then."""
        folder = home / RANKED
        mark = {
            "monday": monday(as_of).isoformat(),
            "year": as_of.year,
            "program": _program(),
            "wanted": [
                [one.version, *(written(each) for each in (one.look, one.overlay) if each)] for one in wanted
            ],
        }
        before = None
        # none, or half of one: everybody is scored
        with suppress(OSError, ValueError, pa.ArrowException):
            told = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
            if told == mark | {"stored": _stored(store, wanted)}:
                before = pq.read_table(folder / "digests.parquet")
        return cls(folder, mark, before)

    def compare(self, everybody: pa.Table) -> pa.Table | None:
        """Return (number, person) of those whose facts are others now, or gone; None for everybody."""
        if self._before is None:
            return None
        now, then = everybody.cast(_TYPES), self._before.select(["number", "person", "digest"])
        names = ["number", "person", "digest"]
        fresh = now.join(then, names, join_type="left anti").select(_KEYS)
        stale = then.join(now, names, join_type="left anti").select(_KEYS)
        moved = pa.concat_tables([fresh, stale]).group_by(_KEYS).aggregate([])
        self._moved = {}
        for number, person in zip(moved["number"].to_pylist(), moved["person"].to_pylist(), strict=True):
            self._moved.setdefault(number, set()).add(person)
        return moved

    def moved(self, number: int) -> set[str] | None:
        """Return whose score of a specialism was computed anew, None for everybody's."""
        return None if self._moved is None else self._moved.get(number, set())

    def clear(self) -> None:
        """Forget what was kept: it does not tell of the store any more once rows are written."""
        (self._folder / "digests.json").unlink(missing_ok=True)

    def save(self, store: Store, everybody: pa.Table, rankings: Sequence[Ranking]) -> list[dict[int, int]]:
        """Keep this ranking's digests for the next, and return how many people met each gate, by specialism.

        Whoever was not stored, being gone or not to be approached, is not kept: once they may be, they are new.
        """
        numbers = [number for number, each in enumerate(rankings) for _ in each.persons]
        persons = [person for each in rankings for person in each.persons]
        gates = [gate for each in rankings for gate in each.gate]
        new = pa.table(
            [pa.array(numbers, pa.int32()), pa.array(persons, pa.string()), pa.array(gates, pa.int8())],
            names=[*_KEYS, "gate"],
        )
        if self._before is not None:
            old = self._before.select([*_KEYS, "gate"]).join(new.select(_KEYS), _KEYS, join_type="left anti")
            new = pa.concat_tables([new, old.select(new.column_names)])
        table = everybody.cast(_TYPES).join(new, _KEYS, join_type="inner")
        with store.read() as tx:
            living = storage.scores.living(tx)
        table = table.filter(pc.is_in(table["person"], pa.array(sorted(living), pa.string())))
        self._folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, self._folder / "digests.parquet.new")
        (self._folder / "digests.parquet.new").replace(self._folder / "digests.parquet")
        stored = _stored(store, [each.specialism for each in rankings])
        beside = self._folder / "digests.json.new"
        beside.write_text(json.dumps(dict(self._mark) | {"stored": stored}), encoding="utf-8")
        beside.replace(self._folder / "digests.json")
        found: list[dict[int, int]] = [{} for _ in rankings]
        counts = Counter(zip(table["number"].to_pylist(), table["gate"].to_pylist(), strict=True))
        for (number, gate), people in counts.items():
            found[number][gate] = people
        return found


def _stored(store: Store, wanted: Sequence[Specialism]) -> list[Any]:
    with store.read() as tx:
        ranked = storage.scores.ranked(tx)
    found = [ranked.get(one.slug) for one in wanted]
    return [None if one is None else [one[0], one[1].isoformat(), one[2]] for one in found]


def _program() -> str:
    """Return a digest of everything that moves a score, as it is written."""
    digest = sha256()
    for package in ("sourcing.features", "sourcing.ranking"):
        files = [one for one in resources.files(package).iterdir() if one.name.endswith(".py")]
        for file in sorted(files, key=lambda one: one.name):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
