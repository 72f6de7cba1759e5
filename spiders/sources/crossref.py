"""Publications that name an ORCID, for people no other index knows.

Source: https://api.crossref.org (2026-11), `/works?filter=orcid:…`
Yields: Work (paper), Identity per place in the byline, Signal (authored), Task (next page)
Cursor: none; a walk ends with a page shorter than asked for, because its cursor may stay the same

An ORCID is kept only where its bearer signed in to give it; one that a publisher typed in is counted.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import fields, links, names, papers
from spiders.clients.rows import guarded
from spiders.errors import SkipRecord
from spiders.records import Counted, Page, Signal, Task, Via, Yield

VERSION = 1

_API: Final = "https://api.crossref.org/works"
_ORCIDS: Final = 10  # OR-ed in one filter: lists are limited more strictly than single works
_ROWS: Final = 100
_PAGES_MAX: Final = 20
_SELECT: Final = "DOI,title,author,issued,container-title,type,abstract,subject"
_KINDS: Final = {"journal-article", "proceedings-article", "posted-content", "book-chapter", "monograph"}
_ON_ARXIV: Final = "10.48550/"
_ABSTRACT_MAX: Final = 20_000
_MARKUP: Final = re.compile(r"<[^<>]{1,300}>")


class Asked(BaseModel, extra="forbid"):
    """An ORCID the store knows and no index answered about."""

    orcid: str


class Seeds(BaseModel, extra="forbid"):
    """people: ORCIDs asked for by hand. unanswered_orcids: the store's."""

    people: list[str] = Field(default_factory=list)
    unanswered_orcids: list[Asked] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question for each ten people."""
    told = [*seeds.people, *(one.orcid for one in seeds.unanswered_orcids)]
    ids = sorted({number for text in told if (number := links.orcid(text)) is not None})
    for begin in range(0, len(ids), _ORCIDS):
        yield _task("", ids[begin : begin + _ORCIDS], "*", 1)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the publications of a page and where to go on. Raises SourceChanged for another shape."""
    message = fields.table_of(page).get("message")
    table: fields.Table = message if isinstance(message, dict) else {}
    rows = fields.listed(table, "items")
    for place, row in enumerate(rows):
        yield from guarded(f"work {place}", _work(row, task.params["orcids"], via))
    further, number = table.get("next-cursor"), task.params["page"]
    if not isinstance(further, str) or len(rows) < _ROWS:
        return
    if number < _PAGES_MAX:
        yield _task(task.source, task.params["orcids"], further, number + 1)
    else:
        yield Counted(what="pages_beyond_the_last")


def _work(one: Any, asked: Sequence[str], via: Via) -> Iterator[Yield]:
    row = fields.as_table(one, "items")
    doi, kind = fields.needed(row, "DOI").lower(), fields.needed(row, "type")
    if kind not in _KINDS:
        yield Counted(what="work_of_another_type")
        return
    if doi.startswith(_ON_ARXIV):
        yield Counted(what="known_from_arxiv")
        return
    title = names.title(_first(row, "title"))
    if title is None or "/" not in doi:
        raise SkipRecord("title or DOI is missing")
    authors: list[papers.Author] = []
    typed = 0
    for one in fields.each(row, "author"):
        author, is_typed = _author(one)
        authors.append(author)
        typed += is_typed
    if typed:
        yield Counted(what="orcid_typed_in", times=typed)
    if not any(author.orcid in asked for author in authors):
        yield Counted(what="nobody_signed_in")
        return
    seen = via(f"https://doi.org/{quote(doi, safe='/().;:_-')}")
    paper = papers.Paper(
        id=f"doi:{doi}",
        title=title,
        url=seen.url,
        authors=tuple(authors),
        text=_abstract(fields.text(row, "abstract")),
        tags=tuple(tag for text in _texts(row, "subject") if (tag := names.plain(text, 80))),
        venue=names.plain(_first(row, "container-title"), 200),
        published_on=_issued(row),
    )
    for record in papers.records(paper, seen):
        # OpenAlex tells of the same DOI under the ids of its author clusters: each keeps its own signal.
        yield replace(record, id=f"{record.id}:deposited") if isinstance(record, Signal) else record


def _author(row: fields.Table) -> tuple[papers.Author, bool]:
    """Return an author, and whether an ORCID was left out because its bearer did not give it."""
    given, family = fields.text(row, "given"), fields.text(row, "family")
    name = names.person(" ".join(part for part in (given, family) if part) or fields.text(row, "name"))
    orcid, signed_in = links.orcid(fields.text(row, "ORCID")), row.get("authenticated-orcid") is True
    where = next((fields.text(one, "name") for one in fields.each(row, "affiliation")), None)
    author = papers.Author(
        name=name or "(unnamed)",
        affiliation=names.plain(where, 300),
        orcid=orcid if signed_in else None,
    )
    return author, orcid is not None and not signed_in


def _abstract(said: str | None) -> str | None:
    """Return an abstract without its JATS tags."""
    return names.plain(html.unescape(_MARKUP.sub(" ", said[:_ABSTRACT_MAX]))) if said else None


def _issued(row: fields.Table) -> date | None:
    """Return the day of publication; the first of the month or year where no more is said."""
    parts: Any = (fields.within(row, "issued") or {}).get("date-parts")
    try:
        year, month, day = (*parts[0], 1, 1)[:3]
        return date(year, month, day)
    except (TypeError, ValueError, LookupError, OverflowError):
        return None


def _first(row: fields.Table, name: str) -> str | None:
    return next(iter(_texts(row, name)), None)


def _texts(row: fields.Table, name: str) -> list[str]:
    found = row.get(name)
    if found is not None and not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise SkipRecord(f"{name} is of another type")
    return found or []


def _task(source: str, orcids: Sequence[str], cursor: str, page: int) -> Task:
    wanted = quote(",".join(f"orcid:{one}" for one in orcids), safe=":,")
    url = f"{_API}?filter={wanted}&select={_SELECT}&rows={_ROWS}&cursor={quote(cursor, safe='*')}"
    return Task(
        source=source, kind="works", url=url, params={"orcids": list(orcids), "page": page, "at": cursor}
    )
