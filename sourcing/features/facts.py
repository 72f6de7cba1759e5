"""From a ranking snapshot to the facts of many looks at once: who did what, how well it fits, how long ago.

What earns credit, and how much, is decided here once for all features:
- a work counts once per person, however many sources tell of it;
- what is padded, back-dated, forged or farmed counts nothing (see `genuine`);
- a change without a believable date places nobody in time and is left out;
- ages count from the Monday that began the week, so that in a week only new evidence moves a score.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.analytics.engine import HERE, Analytics, connect
from sourcing.features import genuine, listings, numbers, terms, topic
from sourcing.features.base import CREDIT, REVIEW_CREDIT, Basis, Facts
from sourcing.features.begun import Began, Files, begun
from sourcing.features.deeds import deeds
from sourcing.features.fits import Fits
from sourcing.features.others import Apart, Others, digest
from sourcing.features.papers import papers
from storage import renewal

AUTHOR_UNKNOWN = 0.5  # what merging a change counts when nobody says whose it was
DAY_S = 86_400.0
CODE = ("commit", "pull_request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: who fits this look, by what was public at this moment."""

    look: topic.Look
    as_of: datetime


@contextmanager
def snapshot(
    directory: Path, *, spill: Path, engine: Analytics = HERE
) -> Iterator[tuple[ir.Table, ir.Table]]:
    """Open a ranking snapshot; yields (signals, documents). Everything derived must be read before leaving.

    spill: where DuckDB may put what does not fit in its memory; made when needed.
    """
    with opened(directory, spill=spill, engine=engine) as (signals, works):
        yield signals, topic.documents(works)


@contextmanager
def opened(directory: Path, *, spill: Path, engine: Analytics = HERE) -> Iterator[tuple[ir.Table, ir.Table]]:
    """Open a ranking snapshot as `snapshot` does; yields (signals, works)."""
    with warnings.catch_warnings():
        # Ibis 12 calls a method that DuckDB 2.0 calls deprecated; drop when Ibis follows.
        warnings.filterwarnings("ignore", message="fetch_arrow_table", category=DeprecationWarning)
        connection = connect(engine, spill=spill)
        signals = _read(connection, directory, "signals")
        if "said_of" not in signals.columns:  # a file made without a store names every work once
            signals = signals.mutate(said_of=signals.work)
        yield signals, _read(connection, directory, "works")


def _read(connection: ibis.BaseBackend, directory: Path, name: str) -> ir.Table:
    """Return the rows of a set of files: the first file's, but for those that a later one holds anew."""
    first = connection.read_parquet(directory / f"{name}.parquet")
    parts = renewal.parts(directory, name)
    if not parts:
        return first
    key, alive = renewal.KEYS[name]
    told = ibis.union(*(connection.read_parquet(path).mutate(part=place) for place, path in enumerate(parts)))
    nth = ibis.row_number().over(group_by=key, order_by=ibis.desc("part"))
    newest = told.mutate(nth=nth).filter(ibis._.nth == 0).drop("nth", "part").cache()
    return first.anti_join(newest, key).union(newest.filter(newest[alive].notnull()))


def monday(as_of: datetime) -> datetime:
    """Return the Monday 00:00 UTC that began the week of a moment: ages count from it."""
    day = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def gather(
    signals: ir.Table,
    docs: ir.Table,
    asked: Sequence[Asked],
    *,
    fits: Fits | None = None,
    apart: Apart | None = None,
) -> Facts:
    """Return the facts of every look at its moment, `spec` being its place in `asked`. One pass, however many.

    fits: kept from nights before; None matches everything. apart: what is known of people who are not among these
    signals, or not with all of theirs: facts are those of the people who are.
    """
    looks = [one.look for one in asked]
    moments, specs = _moments(asked)
    signals, bare, names = numbers.numbered(genuine.told(signals), docs.drop("head", "body").cache())
    signals, bare = signals.mutate(at=signals.occurred_at.cast("timestamp")).cache(), bare.cache()
    others = None if apart is None else Others.of(apart, names, bare)
    if fits is None:
        matched = topic.matched(bare, docs, looks).cache()
    else:
        matched = fits.of(bare, docs, looks, is_whole=apart is None)
    works = topic.described(bare, matched).cache()
    docs = bare
    fitting = works.filter(works.fit > 0)
    kinds = docs.select(
        "work", work_kind=docs.kind, repo=docs.repo.fill_null(""), bare=docs.paths.length().fill_null(0) == 0
    ).cache()
    seen = signals.inner_join(kinds, "work")
    code = seen.filter(seen.work_kind.isin(list(CODE)))
    within = _within(asked, moments, looks)
    watched = frozenset[str]().union(*(look.watched for look in looks))
    judged = genuine.judge(code, docs, within, watched, others=others)
    named = sorted({repo for look in looks for repo in (*look.watched, *look.repositories, *look.shared)})
    written = _written(judged.rows).cache()
    rows = _credited(
        judged.rows.mutate(is_named=judged.rows.repo.isin(named) if named else ibis.literal(False)), written
    )
    counted = _counted(rows, fitting, specs, judged.copies, looks).cache()
    changes = _once(counted.filter(counted.kind.isin(list(CREDIT)))).cache()
    own = counted.filter(counted.kind.isin(list(CREDIT))).select("spec", "person", "work").distinct()
    acts = counted.filter(counted.kind.isin(list(REVIEW_CREDIT))).anti_join(own, ["spec", "person", "work"])
    void = _void(rows).cache()
    basis = _basis(judged, written, Began.of(changes, fitting), docs, others, apart)
    return Facts(
        changes=begun(changes, _begun_by(basis, docs)).cache(),
        reviews=_once(acts).cache(),
        papers=papers(
            seen.filter(seen.work_kind == "paper"), fitting, specs, listings.venues(docs, looks)
        ).cache(),
        deeds=deeds(seen, fitting, specs).cache(),
        areas=_areas(docs.semi_join(changes, "work")).cache(),
        observed=_observed(rows, seen, moments).cache(),
        moments=specs.select("spec", "moment"),
        left_out=_left_out(works, judged.rows, fitting, specs),
        void=void,
        fits=fitting,
        signals=signals,
        docs=docs,
        names=names,
        basis=basis,
    )


def _basis(
    judged: genuine.Judged,
    written: ir.Table,
    began: Began,
    docs: ir.Table,
    others: Others | None,
    apart: Apart | None,
) -> Basis:
    if apart is None:
        return Basis(pairs=judged.pairs, written=written, began=began)
    files, moved = apart.files.with_(Files.of(began, docs), apart.works)
    return Basis(
        pairs=judged.pairs, written=written, began=began, others=others, files=files, moved=moved
    )  # fmt: skip


def _begun_by(basis: Basis, docs: ir.Table) -> ir.Table:
    """(spec, work, begun) of works at hand that began files."""
    if basis.files is None:
        return basis.began.counts()
    counts = ibis.memtable(basis.files.counts().rename_columns(["spec", "key", "begun"]))
    named = docs.select("work", key=digest(docs.id))
    return counts.inner_join(named, "key").select("spec", "work", "begun")


def _moments(asked: Sequence[Asked]) -> tuple[ir.Table, ir.Table]:
    """Return (moment, as_of) of the distinct moments, and (spec, moment, as_of, monday) of every look."""
    distinct = sorted({one.as_of.astimezone(UTC) for one in asked})
    places = {as_of: moment for moment, as_of in enumerate(distinct)}
    when = pa.timestamp("us")
    bare = {as_of: as_of.replace(tzinfo=None) for as_of in distinct}
    moments = [(moment, bare[as_of]) for moment, as_of in enumerate(distinct)]
    specs = []
    for spec, one in enumerate(asked):
        as_of = one.as_of.astimezone(UTC)
        specs.append((spec, places[as_of], bare[as_of], monday(as_of).replace(tzinfo=None)))
    return (
        terms.table({"moment": pa.int32(), "as_of": when}, moments),
        terms.table({"spec": pa.int32(), "moment": pa.int32(), "as_of": when, "monday": when}, specs),
    )


def _within(asked: Sequence[Asked], moments: ir.Table, looks: Sequence[topic.Look]) -> ir.Table:
    """Return (moment, as_of), with `repo` where looks can take nothing outside some repositories at a moment.

    A hundred questions at a hundred moments about one repository each cost that repository a few times, not all.
    """
    reach = listings.reach(looks)
    if reach is None:
        return moments
    distinct = sorted({one.as_of.astimezone(UTC) for one in asked})
    pairs = {
        (distinct.index(one.as_of.astimezone(UTC)), repo)
        for one, repos in zip(asked, reach, strict=True)
        for repo in repos
    }
    return terms.table({"moment": pa.int32(), "repo": pa.string()}, sorted(pairs)).inner_join(
        moments, "moment"
    )


def _written(rows: ir.Table) -> ir.Table:
    """(moment, work, is_open): works that somebody wrote; is_open: where it counts by its repository's contributors."""
    written = rows.filter(
        rows.kind == "authored", rows.reason.isnull(), rows["at"].notnull(), rows.confidence > 0
    )
    return written.group_by("moment", "work").agg(is_open=(written.others > 0).any())


def _credited(rows: ir.Table, written: ir.Table) -> ir.Table:
    """Add whether somebody wrote a work, where its repository is listed, and where it counts by its contributors."""
    authors = written.mutate(is_written=True)
    rows = rows.left_join(authors, ["moment", "work"]).drop("moment_right", "work_right")
    return rows.mutate(is_open=rows.is_open.fill_null(False), is_written=rows.is_written.notnull())


def _counted(
    rows: ir.Table, fitting: ir.Table, specs: ir.Table, copies: ir.Table, looks: Sequence[topic.Look]
) -> ir.Table:
    """Return (spec, …): the code signals that count for each look, with weight, standing and age."""
    files = fitting.paths.length().fill_null(0)
    wanted = fitting.select("spec", "work", "fit", "count", "listed", files=files).inner_join(specs, "spec")
    rows = rows.filter(rows.reason.isnull(), rows["at"].notnull(), rows.confidence > 0)
    rows = rows.inner_join(wanted, ["moment", "work"])
    rows = rows.filter(rows.listed | (rows.others > 0))
    rows = _chosen(rows, copies, looks)
    has_author = ibis.ifelse(rows.listed, rows.is_written, rows.is_open)
    credit = ibis.cases(
        # A change whose author is no person (an agent, a bot) is its co-author's own work.
        ((rows.kind == "co_authored") & ~has_author, 1.0),
        # A merge commit names no author: it may be the merger's own change.
        ((rows.kind == "merged") & ~has_author, AUTHOR_UNKNOWN),
        *((rows.kind == kind, share) for kind, share in {**CREDIT, **REVIEW_CREDIT}.items()),
        else_=0.0,
    )
    age = ibis.greatest((rows.monday.epoch_seconds() - rows["at"].epoch_seconds()) / DAY_S, ibis.literal(0.0))
    return rows.select(
        "spec", "person", "work", "signal", "kind", "repo", "at", "files",
        age=age,
        month=rows["at"].year() * 12 + rows["at"].month(),
        whole=rows.fit * rows["count"] * rows.confidence,
        weight=rows.fit * rows["count"] * rows.confidence * credit,
        standing=ibis.ifelse(rows.listed, 1.0, rows.standing),
        hearsay=rows.told_by_history & rows.told.isnull(),
    )  # fmt: skip


def _chosen(rows: ir.Table, copies: ir.Table, looks: Sequence[topic.Look]) -> ir.Table:
    """Keep one of several copies of a commit: the first in a repository that the look lists, else the first."""
    listing = listings.repositories(looks).select("spec", "repo").distinct()
    taken = copies.inner_join(listing, "repo").group_by("spec", "person", "kind", "commit").agg(
        taken=ibis._.place.min()
    )  # fmt: skip
    keys = ["spec", "person", "kind", "commit"]
    rows = rows.left_join(taken, keys).drop(*(f"{key}_right" for key in keys))
    return rows.filter(rows.place == rows.taken.fill_null(0))


def _once(rows: ir.Table) -> ir.Table:
    """One row per look, person and work: the best of what several sources tell."""
    order = [ibis.desc("standing"), ibis.desc("weight"), ibis.desc("at"), ibis.asc("signal")]
    placed = rows.mutate(nth=ibis.row_number().over(group_by=["spec", "person", "work"], order_by=order))
    return placed.filter(placed.nth == 0).select(
        "spec",
        "person",
        "work",
        "signal",
        "repo",
        "at",
        "files",
        "age",
        "month",
        "whole",
        "weight",
        "standing",
        "hearsay",
    )


def _void(rows: ir.Table) -> ir.Table:
    """Code signals that count nowhere, with the reason; a project that some look lists is nobody's own."""
    closed = rows.reason.isnull() & ~rows.is_named & (rows.others == 0)
    rows = rows.mutate(reason=ibis.ifelse(closed, "closed", rows.reason))
    rows = rows.filter(rows.reason.notnull(), rows.place == 0)
    return rows.select("moment", "person", "signal", "kind", "work", "at", "own", "told_by_history", "reason")


def _left_out(works: ir.Table, rows: ir.Table, fitting: ir.Table, specs: ir.Table) -> ir.Table:
    """(spec, reason, work): what was dropped or counts little by its words, and what is on topic and no work."""
    said = works.filter(works.reason.notnull()).select("spec", "reason", "work")
    idle = rows.filter(rows.reason.notnull() | (rows.others == 0), rows.place == 0)
    wanted = fitting.select("spec", "work", "listed").inner_join(specs.select("spec", "moment"), "spec")
    idle = idle.inner_join(wanted, ["moment", "work"])
    idle = idle.filter(idle.reason.notnull() | ~idle.listed).mutate(reason=idle.reason.fill_null("closed"))
    return said.union(idle.select("spec", "reason", "work").distinct())


def _areas(docs: ir.Table) -> ir.Table:
    """(work, area): `owner/name/dir/dir` for each folder touched; packaging and documents are no area."""
    touched = docs.select("work", "repo", path=docs.paths.unnest())
    folder = touched.path.re_replace(r"^(?:src|python|lib|packages)/", "").re_extract(
        r"^([^/.][^/]*(?:/[^/]+)?)/", 1
    )
    areas = touched.mutate(folder=folder)
    areas = areas.filter((areas.folder != "") & ~areas.folder.re_search(r"^docs?(?:/|$)"))
    return areas.select("work", area=areas.repo.fill_null("") + ibis.literal("/") + areas.folder).distinct()


def _observed(rows: ir.Table, seen: ir.Table, moments: ir.Table) -> ir.Table:
    """What was seen of each person, on topic or not: absence means something only where one has looked."""
    code = rows.filter(rows.reason.isnull(), rows.is_named | (rows.others > 0))
    wrote = code.kind.isin(list(CREDIT))
    code = code.select(
        "moment", "person", code=wrote, paths=wrote & ~code.bare, review=code.kind.isin(list(REVIEW_CREDIT)),
        papers=ibis.literal(False),
    )  # fmt: skip
    papers = seen.filter(seen.work_kind == "paper", seen.kind.isin(list(CREDIT)))
    papers = papers.cross_join(moments).filter(papers["at"].isnull() | (papers["at"] <= moments.as_of))
    no = ibis.literal(False)
    papers = papers.select(
        "moment", "person", code=no, paths=no, review=no, papers=ibis.literal(True)
    ).distinct()
    both = code.union(papers)
    return both.group_by("moment", "person").agg(
        code=both.code.any(), paths=both.paths.any(), review=both.review.any(), papers=both.papers.any()
    )
