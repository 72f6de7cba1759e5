"""Specialisms: what is looked for, in which version, and when it was last ranked."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from sourcing.ranking import specialism
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch
from storage import scores

router = APIRouter(prefix="/specialisms", tags=["specialisms"])


class FactorLine(shapes.Shape):
    """What earns points. weight, rising: points at saturation in each order. half: the value that earns half."""

    name: str
    feature: str
    weight: float
    rising: float
    half: float


class SpecialismShape(shapes.Shape):
    """One specialism. ranked_version, ranked_at: of the last ranking, None = never; stale: its files changed since.

    people: how many are scored. adjacent: the nearest specialisms first.
    """

    specialism: str
    title: str
    summary: str
    version: str
    adjacent: list[str]
    factors: list[FactorLine]
    ranked_version: str | None
    ranked_at: datetime | None
    people: int
    stale: bool


class Specialisms(shapes.Shape):
    """Every specialism, by its name in addresses."""

    specialisms: list[SpecialismShape]


@router.get("", response_model=Specialisms, summary="What is looked for")
def ls(call: Asked, etag: NoneMatch = None) -> Response:
    """Return every specialism with its factors and its last ranking."""
    with call.read() as tx:
        return call.answer(everything(tx, call.desk.settings.roots))


def everything(tx: Any, roots: Sequence[Path]) -> Specialisms:
    """Return every specialism as it is sent. Raises ConfigError for a broken file."""
    ranked = scores.ranked(tx)
    found = []
    for slug in specialism.names(roots):
        one = specialism.load(slug, roots)
        version, as_of, people = ranked.get(slug, (None, None, 0))
        found.append(
            SpecialismShape.of(
                one,
                specialism=slug,
                factors=[FactorLine.of(factor) for factor in one.factors],
                ranked_version=version,
                ranked_at=as_of,
                people=people,
                stale=version is not None and version != one.version,
            )
        )
    return Specialisms(specialisms=found)
