"""An operator's own files: local git mirrors and bulk paper files, as visits like any other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sourcing.errors import BadInput, NotAllowed
from sourcing.settings import Settings, load_specs, pepper
from spiders.errors import SpiderError
from spiders.records import Cost, Outcome, Page, Task, Visit
from spiders.sandbox import label_for, read_page
from spiders.spec import Reader, SourceSpec, Want, load_reader
from storage import frontier, intake
from storage.engine import Store
from storage.subjects import Keyer, PepperKeyer

FORMATS = ("paperlists", "arxiv-oai", "acl")
DUMPS: Mapping[str, tuple[str, Want, str]] = {
    "orcid": ("orcid_dump", "orcids", "orcid"),
    "kaggle": ("kaggle_dump", "kaggle_accounts", "name"),
}
"""Formats of dumps of people: the source, the store's question for whom it knows, and the field that names them."""
Progress = Callable[[int, int | None], None]
_EVERYBODY = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, in records. pages: pieces the input was cut into. counted: left out on purpose, by reason."""

    what: str
    pages: int
    new: int
    changed: int
    unchanged: int
    suppressed: int
    quarantined: int
    counted: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """Return the whole in one line, saying what was already there."""
        return (
            f"{self.what}: {self.new:,} records new, {self.changed:,} changed, {self.unchanged:,} already there"
            + (f", {self.suppressed:,} suppressed" if self.suppressed else "")
            + (f", {self.quarantined:,} unreadable and left out" if self.quarantined else "")
        )


def git(
    store: Store,
    settings: Settings,
    directory: Path,
    name: str,
    *,
    until: datetime | None,
    now: datetime,
    run: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read a local mirror, never writing into it; one transaction per 2,000 commits, one for tags, one per owner file.

    Owner files are read with all their versions as far as the mirror holds them. until: leave out later commits; the
    history then counts as not read to its end.
    Raises BadInput if the directory is no repository; what came before a bad spot stays.
    """
    from spiders.engines.repository import local_pages
    from spiders.engines.tags import tag_pages
    from spiders.redact import Pepper

    if not directory.is_dir():
        raise BadInput(
            f"{str(directory)!r} is not a directory; give a local clone or bare mirror of the repository"
        )
    spec = load_specs(settings, ["git_history"])[0]
    keyed = Pepper(secret=pepper(settings))
    pages = chain(
        local_pages(directory, name, until=until, pepper=keyed, fetched_at=now),
        tag_pages(directory, name, until=until, pepper=keyed, fetched_at=now),
    )

    def task_of(page: Page, number: int) -> Task:
        params = {"repository": name, "page": number, "sha256": page.sha256}
        return Task(source=spec.name, kind="import", url=page.url, params=params)

    told = _take_all(
        store,
        settings,
        spec,
        pages,
        task_of,
        what=name,
        now=now,
        run=run,
        keep_cursor=until is None,
        progress=progress,
    )
    owners = _owners(store, settings, directory, name, until=until, now=now, run=run)
    return told if owners is None else _together(told, owners)


def _owners(
    store: Store,
    settings: Settings,
    directory: Path,
    name: str,
    *,
    until: datetime | None,
    now: datetime,
    run: str | None,
) -> ImportReport | None:
    """Read the owner and maintainer files of a mirror; None if it holds no trees, so that no file can be told."""
    from spiders import git
    from spiders.clients import ownership
    from spiders.engines.owners import owner_pages
    from spiders.gitrun import head
    from spiders.redact import Pepper

    newest = head(directory)
    if newest is None or not git.has_trees(directory, newest):
        return None
    spec = load_specs(settings, ["owner_files"])[0]
    more = spec.seeds.get("more", {}).get(name, ())
    pages = owner_pages(
        directory,
        name,
        list(dict.fromkeys([*ownership.FILES, *more])),
        until=until,
        pepper=Pepper(secret=pepper(settings)),
        fetched_at=now,
    )

    def task_of(page: Page, number: int) -> Task:
        params = {"repository": name, "page": number, "sha256": page.sha256}
        return Task(source=spec.name, kind="import", url=page.url, params=params)

    return _take_all(store, settings, spec, pages, task_of, what=name, now=now, run=run, keep_cursor=False)


def _together(one: ImportReport, other: ImportReport) -> ImportReport:
    """Return two reports of one thing as one."""
    totals = {
        field: getattr(one, field) + getattr(other, field)
        for field in ("pages", "new", "changed", "unchanged", "suppressed", "quarantined")
    }
    counted = dict(one.counted)
    for reason, times in other.counted.items():
        counted[reason] = counted.get(reason, 0) + times
    return ImportReport(what=one.what, counted=counted, **totals)


def papers(
    store: Store,
    settings: Settings,
    file: Path,
    kind: str,
    *,
    now: datetime,
    run: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read a bulk file of papers; a file that is cut is refused before anything is stored.

    kind: one of FORMATS. Raises BadInput naming the place and what to do.
    """
    from spiders.clients.bulk import pages as cut

    if not file.is_file():
        raise BadInput(f"{str(file)!r} is not a file; give one file of papers")
    spec = load_specs(settings, ["bulk_papers"])[0]

    def task_of(page: Page, number: int) -> Task:
        return Task(source=spec.name, kind=kind, url=page.url, params={"page": number, "sha256": page.sha256})

    pages: Iterable[Page] = cut(file, kind, fetched_at=now)  # type: ignore[arg-type]
    return _take_all(
        store, settings, spec, pages, task_of, what=file.name, now=now, run=run, progress=progress
    )


def people(
    store: Store,
    settings: Settings,
    file: Path,
    kind: str,
    *,
    now: datetime,
    run: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read a dump of people; only those whose number or account the store knows already are read.

    kind: one of DUMPS. Raises NotAllowed until the terms of the source are accepted, BadInput for a file that is cut.
    """
    from spiders.clients.dumps import pages as cut

    name, want, field = DUMPS[kind]
    spec = load_specs(settings, [name])[0]
    if not spec.enabled:
        raise NotAllowed(
            "P21",
            f"source {name!r} is off: read {spec.terms}, then `sourcer source enable {name} --accept-terms`",
        )
    if not file.is_file():
        raise BadInput(f"{str(file)!r} is not a file; give one dump of {kind}")
    with store.read() as tx:
        known = frontier.wanted(tx, want, now=now, ttl_days=1, limit=_EVERYBODY, source=name)
    wanted = frozenset(str(one[field]) for one in known)

    def task_of(page: Page, number: int) -> Task:
        return Task(source=name, kind="import", url=page.url, params={"page": number, "sha256": page.sha256})

    pages: Iterable[Page] = cut(file, kind, wanted, fetched_at=now)  # type: ignore[arg-type]
    return _take_all(
        store, settings, spec, pages, task_of, what=file.name, now=now, run=run, progress=progress
    )


def _take_all(
    store: Store,
    settings: Settings,
    spec: SourceSpec,
    pages: Iterable[Page],
    task_of: Callable[[Page, int], Task],
    *,
    what: str,
    now: datetime,
    run: str | None,
    keep_cursor: bool = True,
    progress: Progress | None = None,
) -> ImportReport:
    reader, keyer = load_reader(spec), PepperKeyer(pepper(settings))
    totals: dict[str, int] = dict.fromkeys(
        ("pages", "new", "changed", "unchanged", "suppressed", "quarantined"), 0
    )
    counted: dict[str, int] = {}
    for number, page in enumerate(_readable(pages, what, totals)):
        visit = _visit(
            spec, reader, task_of(page, number), page, what=what, totals=totals, keep_cursor=keep_cursor
        )
        _take(store, visit, keyer, now=now, run=run, totals=totals)
        for reason, times in visit.counted.items():
            counted[reason] = counted.get(reason, 0) + times
        if progress is not None:
            progress(totals["pages"], None)
    return ImportReport(what=what, counted=counted, **totals)


def _readable(pages: Iterable[Page], what: str, totals: Mapping[str, int]) -> Iterator[Page]:
    try:
        yield from pages
    except SpiderError as error:
        raise BadInput(f"cannot import {what}: {error}{_kept(totals)}") from error


def _visit(
    spec: SourceSpec,
    reader: Reader,
    task: Task,
    page: Page,
    *,
    what: str,
    totals: Mapping[str, int],
    keep_cursor: bool,
) -> Visit:
    label = label_for(spec, reader)
    try:
        reading = read_page(reader, label, task, page)
    except SpiderError as error:
        raise BadInput(f"cannot import {what}: {error}{_kept(totals)}") from error
    return Visit(
        task=task,
        outcome=Outcome.OK,
        at=page.fetched_at,
        page=page,
        records=reading.records,
        cursor=reading.cursor if keep_cursor else {},
        cost=Cost(bytes=len(page.body)),
        quarantined=reading.quarantined,
        counted=reading.counted,
        reader=label.reader,
        terms=spec.terms,
    )


def _take(
    store: Store, visit: Visit, keyer: Keyer, *, now: datetime, run: str | None, totals: dict[str, int]
) -> None:
    with store.begin() as tx:
        taken = intake.take(tx, visit, now=now, run=run, keyer=keyer)
    totals["pages"] += 1
    totals["quarantined"] += len(visit.quarantined)
    for name in ("new", "changed", "unchanged", "suppressed"):
        totals[name] += getattr(taken, name)


def _kept(totals: Mapping[str, int]) -> str:
    stored = totals["new"] + totals["changed"] + totals["unchanged"]
    return (
        f"; the {stored:,} records before it are stored, run it again when mended"
        if stored
        else "; nothing was stored"
    )


def as_detail(report: ImportReport) -> dict[str, Any]:
    """Return a report as a run's detail."""
    return {
        name: getattr(report, name)
        for name in ("what", "pages", "new", "changed", "unchanged", "quarantined")
    }
