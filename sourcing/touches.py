"""How often a person is approached, by all of us together: the cool-down, and the caps per person and per sender.

A touch is a stage `contacted`, `person contacted`, a hand-over for a role, or what another system says. The rule looks
at everything that was done, whoever did it and for whichever role, in the transaction that would add one more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sourcing import marking
from sourcing.errors import NotAllowed
from sourcing.limits import Outreach
from sourcing.marking import Guard, Keys, given
from storage import lists, persons, touched
from storage import people as marks
from storage.acts import Part
from storage.engine import Store
from storage.touched import CONTACTED, Touch, TouchKind

RULE = "O3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """Who is about to approach people, for what. what: a shortlist, None = no role is named. limits: the settings."""

    what: str | None
    actor: str
    now: datetime
    limits: Outreach


def cooling(
    tx: Any,
    people: Sequence[str],
    *,
    what: str | None,
    now: datetime,
    limits: Outreach,
    export: bool = False,
) -> dict[str, str]:
    """Return why some people are left alone for now, in a sentence, by living key; who may be approached is left out.

    what: the shortlist they are approached for, None = none is named. export: a hand-over is asked about; the same
    list may bring again what it brought before, and for no role nobody is approached.
    """
    if export and what is None:
        return {}
    window = now - timedelta(days=limits.cool_down_days)
    period = now - timedelta(days=limits.person_cap_days)
    found: dict[str, str] = {}
    for key, touches in touched.of(tx, people, since=min(window, period)).items():
        last = next((one for one in touches if one.at >= window and _counts(one, what, export=export)), None)
        written = [one for one in touches if one.at >= period and one.kind is not TouchKind.EXPORTED]
        if last is not None:
            found[key] = _cooling(last, limits)
        elif len(written) >= limits.person_cap and not (export and _is_role(written, what)):
            found[key] = (
                f"approached {len(written)} times in {limits.person_cap_days} days, which is the most we allow"
            )
    return found


def guard(
    stage: str, limits: Outreach, *, actor: str, now: datetime, what: str | None = None
) -> Guard | None:
    """Return what refuses a stage that says somebody is contacted too soon; None for any other stage.

    It is for one deed: whom it let pass counts for the sender's cap, as the store hears of them only when all are done.
    """
    if stage != CONTACTED:
        return None
    about = Approach(what=what, actor=actor, now=now, limits=limits)

    passed: set[str] = set()

    def refuse(tx: Any, key: str) -> None:
        if why := refusals(tx, [key], about, passed=passed).get(key):
            raise NotAllowed(
                RULE, f"{key} is left alone for now: {why}; `person contacted --anyway` overrules it"
            )
        passed.add(key)

    return refuse


def refusals(
    tx: Any, people: Sequence[str], about: Approach, *, passed: Collection[str] = ()
) -> dict[str, str]:
    """Return why some people are not written to now by this sender, by living key; one of its reasons.

    passed: whom the same deed is about to write to, as well.
    """
    limits = about.limits
    found = cooling(tx, people, what=about.what, now=about.now, limits=limits)
    since = about.now - timedelta(days=limits.sender_cap_days)
    written = touched.people_of(tx, about.actor, since=since).union(passed)
    for key in people:
        if key not in written and len(written) >= limits.sender_cap:
            found.setdefault(
                key,
                f"{about.actor} wrote to {len(written)} people in {limits.sender_cap_days} days, which is the most "
                "one of us may",
            )
    return found


def contacted(
    store: Store,
    keys: Keys,
    about: Approach,
    *,
    reason: str | None,
    anyway: bool = False,
    look: Guard | None = None,
) -> str | None:
    """Say that people were written to, and return the deed; their stage becomes `contacted`, on the list too.

    anyway: although a rule of approaching says no; the log keeps that. look: asked for each person whatever `anyway`
    says (`oversight.guard`). Raises NotFound, NotAllowed without a reason (P11), or by O3, and what `look` raises.
    """
    why = given(reason)
    refuse = guard(CONTACTED, about.limits, actor=about.actor, now=about.now, what=about.what)

    def change(tx: Any, key: str) -> Part:
        silent = marking.silent(tx, [key], blind=True)
        if key in silent:
            raise NotAllowed("O4", f"{key} {silent[key]}")
        if look is not None:
            look(tx, key)
        if not anyway and refuse is not None:
            refuse(tx, key)
        part = _on_list(tx, about.what, key) if about.what is not None else _alone(tx, key)
        marks.stage(tx, key, CONTACTED, actor=about.actor, reason=why, now=about.now)
        return replace(part, reason=why)

    detail = {"anyway": anyway}
    return marking.done(
        store, keys, change, action="person.contacted", detail=detail, actor=about.actor, now=about.now
    )


def _alone(tx: Any, key: str) -> Part:
    before = {"stage": marking.stage_of(marks.marks(tx, key))}
    return Part(kind=CONTACTED, person=key, before=before, after={"stage": CONTACTED})


def _on_list(tx: Any, name: str, key: str) -> Part:
    item = next((one for one in lists.show(tx, name).items if one.person == key), None)
    before = {
        "item": item.stage if item is not None else None,
        "person": marking.stage_of(marks.marks(tx, key)),
    }
    lists.change_item(tx, name, key, stage=CONTACTED)
    return Part(kind=CONTACTED, person=key, before=before, after={"stage": CONTACTED}, place=name)


def of(tx: Any, key: str, *, now: datetime, limits: Outreach) -> Sequence[Touch]:
    """Return how somebody was approached as far back as the rules look, newest first. Raises NotFound."""
    living = persons.resolve_key(tx, key)
    days = max(limits.cool_down_days, limits.person_cap_days)
    return touched.of(tx, [living], since=now - timedelta(days=days)).get(living, ())


def _counts(one: Touch, what: str | None, *, export: bool) -> bool:
    """Return whether a touch begins a cool-down for an approach.

    Whoever was handed over for a role is approached for that role; and a role that wrote to somebody may go on telling
    the system it works with what changed.
    """
    if one.kind is TouchKind.EXPORTED:
        return one.what is not None and what is not None and one.what != what
    return not (export and one.what == what)


def _is_role(touches: Sequence[Touch], what: str | None) -> bool:
    return any(one.what == what for one in touches)


def _cooling(last: Touch, limits: Outreach) -> str:
    until = last.at + timedelta(days=limits.cool_down_days)
    role = f" for {last.what!r}" if last.what is not None else ""
    return f"{last.kind} {last.at:%Y-%m-%d}{role} by {last.actor}, not again before {until:%Y-%m-%d}"
