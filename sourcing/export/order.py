"""An export as somebody orders it: who, in whose scores, to what; planned first, then sent as planned.

The file's name is the server's own: made from the list's name, below home/exports, whatever was asked.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing.errors import BadInput, UnknownName
from sourcing.export import plan
from sourcing.export.connectors.files import KINDS, file_name
from sourcing.export.lead import Occasion
from sourcing.export.plan import Plan, Target
from sourcing.query import parse
from sourcing.ranking import specialism
from sourcing.settings import Settings, pepper
from storage import lists
from storage.engine import Store
from storage.subjects import PepperKeyer

PEOPLE_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be handed over: a shortlist, the best of a query, or some keys; exactly one of them.

    specialism: whose scores go along; None = the shortlist's. connector: one of `KINDS`. limit: of a query, at most.
    out: where the operator wants the file; None = below home/exports.
    """

    shortlist: str | None = None
    query: str | None = None
    keys: tuple[str, ...] | None = None
    specialism: str | None = None
    connector: str = "csv"
    limit: int = 500
    out: Path | None = None


def prepare(store: Store, settings: Settings, order: Order, *, now: datetime) -> Plan:
    """Return what an order would do, person by person; changes nothing.

    Raises BadInput for an order that does not say enough, UnknownName, BadQuery, NotFound for the list.
    """
    if sum(part is not None for part in (order.shortlist, order.query, order.keys)) != 1:
        raise BadInput("say what to export: a shortlist, a query or keys; one of them")
    if order.connector not in KINDS:
        raise UnknownName("connector", order.connector, KINDS)
    if order.specialism is not None:
        specialism.load(order.specialism, settings.roots)
    tree = parse(order.query) if order.query is not None else None
    with store.read() as tx:
        chosen = order.specialism
        if chosen is None and order.shortlist is not None:
            chosen = lists.show(tx, order.shortlist).specialism
        if chosen is None:
            raise BadInput("say whose scores to send: name a specialism")
        if tree is not None:
            keys = plan.keys_of_query(tx, tree, specialism=chosen, limit=min(order.limit, PEOPLE_MAX))
        elif order.shortlist is not None:
            keys = plan.keys_of_list(tx, order.shortlist)
        else:
            keys = list(dict.fromkeys(order.keys or ()))
        occasion = Occasion(
            specialism=chosen,
            now=now,
            keep_days=settings.privacy.keep_exports_days,
            notice_days=settings.privacy.notice_days,
            shortlist=order.shortlist,
        )
        return plan.plan(tx, keys, _target(settings, order, chosen), occasion, keyer=_keyer(settings))


def send(store: Store, settings: Settings, prepared: Plan, *, actor: str, now: datetime) -> str:
    """Write exactly what was planned and return the export's id; who was blocked since is left out.

    Raises ExportBlocked if no row may leave.
    """
    return plan.push(store, prepared, actor=actor, now=now, keyer=_keyer(settings))


def _target(settings: Settings, order: Order, chosen: str) -> Target:
    name = file_name(order.shortlist or chosen, kind=order.connector)
    destination = order.out if order.out is not None else settings.home / "exports" / name
    what = order.shortlist or (f"query: {order.query}" if order.query is not None else "chosen people")
    return Target(connector=order.connector, destination=destination, what=what)


def _keyer(settings: Settings) -> PepperKeyer:
    return PepperKeyer(pepper(settings))
