"""The suppression list beside the store, in a file below home: a backup brought back forgets, this file does not.

Each line is `+` or `-`, a keyed digest, a moment and a reason; it holds nobody's name. It is as secret as the store,
and belongs with the instance secret, away from the backups of the store (README, Privacy for administrators).
"""

import os
import platform
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sourcing.errors import BadInput
from sourcing.settings import Settings
from storage import audit, journal, subjects
from storage.engine import Store

FILE = "suppressed.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One keyed digest of the list, since when and why."""

    digest: str
    reason: str
    at: datetime


def keep(store: Store, settings: Settings, *, lifted: Collection[str] = ()) -> int:
    """Write down what the list of the store has and the file has not or has otherwise; return how many lines.

    lifted: digests somebody took off the list. That the store lacks one says nothing else: it may be a backup, behind
    the file, which then stays ahead of it until `restore` caught up. Only who came back with new work, which no store
    behind the file can tell, needs no naming. Reads the whole list: about a tenth of a second per 100,000 digests.
    Changes the store's journal.
    """
    path, name = settings.home / FILE, _name(settings)
    with store.begin() as tx:
        audit.alone(tx)  # processes of one home write one after the other
        there, written = subjects.suppressed(tx), load(path)
        is_behind = journal.position(tx, name) < _size(path)
        fresh = [
            line
            for digest, (why, at) in there.items()
            for line in (Line(digest=digest, reason=_plain(why), at=at),)
            if digest not in written or _replaces(line, written[digest])
        ]
        absent = {digest: line for digest, line in written.items() if digest not in there}
        named = set(lifted)
        if not is_behind:
            named |= {digest for digest, line in absent.items() if _is_past(line)}
        gone = [line for digest, line in absent.items() if digest in named]
        if fresh or gone or is_behind:  # what is ahead may be half a line
            _append(path, [*(_text("+", one) for one in fresh), *(_text("-", one) for one in gone)])
        if not (is_behind and _unknown(there, load(path))):
            journal.put(tx, name, _size(path))
    return len(fresh) + len(gone)


def missing(store: Store, settings: Settings) -> list[Line]:
    """Return what the file has and the store, being a backup, has not; costs one small query if it is none."""
    path = settings.home / FILE
    size = _size(path)
    if not size:
        return []
    with store.read() as tx:
        if journal.position(tx, _name(settings)) >= size:
            return []
        there = subjects.suppressed(tx)
    return _unknown(there, load(path))


def load(path: Path) -> dict[str, Line]:
    """Return the list as a file has it, by digest. Raises BadInput for a line that is none.

    A last line without its end was cut short by a crash before anything relied on it, and is left out.
    """
    found: dict[str, Line] = {}
    if not path.is_file():
        return found
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if not raw.endswith(b"\n"):
                break
            try:
                sign, digest, moment, reason = raw.decode("utf-8").rstrip("\n").split(" ", 3)
                line = Line(digest=digest, reason=reason, at=datetime.fromisoformat(moment))
            except ValueError as error:
                raise BadInput(
                    f"{path.name}, line {number} cannot be read; restore the file from your copy"
                ) from error
            if sign == "+":
                found[digest] = line
            else:
                found.pop(digest, None)
    return found


def _unknown(there: Mapping[str, tuple[str, datetime]], written: Mapping[str, Line]) -> list[Line]:
    """Return the lines of a file that a store has not, or has only until there is new work."""
    return [
        line
        for digest, line in written.items()
        if digest not in there or (there[digest][0].startswith(subjects.PAST) and not _is_past(line))
    ]


def _replaces(line: Line, old: Line) -> bool:
    """Return whether the store's reason is written over the file's: for good is never made less by a backup."""
    return line.reason != old.reason and not (_is_past(line) and not _is_past(old))


def _is_past(line: Line) -> bool:
    return line.reason.startswith(subjects.PAST)


def _append(path: Path, lines: Iterable[str]) -> None:
    """Add lines behind the last whole one, on the disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)
        file.writelines(line.encode() for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _text(sign: str, line: Line) -> str:
    return f"{sign} {line.digest} {line.at.isoformat()} {_plain(line.reason)}\n"


def _plain(reason: str) -> str:
    return " ".join(reason.split())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _name(settings: Settings) -> str:
    """Return what tells this machine's file from another's beside the same store."""
    return sha256(f"{platform.node()}:{settings.home}".encode()).hexdigest()[:16]
