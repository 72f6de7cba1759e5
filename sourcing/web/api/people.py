"""People: the best of a query, one person, the evidence, the scores."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AfterValidator

from sourcing import access, blind, dossier, explained, hints, known, oversight, pages, people
from sourcing.blind import Cover
from sourcing.errors import BadInput, UnknownName
from sourcing.people import Sheet
from sourcing.query import parse
from sourcing.web.api import shapes, shaping
from sourcing.web.api.calls import Asked, Call, Key, NoneMatch
from sourcing.web.api.cursors import pack, unpack
from storage import panels, search

router = APIRouter(prefix="/people", tags=["people"])
EVIDENCE_MAX = 200
_CURSOR_MAX = 1_000
FIELDS = tuple(shapes.HitShape.model_fields)
Spec = Annotated[str | None, Query(max_length=80, description="Rank by this specialism.")]
Cursor = Annotated[str | None, Query(max_length=_CURSOR_MAX, description="Go on where a page ended.")]


def _offered(size: int) -> int:
    if size not in pages.SIZES:
        raise ValueError(f"choose one of {', '.join(map(str, pages.SIZES))}")
    return size


Size = Annotated[
    int,
    Query(description="People on a page.", json_schema_extra={"enum": list(pages.SIZES)}),
    AfterValidator(_offered),
]


class Sort(StrEnum):
    """By what has been done, or by what is on the rise."""

    ESTABLISHED = "established"
    RISING = "rising"


@router.get("", response_model=shapes.PeoplePage, summary="The best people under a query")
def ls(
    call: Asked,
    q: Annotated[shapes.Query, Query(description="In the query language; empty finds everybody.")] = "",
    spec: Spec = None,
    sort: Sort = Sort.ESTABLISHED,
    size: Size = 25,
    cursor: Cursor = None,
    fields: Annotated[
        str | None,
        Query(max_length=200, description=f"Only these, with commas between: {', '.join(FIELDS)}."),
    ] = None,
    facets: Annotated[bool, Query(description="With counts by field and by score.")] = False,
    etag: NoneMatch = None,
) -> Response:
    """Return people best first, ties by key, each with the reasons for the score."""
    tree = parse(q)
    known_specialism(call, spec)
    only = _only(fields)
    whole = people.in_specialism(tree, spec)
    with call.read() as tx:
        page = pages.page(tx, tree, specialism=spec, size=size, now=call.now, cursor=cursor, order=sort)
        total = search.count(tx, whole, specialism=spec)
        fields_ = blind.fields(call.blind)
        counted = panels.facets(tx, whole, specialism=spec, fields=fields_) if facets else None
        spread = panels.histogram(tx, whole, specialism=spec, sort=pages.SORTS[sort]) if facets else None
        found = shaping.hits(tx, page.hits, blind=call.blind)
        titles = call.desk.specialisms
        meant = [] if total else hints.of(tx, q, specialism=spec, titles=titles, blind=call.blind)
    shape = shapes.PeoplePage(
        people=found,
        total=total,
        next=page.after,
        previous=page.before,
        facets=None if counted is None else {str(field): dict(values) for field, values in counted.items()},
        histogram=spread,
        did_you_mean=[one.query for one in meant],
    )
    return call.answer(shape, only=only)


@router.get("/{key}", response_model=shapes.PersonShape, summary="One person")
def get(call: Asked, key: Key, etag: NoneMatch = None) -> Response:
    """Return identities, scores and marks of a person. key: also one merged into it, or an identity's id."""
    living = viewed(call, key).person.key
    with call.read() as tx:
        return call.answer(person(tx, call, living))


@router.get("/{key}/evidence", response_model=shapes.EvidencePage, summary="A person's evidence")
def evidence(
    call: Asked,
    key: Key,
    spec: Spec = None,
    order: dossier.Sort = dossier.Sort.STRONGEST,
    size: Annotated[int, Query(ge=1, le=EVIDENCE_MAX)] = 50,
    cursor: Cursor = None,
    etag: NoneMatch = None,
) -> Response:
    """Return what scores rest on: by strength within each factor, or by date, newest first."""
    known_specialism(call, spec)
    sheet = viewed(call, key)
    found = pieces(sheet, spec, order)
    first = 0
    if cursor is not None:
        (last,) = unpack(cursor, str)
        first = next((at for at, one in enumerate(found, start=1) if one.evidence.signal == last), -1)
        if first < 0:
            raise BadInput("what this cursor stands at is gone; leave it out to begin with the first page")
    part = found[first : first + size]
    cover = covered(call, sheet)
    shape = shapes.EvidencePage(
        person=sheet.person.key,
        evidence=[shaping.evidence(one, cover=cover) for one in part],
        total=len(found),
        next=pack(part[-1].evidence.signal) if first + size < len(found) else None,
    )
    return call.answer(shape)


@router.get("/{key}/score", response_model=shapes.ScoresShape, summary="A person's scores explained")
def score(call: Asked, key: Key, spec: Spec = None, etag: NoneMatch = None) -> Response:
    """Return what earned each score, what was not counted, and what would change it."""
    known_specialism(call, spec)
    sheet = viewed(call, key)
    found = explained.explain(sheet, roots=call.desk.settings.roots, now=call.now, specialism=spec)
    held = [one for one in sheet.scores if spec in (None, one.specialism)]
    if held or not sheet.scores:
        oversight.looked(call.desk.store, sheet.person.key, held, actor=call.actor, now=call.now)
    cover = covered(call, sheet)
    scores = [shaping.score(one, cover=cover) for one in found]
    return call.answer(shapes.ScoresShape(person=sheet.person.key, scores=scores))


def known_specialism(call: Call, name: str | None) -> None:
    """Raise UnknownName if there is no such specialism."""
    if name is not None and name not in call.desk.specialisms:
        raise UnknownName("specialism", name, call.desk.specialisms)


def covered(call: Call, sheet: Sheet) -> Cover | None:
    """Return what is kept out of texts about a person in blind mode; None otherwise."""
    with call.read() as tx:
        return _cover(tx, call, sheet)


def _cover(tx: Any, call: Call, sheet: Sheet) -> Cover | None:
    return blind.covers(tx, [sheet.person.key])[sheet.person.key] if call.blind else None


def viewed(call: Call, key: str) -> Sheet:
    """Return all about a person, and write into the audit log that somebody looked. Raises NotFound as the sheet."""
    with call.read() as tx:
        sheet = people.sheet(tx, key)
    owner = call.desk.settings.operator.actor
    access.seen(call.desk.store, call.who, sheet.person.key, owner=owner, now=call.now)
    return sheet


def _only(fields: str | None) -> Any:
    if fields is None:
        return None
    wanted = [part.strip() for part in fields.split(",") if part.strip()]
    for name in wanted:
        if name not in FIELDS:
            raise UnknownName("field", name, FIELDS)
    chosen = {"person", *wanted}
    return {"people": {"__all__": chosen}} | {
        name: True for name in shapes.PeoplePage.model_fields if name != "people"
    }


def pieces(
    sheet: Sheet, spec: str | None, order: dossier.Sort = dossier.Sort.STRONGEST
) -> list[dossier.Piece]:
    """Return the evidence behind a person's score, or behind all of them, each piece once."""
    slugs = [one.specialism for one in sheet.scores] if spec is None else [spec]
    once: dict[str, dossier.Piece] = {}
    for slug in slugs:
        for piece in dossier.pieces(sheet, slug, sort=order):
            once.setdefault(piece.evidence.signal, piece)
    found = list(once.values())
    if order is dossier.Sort.NEWEST:
        found.sort(key=lambda one: (one.on or date.min, one.evidence.signal), reverse=True)
    return found


def person(tx: Any, call: Call, key: str) -> shapes.PersonShape:
    """Return one person as this caller may see them. Raises NotFound, also for who is kept out of everything."""
    sheet = people.sheet(tx, key)
    living = sheet.person.key
    badges = known.badges(tx, [living]).get(living, ())
    return shaping.person(sheet, badges, cover=_cover(tx, call, sheet))
