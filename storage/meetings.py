"""Where people met in public: works that two of them had a part in, with what each of them did and a link."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from spiders.records import IdentityKind, SignalKind, WorkKind
from storage.engine import batched
from storage.statements import stands
from storage.tables import person, person_identity, signal, work, work_twin

PARTS_MAX: Final = 25
"""People with a part in a work above whom it is no meeting: a collaboration of hundreds, a release of everybody."""
_WORKS_MAX = 400  # newest works of one person
_PLACES: Final = tuple(str(one) for one in (WorkKind.PULL_REQUEST, WorkKind.COMMIT, WorkKind.PAPER))
_NOT_THERE: Final = tuple(str(one) for one in (SignalKind.MAINTAINS, SignalKind.RELEASED))
_NOBODY: Final = tuple(str(one) for one in (IdentityKind.BOT, IdentityKind.ORGANISATION))
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one person did in a work. person: the living key. at: None = unknown. work: what it counts as."""

    person: str
    work: str
    kind: SignalKind
    note: str | None
    at: datetime | None
    url: str
    title: str
    work_kind: WorkKind


def works_of(tx: Connection, key: str) -> list[str]:
    """Return the newest works somebody had a part in, newest first, ties by work; repositories are no meeting."""
    counts_as = func.coalesce(work_twin.c.canonical, signal.c.work).label("counts_as")
    newest = func.max(func.coalesce(signal.c.occurred_at, work.c.published_on))
    query = (
        select(counts_as)
        .join(person_identity, person_identity.c.identity == signal.c.identity)
        .join(work, work.c.id == signal.c.work)
        .join(work_twin, work_twin.c.work == signal.c.work, isouter=True)
        .where(person_identity.c.person == key, work.c.kind.in_(_PLACES))
        .where(signal.c.kind.not_in(_NOT_THERE), stands(signal, signal.c.id))
        .group_by(counts_as)
        .order_by(newest.desc(), counts_as)
        .limit(_WORKS_MAX)
    )
    return list(tx.execute(query).scalars())


def parts(tx: Connection, works: Iterable[str]) -> dict[str, list[Part]]:
    """Return who did what in some works, by work; those of more than `PARTS_MAX` people are left out, and machines."""
    found: dict[str, dict[tuple[str, str], Part]] = {}
    for batch in batched(sorted(set(works)), _BATCH):
        for one in _parts(tx, batch):
            found.setdefault(one.work, {})[one.person, one.kind] = one
    together: dict[str, list[Part]] = {}
    for name, several in found.items():
        if len({one.person for one in several.values()}) <= PARTS_MAX:
            together[name] = list(several.values())
    return together


def _parts(tx: Connection, works: Collection[str]) -> Iterable[Part]:
    """Yield parts, of one person and kind the newest last."""
    told_again = select(work_twin.c.work).where(work_twin.c.canonical.in_(works))
    query = (
        select(
            person_identity.c.person,
            func.coalesce(work_twin.c.canonical, signal.c.work).label("work"),
            signal.c.kind,
            signal.c.note,
            signal.c.occurred_at.label("at"),
            signal.c.url,
            work.c.title,
            work.c.kind.label("work_kind"),
        )
        .join(person_identity, person_identity.c.identity == signal.c.identity)
        .join(person, person.c.key == person_identity.c.person)
        .join(work, work.c.id == signal.c.work)
        .join(work_twin, work_twin.c.work == signal.c.work, isouter=True)
        .where(signal.c.work.in_(works) | signal.c.work.in_(told_again))
        .where(signal.c.kind.not_in(_NOT_THERE), person.c.kind.not_in(_NOBODY), stands(signal, signal.c.id))
        .order_by(signal.c.occurred_at, signal.c.id, work.c.source)
    )
    for row in tx.execute(query):
        values = dict(row._mapping)
        values |= {"kind": SignalKind(values["kind"]), "work_kind": WorkKind(values["work_kind"])}
        yield Part(**values)
