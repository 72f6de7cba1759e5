"""Whether people are treated alike: the reach of a shortlist, and impact ratios of supplied counts."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from sourcing.fairness import impact, reach
from sourcing.fairness.impact import Count
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch
from sourcing.web.api.lists import Name

router = APIRouter(tags=["fairness"])
COUNTS_MAX = 500


class PartShape(shapes.Shape):
    """One source, region or institution. value: None in blind mode. share: 0–1 of the list; of_all: of everybody."""

    value: str | None
    people: int
    share: float
    of_all: float


class SpreadShape(shapes.Shape):
    """How one thing is spread over a list: the five largest, of how many it is known, who is in the five largest."""

    by: str
    parts: list[PartShape]
    known: int
    unknown: int
    top_share: float | None
    top_share_of_all: float | None


class ReachShape(shapes.Shape):
    """The spread of a shortlist, beside everybody ranked for its specialism."""

    shortlist: str
    specialism: str
    people: int
    everybody: int
    spreads: list[SpreadShape]


class Counts(shapes.Body):
    """Counts of groups. Nothing is kept of them."""

    counts: Annotated[list[Count], Field(min_length=1, max_length=COUNTS_MAX)]


class RatioShape(shapes.Shape):
    """One group. selected, total, rate, ratio and p are None where too few people are behind them, or not compared."""

    category: str
    group: str
    selected: int | None
    total: int | None
    rate: float | None
    ratio: float | None
    p: float | None
    marks: list[str]


class Ratios(shapes.Shape):
    """Impact ratios by category. warnings: a sentence for each group that is flagged."""

    rows: list[RatioShape]
    warnings: list[str]


@router.get("/lists/{name}/reach", response_model=ReachShape, summary="How a shortlist is spread")
def spread(call: Asked, name: Name, etag: NoneMatch = None) -> Response:
    """Return how much of a shortlist comes from few sources, regions and institutions."""
    with call.read() as tx:
        found = reach.of(tx, name)
    spreads = [
        SpreadShape.of(
            one,
            parts=[
                PartShape.of(part, **({"value": None} if call.blind and one.by == "institution" else {}))
                for part in one.parts
            ],
        )
        for one in found.spreads
    ]
    return call.answer(ReachShape.of(found, spreads=spreads))


@router.post("/fairness/impact", response_model=Ratios, summary="Impact ratios of supplied counts")
def ratios(call: Asked, body: Counts) -> Response:
    """Return rates, ratios to the best group and exact tests; nothing is kept."""
    found = impact.tables(body.counts)
    rows = [RatioShape.model_validate(row) for row in impact.as_rows(found)]
    return call.answer(Ratios(rows=rows, warnings=impact.warnings(found)))
