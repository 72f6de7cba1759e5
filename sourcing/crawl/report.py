"""What a crawl may use, and what it did: per source and as a whole."""

from dataclasses import dataclass

from spiders.records import Gone, Outcome, Signal, Visit
from spiders.spec import SourceSpec
from storage.intake import Taken

JUDGED_MIN = 20  # shares below so many records say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. requests: per source, on top of the source's own limit. seconds: wall time."""

    requests: int | None = None
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class SourceReport:
    """What one source did. unchanged: records already known. not_modified: answers the source did not repeat.

    stopped: why it did not finish (`budget`, `time`, `limited`, `refused`, `credentials`, `crashed`, `interrupted`).
    missing: answers that there is no such thing. waiting: tasks still due.
    known: the source was read before, so this run only asks for what is new.
    """

    source: str
    visits: int = 0
    requests: int = 0
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

    def add(self, visit: Visit, taken: Taken) -> None:
        """Count one visit that is in the store."""
        self.visits += 1
        self.requests += visit.cost.requests
        self.seconds += visit.cost.seconds
        self.new += taken.new
        self.changed += taken.changed
        self.unchanged += taken.unchanged
        self.suppressed += taken.suppressed
        self.quarantined += len(visit.quarantined)
        self.records += len(visit.records)
        self.signals += sum(isinstance(record, Signal) for record in visit.records)
        self.gone += sum(isinstance(record, Gone) for record in visit.records)
        self.missing += visit.outcome is Outcome.GONE

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

    @property
    def sentence(self) -> str:
        """Return the whole in one line, saying whether it was incremental."""
        new, changed = (sum(getattr(one, name) for one in self.sources) for name in ("new", "changed"))
        asked, same = (
            sum(getattr(one, name) for one in self.sources) for name in ("requests", "not_modified")
        )
        kind = "incremental" if any(one.known for one in self.sources) else "first"
        return (
            f"{kind} run: {asked:,} requests, {same:,} answers not modified, {new:,} records new, "
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
        return f"source {spec.name!r}: {report.quarantined} of {read} records were unreadable: look at the source"
    if read >= JUDGED_MIN and report.gone / read > spec.expect.vanished_max:
        return f"source {spec.name!r}: {report.gone} of {read} records vanished: look before believing it"
    if not report.known and report.stopped is None and report.signals < spec.expect.signals_min:
        least = spec.expect.signals_min
        return f"source {spec.name!r}: {report.signals} signals, expected {least} or more on a first run"
    return None
