"""Features of authored code: recent changes, steadiness, owned areas, breadth."""

import ibis

from sourcing.features.base import SUBSTANTIAL, Facts, Family, Feature, answer, decay, monthly, weight_of

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


def _steadiness(facts: Facts) -> ibis.Table:
    rows = facts.changes
    rows = rows.filter(rows.weight >= SUBSTANTIAL, rows.age <= STEADY_MONTHS * 30.44)
    months = rows.group_by("person", "month").agg(standing=rows.standing.max(), age=rows.age.min())
    earned = months.mutate(earned=months.standing * decay(months.age, half_life_days=STEADY_HALF_LIFE_DAYS))
    values = earned.group_by("person").agg(value=earned.earned.sum())
    order = [ibis.desc("standing"), ibis.desc("weight"), ibis.asc("signal")]
    shown = rows.mutate(place=ibis.row_number().over(group_by=["person", "month"], order_by=order))
    shown = shown.filter(shown.place == 0)
    return answer(shown, -shown.age, values)


def _areas(facts: Facts) -> ibis.Table:
    rows = facts.changes.join(facts.areas, "work")
    areas = rows.group_by("person", "area").agg(
        work=rows.weight.sum(), standing=rows.standing.max(), months=rows.month.nunique(), age=rows.age.min()
    )
    areas = areas.filter(areas.work >= AREA_CHANGES, areas.months >= AREA_MONTHS)
    share = ibis.least(areas.work / AREA_FULL, ibis.literal(1.0)) * areas.standing
    owned = areas.mutate(earned=share * decay(areas.age, half_life_days=AREA_HALF_LIFE_DAYS))
    values = owned.group_by("person").agg(value=owned.earned.sum())
    proof = rows.semi_join(owned, ["person", "area"])
    return answer(proof, weight_of(proof, half_life_days=AREA_HALF_LIFE_DAYS), values)


def _repositories(facts: Facts) -> ibis.Table:
    rows = facts.changes
    places = rows.group_by("person", "repo").agg(
        work=rows.weight.sum(), standing=rows.standing.max(), age=rows.age.min()
    )
    places = places.filter(places.work >= REPOSITORY_CHANGES)
    kept = places.mutate(earned=places.standing * decay(places.age, half_life_days=AREA_HALF_LIFE_DAYS))
    values = kept.group_by("person").agg(value=kept.earned.sum())
    proof = rows.semi_join(kept, ["person", "repo"])
    return answer(proof, weight_of(proof, half_life_days=AREA_HALF_LIFE_DAYS), values)


MERGED_WORK = Feature(
    name="merged_work",
    unit="recent changes",
    family=Family.CODE,
    says="{count} merged change{s} on topic{where}{latest}",
    query=_merged_work,
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
