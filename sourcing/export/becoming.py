"""What became of the leads a system holds, read back: hired, rejected, still open, or wanting no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sourcing.export import delivery, mapping
from sourcing.export.connectors.base import Became
from sourcing.settings import Settings
from spiders.door import Door
from storage import audit, links, placements
from storage.engine import Store
from storage.links import Link
from storage.placements import Placement

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What was read back. asked: leads the system holds. outcomes: leads by what became of them.

    opted_out: leads who want no more, as they said there.
    """

    connector: str
    asked: int
    outcomes: dict[str, int]
    opted_out: int


def pull(
    store: Store, settings: Settings, name: str, *, actor: str, now: datetime, door: Door | None = None
) -> Pulled:
    """Read what became of every lead a system holds; writes the audit log, placement and export_link.

    One request per lead, or per two hundred, as the system has it. Raises UnknownName, NoCredentials, RetryLater.
    """
    asked = opted = 0
    counts: dict[str, int] = {}
    with delivery.opened(settings, mapping.of(settings, name), now=now, door=door) as connector:
        for held in _batches(store, name):
            by_id = {str(one.external_id): one for one in held}
            became = [one for one in connector.outcomes(list(by_id)) if one.external_id in by_id]
            for one in became:
                counts[one.outcome] = counts.get(one.outcome, 0) + 1
            asked += len(held)
            opted += sum(one.opted_out for one in became)
            with store.begin() as tx:
                _put(tx, name, became, by_id, now)
    with store.begin() as tx:
        detail = {"asked": asked, **counts}
        audit.append(tx, at=now, actor=actor, action="export.outcomes", subject=name, detail=detail)
    return Pulled(connector=name, asked=asked, outcomes=counts, opted_out=opted)


def _batches(store: Store, name: str) -> Iterator[list[Link]]:
    after = ""
    while True:
        with store.read() as tx:
            held = links.held(tx, name, limit=BATCH, after=after)
        if not held:
            return
        yield held
        after = held[-1].person


def _put(tx: Any, name: str, became: Sequence[Became], by_id: Mapping[str, Link], now: datetime) -> None:
    gone = [one.external_id for one in became if one.opted_out]
    links.put(tx, [replace(by_id[one], state=links.OPTED_OUT, at=now) for one in gone])
    rows = [
        Placement(
            connector=name,
            person=by_id[one.external_id].person,
            stage=one.stage,
            outcome=one.outcome,
            changed_at=one.changed_at,
            seen_at=now,
        )
        for one in became
    ]
    placements.put(tx, rows)
