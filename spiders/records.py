"""The shapes that cross this room: what to ask, what came back, what it says.

Everything is frozen and keyword-only. `None` means unknown, never empty or zero.
Ids are `source:native-id`, taken raw from the source's own immutable number:
`github:583231` (account), `arxiv:2611.01234` (paper), `github:owner/name#12` (pull request),
`github:owner/name` (repository), `git:<digest>` (an author line of a history).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field

_STRICT: Final = ConfigDict(extra="forbid")  # a line with a field we do not know was written by somebody else


class Outcome(StrEnum):
    """How one fetch ended; shared by engines, store and screens."""

    OK = "ok"
    UNCHANGED = "unchanged"
    NONE_YET = "none_yet"
    GONE = "gone"
    LIMITED = "limited"
    REFUSED = "refused"
    BLOCKED_ADDRESS = "blocked_address"
    ROBOTS = "robots"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNREADABLE = "unreadable"
    TIMEOUT = "timeout"
    BROKEN = "broken"


class IdentityKind(StrEnum):
    """What sort of account or byline an identity is."""

    PERSONAL = "personal"
    ORGANISATION = "organisation"
    BOT = "bot"
    AUTHOR = "author"


class WorkKind(StrEnum):
    """What sort of thing people made."""

    REPOSITORY = "repository"
    PULL_REQUEST = "pull_request"
    COMMIT = "commit"
    PAPER = "paper"
    MODEL = "model"
    PACKAGE = "package"
    TALK = "talk"
    POST = "post"


class SignalKind(StrEnum):
    """What an identity did to a work."""

    AUTHORED = "authored"  # wrote the commit, pull request, paper or post
    CO_AUTHORED = "co_authored"  # named in a trailer
    MERGED = "merged"  # merged or committed somebody else's change
    REVIEWED = "reviewed"  # approved, commented or was named in a review trailer
    TESTED = "tested"
    SIGNED_OFF = "signed_off"
    MAINTAINS = "maintains"  # named in an owner or maintainer file
    RELEASED = "released"
    PRESENTED = "presented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question to a source.

    source: empty in a reader's `start`, where whoever starts it fills in the name of the source.
    params: JSON values only. depth: links followed from a seed, 0 for a seed.
    lease: the fencing token that a visit must return; None while nobody works on it.
    priority: smaller is asked first. etag, last_modified: from the last answer, for a conditional request.
    cursor: where the last visit of this task ended (a commit, a date); not part of the key.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    source: str = ""
    kind: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 0
    lease: int | None = None
    priority: int = 100
    etag: str | None = None
    last_modified: str | None = None
    cursor: str | None = None

    @property
    def key(self) -> str:
        """Return the natural key: the digest of source, kind, url and params."""
        material = json.dumps(
            [self.source, self.kind, self.url, self.params], sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(material.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How a task is put to its source when a plain GET of its url does not do.

    Credentials are added by the engine, never by a reader.
    """

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer as received, after redaction. body: decoded bytes; sha256: of that body, lower-case hex.

    next_url: where the answer's own `Link: rel="next"` leads, on the same host; None without one.
    An answer 451 is a page without a body, so that the store can tell a legal no from a missing page.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    url: str
    status: int
    media_type: str
    fetched_at: datetime
    sha256: str
    body: bytes = field(default=b"", repr=False)  # not carried over the wire: it is in the archive
    etag: str | None = None
    last_modified: str | None = None
    next_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fact was read: required on every record.

    url: the address a person may open to check it. page: sha256 of the stored answer.
    reader: module and version, `github_pulls@3`. terms: address of the terms it is under.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    source: str
    url: str
    page: str
    fetched_at: datetime
    reader: str
    terms: str


class Likeness(StrEnum):
    """How much of a printed name the local part of its mailbox spells; the strongest that holds."""

    FULL = "full"  # given name and surname
    INITIAL = "initial"  # one of them and the initial of the other
    SURNAME = "surname"
    GIVEN = "given"
    NOTHING = "nothing"


class MailboxFlag(StrEnum):
    """What keeps a mailbox from standing for one person."""

    ROLE = "role"  # a role, team or list
    PLACEHOLDER = "placeholder"  # names no mailbox anywhere
    NOREPLY = "noreply"  # a platform's stand-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """What is kept of a mailbox beside its own digest: nothing readable, only what can be compared for equality.

    All texts are keyed digests, made by `spiders.clients.mailboxes`. local: the part before the sign without
    separators. handles: what it may be a handle of, letters only. host: the registrable domain, None where anybody may
    have a box. likeness: to the printed name it came with, None without one.

    box: the whole, as providers deliver it; of a platform's stand-in the login; None for a placeholder. spelt, letters,
    label: the local part, the same without digits, and the first label of the host, as handles that a name or another
    mailbox may spell; None for roles and what is too short. spelt_length, letters_length: of theirs, 5 for longer.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    local: str | None = None
    handles: tuple[str, ...] = ()
    host: str | None = None
    likeness: Likeness | None = None
    flags: tuple[MailboxFlag, ...] = ()
    box: str | None = None
    spelt: str | None = None
    letters: str | None = None
    label: str | None = None
    spelt_length: int = 0
    letters_length: int = 0


class Zone(StrEnum):
    """A third of the world by the clock people work by: whose days overlap. Never finer, never where somebody lives."""

    AMERICAS = "americas"  # clocks from UTC-12 to UTC-2
    EUROPE_AFRICA = "europe-africa"  # to below UTC+5: the Near East too
    ASIA_PACIFIC = "asia-pacific"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One account or byline at a source. emails: keyed digests only. links: addresses the owner published.

    hours: months in which its own commits bear a clock of a zone, `2026-09 europe-africa`; no clock, no time of day.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["identity"] = "identity"
    id: str
    kind: IdentityKind
    via: Provenance
    handle: str | None = None
    name: str | None = None
    emails: tuple[str, ...] = ()
    orcid: str | None = None
    homepage: str | None = None
    affiliation: str | None = None
    location: str | None = None
    summary: str | None = None
    links: tuple[str, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    hours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A source's testimony that two identities are one person; `sourcing.resolve.rules` decides what it is worth.

    kind: `noreply` (an address names the account), `platform` (the platform attributes a commit to an account),
    `mailmap` (the repository says so), `profile_link` (left's own page or profile names right), `orcid`, `claimed`.
    `unattributed` (left and right are one mailbox, of which the platform says that it is no account's).
    `owner_address`, `owner_branch`, `owner_spelling` (left is named in an owner file, right an author line of its
    history, see `spiders.engines.bearers`).
    One-sided kinds (`profile_link`, `owner_spelling`) never join two identities alone.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["claim"] = "claim"
    left: str
    right: str
    kind: str
    via: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A thing people made. tags: the source's own topics or categories, primary first. paths: files touched.

    venue: short name, with year where it has one (`MLSys 2025`). part_of: id of the containing work: of a
    commit its repository, or the pull request whose merge brought it in.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["work"] = "work"
    id: str
    kind: WorkKind
    title: str
    url: str
    via: Provenance
    text: str | None = None
    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    venue: str | None = None
    published_on: date | None = None
    part_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A dated fact: an identity did something to a work.

    id: source-native and never null, so that the same fact arrives once. value: in `unit`, >= 0.
    occurred_at: when it became public (push or merge time, not the author's own clock); None = unknown.
    confidence: 0–1, how sure the source makes us. position: 1-based place among `of` authors, papers only.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["signal"] = "signal"
    id: str
    identity: str
    work: str
    kind: SignalKind
    via: Provenance
    value: float = 1.0
    unit: str = "items"
    occurred_at: datetime | None = None
    confidence: float = 1.0
    position: int | None = None
    of: int | None = None
    note: str | None = None  # short machine word: an oral, `ai_assisted`, a review state


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The source withdrew this identity, work or signal."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["gone"] = "gone"
    id: str
    via: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The source now calls something by another id: what was said of `old` is meant of `new`.

    number: the immutable id the source gives it under any name, `github-repository:9001`; another number under the
    old id is another thing. old, new: ids of works, `github:owner/name`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["moved"] = "moved"
    old: str
    new: str
    number: str
    via: Provenance


Record = Identity | Claim | Work | Signal | Gone | Moved
Via = Callable[[str], Provenance]
"""Given the address a person may open, the provenance of a record read from the page at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A reader's word on where to go on next time; stored with the records of the same visit."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Something a reader met and left out on purpose: an unknown kind, a dropped field."""

    what: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a visit used. points: the source's own currency where it has one. seconds: wall time."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    requests: int = 0
    points: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A record that could not be read: where it stood in the page and why."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    where: str
    reason: str


Yield = Record | Task | Cursor | Counted | Quarantined
"""What a reader's `read` may yield."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One fetch with all it yielded; the store takes it in one transaction.

    page: without its body once archived (body is not carried over the wire). cursor: keys to set for the source.
    retry_after_s: the source's own word on when to ask again; None when it said nothing.
    limits: what the source said of its limits, a sentence each, for people.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    task: Task
    outcome: Outcome
    at: datetime
    page: Page | None = None
    records: tuple[Annotated[Record, Field(discriminator="type")], ...] = ()
    tasks: tuple[Task, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    quarantined: tuple[Quarantined, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)  # drift, dropped fields, unknown values
    detail: str | None = None  # one sentence for a person when the outcome is not ok
    retry_after_s: float | None = None
    limits: tuple[str, ...] = ()
    reader: str = ""
    terms: str = ""
