"""Our records as the API sends them: whole, or in blind mode without what tells who somebody is."""

from collections.abc import Sequence
from typing import Any

from sourcing import blind as covering
from sourcing import people
from sourcing.blind import Cover
from sourcing.dossier import Piece
from sourcing.explained import Explained
from sourcing.known import Badge
from sourcing.marking import hidden_of, stage_of
from sourcing.people import Hit, Sheet
from sourcing.web.api import shapes
from storage.model import IdentityView, Mark, MarkKind

_TELLING = ("names", "handles", "orcids", "homepages", "links", "affiliations")


def hits(tx: Any, found: Sequence[Hit], *, blind: bool) -> list[shapes.HitShape]:
    """Return lines of a result. blind: without names, in reasons and links as well."""
    shaped = [shapes.HitShape.of(one) for one in found]
    if not blind:
        return shaped
    covers = covering.covers(tx, [one.person for one in found])
    return [
        one.model_copy(
            update={"name": None, "reasons": [_reason(each, covers[one.person]) for each in one.reasons]}
        )
        for one in shaped
    ]


def person(sheet: Sheet, badges: Sequence[Badge], *, cover: Cover | None) -> shapes.PersonShape:
    """Return one person. cover: what is kept out in blind mode, beside names, accounts and places."""
    blind = cover is not None
    known = {item.signal: item for item in sheet.evidence}
    flags = [
        shapes.FlagShape(specialism=slug, text=text)
        for slug, each in sheet.flags.items()
        for text in people.warnings_for(each, known)
    ]
    return shapes.PersonShape.of(
        sheet.person,
        person=sheet.person.key,
        name=None if blind else sheet.person.name,
        identities=[_identity(one, blind=blind) for one in sheet.identities],
        scores=[shapes.ScoreLine.of(one, score=one.value) for one in sheet.scores],
        stage=stage_of(sheet.marks),
        tags=sorted(_said(one.value, cover) for one in sheet.marks if one.kind is MarkKind.TAG),
        hidden=hidden_of(sheet.marks) is not None,
        marks=[_mark(one, cover) for one in sheet.marks],
        badges=[shapes.BadgeShape.of(one, kind=str(one.kind), text=_said(one.text, cover)) for one in badges],
        flags=[] if blind else flags,
        asked=[] if blind else [one.sentence for one in sheet.asked],
    )


def evidence(piece: Piece, *, cover: Cover | None) -> shapes.EvidenceShape:
    """Return a piece of evidence. cover: what is kept out in blind mode."""
    one = piece.evidence
    found = shapes.EvidenceShape.of(
        one, also=[twin.work for twin in one.also], public_on=piece.on, factors=list(piece.factors)
    )
    if cover is None:
        return found
    texts = {name: cover.text(getattr(one, name)) for name in ("signal", "work", "counts_as")}
    hidden = {
        "identity": None,
        "url": cover.address(one.url),
        "title": None if one.title is None else cover.text(one.title),
        "note": None if one.note is None else cover.text(one.note),
        "also": [cover.text(work) for work in found.also],
    }
    return found.model_copy(update={**texts, **hidden})


def score(one: Explained, *, cover: Cover | None) -> shapes.ScoreShape:
    """Return a score explained. cover: what is kept out in blind mode."""
    found = shapes.ScoreShape.of(one)
    if cover is None:
        return found
    return found.model_copy(
        update={
            "why": [_reason(each, cover) for each in found.why],
            "level_why": [
                each.model_copy(update={"text": cover.text(each.text), "links": _links(each.links, cover)})
                for each in found.level_why
            ],
            "factors": [
                each.model_copy(update={"evidence": [cover.text(signal) for signal in each.evidence]})
                for each in found.factors
            ],
            "flags": [],
        }
    )


def _mark(one: Mark, cover: Cover | None) -> shapes.MarkShape:
    reason = None if one.reason is None else _said(one.reason, cover)
    return shapes.MarkShape.of(one).model_copy(update={"value": _said(one.value, cover), "reason": reason})


def _said(text: str, cover: Cover | None) -> str:
    return text if cover is None else cover.text(text)


def _reason(one: shapes.ReasonShape, cover: Cover) -> shapes.ReasonShape:
    return one.model_copy(update={"text": cover.text(one.text), "links": _links(one.links, cover)})


def _links(urls: Sequence[str], cover: Cover) -> list[str]:
    return [url for url in urls if cover.address(url) is not None]


def _identity(one: IdentityView, *, blind: bool) -> shapes.IdentityShape:
    if not blind:
        return shapes.IdentityShape.of(one)
    nothing: dict[str, Any] = {name: [] for name in _TELLING}
    return shapes.IdentityShape.of(one, id=None, url=None, summary=None, location=None, **nothing)
