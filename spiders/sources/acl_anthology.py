"""The ACL Anthology: papers of natural language processing, with authors the Anthology itself keeps apart.

Source: https://github.com/acl-org/acl-anthology, `data/xml/YEAR.VENUE.xml` (read 2026-11)
Yields: Work, Identity per author (the Anthology's own where it names one, with ORCID), Signal (authored), Gone
Cursor: the last commit read; later nights bring only the collections that changed
"""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import anthology, listings, markup, papers
from spiders.clients.listings import File, Listing
from spiders.errors import SourceChanged
from spiders.records import Counted, Gone, Page, Quarantined, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({listings.PAGE, "application/xml"})

_REPOSITORY: Final = "acl-org/acl-anthology"
_AT_ONCE: Final = (
    500  # papers a visit: some 7,000 records in one transaction; the largest collections have 2,000
)


class Seeds(BaseModel, extra="forbid"):
    """since: the first year whose collections are read."""

    since: int = Field(default=2023, ge=2020, le=2089)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question: which collections changed."""
    files = patterns(seeds.since)
    yield listings.task(_REPOSITORY, files, cursor.get(listings.key(_REPOSITORY, files)))


def patterns(since: int) -> tuple[str, ...]:
    """Return the files of all collections from a year on; the year stands first in the name since 2020."""
    tens, ones = divmod(since % 100, 10)
    first = f"data/xml/20{tens}[{ones}-9].*.xml"
    return (first, f"data/xml/20[{tens + 1}-9][0-9].*.xml")


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield a task per changed collection, or the papers of one."""
    if page.media_type == listings.PAGE:
        listing = listings.read(page)
        for file in listing.files:
            yield from _asked(task, listing, file)
        yield from listings.onward(task, listing)
        return
    root = markup.xml(page.body)
    if root.tag != "collection":
        raise SourceChanged(f"{task.params.get('path')} is no collection but {str(root.tag)[:40]!r}")
    if task.params.get("removed"):
        for number in anthology.numbers(root):
            yield Gone(id=f"acl:{number}", via=via(f"https://aclanthology.org/{number}"))
        return
    yield from _collection(task, root, via)


def _asked(task: Task, listing: Listing, file: File) -> Iterator[Yield]:
    """Yield the task that reads a collection; of a removed one what it said last, to take it back."""
    blob = file.blob or file.was
    if blob is None:
        return
    params: dict[str, object] = {
        "repository": listing.repository, "head": listing.head if file.blob else listing.base, "path": file.path,
        "blob": blob,
    }  # fmt: skip
    if file.blob is None:
        params["removed"] = True
        yield Counted(what="collection_removed")
    yield Task(source=task.source, kind="collection", url=task.url, params=params, priority=task.priority)


def _collection(task: Task, root: object, via: Via) -> Iterator[Yield]:
    answer = anthology.read(root)
    begin = int(task.params.get("skip", 0))
    for paper in answer.papers[begin : begin + _AT_ONCE]:
        yield from papers.records(paper, via(paper.url))
    if not begin:
        for number in anthology.withdrawn(root):
            yield Gone(id=f"acl:{number}", via=via(f"https://aclanthology.org/{number}"))
        for where, reason in answer.unreadable:
            yield Quarantined(where=where, reason=reason)
    if begin + _AT_ONCE < len(answer.papers):
        params = {**task.params, "skip": begin + _AT_ONCE}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
