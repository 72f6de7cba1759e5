"""What a night keeps of its ranking for the next: a digest of each person's facts, and which gate they met.

It holds keys and digests, no names. Deleting it is always safe; erasing a person deletes it with the snapshots.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import storage.scores
from sourcing.features.begun import among
from sourcing.features.facts import monday
from sourcing.features.fits import written
from sourcing.features.ledger import Known, Ledger
from sourcing.ranking.columns import Ranking
from sourcing.ranking.specialism import Specialism
from storage import renewal
from storage.engine import Store
from storage.snapshot import RANKED

_KEYS = ["number", "person"]
_TYPES = pa.schema(
    [("number", pa.int32()), ("person", pa.string()), ("digest", pa.int64()), ("key", pa.int64())]
)


class Kept:
    """The digests of the ranking before, if it was one of the same specialisms in the same week, by this program."""

    def __init__(
        self, folder: Path, mark: Mapping[str, Any], before: pa.Table | None, others: Collection[str] = ()
    ) -> None:
        """Take what was kept. others: people who may have a score now and might not then, or the other way round."""
        self._folder, self._mark, self._before, self._others = folder, dict(mark), before, others
        self._now = _TYPES.empty_table()
        self._rest: pa.Table | None = None
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
        # none, or half of one: everybody is scored
        with suppress(OSError, ValueError, pa.ArrowException):
            told = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
            if told == mark | {"stored": _stored(store, wanted)}:
                living = _living(store)
                others = living ^ set(pq.read_table(folder / "living.parquet")["person"].to_pylist())
                before = among(
                    pq.read_table(folder / "digests.parquet"), "person", _array(others), is_in=False
                )
                return cls(folder, mark, before, others)
        return cls(folder, mark, None)

    def compare(self, found: pa.Table, people: pa.Array | None) -> pa.Table | None:
        """Return (number, person) of those whose facts are others now, or gone; None for everybody.

        found: their digests, as `changed.digests` has them. people: the keys of those who were looked at, None = all.
        """
        if self._before is None:
            self._now = found.cast(_TYPES)
            return None
        now, then = found.cast(_TYPES), self._before
        self._now = now
        if people is not None:
            self._rest = among(then, "key", people, is_in=False)
            self._now = now = among(now, "key", people)
            then = among(then, "key", people)
        names = ["number", "person", "digest"]
        then = then.select(names)
        fresh = now.join(then, names, join_type="left anti").select(_KEYS)
        stale = then.join(now.select(names), names, join_type="left anti").select(_KEYS)
        moved = pa.concat_tables([fresh, stale]).group_by(_KEYS).aggregate([])
        self._moved = {}
        for number, person in zip(moved["number"].to_pylist(), moved["person"].to_pylist(), strict=True):
            self._moved.setdefault(number, set()).add(person)
        return moved

    def known(self, directory: Path) -> Known | None:
        """Return what was kept of the snapshot that this one was built upon; None if that is not what was kept."""
        upon = renewal.upon(directory)
        if self._before is None or upon is None:
            return None
        found = Ledger.load(self._folder / "ledger", self._mark | {"snapshot": upon})
        return None if found is None else Known(ledger=found[0], as_of=found[1], people=_array(self._others))

    def keep(self, ledger: Ledger, directory: Path, *, as_of: datetime) -> None:
        """Keep what the next night reads less for, if its snapshot is built upon this one."""
        ledger.save(self._folder / "ledger", self._mark | {"snapshot": directory.name}, as_of=as_of)

    def moved(self, number: int) -> set[str] | None:
        """Return whose score of a specialism was computed anew, None for everybody's."""
        return None if self._moved is None else self._moved.get(number, set())

    def clear(self) -> None:
        """Forget what was kept: it does not tell of the store any more once rows are written."""
        (self._folder / "digests.json").unlink(missing_ok=True)

    def save(self, store: Store, rankings: Sequence[Ranking]) -> list[dict[int, int]]:
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
            seen = among(self._before, "key", self._now["key"]).select(new.column_names)
            new = pa.concat_tables([new, seen.join(new.select(_KEYS), _KEYS, join_type="left anti")])
        table = self._now.join(new, _KEYS, join_type="inner")
        if self._rest is not None:
            table = pa.concat_tables([table, self._rest.select(table.column_names)])
        living = _array(_living(store))
        table = among(table, "person", living)
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, one in (("living", pa.table({"person": living})), ("digests", table)):
            pq.write_table(one, self._folder / f"{name}.parquet.new")
            (self._folder / f"{name}.parquet.new").replace(self._folder / f"{name}.parquet")
        stored = _stored(store, [each.specialism for each in rankings])
        beside = self._folder / "digests.json.new"
        beside.write_text(json.dumps(self._mark | {"stored": stored}), encoding="utf-8")
        beside.replace(self._folder / "digests.json")
        found: list[dict[int, int]] = [{} for _ in rankings]
        for row in table.group_by(["number", "gate"]).aggregate([([], "count_all")]).to_pylist():
            found[row["number"]][row["gate"]] = row["count_all"]
        return found


def _living(store: Store) -> set[str]:
    with store.read() as tx:
        return storage.scores.living(tx)


def _array(people: Collection[str]) -> pa.Array:
    return pa.array(sorted(people), pa.string())


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
