"""What a crawl did: per source and as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from sourcing.crawl.advice import look, stopped
from sourcing.crawl.costs import KindCost, SourcePast, Tally
from sourcing.crawl.forecast import Expected
from spiders.records import Gone, Outcome, Signal, Visit
from spiders.spec import SourceSpec
from storage.intake import Taken

JUDGED_MIN = 20  # shares below so many records say nothing
_NIGHTS_MIN = 3  # of asking what is new, before a quiet night is told from a broken one
_WORKS_MIN = 10
_AUTHORED_SHARE = 0.5  # of the works a source told of came with somebody who did them


@dataclass(slots=True, kw_only=True)
class SourceReport:
    """What one source did. unchanged: records already known. not_modified: answers the source did not repeat.

    stopped: why it did not finish (`budget`, `time`, `limited`, `refused`, `credentials`, `crashed`, `interrupted`).
    missing: answers that there is no such thing. waiting: tasks still due.
    known: the source was read before, so this run only asks for what is new.
    points: in the source's own currency. seconds: from its first question to its last answer, all passes together.
    kinds: what each kind of question cost and brought. collapsed: what it brings far less of than usual, in a sentence.
    """

    source: str
    visits: int = 0
    requests: int = 0
    points: int = 0
    bytes: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    not_modified: int = 0
    suppressed: int = 0
    limited: int = 0
    errors: int = 0
    quarantined: int = 0
    records: int = 0
    signals: int = 0
    gone: int = 0
    missing: int = 0
    seconds: float = 0.0
    waiting: int = 0
    known: bool = False
    stopped: str | None = None
    detail: str | None = None
    collapsed: str | None = None
    kinds: dict[str, KindCost] = field(default_factory=dict)

    def add(self, visit: Visit, taken: Taken) -> None:
        """Count one visit that is in the store."""
        self.visits += 1
        self.requests += visit.cost.requests
        self.points += visit.cost.points
        self.bytes += visit.cost.bytes
        self.new += taken.new
        self.changed += taken.changed
        self.unchanged += taken.unchanged
        self.suppressed += taken.suppressed
        self.quarantined += len(visit.quarantined)
        self.records += len(visit.records)
        self.signals += sum(isinstance(record, Signal) for record in visit.records)
        self.gone += sum(isinstance(record, Gone) for record in visit.records)
        self.missing += visit.outcome is Outcome.GONE
        self.kinds.setdefault(visit.task.kind, KindCost()).add(visit)

    @property
    def words(self) -> str | None:
        """Return what a person should know of this run, in a sentence; None if all went well."""
        if self.detail is not None or self.stopped is None:
            return self.detail
        return stopped(self.source, self.stopped, self.waiting)

    @property
    def is_partial(self) -> bool:
        """Return whether a person should look before this run is trusted."""
        return self.detail is not None or self.errors > 0 or self.stopped is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlReport:
    """What a crawl did, by source name."""

    sources: tuple[SourceReport, ...]
    seconds: float
    interrupted: bool = False
    planned: Expected | None = None

    @property
    def collapsed(self) -> tuple[str, ...]:
        """Return what brings far less than usual, a sentence a source: nothing is published from such a run."""
        return tuple(one.collapsed for one in self.sources if one.collapsed is not None)

    @property
    def pasts(self) -> dict[str, SourcePast]:
        """Return what later runs learn from this one, by source."""
        return {
            one.source: SourcePast(
                known=one.known,
                is_good=one.stopped is None and one.collapsed is None,
                seconds=one.seconds,
                kinds=one.kinds,
            )
            for one in self.sources
            if one.visits or one.known  # that nothing was to be asked tonight is learned from as well
        }

    @property
    def sentence(self) -> str:
        """Return the whole in one line, saying whether it was incremental."""
        new, changed = (sum(getattr(one, name) for one in self.sources) for name in ("new", "changed"))
        asked, points, same = (
            sum(getattr(one, name) for one in self.sources) for name in ("requests", "points", "not_modified")
        )
        kind = "incremental" if any(one.known for one in self.sources) else "first"
        return (
            f"{kind} run: {asked:,} requests, {points:,} points, {same:,} answers not modified, {new:,} records new, "
            f"{changed:,} changed, {self.seconds:.0f} s"
        )


def unbelievable(spec: SourceSpec, report: SourceReport) -> str | None:
    """Return why a run lies outside what its source expects; None if it does not."""
    if report.visits and report.missing == report.visits and spec.hosts and not report.known:
        hosts = ", ".join(spec.hosts)
        return (
            f"source {spec.name!r}: nothing it asked for was found: check that {hosts} can be reached from here, "
            "and the addresses in its seeds"
        )
    read = report.records + report.quarantined
    if read >= JUDGED_MIN and report.quarantined / read > spec.expect.unreadable_max:
        return (
            f"source {spec.name!r}: {report.quarantined} of {read} records were unreadable: {look(spec.name)}"
        )
    if read >= JUDGED_MIN and report.gone / read > spec.expect.vanished_max:
        return f"source {spec.name!r}: {report.gone} of {read} records vanished: see `sourcer crawl held`"
    if not report.known and report.stopped is None and report.signals < spec.expect.signals_min:
        least = spec.expect.signals_min
        few = f"{report.signals} signals, expected {least} or more on a first run"
        return f"source {spec.name!r}: {few}: check its seeds, then {look(spec.name)}"
    return None


def collapsed(spec: SourceSpec, report: SourceReport, runs: Sequence[SourcePast]) -> str | None:
    """Return how a source brings far less than in its last good runs, in a sentence; None if it does not.

    Works without anybody who did them; or a page that lost most of what it said, beyond `drop_max` of `[expect]`.
    Questions that only want what is new are judged by the quietest of at least three good runs.
    """
    good = [one for one in runs if one.is_good]
    share = 1 - spec.expect.drop_max
    if not good or share <= 0:
        return None
    for kind, cost in sorted(report.kinds.items()):
        before = [one.kinds[kind] for one in good if kind in one.kinds]
        whole = [one.new.join(one.again) for one in before]
        lost = _without_people(cost.all, [one.all for one in before]) or _fewer(cost.again, whole, share)
        if lost is None and sum(one.since.pages > 0 for one in before) >= _NIGHTS_MIN:
            lost = _fewer(cost.since, [one.since for one in before], share)
        if lost is not None:
            return (
                f"source {spec.name!r}: {lost} of kind {kind!r}: nothing is published from this run; look at the "
                "source, or set expect.drop_max = 1 for it if it is so"
            )
    return None


def _without_people(now: Tally, before: Sequence[Tally]) -> str | None:
    usual = reduce(Tally.join, before, Tally())
    if (
        now.works < _WORKS_MIN
        or now.identities
        or now.signals
        or usual.signals < _AUTHORED_SHARE * usual.works
    ):
        return None
    return f"{now.works} works and nobody who did them" if usual.signals else None


def _fewer(now: Tally, before: Sequence[Tally], share: float) -> str | None:
    for what in ("identities", "signals"):
        rates = [getattr(one, what) / one.pages for one in before if one.pages]
        least = min(rates, default=0.0) * now.pages
        found = getattr(now, what)
        if least >= JUDGED_MIN and found < share * least:
            return f"{found} {what} on {now.pages} pages where {least:.0f} or more are usual"
    return None
