"""The current view of identities: what every source says about them now, newest first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, exists, or_, select

from spiders.records import IdentityKind
from storage import mailboxes
from storage.engine import batched, stream
from storage.model import ClaimRow, IdentityView
from storage.tables import claim, identity, statement, withdrawal

EVERY_SOURCE = "*"
"""The source of a withdrawal by the platform a thing lives on: what any source said of it before falls with it."""

HEARSAY = frozenset({"git_history", "hf_papers"})
"""Sources whose logins give way, and that bring nothing back which its home took back: they repeat what was so once."""

_HOMES = {
    "arxiv": "arxiv_papers"
}  # where things with such an id live: if it takes one back, nobody else's word counts
_BATCH = 500
# A bot with a person's name is still a bot.
_STRICTEST = (IdentityKind.BOT, IdentityKind.ORGANISATION, IdentityKind.PERSONAL, IdentityKind.AUTHOR)


def identities(tx: Connection, ids: Collection[str]) -> dict[str, IdentityView]:
    """Return the current view of those identities the store knows, by id."""
    found: dict[str, IdentityView] = {}
    for batch in batched(sorted(ids), _BATCH):
        found.update((view.id, view) for view in _views(tx.execute(_select(identity.c.id.in_(batch)))))
    return found


def iter_identities(tx: Connection) -> Iterator[IdentityView]:
    """Yield the current view of every identity, by id; those taken back by all their sources are left out."""
    yield from _views(stream(tx, _select(None)))


def iter_claims(tx: Connection) -> Iterator[ClaimRow]:
    """Yield every claim that stands, by left, right, kind and source: one falls with either thing it speaks of."""
    columns = [claim.c[name] for name in ("left", "right", "kind", "source", "url", "seen_at")]
    query = select(*columns).where(stands(claim, claim.c.left), stands(claim, claim.c.right))
    query = query.order_by(*columns[:4])
    for row in stream(tx, query):
        yield ClaimRow(**row._mapping)


def strictest(kinds: Iterable[str]) -> IdentityKind:
    """Return the kind that keeps most out of rankings; `author` when nothing is known."""
    known = {IdentityKind(kind) for kind in kinds}
    return next((kind for kind in _STRICTEST if kind in known), IdentityKind.AUTHOR)


def stands(table: Table, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that neither a fact's source nor its platform has taken it back since it was fetched."""
    return ~taken_back(table, key)


def taken_back(
    table: Table, key: ColumnElement[Any], *, before: datetime | None = None
) -> ColumnElement[bool]:
    """Return the condition that a fact was taken back since it was fetched. before: that this is longer ago.

    Hearsay read later does not bring an account back, or it would depend on when a history was read; what its
    platform says of it later does.
    """
    again = statement.alias()
    returned = exists().where(
        again.c.identity == withdrawal.c.id,
        again.c.source.not_in(sorted(HEARSAY)),
        again.c.seen_at > withdrawal.c.seen_at,
    )
    heard = and_(withdrawal.c.source == EVERY_SOURCE, table.c.source.in_(sorted(HEARSAY)), ~returned)
    return exists().where(
        withdrawal.c.id == key,
        withdrawal.c.source.in_([table.c.source, EVERY_SOURCE]),
        or_(withdrawal.c.seen_at >= table.c.seen_at, heard),
        *([] if before is None else [withdrawal.c.seen_at < before]),
    )


def taken_by(one: str, source: str) -> tuple[str, ...]:
    """Return whose facts of a thing fall when a source takes it back: every source's where the thing is at home."""
    return (source, EVERY_SOURCE) if _HOMES.get(one.partition(":")[0]) == source else (source,)


def _select(where: ColumnElement[bool] | None) -> Select[Any]:
    query = (
        select(
            identity.c.id,
            identity.c.first_seen,
            identity.c.last_seen,
            statement.c.attribute,
            statement.c.value,
            statement.c.source,
            statement.c.url,
            statement.c.seen_at,
        )
        .select_from(identity.join(statement, statement.c.identity == identity.c.id))
        .where(stands(statement, identity.c.id))
        .order_by(identity.c.id)
    )
    return query if where is None else query.where(where)


def _views(rows: Iterable[Row[Any]]) -> Iterator[IdentityView]:
    for one, group in groupby(rows, key=lambda row: row.id):
        # Sorted here: equally old values must come out in the same order on both databases.
        facts = sorted(group, key=lambda row: (-row.seen_at.timestamp(), row.value, row.source))
        facts.sort(key=lambda row: row.attribute == "handle" and row.source in HEARSAY)
        yield _view(str(one), facts)


def _view(one: str, facts: Sequence[Row[Any]]) -> IdentityView:
    values: dict[str, dict[str, None]] = {}
    urls: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for row in facts:
        values.setdefault(row.attribute, {})[row.value] = None
        urls.setdefault(row.attribute, row.url)
        if row.attribute == "kind":
            kinds.setdefault(row.source, row.value)

    def all_of(attribute: str) -> tuple[str, ...]:
        return tuple(values.get(attribute, ()))

    def newest(attribute: str) -> str | None:
        return next(iter(values.get(attribute, ())), None)

    first: datetime = facts[0].first_seen
    return IdentityView(
        id=one,
        kind=strictest(kinds.values()),
        handles=all_of("handle"),
        names=all_of("name"),
        emails=all_of("email"),
        mailboxes=tuple(mailboxes.from_text(one) for one in all_of("mailbox")),
        orcids=all_of("orcid"),
        homepages=all_of("homepage"),
        links=all_of("link"),
        affiliations=all_of("affiliation"),
        location=newest("location"),
        summary=newest("summary"),
        source=facts[0].source,
        sources=tuple(sorted({row.source for row in facts})),
        url=facts[0].url,
        urls=urls,
        first_seen=first,
        last_seen=facts[0].last_seen,
    )
