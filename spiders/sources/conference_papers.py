"""Accepted papers from the proceedings pages of conferences.

Source: https://proceedings.neurips.cc, whose shape other proceedings share (pages as of 2025)
Yields: Work, Identity per place in a byline, Signal (authored, with the kind of presentation), Task per paper
Cursor: none; the engine asks again only for what changed
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, Field

from spiders.clients import links, markup, names, papers
from spiders.errors import SourceChanged
from spiders.records import Counted, Page, Quarantined, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({"text/html", "application/xhtml+xml"})

_PAPER: Final = re.compile(r"/hash/[\w-]{8,80}-Abstract[\w-]{0,60}\.html$", re.A)
_VOLUME: Final = re.compile(
    r"\(([A-Za-z3][A-Za-z ]{1,20}?)\s+(\d{4})\)|\(([A-Za-z3][A-Za-z ]{1,20}?)\)", re.A
)
_JOURNALS: Final = {
    "advances in neural information processing systems": "NeurIPS",
    "proceedings of machine learning and systems": "MLSys",
    "international conference on learning representations": "ICLR",
}


class Seeds(BaseModel, extra="forbid"):
    """pages: index pages, one per volume."""

    pages: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one index per volume."""
    for address in seeds.pages:
        yield Task(source="conference_papers", kind="index", url=address)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the papers an index lists as tasks, or the records of one paper.

    Raises SourceChanged if an index lists nothing.
    """
    root = markup.page(page.body)
    if task.kind == "paper":
        yield from _read_paper(root, page.url, via)
        return
    host = links.host_of(page.url)
    found = dict.fromkeys(urljoin(page.url, link.get("href", "")) for link in root.iterfind(".//li//a"))
    tasks = [url for url in found if links.host_of(url) == host and _PAPER.search(urlsplit(url).path)]
    if not tasks:
        raise SourceChanged(f"{page.url} lists no paper: has the index another shape now?")
    yield Counted(what="listed", times=len(tasks))
    for url in tasks:
        yield Task(source=task.source, kind="paper", url=url, depth=task.depth + 1)


def _read_paper(root: Any, url: str, via: Via) -> Iterator[Yield]:
    title = names.title(_meta(root, "citation_title") or _after(root, None))
    printed = [author.get("content") for author in root.iterfind(".//meta[@name='citation_author']")]
    if not printed:
        printed = (_after(root, "Authors") or "").split(",")
    byline = tuple(papers.Author(name=name) for text in printed if (name := names.person(text)) is not None)
    if title is None or not byline:
        yield Quarantined(where=url, reason="no title or no author on the page")
        return
    venue = _venue(root)
    if venue is None:
        yield Counted(what="venue_unknown")
    badge = markup.text_of(root.find(".//span[@class]"))
    paper = papers.Paper(
        id=_id(url),
        title=title,
        url=url,
        authors=byline,
        text=names.plain(_after(root, "Abstract")),
        venue=venue,
        published_on=papers.meeting_on(venue) if venue is not None else None,
        note=papers.note(badge if badge is not None and len(badge) <= 40 else None),
    )
    yield from papers.records(paper, via(url))


def _id(url: str) -> str:
    parts = urlsplit(url)
    return f"paper:{parts.hostname}{parts.path.removesuffix('.html')}"


def _meta(root: Any, name: str) -> str | None:
    found = root.find(f".//meta[@name='{name}']")
    return found.get("content") if found is not None else None


def _after(root: Any, heading: str | None) -> str | None:
    """Return the text of the paragraph after a heading, or the first heading itself when none is named."""
    for head in root.iter("h4"):
        text = markup.text_of(head)
        if heading is None:
            return text
        if text is not None and text.rstrip(":").lower() == heading.lower():
            for following in head.itersiblings():
                if following.tag == "h4":
                    break
                if (found := markup.text_of(following)) is not None:
                    return found
    return None


def _venue(root: Any) -> str | None:
    """Return venue and year, from the volume the paper is part of, else from its journal title and year."""
    year = (_meta(root, "citation_publication_date") or "")[:4]
    for link in root.iter("a"):
        named = _VOLUME.search((markup.text_of(link) or "")[:300])
        short = (named.group(1) or named.group(3)).strip() if named is not None else ""
        when = (named.group(2) if named is not None else None) or year
        if papers.is_venue(short) and when.isdecimal():
            return papers.venue(short, int(when))
    journal = re.sub(r"[\s\d]+$", "", (_meta(root, "citation_journal_title") or "")[:500].lower())
    known = _JOURNALS.get(journal)
    return papers.venue(known, int(year)) if known is not None and year.isdecimal() else None
