"""What an export would do, person by person, before anything leaves: create, update, skip, blocked."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sourcing import known, people, touches
from sourcing.export import blocks, chosen
from sourcing.export.chosen import Published, Withheld
from sourcing.export.connectors.files import payload_digest
from sourcing.export.lead import Lead, Occasion, lead
from sourcing.export.mapping import Kind, digest_of
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.policy import Table
from storage import exports, links, lists, notices, persons, published, scores
from storage import people as marks
from storage.errors import NotFound
from storage.links import Link
from storage.model import Evidence, Mark, MarkKind, Person, Score
from storage.query import Tree
from storage.subjects import Keyer

GONE_THERE = "deleted there; it is not made again"
OPTED_OUT = "opted out there"


class Action(StrEnum):
    """What happens to one person in an export."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One row of a plan. payload: digest of what would be sent; None when blocked. reason: a sentence.

    changes: fields of theirs that are sent, in their order. link: what the system holds of them. withheld: fields that
    the policy keeps here. warnings: what a recruiter should know first: in another system, contacted before.
    """

    person: str
    name: str | None
    action: Action
    reason: str
    payload: str | None = None
    lead: Lead | None = None
    changes: tuple[str, ...] = ()
    link: Link | None = None
    warnings: tuple[str, ...] = ()

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """Return the fields that the policy keeps here, by name."""
        return self.lead.withheld if self.lead is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an export would do, best person first. what: the list or query, as it is recorded."""

    what: str
    connector: str
    destination: str
    specialism: str
    fields: Fields
    shortlist: str | None
    rows: tuple[Planned, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many people each action has; every action is named."""
        found = Counter(row.action for row in self.rows)
        return {action.value: found[action] for action in Action}

    @property
    def leads(self) -> list[Lead]:
        """Return the leads of everybody who is not blocked, changed or not: what a file holds."""
        return [row.lead for row in self.rows if row.lead is not None]

    @property
    def withheld(self) -> tuple[tuple[Withheld, int], ...]:
        """Return what the policy keeps here and of how many people, by field and rule."""
        found = Counter(held for row in self.rows for held in row.withheld)
        return tuple(sorted(found.items(), key=lambda pair: (pair[0].field, pair[0].rule)))

    @property
    def digest(self) -> str:
        """Return what tells this plan from another one: who, what happens to them, and with what in it."""
        whole = hashlib.sha256(f"{self.connector}\0{self.destination}\0{self.fields.label}\0".encode())
        for row in self.rows:
            changes = ",".join(row.changes)
            whole.update(f"{row.person}\0{row.action}\0{row.payload}\0{changes}\0{row.reason}\0".encode())
        return whole.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an export goes. connector: csv, xlsx, ndjson or a system. destination: file or system, as shown.

    fields: which value goes where. policy: what may leave at all.
    """

    connector: str
    destination: str
    what: str
    fields: Fields
    policy: Table


def keys_of_list(tx: Any, name: str) -> list[str]:
    """Return the people of a shortlist in its order. Raises NotFound."""
    return [item.person for item in lists.show(tx, name).items]


def keys_of_query(tx: Any, tree: Tree, *, specialism: str, limit: int | None) -> list[str]:
    """Return the people under a query with a score in the specialism, best first."""
    return people.every_key(tx, tree, specialism=specialism, limit=limit)


def plan(tx: Any, keys: Sequence[str], target: Target, occasion: Occasion, *, keyer: Keyer) -> Plan:
    """Return what would happen to each person; changes nothing.

    A person is blocked whom no export takes (`blocks`), who lacks what the target cannot do without, is gone from the
    store, opted out or was deleted there. Skipped: the same content went to the same destination before.
    """
    at = _Desk(tx, keys, target, occasion, keyer)
    return Plan(
        what=target.what,
        connector=target.connector,
        destination=target.destination,
        specialism=occasion.specialism,
        fields=target.fields,
        shortlist=occasion.shortlist,
        rows=tuple(at.row(key) for key in keys),
    )


def rechecked(tx: Any, rows: Sequence[Planned], keyer: Keyer) -> list[Planned]:
    """Return rows of a plan as they may leave now: who was blocked or erased since is blocked."""
    found = persons.get_many(tx, [row.person for row in rows if row.lead is not None])
    stopped = blocks.of(tx, found, keyer)
    return [row if row.lead is None else _stopped(row, found, stopped) for row in rows]


def _stopped(row: Planned, found: Collection[str], stopped: Mapping[str, str]) -> Planned:
    if row.person not in found:
        return Planned(person=row.person, name=None, action=Action.BLOCKED, reason="erased since the plan")
    if row.person in stopped:
        why = stopped[row.person]
        return Planned(person=row.person, name=row.name, action=Action.BLOCKED, reason=why, link=row.link)
    return row


class _Desk:
    """Everything a plan looks at, read for all its people at once."""

    def __init__(
        self, tx: Any, keys: Sequence[str], target: Target, occasion: Occasion, keyer: Keyer
    ) -> None:
        self._target, self._occasion = target, occasion
        self._people = _people(tx, keys)
        living = {person.key: person for person in self._people.values()}
        identities = {one for person in living.values() for one in person.identities}
        cooling = touches.cooling(
            tx, list(living), what=occasion.shortlist, now=occasion.now, limits=occasion.limits, export=True
        )
        rules = occasion.rules
        late = notices.blocks(tx, list(living), rules=rules, now=occasion.now) if rules is not None else {}
        self._stopped = cooling | late | blocks.of(tx, living, keyer)
        self._clocks = notices.clocks(tx, list(living))
        self._marks = marks.marks_of(tx, list(living), (MarkKind.STAGE, MarkKind.TAG, MarkKind.NOTE))
        self._warned = known.badges(tx, list(living))
        self._published = Published(
            said=published.of(tx, identities),
            opened=published.opened(tx, identities),
            seen=published.seen(tx, identities),
        )
        self._scores = scores.get_many(tx, list(living), occasion.specialism)
        signals = [one for score in self._scores.values() for part in score.points for one in part.evidence]
        self._evidence = {one.signal: one for one in scores.evidence(tx, list(dict.fromkeys(signals)))}
        self._links = links.of(tx, target.connector, list(living))
        self._sent = exports.last_payloads(tx, target.connector, target.destination, list(living))

    def row(self, key: str) -> Planned:
        """Return what happens to one person."""
        person = self._people.get(key)
        if person is None:
            return Planned(person=key, name=None, action=Action.BLOCKED, reason="no longer in the store")
        link = self._links.get(person.key)
        if (blocked := self._stopped.get(person.key) or _refused(link)) is not None:
            name = None if blocked == blocks.DO_NOT_CONTACT else person.name
            return Planned(person=person.key, name=name, action=Action.BLOCKED, reason=blocked, link=link)
        record = self._lead(person)
        if (lacking := self._target.fields.missing(record)) is not None:
            why = f"{self._target.fields.name} takes nobody without {lacking}; none may leave"
            return Planned(person=person.key, name=person.name, action=Action.BLOCKED, reason=why)
        made = self._file(record) if self._target.fields.kind is Kind.FILE else self._system(record, link)
        warnings = [
            one.text for one in self._warned.get(person.key, ()) if one.kind is not known.Kind.EXPORTED
        ]
        return replace(made, name=person.name, warnings=tuple(warnings))

    def _lead(self, person: Person) -> Lead:
        score: Score | None = self._scores.get(person.key)
        points = score.points if score is not None else ()
        proof: dict[str, Evidence] = {
            one: self._evidence[one] for part in points for one in part.evidence if one in self._evidence
        }
        left = chosen.choose(
            person,
            self._published,
            list(proof.values()),
            table=self._target.policy,
            use=self._target.fields.use,
        )
        held: list[Mark] = self._marks.get(person.key, [])
        return lead(person, left, self._occasion, score=score, marks=held, clock=self._clocks.get(person.key))

    def _file(self, record: Lead) -> Planned:
        payload, before = payload_digest(record), self._sent.get(record.lead_key)
        action = Action.CREATE if before is None else Action.SKIP if before == payload else Action.UPDATE
        return _planned(record, action, payload)

    def _system(self, record: Lead, link: Link | None) -> Planned:
        fields = self._target.fields
        digests = fields.digests(record)
        payload = digest_of(digests)
        if link is None or link.external_id is None:
            sent = tuple(theirs for theirs, value in fields.row(record).items() if value is not None)
            return replace(_planned(record, Action.CREATE, payload), changes=sent, link=link)
        changes = tuple(theirs for theirs, one in digests.items() if link.fields.get(theirs) != one)
        made = _planned(record, Action.UPDATE if changes else Action.SKIP, payload)
        return replace(made, changes=changes, link=link)


def _planned(record: Lead, action: Action, payload: str) -> Planned:
    reason = {
        Action.CREATE: "not sent there before",
        Action.SKIP: "unchanged since it was last sent there",
        Action.UPDATE: "changed since it was last sent there",
    }[action]
    return Planned(
        person=record.lead_key, name=None, action=action, reason=reason, payload=payload, lead=record
    )


def _refused(link: Link | None) -> str | None:
    """Return why a system itself would not have somebody; None if it would."""
    said = {links.GONE: GONE_THERE, links.OPTED_OUT: OPTED_OUT}
    return said.get(link.state) if link is not None else None


def _people(tx: Any, keys: Sequence[str]) -> dict[str, Person]:
    """Return people by the key they were asked by; a key of before a merge leads on to the living one."""
    found = persons.get_many(tx, keys)
    for key in keys:
        if key not in found:  # rare: only keys given by hand may be old
            try:
                found[key] = persons.get(tx, key)
            except NotFound:
                continue
    return found
