"""Archived pages read again by readers that are newer than the ones that read them; nobody is asked anything."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from sourcing.settings import Settings
from spiders.archive import Archive, Slip
from spiders.engines.turn import permitted
from spiders.errors import SpiderError
from spiders.records import Outcome, Visit
from spiders.sandbox import Label, Worker, label_for
from spiders.spec import SourceSpec, load_reader
from storage import reread
from storage.engine import Store
from storage.reread import Read
from storage.subjects import Keyer

_Rows = Mapping[tuple[str, str | None, datetime], Read]


@dataclass(slots=True, kw_only=True)
class Reread:
    """What reading a source's pages again did. reader: the newer one. pages: read.

    before, after: facts that stood on these pages, and those new or changed in their place. named: questions not known
    before. unreadable: pages the newer reader cannot read; what was read of them stays. lost: visits whose page is no
    longer kept. detail: why the last unreadable page is.
    """

    source: str
    reader: str
    pages: int = 0
    before: int = 0
    after: int = 0
    named: int = 0
    suppressed: int = 0
    quarantined: int = 0
    unreadable: int = 0
    lost: int = 0
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class Rereading:
    """One pass over the kept pages. The caller holds the crawl lock. name: of the run. is_trial: nothing changes."""

    store: Store
    settings: Settings
    now: datetime
    name: str | None
    keyer: Keyer
    is_trial: bool = False
    progress: Callable[[Reread], None] = field(default=lambda _: None)

    def source(self, spec: SourceSpec) -> Reread:
        """Read the pages of a source that an older version of its reader has read; one transaction a moment.

        Cut short, the next call goes on: what is done is known by its reader. In the sandbox, without a request.
        """
        reader = load_reader(spec)
        label, archive = label_for(spec, reader), Archive(self.settings.home)
        report = Reread(source=spec.name, reader=label.reader)
        with self.store.read() as tx:
            others = reread.by_others(tx, spec.name, reader=label.reader)
        rows = {
            (one.task, one.page, one.fetched_at): one for one in others if is_older(one.reader, label.reader)
        }
        slips = [one for one in archive.slips(spec.name) if is_older(one.reader, label.reader)]
        report.lost = len(rows.keys() - {_place(one) for one in slips})
        slips.sort(key=lambda one: (one.page.fetched_at, one.task.key), reverse=True)
        worker = Worker(getattr(reader, "__name__", f"spiders.sources.{spec.reader}"), label)
        try:
            for _, moment in groupby(slips, key=lambda one: one.page.fetched_at):
                self._moment(archive, spec, worker, label, list(moment), rows, report)
                self.progress(report)
        finally:
            worker.close()
        return report

    def _moment(
        self, archive: Archive, spec: SourceSpec, worker: Worker, label: Label, slips: Sequence[Slip], rows: _Rows,
        report: Reread,
    ) -> None:  # fmt: skip
        """Read the pages of one moment and put what they say in the place of what was said."""
        read: list[tuple[Slip, Visit]] = []
        for slip in slips:
            body = archive.find(slip.page.sha256)
            if body is None:
                report.lost += 1
                continue
            try:
                read.append((slip, _visit(spec, worker, label, slip, body)))
            except SpiderError as error:
                report.unreadable += 1
                what = f"source {spec.name!r}: {slip.task.url}: {error}"
                report.detail = f"{what}; what it said before stands; mend the reader, then read again"
        if not read:
            return
        known = [
            (row.key if (row := rows.get(_place(slip))) is not None else None, one) for slip, one in read
        ]
        with suppress(_Undone), self.store.begin() as tx:
            before, taken = reread.replace(tx, known, now=self.now, run=self.name, keyer=self.keyer)
            report.pages += len(read)
            report.before += before
            report.after += taken.new + taken.changed
            report.named += taken.tasks
            report.suppressed += taken.suppressed
            report.quarantined += sum(len(one.quarantined) for _, one in read)
            if self.is_trial:
                raise _Undone
        for slip, one in read if not self.is_trial else ():
            archive.note(replace(slip, reader=one.reader))


class _Undone(Exception):
    """The transaction is undone: it was only to be known what it would do."""


def is_older(reader: str, newest: str) -> bool:
    """Return whether a page was read by another reader than the newest, or by an earlier version of it."""
    module, _, version = reader.partition("@")
    now, _, latest = newest.partition("@")
    return module != now or not version.isdigit() or int(version) < int(latest)


def _place(slip: Slip) -> tuple[str, str | None, datetime]:
    return slip.task.key, slip.page.sha256, slip.page.fetched_at


def _visit(spec: SourceSpec, worker: Worker, label: Label, slip: Slip, body: bytes) -> Visit:
    """Return what the newer reader makes of a page. Raises SpiderError if it cannot read it."""
    reading = worker.read(slip.task, replace(slip.page, body=body))
    tasks, dropped = permitted(spec, slip.task, reading.tasks)
    return Visit(
        task=slip.task, outcome=Outcome.OK, at=slip.page.fetched_at, page=slip.page, records=reading.records,
        tasks=tasks, cursor=reading.cursor, quarantined=reading.quarantined, counted={**reading.counted, **dropped},
        reader=label.reader, terms=label.terms,
    )  # fmt: skip
