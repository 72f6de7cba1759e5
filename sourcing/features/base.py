"""What a feature is, and the facts it may look at.

A feature sees dated work and nothing about who did it: no name, place, employer, popularity or age exists in
these tables. It answers with a number per person and the signals that earned it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features.numbers import Names
from sourcing.features.others import Others

if TYPE_CHECKING:
    from sourcing.features.begun import Began, Files

EVIDENCE_MAX = 50  # signals kept per person and feature: covers 36 months, and little enough to store
SUBSTANTIAL = 0.3  # weight from which a change is more than a chore: one keyword is enough, a typo never
MONTH_HALF = 10.0  # weighted changes that earn half of what one month in one repository can earn
SCALE = 2.0**40  # parts of one that sums are counted in
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
    """The on-topic facts of every look at its moment, ready for features; `spec` is the look's place among those asked.

    People, works and signals are numbers, whose order is that of the names they stand for (see `numbers`).
    Nothing later than a look's moment was read. Ages are days before the Monday that began its week, never negative.
    changes: (spec, person, work, signal, repo, at, files, age, month, whole, weight, standing, hearsay, begun), a row
    per person and own change; files: how many it touches; whole is how much the change itself counts, weight what of
    it is theirs, standing how much its repository does, all 0–1; hearsay: only a history says so, and no platform was
    asked whose address it is; begun: how many files it was the first to change.
    reviews: the same columns but the last, one row per person and change of somebody else they reviewed or merged.
    papers: (spec, person, work, signal, age, year, fit, weight), one row per person and paper; fit to the topic, 0–1.
    deeds: (spec, person, work, signal, repo, what, age, month, weight, standing), releases, talks, posts; see `deeds`.
    areas: (work, area), the two-level directories that a change touched.
    observed: (moment, person, code, paths, review, papers), whether any such thing was seen, on topic or not.
    moments: (spec, moment), at which of the distinct moments a look looks.
    left_out: (spec, reason, work), what was dropped or counts little, and why.
    void: (moment, person, …, reason), code signals that count as no work for any look (see `genuine`).
    fits: (spec, work, …), how works fit each look.
    signals, docs: what all was counted from, on topic or not; docs name their work as `id`.
    basis: what else decides of others' facts.
    """

    changes: ir.Table
    reviews: ir.Table
    papers: ir.Table
    deeds: ir.Table
    areas: ir.Table
    observed: ir.Table
    moments: ir.Table
    left_out: ir.Table
    void: ir.Table
    fits: ir.Table
    signals: ir.Table
    docs: ir.Table
    names: Names
    basis: "Basis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What of somebody's work decides of others' facts, to be kept for nights on which few are read.

    pairs: (moment, repo, person, …), see `genuine.Judged`. written: (moment, work, is_open), works with an author,
    and whether one counts by their repository's contributors. began: who was first to change files. others: of whom not
    all was read, None if all was. files: with what was kept of others; moved: digests of works that begin other files
    than they did. Both None if all was read.
    """

    pairs: ir.Table
    written: ir.Table
    began: "Began"
    others: Others | None = None
    files: "Files | None" = None
    moved: pa.Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One measured number.

    says: a sentence that may name {value}, {count} (of the evidence; {s} is its plural), {where} and {latest}.
    query: returns (spec, person, value, evidence), evidence strongest first, the latest work always among it; a value
    is a sum of `total`, a count, a least or a most, so that it does not depend on the order of rows.
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


def total(column: ir.FloatingValue) -> ir.FloatingScalar:
    """Return the sum of a column in whole parts of 2^40: exact, so that no order of adding shows in a score."""
    return (column * SCALE).round().cast("int64").sum().cast("float64") / SCALE


def strongest(rows: ir.Table, strength: ir.FloatingValue, *, least: float = SUBSTANTIAL) -> ir.Table:
    """Return (spec, person, evidence): at most 50 signals a person, strongest first, ties by signal.

    rows: each signal of a person once. The latest one keeps a place however weak it is, so that nobody seems idle;
    least: weight below which a row is the latest only if nothing else is there.
    """
    rated = rows.select("spec", "person", "signal", "age", strength=strength, slight=rows.weight < least)
    order = [ibis.desc("strength"), ibis.asc("signal")]
    by_age = [ibis.asc("slight"), ibis.asc("age"), ibis.asc("signal")]
    found = rated.group_by("spec", "person").agg(
        all=rated.signal.collect(order_by=order), latest=rated.signal.first(order_by=by_age)
    )
    kept, room = found["all"][:EVIDENCE_MAX], found["all"][: EVIDENCE_MAX - 1]
    evidence = ibis.ifelse(kept.contains(found.latest), kept, room.concat(ibis.array([found.latest])))
    return found.select("spec", "person", evidence=evidence)


def answer(
    rows: ir.Table, strength: ir.FloatingValue, values: ir.Table, *, least: float = SUBSTANTIAL
) -> ir.Table:
    """Return (spec, person, value, evidence) from per-person `values` and the rows that earned them."""
    proof = strongest(rows, strength, least=least)
    return values.inner_join(proof, ["spec", "person"]).select("spec", "person", "value", "evidence")


def monthly(rows: ir.Table, *, half_life_days: float, half: float = MONTH_HALF) -> ir.Table:
    """Return (spec, person, value): decayed work, saturating within each month of each repository.

    half: weight that earns half of what a month can. The same curve as the score's: with 10, 500 tiny commits in a
    month earn about 1.2 times what 40 earn.
    """
    months = rows.group_by("spec", "person", "repo", "month").agg(
        work=total(rows.weight), standing=rows.standing.max(), age=rows.age.min()
    )
    saturated = half * months.work / (months.work + half)
    earned = saturated * months.standing * decay(months.age, half_life_days=half_life_days)
    months = months.mutate(earned=earned)
    return months.group_by("spec", "person").agg(value=total(months.earned))
