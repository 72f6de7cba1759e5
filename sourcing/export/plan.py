"""What an export would do, person by person, before anything leaves: create, update, skip, blocked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from sourcing import known, people
from sourcing.errors import ExportBlocked
from sourcing.export.connectors.files import csv_bytes, ndjson_bytes, payload_digest, stage
from sourcing.export.lead import Lead, Occasion, lead
from spiders.records import IdentityKind
from storage import audit, exports, forget, lists, persons, scores, statements, subjects, wishes
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Export, ExportRow, Mark, MarkKind, Person, Score
from storage.query import Tree
from storage.subjects import Keyer

DO_NOT_CONTACT = "do not contact"
_NOBODY = (IdentityKind.BOT, IdentityKind.ORGANISATION)


class Action(StrEnum):
    """What happens to one person in an export."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One row of a plan. payload: digest of what would be sent; None when blocked. reason: a sentence.

    warnings: what a recruiter should know before sending it: in another system, contacted before.
    """

    person: str
    name: str | None
    action: Action
    reason: str
    payload: str | None = None
    lead: Lead | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an export would do, best person first. what: the list or query, as it is recorded."""

    what: str
    connector: str
    destination: str
    specialism: str
    rows: tuple[Planned, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many people each action has; every action is named."""
        found = Counter(row.action for row in self.rows)
        return {action.value: found[action] for action in Action}

    @property
    def leads(self) -> list[Lead]:
        """Return the leads that are written: a file holds everybody who is not blocked, changed or not."""
        return [row.lead for row in self.rows if row.lead is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an export goes. connector: csv or ndjson. destination: the file's name, as remembered and shown."""

    connector: str
    destination: Path
    what: str


def keys_of_list(tx: Any, name: str) -> list[str]:
    """Return the people of a shortlist in its order. Raises NotFound."""
    return [item.person for item in lists.show(tx, name).items]


def keys_of_query(tx: Any, tree: Tree, *, specialism: str, limit: int | None) -> list[str]:
    """Return the people under a query with a score in the specialism, best first."""
    return people.every_key(tx, tree, specialism=specialism, limit=limit)


def plan(tx: Any, keys: Sequence[str], target: Target, occasion: Occasion, *, keyer: Keyer) -> Plan:
    """Return what would happen to each person; changes nothing.

    A person is blocked who is suppressed, asked in public not to be approached, is hidden everywhere or off limits, a
    bot or an organisation, or gone from the store.
    Skipped: the same content went to the same destination before.
    """
    sent = exports.last_payloads(tx, target.connector, str(target.destination), keys)
    warned = known.badges(tx, keys)
    rows = tuple(_planned(tx, key, occasion, keyer, sent, warned) for key in keys)
    return Plan(
        what=target.what,
        connector=target.connector,
        destination=str(target.destination),
        specialism=occasion.specialism,
        rows=rows,
    )


def refusal(tx: Any, key: str, keyer: Keyer) -> str | None:
    """Return why nothing about a person may leave this installation; None if it may. Raises NotFound."""
    person = persons.get(tx, key)
    return _blocked(tx, person, marks.marks(tx, person.key), keyer)


def push(store: Store, prepared: Plan, *, actor: str, now: datetime, keyer: Keyer) -> str:
    """Write the file and remember what left; return the export's id.

    Suppression is checked again in the transaction that records the export. The bytes are on the disk before that
    transaction commits, under their name only after it: nothing leaves unrecorded, nothing is recorded in vain.
    Raises ExportBlocked if no row may leave.
    """
    with store.begin() as tx:
        rows = [_checked(tx, row, keyer) for row in prepared.rows]
        leads = [row.lead for row in rows if row.lead is not None]
        if not leads:
            raise ExportBlocked("nothing to export: every row is blocked or there is none; see --dry-run")
        content = csv_bytes(leads) if prepared.connector == "csv" else ndjson_bytes(leads)
        counts = dict(Counter(row.action.value for row in rows))
        detail = {"connector": prepared.connector, "specialism": prepared.specialism, **counts}
        digest = sha256(content).hexdigest()
        number = f"export-{now:%Y%m%dT%H%M%S}-{digest[:6]}"
        audit.append(tx, at=now, actor=actor, action="export.run", subject=number, detail=detail)
        exports.put(
            tx,
            Export(
                id=number,
                what=prepared.what,
                connector=prepared.connector,
                destination=prepared.destination,
                actor=actor,
                at=now,
                digest=digest,
                specialism=prepared.specialism,
                counts=counts,
                rows=tuple(
                    ExportRow(person=row.person, action=row.action, payload=row.payload, result="ok")
                    for row in rows
                ),
            ),
        )
        staged = stage(Path(prepared.destination), content)
    staged.replace(prepared.destination)
    return number


def _planned(
    tx: Any,
    key: str,
    occasion: Occasion,
    keyer: Keyer,
    sent: Mapping[str, str],
    warned: Mapping[str, Sequence[known.Badge]],
) -> Planned:
    try:
        person = persons.get(tx, key)
    except NotFound:
        return Planned(person=key, name=None, action=Action.BLOCKED, reason="no longer in the store")
    held = marks.marks(tx, person.key)
    blocked = _blocked(tx, person, held, keyer)
    if blocked is not None:
        name = None if blocked == DO_NOT_CONTACT else person.name
        return Planned(person=person.key, name=name, action=Action.BLOCKED, reason=blocked)
    score = _score(tx, person.key, occasion.specialism)
    signals = [signal for part in score.points for signal in part.evidence] if score is not None else []
    record = lead(
        person,
        occasion,
        score=score,
        evidence=scores.evidence(tx, signals),
        identities=list(statements.identities(tx, person.identities).values()),
        marks=held,
    )
    payload = payload_digest(record)
    before = sent.get(person.key)
    action = Action.CREATE if before is None else Action.SKIP if before == payload else Action.UPDATE
    reason = {
        Action.CREATE: "not sent there before",
        Action.SKIP: "unchanged since it was last sent there",
        Action.UPDATE: "changed since it was last sent there",
    }[action]
    return Planned(
        person=person.key,
        name=person.name,
        action=action,
        reason=reason,
        payload=payload,
        lead=record,
        warnings=tuple(one.text for one in warned.get(person.key, ()) if one.kind is not known.Kind.EXPORTED),
    )


def _score(tx: Any, key: str, specialism: str) -> Score | None:
    try:
        return scores.get(tx, key, specialism)
    except NotFound:
        return None


def _blocked(tx: Any, person: Person, held: Sequence[Mark], keyer: Keyer) -> str | None:
    if _is_suppressed(tx, person.identities, keyer):
        return DO_NOT_CONTACT
    if asked := wishes.of(tx, [person.key]).get(person.key):
        return asked[0].sentence
    if any(mark.kind is MarkKind.HIDDEN for mark in held):
        return "hidden"
    if limits := known.blocks(tx, [person.key]):
        return limits[person.key]
    return f"a {person.kind.value}, not a person" if person.kind in _NOBODY else None


def _is_suppressed(tx: Any, identities: Sequence[str], keyer: Keyer) -> bool:
    digests = {keyer.digest(name, value) for name, value in forget.values_of(tx, identities)}
    return bool(subjects.is_suppressed(tx, digests))


def _checked(tx: Any, row: Planned, keyer: Keyer) -> Planned:
    if row.lead is None:
        return row
    try:
        person = persons.get(tx, row.person)
    except NotFound:
        return Planned(person=row.person, name=None, action=Action.BLOCKED, reason="erased since the plan")
    blocked = _blocked(tx, person, marks.marks(tx, person.key), keyer)
    if blocked is not None:
        return Planned(person=row.person, name=row.name, action=Action.BLOCKED, reason=blocked)
    return row
