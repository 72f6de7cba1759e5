"""What the API answers with: every shape typed, so that its description is exact."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sourcing.query.parse import LENGTH_MAX


class Shape(BaseModel):
    """Something that is sent. `None` means unknown, or left out in blind mode."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    @classmethod
    def of(cls, value: Any, **more: Any) -> Self:
        """Return the shape of one of our records; more: what the record does not have, or has otherwise."""
        names = [name for name in cls.model_fields if name not in more]
        return cls.model_validate({name: getattr(value, name) for name in names} | more, from_attributes=True)


class Body(BaseModel):
    """Something that is received."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _storable(text: str) -> str:
    if any(ord(char) < 32 and char not in "\n\t" for char in text):
        raise ValueError("has a control character")
    if not text.strip():
        raise ValueError("is empty")
    return text


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_storable),
]
"""One line of text."""
Note = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_storable)]
"""Text of several lines."""
Query = Annotated[str, Field(json_schema_extra={"maxLength": LENGTH_MAX})]
"""A query of the query language; empty finds everybody. One that cannot be read is answered with its column."""


class Wrong(Shape):
    """One field that cannot be used, and why."""

    field: str
    message: str


class Problem(Shape):
    """What went wrong (RFC 9457). next: what to do. column: of a query, 1-based."""

    type: str
    title: str
    status: int
    detail: str
    next: str
    column: int | None = None
    errors: list[Wrong] | None = None


class ReasonShape(Shape):
    """Why somebody has points: a sentence, and the addresses of its strongest evidence."""

    text: str
    points: float
    links: list[str]


class HitShape(Shape):
    """One person of a result. rank: None for whom too little is known to give a place."""

    person: str
    rank: int | None = None
    name: str | None = None
    specialism: str | None = None
    score: float | None = None
    lower: float | None = None
    upper: float | None = None
    confidence: float | None = None
    level: str | None = None
    reasons: list[ReasonShape] = []


class PeoplePage(Shape):
    """A page of a result. total: of all pages. next, previous: cursors; None at the ends.

    facets: how many of the people have each value of each field. histogram: how many have a score in each tenth of
    0–100. Both None unless asked for. did_you_mean: queries that find somebody, where this one finds nobody.
    """

    people: list[HitShape]
    total: int
    next: str | None
    previous: str | None
    facets: dict[str, dict[str, int]] | None = None
    histogram: list[int] | None = None
    did_you_mean: list[str] = []


class IdentityShape(Shape):
    """One account or author record. Handles, addresses and the like are empty in blind mode."""

    id: str | None
    kind: str
    source: str
    sources: list[str]
    url: str | None
    names: list[str]
    handles: list[str]
    orcids: list[str]
    homepages: list[str]
    links: list[str]
    affiliations: list[str]
    location: str | None
    summary: str | None
    first_seen: datetime
    last_seen: datetime


class ScoreLine(Shape):
    """One score without its reasons. listed: whether lists show the person."""

    specialism: str
    version: str
    score: float
    lower: float
    upper: float
    rising: float
    confidence: float
    level: str
    listed: bool
    as_of: datetime


class MarkShape(Shape):
    """What a recruiter put on a person. value: the stage, the tag, the note, or the scope of hiding."""

    kind: str
    value: str
    actor: str
    reason: str | None
    at: datetime


class FlagShape(Shape):
    """Activity that was given no credit."""

    specialism: str
    text: str


class BadgeShape(Shape):
    """A warning beside somebody: do not contact, in CRM, contacted before and the like. since: None = unknown."""

    kind: str
    text: str
    since: date | None


class PersonShape(Shape):
    """One person. asked: where they ask not to be approached; whoever does has no scores."""

    person: str
    name: str | None
    kind: str
    aliases: list[str]
    first_seen: datetime
    last_seen: datetime
    identities: list[IdentityShape]
    scores: list[ScoreLine]
    stage: str | None
    tags: list[str]
    hidden: bool
    marks: list[MarkShape]
    badges: list[BadgeShape]
    flags: list[FlagShape]
    asked: list[str]


class EvidenceShape(Shape):
    """A dated, linked fact. counts_as: the work it counts as, the same for all its twins; also: those twins.

    public_on: when it became public. factors: those it stands behind, most points first.
    """

    signal: str
    identity: str | None
    kind: str
    work: str
    work_kind: str | None
    title: str | None
    url: str | None
    occurred_at: datetime | None
    published_on: date | None
    value: float
    unit: str
    note: str | None
    venue: str | None
    source: str
    counts_as: str
    also: list[str]
    public_on: date | None
    factors: list[str]


class EvidencePage(Shape):
    """Evidence of one person. next: a cursor; None at the end."""

    person: str
    evidence: list[EvidenceShape]
    total: int
    next: str | None


class FactorShape(Shape):
    """What one factor earned. value: in `unit`, None = not observed. evidence: signals, strongest first."""

    factor: str
    feature: str
    value: float | None
    unit: str
    points: float
    rising: float
    evidence: list[str]


class ArgumentShape(Shape):
    """What speaks for a level; kind None: what the next one would need."""

    kind: str | None
    text: str
    links: list[str]


class ScoreShape(Shape):
    """A score and all that is behind it: the points of its factors sum to it."""

    specialism: str
    version: str
    score: float
    lower: float
    upper: float
    told: bool
    read_as: str
    rising: float
    confidence: float
    level: str
    listed: bool
    as_of: datetime
    factors: list[FactorShape]
    why: list[ReasonShape]
    level_why: list[ArgumentShape]
    flags: list[str]
    misses: list[str]
    would_change: list[str]


class ScoresShape(Shape):
    """A person's scores, best first."""

    person: str
    scores: list[ScoreShape]
