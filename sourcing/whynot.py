"""Why somebody is not among the first of a ranking: one of five causes, and what would change it.

Not collected, not resolved, opted out, filtered, or too little evidence. Of whoever opted out nothing more is told
than that: the list that keeps them out holds no names, and this is no way around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sourcing.errors import BadInput
from sourcing.marking import is_kept_out
from sourcing.privacy import suppression
from sourcing.query.said import said
from sourcing.ranking import why
from sourcing.ranking.specialism import Specialism
from sourcing.settings import Settings, pepper
from storage import named, persons, scores, search, subjects, wishes
from storage import people as marks
from storage.errors import NotFound
from storage.model import MarkKind, Person, Score
from storage.query import And, Field, FieldName, Tree
from storage.subjects import PepperKeyer

FIRST = 25  # places on the first page: who stands below is not seen by most
PEOPLE_MAX = 5
WAITING_MAX = 3
_SILENT = "kept out of everything: on the list of people not to be contacted; more is not known here"


class Cause(StrEnum):
    """Why somebody is not seen; `present` if they are."""

    NOT_COLLECTED = "not collected"
    NOT_RESOLVED = "not resolved"
    OPTED_OUT = "opted out"
    FILTERED = "filtered"
    LOW_EVIDENCE = "low evidence"
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause. then: a command or a deed that changes it, None if there is none."""

    cause: Cause
    text: str
    then: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What keeps one person away, the decisive cause first. person: None where nobody is known by that name."""

    person: str | None
    place: int | None
    findings: tuple[Finding, ...]


def why_not(
    tx: Any,
    settings: Settings,
    text: str,
    *,
    specialism: Specialism,
    query: Tree | None = None,
    now: datetime,
    first: int = FIRST,
) -> list[Answer]:
    """Return why whoever bears a key, login, ORCID, id or name is not among the first of a specialism's ranking.

    query: a search that should have found them; None = the ranking itself. One answer per person of that name, at most
    five. Raises NotFound if the specialism was never ranked.
    """
    ranked = scores.ranked(tx).get(specialism.slug)
    if ranked is None:
        slug = specialism.slug
        raise NotFound(f"{slug!r} was not ranked yet; run `sourcer rank run --specialism {slug}`")
    keys = named.people(tx, text, limit=PEOPLE_MAX)
    if not keys:
        return [Answer(person=None, place=None, findings=(_unknown(tx, settings, text),))]
    answers = []
    for key in keys:
        case = _Case(tx=tx, specialism=specialism, query=query, now=now, first=first, as_of=ranked[1])
        answers.append(case.of(persons.get(tx, key), namesakes=len(keys) - 1))
    return answers


def _unknown(tx: Any, settings: Settings, text: str) -> Finding:
    try:
        digests = suppression.digests_of(text, settings, PepperKeyer(pepper(settings)))
    except BadInput:  # a name: the list holds no names
        digests = set()
    if digests and subjects.is_suppressed(tx, digests):
        return Finding(cause=Cause.OPTED_OUT, text=_SILENT)
    if named.is_taken_back(tx, text):
        return Finding(cause=Cause.NOT_COLLECTED, text="was collected once; the source took it back since")
    return Finding(
        cause=Cause.NOT_COLLECTED,
        text="no source brought anybody of this key, login, ORCID or name",
        then="sourcer source list shows what is asked; seeds of a source name the repositories and venues",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    tx: Any
    specialism: Specialism
    query: Tree | None
    now: datetime
    first: int
    as_of: datetime

    def of(self, person: Person, *, namesakes: int) -> Answer:
        """Return what keeps one person away. namesakes: others of the same name, whose evidence may be theirs."""
        out = self._opted_out(person)
        if out is not None:
            return Answer(person=person.key, place=None, findings=(out,))
        score = self._score(person.key)
        place = self._place(score) if score is not None and score.listed else None
        findings = [
            *self._hidden(person),
            *self._kind(person),
            *self._gate(score),
            *self._query(person, score),
        ]
        open_pairs = self._unresolved(person, namesakes)
        if score is None:
            findings += [*open_pairs, self._no_work(person)]
        elif not findings and place is not None and place <= self.first:
            findings.append(Finding(cause=Cause.PRESENT, text=f"stands at place {place}"))
        else:
            findings += [*open_pairs, *self._low(score, place)]
        return Answer(person=person.key, place=place, findings=tuple(findings))

    def _opted_out(self, person: Person) -> Finding | None:
        asked = wishes.of(self.tx, [person.key]).get(person.key, ())
        if asked:
            return Finding(cause=Cause.OPTED_OUT, text=asked[0].sentence)
        if is_kept_out(marks.marks(self.tx, person.key)):
            return Finding(cause=Cause.OPTED_OUT, text=_SILENT)
        return None

    def _hidden(self, person: Person) -> list[Finding]:
        hidden = [one for one in marks.marks(self.tx, person.key) if one.kind is MarkKind.HIDDEN]
        return [
            Finding(
                cause=Cause.FILTERED,
                text=f"hidden by {one.actor}: {one.reason}",
                then=f"sourcer person hide {person.key} --undo",
            )
            for one in hidden[:1]
        ]

    def _kind(self, person: Person) -> list[Finding]:
        if not named.is_nobody(person.kind):
            return []
        return [
            Finding(
                cause=Cause.FILTERED,
                text=f"is taken for a {person.kind}: machines and organisations are not ranked",
            )
        ]

    def _score(self, key: str) -> Score | None:
        try:
            return scores.get(self.tx, key, self.specialism.slug)
        except NotFound:
            return None

    def _place(self, score: Score) -> int:
        return named.place(self.tx, score)

    def _gate(self, score: Score | None) -> list[Finding]:
        """Say which gate keeps somebody from being listed, by the evidence that is kept."""
        if score is None or score.listed:
            return []
        gates = self.specialism.gates
        shown = scores.evidence(self.tx, [signal for part in score.points for signal in part.evidence])
        days = [one.published_on or (one.occurred_at and one.occurred_at.date()) for one in shown]
        latest = max((day for day in days if day is not None), default=None)
        idle = None if latest is None else (self.as_of.date() - latest).days
        if idle is not None and idle > gates.active_within_days:
            text = f"latest work on topic {idle} days ago; listed is who was active within {gates.active_within_days}"
        else:
            works = len({one.counts_as for one in shown})
            text = f"{works} work{'' if works == 1 else 's'} on topic; listed are {gates.works_min}, chores aside"
        return [Finding(cause=Cause.FILTERED, text=text)]

    def _query(self, person: Person, score: Score | None) -> list[Finding]:
        """Say which parts of the query leave somebody out, each looked at alone."""
        if self.query is None or (score is not None and not score.listed):
            return []
        everyone = Field(name=FieldName.HIDDEN, value="all")
        out = []
        for part in search.conjuncts(self.query):
            tree = And(parts=(part, everyone))
            found = search.everybody(self.tx, tree, specialism=self.specialism.slug)
            if not named.is_in(self.tx, person.key, found):
                out.append(Finding(cause=Cause.FILTERED, text=f"left out by {said(part)} of the query"))
        return out

    def _unresolved(self, person: Person, namesakes: int) -> list[Finding]:
        """Say what waits to be decided: evidence may stand under another key."""
        pairs = named.waiting(self.tx, person.identities)
        others = {one for pair in pairs for one in (pair.left, pair.right)} - set(person.identities)
        counts = persons.evidence_counts(self.tx, others)
        owners = persons.owners(self.tx, others)
        held: Mapping[str, int] = {owners[one]: counts.get(one, 0) for one in sorted(others) if one in owners}
        keys = sorted(held, key=lambda key: (-held[key], key))
        if keys:
            items, named_ = sum(held.values()), ", ".join(keys[:WAITING_MAX])
            text = f"may be the same person as {named_}: undecided, {items} signals stand there"
            return [Finding(cause=Cause.NOT_RESOLVED, text=text, then="sourcer resolve queue")]
        if namesakes:
            text = f"{namesakes} other{'' if namesakes == 1 else 's'} of the same name; nothing joins them"
            return [Finding(cause=Cause.NOT_RESOLVED, text=text, then="sourcer resolve explain")]
        return []

    def _no_work(self, person: Person) -> Finding:
        slug = self.specialism.slug
        if person.first_seen > self.as_of:
            then = f"sourcer rank run --specialism {slug}"
            return Finding(cause=Cause.LOW_EVIDENCE, text="first seen after the last ranking", then=then)
        counts = persons.evidence_counts(self.tx, person.identities)
        seen = max(counts.values(), default=0)
        text = f"{seen} signal{'' if seen == 1 else 's'} seen, none of work on this topic"
        return Finding(cause=Cause.LOW_EVIDENCE, text=text, then=f"sourcer specialism show {slug}")

    def _low(self, score: Score, place: int | None) -> list[Finding]:
        """Say what is missing to stand among the first."""
        if place is None:
            return []
        bar = scores.ranking(self.tx, self.specialism.slug, limit=self.first)
        short = bar[-1].lower - score.lower if len(bar) >= self.first else 0.0
        stands = f"place {place} with {score.lower:.1f} (score {score.value:.1f} at confidence {score.confidence:.2f})"
        missing = why.misses(score.points)
        then = [*why.changes(self.specialism, score.points)]
        if score.confidence < 1 / 2:
            then.append("more independent pieces of evidence, of any kind: little is known")
        need = f"; {short:.1f} short of the first {self.first}" if short > 0 else ""
        lacks = f"; {', '.join(missing)}" if missing else ""
        text = f"{stands}{need}{lacks}"
        return [Finding(cause=Cause.LOW_EVIDENCE, text=text, then="; ".join(then) or None)]
