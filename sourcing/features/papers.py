"""What each paper counts for each look: fit × venue ÷ √authors × stage; title twins count once.

Every author of a paper counts alike. First and last ones above the others ranks worse in all of three windows of the
labels (RANKING §3 D: by .007, .008 and .008 of nDCG at 1 : .75, by .02 and more at 1 : .5 in one), and of all that was
audited the number of first places is what does women most injustice (RANKING §7).
"""

import ibis
import ibis.expr.types as ir

from sourcing.features.base import CREDIT

TIER_PACK, TIER_OTHER, TIER_PREPRINT = 1.0, 0.6, 0.4  # venue of the specialism, another venue, none yet
AUTHORS_UNKNOWN = 4  # authors assumed where a source does not say how many
DAY_S = 86_400.0

_ORAL = r"(?i)oral|award|best paper|top.?5"
_SPOTLIGHT = r"(?i)spotlight|highlight|top.?25"


def papers(seen: ir.Table, fitting: ir.Table, specs: ir.Table, venues: ir.Table) -> ir.Table:
    """Return (spec, person, work, signal, age, year, fit, weight), one row per look, person and paper.

    seen: signals on papers with `at`. specs: (spec, as_of, monday). venues: (venue, spec) that a look names.
    """
    written = seen.filter(seen.kind.isin(list(CREDIT))).drop("repo")
    works = fitting.filter(fitting.kind == "paper").drop("kind", "repo", "count", "reason", "listed")
    works = works.inner_join(specs, "spec")
    works = works.left_join(venues.mutate(is_named=True), ["venue", "spec"]).drop("venue_right", "spec_right")
    rows = written.inner_join(works, "work")
    rows = rows.filter(rows["at"].isnull() | (rows["at"] <= rows.as_of))
    rows = rows.mutate(held=rows.venue.re_extract(r"((?:19|20)\d\d)", 1).nullif("").cast("int64"))
    rows = rows.mutate(year=ibis.coalesce(rows.published_on.year(), rows["at"].year(), rows.held))
    rows = rows.mutate(age=_age(rows), weight=_weight(rows))
    rows = rows.filter(rows.age.notnull() & (rows.weight > 0))
    order = [ibis.desc("weight"), ibis.asc("age"), ibis.asc("signal")]
    placed = rows.mutate(nth=ibis.row_number().over(group_by=["spec", "person", "title_key"], order_by=order))
    return placed.filter(placed.nth == 0).select(
        "spec", "person", "work", "signal", "age", "year", "fit", "weight"
    )


def _age(rows: ir.Table) -> ir.FloatingValue:
    """Days since publication, None for the future; a year alone is read as its first of July, never as the future."""
    known = ibis.coalesce(rows.published_on.cast("timestamp"), rows["at"])
    from_s = rows.monday.epoch_seconds()
    days = ibis.greatest((from_s - known.epoch_seconds()) / DAY_S, ibis.literal(0.0))
    july_s = ((rows.held - 1970) * 365.2425 + 181.6) * DAY_S
    guessed = ibis.greatest((from_s - july_s) / DAY_S, ibis.literal(0.0))
    return ibis.cases(
        (known.notnull() & (known <= rows.as_of), days),
        (known.isnull() & (rows.held <= rows.as_of.year()), guessed),
        else_=ibis.null("float64"),
    )


def _weight(rows: ir.Table) -> ir.FloatingValue:
    tier = ibis.cases(
        (rows.is_named.notnull(), TIER_PACK),
        (rows.venue.notnull() & ~rows.venue.re_search("(?i)arxiv|corr"), TIER_OTHER),
        else_=TIER_PREPRINT,
    )
    share = 1.0 / rows.of_.fill_null(AUTHORS_UNKNOWN).cast("float64").sqrt()
    note = rows.note.fill_null("")
    stage = ibis.cases((note.re_search(_ORAL), 2.0), (note.re_search(_SPOTLIGHT), 1.5), else_=1.0)
    return rows.fit * tier * share * stage * rows.confidence
