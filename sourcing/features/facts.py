"""From a ranking snapshot to the facts of one specialism: who did what, how well it fits, how long ago.

What earns credit, and how much, is decided here once for all features:
- a work counts once per person, however many sources tell of it;
- what is padded, back-dated, forged or farmed counts nothing (see `genuine`);
- a change without a believable date places nobody in time and is left out.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir

from sourcing.features import genuine, topic
from sourcing.features.base import CREDIT, REVIEW_CREDIT, Facts

AUTHOR_UNKNOWN = 0.5  # what merging a change counts when nobody says whose it was
TIER_PACK, TIER_OTHER, TIER_PREPRINT = 1.0, 0.6, 0.4  # venue of the specialism, another venue, none yet
MIDDLE = 0.5  # a middle author's share against first or last (RANKING §4 D)
DAY_S = 86_400.0
AUTHORS_UNKNOWN = 4  # authors assumed where a source does not say how many

_ORAL = r"(?i)oral|award|best paper|top.?5"
_SPOTLIGHT = r"(?i)spotlight|highlight|top.?25"


@contextmanager
def snapshot(directory: Path, *, spill: Path) -> Iterator[tuple[ir.Table, ir.Table]]:
    """Open a ranking snapshot; yields (signals, documents). Everything derived must be read before leaving.

    spill: where DuckDB may put what does not fit in its memory; made when needed.
    """
    with warnings.catch_warnings():
        # Ibis 12 calls a method that DuckDB 2.0 calls deprecated; drop when Ibis follows.
        warnings.filterwarnings("ignore", message="fetch_arrow_table", category=DeprecationWarning)
        # In memory, and gone with the last table made from it: closing it under a cached table is an error.
        connection = ibis.duckdb.connect(memory_limit="2GB", threads=2, temp_directory=str(spill))
        signals = connection.read_parquet(directory / "signals.parquet")
        if "said_of" not in signals.columns:  # a file made without a store names every work once
            signals = signals.mutate(said_of=signals.work)
        works = connection.read_parquet(directory / "works.parquet")
        yield signals, topic.documents(works).cache()


def gather(signals: ir.Table, docs: ir.Table, look: topic.Look, *, as_of: datetime) -> Facts:
    """Return the facts of one specialism up to `as_of`. Costs one pass over the works' text."""
    works = topic.relevance(docs, look).cache()
    seen = _timely(signals, as_of)
    kinds = docs.select(
        "work", work_kind=docs.kind, repo=docs.repo, bare=docs.paths.length().fill_null(0) == 0
    )
    code = seen.join(kinds, "work")
    code = code.filter(code.work_kind.isin(["commit", "pull_request"]))
    fitting = works.filter(works.fit > 0)
    judged = genuine.judge(code, fitting, docs, look)
    void = judged.void.cache()
    changes = _changes(judged.rows).cache()
    return Facts(
        as_of=as_of,
        changes=changes,
        reviews=_reviews(judged.rows).cache(),
        papers=_papers(seen, fitting, look, as_of).cache(),
        areas=_areas(fitting.semi_join(changes, "work")),
        observed=_observed(seen.anti_join(void, "signal"), kinds),
        left_out=_left_out(works, void),
        void=void,
    )


def _left_out(works: ir.Table, void: ir.Table) -> ir.Table:
    """(reason, works): what was dropped or counts little by its words, and what is on topic and no work."""
    said = works.filter(works.reason.notnull()).group_by("reason").agg(works=ibis._.count())
    fits = void.filter(void.fits)
    return said.union(fits.group_by("reason").agg(works=fits.work.nunique()))


def _timely(signals: ir.Table, as_of: datetime) -> ir.Table:
    """Signals up to `as_of` with their age in days and month number; undated ones keep both unknown."""
    moment = ibis.timestamp(as_of.astimezone(UTC).replace(tzinfo=None))
    at = signals.occurred_at.cast("timestamp")
    dated = signals.mutate(at=at, age=(as_of.timestamp() - at.epoch_seconds()) / DAY_S)
    dated = dated.filter(dated["at"].isnull() | (dated["at"] <= moment))
    return dated.mutate(month=dated["at"].year() * 12 + dated["at"].month())


def _changes(rows: ir.Table) -> ir.Table:
    """One row per person and work they wrote: the best of what several sources tell."""
    written = rows.filter(rows.kind.isin(list(CREDIT)))
    has_author = written.filter(written.kind == "authored").select("work").distinct().mutate(has_author=True)
    written = written.left_join(has_author, "work").drop("work_right")
    # A change whose author is no person (an agent, a bot) is its co-author's own work.
    alone = (written.kind == "co_authored") & written.has_author.isnull()
    return _once(
        written.mutate(weight=written.worth * ibis.ifelse(alone, 1.0, _credit(written.kind, CREDIT)))
    )


def _reviews(rows: ir.Table) -> ir.Table:
    """One row per person and work of somebody else they reviewed, merged, tested or signed off."""
    own = rows.filter(rows.kind.isin(list(CREDIT)))
    acts = rows.filter(rows.kind.isin(list(REVIEW_CREDIT))).anti_join(own, ["person", "work"])
    has_author = own.select("work").distinct().mutate(has_author=True)
    acts = acts.left_join(has_author, "work").drop("work_right")
    # A merge commit names no author: it may be the merger's own change.
    doubt = ibis.ifelse((acts.kind == "merged") & acts.has_author.isnull(), AUTHOR_UNKNOWN, 1.0)
    return _once(acts.mutate(weight=acts.worth * doubt * _credit(acts.kind, REVIEW_CREDIT)))


def _credit(kind: ir.StringValue, credit: Mapping[str, float]) -> ir.FloatingValue:
    return ibis.cases(*((kind == name, share) for name, share in credit.items()), else_=0.0)


def _once(rows: ir.Table) -> ir.Table:
    order = [ibis.desc("standing"), ibis.desc("weight"), ibis.desc("at"), ibis.asc("signal")]
    placed = rows.mutate(place=ibis.row_number().over(group_by=["person", "work"], order_by=order))
    kept = placed.filter(placed.place == 0)
    hearsay = kept.told_by_history & kept.told.isnull()
    return kept.select(
        "person", "work", "signal", "repo", "age", "month", "weight", "standing", hearsay=hearsay
    )


def _papers(seen: ir.Table, works: ir.Table, look: topic.Look, as_of: datetime) -> ir.Table:
    """One row per person and paper: fit × venue × position ÷ √authors × stage; title twins count once."""
    written = seen.filter(seen.kind.isin(list(CREDIT)))
    rows = written.join(works.filter(works.kind == "paper").drop("kind", "repo"), "work")
    rows = rows.mutate(held=rows.venue.re_extract(r"((?:19|20)\d\d)", 1).nullif("").cast("int64"))
    rows = rows.mutate(year=ibis.coalesce(rows.published_on.year(), rows["at"].year(), rows.held))
    rows = rows.mutate(age=_paper_age(rows, as_of), weight=_paper_weight(rows, look))
    rows = rows.filter(rows.age.notnull() & (rows.age >= 0) & (rows.weight > 0))
    order = [ibis.desc("weight"), ibis.asc("age"), ibis.asc("signal")]
    placed = rows.mutate(place=ibis.row_number().over(group_by=["person", "title_key"], order_by=order))
    return placed.filter(placed.place == 0).select("person", "work", "signal", "age", "year", "fit", "weight")


def _paper_age(rows: ir.Table, as_of: datetime) -> ir.FloatingValue:
    """Days since publication; a year alone is read as its first of July, but never as the future."""
    today_s = as_of.timestamp()
    day = rows.published_on.cast("timestamp").epoch_seconds()
    known = (today_s - ibis.coalesce(day, rows["at"].epoch_seconds())) / DAY_S
    july_s = ((rows.held - 1970) * 365.2425 + 181.6) * DAY_S
    guessed = ibis.greatest((today_s - july_s) / DAY_S, ibis.literal(0.0))
    return ibis.coalesce(known, ibis.ifelse(rows.held <= as_of.year, guessed, ibis.null("float64")))


def _paper_weight(rows: ir.Table, look: topic.Look) -> ir.FloatingValue:
    tier = ibis.cases(
        (topic.in_venues(rows.venue, look.venues), TIER_PACK),
        (rows.venue.notnull() & ~rows.venue.re_search("(?i)arxiv|corr"), TIER_OTHER),
        else_=TIER_PREPRINT,
    )
    outer = (rows.position == 1) | (rows.position == rows.of_)
    share = (
        ibis.ifelse(outer.fill_null(False), 1.0, MIDDLE)
        / rows.of_.fill_null(AUTHORS_UNKNOWN).cast("float64").sqrt()
    )
    note = rows.note.fill_null("")
    stage = ibis.cases((note.re_search(_ORAL), 2.0), (note.re_search(_SPOTLIGHT), 1.5), else_=1.0)
    return rows.fit * tier * share * stage * rows.confidence


def _areas(works: ir.Table) -> ir.Table:
    """(work, area): `owner/name/dir/dir` for each folder touched; packaging and documents are no area."""
    touched = works.select("work", "repo", path=works.paths.unnest())
    folder = touched.path.re_replace(r"^(?:src|python|lib|packages)/", "").re_extract(
        r"^([^/.][^/]*(?:/[^/]+)?)/", 1
    )
    areas = touched.mutate(folder=folder)
    areas = areas.filter((areas.folder != "") & ~areas.folder.re_search(r"^docs?(?:/|$)"))
    return areas.select("work", area=areas.repo.fill_null("") + ibis.literal("/") + areas.folder).distinct()


def _observed(seen: ir.Table, kinds: ir.Table) -> ir.Table:
    """What was seen of each person, on topic or not: absence means something only where one has looked."""
    rows = seen.join(kinds, "work")
    code = rows.work_kind.isin(["commit", "pull_request"])
    wrote = rows.kind.isin(list(CREDIT))
    return rows.group_by("person").agg(
        code=(code & wrote).any(),
        paths=(code & wrote & ~rows.bare).any(),
        review=(code & rows.kind.isin(list(REVIEW_CREDIT))).any(),
        papers=((rows.work_kind == "paper") & wrote).any(),
    )
