"""Features of papers: on-topic papers with venue, stage and recency; years with a paper."""

import ibis

from sourcing.features.base import Facts, Family, Feature, answer, decay, total

PAPER_HALF_LIFE_DAYS = (
    730.0  # RANKING §4 D: a 2-year half-life was the best tried, and the mildest in the bias audit
)
YEARS = 6


def _papers_on_topic(facts: Facts) -> ibis.Table:
    rows = facts.papers
    rows = rows.mutate(earned=rows.weight * decay(rows.age, half_life_days=PAPER_HALF_LIFE_DAYS))
    values = rows.group_by("spec", "person").agg(value=total(rows.earned))
    return answer(rows, rows.earned, values, least=0.0)


def _paper_years(facts: Facts) -> ibis.Table:
    rows = facts.papers
    rows = rows.filter(rows.age <= YEARS * 365.25)
    values = rows.group_by("spec", "person").agg(value=rows.year.nunique().cast("float64"))
    return answer(rows, -rows.age, values, least=0.0)


PAPERS_ON_TOPIC = Feature(
    name="papers_on_topic",
    unit="weighted papers",
    family=Family.PAPERS,
    says="{count} paper{s} on topic{where}{latest}",
    query=_papers_on_topic,
)
PAPER_YEARS = Feature(
    name="paper_years",
    unit="years",
    family=Family.PAPERS,
    says="{value} of the last six years with a paper on topic{latest}",
    query=_paper_years,
)
