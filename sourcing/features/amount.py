"""How much independent evidence there is: what gates and confidence look at."""

import ibis

from sourcing.features.base import SUBSTANTIAL, Facts

MONTH_MAX = 3.0  # items one month can add: a burst is one occasion, not forty
PAPER_ITEMS = 3.0  # a paper is at least a full month of work


def amount(facts: Facts) -> ibis.Table:
    """Return (person, works, items, idle_days) of everybody with on-topic work.

    works: distinct works on topic that are no chores. items: independent pieces of evidence; a month's
    changes and a month's reviews count at most three each. idle_days: since the latest work on topic.
    """
    code = _dated(facts.changes, "change").union(_dated(facts.reviews, "review"))
    papers = facts.papers.select("person", "work", "age")
    months = code.group_by("person", "family", "month").agg(items=ibis.least(code.weight.sum(), MONTH_MAX))
    pieces = months.select("person", "items").union(
        papers.mutate(items=ibis.literal(PAPER_ITEMS)).select("person", "items")
    )
    items = pieces.group_by("person").agg(items=pieces["items"].sum())
    every = code.select("person", "work", "weight", "age").union(
        papers.select("person", "work", weight=ibis.literal(1.0), age=papers.age)
    )
    works = every.group_by("person").agg(
        works=every.work.nunique(where=every.weight >= SUBSTANTIAL), idle_days=every.age.min()
    )
    return works.join(items, "person").select("person", "works", "items", "idle_days")


def _dated(rows: ibis.Table, family: str) -> ibis.Table:
    return rows.select("person", "work", "age", "month", "weight", family=ibis.literal(family))
