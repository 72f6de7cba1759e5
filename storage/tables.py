"""Every table. Each column says what it is for, what kind of data it holds, how long it stays and who may have it.

purpose: why it is kept. category: identifier, fact, digest, provenance, derived, recruiter, operation.
retention: `person` (goes when the person is erased or falls out of retention), `source` (goes with its source),
`run` (event log period), `keep` (suppression and audit: outlive the person, hold no personal data).
exportable: handed over when the person asks for all we hold.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Category = Literal["identifier", "fact", "digest", "provenance", "derived", "recruiter", "operation"]
Retention = Literal["person", "source", "run", "keep"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# Byte order everywhere, whatever the server's locale: keyset pages and ties must not depend on it.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def short(length: int) -> Any:
    """Return the type of a short text in byte order. length: characters, at most."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """A timezone-aware UTC moment on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"moment {value!r} has no time zone; pass aware UTC times")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database stored into an aware UTC moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def col(
    name: str,
    kind: Any,
    *,
    purpose: str,
    category: Category,
    retention: Retention = "person",
    exportable: bool = True,
    key: bool = False,
    null: bool = False,
) -> Column[Any]:
    """Return a tagged column. key: part of the natural key. null: unknown is possible."""
    info = {"purpose": purpose, "category": category, "retention": retention, "exportable": exportable}
    return Column(name, kind, primary_key=key, nullable=null and not key, info=info)


def _group(category: Category, retention: Retention, exportable: bool) -> Callable[..., Column[Any]]:
    def make(name: str, kind: Any, purpose: str, *, key: bool = False, null: bool = False) -> Column[Any]:
        return col(
            name,
            kind,
            purpose=purpose,
            category=category,
            retention=retention,
            exportable=exportable,
            key=key,
            null=null,
        )

    return make


_identifier = _group("identifier", "person", True)
_fact = _group("fact", "person", True)
_digest = _group("digest", "person", False)
_provenance = _group("provenance", "source", True)
_derived = _group("derived", "person", True)
_recruiter = _group("recruiter", "person", True)
_operation = _group("operation", "run", False)
_kept = _group("operation", "keep", False)


def _origin() -> list[Column[Any]]:
    """Return the columns every fact carries."""
    return [
        _provenance("url", TEXT, "address a person may open to check the fact"),
        _provenance("visit", short(32), "the visit that brought its newest version"),
        _provenance("seen_at", Moment, "when its newest version was fetched"),
    ]


# What to ask.
task = Table(
    "task",
    metadata,
    _operation("key", short(64), "natural key: digest of source, kind, url and params", key=True),
    _operation("source", TEXT, "whose question it is"),
    _operation("kind", TEXT, "which question of the source"),
    _operation("url", TEXT, "where to ask"),
    _operation("params", JSON, "what to ask"),
    _operation("depth", Integer, "links followed from a seed"),
    _operation("priority", Integer, "smaller is asked first"),
    _operation("state", short(16), "due, leased, parked, done or gone"),
    _operation("due_at", Moment, "not asked before"),
    _operation("lease", BigInteger, "fencing token: how often it was leased"),
    _operation("owner", TEXT, "who leased it", null=True),
    _operation("leased_until", Moment, "when the lease ends", null=True),
    _operation("attempts", Integer, "failures since the last success"),
    _operation("outcome", short(16), "how the last visit ended", null=True),
    _operation("detail", TEXT, "why, in one sentence", null=True),
    _operation("visited_at", Moment, "when the last visit ended", null=True),
    _operation("succeeded_at", Moment, "when it was last answered", null=True),
    _operation("gone_at", Moment, "first time the source said it is gone", null=True),
    _operation("etag", TEXT, "for a conditional request", null=True),
    _operation("last_modified", TEXT, "for a conditional request", null=True),
    _operation("cursor", TEXT, "where its last visit ended", null=True),
    Index(None, "source", "state", "priority", "key"),
    Index(None, "state", "leased_until"),
)
cursor = Table(
    "cursor",
    metadata,
    _operation("source", TEXT, "whose cursor", key=True),
    _operation("key", TEXT, "which of its cursors", key=True),
    _operation("value", TEXT, "where to go on next time"),
    _operation("seen_at", Moment, "when it was set"),
)
asked = Table(
    "asked",
    metadata,
    _operation("want", short(32), "which of the store's own questions", key=True),
    _operation("subject", TEXT, "account number, digest or address asked about", key=True),
    _operation("asked_at", Moment, "when it was last put to a source"),
)

# What was answered.
visit = Table(
    "visit",
    metadata,
    _provenance("key", short(32), "natural key: digest of the task and its lease or page", key=True),
    _provenance("source", TEXT, "where it was read"),
    _provenance("task", short(64), "what was asked"),
    _provenance("page", short(64), "digest of the archived answer", null=True),
    _provenance("fetched_at", Moment, "when it was fetched"),
    _provenance("reader", TEXT, "module and version that read it"),
    _provenance("terms", TEXT, "terms it is under"),
    Index(None, "task"),
    Index(None, "fetched_at"),
)
identity = Table(
    "identity",
    metadata,
    _identifier("id", TEXT, "the source's own immutable id", key=True),
    _provenance("first_seen", Moment, "retention and stable person keys"),
    _provenance("last_seen", Moment, "retention"),
)
statement = Table(
    "statement",
    metadata,
    _identifier("identity", TEXT, "whose attribute", key=True),
    _fact(
        "attribute",
        short(16),
        "kind, handle, name, email digest, mailbox digests, orcid, homepage, link, …",
        key=True,
    ),
    _digest("hash", short(32), "digest of the value: values may be longer than an index allows", key=True),
    _provenance("source", TEXT, "who says so", key=True),
    _fact("value", TEXT, "the attribute's value as published; e-mails as keyed digests only"),
    *_origin(),
    Index(None, "attribute", "hash"),
    Index(None, "visit"),
)
claim = Table(
    "claim",
    metadata,
    _identifier("left", TEXT, "one identity", key=True),
    _identifier("right", TEXT, "the other identity", key=True),
    _fact("kind", short(32), "what sort of testimony", key=True),
    _provenance("source", TEXT, "who says so", key=True),
    *_origin(),
    Index(None, "right"),
    Index(None, "kind"),
    Index(None, "visit"),
)
work = Table(
    "work",
    metadata,
    _fact("id", TEXT, "the source's own id", key=True),
    _provenance("source", TEXT, "who says so", key=True),
    _fact("kind", short(32), "what sort of thing"),
    _fact("title", TEXT, "shown as evidence, matched against specialisms"),
    _fact("text", TEXT, "abstract or description, matched against specialisms", null=True),
    _fact("tags", JSON, "the source's own topics, primary first"),
    _fact("paths", JSON, "files touched, matched against specialisms"),
    _fact("venue", TEXT, "where it was published", null=True),
    _fact("published_on", Date, "when it was published", null=True),
    _fact("part_of", TEXT, "containing work", null=True),
    _digest("hash", short(32), "tells a changed work from an unchanged one"),
    *_origin(),
    Index(None, "visit"),
)
signal = Table(
    "signal",
    metadata,
    _fact("id", TEXT, "the source's own id of the fact", key=True),
    _identifier("identity", TEXT, "who did it"),
    _fact("work", TEXT, "to which work"),
    _fact("kind", short(32), "what was done"),
    _fact("value", Float, "how much, in `unit`"),
    _fact("unit", TEXT, "unit of value"),
    _fact("occurred_at", Moment, "when it became public", null=True),
    _fact("confidence", Float, "0–1, how sure the source makes us"),
    _fact("position", Integer, "1-based place among the authors", null=True),
    _fact("of", Integer, "number of authors", null=True),
    _fact("note", TEXT, "short machine word", null=True),
    _provenance("source", TEXT, "who says so"),
    _digest("hash", short(32), "tells a changed signal from an unchanged one"),
    *_origin(),
    Index(None, "identity"),
    Index(None, "work"),
    Index(None, "visit"),
)
withdrawal = Table(
    "withdrawal",
    metadata,
    _fact("id", TEXT, "identity, work or signal the source took back", key=True),
    _provenance("source", TEXT, "who took it back", key=True),
    _provenance("seen_at", Moment, "facts of this source fetched later stand"),
)
held = Table(
    "held",
    metadata,
    _operation("run", short(40), "the run in which it vanished", key=True),
    _fact("id", TEXT, "identity, work or signal that vanished", key=True),
    _provenance("source", TEXT, "whose facts of it vanished; every source's for a deleted account", key=True),
    _operation("asked", TEXT, "the source that was asked"),
    _operation(
        "task", short(64), "the question that was answered with gone: asked again if it is not believed"
    ),
    _provenance("seen_at", Moment, "when it was found gone"),
    Index(None, "id"),
)
vanishing = Table(
    "vanishing",
    metadata,
    _operation("run", short(40), "in which run", key=True),
    _operation("source", TEXT, "which source was asked", key=True),
    _operation("known", Integer, "things known from it before"),
    _operation("gone", Integer, "things it took back in this run"),
    _operation("state", short(16), "counting, held, accepted or refused"),
    _operation("at", Moment, "since when"),
)
changed = Table(
    "changed",
    metadata,
    _operation("kind", short(16), "signal, work, gone (rows of a table) or since (a snapshot)", key=True),
    _fact("id", TEXT, "what was written since the snapshot; goes with its row", key=True),
)
moved = Table(
    "moved",
    metadata,
    _fact("number", TEXT, "the immutable number of the thing", key=True),
    _identifier("name", TEXT, "an id it bears or bore", key=True),
    _fact("called_at", Moment, "when the source last called it so", null=True),
    _fact("led_at", Moment, "when asking by this name last led to it", null=True),
    _provenance("source", TEXT, "who says so"),
    *_origin(),
    Index(None, "name"),
    Index(None, "visit"),
)

# Who is who.
edge = Table(
    "edge",
    metadata,
    _derived("id", short(32), "natural key: digest of the pair and of who decided", key=True),
    _identifier("left", TEXT, "one identity"),
    _identifier("right", TEXT, "the other identity"),
    _derived("judgement", short(16), "same, different or unsure"),
    _derived("probability", Float, "0–1", null=True),
    _derived("reasons", JSON, "sentences shown when somebody asks why"),
    _derived("decided_by", TEXT, "rule, model or recruiter"),
    _derived("decided_at", Moment, "when"),
    _derived("retracted_at", Moment, "when it stopped to count", null=True),
    _derived("retracted_by", TEXT, "who took it back", null=True),
    Index(None, "left"),
    Index(None, "right"),
)
person = Table(
    "person",
    metadata,
    _identifier("key", short(20), "opaque stable key", key=True),
    _identifier("anchor", TEXT, "earliest identity when minted; the key stays with it"),
    _derived("kind", short(16), "keeps bots and organisations out of rankings"),
    _fact("name", TEXT, "shown name", null=True),
    _derived("minted_at", Moment, "when the key was made; merges keep the older"),
    _provenance("first_seen", Moment, "retention"),
    _provenance("last_seen", Moment, "retention"),
    Index(None, "anchor", unique=True),
)
person_identity = Table(
    "person_identity",
    metadata,
    _identifier("identity", TEXT, "an identity belongs to one person", key=True),
    _identifier("person", short(20), "to whom"),
    Index(None, "person"),
)
person_alias = Table(
    "person_alias",
    metadata,
    _identifier("alias", short(20), "key of a person merged into another", key=True),
    _identifier("person", short(20), "the living key"),
    Index(None, "person"),
)

work_twin = Table(
    "work_twin",
    metadata,
    _fact("work", TEXT, "a work that is another one told again, or a part of it", key=True),
    _fact("canonical", TEXT, "the work it counts as"),
    _derived("reason", short(16), "why it is taken for the same"),
    _provenance("url", TEXT, "where that can be seen", null=True),
    Index(None, "canonical"),
)

# How well they fit.
score = Table(
    "score",
    metadata,
    _derived("specialism", TEXT, "for which work", key=True),
    _identifier("person", short(20), "whose", key=True),
    _derived("version", TEXT, "version of the specialism"),
    _derived("value", Float, "0–100, sum of the points"),
    _derived("lower", Float, "0–100, cautious value; rankings are sorted by it"),
    _derived("rising", Float, "0–100, sum of the points in the rising order"),
    _derived("rising_lower", Float, "0–100, cautious value in the rising order"),
    _derived("upper", Float, "0–100, what the evidence leaves room for"),
    _derived("confidence", Float, "0–1"),
    _derived("level", short(16), "band, or unknown"),
    _derived("listed", Boolean, "passed the gates"),
    _derived("as_of", Moment, "by what was public at which moment"),
    _operation("run", TEXT, "which run computed it", null=True),
    Index(None, "specialism", "lower", "person"),
    Index(None, "person"),
)
points = Table(
    "points",
    metadata,
    _derived("specialism", TEXT, "for which work", key=True),
    _identifier("person", short(20), "whose", key=True),
    _derived(
        "parts",
        JSON,
        "factor list, signal ids, and by factor what was measured, what it earned and which of them show it",
    ),
    Index(None, "person"),
)
factor_list = Table(
    "factor_list",
    metadata,
    _kept("digest", short(16), "natural key: digest of the list", key=True),
    _kept("factors", JSON, "name, feature and unit of each factor that parts of scores are of"),
)
flag = Table(
    "flag",
    metadata,
    _derived("specialism", TEXT, "seen when ranking for which work", key=True),
    _identifier("person", short(20), "whose", key=True),
    _derived("kind", short(16), "what sort of activity was given no credit", key=True),
    _derived("works", Integer, "how many works"),
    _derived("accounts", Integer, "accounts that took part", null=True),
    _derived("evidence", JSON, "signal ids, latest first"),
    Index(None, "person"),
)

# How well they fitted: rankings of the past, so that any two can be compared and each can be made again.
ranking = Table(
    "ranking",
    metadata,
    _operation("specialism", TEXT, "for which work", key=True),
    _operation("number", Integer, "which ranking of this specialism, from 1", key=True),
    _operation("run", short(40), "which run computed it"),
    _operation("version", TEXT, "version of the specialism"),
    _operation("as_of", Moment, "moment the ages were counted from"),
    _operation("content", JSON, "the specialism as it was: what it looked at, gates, weights"),
    _operation("files", JSON, "digests of the snapshot it was computed from, by file"),
    _operation("formula", short(16), "digest of the program's own formula"),
    _operation("people", Integer, "listed people"),
    Index(None, "run"),
)
ranking_row = Table(
    "ranking_row",
    metadata,
    _derived("specialism", TEXT, "for which work", key=True),
    _identifier("person", short(20), "who was listed", key=True),
    _derived("first", Integer, "first ranking in which they stood so", key=True),
    _derived("last", Integer, "last one; None = they still do", null=True),
    _derived("value", Float, "0–100, sum of the points"),
    _derived("lower", Float, "0–100, cautious value"),
    _derived("rising", Float, "0–100, sum of the points in the rising order"),
    _derived("rising_lower", Float, "0–100, cautious value in the rising order"),
    _derived("confidence", Float, "0–1"),
    _derived("level", short(16), "band, or unknown"),
    _derived("parts", JSON, "by factor: measured value, points, kept evidence"),
    _derived("evidence", TEXT, "digests of the signals behind it"),
    Index(None, "person"),
    Index(None, "specialism", "last"),
)

# What recruiters do.
mark = Table(
    "mark",
    metadata,
    _identifier("person", short(20), "on whom", key=True),
    _recruiter("kind", short(16), "stage, tag, note or hidden", key=True),
    _digest("hash", short(32), "digest of the value", key=True),
    _recruiter("value", TEXT, "what was put"),
    _recruiter("actor", TEXT, "who did it"),
    _recruiter("reason", TEXT, "why", null=True),
    _recruiter("at", Moment, "when"),
    Index(None, "kind", "hash"),
)
shortlist = Table(
    "shortlist",
    metadata,
    _recruiter("name", TEXT, "name of the list", key=True),
    _recruiter("specialism", TEXT, "for which work", null=True),
    _recruiter("actor", TEXT, "who made it"),
    _recruiter("created_at", Moment, "when"),
    _recruiter("owner", TEXT, "who answers for the role", null=True),
    _recruiter("status", short(16), "open, paused, filled or closed"),
    _recruiter("query", TEXT, "who is looked for, in the query language", null=True),
)
shortlist_item = Table(
    "shortlist_item",
    metadata,
    _recruiter("shortlist", TEXT, "on which list", key=True),
    _identifier("person", short(20), "who is on it", key=True),
    _recruiter("position", Integer, "order"),
    _recruiter("actor", TEXT, "who added"),
    _recruiter("added_at", Moment, "when"),
    _recruiter(
        "stage", short(16), "how far the person is for this role; None = as marked on the person", null=True
    ),
    _recruiter("reviewer", TEXT, "who is asked to look", null=True),
    Index(None, "person"),
)
saved_search = Table(
    "saved_search",
    metadata,
    _recruiter("name", TEXT, "name of the search", key=True),
    _recruiter("query", TEXT, "query text"),
    _recruiter("specialism", TEXT, "for which work", null=True),
    _recruiter("actor", TEXT, "who saved it"),
    _recruiter("created_at", Moment, "when"),
    _recruiter("sort", short(16), "established or rising"),
)
announced = Table(
    "announced",
    metadata,
    _recruiter("search", TEXT, "which saved search", key=True),
    _identifier("person", short(20), "of whom its receiver was told as new", key=True),
    Index(None, "person"),
)
seen = Table(
    "seen",
    metadata,
    _recruiter("search", TEXT, "which saved search", key=True),
    _identifier("person", short(20), "who need not be shown as new", key=True),
    _recruiter("at", Moment, "since when"),
    _recruiter("shown", Boolean, "was displayed; no = was there already when the search was saved"),
    Index(None, "person"),
)
dismissed = Table(
    "dismissed",
    metadata,
    _recruiter("place", TEXT, "search:NAME or list:NAME, where the person stays away", key=True),
    _identifier("person", short(20), "who", key=True),
    _recruiter("reason", TEXT, "why"),
    _recruiter("actor", TEXT, "who did it"),
    _recruiter("at", Moment, "when"),
    Index(None, "person"),
)
act = Table(
    "act",
    metadata,
    _recruiter("deed", short(16), "what was done in one go", key=True),
    _recruiter("number", Integer, "which part of it", key=True),
    _recruiter("at", Moment, "when"),
    _recruiter("actor", TEXT, "who did it"),
    _recruiter("kind", short(16), "stage, tag, note, hide, …"),
    _identifier("person", short(20), "to whom; None = to a list", null=True),
    _recruiter("place", TEXT, "on which list or in which search", null=True),
    _recruiter("before", JSON, "what was there, to bring it back"),
    _recruiter("after", JSON, "what was put"),
    _recruiter("reason", TEXT, "why", null=True),
    _recruiter("undone_at", Moment, "when it was taken back", null=True),
    _recruiter("undone_by", TEXT, "who took it back", null=True),
    Index(None, "person", "at"),
    Index(None, "at"),
)
feedback = Table(
    "feedback",
    metadata,
    _identifier("person", short(20), "about whom", key=True),
    _recruiter("kind", short(16), "thumb or wrong", key=True),
    _recruiter("subject", TEXT, "what a thumb is for, or the signal that is wrong", key=True),
    _recruiter("actor", TEXT, "who says so", key=True),
    _recruiter("value", short(16), "up, down, reported or excluded"),
    _recruiter("reason", TEXT, "why", null=True),
    _recruiter("at", Moment, "when"),
    _fact("signals", JSON, "signals that count for nobody because of it"),
)
share = Table(
    "share",
    metadata,
    _recruiter("id", short(16), "which link", key=True),
    _recruiter("shortlist", TEXT, "what it shows"),
    _recruiter("actor", TEXT, "who made it"),
    _recruiter("at", Moment, "when"),
    _recruiter("expires_at", Moment, "until when it opens"),
    _recruiter("blind", Boolean, "keys instead of names"),
    _recruiter("notes", Boolean, "with the notes"),
    _recruiter("revoked_at", Moment, "since when it does not open", null=True),
    _recruiter("revoked_by", TEXT, "who took it back", null=True),
    _recruiter("views", Integer, "how often it was opened"),
    _recruiter("viewed_at", Moment, "when last", null=True),
    Index(None, "shortlist"),
)
known = Table(
    "known",
    metadata,
    _identifier("person", short(20), "whom another system knows", key=True),
    _recruiter("system", short(40), "which system", key=True),
    _recruiter("state", short(16), "known, contacted or off_limits"),
    _recruiter("ref", TEXT, "what the system calls the row", null=True),
    _recruiter("contacted_on", Date, "day of the last contact", null=True),
    _recruiter("reason", TEXT, "why somebody is off limits", null=True),
    _recruiter("at", Moment, "when its file was read"),
)
known_digest = Table(
    "known_digest",
    metadata,
    _digest("digest", short(64), "keyed digest of an identifier in another system's file", key=True),
    _recruiter("system", short(40), "which system", key=True),
    _recruiter("state", short(16), "known, contacted or off_limits"),
    _recruiter("ref", TEXT, "what the system calls the row", null=True),
    _recruiter("contacted_on", Date, "day of the last contact", null=True),
    _recruiter("reason", TEXT, "why somebody is off limits", null=True),
    _recruiter("at", Moment, "when its file was read"),
)
off_limit = Table(
    "off_limit",
    metadata,
    _recruiter("id", short(16), "which rule", key=True),
    _identifier("person", short(20), "who may not be approached", null=True),
    _recruiter("organisation", TEXT, "whose people may not be approached", null=True),
    _recruiter("reason", TEXT, "own staff, client, recent hire, …"),
    _recruiter("actor", TEXT, "who says so"),
    _recruiter("at", Moment, "when"),
    Index(None, "person"),
)
postponed = Table(
    "postponed",
    metadata,
    _identifier("left", TEXT, "one identity of a pair that is asked about later", key=True),
    _identifier("right", TEXT, "the other", key=True),
    _recruiter("until", Moment, "asked again from then on"),
    _recruiter("actor", TEXT, "who put it off"),
    _recruiter("at", Moment, "when"),
    Index(None, "right"),
)
export = Table(
    "export",
    metadata,
    _recruiter("id", short(40), "which hand-over", key=True),
    _recruiter("what", TEXT, "list or query"),
    _recruiter("connector", TEXT, "to what sort of system"),
    _recruiter("destination", TEXT, "file name or system"),
    _recruiter("actor", TEXT, "who did it"),
    _recruiter("at", Moment, "when"),
    _digest("digest", short(64), "digest of what was handed over", null=True),
    _recruiter("specialism", TEXT, "for which work", null=True),
    _recruiter("counts", JSON, "rows by action"),
    _recruiter("mapping", TEXT, "which fields were filled with what, and its version", null=True),
    _recruiter("shortlist", TEXT, "from which list", null=True),
    _recruiter("finished_at", Moment, "when the last row was answered; None = cut short", null=True),
    Index(None, "at"),
)
export_row = Table(
    "export_row",
    metadata,
    _recruiter("export", short(40), "which hand-over", key=True),
    _identifier("person", short(20), "who was handed over", key=True),
    _recruiter("action", short(16), "create, update, skip or blocked"),
    _digest("payload", short(64), "digest of the fields: unchanged rows are skipped", null=True),
    _recruiter("result", TEXT, "what the other side said", null=True),
    _recruiter(
        "state", short(16), "planned, intended, ok, failed, unsure, waiting, blocked, undone or by_hand"
    ),
    Index(None, "person"),
)
export_link = Table(
    "export_link",
    metadata,
    _recruiter("connector", short(40), "which system", key=True),
    _identifier("person", short(20), "who is held there", key=True),
    _identifier("external_id", TEXT, "the system's own id of them; None = not answered yet", null=True),
    _recruiter("state", short(16), "intended, held, gone, opted_out or suppressed"),
    _digest(
        "payload", short(64), "digest of all fields as last taken: unchanged rows are skipped", null=True
    ),
    _digest("fields", JSON, "digest of each field as last taken: only changed ones are sent"),
    _recruiter("export", short(40), "the hand-over that spoke of them last"),
    _recruiter("at", Moment, "when"),
    Index(None, "person"),
)
recall = Table(
    "recall",
    metadata,
    _kept("id", short(32), "which message to a system that holds a copy", key=True),
    _kept("connector", short(40), "to which system"),
    _kept("event", short(16), "lead.erased or lead.suppressed"),
    _kept("person", short(20), "key of the lead, until the system has answered", null=True),
    _kept("external_id", TEXT, "the system's own id, until it has answered", null=True),
    _kept("state", short(16), "due or done"),
    _kept("tries", Integer, "how often it was sent"),
    _kept("due_at", Moment, "not before; None = at once", null=True),
    _kept("result", TEXT, "what the other side said", null=True),
    Index(None, "state"),
    Index(None, "person"),
)
event = Table(
    "event",
    metadata,
    _kept("id", short(32), "which message to a receiver of webhooks", key=True),
    _kept("kind", short(16), "run.finished or search.new"),
    _kept("content", JSON, "counts; the name of a run or a saved search"),
    _kept("made_at", Moment, "when it happened"),
    _kept("state", short(16), "due, done or given_up"),
    _kept("tries", Integer, "how often it was sent"),
    _kept("due_at", Moment, "not before"),
    _kept("result", TEXT, "what the other side said", null=True),
    Index(None, "state", "due_at"),
)
placement = Table(
    "placement",
    metadata,
    _recruiter("connector", short(40), "which system says so", key=True),
    _identifier("person", short(20), "of whom", key=True),
    _recruiter("stage", TEXT, "how far they are, in the system's words", null=True),
    _recruiter("outcome", short(16), "open, hired, rejected or withdrawn"),
    _recruiter("changed_at", Moment, "when that became so, as the system says", null=True),
    _recruiter("seen_at", Moment, "when it was read"),
    Index(None, "person"),
)

# What people have a right to: they were told, what they corrected, what they asked for.
notice = Table(
    "notice",
    metadata,
    _identifier("person", short(20), "who was told what is held", key=True),
    _recruiter("told_at", Moment, "when last"),
    _recruiter("actor", TEXT, "who says so"),
    _recruiter("language", short(8), "in which language"),
)
correction = Table(
    "correction",
    metadata,
    _identifier("identity", TEXT, "whose attribute was wrong", key=True),
    _fact("attribute", short(16), "name, affiliation, location, homepage, link, …", key=True),
    _digest("hash", short(32), "digest of the wrong value: it is not taken in again", key=True),
    _fact("value", TEXT, "what is right; None = nothing is", null=True),
    _recruiter("actor", TEXT, "who corrected it"),
    _recruiter("reason", TEXT, "why"),
    _recruiter("at", Moment, "when"),
)
rights_case = Table(
    "rights_case",
    metadata,
    _recruiter("id", short(16), "which request", key=True),
    _digest("secret", short(64), "keyed digest of the address under which the person follows it"),
    _recruiter("kind", short(16), "access, correction, dispute, erasure or objection"),
    _recruiter("state", short(16), "asked, proved, done or refused"),
    _identifier("subject", TEXT, "the account or page the person says is theirs", null=True),
    _identifier("person", short(20), "who that is here, once control was proved", null=True),
    _recruiter("request", TEXT, "what they write: what is wrong, and what is right", null=True),
    _recruiter("signal", TEXT, "the evidence that is disputed", null=True),
    _recruiter("language", short(8), "in which language they read"),
    _recruiter("opened_at", Moment, "when they asked"),
    _recruiter("proved_at", Moment, "when they showed that the account is theirs", null=True),
    _recruiter("confirm_by", Moment, "until when they must hear that it was received", null=True),
    _recruiter("due_at", Moment, "until when it must be answered"),
    _recruiter("closed_at", Moment, "when it was answered", null=True),
    _recruiter("closed_by", TEXT, "who answered", null=True),
    _recruiter("outcome", TEXT, "what was done or why not, in a sentence", null=True),
    Index(None, "person"),
    Index(None, "state", "due_at"),
)
viewed = Table(
    "viewed",
    metadata,
    _identifier("person", short(20), "of whom somebody was shown the reasons", key=True),
    _recruiter("actor", TEXT, "who was shown them", key=True),
    _derived("specialism", TEXT, "of the score that was explained; None = there was none", null=True),
    _derived("version", TEXT, "of that specialism", null=True),
    _recruiter("at", Moment, "when last"),
)

# What keeps the house in order.
halt = Table(
    "halt",
    metadata,
    _kept("name", short(16), "what is switched off: ranking", key=True),
    _kept("actor", TEXT, "who switched it off"),
    _kept("reason", TEXT, "why"),
    _kept("at", Moment, "since when"),
)
suppression = Table(
    "suppression",
    metadata,
    _kept("digest", short(64), "keyed digest of an identifier that must not come back", key=True),
    _kept("reason", TEXT, "why"),
    _kept("at", Moment, "since when"),
)
journal = Table(
    "journal",
    metadata,
    _kept("name", short(16), "which file beside the store", key=True),
    _kept("position", BigInteger, "how many of its bytes the store has seen"),
)
audit = Table(
    "audit",
    metadata,
    _kept("seq", BigInteger, "place in the chain, from 1", key=True),
    _kept("at", Moment, "when"),
    _kept("actor", TEXT, "who"),
    _kept("action", TEXT, "what"),
    _kept("subject", TEXT, "opaque id"),
    _kept("detail", JSON, "counts, opaque ids and digests"),
    _kept("previous", short(64), "digest of the entry before"),
    _kept("digest", short(64), "digest of this entry"),
)
run = Table(
    "run",
    metadata,
    _operation("id", short(40), "which run", key=True),
    _operation("kind", TEXT, "crawl, resolve, rank, nightly, import"),
    _operation("status", short(16), "running, done, partial, failed, interrupted"),
    _operation("actor", TEXT, "who or what started it"),
    _operation("started_at", Moment, "when"),
    _operation("finished_at", Moment, "when", null=True),
    _operation("detail", JSON, "counts and versions"),
    _operation("stop_at", Moment, "when it was asked to stop", null=True),
    _operation("stop_by", TEXT, "who asked it to", null=True),
    Index(None, "kind", "started_at"),
)
run_step = Table(
    "run_step",
    metadata,
    _operation("run", short(40), "of which run", key=True),
    _operation("name", TEXT, "which step", key=True),
    _operation("status", short(16), "running, done, partial, failed, skipped"),
    _operation("started_at", Moment, "when"),
    _operation("finished_at", Moment, "when", null=True),
    _operation("detail", JSON, "counts"),
)
source_health = Table(
    "source_health",
    metadata,
    _operation("run", short(40), "in which run", key=True),
    _operation("source", TEXT, "which source", key=True),
    _operation("visits", Integer, "answers taken"),
    _operation("requests", Integer, "requests made"),
    _operation("points", Integer, "the source's own currency"),
    _operation("bytes", BigInteger, "bytes received"),
    _operation("seconds", Float, "wall time of requests"),
    _operation("new", Integer, "records that were not known"),
    _operation("changed", Integer, "records that were different"),
    _operation("unchanged", Integer, "records that were the same"),
    _operation("suppressed", Integer, "records of people who asked not to be kept"),
    _operation("not_modified", Integer, "answers that had not changed"),
    _operation("limited", Integer, "answers that asked for patience"),
    _operation("errors", Integer, "answers that were none"),
    _operation("quarantined", Integer, "records that could not be read"),
)
source_count = Table(
    "source_count",
    metadata,
    _operation("run", short(40), "in which run", key=True),
    _operation("source", TEXT, "which source", key=True),
    _operation("what", TEXT, "what was met and left out", key=True),
    _operation("times", Integer, "how often"),
)
answered = Table(
    "answered",
    metadata,
    _operation("key", short(64), "digest of the caller and of the key sent with a request", key=True),
    _operation("request", short(64), "digest of what was asked: another request takes another key"),
    _operation("at", Moment, "when"),
    _operation("status", Integer, "status of the answer; null: under way", null=True),
    _recruiter("body", TEXT, "the answer, given again when the request comes again", null=True),
    Index(None, "at"),
)
lock = Table(
    "lock",
    metadata,
    _operation("name", TEXT, "what is locked", key=True),
    _operation("owner", TEXT, "by whom"),
    _operation("since", Moment, "since when"),
    _operation("beat_at", Moment, "last sign of life"),
)

# Who may use the pages and the API. These rows are about staff, never about the people collected.
web_session = Table(
    "web_session",
    metadata,
    _operation("digest", short(64), "SHA-256 of the cookie's value", key=True),
    _operation("actor", short(64), "who is signed in, as written in the audit log"),
    _operation("scope", short(8), "what they may do: read, write, export, admin"),
    _operation("made_at", Moment, "when they signed in"),
    _operation("used_at", Moment, "when they were last seen"),
    _operation("claims", JSON, "what the team's service says of them, asked again each time", null=True),
)
sign_in = Table(
    "sign_in",
    metadata,
    _operation("digest", short(64), "SHA-256 of the link's or the browser's secret", key=True),
    _operation("kind", short(8), "link: printed by `serve`; oidc: on the way to a team's sign-in service"),
    _operation("content", JSON, "for a link who and what for; for a way its state, nonce and verifier"),
    _operation("ends_at", Moment, "useless from then on"),
)
api_key = Table(
    "api_key",
    metadata,
    _operation("id", short(16), "its public part", key=True),
    _operation("name", TEXT, "what it is for"),
    _operation("digest", short(64), "SHA-256 of the whole key"),
    _operation("scope", short(8), "what it may do: read, write, export, admin"),
    _operation("actor", short(64), "who made it"),
    _operation("made_at", Moment, "when it was made"),
    _operation("ends_at", Moment, "useless from then on", null=True),
    _operation("revoked_at", Moment, "when it was taken back", null=True),
    _operation("used_at", Moment, "day of its last use", null=True),
)
preference = Table(
    "preference",
    metadata,
    _operation("actor", short(64), "whose", key=True),
    _operation("content", JSON, "theme, density, blind mode, shortcuts"),
    _operation("changed_at", Moment, "since when"),
)

# What is looked up: rebuilt from the tables above at any time by `search.reindex`.
search_person = Table(
    "search_person",
    metadata,
    _identifier("person", short(20), "who", key=True),
    _derived("no", Integer, "the person's place in the sets below; another one after every rebuilding"),
    _fact("name", TEXT, "shown name", null=True),
    _derived("active_on", Date, "day of the newest signal", null=True),
    Index(None, "no", unique=True),
)
search_facet = Table(
    "search_facet",
    metadata,
    _identifier("person", short(20), "who", key=True),
    _derived("field", short(16), "source, has, country, lang, …", key=True),
    _derived("value", TEXT, "value of the field", key=True),
    Index(None, "field", "value"),
)
search_read = Table(
    "search_read",
    metadata,
    _identifier("person", short(20), "who", key=True),
    _digest("digest", short(32), "of what the facets were read from that others bring"),
)
search_set = Table(
    "search_set",
    metadata,
    _derived("field", short(16), "a field of words or of values", key=True),
    _derived("value", TEXT, "a word many people share, or a value", key=True),
    _derived("chunk", Integer, "which 65,536 places", key=True),
    _derived("size", Integer, "how many people"),
    _derived("bits", LargeBinary, "their places: 16-bit numbers when few, else a bit for each place"),
    Index(None, "value"),
)
search_date = Table(
    "search_date",
    metadata,
    _derived("field", short(16), "active, seen or new", key=True),
    _derived("chunk", Integer, "which 65,536 places", key=True),
    _derived("days", LargeBinary, "days since 1970 by place, 16 bits each; 0 = unknown"),
)
search_order = Table(
    "search_order",
    metadata,
    _derived("specialism", TEXT, "for which work; empty = each person's best", key=True),
    _derived("sort", short(16), "the column of score it is sorted by", key=True),
    _derived("chunk", Integer, "which 4,096 people, best first", key=True),
    _derived("top", Float, "the first one's sorted value"),
    _derived("sure", Integer, "how many of them have a place; of the rest too little is known"),
    _derived("places", LargeBinary, "places of the people, 32 bits each"),
    _derived("lowers", LargeBinary, "their sorted values, 64-bit floats"),
    _derived("points", LargeBinary, "their scores, 64-bit floats"),
    _derived("confidences", LargeBinary, "their confidences, 64-bit floats"),
)

SEARCH_INDEX = "search_index"
"""The full-text index: an FTS5 table on SQLite, a table with a tsvector on PostgreSQL; made by the migrations."""
