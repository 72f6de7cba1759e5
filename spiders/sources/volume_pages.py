"""Accepted papers from the one page that lists a whole volume, or a day of it: `neurips_pages` and `cvf_pages`.

Source: https://proceedings.neurips.cc (lists of `li.conference`) and https://openaccess.thecvf.com (`dt.ptitle`), 2025
Yields: Work, Identity per place in a byline, Signal (authored), Task per day where a volume is listed by day
Cursor: none; the engine asks again only for what changed
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, Field

from spiders.clients import links, markup, names, papers
from spiders.errors import SourceChanged
from spiders.records import Counted, Page, Quarantined, Signal, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({"text/html", "application/xhtml+xml"})

_PAPER: Final = re.compile(r"(/hash/[\w-]{8,80}-Abstract[\w-]{0,60}|/html/\S{1,300}_paper)\.html$", re.A)
_AT_ONCE: Final = 1_000  # papers a visit: 11,000 records are one transaction, 60,000 are too many
_DAY: Final = re.compile(r"(?:^|&)day=\d{4}-\d\d-\d\d(?:&|$)")


class Volume(BaseModel, extra="forbid"):
    """A page that lists a volume. venue: with its year, as `NeurIPS 2023`."""

    page: str
    venue: str


class Seeds(BaseModel, extra="forbid"):
    """volumes: what to list."""

    volumes: list[Volume] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one list per volume."""
    for volume in seeds.volumes:
        yield Task(kind="volume", url=volume.page, params={"venue": volume.venue})


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the papers a page lists; where it only lists days, the days.

    Raises SourceChanged if it lists neither.
    """
    root = markup.page(page.body)
    entries = list(_entries(root, page.url))
    if not entries and task.kind == "volume":
        days = [urljoin(page.url, link.get("href", "")) for link in root.iter("a")]
        days = [url for url in dict.fromkeys(days) if _DAY.search(urlsplit(url).query)]
        for url in days:
            if links.host_of(url) == links.host_of(page.url):
                yield Task(source=task.source, kind="day", url=url, params=task.params, depth=task.depth + 1)
        if days:
            yield Counted(what="days", times=len(days))
            return
    if not entries:
        raise SourceChanged(f"{page.url} lists no paper: has the page another shape now?")
    venue = _venue(str(task.params["venue"]))
    begin = int(task.params.get("skip", 0))
    for url, title, byline in entries[begin : begin + _AT_ONCE]:
        if title is None or not byline:
            yield Quarantined(where=url, reason="no title or no author in the list")
            continue
        paper = papers.Paper(
            id=_id(url),
            title=title,
            url=url,
            authors=byline,
            venue=venue,
            published_on=papers.meeting_on(venue),
        )
        for record in papers.records(paper, via(url)):
            # The page of the paper may be read too, and says how it was presented: each keeps its own signal.
            yield replace(record, id=f"{record.id}:listed") if isinstance(record, Signal) else record
    if begin == 0:
        yield Counted(what="listed", times=len(entries))
    if begin + _AT_ONCE < len(entries):
        params = {**task.params, "skip": begin + _AT_ONCE}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, depth=task.depth)


def _entries(root: Any, base: str) -> Iterator[tuple[str, str | None, tuple[papers.Author, ...]]]:
    """Yield (address, title, byline) of every paper a page lists, each once."""
    seen: set[str] = set()
    for item in root.iter("li", "dt"):
        link = next((found for found in item.iter("a") if found.get("href")), None)
        if link is None:
            continue
        url = urljoin(base, link.get("href"))
        if links.host_of(url) != links.host_of(base) or not _PAPER.search(urlsplit(url).path) or url in seen:
            continue
        seen.add(url)
        printed = _beside(item) if item.tag == "dt" else _within(item)
        byline = tuple(
            papers.Author(name=name) for text in printed if (name := names.person(text)) is not None
        )
        yield url, names.title(markup.text_of(link)), byline


def _within(item: Any) -> list[str]:
    """Return the names in a list item: italic, or in a span of their own since 2025."""
    for element in item.iter("i", "span"):
        is_byline = element.tag == "i" or "author" in (element.get("class") or "")
        if is_byline and (text := markup.text_of(element)):
            return text.split(",")
    return []


def _beside(title: Any) -> list[str]:
    """Return the names below a title: one form for each author, or plain text in the oldest volumes."""
    for following in title.itersiblings():
        if following.tag == "dt":
            break
        fields = following.xpath(".//input[@name='query_author']/@value")
        if fields:
            return [str(field) for field in fields]
        text = markup.text_of(following)
        if following.tag == "dd" and text and not text.startswith("["):
            return text.split(",")
    return []


def _venue(said: str) -> str:
    short, _, year = said.rpartition(" ")
    return papers.venue(short, int(year)) if short and year.isdecimal() else said


def _id(url: str) -> str:
    """Return the id of a paper by its page, the same as `conference_papers` gives it."""
    parts = urlsplit(url)
    return f"paper:{parts.hostname}{parts.path.removesuffix('.html')}"
