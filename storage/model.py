"""What is read back from the store: frozen, complete, detached from any connection. `None` means unknown."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from spiders.records import IdentityKind, Mailbox, SignalKind, WorkKind


class Judgement(StrEnum):
    """What an edge says about its two identities."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class TaskState(StrEnum):
    """Where a task of the frontier stands."""

    DUE = "due"  # may be leased once its time has come
    LEASED = "leased"
    PARKED = "parked"  # waits for its time, then may be leased
    DONE = "done"  # until a source brings it again
    GONE = "gone"  # confirmed twice, never asked again; or given up, asked weekly if it is raised anew


class MarkKind(StrEnum):
    """What a recruiter may put on a person."""

    STAGE = "stage"
    TAG = "tag"
    NOTE = "note"
    HIDDEN = "hidden"
    UNSCORED = "unscored"  # opted out of being scored: the person's own word, kept until they take it back


class Hiding(StrEnum):
    """Whose word hides a person: only the first is a recruiter's, which recruiters may take back."""

    EVERYWHERE = "everywhere"
    KEPT_OUT = "kept out"
    ERASURE = "erasure"
    NOTICE = "notice"  # should have been told what is held and was not; ends when somebody says so


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityView:
    """What the sources say about one identity now. Tuples: newest first, then by value; emails are keyed digests.

    kind: the newest word of each source, the strictest across sources (bot, organisation, personal, author).
    source: of the newest statement. urls: per attribute, the page a person may open to check its newest value.
    """

    id: str
    kind: IdentityKind
    handles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    orcids: tuple[str, ...] = ()
    homepages: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    location: str | None = None
    summary: str | None = None
    source: str = ""
    sources: tuple[str, ...] = ()
    url: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A source's testimony that two identities are one person; see `spiders.records.Claim`."""

    left: str
    right: str
    kind: str
    source: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A decided pair of identities. probability: 0–1, None for rules and people. reasons: sentences.

    decided_by: `rule:orcid@1`, `recruiter:ana`. The pair is unordered: `left` and `right` are kept sorted.
    """

    left: str
    right: str
    judgement: Judgement
    decided_by: str
    decided_at: datetime
    probability: float | None = None
    reasons: tuple[str, ...] = ()
    retracted_at: datetime | None = None
    retracted_by: str | None = None

    @property
    def id(self) -> str:
        """Return the natural key: the digest of the sorted pair and of who decided."""
        pair = sorted((self.left, self.right))
        return hashlib.sha256("\0".join([*pair, self.decided_by]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A cluster with a stable key. identities: sorted. aliases: keys of people merged into this one, sorted.

    name: the fullest name most sources use; None when no source names the person. kind: strictest of the identities.
    """

    key: str
    identities: tuple[str, ...]
    name: str | None
    kind: IdentityKind
    first_seen: datetime
    last_seen: datetime
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild did to persons. minted, kept: live keys. merged: became aliases. split: aliases live again."""

    minted: int
    kept: int
    merged: int
    split: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A work that counts as another. reason: see `sourcing.resolve.works`. url: where it is seen, None = nowhere."""

    work: str
    canonical: str
    reason: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A signal with its work and link, ready to show.

    counts_as: the work that it counts as, the same for all its twins. also: the other works that count as that one.
    """

    signal: str
    identity: str
    kind: SignalKind
    work: str
    work_kind: WorkKind | None
    title: str | None
    url: str
    occurred_at: datetime | None
    value: float
    unit: str
    note: str | None
    venue: str | None
    published_on: date | None
    source: str
    counts_as: str = ""
    also: tuple[Twin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What one factor earned. value: in `unit`, None = not observed. evidence: signal ids, strongest first.

    points: its share of the score. rising: its share of the score in the rising order.
    """

    factor: str
    feature: str
    value: float | None
    unit: str
    points: float
    evidence: tuple[str, ...] = ()
    rising: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What speaks for a level. kind: what sort of evidence. text: a sentence without links. evidence: signal ids."""

    kind: str
    band: str
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Activity that was given no credit, and why. It changes no score: what is discounted earned nothing.

    kind: back_dated, empty, fork, ring or own. works: how many. evidence: signal ids, latest first.
    accounts: how many take part in a ring, None elsewhere.
    """

    kind: str
    works: int
    evidence: tuple[str, ...] = ()
    accounts: int | None = None


# From here on an interval says nothing: about two months of work, or a single paper, in a specialism of mostly code.
WIDTH_MAX = 75.0
"""Points between `lower` and `upper` from which on a score gives nobody a place: "cannot tell" is no low place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well a person fits a specialism. value: 0–100, the sum of the points. confidence: 0–1.

    lower: 0–100, the value a cautious reader would count on; rankings are sorted by it. rising, rising_lower: the same
    two in the rising order, over the same evidence. listed: passed the gates.
    upper: 0–100, what the evidence leaves room for. grounds: what speaks for the level, the highest first.
    points: in the specialism's order; empty where a list was asked for, as are the grounds.
    """

    person: str
    specialism: str
    version: str
    value: float
    lower: float
    confidence: float
    level: str = "unknown"
    listed: bool = True
    as_of: datetime
    run: str | None = None
    points: tuple[Points, ...] = ()
    rising: float = 0.0
    rising_lower: float = 0.0
    upper: float = 100.0
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One search result. score: in the search's specialism, else the best one; None when the person has none."""

    person: str
    name: str | None
    score: Score | None

    @property
    def after(self) -> tuple[float, str]:
        """Return the keyset cursor: pass it as `after` to go on behind this result."""
        return (self.score.lower if self.score is not None else -1.0, self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a recruiter put on a person. value: the stage, the tag, the note, or one of `Hiding`."""

    person: str
    kind: MarkKind
    value: str
    actor: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortlistItem:
    """A person on a shortlist. position: 1-based. stage: for this role; None = the one marked on the person, if any.

    reviewer: who is asked to look.
    """

    person: str
    position: int
    actor: str
    added_at: datetime
    stage: str | None = None
    reviewer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """Ordered people for one role. items: by position; empty where lists were listed. size: number of people.

    owner: who answers for the role. status: open, paused, filled or closed. query: who is looked for.
    """

    name: str
    specialism: str | None
    actor: str
    created_at: datetime
    size: int
    items: tuple[ShortlistItem, ...] = ()
    owner: str | None = None
    status: str = "open"
    query: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """What happened to one person in an export. action: create, update, skip, blocked. payload: digest.

    state: planned, intended (the system was asked), ok, failed, unsure (no answer), waiting, blocked.
    """

    person: str
    action: str
    payload: str | None = None
    result: str | None = None
    state: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One hand-over. what: the list or query. destination: file name or system. rows: empty in a history.

    mapping: name and version of the fields. shortlist: the list it came from. finished_at: None = cut short.
    """

    id: str
    what: str
    connector: str
    destination: str
    actor: str
    at: datetime
    digest: str | None = None
    specialism: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    mapping: str | None = None
    shortlist: str | None = None
    finished_at: datetime | None = None
    rows: tuple[ExportRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """One step of a run. status: running, done, partial, failed, skipped."""

    name: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One recorded execution. status: running, done, partial, failed, interrupted.

    stop_at, stop_by: when it was asked to stop and by whom, None if nobody did.
    """

    id: str
    kind: str
    status: str
    actor: str
    started_at: datetime
    finished_at: datetime | None
    detail: Mapping[str, Any]
    stop_at: datetime | None = None
    stop_by: str | None = None
    steps: tuple[RunStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What one source did in one run. seconds: wall time of its requests. counted: what was met and left out."""

    run: str
    source: str
    visits: int
    requests: int
    points: int
    bytes: int
    seconds: float
    new: int
    changed: int
    unchanged: int
    suppressed: int
    not_modified: int
    limited: int
    errors: int
    quarantined: int
    counted: Mapping[str, int]
