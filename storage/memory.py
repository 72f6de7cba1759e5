"""What searches have read, kept for the next: groups and rankings of one version of the look-up tables, people shown.

A search asks first whether anything in the store has changed since: on SQLite the numbers of commits by others and of
rows changed through the same connection, on PostgreSQL the snapshot. If not, everything read before is still true.
If so, groups and rankings stay as long as `sets.version` is the same; only people are read anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from storage import halts, sets
from storage.engine import is_writing
from storage.groups import Group
from storage.model import Found

_HELD_MIN, _HELD_EACH = 32 << 20, 256
"""Bytes of one version, and more for each person: all rankings, all values and the commonest thousand words."""
_PEOPLE_MAX, _MARKED_MAX = 20_000, 200
_VERSIONS_MAX = 2  # searches that began before a change and those behind it
_INFO = "sourcer_search"


class Held(Protocol):
    """Anything that tells its size."""

    @property
    def nbytes(self) -> int:
        """Return what it takes in memory."""


One = TypeVar("One", bound=Held | None)


class Memory:
    """Groups and rankings by name, the ones used last; size: how many places there are. Shared between threads."""

    def __init__(self, size: int, most: int | None = None) -> None:
        self.size = size
        self._most, self._bytes = _HELD_MIN + _HELD_EACH * size if most is None else most, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, name: Hashable, read: Callable[[], One]) -> One:
        """Return what is kept under a name, or read it and keep it."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return cast(One, self._kept[name])
        found = read()
        with self._lock:
            if name not in self._kept:
                self._kept[name] = found
                self._bytes += _cost(found)
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= _cost(self._kept.popitem(last=False)[1])
        return found


@dataclass(slots=True, kw_only=True)
class State:
    """One state of the whole store as a connection sees it.

    found: people by what they were asked under. marked: groups of what recruiters put on people, and of whom nothing is
    shown. is_off: whether the ranking is switched off, None until somebody asked. within: the last transaction that was
    found to see it; one of `Store.read` sees one state only.
    """

    seen: Hashable
    memory: Memory
    found: dict[Hashable, Found] = field(default_factory=dict)
    marked: dict[Hashable, Group] = field(default_factory=dict)
    is_off: bool | None = None
    within: object = None


_versions: WeakKeyDictionary[Engine, OrderedDict[bytes, Memory]] = WeakKeyDictionary()
_lock = Lock()


def state(tx: Connection) -> State:
    """Return what is known of the state a transaction sees; of one that writes nothing is kept."""
    if is_writing(tx):
        return State(seen=None, memory=Memory(sets.width(tx)))
    held = cast(State | None, tx.info.get(_INFO))
    if held is not None and held.within is tx.get_transaction():
        return held
    seen = _seen(tx)
    if held is None or held.seen != seen:
        held = State(seen=seen, memory=_memory(tx))
    elif len(held.found) > _PEOPLE_MAX or len(held.marked) > _MARKED_MAX:
        held = State(seen=seen, memory=held.memory)
    held.within = tx.get_transaction()
    tx.info[_INFO] = held
    return held


def is_off(tx: Connection, known: State) -> bool:
    """Return whether the ranking is switched off in a state, asking the store once."""
    if known.is_off is None:
        known.is_off = halts.standing(tx) is not None
    return known.is_off


def _seen(tx: Connection) -> Hashable:
    if tx.dialect.name == "sqlite":
        raw = cast(Any, tx.connection.dbapi_connection)
        # first the statement: it begins to read, so nothing it does not count can still come
        return raw.execute("PRAGMA data_version").fetchone()[0], raw.total_changes
    return cast(str, tx.exec_driver_sql("SELECT CAST(pg_current_snapshot() AS text)").scalar_one())


def _memory(tx: Connection) -> Memory:
    version = sets.version(tx)
    if version is None:
        return Memory(sets.width(tx))
    with _lock:
        known = _versions.setdefault(tx.engine, OrderedDict())
        if version in known:
            known.move_to_end(version)
            return known[version]
    fresh = Memory(sets.width(tx))
    with _lock:
        found = known.setdefault(version, fresh)
        while len(known) > _VERSIONS_MAX:
            known.popitem(last=False)
    return found


def _cost(one: Held | None) -> int:
    return 200 + (0 if one is None else one.nbytes)
