"""What a feature is, and the facts it may look at.

A feature sees dated work and nothing about who did it: no name, place, employer, popularity or age exists in
these tables. It answers with a number per person and the signals that earned it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import ibis
import ibis.expr.types as ir

EVIDENCE_MAX = 50  # signals kept per person and feature: covers 36 months, and little enough to store
SUBSTANTIAL = 0.3  # weight from which a change is more than a chore: one keyword is enough, a typo never
MONTH_HALF = 10.0  # weighted changes that earn half of what one month in one repository can earn
CREDIT: Mapping[str, float] = {"authored": 1.0, "co_authored": 0.5}
REVIEW_CREDIT: Mapping[str, float] = {"reviewed": 1.0, "merged": 1.0, "tested": 0.5, "signed_off": 0.5}


class Family(StrEnum):
    """What kind of evidence a feature needs; a person with none of it is unknown there, not low."""

    CODE = "code"
    PATHS = "paths"
    REVIEW = "review"
    PAPERS = "papers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The on-topic facts of one specialism at one moment, ready for features.

    as_of: nothing later was read. Ages are days before it.
    changes: (person, work, signal, repo, age, month, weight, standing, hearsay), a row per person and own change;
    weight is how much the change itself counts, standing how much its repository does, both 0–1; hearsay: only a
    history says so, and no platform was asked whose address it is.
    reviews: the same columns, one row per person and change of somebody else they reviewed or merged.
    papers: (person, work, signal, age, year, fit, weight), one row per person and paper; fit to the topic, 0–1.
    areas: (work, area), the two-level directories that a change touched.
    observed: (person, code, paths, review, papers), whether any such thing was seen, on topic or not.
    left_out: (reason, works), what was dropped or counts little, and why.
    void: code signals that count as no work, with `reason` (see `genuine`).
    """

    as_of: datetime
    changes: ir.Table
    reviews: ir.Table
    papers: ir.Table
    areas: ir.Table
    observed: ir.Table
    left_out: ir.Table
    void: ir.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One measured number.

    says: a sentence that may name {value}, {count} (of the evidence; {s} is its plural), {where} and {latest}.
    query: returns (person, value, evidence), evidence strongest first, the latest work always among it.
    family: what must have been observed for the absence of a row to mean zero.
    """

    name: str
    unit: str
    family: Family
    says: str
    query: Callable[[Facts], ir.Table]


def decay(age: ir.FloatingValue, *, half_life_days: float) -> ir.FloatingValue:
    """Return 1 for today and half of it for every `half_life_days` of `age` (days)."""
    return ibis.literal(0.5) ** (age / half_life_days)


def weight_of(rows: ir.Table, *, half_life_days: float) -> ir.FloatingValue:
    """Return what one change or review counts today: its weight, its repository's standing, its age."""
    return rows.weight * rows.standing * decay(rows.age, half_life_days=half_life_days)


def strongest(rows: ir.Table, strength: ir.FloatingValue, *, least: float = SUBSTANTIAL) -> ir.Table:
    """Return (person, evidence): at most 50 signal ids a person, strongest first, ties by signal id.

    The latest one keeps a place however weak it is, so that nobody seems idle; least: weight below which a row is
    the latest only if nothing else is there.
    """
    rated = rows.select("person", "signal", "age", strength=strength, slight=rows.weight < least)
    rated = rated.group_by("person", "signal").agg(
        strength=rated.strength.max(), age=rated.age.min(), slight=rated.slight.all()
    )
    by_age = [ibis.asc("slight"), ibis.asc("age"), ibis.asc("signal")]
    aged = rated.mutate(behind=ibis.row_number().over(group_by="person", order_by=by_age))
    order = [ibis.desc("strength"), ibis.asc("signal")]
    placed = aged.mutate(place=ibis.row_number().over(group_by="person", order_by=order))
    # its place among the strongest, or the last one of those kept
    latest = placed.filter(placed.behind == 0).select("person", taken=placed.place)
    ends = placed.join(latest, "person")
    room = EVIDENCE_MAX - (ends.taken >= EVIDENCE_MAX).cast("int64")
    kept = ends.filter((ends.place < room) | (ends.behind == 0))
    return kept.group_by("person").agg(evidence=kept.signal.collect(order_by=kept.place))


def answer(
    rows: ir.Table, strength: ir.FloatingValue, values: ir.Table, *, least: float = SUBSTANTIAL
) -> ir.Table:
    """Return (person, value, evidence) from per-person `values` and the rows that earned them."""
    proof = strongest(rows, strength, least=least)
    return values.join(proof, "person").select("person", "value", "evidence")


def monthly(rows: ir.Table, *, half_life_days: float) -> ir.Table:
    """Return (person, value): decayed work, saturating within each month of each repository.

    The same curve as the score's: 500 tiny commits in a month earn about 1.2 times what 40 earn.
    """
    months = rows.group_by("person", "repo", "month").agg(
        work=rows.weight.sum(), standing=rows.standing.max(), age=rows.age.min()
    )
    saturated = MONTH_HALF * months.work / (months.work + MONTH_HALF)
    earned = saturated * months.standing * decay(months.age, half_life_days=half_life_days)
    return months.mutate(earned=earned).group_by("person").agg(value=ibis._.earned.sum())
