"""What a receiver of webhooks is told beside leads: that a run finished, that a saved search has new people.

An event is written in the transaction that makes it true, and sent until it is answered or given up. None names a
person: who is new is asked for with a key, so that an erased person is in no message that waits.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from storage.tables import event

RUN_FINISHED: Final = "run.finished"
SEARCH_NEW: Final = "search.new"
KINDS: Final = (RUN_FINISHED, SEARCH_NEW)
DUE, DONE, GIVEN_UP = "due", "done", "given_up"
KEPT: Final = timedelta(days=30)
"""How long a message stays here after it was answered or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message. content: what happened, counts and names of our own. due_at: not to be sent before."""

    id: str
    kind: str
    content: Mapping[str, Any]
    made_at: datetime
    due_at: datetime
    state: str = DUE
    tries: int = 0
    result: str | None = None


def put(tx: Connection, kind: str, content: Mapping[str, Any], *, now: datetime) -> str:
    """Owe a message and return its id; messages that are long over are forgotten. Changes event."""
    tx.execute(event.delete().where(event.c.state != DUE, event.c.made_at < now - KEPT))
    one = Event(id=secrets.token_hex(12), kind=kind, content=content, made_at=now, due_at=now)
    tx.execute(event.insert().values({name: getattr(one, name) for name in Event.__slots__}))
    return one.id


def due(tx: Connection, *, now: datetime, limit: int) -> list[Event]:
    """Return the messages to be sent now, oldest first."""
    query = (
        select(event)
        .where(event.c.state == DUE, event.c.due_at <= now)
        .order_by(event.c.made_at, event.c.id)
        .limit(limit)
    )
    return [Event(**row._mapping) for row in tx.execute(query)]


def put_off(tx: Connection, one: Event, *, until: datetime | None, result: str) -> None:
    """Note that a message was sent in vain and when it is sent again. until: None = never. Changes event."""
    later = {"state": GIVEN_UP} if until is None else {"due_at": until}
    _note(tx, one.id, {**later, "result": result})


def finish(tx: Connection, one: Event, *, result: str) -> None:
    """Note that a message arrived. Changes event."""
    _note(tx, one.id, {"state": DONE, "result": result})


def counts(tx: Connection) -> dict[str, int]:
    """Return how many messages there are by state."""
    query = select(event.c.state, func.count()).group_by(event.c.state).order_by(event.c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def _note(tx: Connection, event_id: str, values: Mapping[str, Any]) -> None:
    """Write what became of a message that is still due: whoever sent it at the same time may have been first."""
    mine = (event.c.id == event_id) & (event.c.state == DUE)
    tx.execute(update(event).where(mine).values(tries=event.c.tries + 1, **values))
