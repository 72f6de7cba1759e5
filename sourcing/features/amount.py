"""How much independent evidence there is: what gates and confidence look at."""

import ibis

from sourcing.features.base import SUBSTANTIAL, Facts

MONTH_MAX = 3.0  # items one month can add: a burst is one occasion, not forty
PAPER_FIT = 0.59  # above it a paper is about the topic: a word in its title, or two in its abstract
PAPER_ITEMS = 3.0  # a paper is at least a full month of work


def amount(facts: Facts) -> ibis.Table:
    """Return (person, works, items, idle_days, hearsay) of everybody with on-topic work.

    works: distinct works on topic that are no chores; 0 if all of them are papers that only mention the topic.
    items: independent pieces of evidence; a month's changes and a month's reviews count at most three each.
    idle_days: since the latest of these works (a version bump keeps nobody active); None if there is none.
    hearsay: share of the works, 0–1, for which there is only a history whose addresses no platform was asked about.
    """
    code = _dated(facts.changes, "change").union(_dated(facts.reviews, "review"))
    papers = facts.papers.select("person", "work", "age", "fit")
    months = code.group_by("person", "family", "month").agg(items=ibis.least(code.weight.sum(), MONTH_MAX))
    pieces = months.select("person", "items").union(
        papers.mutate(items=ibis.literal(PAPER_ITEMS)).select("person", "items")
    )
    items = pieces.group_by("person").agg(items=pieces["items"].sum())
    every = (
        code.mutate(about=code.weight >= SUBSTANTIAL)
        .select("person", "work", "weight", "age", "about", "hearsay")
        .union(
            papers.select(
                "person",
                "work",
                weight=ibis.literal(1.0),
                age=papers.age,
                about=papers.fit > PAPER_FIT,
                hearsay=ibis.literal(False),
            )
        )
    )
    # whoever only ever mentions the topic in passing has no work on it
    works = every.group_by("person").agg(
        works=ibis.ifelse(every.about.any(), every.work.nunique(where=every.weight >= SUBSTANTIAL), 0),
        idle_days=every.age.min(where=every.weight >= SUBSTANTIAL),
        hearsay=every.hearsay.cast("float64").mean(),
    )
    return works.join(items, "person").select("person", "works", "items", "idle_days", "hearsay")


def _dated(rows: ibis.Table, family: str) -> ibis.Table:
    return rows.select("person", "work", "age", "month", "weight", "hearsay", family=ibis.literal(family))
