"""Works that are told twice: what resolving compares, and which work each counts as."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select

from spiders.records import SignalKind, WorkKind
from storage import among
from storage.engine import batched, stream, upsert
from storage.model import Twin
from storage.statements import HEARSAY, stands
from storage.tables import person_identity, signal, statement, work, work_twin

PART = "part"
"""The reason of a commit that counts as the pull request that brought it in."""
_BATCH = 500
_ALSO_MAX = 5  # other names of one work that are shown with its evidence


def papers(tx: Connection) -> Iterator[Row[Any]]:
    """Yield (id, source, title, venue, published_on, url) of every paper, by id and source; one row a source."""
    columns = [work.c[name] for name in ("id", "source", "title", "venue", "published_on", "url")]
    query = select(*columns).where(work.c.kind == WorkKind.PAPER, stands(work, work.c.id))
    yield from stream(tx, query.order_by(work.c.id, work.c.source))


def bylines(tx: Connection, works: Collection[str]) -> dict[str, list[frozenset[str]]]:
    """Return the authors of some works in the order of their ids, each as all names that are known of them."""
    found: dict[str, dict[str, set[str]]] = {}
    for batch in batched(sorted(works), _BATCH):
        query = (
            select(signal.c.work, signal.c.identity, statement.c.value)
            .join(statement, statement.c.identity == signal.c.identity)
            .where(signal.c.work.in_(batch), signal.c.kind == SignalKind.AUTHORED)
            .where(statement.c.attribute == "name", stands(signal, signal.c.id))
            .where(stands(statement, statement.c.identity))
            .distinct()
        )
        for one, identity, name in tx.execute(query):
            found.setdefault(one, {}).setdefault(identity, set()).add(name)
    return {
        one: [frozenset(names) for _, names in sorted(authors.items())]
        for one, authors in sorted(found.items())
    }


def parts(tx: Connection) -> Iterator[tuple[str, str]]:
    """Yield (commit, pull request) of commits that the true merge of a pull request brought in."""
    query = select(work.c.id, func.min(work.c.part_of).label("whole")).where(
        work.c.kind == WorkKind.COMMIT, work.c.part_of.like("%#%"), stands(work, work.c.id)
    )
    for row in stream(tx, query.group_by(work.c.id).order_by(work.c.id)):
        yield row.id, row.whole


def titles(tx: Connection, *, of_commits: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (id, repository, title) of the pull requests a platform alone tells of, or of commits that belong to none.

    One that a history tells of landed by the merge or the squash that names its number, and by no other commit.
    """
    query = select(work.c.id, work.c.part_of, work.c.title).where(stands(work, work.c.id))
    if of_commits:
        query = query.where(work.c.kind == WorkKind.COMMIT, ~work.c.part_of.like("%#%"))
    else:
        told = work.c.source.not_in(sorted(HEARSAY))
        query = query.where(work.c.kind == WorkKind.PULL_REQUEST, work.c.part_of.is_not(None), told)
        heard = select(work.c.id).where(
            work.c.kind == WorkKind.PULL_REQUEST, work.c.source.in_(sorted(HEARSAY))
        )
        query = query.where(work.c.id.not_in(heard.where(stands(work, work.c.id))))
    for row in stream(tx, query.order_by(work.c.id, work.c.source)):
        yield row.id, row.part_of, row.title


def writers(tx: Connection, works: Collection[str]) -> dict[str, list[tuple[str, Any]]]:
    """Return (person, moment) of who wrote some changes, by work, sorted; a platform's word before a history's."""
    found: dict[str, list[tuple[bool, str, Any]]] = {}
    for batch in batched(sorted(works), _BATCH):
        query = (
            select(signal.c.work, person_identity.c.person, signal.c.occurred_at, signal.c.source)
            .join(person_identity, person_identity.c.identity == signal.c.identity)
            .where(signal.c.work.in_(batch), signal.c.kind == SignalKind.AUTHORED)
            .where(signal.c.occurred_at.is_not(None), stands(signal, signal.c.id))
        )
        for row in tx.execute(query):
            found.setdefault(row.work, []).append((row.source in HEARSAY, row.person, row.occurred_at))
    return {one: [entry[1:] for entry in sorted(entries)] for one, entries in sorted(found.items())}


def put(tx: Connection, twins: Iterable[Twin]) -> int:
    """Store which works count as another and forget all that is not among them; return how many rows changed."""
    wanted = {one.work: one for one in twins}
    stale: list[str] = []
    for row in tx.execute(select(work_twin)).all():
        known = wanted.get(row.work)
        if known is None:
            stale.append(row.work)
        elif (known.canonical, known.reason, known.url) == (row.canonical, row.reason, row.url):
            del wanted[row.work]
    for batch in batched(stale, _BATCH):
        tx.execute(delete(work_twin).where(work_twin.c.work.in_(batch)))
    rows = [
        {"work": one.work, "canonical": one.canonical, "reason": one.reason, "url": one.url}
        for one in wanted.values()
    ]
    upsert(tx, work_twin, rows)
    return len(stale) + len(rows)


def told_again(tx: Connection, works: Collection[str]) -> dict[str, tuple[Twin, ...]]:
    """Return what some works count as and under which other ids they are told, by work; most have nothing.

    The twins of a work: what it counts as, unless that is itself, then the others, at most five. Commits of a pull
    request are left out, but each tells its pull request.
    """
    mine = select(work_twin).where(among.is_in(tx.dialect.name, work_twin.c.work))
    own = {row.work: Twin(**row._mapping) for row in tx.execute(mine, among.bound(tx, sorted(works)))}
    wholes = {*works} - set(own) | {one.canonical for one in own.values() if one.reason != PART}
    groups: dict[str, list[Twin]] = {}
    query = select(work_twin).where(
        among.is_in(tx.dialect.name, work_twin.c.canonical), work_twin.c.reason != PART
    )
    for row in tx.execute(query.order_by(work_twin.c.work), among.bound(tx, sorted(wholes))):
        groups.setdefault(row.canonical, []).append(Twin(**row._mapping))
    found: dict[str, tuple[Twin, ...]] = {}
    for one in sorted(works):
        said = own.get(one)
        others = groups.get(said.canonical if said is not None else one, [])
        told = [twin for twin in others if twin.work != one]
        if said is not None:
            whole = Twin(work=said.canonical, canonical=said.canonical, reason=said.reason, url=said.url)
            told = [whole, *(told if said.reason != PART else [])]
        if told:
            found[one] = tuple(told[:_ALSO_MAX])
    return found


def sweep(tx: Connection) -> int:
    """Forget every work that is no more; return how many rows went."""
    part = work_twin.c.reason == PART  # a pull request that a machine merged may be told by its commits alone
    missing = or_(
        ~exists().where(work.c.id == work_twin.c.work),
        ~part & ~exists().where(work.c.id == work_twin.c.canonical),
    )
    return tx.execute(delete(work_twin).where(missing)).rowcount


def counts(twins: Iterable[Twin]) -> Mapping[str, int]:
    """Return how many works count as another, by reason."""
    found: dict[str, int] = {}
    for one in twins:
        found[one.reason] = found.get(one.reason, 0) + 1
    return dict(sorted(found.items()))
