"""An export as somebody orders it: who, in whose scores, to what; planned first, then sent as planned.

The file's name is the server's own: made from the list's name, below home/exports, whatever was asked.
"""

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing import jurisdictions, oversight
from sourcing.errors import BadInput, UnknownName
from sourcing.export import delivery, filing, mapping, plan, policy, preview
from sourcing.export.connectors.files import KINDS, file_name
from sourcing.export.lead import Occasion
from sourcing.export.mapping import Kind, Mapping
from sourcing.export.plan import Action, Plan, Target
from sourcing.query import parse
from sourcing.ranking import specialism
from sourcing.settings import Settings, pepper
from spiders.door import Door
from storage import exports, lists, views
from storage.engine import Store
from storage.model import Export
from storage.subjects import PepperKeyer
from storage.views import Viewed

PEOPLE_MAX = 10_000
PRESET = "generic"
Shown = Table[str, Viewed]
"""What pages displayed of people, by living key."""
_NOBODY: Shown = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be handed over: a shortlist (or some of its people), the best of a query, or some keys.

    specialism: whose scores go along; None = the shortlist's. connector: a kind of file or a system. preset: columns
    of a file. limit: of a query, at most. notes: take recruiters' notes along. out: where the operator wants the file;
    None = below home/exports.
    """

    shortlist: str | None = None
    query: str | None = None
    keys: tuple[str, ...] | None = None
    specialism: str | None = None
    connector: str = "csv"
    preset: str = PRESET
    limit: int = 500
    notes: bool = False
    out: Path | None = None


def connectors(settings: Settings) -> list[str]:
    """Return the kinds of files and the systems an export may go to."""
    return [*KINDS, *mapping.names(mapping.places(settings), Kind.SYSTEM)]


def presets(settings: Settings) -> list[str]:
    """Return the sets of columns a file may have."""
    return mapping.names(mapping.places(settings), Kind.FILE)


def prepare(store: Store, settings: Settings, order: Order, *, now: datetime) -> Plan:
    """Return what an order would do, person by person; changes nothing.

    Raises BadInput for an order that does not say enough, UnknownName, BadQuery, NotFound for the list.
    """
    if sum(part is not None for part in (order.shortlist or order.keys, order.query)) != 1:
        raise BadInput("say what to export: a shortlist, a query or keys; one of them")
    if order.specialism is not None:
        specialism.load(order.specialism, settings.roots)
    fields, table = _fields(settings, order), policy.load(settings.roots)
    tree = parse(order.query) if order.query is not None else None
    with store.read() as tx:
        held = lists.show(tx, order.shortlist) if order.shortlist is not None else None
        chosen = order.specialism or (held.specialism if held is not None else None)
        if chosen is None:
            raise BadInput("say whose scores to send: name a specialism")
        if tree is not None:
            keys = plan.keys_of_query(tx, tree, specialism=chosen, limit=min(order.limit, PEOPLE_MAX))
        elif held is not None:
            asked = frozenset(plan.resolved(tx, order.keys or ()))
            keys = [one.person for one in held.items if not asked or one.person in asked]
        else:
            keys = list(order.keys or ())
        occasion = Occasion(
            specialism=chosen,
            now=now,
            keep_days=settings.privacy.keep_exports_days,
            notice_days=settings.privacy.notice_days,
            shortlist=order.shortlist,
            base=settings.web.public_url or None,
            notes=order.notes,
            limits=settings.outreach,
            rules=jurisdictions.duties(settings).rules,
        )
        what = order.shortlist or (f"query: {order.query}" if order.query is not None else "chosen people")
        target = Target(
            connector=order.connector,
            destination=_destination(settings, order, chosen),
            what=what,
            fields=fields,
            policy=table,
        )
        return plan.plan(tx, keys, target, occasion, keyer=keyer(settings))


def send(
    store: Store,
    settings: Settings,
    prepared: Plan,
    *,
    actor: str,
    now: datetime,
    expect: str | None = None,
    shown: Shown = _NOBODY,
    door: Door | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Hand over exactly what was planned and return the export's id; who was blocked since is left out.

    expect: digest of the plan that somebody saw. shown: whose reasons pages displayed to the actor. tell: called with
    rows done and rows in all. Raises BadInput if the plan is another one by now, NotAllowed where nobody was shown the
    reasons or a bias report is lacking, ExportBlocked if no row may leave, NoCredentials, RetryLater if a system wants
    no more for now: what is left stays to be sent by `resume`.
    """
    if expect is not None and expect != prepared.digest:
        raise BadInput("something changed since the preview: look at the plan again, then send it")
    _approve(store, settings, prepared, actor=actor, now=now, shown=shown)
    if prepared.fields.kind is Kind.FILE:
        keep_days = settings.privacy.keep_exports_days
        return filing.push(store, prepared, actor=actor, now=now, keyer=keyer(settings), keep_days=keep_days)
    with delivery.opened(settings, prepared.fields, now=now, door=door) as connector:
        return delivery.push(
            store, prepared, connector, actor=actor, now=now, keyer=keyer(settings), tell=tell
        )


def left(store: Store, settings: Settings, export: str, *, now: datetime) -> tuple[Export, Plan]:
    """Return an export to a system and the plan of its rows that are not done. Raises NotFound, BadInput."""
    with store.read() as tx:
        one = exports.get(tx, export)
    if one.connector in KINDS:
        raise BadInput(f"{export!r} is a file, written whole: export again")
    keys = tuple(row.person for row in one.rows if row.state not in exports.CLOSED)
    if not keys:
        raise BadInput(f"every row of {export!r} is done: nothing to send again")
    wanted = Order(shortlist=one.shortlist, keys=keys, specialism=one.specialism, connector=one.connector)
    return one, prepare(store, settings, wanted, now=now)


def resume(
    store: Store,
    settings: Settings,
    one: Export,
    prepared: Plan,
    *,
    actor: str,
    now: datetime,
    shown: Shown = _NOBODY,
    door: Door | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Send the rows of an export that are not done, and no other; return its id. Raises as `send`."""
    _approve(store, settings, prepared, actor=actor, now=now, shown=shown)
    with delivery.opened(settings, prepared.fields, now=now, door=door) as connector:
        return delivery.push(
            store, prepared, connector, actor=actor, now=now, keyer=keyer(settings), tell=tell, export=one.id
        )


def looked(store: Store, prepared: Plan, *, actor: str, now: datetime) -> None:
    """Remember that somebody was shown a whole plan, with the reasons of everybody in it. Changes viewed."""
    with store.begin() as tx:
        views.put(tx, actor, preview.explained(prepared.rows), now=now)


def _approve(
    store: Store, settings: Settings, prepared: Plan, *, actor: str, now: datetime, shown: Shown
) -> None:
    """Raise NotAllowed where the chosen laws let this person not hand these people over (TRUST P13, P20)."""
    is_file = prepared.fields.kind is Kind.FILE
    leads = {
        row.person: row.lead
        for row in prepared.rows
        if row.lead is not None and (is_file or row.action is not Action.SKIP)
    }
    with store.begin() as tx:
        oversight.expect_report(tx, settings, prepared.occasion.specialism, now=now)
        listed = lists.show(tx, prepared.shortlist).items if prepared.shortlist is not None else ()
        stages = {item.person: item.stage for item in listed}
        decided = {key for key, lead in leads.items() if oversight.is_approved(stages.get(key) or lead.stage)}
        oversight.expect_seen(tx, settings, leads, decided=decided, actor=actor, now=now, shown=shown)


def keyer(settings: Settings) -> PepperKeyer:
    """Return what makes keyed digests of identifiers in this installation."""
    return PepperKeyer(pepper(settings))


def _fields(settings: Settings, order: Order) -> Mapping:
    known = connectors(settings)
    if order.connector not in known:
        raise UnknownName("connector", order.connector, known)
    is_file = order.connector in KINDS
    name = order.preset if is_file else order.connector
    if is_file and name not in presets(settings):
        raise UnknownName("preset", name, presets(settings))
    return mapping.of(settings, name)


def _destination(settings: Settings, order: Order, chosen: str) -> str:
    if order.connector not in KINDS:
        return order.connector
    if order.out is not None:
        return str(order.out)
    named = order.shortlist or chosen
    wanted = named if order.preset == PRESET else f"{named} {order.preset}"
    return str(settings.home / "exports" / file_name(wanted, kind=order.connector))
