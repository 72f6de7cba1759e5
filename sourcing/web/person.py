"""One person: the score and what it is made of, the evidence, who they are known as, what was done, their rights."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import (
    access,
    blind,
    cards,
    dossier,
    explained,
    history,
    known,
    neighbours,
    oversight,
    searches,
    whynot,
)
from sourcing import people as verbs
from sourcing.access import Who
from sourcing.errors import BadQuery
from sourcing.people import STAGES, Sheet
from sourcing.privacy import held
from sourcing.query import parse
from sourcing.ranking import specialism as packs
from sourcing.web import charts, labels
from sourcing.web import desk as desks
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import render
from sourcing.web.view import Looking, View, tree_of
from storage import feedback, lists, persons, scores
from storage.errors import NotFound
from storage.model import MarkKind

router = APIRouter()
PIECES = 30  # of evidence shown at once; the rest is one click away
DEEDS = 20
IDENTITIES = 10


@router.get("/people/{key}")
def one(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    view: Looking,
    order: dossier.Sort = dossier.Sort.STRONGEST,
    factor: str | None = None,
    every: bool = False,
    whynot_q: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Response:
    """Show one person."""
    values = _told(desk, who, view, key, order=order, factor=factor or None, every=every)
    living = values["sheet"].person.key
    if living != key:
        return RedirectResponse(view.of_person(living), status_code=308)
    if whynot_q is not None:
        values |= _why_not(desk, values["specialism"], living, whynot_q)
    _seen(desk, who, values)
    if view.search is not None and who.may(access.Scope.WRITE):
        with suppress(NotFound):  # the saved search was removed since somebody opened its list
            searches.see(desk.store, view.search, [living], now=desk.now())
    return render(request, "person.html", **values)


def beside(desk: desks.Desk, who: Who, view: View) -> dict[str, Any]:
    """Return what the pane beside a list shows of the person that is open; nothing of somebody who is gone."""
    assert view.person is not None
    try:
        values = _told(desk, who, view, view.person, order=dossier.Sort.STRONGEST, factor=None, every=False)
    except NotFound:
        return {"pane": False}
    _seen(desk, who, values)
    return {name: value for name, value in values.items() if name != "title"} | {"pane": True, "beside": True}


def _seen(desk: desks.Desk, who: Who, values: Mapping[str, Any]) -> None:
    """Remember that somebody looked at a person, and with which score explained: decisions ask for it."""
    sheet, now = values["sheet"], desk.now()
    access.seen(desk.store, who, sheet.person.key, owner=desk.settings.operator.actor, now=now)
    held = [one for one in sheet.scores if one.specialism == values["specialism"]]
    if who.may(access.Scope.WRITE):
        oversight.looked(desk.store, sheet.person.key, held, actor=who.actor, now=now)


def _told(
    desk: desks.Desk,
    who: Who,
    view: View,
    key: str,
    *,
    order: dossier.Sort,
    factor: str | None,
    every: bool,
) -> dict[str, Any]:
    """Return everything a page says of one person. Raises NotFound, also for who is kept out of everything."""
    with desk.store.read() as tx:
        sheet = verbs.sheet(tx, key)
        chosen = _chosen(sheet, view.spec)
        values = _held(tx, desk, who, view, sheet) | _opinions(tx, who, sheet.person.key, chosen)
    found = explained.explain(sheet, roots=desk.settings.roots, now=desk.now(), specialism=chosen)
    pieces = dossier.pieces(sheet, chosen, sort=order, factor=factor)
    counted = dossier.quarters(pieces, desk.now())
    bars = [charts.Bar(label=label, value=count) for label, count in counted.items()]
    title = sheet.person.key if who.preferences.blind else sheet.person.name or sheet.person.key
    return values | {
        "title": title,
        "beside": False,
        "view": view,
        "sheet": sheet,
        "specialism": chosen,
        "explained": found[0] if found else None,
        "pieces": pieces if every else pieces[:PIECES],
        "pieces_all": len(pieces),
        "order": order,
        "factor": factor,
        "quarters": counted,
        "timeline": charts.columns(bars, height=48),
        "stated": dossier.stated(sheet.identities),
        "links": dossier.links(sheet.identities),
        "stage": next((mark.value for mark in sheet.marks if mark.kind is MarkKind.STAGE), None),
        **_STILL,
        "label": labels.label(desk),
    }


_STILL: Mapping[str, Any] = {
    "sorts": dossier.Sort,
    "stages": STAGES,
    "kinds": MarkKind,
    "sure": cards.sure,
    "identities_max": IDENTITIES,
    "answers": None,
    "whynot_q": None,
    "whynot_mistake": None,
}
"""What every page of a person is given, whoever it is."""


def _held(tx: Any, desk: desks.Desk, who: Who, view: View, sheet: Sheet) -> dict[str, Any]:
    """Return what stands around a person: neighbours, identities, lists, warnings, what was done, what is due."""
    key = sheet.person.key
    return {
        "proofs": dossier.identities(tx, sheet),
        "around": _around(tx, key, view),
        "cover": blind.covers(tx, [key])[key] if who.preferences.blind else None,
        "lists": lists.ls(tx),
        "on_lists": lists.holding(tx, key),
        "history": history.of_person(tx, key, limit=DEEDS),
        "warnings": known.badges(tx, [key]).get(key, ()),
        "due": held.notice(tx, desk.settings, key),
    }


def _opinions(tx: Any, who: Who, key: str, specialism: str | None) -> dict[str, Any]:
    """Return what people think: the reader's thumb in a specialism, and which evidence is said to be wrong."""
    words = feedback.of(tx, [key]).get(key, [])
    wrong = [one for one in words if one.kind == feedback.WRONG]
    thumbs = [one for one in words if one.kind == feedback.THUMB and one.subject == specialism]
    return {
        "wrong": wrong,
        "wrong_items": {one.signal: one for one in scores.evidence(tx, [word.subject for word in wrong])},
        "mine": next((one.value for one in thumbs if one.actor == who.actor), None),
    }


def _chosen(sheet: Sheet, wanted: str | None) -> str | None:
    """Return whose score is shown: of the specialism asked for, else of the best; None without any."""
    scored = [one.specialism for one in sheet.scores]
    if wanted is not None and wanted in scored:
        return wanted
    listed = [one.specialism for one in sheet.scores if one.listed]
    return next(iter(listed or scored), None)


def _around(tx: Any, key: str, view: View) -> neighbours.Neighbours:
    try:
        return neighbours.of(tx, key, tree_of(view), specialism=view.spec, order=view.sort)
    except BadQuery:  # an address somebody changed: the person is shown, the list they were in cannot be
        return neighbours.Neighbours(before=None, after=None)


def _why_not(desk: desks.Desk, specialism: str | None, key: str, text: str) -> dict[str, Any]:
    """Return why a person is not among the first of a query, or what is wrong with the query."""
    slug = specialism or next(iter(desk.specialisms))
    try:
        tree = parse(text) if text.strip() else None
        with desk.store.read() as tx:
            living = persons.resolve_key(tx, key)
            found = whynot.why_not(
                tx,
                desk.settings,
                living,
                specialism=packs.load(slug, desk.settings.roots),
                query=tree,
                now=desk.now(),
            )
    except BadQuery as error:
        return {"whynot_q": text, "whynot_mistake": str(error)}
    except NotFound as error:
        return {"whynot_q": text, "whynot_mistake": str(error)}
    return {"whynot_q": text, "answers": found}
