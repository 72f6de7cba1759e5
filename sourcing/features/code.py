"""Features of authored code: changes, their size, months, steadiness, owned areas, breadth."""

import ibis

from sourcing.features.base import (
    SUBSTANTIAL,
    Facts,
    Family,
    Feature,
    answer,
    decay,
    monthly,
    total,
    weight_of,
)

SIZED_HALF_LIFE_DAYS = 730.0  # RANKING §3, DEV: two years serve areas and specialisms best together
BUSY_HALF = (
    40.0  # the same cap on bursts, for work by size: 10 would cost .03 of task A, none wins nothing (DEV)
)
FOREVER_DAYS = 1e9  # a half-life that takes nothing
WORK_HALF_LIFE_DAYS = 365.0  # RANKING §4: a year serves established and rising people best together
STEADY_HALF_LIFE_DAYS = 548.0  # eighteen months: the middle of the window below
STEADY_MONTHS = 36  # SPECIALISMS: bands look at 36 months
AREA_HALF_LIFE_DAYS = 730.0  # knowledge of an area outlasts the last change to it
AREA_CHANGES = 3.0  # "several changes over months": fewer may be a passing fix
AREA_MONTHS = 2
AREA_FULL = 10.0  # changes after which an area counts whole
REPOSITORY_CHANGES = 3.0


def _merged_work(facts: Facts) -> ibis.Table:
    rows = facts.changes
    strength = weight_of(rows, half_life_days=WORK_HALF_LIFE_DAYS)
    return answer(rows, strength, monthly(rows, half_life_days=WORK_HALF_LIFE_DAYS))


def sized(rows: ibis.Table) -> ibis.Table:
    """Return changes weighted by the binary logarithm of one and their files: a change of seven counts three times.

    Lines would not tell more (RANKING §3, DEV), and a history without them is read in a tenth of the time.
    """
    return rows.mutate(weight=rows.weight * (ibis.greatest(rows.files, 1) + 1).log2())


def _sized_work(facts: Facts) -> ibis.Table:
    return busy(sized(facts.changes), half_life_days=SIZED_HALF_LIFE_DAYS)


def _all_changes(facts: Facts) -> ibis.Table:
    return busy(facts.changes, half_life_days=FOREVER_DAYS)


def busy(rows: ibis.Table, *, half_life_days: float) -> ibis.Table:
    """Return (spec, person, value, evidence): decayed work, a busy month of a repository counting less than whole."""
    strength = weight_of(rows, half_life_days=half_life_days)
    return answer(rows, strength, monthly(rows, half_life_days=half_life_days, half=BUSY_HALF))


def _active_months(facts: Facts) -> ibis.Table:
    return per_month(facts.changes)


def per_month(rows: ibis.Table) -> ibis.Table:
    """Return (spec, person, value, evidence): months with a change, each as far as its best change counts."""
    best = rows.mutate(earned=rows.weight * rows.standing)
    order = [ibis.desc("earned"), ibis.asc("signal")]
    months = best.group_by("spec", "person", "month").agg(
        earned=best.earned.max(),
        signal=best.signal.first(order_by=order),
        weight=best.weight.first(order_by=order),
        age=best.age.first(order_by=order),
    )
    values = months.group_by("spec", "person").agg(value=total(months.earned))
    return answer(months, -months.age, values)


def _steadiness(facts: Facts) -> ibis.Table:
    rows = facts.changes
    rows = rows.filter(rows.weight >= SUBSTANTIAL, rows.age <= STEADY_MONTHS * 30.44)
    months = rows.group_by("spec", "person", "month").agg(standing=rows.standing.max(), age=rows.age.min())
    earned = months.mutate(earned=months.standing * decay(months.age, half_life_days=STEADY_HALF_LIFE_DAYS))
    values = earned.group_by("spec", "person").agg(value=total(earned.earned))
    order = [ibis.desc("standing"), ibis.desc("weight"), ibis.asc("signal")]
    shown = rows.group_by("spec", "person", "month").agg(
        signal=rows.signal.first(order_by=order),
        weight=rows.weight.first(order_by=order),
        age=rows.age.first(order_by=order),
    )
    return answer(shown, -shown.age, values)


def _areas(facts: Facts) -> ibis.Table:
    rows = facts.changes.inner_join(facts.areas, "work")
    areas = rows.group_by("spec", "person", "area").agg(
        work=total(rows.weight), standing=rows.standing.max(), months=rows.month.nunique(), age=rows.age.min()
    )
    areas = areas.filter(areas.work >= AREA_CHANGES, areas.months >= AREA_MONTHS)
    share = ibis.least(areas.work / AREA_FULL, ibis.literal(1.0)) * areas.standing
    owned = areas.mutate(earned=share * decay(areas.age, half_life_days=AREA_HALF_LIFE_DAYS))
    values = owned.group_by("spec", "person").agg(value=total(owned.earned))
    proof = facts.changes.semi_join(
        rows.semi_join(owned, ["spec", "person", "area"]), ["spec", "person", "work"]
    )
    return answer(proof, weight_of(proof, half_life_days=AREA_HALF_LIFE_DAYS), values)


def _repositories(facts: Facts) -> ibis.Table:
    rows = facts.changes
    places = rows.group_by("spec", "person", "repo").agg(
        work=total(rows.weight), standing=rows.standing.max(), age=rows.age.min()
    )
    places = places.filter(places.work >= REPOSITORY_CHANGES)
    kept = places.mutate(earned=places.standing * decay(places.age, half_life_days=AREA_HALF_LIFE_DAYS))
    values = kept.group_by("spec", "person").agg(value=total(kept.earned))
    proof = rows.semi_join(places, ["spec", "person", "repo"])
    return answer(proof, weight_of(proof, half_life_days=AREA_HALF_LIFE_DAYS), values)


MERGED_WORK = Feature(
    name="merged_work",
    unit="recent changes",
    family=Family.CODE,
    says="{count} merged change{s} on topic{where}{latest}",
    query=_merged_work,
)
SIZED_WORK = Feature(
    name="sized_work",
    unit="changes by size",
    family=Family.CODE,
    says="{count} change{s} on topic, counted by size{where}{latest}",
    query=_sized_work,
)
ALL_CHANGES = Feature(
    name="all_changes",
    unit="changes",
    family=Family.CODE,
    says="{count} change{s} on topic over all years{where}{latest}",
    query=_all_changes,
)
ACTIVE_MONTHS = Feature(
    name="active_months",
    unit="months",
    family=Family.CODE,
    says="{count} month{s} with changes on topic over all years{latest}",
    query=_active_months,
)
STEADINESS = Feature(
    name="steadiness",
    unit="months",
    family=Family.CODE,
    says="{count} month{s} of the last three years with changes on topic{latest}",
    query=_steadiness,
)
AREAS = Feature(
    name="areas",
    unit="areas",
    family=Family.PATHS,
    says="areas of code kept up over months{where}{latest}",
    query=_areas,
)
REPOSITORIES = Feature(
    name="repositories",
    unit="repositories",
    family=Family.CODE,
    says="several changes on topic{where}{latest}",
    query=_repositories,
)
