"""How much independent evidence there is: what gates and confidence look at."""

import ibis

from sourcing.features.base import SUBSTANTIAL, Facts, total

MONTH_MAX = 3.0  # items one month can add: a burst is one occasion, not forty
PAPER_FIT = 0.59  # above it a paper is about the topic: a word in its title, or two in its abstract
PAPER_ITEMS = 3.0  # a paper is at least a full month of work


def amount(facts: Facts) -> ibis.Table:
    """Return (spec, person, works, items, idle_days, hearsay) of everybody with on-topic work.

    works: distinct works on topic that are no chores; 0 if all of them are papers that only mention the topic.
    items: independent pieces of evidence; a month's changes and a month's reviews count at most three each.
    idle_days: since the latest of these works (a version bump keeps nobody active); None if there is none.
    hearsay: share of the works, 0–1, for which there is only a history whose addresses no platform was asked about.
    """
    code = _dated(facts.changes, "change").union(_dated(facts.reviews, "review"))
    papers = facts.papers
    months = code.group_by("spec", "person", "family", "month").agg(
        items=ibis.least(total(code.weight), MONTH_MAX)
    )
    written = papers.select("spec", "person", items=ibis.literal(PAPER_ITEMS))
    pieces = months.select("spec", "person", "items").union(written)
    items = pieces.group_by("spec", "person").agg(items=total(pieces["items"]))
    every = code.select(
        "spec", "person", "age", "hearsay", about=code.weight >= SUBSTANTIAL, solid=code.weight >= SUBSTANTIAL
    ).union(
        papers.select(
            "spec", "person", "age",
            hearsay=ibis.literal(False), about=papers.fit > PAPER_FIT, solid=ibis.literal(True),
        )
    )  # fmt: skip
    # whoever only ever mentions the topic in passing has no work on it; nobody reviews their own change, so no
    # work is there twice
    works = every.group_by("spec", "person").agg(
        works=ibis.ifelse(every.about.any(), every.solid.sum(), 0),
        idle_days=every.age.min(where=every.solid),
        hearsay=every.hearsay.sum() / every.count(),
    )
    return works.inner_join(items, ["spec", "person"]).select(
        "spec", "person", "works", "items", "idle_days", "hearsay"
    )


def _dated(rows: ibis.Table, family: str) -> ibis.Table:
    return rows.select("spec", "person", "age", "month", "weight", "hearsay", family=ibis.literal(family))
