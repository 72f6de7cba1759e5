"""The order of the night: lock, crawl, resolve, sweep, rank, summary; each step recorded, safe to run again."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sourcing import crawl, oversight, pings
from sourcing.clock import Clock
from sourcing.crawl.lock import holding
from sourcing.crawl.parent import Child
from sourcing.privacy import due, retention
from sourcing.settings import Settings, load_specs, pepper, require_operator
from spiders.spec import SourceSpec
from storage import halts, known, runs
from storage.engine import Store
from storage.errors import StoreError
from storage.subjects import PepperKeyer

if TYPE_CHECKING:
    from sourcing.resolve import ResolveReport


class Step(StrEnum):
    """The steps of a night, in order."""

    CRAWL = "crawl"
    RESOLVE = "resolve"
    SWEEP = "sweep"
    RANK = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """What a night did. status: done, partial, interrupted. steps: what each reported, by name.

    notes: what went wrong beside it, in sentences.
    """

    run: str
    status: str
    seconds: float
    steps: Mapping[str, Mapping[str, Any]]
    crawl: crawl.CrawlReport | None
    notes: tuple[str, ...] = ()


def run(
    store: Store,
    settings: Settings,
    *,
    now: datetime,
    actor: str,
    steps: Sequence[Step] = tuple(Step),
    child: Child | None = None,
    limits: crawl.Limits | None = None,
    fixed_clock: bool = False,
    begun: str | None = None,
    progress: crawl.parent.Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> NightReport:
    """Do the steps of a night under the crawl's lock. Raises Locked if another run holds it, NotAllowed (P02).

    begun: the run that was begun for it already; None = a new one. Asked to stop, it ends behind the step at hand.
    If a source brought far less than it uses to, nothing is ranked: the last good shortlists stay, the run is partial.
    """
    started = time.monotonic()
    specs = load_specs(settings)
    if Step.CRAWL in steps:
        require_operator(settings)
    keyer = PepperKeyer(pepper(settings))
    with holding(store, settings, now=now) as beat:

        def seen(one: crawl.SourceReport) -> None:
            beat(now + timedelta(seconds=time.monotonic() - started))
            if progress is not None:
                progress(one)

        with store.begin() as tx:
            asked = {"steps": list(steps)}
            name = begun or runs.start(tx, "nightly", now=now, actor=actor, detail=asked)
            detail = dict(runs.get(tx, name).detail)
        details: dict[str, dict[str, Any]] = {}
        crawled: crawl.CrawlReport | None = None
        notes: list[str] = []
        with (
            pings.around(settings, name, say=notes.append) as ended,
            recorded(
                store,
                name,
                clock=lambda: now + timedelta(seconds=time.monotonic() - started),
                tell=lambda tx: _owe(tx, settings, name, now=now),
            ),
        ):
            is_stopped = False
            for step in steps:
                with store.begin() as tx:
                    is_stopped = is_stopped or runs.is_asked_to_stop(tx, name)
                    if is_stopped:
                        break
                    is_off = halts.standing(tx) is not None
                    runs.step(tx, name, step, now=now, status="running")
                say(f"{step} …")
                if step is Step.CRAWL:
                    crawled = crawl.run(
                        store, settings, specs, now=now, run=name, keyer=keyer, child=child,
                        limits=limits, fixed_clock=fixed_clock, progress=seen,
                    )  # fmt: skip
                    details[step] = crawl_detail(crawled)
                    say(crawled.sentence)
                elif step is Step.RESOLVE:
                    from sourcing import facets, resolve  # and with it numpy: a crawl starts without

                    details[step] = resolve_detail(
                        resolve.run(
                            store, now=now, run=name, keyer=keyer, prepare=resolve.preparing(settings)
                        )
                    )
                    details[step]["facets"] = facets.refresh(store, None, roots=settings.roots, now=now)
                    with store.begin() as tx:
                        details[step]["known_elsewhere"] = known.match(tx, keyer)
                    say("{persons:,} people from {identities:,} identities".format(**details[step]))
                elif step is Step.SWEEP:
                    swept = retention.sweep(store, settings, specs, actor=actor, now=now)
                    from sourcing.export import recall  # and with it what leads are made with

                    recall.sweep(store, settings)
                    called = recall.deliver(store, settings, actor=actor, now=now)
                    details[step] = asdict(swept) | {"called_back": called.done, "still_owed": called.owed}
                elif crawled is not None and crawled.collapsed:
                    details[step] = {"specialisms": [], "held": list(crawled.collapsed)}
                    say("ranking held: the last one stays")
                elif is_off:
                    details[step] = {"specialisms": [], "held": [oversight.STOP]}
                    say("the ranking is switched off: nobody is scored")
                else:
                    details[step] = {"specialisms": rank(store, settings, now=now, run=name)}
                    from sourcing.export import events

                    events.ranked(store, settings, name, now=now)
                details[step]["memory_mib"] = _resident_mib()
                status = "partial" if step is Step.CRAWL and crawled and is_partial(crawled) else "done"
                status = "skipped" if details[step].get("held") else status
                with store.begin() as tx:
                    runs.step(tx, name, step, now=now, status=status, detail=details[step])
                is_stopped = crawled is not None and crawled.interrupted
            status = "interrupted" if is_stopped else status_of(crawled) if crawled is not None else "done"
            with store.begin() as tx:
                detail |= {"seconds": round(time.monotonic() - started, 1), **costs_detail(crawled)}
                runs.finish(tx, name, now=now, status=status, detail=detail)
                _owe(tx, settings, name, now=now)
            ended(status)
    try:
        _tell(store, settings, now=now)
    except StoreError as error:  # the night itself is done, and what is owed is told at the next look
        notes.append(f"webhooks were not told: {error}")
    return NightReport(
        run=name,
        status=status,
        seconds=time.monotonic() - started,
        steps=details,
        crawl=crawled,
        notes=tuple(notes),
    )


def rank(
    store: Store, settings: Settings, *, now: datetime, run: str | None, only: str | None = None
) -> list[dict[str, Any]]:
    """Score everybody for every specialism, or for one, from one fresh snapshot; return what each ranking did.

    Raises UnknownName or ConfigError for a specialism before anything is computed, NotAllowed while it is switched off.
    """
    with store.read() as tx:
        oversight.expect_on(tx)
    # numbers, Parquet and Ibis, which only this step needs: a crawl starts without them
    from sourcing.ranking import past, score, specialism
    from storage import rankings, renewal

    slugs = [only] if only is not None else specialism.names(settings.roots)
    wanted = [specialism.load(slug, settings.roots) for slug in slugs]
    directory = settings.home / "snapshots" / f"ranking-{now:%Y%m%dT%H%M%S}"
    renewal.renew(store, directory, as_of=now)
    ranked = score.rank_all(
        store,
        wanted,
        snapshot_dir=directory,
        as_of=now,
        run=run,
        home=settings.home,
        engine=settings.analytics,
    )
    reports = [asdict(report) for report in ranked]
    if run is not None:
        for one in wanted:
            called = score.as_called_now(store, one)
            with store.begin() as tx:
                past.keep(tx, called, run=run, as_of=now, snapshot=directory)
                rankings.sweep(tx, one.slug, settings.ranking.keep_runs)
    _sweep(directory.parent, settings.ranking.keep_snapshots)
    return [{**report, "as_of": report["as_of"].isoformat()} for report in reports]


@contextmanager
def recorded(
    store: Store, run: str, *, clock: Clock, tell: Callable[[Any], None] = lambda _: None
) -> Iterator[None]:
    """Mark a run as failed at that moment if what is inside raises; the error goes on.

    tell: what else is written in the transaction that marks it.
    """
    try:
        yield
    except BaseException as error:
        with store.begin() as tx:
            told = {**runs.get(tx, run).detail, "error": type(error).__name__}
            runs.finish(tx, run, now=clock(), status="failed", detail=told)
            tell(tx)
        raise


def _owe(tx: Any, settings: Settings, run: str, *, now: datetime) -> None:
    """Owe the receiver of webhooks the news that a night finished, however it did."""
    from sourcing.export import events  # late, as all that leads are made with

    events.finished(tx, settings, run, now=now)


def _tell(store: Store, settings: Settings, *, now: datetime) -> None:
    """Tell the receiver of webhooks what it is owed; what it does not take is tried again later."""
    from sourcing.export import events

    events.deliver(store, settings, now=now)


def is_partial(report: crawl.CrawlReport) -> bool:
    """Return whether a source did not do all it should have."""
    return any(one.is_partial for one in report.sources)


def status_of(report: crawl.CrawlReport) -> str:
    """Return how a crawl ended, in the words of a run."""
    if report.interrupted:
        return "interrupted"
    return "partial" if is_partial(report) else "done"


def crawl_detail(report: crawl.CrawlReport) -> dict[str, Any]:
    """Return a crawl as a run's detail."""
    sources = [
        {name: value for name, value in asdict(one).items() if name != "kinds"} for one in report.sources
    ]
    planned = None if report.planned is None else asdict(report.planned)
    return {
        "sentence": report.sentence, "seconds": round(report.seconds, 1), "sources": sources, "planned": planned
    }  # fmt: skip


def costs_detail(report: crawl.CrawlReport | None) -> dict[str, Any]:
    """Return what later plans learn from a crawl, as part of a run's detail."""
    return {} if report is None else {"costs": crawl.as_detail(report.pasts)}


def resolve_detail(report: "ResolveReport") -> dict[str, Any]:
    """Return a resolving as a run's detail."""
    table = asdict(report)
    return {name: value for name, value in table.items() if name != "run"}


def _resident_mib() -> int | None:
    """Return the memory this process holds, MiB, for the run's record; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _sweep(directory: Path, most: int) -> None:
    """Keep the newest snapshots: they are a cache, deleting them is always safe."""
    import shutil

    old = sorted(path for path in directory.glob("ranking-*") if path.is_dir())[:-most]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)


def select(specs: Sequence[SourceSpec], names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all enabled ones."""
    return (
        [spec for spec in specs if spec.name in names] if names else [spec for spec in specs if spec.enabled]
    )


def summary(report: NightReport) -> str:
    """Return a night in words: sources, people, rankings, and what a person should look at. No names."""
    lines = [f"{report.run}: {report.status}, {report.seconds:.0f} s"]
    if report.crawl is not None:
        lines.append(f"  {report.crawl.sentence}")
        if (planned := report.crawl.planned) is not None:
            lines.append(f"  planned: {planned.requests:,.0f} requests, {planned.points:,.0f} points")
        for one in report.crawl.sources:
            ended = f", stopped: {one.stopped}" if one.stopped else ""
            lines.append(
                f"  {one.source:<18} {one.requests:>5,} requests {one.points:>5,} points {one.bytes / 1e6:>7.1f} MB "
                f"{one.seconds:>5.0f} s {one.not_modified:>5,} not modified "
                f"{one.new:>7,} new {one.changed:>6,} changed {one.errors:>3,} errors{ended}"
            )
    resolved = report.steps.get(Step.RESOLVE)
    if resolved is not None:
        lines.append(
            "  {persons:,} people from {identities:,} identities, {unsure:,} pairs to review".format(
                **resolved
            )
        )
    if (swept := report.steps.get(Step.SWEEP)) is not None:
        seen = sum(one.suppressed for one in report.crawl.sources) if report.crawl is not None else 0
        lines.append(
            "  rights: {seen:,} records of suppressed people left out, {forgotten:,} people forgotten, {hidden:,} "
            "hidden, {overdue:,} not told in time; due in {days} business days: {notices_due:,} notices, "
            "{requests_due:,} requests".format(
                **swept,
                seen=seen,
                forgotten=swept["erasures"] + swept["expired"],
                days=due.SOON_BUSINESS_DAYS,
            )
        )
    if held := report.steps.get(Step.RANK, {}).get("held"):
        off = "switched off, `sourcer rank resume` ends that"
        why = off if held == [oversight.STOP] else "held: the shortlists of the last good run stay"
        lines.append(f"  ranking {why}")
    ranked = report.steps.get(Step.RANK, {}).get("specialisms", [])
    lines += ["  {specialism}: {scored:,} scored, {listed:,} listed".format(**one) for one in ranked]
    details = [one.detail for one in report.crawl.sources if one.detail] if report.crawl is not None else []
    details += report.notes
    return "".join(f"{line}\n" for line in [*lines, *(f"  look: {detail}" for detail in details)])
