"""Features of the last months: pace, and ground that was not there before. What the rising order looks at.

A change written with others counts whole here: who is growing into a project writes much of it beside somebody else
(RANKING §3, DEV: half of it costs .01 of task B).
"""

import ibis

from sourcing.features.base import Facts, Family, Feature, answer, total
from sourcing.features.code import busy, per_month, sized

PACE_HALF_LIFE_DAYS = (
    122.0  # four months: the best single sign of who is named next (RANKING §4, task B, both sets)
)
RECENT_DAYS = 183.0
_FOLDER = r"^((?:[^/]+/){0,2})"  # two levels; what lies beside them all is ground as well


def _pace(facts: Facts) -> ibis.Table:
    return busy(sized(_theirs(facts)), half_life_days=PACE_HALF_LIFE_DAYS)


def _recent_changes(facts: Facts) -> ibis.Table:
    return busy(_theirs(facts), half_life_days=PACE_HALF_LIFE_DAYS)


def _theirs(facts: Facts) -> ibis.Table:
    return facts.changes.mutate(weight=facts.changes.whole)


def _recent_months(facts: Facts) -> ibis.Table:
    rows = _theirs(facts)
    return per_month(rows.filter(rows.age <= RECENT_DAYS))


def _new_ground(facts: Facts) -> ibis.Table:
    rows = _theirs(facts)
    rows = rows.filter(rows.age <= RECENT_DAYS)
    rows = rows.mutate(earned=rows.weight * rows.standing)
    files = facts.fits.semi_join(rows, ["spec", "work"])
    files = files.select("spec", "work", path=files.paths.unnest())
    folders = files.select("spec", "work", folder=files.path.re_extract(_FOLDER, 1)).distinct()
    touched = rows.inner_join(folders, ["spec", "work"])
    ground = touched.group_by("spec", "person", "repo", "folder").agg(earned=touched.earned.max())
    values = ground.group_by("spec", "person").agg(value=total(ground.earned))
    return answer(rows, rows.earned, values)


PACE = Feature(
    name="pace",
    unit="changes by size",
    family=Family.CODE,
    says="{count} change{s} on topic, the last months by size{where}{latest}",
    query=_pace,
)
RECENT_CHANGES = Feature(
    name="recent_changes",
    unit="recent changes",
    family=Family.CODE,
    says="{count} change{s} on topic, the last months above all{where}{latest}",
    query=_recent_changes,
)
RECENT_MONTHS = Feature(
    name="recent_months",
    unit="months",
    family=Family.CODE,
    says="{count} of the last six months with changes on topic{latest}",
    query=_recent_months,
)
NEW_GROUND = Feature(
    name="new_ground",
    unit="folders",
    family=Family.PATHS,
    says="parts of the code worked on in the last six months{where}{latest}",
    query=_new_ground,
)
