"""A person decides, and sees the reasons first; and may switch the ranking off for everybody (TRUST P11, P13).

A decision is a stage behind `reviewing`, a hiding or dismissal, or being written to. Where a profile of laws asks for
human review, or `[privacy] human_review` does, it is refused to whoever was not shown the person with what speaks for
them: the person's page or pane, a card or row with its reasons, `person show --why`, `rank explain`, or the scores of
the API. A view is of one score at one version of its specialism; when all of a person's scores have other versions,
it has to be looked at again. To approve an export is a decision about everybody in it: its plan, with a reason for
each, counts as a view; and who was brought further by somebody who had seen these scores may leave again and again.
"""

from collections.abc import Collection, Mapping, Sequence
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
REJECTED = "rejected"
REPORT = "fairness.report"
REPORT_DAYS = 365
"""How old a bias report may be (NYC Admin. Code § 20-871(a)(1): no more than one year before the use)."""
NAMED_MAX = 5
"""People a refusal names."""
STOP, RESUME = "ranking.stop", "ranking.resume"
_NOBODY: Mapping[str, Viewed] = {}


def looked(store: Store, key: str, held: Sequence[Score], *, actor: str, now: datetime) -> None:
    """Remember that somebody was shown a person with the explanation of their first score. held: scores explained."""
    with store.begin() as tx:
        views.put(tx, actor, {persons.resolve_key(tx, key): explained_by(held)}, now=now)


def explained_by(held: Sequence[Score]) -> Viewed:
    """Return what was explained where scores were shown, the first of them counting."""
    return _explained(held[0]) if held else Viewed(specialism=None, version=None)


def _explained(one: Score) -> Viewed:
    return Viewed(specialism=one.specialism, version=one.version)


def guard(
    settings: Settings, *, actor: str, now: datetime, shown: Mapping[str, Viewed] = _NOBODY
) -> Guard | None:
    """Return what refuses a decision about somebody whose reasons the actor was not shown; None where nothing asks.

    shown: whom the actor's pages displayed a moment ago; those decided about are remembered. Changes viewed.
    """
    if not jurisdictions.duties(settings).human_review:
        return None

    def look(tx: Any, key: str) -> None:
        if _unseen(tx, [key], actor=actor, now=now, shown=shown):
            raise NotAllowed(
                RULE,
                f"you were not shown yet what speaks for {key}: open the person first, or `sourcer person show {key} "
                "--why`",
            )

    return look


def expect_seen(
    tx: Any,
    settings: Settings,
    leaving: Collection[str],
    *,
    decided: Collection[str],
    actor: str,
    now: datetime,
    shown: Mapping[str, Viewed] = _NOBODY,
) -> None:
    """Raise NotAllowed if somebody is to be handed over whose reasons the actor was not shown, naming them.

    leaving: people, by living key. decided: those in a stage of `is_approved`; they may leave if anybody was shown
    their reasons as these are now. shown: as for `guard`. Changes viewed.
    """
    if not jurisdictions.duties(settings).human_review:
        return
    left = _unseen(tx, sorted(leaving), actor=actor, now=now, shown=shown, decided=decided)
    if left:
        more = f" and {len(left) - NAMED_MAX:,} more" if len(left) > NAMED_MAX else ""
        raise NotAllowed(
            RULE,
            f"you were not shown yet what speaks for {', '.join(left[:NAMED_MAX])}{more}: look at the plan of an "
            "export first (its preview or dry run), at their list, or open them",
        )


def is_decided(stage: str | None) -> bool:
    """Return whether somebody brought a person into a stage by a decision. None: they are in no stage."""
    return stage is not None and stage not in UNDECIDED


def is_approved(stage: str | None) -> bool:
    """Return whether somebody brought a person further by a decision, so that they may be handed over."""
    return is_decided(stage) and stage != REJECTED


def _unseen(
    tx: Any,
    people: Sequence[str],
    *,
    actor: str,
    now: datetime,
    shown: Mapping[str, Viewed],
    decided: Collection[str] = (),
) -> list[str]:
    """Return whose reasons, as they are now, an actor was not shown, nor for those decided on anybody else.

    Remembers whose were displayed.
    """
    current = {key: set(map(_explained, held)) for key, held in scores.scores_of(tx, people).items()}

    def is_current(key: str, told: Collection[Viewed]) -> bool:
        return bool(told) and (key not in current or not current[key].isdisjoint(told))

    displayed = {key: shown[key] for key in people if key in shown and is_current(key, [shown[key]])}
    views.put(tx, actor, displayed, now=now)
    seen, by_anybody = views.of(tx, actor, people), views.of(tx, None, decided)
    return [
        key for key in people if not any(is_current(key, told.get(key, ())) for told in (seen, by_anybody))
    ]


def stage_guard(
    settings: Settings, stage: str, *, actor: str, now: datetime, shown: Mapping[str, Viewed] = _NOBODY
) -> Guard | None:
    """Return the guard of a move to a stage; None for a stage that decides nothing."""
    return guard(settings, actor=actor, now=now, shown=shown) if is_decided(stage) else None


def both(one: Guard | None, other: Guard | None) -> Guard | None:
    """Return the guard that asks both, in this order."""
    asked = [each for each in (one, other) if each is not None]

    def refuse(tx: Any, key: str) -> None:
        for each in asked:
            each(tx, key)

    return refuse if asked else None


def expect_report(tx: Any, settings: Settings, specialism: str | None, *, now: datetime) -> None:
    """Raise NotAllowed where a profile wants bias reports and none of the last year compared groups in a ranking.

    specialism: whose scores are about to leave; None = none, and nothing is asked for.
    """
    duties = jurisdictions.duties(settings)
    if specialism is None or not duties.impact_report:
        return
    since = now - timedelta(days=REPORT_DAYS)
    made = [
        one.at
        for one in audit.of_action(tx, REPORT)
        if one.detail.get("specialism") == specialism and one.detail.get("compared")
    ]
    if not any(at >= since for at in made):
        raise NotAllowed(
            "P20",
            f"{', '.join(duties.names)} asks for a bias report of {specialism!r} that compares groups, at most "
            f"{REPORT_DAYS} days old, before its ranking is handed over: `sourcer fairness report LIST --answers FILE`",
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
