"""What an export would do, person by person, before anything leaves: create, update, skip, blocked."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
from storage.links import Link
from storage.model import Evidence, Mark, MarkKind, Person, Score
from storage.query import Tree
from storage.subjects import Keyer

GONE_THERE = "deleted there; it is not made again"
OPTED_OUT = "opted out there"
NOT_WHOLE = "made there, but not to its end"
NOT_HERE = "no longer in the store"


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
    """What an export would do, best person first. what: the list or query, as it is recorded.

    occasion: for what it was made; the same is asked again of everybody when they are sent.
    """

    what: str
    connector: str
    destination: str
    specialism: str
    fields: Fields
    shortlist: str | None
    occasion: Occasion
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
        whole = hashlib.sha256(
            f"{self.connector}\0{self.destination}\0{self.fields.model_dump_json()}\0".encode()
        )
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
    """Return what would happen to each person, once whatever keys they are asked by; changes nothing.

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
        occasion=occasion,
        rows=tuple(at.row(key) for key in at.keys),
    )


def rechecked(
    tx: Any, rows: Sequence[Planned], occasion: Occasion, keyer: Keyer, *, now: datetime
) -> list[Planned]:
    """Return rows of a plan as they may leave now: who was blocked, approached or erased since is blocked."""
    found = living(tx, [row.person for row in rows if row.lead is not None])
    stopped = _stopped(tx, {one.key: one for one in found.values()}, occasion, keyer, now=now)
    return [row if row.lead is None else _now(row, found.get(row.person), stopped) for row in rows]


def _now(row: Planned, person: Person | None, stopped: Mapping[str, str]) -> Planned:
    if person is None:
        return Planned(person=row.person, name=None, action=Action.BLOCKED, reason=NOT_HERE)
    if person.key in stopped:
        why = stopped[person.key]
        return Planned(person=row.person, name=row.name, action=Action.BLOCKED, reason=why, link=row.link)
    return row


def _stopped(
    tx: Any, people: Mapping[str, Person], occasion: Occasion, keyer: Keyer, *, now: datetime
) -> dict[str, str]:
    """Return why people may not leave, by living key: too soon, not told in time, or taken by no export at all."""
    keys, rules = list(people), occasion.rules
    cooling = touches.cooling(tx, keys, what=occasion.shortlist, now=now, limits=occasion.limits, export=True)
    late = notices.blocks(tx, keys, rules=rules, now=now) if rules is not None else {}
    return cooling | late | blocks.of(tx, people, keyer)


class _Desk:
    """Everything a plan looks at, read for all its people at once."""

    def __init__(
        self, tx: Any, keys: Sequence[str], target: Target, occasion: Occasion, keyer: Keyer
    ) -> None:
        self._target, self._occasion = target, occasion
        found = living(tx, keys)
        self.keys = _resolved(keys, found)
        self._people = {person.key: person for person in found.values()}
        here = list(self._people)
        identities = {one for person in self._people.values() for one in person.identities}
        self._stopped = _stopped(tx, self._people, occasion, keyer, now=occasion.now)
        self._clocks = notices.clocks(tx, here)
        self._marks = marks.marks_of(tx, here, (MarkKind.STAGE, MarkKind.TAG, MarkKind.NOTE))
        self._warned = known.badges(tx, here)
        self._published = Published(
            said=published.of(tx, identities),
            opened=published.opened(tx, identities),
            seen=published.seen(tx, identities),
        )
        self._scores = scores.get_many(tx, here, occasion.specialism)
        signals = [one for score in self._scores.values() for part in score.points for one in part.evidence]
        self._evidence = {one.signal: one for one in scores.evidence(tx, list(dict.fromkeys(signals)))}
        self._links = links.of(tx, target.connector, here)
        self._sent = exports.last_payloads(tx, target.connector, target.destination, here)

    def row(self, key: str) -> Planned:
        """Return what happens to one person, by living key."""
        person = self._people.get(key)
        if person is None:
            return Planned(person=key, name=None, action=Action.BLOCKED, reason=NOT_HERE)
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
        payload = payload_digest(record) if fields.whole else digest_of(digests)
        if link is None or link.payload is None:  # never taken, or not to its end
            is_made = link is not None and link.external_id is not None
            sent = tuple(theirs for theirs, value in fields.row(record).items() if value is not None)
            made = _planned(record, Action.UPDATE if is_made else Action.CREATE, payload)
            return replace(made, reason=NOT_WHOLE if is_made else made.reason, changes=sent, link=link)
        changes = tuple(theirs for theirs, one in digests.items() if link.fields.get(theirs) != one)
        is_changed = link.payload != payload if fields.whole else bool(changes)
        made = _planned(record, Action.UPDATE if is_changed else Action.SKIP, payload)
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


def resolved(tx: Any, keys: Sequence[str]) -> list[str]:
    """Return keys as living ones, each once, in their order; a key of nobody stays as it is."""
    return _resolved(keys, living(tx, keys))


def _resolved(keys: Sequence[str], found: Mapping[str, Person]) -> list[str]:
    return list(dict.fromkeys(found[key].key if key in found else key for key in keys))


def living(tx: Any, keys: Sequence[str]) -> dict[str, Person]:
    """Return people by the key they were asked by; a key of before a merge leads on to the living one."""
    merged = persons.merged(tx, keys)
    found = persons.get_many(tx, {merged.get(key, key) for key in keys})
    return {key: found[one] for key in keys if (one := merged.get(key, key)) in found}
