"""What is ranked: what each specialism looks for, where, by which version, and how it was ranked before."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sourcing import board, insights
from sourcing.errors import UnknownName
from sourcing.features.allowed import FEATURES
from sourcing.query import parse
from sourcing.ranking import specialism
from sourcing.web.auth import Desk
from sourcing.web.showing import render
from storage import rankings, scores

router = APIRouter()
RUNS = 12


@router.get("/specialisms")
def index(request: Request, desk: Desk) -> Response:
    """Show every specialism with when it was ranked."""
    roots = desk.settings.roots
    packs = [specialism.load(slug, roots) for slug in desk.specialisms]
    with desk.store.read() as tx:
        ranked = scores.ranked(tx)
    return render(request, "specialisms.html", title="Specialisms", packs=packs, ranked=ranked)


@router.get("/specialisms/{slug}")
def show(request: Request, desk: Desk, slug: str) -> Response:
    """Show one specialism."""
    if slug not in desk.specialisms:
        raise UnknownName("specialism", slug, desk.specialisms)
    pack = specialism.load(slug, desk.settings.roots)
    with desk.store.read() as tx:
        ranked = scores.ranked(tx).get(slug)
        past = rankings.ls(tx, slug)[:RUNS]
        counted = board.sources(tx, slug)
        listed = insights.counted(tx, parse(""), specialism=slug).shown
    parts = [(factor, FEATURES[factor.feature]) for factor in pack.factors]
    return render(
        request,
        "specialism.html",
        title=pack.title,
        pack=pack,
        parts=parts,
        ranked=ranked,
        past=past,
        counted=counted,
        listed=listed,
        first=board.FIRST,
    )
