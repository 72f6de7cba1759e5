"""Telling the webhook's receiver that a run finished and that a saved search has new people: counts, never a name.

At least once: an event is owed from the moment it is true, and is sent again under the same id until it is answered;
after eight tries within a day it is given up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sourcing import searches
from sourcing.errors import ConfigError, SourcingError
from sourcing.export import delivery, mapping
from sourcing.export.connectors.webhook import NAME, Webhook, events_of
from sourcing.settings import Settings
from spiders.door import Door
from spiders.errors import RetryLater
from storage import events, runs, saved
from storage.engine import Store
from storage.events import RUN_FINISHED, SEARCH_NEW, Event

BATCH: Final = 100
TRIES_MAX: Final = 8
_FIRST_WAIT: Final = timedelta(minutes=11)
"""Doubled for each try in vain: the eighth is 23 hours after the first."""
_SUMMED: Final = ("requests", "points", "new", "changed", "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How telling went. told: answered now. owed: to be sent again. given_up: after the last try."""

    told: int = 0
    owed: int = 0
    given_up: int = 0


def wanted(settings: Settings) -> frozenset[str]:
    """Return the kinds of events the receiver is told of; none without a receiver.

    A mapping that cannot be read is none, too: `export mapping validate` says so, and no night fails for it.
    """
    try:
        fields = mapping.of(settings, NAME)
    except ConfigError:
        return frozenset()
    return events_of(fields) if fields.url else frozenset()


def finished(tx: Any, settings: Settings, run: str, *, now: datetime) -> None:
    """Owe the receiver the news that a run finished, with what it counted. Changes event."""
    if RUN_FINISHED not in wanted(settings):
        return
    one = runs.get(tx, run)
    done = {step.name: _counted(step.detail) | {"status": step.status} for step in one.steps}
    content = {
        "run": one.id,
        "kind": one.kind,
        "status": one.status,
        "started_at": one.started_at.isoformat(),
        "seconds": one.detail.get("seconds"),
        "steps": done,
    }
    events.put(tx, RUN_FINISHED, content, now=now)


def ranked(store: Store, settings: Settings, run: str, *, now: datetime) -> int:
    """Owe the receiver the news of every saved search with people it was not told of; return how many searches.

    Changes event and announced.
    """
    if SEARCH_NEW not in wanted(settings):
        return 0
    told = 0
    with store.read() as tx:
        known = saved.ls(tx)
    for one in known:
        with store.begin() as tx:
            keys = searches.new_keys(tx, one.name)
            fresh = saved.announce(tx, one.name, keys)
            if fresh:
                content = {"search": one.name, "run": run, "new": len(keys), "since_last": fresh}
                events.put(tx, SEARCH_NEW, content | _linked(settings, one.name), now=now)
                told += 1
    return told


def deliver(store: Store, settings: Settings, *, now: datetime, door: Door | None = None) -> Report:
    """Send what is owed now, oldest first, until the receiver fails; never raises for what it does. Changes event."""
    with store.read() as tx:
        owed = events.due(tx, now=now, limit=BATCH)
    if not owed:
        return Report()
    told = given_up = 0
    try:
        with delivery.opened(settings, mapping.of(settings, NAME), now=now, door=door) as connector:
            assert isinstance(connector, Webhook)
            for one in owed:
                try:
                    connector.tell(f"evt_{one.id}", one.kind, one.made_at, one.content)
                except (SourcingError, RetryLater) as error:
                    given_up += _put_off(store, one, now=now, result=str(error))
                    break  # the others wait for it: a receiver that is down is not asked for each
                with store.begin() as tx:
                    events.finish(tx, one, result="told")
                told += 1
    except SourcingError as error:  # no secret, or a wrong one
        given_up += _put_off(store, owed[told], now=now, result=str(error))
    return Report(told=told, owed=len(owed) - told - given_up, given_up=given_up)


def _put_off(store: Store, one: Event, *, now: datetime, result: str) -> int:
    """Write down a try in vain; return 1 if it was the last."""
    is_last = one.tries + 1 >= TRIES_MAX
    with store.begin() as tx:
        until = None if is_last else now + _FIRST_WAIT * 2**one.tries
        events.put_off(tx, one, until=until, result=result)
    return int(is_last)


def _counted(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a step, and of a crawl each source's."""
    told: dict[str, Any] = {name: value for name, value in detail.items() if isinstance(value, int | float)}
    sources = detail.get("sources")
    if isinstance(sources, list):
        told["sources"] = {
            one["source"]: {name: one.get(name) for name in _SUMMED} for one in sources if "source" in one
        }
    return told


def _linked(settings: Settings, name: str) -> dict[str, str]:
    base = settings.web.public_url
    return {"url": f"{base}/saved/{quote(name, safe='')}"} if base else {}
