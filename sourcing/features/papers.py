"""What each paper counts for each look: fit × venue ÷ √authors × stage; title twins count once.

Author position: a long list dilutes what each author counts, the first not below that of a paper of five. This is all
of it that costs nothing (RANKING §3 D, three windows of the labels, 30 topics: nDCG@20 +.0001 [-.003, .003]). Anything
stronger ranks worse: middle authors at .75 of the others by .008 [.002, .015], in papers of six and more by .006, last
authors as the first by .002, last ones 1.25-fold by .008. And of all that was audited the number of first places is
what does women most injustice (RANKING §7). Levels read first and last places as evidence of their own.
"""

import ibis
import ibis.expr.types as ir

from sourcing.features.base import CREDIT

TIER_PACK, TIER_OTHER, TIER_PREPRINT = 1.0, 0.6, 0.4  # venue of the specialism, another venue, none yet
AUTHORS_UNKNOWN = 4  # authors assumed where a source does not say how many
FIRST_OF = 5  # authors a first one shares with at most
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
    authors = rows.of_.fill_null(AUTHORS_UNKNOWN)
    is_first = (rows.position == 1).fill_null(False)
    share = 1.0 / ibis.ifelse(is_first, ibis.least(authors, FIRST_OF), authors).cast("float64").sqrt()
    note = rows.note.fill_null("")
    stage = ibis.cases((note.re_search(_ORAL), 2.0), (note.re_search(_SPOTLIGHT), 1.5), else_=1.0)
    return rows.fit * tier * share * stage * rows.confidence
