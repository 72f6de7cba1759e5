"""Removes identities and all that hangs on them; used by erasure and when an erased person comes back by a new door."""

import json
from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, delete, exists, func, or_, select, update

from spiders.records import Task
from storage import batches, cases, index, recalls
from storage.engine import batched
from storage.identifiers import Value, site
from storage.tables import (
    act,
    announced,
    answered,
    asked,
    claim,
    correction,
    cursor,
    dismissed,
    edge,
    export_link,
    export_row,
    feedback,
    flag,
    held,
    identity,
    known,
    mark,
    moved,
    notice,
    off_limit,
    person,
    person_alias,
    person_identity,
    placement,
    points,
    postponed,
    ranking_row,
    score,
    seen,
    shortlist_item,
    signal,
    statement,
    task,
    viewed,
    withdrawal,
    work,
    work_twin,
)

_BATCH = 500
# Shorter identifiers would match nearly every address: only a whole address or param may name them.
_PART_MIN = 4
JUDGED = ("merge", "split", "apart", "later")
"""Kinds of acts that name identities: they go with any of these, whoever it was counted to then."""


def values_of(tx: Connection, identities: Collection[str]) -> set[Value]:
    """Return every identifier the store holds of some identities; one that others share is left out.

    A laboratory's page or a team's address must not keep the colleagues out.
    """
    found: set[Value] = {("id", one) for one in identities}
    shared_by_others: list[tuple[str, str, str]] = []
    for batch in batched(sorted(identities), _BATCH):
        rows = tx.execute(
            select(statement.c.attribute, statement.c.hash, statement.c.value, statement.c.identity)
            .where(statement.c.identity.in_(batch))
            .where(statement.c.attribute.in_(["handle", "homepage", "orcid", "email"]))
        )
        for row in rows:
            if row.attribute == "handle":
                found.add(("handle", f"{site(row.identity)}:{row.value}"))
            else:
                shared_by_others.append((row.attribute, row.hash, row.value))
    for attribute, hashed, value in shared_by_others:
        others = select(statement.c.identity).where(
            statement.c.attribute == attribute,
            statement.c.hash == hashed,
            statement.c.identity.not_in(sorted(identities)),
        )
        if tx.execute(others.limit(1)).first() is None:
            found.add((attribute, value))
    found |= {("homepage", one.removeprefix("page:")) for one in identities if one.startswith("page:")}
    return found


def forget(tx: Connection, identities: Collection[str], *, values: Collection[Value]) -> dict[str, int]:
    """Remove identities, their facts, works nobody else had a part in, and questions that name them; count by table.

    People who are nothing but these identities go with them: their names, scores, marks and list entries.
    values: the identifiers of the identities, to find works they own and tasks that mention them.
    """
    owners = sorted(value for kind, value in values if kind == "handle")
    texts = sorted({value for _, value in values} | {value.split(":", 1)[-1] for _, value in values})
    rows = forget_identities(tx, identities)
    remove = _remover(tx, rows)
    native = sorted({one.partition(":")[2] for one in identities})
    for table in (withdrawal, held):
        for ending in native:
            if len(ending) >= _PART_MIN:  # the id of a signal ends with its account's
                remove(table, table.c.id.like(f"%:{_escaped(ending)}", escape="\\"))
        for account in owners:
            remove(table, _owned(table.c.id, account))
    for account in owners:
        remove(moved, _owned(moved.c.name, account))
    for account in owners:
        for column in (work.c.id, work.c.part_of):
            remove(work, _owned(column, account))
        for column in (work_twin.c.work, work_twin.c.canonical):
            remove(work_twin, _owned(column, account))
        remove(signal, _owned(signal.c.work, account))
    for batch in batched(sorted(f"{kind}:{value}" for kind, value in values), _BATCH):
        remove(claim, or_(claim.c.left.in_(batch), claim.c.right.in_(batch)))
    for account in owners:
        login = account.replace(":", "-login:", 1)
        remove(
            claim, or_(func.lower(claim.c.left) == login.lower(), func.lower(claim.c.right) == login.lower())
        )
    for batch in batched(texts, _BATCH):
        remove(asked, asked.c.subject.in_(batch))
    cases.strip(tx, requests=cases.naming(tx, values))
    for text in texts:
        mentioned = _mentions(task.c.url, text) | _mentions(cast(task.c.params, Text), text)
        found = tx.execute(select(task).where(mentioned)).all()
        rows["task"] = rows.get("task", 0) + batches.forget(tx, found, _speaks_of(text))
        remove(cursor, _mentions(cursor.c.key, text))
    return rows


def forget_identities(tx: Connection, identities: Collection[str]) -> dict[str, int]:
    """Remove identities with their facts, people who were nothing else, and works nobody else had a part in."""
    rows: dict[str, int] = {}
    remove = _remover(tx, rows)
    works, people = set[str](), set[str]()
    for batch in batched(sorted(identities), _BATCH):
        belong = select(person_identity.c.person).where(person_identity.c.identity.in_(batch))
        people.update(tx.execute(belong).scalars())
        works.update(tx.execute(select(signal.c.work).where(signal.c.identity.in_(batch))).scalars())
        theirs = select(signal.c.id).where(signal.c.identity.in_(batch))
        remove(feedback, feedback.c.subject.in_(theirs))
        remove(signal, signal.c.identity.in_(batch))
        remove(statement, statement.c.identity.in_(batch))
        remove(correction, correction.c.identity.in_(batch))
        remove(claim, or_(claim.c.left.in_(batch), claim.c.right.in_(batch)))
        remove(edge, or_(edge.c.left.in_(batch), edge.c.right.in_(batch)))
        remove(person_identity, person_identity.c.identity.in_(batch))
        remove(withdrawal, withdrawal.c.id.in_(batch))
        remove(held, held.c.id.in_(batch))
        remove(postponed, or_(postponed.c.left.in_(batch), postponed.c.right.in_(batch)))
        for one in batch:  # whoever it was counted to when somebody judged it
            remove(
                act,
                act.c.kind.in_(JUDGED) & cast(act.c.after, Text).like(f'%"{_escaped(one)}"%', escape="\\"),
            )
        remove(identity, identity.c.id.in_(batch))
    for name, count in forget_people(tx, _emptied(tx, people)).items():
        rows[name] = rows.get(name, 0) + count
    for batch in batched(sorted(works), _BATCH):
        orphan = ~exists().where(signal.c.work == work.c.id)
        remove(work, work.c.id.in_(batch) & orphan & (work.c.kind != "repository"))
        for side in (work_twin.c.work, work_twin.c.canonical):
            remove(work_twin, side.in_(batch) & ~exists().where(work.c.id == side))
    return rows


def _remover(tx: Connection, rows: dict[str, int]) -> Callable[[Table, ColumnElement[bool]], None]:
    def remove(table: Table, where: ColumnElement[bool]) -> None:
        rows[table.name] = rows.get(table.name, 0) + tx.execute(delete(table).where(where)).rowcount

    return remove


def forget_people(tx: Connection, keys: Collection[str]) -> dict[str, int]:
    """Remove people by living key, with what was computed about them and put on them; count by table.

    Every system that holds a copy is to be told: changes recall.
    """
    rows: dict[str, int] = {}
    for batch in batched(sorted(keys), _BATCH):
        aliases = select(person_alias.c.alias).where(person_alias.c.person.in_(batch))
        names = [*batch, *tx.execute(aliases).scalars()]
        recalls.queue_erased(tx, names)
        for table, column in (
            (person, person.c.key),
            (person_alias, person_alias.c.alias),
            (score, score.c.person),
            (points, points.c.person),
            (flag, flag.c.person),
            (ranking_row, ranking_row.c.person),
            (mark, mark.c.person),
            (shortlist_item, shortlist_item.c.person),
            (export_row, export_row.c.person),
            (export_link, export_link.c.person),
            (placement, placement.c.person),
            (act, act.c.person),
            (feedback, feedback.c.person),
            (seen, seen.c.person),
            (announced, announced.c.person),
            (dismissed, dismissed.c.person),
            (known, known.c.person),
            (off_limit, off_limit.c.person),
            (notice, notice.c.person),
            (viewed, viewed.c.person),
        ):
            gone = tx.execute(delete(table).where(column.in_(names))).rowcount
            rows[table.name] = rows.get(table.name, 0) + gone
        cases.strip(tx, people=names)
        # an answer that is being made may name them, too: `answered.finish` keeps none of these
        tx.execute(update(answered).where(answered.c.body.is_(None)).values(body=""))
        told = [answered.c.body.contains(name, autoescape=True) for name in names]
        rows[answered.name] = (
            rows.get(answered.name, 0) + tx.execute(delete(answered).where(or_(*told))).rowcount
        )
        index.remove(tx, names)
    return rows


def _emptied(tx: Connection, people: Collection[str]) -> set[str]:
    """Return those of the people who have no identity left."""
    living: set[str] = set()
    for batch in batched(sorted(people), _BATCH):
        rows = tx.execute(select(person_identity.c.person).where(person_identity.c.person.in_(batch)))
        living.update(rows.scalars())
    return set(people) - living


def _owned(column: ColumnElement[str], account: str) -> ColumnElement[bool]:
    login = _escaped(account.split(":", 1)[-1].lower())
    lowered = func.lower(column)
    return or_(lowered.like(f"github:{login}/%", escape="\\"), lowered.like(f"git:{login}/%", escape="\\"))


def _speaks_of(text: str) -> batches.Names:
    """Return whether a question has a text in its address or params, as `_mentions` has it of rows."""

    def names(one: Task) -> bool:
        told = json.dumps(one.params, ensure_ascii=False)
        if len(text) < _PART_MIN:
            return one.url == text or f'"{text}"' in told
        return text.lower() in one.url.lower() or text.lower() in told.lower()

    return names


def _mentions(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if len(text) < _PART_MIN:
        return or_(column == text, column.like(f'%"{_escaped(text)}"%', escape="\\"))
    return func.lower(column).like(f"%{_escaped(text.lower())}%", escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
