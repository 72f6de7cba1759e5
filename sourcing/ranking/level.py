"""Level bands from kinds of evidence; fewer than two kinds inside 36 months is `unknown`, never low.

What people did speaks for a band (`acts` counts it); nothing else does. No age, title, employer, popularity or
number of years since a degree enters, and no number of commits alone: much of one kind stays one kind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.model import Ground

KINDS_MIN = 2  # SPECIALISMS: a band needs two different kinds …
WINDOW_DAYS = 1096  # … inside 36 months


class Band(StrEnum):
    """How senior the public evidence is."""

    UNKNOWN = "unknown"
    EARLY = "early"
    MID = "mid"
    SENIOR = "senior"
    STAFF = "staff"
    LEAD = "lead"


_ORDER: Mapping[str, int] = {band: place for place, band in enumerate(Band)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something somebody did inside 36 months, counted. what: a name of `RULES`. amount: how often.

    months: in how many different months. days: between the first and the last. people: with how many others.
    evidence: signal ids, at most three.
    """

    what: str
    amount: int
    months: int = 0
    days: int = 0
    people: int = 0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A band with the grounds that earned it, one of each kind, the highest first.

    Of `unknown`: what there is, which is of fewer than two kinds.
    """

    band: Band
    grounds: tuple[Ground, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the grounds in words."""
        told = tuple(f"{ground.kind}: {ground.text}" for ground in self.grounds)
        return told if self.band is not Band.UNKNOWN else ("fewer than two kinds of evidence", *told)


UNKNOWN = Level(band=Band.UNKNOWN, grounds=())
"""Of whoever did nothing that is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """From where an act speaks for a band. The numbers are the least of an act's, 0 = any.

    says: a sentence that may name {amount}, {months}, {over} (the days as months), {people} and {s}.
    """

    what: str
    kind: str
    band: Band
    says: str
    amount: int = 1
    months: int = 0
    days: int = 0
    people: int = 0


_CODE = "changes on topic in {months} different months, over {over} months"
_REVIEWS = "{amount} changes of {people} others reviewed, in {months} different months"
_DECIDES = "{amount} changes of {people} others approved or merged, in {months} different months"
# Set on the bands' descriptions in SPECIALISMS: "sustained over 12 months" and so on, so that a kind means a habit
# and not a week; checked on invented maintainers and newcomers, not fitted to labels.
RULES: Sequence[Rule] = (
    Rule(what="steers", kind="steering", band=Band.LEAD, says="named in a steering group or board"),
    Rule(what="chairs", kind="chairing", band=Band.LEAD, says="general or programme chair of a venue"),
    Rule(what="owns_project", kind="ownership", band=Band.STAFF, says="named as owner of a whole project"),
    Rule(what="area_chairs", kind="chairing", band=Band.STAFF, says="area chair or action editor of a venue"),
    Rule(what="proposals", kind="design", band=Band.STAFF, says="{amount} proposal{s} of change accepted"),
    Rule(what="projects", kind="breadth", band=Band.STAFF, amount=3,
         says="lasting changes in {amount} projects"),
    Rule(what="releases", kind="releases", band=Band.STAFF, amount=4, months=3,
         says="{amount} releases published"),
    Rule(what="decisions", kind="review", band=Band.STAFF, amount=50, months=12, people=8, says=_DECIDES),
    Rule(what="reviews", kind="review", band=Band.STAFF, amount=100, months=12, people=8, says=_REVIEWS),
    Rule(what="papers_last", kind="papers", band=Band.STAFF, amount=3,
         says="last author of {amount} venue papers"),
    Rule(what="owns_area", kind="ownership", band=Band.SENIOR, says="named as owner or reviewer of an area"),
    Rule(what="releases", kind="releases", band=Band.SENIOR, says="{amount} release{s} published"),
    Rule(what="repairs", kind="repair", band=Band.SENIOR, amount=3, months=2,
         says="{amount} regressions mended"),
    Rule(what="newcomers", kind="review", band=Band.SENIOR, amount=3,
         says="first changes of {amount} newcomers reviewed"),
    Rule(what="decisions", kind="review", band=Band.SENIOR, amount=10, months=4, people=3, says=_DECIDES),
    Rule(what="reviews", kind="review", band=Band.SENIOR, amount=20, months=6, people=3, says=_REVIEWS),
    Rule(what="code", kind="code", band=Band.SENIOR, months=15, days=640, says=_CODE),
    Rule(what="papers_first", kind="papers", band=Band.SENIOR, amount=2,
         says="first author of {amount} venue papers"),
    Rule(what="organises", kind="chairing", band=Band.SENIOR, says="organiser of a venue or workshop"),
    Rule(what="triage", kind="triage", band=Band.SENIOR, amount=40, months=6,
         says="{amount} issues of others settled"),
    Rule(what="keynotes", kind="talks", band=Band.SENIOR, says="keynote speaker of a venue"),
    Rule(what="code", kind="code", band=Band.MID, months=6, days=300, says=_CODE),
    Rule(what="reviews", kind="review", band=Band.MID, amount=5, months=2, says=_REVIEWS),
    Rule(what="papers", kind="papers", band=Band.MID, says="{amount} venue paper{s} with others"),
    Rule(what="committees", kind="chairing", band=Band.MID, says="member of a programme committee"),
    Rule(what="triage", kind="triage", band=Band.MID, amount=5, months=2,
         says="{amount} issues of others settled"),
    Rule(what="talks", kind="talks", band=Band.MID, says="speaker at a venue"),
    Rule(what="begins", kind="beginnings", band=Band.EARLY, says="first changes outside own repositories"),
    Rule(what="fixes", kind="recurring", band=Band.EARLY, amount=3, months=2,
         says="{amount} changes in {months} months"),
    Rule(what="first_paper", kind="papers", band=Band.EARLY, says="first paper as its first author"),
)  # fmt: skip


def of(acts: Iterable[Act]) -> Level:
    """Return the highest band that two different kinds of evidence speak for. acts: one person's, one of each name.

    `lead` needs one ground of leading and another kind from `staff` up; `early` that nothing speaks for more.
    """
    grounds = _grounds(acts)
    for band in (Band.LEAD, Band.STAFF, Band.SENIOR, Band.MID):
        least = Band.STAFF if band is Band.LEAD else band
        kept = _by_kind(ground for ground in grounds if _ORDER[ground.band] >= _ORDER[least])
        leads = band is not Band.LEAD or any(ground.band == Band.LEAD for ground in kept)
        if len(kept) >= KINDS_MIN and leads:
            return Level(band=band, grounds=kept)
    every = _by_kind(grounds)
    if len(every) >= KINDS_MIN and all(ground.band == Band.EARLY for ground in every):
        return Level(band=Band.EARLY, grounds=every)
    return Level(band=Band.UNKNOWN, grounds=every)


def missing(found: Level) -> str | None:
    """Return what the next band would need, in a sentence; None at the top."""
    if found.band is Band.LEAD:
        return None
    kinds = {ground.kind for ground in found.grounds}
    nexts = {Band.UNKNOWN: Band.MID, Band.EARLY: Band.MID}.get(found.band, _next(found.band))
    others = list(dict.fromkeys(rule.kind for rule in RULES if rule.band is nexts and rule.kind not in kinds))
    return f"{nexts} needs two kinds of evidence inside 36 months; not seen: {', '.join(others)}"


def least() -> dict[str, tuple[int, int]]:
    """Return the least (amount, months) from which each act speaks for any band."""
    found: dict[str, tuple[int, int]] = {}
    for rule in RULES:
        amount, months = found.get(rule.what, (rule.amount, rule.months))
        found[rule.what] = (min(amount, rule.amount), min(months, rule.months))
    return found


def _grounds(acts: Iterable[Act]) -> list[Ground]:
    by_name = {act.what: act for act in acts}
    return [
        Ground(kind=rule.kind, band=rule.band, text=told(rule, act), evidence=act.evidence)
        for rule in RULES
        if (act := by_name.get(rule.what)) is not None
        and act.amount >= rule.amount
        and act.months >= rule.months
        and act.days >= rule.days
        and act.people >= rule.people
    ]


def _by_kind(grounds: Iterable[Ground]) -> tuple[Ground, ...]:
    """Return the first of each kind: rules are ordered by band, the highest first."""
    first: dict[str, Ground] = {}
    for ground in grounds:
        first.setdefault(ground.kind, ground)
    return tuple(first.values())


def told(rule: Rule, act: Act) -> str:
    """Return a ground in words."""
    return rule.says.format(
        amount=act.amount,
        s="" if act.amount == 1 else "s",
        months=act.months,
        over=round(act.days / 30.44),
        people=act.people,
    )


def _next(band: Band) -> Band:
    return list(Band)[_ORDER[band] + 1]
