"""Calling copies back: whoever was erased or asked for silence is so in every system that holds them, told once.

What a program cannot call back (a file that was handed over) is written into a recall file for whoever received it.
Messages are owed in the store from the moment somebody is erased (`storage.recalls`), and are tried until answered.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sourcing.errors import SourcingError
from sourcing.export import blocks, delivery, mapping
from sourcing.export.connectors.base import Connector
from sourcing.export.order import keyer
from sourcing.export.wire import Refused
from sourcing.settings import Settings
from spiders.door import Door
from spiders.errors import RetryLater
from storage import audit, links, persons, recalls
from storage.engine import Store
from storage.recalls import Recall

BATCH = 200
TRIES_MAX: Final = 8
"""After so many tries the waits stay a day long: what is owed stays owed."""
VAIN_MAX: Final = 3
"""Messages in a row a system may not take before the rest waits for another time: a night does not wait for it."""
_FIRST_WAIT = timedelta(minutes=5)
_LAST_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What calling back did. done: by system. owed: still to be told, by system. file: for a person to hand on."""

    done: dict[str, int]
    owed: dict[str, int]
    file: Path | None = None

    @property
    def sentences(self) -> list[str]:
        """Return it for people, nothing if nobody is to be told."""
        told = [f"{name}: {count} called back" for name, count in self.done.items()]
        told += [
            f"{name}: {count} still to be told, tried again by itself" for name, count in self.owed.items()
        ]
        if self.file is not None:
            told.append(f"give {self.file} to whoever received these files: they hold people erased since")
        return told


def deliver(
    store: Store, settings: Settings, *, actor: str, now: datetime, door: Door | None = None
) -> Report:
    """Tell every system what it is owed now, and write the recall file; a system that cannot be told is told later.

    Writes the audit log and recall. Never raises for what a system does.
    """
    with store.read() as tx:
        owed = recalls.due(tx, now=now, limit=10_000)
    done: dict[str, int] = {}
    left: dict[str, int] = {}
    for name in sorted({one.connector for one in owed}):
        mine = [one for one in owed if one.connector == name]
        count = _told(store, settings, name, mine, actor=actor, now=now, door=door)
        done |= {name: count} if count else {}
        left |= {name: len(mine) - count} if len(mine) > count else {}
    return Report(done=done, owed=left, file=_file(store, settings, actor=actor, now=now))


def sweep(store: Store, settings: Settings) -> int:
    """Owe every system a message about whom it holds and who asked not to be contacted; return how many are new."""
    with store.begin() as tx:
        found = persons.get_many(tx, links.people_held(tx))
        return recalls.queue_suppressed(tx, blocks.left_alone(tx, found, keyer(settings)))


def _told(
    store: Store,
    settings: Settings,
    name: str,
    owed: Sequence[Recall],
    *,
    actor: str,
    now: datetime,
    door: Door | None,
) -> int:
    try:
        with delivery.opened(settings, mapping.of(settings, name), now=now, door=door) as connector:
            told = vain = 0
            for one in owed:
                if vain == VAIN_MAX:
                    break
                is_told = _tell(store, connector, one, actor=actor, now=now)
                told, vain = told + is_told, 0 if is_told else vain + 1
            return told
    except SourcingError as error:  # no secret, no address, no such mapping any more
        with store.begin() as tx:
            for one in owed:
                recalls.put_off(tx, one, until=now + _wait(one), result=str(error))
        return 0


def _tell(store: Store, connector: Connector, one: Recall, *, actor: str, now: datetime) -> bool:
    """Tell one thing and return whether it arrived; a lead that was never answered for is looked for by its key."""
    try:
        said = _withdrawn(connector, one)
    except (SourcingError, RetryLater) as error:
        with store.begin() as tx:
            recalls.put_off(tx, one, until=now + _wait(one), result=str(error))
        return False
    with store.begin() as tx:
        detail = {"connector": one.connector, "event": one.event}
        audit.append(
            tx, at=now, actor=actor, action="export.recall", subject=f"recall:{one.id}", detail=detail
        )
        recalls.finish(tx, [one.id], result=said)
    return True


def _withdrawn(connector: Connector, one: Recall) -> str:
    """Return what was done about a lead. Raises as `Connector.withdraw`."""
    known = one.external_id
    if known is None:
        assert one.person is not None  # forgotten only once it is done
        known = connector.find(one.person)
    if known is None:
        return "nothing with its key is there"
    try:
        return connector.withdraw(replace(one, external_id=known))
    except Refused as error:
        if connector.is_gone(error):  # nobody is left there to erase or to leave alone
            return "was gone there already"
        raise


def _wait(one: Recall) -> timedelta:
    return min(_LAST_WAIT, _FIRST_WAIT * 4.0 ** min(one.tries, TRIES_MAX))


def _file(store: Store, settings: Settings, *, actor: str, now: datetime) -> Path | None:
    """Write the keys of whom files hold that were handed over, for whoever received them; None if there is nobody."""
    with store.begin() as tx:
        owed = recalls.by_hand(tx, limit=10_000)
        if not owed:
            return None
        path = settings.home / "recalls" / f"recall-{now:%Y%m%dT%H%M%S}.csv"
        detail = {"connector": "file", "people": len({one.person for one in owed})}
        audit.append(tx, at=now, actor=actor, action="export.recall", subject=path.stem, detail=detail)
        _write(path, [(one.person, one.connector, one.event) for one in owed])
        recalls.finish(tx, [one.id for one in owed], result=f"written into {path.name}")
    return path


def _write(path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(("Lead Key", "Format", "Event"))
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
