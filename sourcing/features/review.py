"""Features of work on other people's changes: reviews, merges, sign-offs, tests."""

import ibis

from sourcing.features.base import Facts, Family, Feature, answer, monthly, weight_of

REVIEW_HALF_LIFE_DAYS = 365.0  # as for authored work: both sides of a change age alike


def _review_work(facts: Facts) -> ibis.Table:
    rows = facts.reviews
    strength = weight_of(rows, half_life_days=REVIEW_HALF_LIFE_DAYS)
    return answer(rows, strength, monthly(rows, half_life_days=REVIEW_HALF_LIFE_DAYS))


REVIEW_WORK = Feature(
    name="review_work",
    unit="recent reviews and merges",
    family=Family.REVIEW,
    says="{count} change{s} of other people reviewed or merged{where}{latest}",
    query=_review_work,
)
