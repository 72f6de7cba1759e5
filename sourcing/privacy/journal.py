"""The suppression list beside the store, in a file below home: a backup brought back forgets, this file does not.

Each line is `+` or `-`, a keyed digest, a moment and a reason; it holds nobody's name. It is as secret as the store,
and belongs with the instance secret, away from the backups of the store (README, Privacy for administrators).
"""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sourcing.errors import BadInput
from sourcing.settings import Settings
from storage import journal, subjects
from storage.engine import Store

FILE = "suppressed.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One keyed digest of the list, since when and why."""

    digest: str
    reason: str
    at: datetime


def keep(store: Store, settings: Settings) -> int:
    """Write down what the list of the store has and the file has not, and the other way round; return how many.

    Reads the whole list: about a tenth of a second per 100,000 digests. Changes the store's journal.
    """
    path, name = settings.home / FILE, _name(settings)
    with store.begin() as tx:
        there = subjects.suppressed(tx)
        written = load(path)
        fresh = [
            Line(digest=digest, reason=why, at=at)
            for digest, (why, at) in there.items()
            if digest not in written
        ]
        lifted = [line for digest, line in written.items() if digest not in there]
        if fresh or lifted:
            _append(path, [*(_text("+", one) for one in fresh), *(_text("-", one) for one in lifted)])
        journal.put(tx, name, _size(path))
    return len(fresh) + len(lifted)


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
    return [line for digest, line in load(path).items() if digest not in there]


def load(path: Path) -> dict[str, Line]:
    """Return the list as a file has it, by digest. Raises BadInput for a line that is none."""
    found: dict[str, Line] = {}
    if not path.is_file():
        return found
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                sign, digest, moment, reason = text.rstrip("\n").split(" ", 3)
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


def _append(path: Path, lines: Iterable[str]) -> None:
    """Add lines, on the disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
    ) as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def _text(sign: str, line: Line) -> str:
    return f"{sign} {line.digest} {line.at.isoformat()} {' '.join(line.reason.split())}\n"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _name(settings: Settings) -> str:
    """Return what tells this machine's file from another's beside the same store."""
    return sha256(f"{platform.node()}:{settings.home}".encode()).hexdigest()[:16]
