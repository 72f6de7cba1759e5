"""A person decides, and sees the reasons first; and may switch the ranking off for everybody (TRUST P11, P13).

A decision is a stage behind `reviewing`, a hiding or dismissal, or being written to. Where a profile of laws asks for
human review, or `[privacy] human_review` does, it is refused to whoever was not shown the person with what speaks for
them: the person's page or pane, a card or row with its reasons, `person show --why`, `rank explain`, or the scores of
the API. A view is of one score at one version of its specialism; when all of a person's scores have other versions,
it has to be looked at again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sourcing import jurisdictions
from sourcing.errors import NotAllowed
from sourcing.marking import Guard, given
from sourcing.settings import Settings
from storage import audit, halts, persons, scores, views
from storage.engine import Store
from storage.halts import Halt
from storage.model import Score
from storage.views import Viewed

RULE = "P13"
UNDECIDED = ("new", "reviewing")
"""Stages that turn nobody down and bring nobody further."""
REPORT = "fairness.report"
REPORT_DAYS = 365
"""How old a bias report may be (NYC Admin. Code § 20-871(a)(1): no more than one year before the use)."""
STOP, RESUME = "ranking.stop", "ranking.resume"
_NOBODY: Mapping[str, Viewed] = {}


def looked(store: Store, key: str, held: Sequence[Score], *, actor: str, now: datetime) -> None:
    """Remember that somebody was shown a person with the explanation of their first score. held: scores explained."""
    with store.begin() as tx:
        views.put(tx, actor, {persons.resolve_key(tx, key): explained_by(held)}, now=now)


def explained_by(held: Sequence[Score]) -> Viewed:
    """Return what was explained where scores were shown, the first of them counting."""
    first = next(iter(held), None)
    return (
        Viewed(specialism=None, version=None)
        if first is None
        else Viewed(specialism=first.specialism, version=first.version)
    )


def guard(
    settings: Settings, *, actor: str, now: datetime, shown: Mapping[str, Viewed] = _NOBODY
) -> Guard | None:
    """Return what refuses a decision about somebody whose reasons the actor was not shown; None where nothing asks.

    shown: whom the actor's pages displayed a moment ago; those decided about are remembered. Changes viewed.
    """
    if not jurisdictions.duties(settings).human_review:
        return None

    def look(tx: Any, key: str) -> None:
        current = {explained_by([one]) for one in scores.scores_of(tx, [key]).get(key, ())}
        displayed = shown.get(key)
        if displayed is not None and (not current or displayed in current):
            views.put(tx, actor, {key: displayed}, now=now)
            return
        seen = views.of(tx, actor, [key]).get(key, frozenset())
        if not seen or (current and current.isdisjoint(seen)):
            raise NotAllowed(
                RULE,
                f"you were not shown yet what speaks for {key}: open the person first, or `sourcer person show {key} "
                "--why`",
            )

    return look


def stage_guard(
    settings: Settings, stage: str, *, actor: str, now: datetime, shown: Mapping[str, Viewed] = _NOBODY
) -> Guard | None:
    """Return the guard of a move to a stage; None for a stage that decides nothing."""
    return None if stage in UNDECIDED else guard(settings, actor=actor, now=now, shown=shown)


def both(one: Guard | None, other: Guard | None) -> Guard | None:
    """Return the guard that asks both, in this order."""
    asked = [each for each in (one, other) if each is not None]

    def refuse(tx: Any, key: str) -> None:
        for each in asked:
            each(tx, key)

    return refuse if asked else None


def expect_report(tx: Any, settings: Settings, specialism: str | None, *, now: datetime) -> None:
    """Raise NotAllowed where a profile wants bias reports and there is none of a ranking from the last year.

    specialism: whose scores are about to leave; None = none, and nothing is asked for.
    """
    duties = jurisdictions.duties(settings)
    if specialism is None or not duties.impact_report:
        return
    since = now - timedelta(days=REPORT_DAYS)
    made = [one.at for one in audit.of_action(tx, REPORT) if one.detail.get("specialism") == specialism]
    if not any(at >= since for at in made):
        raise NotAllowed(
            "P20",
            f"{', '.join(duties.names)} asks for a bias report of {specialism!r}, at most {REPORT_DAYS} days old, "
            "before its ranking is handed over: `sourcer fairness report LIST --answers FILE`",
        )


def stop(store: Store, *, reason: str | None, actor: str, now: datetime) -> Halt:
    """Switch the ranking off everywhere: no score is shown, sorted or filtered by, exported or computed from here on.

    Lists stay, by the newest work. Writes the audit log and halt. Raises NotAllowed without a reason, or if it is off.
    """
    why = given(reason)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action=STOP, subject=halts.RANKING, detail={"reason": why})
        expect_on(tx)
        halts.put(tx, actor=actor, reason=why, now=now)
    return Halt(actor=actor, reason=why, at=now)


def resume(store: Store, *, reason: str | None, actor: str, now: datetime) -> None:
    """Switch the ranking on again: the scores of before are shown until the next night computes them anew.

    Writes the audit log and halt. Raises NotAllowed without a reason, or if it is not off.
    """
    why = given(reason)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action=RESUME, subject=halts.RANKING, detail={"reason": why})
        if halts.standing(tx) is None:
            raise NotAllowed(RULE, "the ranking is not switched off")
        halts.lift(tx)


def expect_on(tx: Any) -> None:
    """Raise NotAllowed while the ranking is switched off, saying by whom, when and why."""
    if (off := halts.standing(tx)) is not None:
        raise NotAllowed(
            RULE,
            f"the ranking is switched off since {off.at:%Y-%m-%d %H:%M} UTC by {off.actor}: {off.reason}; "
            "`sourcer rank resume` switches it on",
        )
