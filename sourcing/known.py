"""Whom other systems know already and who is off limits: told by badges, and blocked at every export."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sourcing.errors import BadInput
from sourcing.lists import CONTACT
from sourcing.marking import given, hidden_of, stage_of
from storage import audit, exports, known, persons, wishes
from storage import people as marks
from storage.engine import Store
from storage.known import OffLimit
from storage.model import MarkKind


class Kind(StrEnum):
    """What a badge warns of, the most important first."""

    DO_NOT_CONTACT = "do not contact"
    OFF_LIMITS = "off limits"
    HIDDEN = "hidden"
    CONTACTED = "contacted before"
    IN_CRM = "in CRM"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A warning beside somebody. text: whole, as shown. since: the day it speaks of, None = unknown."""

    kind: Kind
    text: str
    since: date | None = None


def limit(
    store: Store, *, person: str | None, organisation: str | None, reason: str, actor: str, now: datetime
) -> str:
    """Keep a person, or the people of an organisation, from being approached; return the rule's id.

    Raises NotFound, BadInput unless exactly one is named, NotAllowed without a reason.
    """
    why = given(reason)
    house = " ".join((organisation or "").split()) or None
    if (person is None) == (house is None) or not any(char.isalnum() for char in house or "x"):
        raise BadInput("name a person or an organisation")
    rule = secrets.token_hex(6)
    with store.begin() as tx:
        key = persons.resolve_key(tx, person) if person is not None else None
        audit.append(tx, at=now, actor=actor, action="limits.add", subject=key or f"rule:{rule}", detail={})
        known.limit(tx, OffLimit(id=rule, person=key, organisation=house, reason=why, actor=actor, at=now))
    return rule


def lift(store: Store, rule: str, *, reason: str, actor: str, now: datetime) -> bool:
    """Remove a rule and return whether there was one. Raises NotAllowed without a reason, which the log keeps."""
    given(reason)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="limits.lift", subject=f"rule:{rule}", detail={})
        return known.lift(tx, rule)


def badges(tx: Any, people: Sequence[str]) -> dict[str, tuple[Badge, ...]]:
    """Return the warnings beside some people, by living key, most important first; who has none is left out."""
    asked, elsewhere, limited = wishes.of(tx, people), known.of(tx, people), known.limited(tx, people)
    held = marks.marks_of(tx, people, (MarkKind.STAGE, MarkKind.HIDDEN))
    sent = exports.last_sent(tx, people)
    found: dict[str, list[Badge]] = {}

    def put(key: str, kind: Kind, text: str, since: date | None = None) -> None:
        found.setdefault(key, []).append(Badge(kind=kind, text=text, since=since))

    for key in dict.fromkeys(people):
        if key in asked:
            put(key, Kind.DO_NOT_CONTACT, "asked not to be approached", asked[key][0].seen_at.date())
        if key in limited:
            put(key, Kind.OFF_LIMITS, f"off limits: {limited[key].reason}", limited[key].at.date())
        theirs = held.get(key, [])
        if (hidden := hidden_of(theirs)) is not None:
            put(key, Kind.HIDDEN, f"hidden: {hidden.reason}", hidden.at.date())
        if stage_of(theirs) in CONTACT:
            at = next(one.at for one in theirs if one.kind is MarkKind.STAGE)
            put(key, Kind.CONTACTED, f"{stage_of(theirs)} ({at:%Y-%m-%d})", at.date())
        for one in elsewhere.get(key, []):
            if one.state == known.OFF_LIMITS:
                put(key, Kind.OFF_LIMITS, f"off limits in {one.system}: {one.reason}", one.at.date())
            elif one.state == "contacted":
                day = f"{one.contacted_on:%Y-%m-%d}" if one.contacted_on else "day unknown"
                put(key, Kind.CONTACTED, f"in {one.system}, contacted {day}", one.contacted_on)
            else:
                put(key, Kind.IN_CRM, f"in {one.system}", one.at.date())
        if key in sent:
            put(key, Kind.EXPORTED, f"exported {sent[key]:%Y-%m-%d}", sent[key].date())
    order = list(Kind)
    return {key: tuple(sorted(each, key=lambda one: order.index(one.kind))) for key, each in found.items()}


def blocks(tx: Any, people: Sequence[str]) -> dict[str, str]:
    """Return why people are off limits, by living key: no export takes them (W8)."""
    found = {key: f"off limits: {rule.reason}" for key, rule in known.limited(tx, people).items()}
    for key, said in known.of(tx, people).items():
        for one in said:
            if one.state == known.OFF_LIMITS:
                found.setdefault(key, f"off limits in {one.system}: {one.reason}")
    return found
