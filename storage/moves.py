"""Names that moved: what was said of a thing under a former name is kept under the name it bears now.

A source gives a thing an immutable number and calls it by a name; `moved` keeps which name led to which number, and
until when. A fact fetched under a name belongs to the number the name led to then, so a name that somebody else takes
up later gains nothing from its former bearer, and lends nothing to it.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, case, delete, func, or_, select

from spiders.records import Claim, Gone, Moved, Record, Signal, Work
from storage import facts
from storage.engine import upsert
from storage.tables import claim, moved, signal, withdrawal, work

_EVER = datetime.max.replace(tzinfo=UTC)
_BEFORE = datetime.min.replace(tzinfo=UTC)
# A repository speaks under two schemes: its platform's, and that of its history.
_NAMED = re.compile(r"(?P<scheme>github|git):(?P<path>[^/\s]+/[^#@:/\s]+)(?P<rest>[#@:/].*)?", re.DOTALL)
_ADDRESS = re.compile(r"https?://github\.com/(?P<path>[^/\s]+/[^/?#\s]+)")

Kind = TypeVar("Kind", bound=Record)


class Names:
    """Which thing a name meant at a moment, and what that thing is called now; blind to letter case."""

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._holders: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._called: dict[str, tuple[datetime, str]] = {}
        for row in rows:
            path = path_of(row.name)
            name = path.lower()
            known = self._holders[name].get(row.number, _BEFORE)
            self._holders[name][row.number] = max(known, row.called_at or _BEFORE, row.led_at or _BEFORE)
            self._names[row.number].add(name)
            if row.called_at is not None:
                self._called[row.number] = max(
                    self._called.get(row.number, (_BEFORE, "")), (row.called_at, path)
                )

    @classmethod
    def load(cls, tx: Connection, numbers: Collection[str] = ()) -> Self:
        """Read the names of everything that has more than one, of `numbers`, and of who shares a name with them."""
        several = select(moved.c.number).group_by(moved.c.number).having(func.count() > 1)
        which = or_(moved.c.number.in_(several), moved.c.number.in_(sorted(numbers)))
        names = sorted({name.lower() for name in tx.execute(select(moved.c.name).where(which)).scalars()})
        return cls(tx.execute(select(moved).where(func.lower(moved.c.name).in_(names)))) if names else cls(())

    def path(self, path: str, at: datetime = _EVER) -> str:
        """Return what the thing is called now that `owner/name` led to at a moment; an unmoved name as it is."""
        holders = self._holders.get(path.lower())
        if not holders:
            return path
        ordered = sorted((last, number) for number, last in holders.items())
        number = next((number for last, number in ordered if last >= at), ordered[-1][1])
        called = self._called.get(number)
        return called[1] if called is not None and len(self._names[number]) > 1 else path

    def id(self, one: str, at: datetime) -> str:
        """Return the id of a work, `github:owner/name#12` or `git:owner/name@c0ffee`, under the name of today."""
        named = _NAMED.fullmatch(one) if self._holders else None
        if named is None:
            return one
        path = self.path(named["path"], at)
        return one if path == named["path"] else f"{named['scheme']}:{path}{named['rest'] or ''}"

    def record(self, record: Kind) -> Kind:
        """Return a record that speaks of things by the names of today; the same object if none has moved."""
        if not self._holders:
            return record
        at = record.via.fetched_at
        names: tuple[str, ...]
        match record:
            case Work():
                names = ("id", "part_of")
            case Signal():
                names = ("work",)
            case Claim():
                names = ("left", "right")
            case Gone():
                names = ("id",)
            case _:
                return record
        changed: dict[str, Any] = {}
        for name in names:
            value = getattr(record, name)
            if value is not None and (told := self.id(value, at)) != value:
                changed[name] = told
        if isinstance(record, Signal) and changed:
            changed["id"] = _renamed(record.id, path_of(record.work), path_of(changed["work"]))
        return replace(record, **changed) if changed else record

    def signature(self, number: str) -> object:
        """Return what the ids of a thing's facts depend on."""
        names = sorted(self._names.get(number, ()))
        shared = [
            (name, sorted(self._holders[name].items())) for name in names if len(self._holders[name]) > 1
        ]
        return names, self._called.get(number, (_BEFORE, ""))[1] if len(names) > 1 else None, shared

    def known(self, numbers: Collection[str]) -> dict[str, set[str]]:
        """Return the names of some things and of those that share a name with them, lower case, by number."""
        near = {
            other for one in numbers for name in self._names.get(one, ()) for other in self._holders[name]
        }
        return {one: self._names[one] for one in near | set(numbers) if one in self._names}


def path_of(one: str) -> str:
    """Return the `owner/name` in the id of a work, or what follows its scheme."""
    named = _NAMED.fullmatch(one)
    return named["path"] if named is not None else one.partition(":")[2]


def put(tx: Connection, records: Collection[Moved], visit: str) -> int:
    """Remember names and bring the facts stored under former ones to the names of today; return how many moved.

    Changes moved, and the ids of work, signal, claim and withdrawal below a name that moved.
    """
    numbers = {facts.clean(one.number) for one in records}
    before = Names.load(tx, numbers)
    later = {name: _later(moved.c[name]) for name in ("called_at", "led_at")}
    newest = ("source", "url", "visit", "seen_at")
    upsert(
        tx,
        moved,
        _rows(records, visit).values(),
        change=lambda new: {
            **{name: choose(new[name]) for name, choose in later.items()},
            **{
                name: case((new.seen_at >= moved.c.seen_at, new[name]), else_=moved.c[name])
                for name in newest
            },
        },
    )
    after = Names.load(tx, numbers)
    changed = {one: names for one, names in after.known(numbers).items() if _differs(one, before, after)}
    paths = set().union(*changed.values())
    return sum(_bring(tx, table, after, paths) for table in (work, signal, claim, withdrawal)) if paths else 0


def _differs(number: str, before: Names, after: Names) -> bool:
    return before.signature(number) != after.signature(number)


def _rows(records: Iterable[Moved], visit: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted(records, key=lambda one: one.via.fetched_at):
        number, at = facts.clean(one.number), one.via.fetched_at
        for name, field in ((facts.clean(one.old), "led_at"), (facts.clean(one.new), "called_at")):
            row = rows.setdefault(
                (number, name), {"number": number, "name": name, "called_at": None, "led_at": None}
            )
            row |= {
                field: at, "source": one.via.source, "url": facts.clean(one.via.url), "visit": visit, "seen_at": at,
            }  # fmt: skip
    return rows


def _later(old: ColumnElement[Any]) -> Any:
    """Return how to choose the later of a stored moment and a new one; unknown is earlier than any."""

    def choose(new: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((old.is_(None), new), (new.is_(None), old), (new > old, new), else_=old)

    return choose


def _bring(tx: Connection, table: Table, names: Names, paths: set[str]) -> int:
    """Give the rows of a table below some names the ids of today; of two rows that become one the newer stays."""
    ids = {work: ("id", "part_of"), signal: ("work",), claim: ("left", "right"), withdrawal: ("id",)}[table]
    below = or_(*(_below(table.c[name], path) for name in ids for path in sorted(paths)))
    keys = list(table.primary_key.columns)
    brought: list[dict[str, Any]] = []
    for row in tx.execute(select(table).where(below)).all():
        values = dict(row._mapping)
        told = _told(values, table, ids, names, paths)
        if told == values:
            continue
        tx.execute(delete(table).where(*(key == values[key.name] for key in keys)))
        brought.append(told)
    for one in brought:  # one at a time: two of them may meet under one key
        upsert(tx, table, [one], where=facts.newer(table))
    return len(brought)


def _told(
    row: dict[str, Any], table: Table, ids: tuple[str, ...], names: Names, paths: set[str]
) -> dict[str, Any]:
    """Return a row with the ids of today. The address it was read at says which name it was asked by."""
    address = _ADDRESS.match(row.get("url") or "")
    asked = address["path"] if address is not None and address["path"].lower() in paths else None
    told = dict(row)
    for name in ids:
        named = _NAMED.fullmatch(row[name] or "")
        if named is not None and named["path"].lower() in paths:
            path = names.path(asked or named["path"], row["seen_at"])
            told[name] = f"{named['scheme']}:{path}{named['rest'] or ''}"
    if table is signal and told["work"] != row["work"]:
        told["id"] = _renamed(row["id"], path_of(row["work"]), path_of(told["work"]))
    if "hash" in row:
        told["hash"] = facts.hash_of(table, told)
    return told


def _renamed(signal_id: str, old: str, new: str) -> str:
    """Return a signal's id with the repository in it under another name, `github:merged:owner/name#12:1001`."""
    return re.sub(rf"(?<=:){re.escape(old)}(?=[#@:/]|$)", lambda _: new, signal_id, count=1)


def _below(column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    escaped = path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*_patterns(func.lower(column), escaped))


def _patterns(column: ColumnElement[str], escaped: str) -> Iterator[ColumnElement[bool]]:
    for scheme in ("github", "git"):
        yield column.like(f"{scheme}:{escaped}", escape="\\")
        for mark in "#@:/":
            yield column.like(f"{scheme}:{escaped}{mark}%", escape="\\")
