"""Requests of people about themselves: from the asking to the answer, with its dates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, case, delete, select, update

from storage.engine import batched
from storage.errors import NotFound
from storage.identifiers import Value, canonical
from storage.tables import rights_case

THE_PERSON: Final = "the person"
"""Who acts where somebody exercises their own rights: no recruiter takes that back."""
PROVE_DAYS: Final = 30
"""How long a request may be proved, counted from the asking."""


class Kind(StrEnum):
    """What somebody asks for."""

    ACCESS = "access"
    CORRECTION = "correction"
    DISPUTE = "dispute"
    ERASURE = "erasure"
    OBJECTION = "objection"
    OPT_OUT = "opt_out"  # of being scored and ranked, not of being held
    REVIEW = "review"  # by a person, of what was decided about them


class State(StrEnum):
    """How far a request is."""

    ASKED = "asked"  # nothing is done before the person showed that the account is theirs
    PROVED = "proved"
    DONE = "done"
    REFUSED = "refused"


_BATCH = 500
OPEN = (State.ASKED, State.PROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request. secret: keyed digest of the address the person follows it under. subject: what they say is theirs.

    person: living key or an alias, once proved; None also for who is not here. confirm_by, due_at: until when it must
    be acknowledged and answered; confirm_by is None where no law asks for it.
    """

    id: str
    secret: str
    kind: Kind
    state: State
    subject: str | None
    person: str | None
    request: str | None
    signal: str | None
    language: str
    opened_at: datetime
    due_at: datetime
    proved_at: datetime | None = None
    confirm_by: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it still waits for an answer."""
        return self.state in OPEN


def put(tx: Connection, one: Case) -> None:
    """Keep a new request."""
    names = Case.__dataclass_fields__
    tx.execute(rights_case.insert().values({name: getattr(one, name) for name in names}))


def prove(tx: Connection, case_id: str, *, person: str | None, now: datetime) -> None:
    """Remember that control was shown, and who that is here; None = nobody."""
    values = {"state": str(State.PROVED), "person": person, "proved_at": now}
    tx.execute(update(rights_case).where(rights_case.c.id == case_id).values(**values))


def name_signal(tx: Connection, case_id: str, signal: str) -> None:
    """Remember which signal a disputed address stands for."""
    tx.execute(update(rights_case).where(rights_case.c.id == case_id).values(signal=signal))


def close(tx: Connection, case_id: str, *, state: State, outcome: str, actor: str, now: datetime) -> None:
    """Remember how a request was answered."""
    values = {"state": str(state), "outcome": outcome, "closed_by": actor, "closed_at": now}
    tx.execute(update(rights_case).where(rights_case.c.id == case_id).values(**values))


def strip(tx: Connection, *, requests: Collection[str] = (), people: Collection[str] = ()) -> None:
    """Leave of some requests that they were made, when, and their state: what proves that they were answered.

    requests: ids. people: keys and aliases of who made them.
    """
    nobody = dict.fromkeys(("person", "subject", "request", "signal", "outcome"))
    for column, names in ((rights_case.c.id, requests), (rights_case.c.person, people)):
        for batch in batched(sorted(names), _BATCH):
            tx.execute(update(rights_case).where(column.in_(batch)).values(**nobody))


def naming(tx: Connection, values: Collection[Value]) -> set[str]:
    """Return the requests whose asker says to be who these identifiers name, however either is spelt."""
    wanted = {canonical(kind, value) for kind, value in values if kind in ("handle", "homepage")}
    rows = tx.execute(
        select(rights_case.c.id, rights_case.c.subject).where(rights_case.c.subject.is_not(None))
    )
    return {
        row.id
        for row in rows
        if canonical("handle" if row.subject.startswith("github:") else "homepage", row.subject) in wanted
    }


def remove_unproved(tx: Connection, before: datetime) -> int:
    """Remove requests made before a moment and never proved, and return how many: anybody may have made them."""
    old = (rights_case.c.state == str(State.ASKED)) & (rights_case.c.opened_at < before)
    return tx.execute(delete(rights_case).where(old)).rowcount


def get(tx: Connection, case_id: str) -> Case:
    """Return one request. Raises NotFound."""
    row = tx.execute(select(rights_case).where(rights_case.c.id == case_id)).first()
    if row is None:
        raise NotFound(f"no request {case_id!r}; see `sourcer subject list`")
    return _case(row)


def find_by_secret(tx: Connection, secret: str) -> Case | None:
    """Return the request whose address has a keyed digest, if there is one."""
    row = tx.execute(select(rights_case).where(rights_case.c.secret == secret)).first()
    return None if row is None else _case(row)


def ls(tx: Connection, *, only_open: bool, limit: int, since: datetime | None = None) -> list[Case]:
    """Return requests, the proved before the others and then those due first, at most `limit`.

    only_open: leave out what was answered. since: leave out what was asked before and never proved.
    """
    first = case((rights_case.c.state == str(State.PROVED), 0), else_=1)
    query = select(rights_case).order_by(first, rights_case.c.due_at, rights_case.c.id).limit(limit)
    if only_open:
        query = query.where(rights_case.c.state.in_([str(one) for one in OPEN]))
    if since is not None:
        query = query.where((rights_case.c.state != str(State.ASKED)) | (rights_case.c.opened_at >= since))
    return [_case(row) for row in tx.execute(query)]


def _case(row: Row[tuple[object, ...]]) -> Case:
    values = dict(row._mapping)
    return Case(**values | {"kind": Kind(values["kind"]), "state": State(values["state"])})
