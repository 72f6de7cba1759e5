"""Requests of people about themselves: from the asking to the answer, with its dates."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, select, update

from storage.errors import NotFound
from storage.tables import rights_case


class Kind(StrEnum):
    """What somebody asks for."""

    ACCESS = "access"
    CORRECTION = "correction"
    DISPUTE = "dispute"
    ERASURE = "erasure"
    OBJECTION = "objection"


class State(StrEnum):
    """How far a request is."""

    ASKED = "asked"  # nothing is done before the person showed that the account is theirs
    PROVED = "proved"
    DONE = "done"
    REFUSED = "refused"


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


def ls(tx: Connection, *, only_open: bool, limit: int) -> list[Case]:
    """Return requests, those due first, at most `limit`. only_open: leave out what was answered."""
    query = select(rights_case).order_by(rights_case.c.due_at, rights_case.c.id).limit(limit)
    if only_open:
        query = query.where(rights_case.c.state.in_([str(one) for one in OPEN]))
    return [_case(row) for row in tx.execute(query)]


def _case(row: Row[tuple[object, ...]]) -> Case:
    values = dict(row._mapping)
    return Case(**values | {"kind": Kind(values["kind"]), "state": State(values["state"])})
