"""arXiv's dialect: OAI-PMH in the `arXiv` format and the query API's Atom, both read into papers.

Source: https://info.arxiv.org/help/oa and https://info.arxiv.org/help/api/user-manual (read 2026-07-24).
feedparser keeps only the last affiliation of an entry, so Atom is read with lxml here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlencode

from spiders.clients import markup, names, papers, repositories
from spiders.clients.papers import Paper
from spiders.errors import SkipRecord, SourceChanged

OAI: Final = "https://oaipmh.arxiv.org/oai"
QUERY: Final = "https://export.arxiv.org/api/query"
_NS: Final = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "a": "http://arxiv.org/OAI/arXiv/",
    "t": "http://www.w3.org/2005/Atom",
    "x": "http://arxiv.org/schemas/atom",
    "s": "http://a9.com/-/spec/opensearch/1.1/",
}
_ID: Final = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?", re.A)
_VENUE: Final = re.compile(r"\b([A-Za-z3][A-Za-z]{1,12})[\s'’,-]{0,3}(19\d\d|20\d\d)\b", re.A)
_NOT_YET: Final = re.compile(r"submitted|under review|in review|preprint|work in progress|rejected", re.I)
_WORKSHOP: Final = re.compile(r"workshop|tutorial|demo track", re.I)
_REPOSITORY: Final = re.compile(r"https?://(?:www\.)?github\.com/[\w.-]{1,100}/[\w.-]{1,100}", re.A | re.I)
_COMMENT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One page of records. response_date: the service's clock, OAI only. total: promised, None when not told.

    error: the OAI error code. unreadable: (where, reason) of records left out. repositories: (paper,
    repositories) where comment or abstract links to any, each once, in the form claims use.
    """

    papers: tuple[Paper, ...] = ()
    deleted: tuple[str, ...] = ()
    token: str | None = None
    total: int | None = None
    response_date: str | None = None
    error: str | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    repositories: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(slots=True)
class _Reading:
    papers: list[Paper] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    repositories: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def list_address(set_name: str) -> str:
    """Return the address that lists a set in the `arXiv` format, without dates."""
    return f"{OAI}?{urlencode({'verb': 'ListRecords', 'metadataPrefix': 'arXiv', 'set': set_name}, safe=':')}"


def resume_address(token: str) -> str:
    """Return the address of the next page of a list."""
    return f"{OAI}?verb=ListRecords&resumptionToken={quote(token, safe='')}"


def lookup_address(ids: tuple[str, ...]) -> str:
    """Return the address that looks up at most 100 ids."""
    return f"{QUERY}?id_list={','.join(ids)}&max_results={len(ids)}"


def paper_id(text: str) -> str | None:
    """Return the arXiv id in a text without its version, else None."""
    found = _ID.search(text[:200])
    return found.group(1) if found is not None else None


def read_oai(body: bytes) -> Answer:
    """Return the records of a ListRecords or GetRecord answer.

    Raises SourceChanged if it is no OAI-PMH answer.
    """
    root = markup.xml(body)
    if root.tag != f"{{{_NS['o']}}}OAI-PMH":
        raise SourceChanged(f"expected an OAI-PMH answer, the root is {str(root.tag)[:80]!r}")
    error = root.find("o:error", _NS)
    reading = _Reading()
    for record in root.iterfind(".//o:record", _NS):
        _one(record, reading)
    token = root.find(".//o:resumptionToken", _NS)
    total = token.get("completeListSize") if token is not None else None
    return Answer(
        papers=tuple(reading.papers),
        deleted=tuple(reading.deleted),
        token=markup.text_of(token),
        total=int(total) if total is not None and total.isdecimal() else None,
        response_date=root.findtext("o:responseDate", None, _NS),
        error=error.get("code") if error is not None else None,
        unreadable=tuple(reading.unreadable),
        repositories=tuple(reading.repositories),
    )


def _one(record: Any, reading: _Reading) -> None:
    header = record.find("o:header", _NS)
    identifier = markup.text_of(header.find("o:identifier", _NS)) if header is not None else None
    where = identifier or "a record without identifier"
    try:
        if header is not None and header.get("status") == "deleted":
            reading.deleted.append(_mandatory(paper_id(where.rpartition("arXiv.org:")[2]), "identifier"))
            return
        meta = record.find(".//a:arXiv", _NS)
        if meta is None:
            raise SkipRecord("no metadata in the arXiv format")
        paper = _from_oai(meta)
        reading.papers.append(paper)
        reading.repositories += _links_code(
            paper, meta.findtext("a:comments", "", _NS), meta.findtext("a:abstract", "", _NS)
        )
    except SkipRecord as error:
        reading.unreadable.append((where, str(error)))


def _from_oai(meta: Any) -> Paper:
    number = _mandatory(paper_id(meta.findtext("a:id", "", _NS)), "id")
    authors = []
    for author in meta.iterfind("a:authors/a:author", _NS):
        parts = [markup.text_of(author.find(f"a:{part}", _NS)) for part in ("forenames", "keyname", "suffix")]
        places = [text for each in author.iterfind("a:affiliation", _NS) if (text := markup.text_of(each))]
        authors.append((" ".join(part for part in parts if part), places))
    return _paper(
        number,
        title=meta.findtext("a:title", None, _NS),
        abstract=meta.findtext("a:abstract", None, _NS),
        authors=authors,
        tags=meta.findtext("a:categories", "", _NS).split(),
        comments=meta.findtext("a:comments", "", _NS),
        journal=meta.findtext("a:journal-ref", "", _NS),
        day=meta.findtext("a:created", "", _NS),
    )


def read_atom(body: bytes) -> Answer:
    """Return the entries of a query API answer; an unknown id simply has none.

    Raises SourceChanged if it is no Atom feed, or reports an error as its only entry.
    """
    root = markup.xml(body)
    if root.tag != f"{{{_NS['t']}}}feed":
        raise SourceChanged(f"expected an Atom feed, the root is {str(root.tag)[:80]!r}")
    reading = _Reading()
    for entry in root.iterfind("t:entry", _NS):
        where = entry.findtext("t:id", "an entry without id", _NS)
        if "/api/errors" in where or entry.findtext("t:title", "", _NS) == "Error":
            raise SourceChanged(
                f"arXiv answered with an error: {markup.text_of(entry.find('t:summary', _NS))}"
            )
        try:
            paper = _from_atom(entry)
            reading.papers.append(paper)
            reading.repositories += _links_code(
                paper, entry.findtext("x:comment", "", _NS), entry.findtext("t:summary", "", _NS)
            )
        except SkipRecord as error:
            reading.unreadable.append((where, str(error)))
    total = root.findtext("s:totalResults", "", _NS)
    return Answer(
        papers=tuple(reading.papers),
        total=int(total) if total.isdecimal() else None,
        unreadable=tuple(reading.unreadable),
        repositories=tuple(reading.repositories),
    )


def _from_atom(entry: Any) -> Paper:
    number = _mandatory(paper_id(entry.findtext("t:id", "", _NS).rpartition("/abs/")[2]), "id")
    primary = entry.find("x:primary_category", _NS)
    first = [primary.get("term")] if primary is not None and primary.get("term") else []
    terms = [each.get("term") for each in entry.iterfind("t:category", _NS) if each.get("term")]
    authors = []
    for author in entry.iterfind("t:author", _NS):
        places = [text for each in author.iterfind("x:affiliation", _NS) if (text := markup.text_of(each))]
        authors.append((author.findtext("t:name", "", _NS), places))
    return _paper(
        number,
        title=entry.findtext("t:title", None, _NS),
        abstract=entry.findtext("t:summary", None, _NS),
        authors=authors,
        tags=[*first, *(term for term in terms if term not in first)],
        comments=entry.findtext("x:comment", "", _NS),
        journal=entry.findtext("x:journal_ref", "", _NS),
        day=entry.findtext("t:published", "", _NS)[:10],
    )


def _paper(
    number: str,
    *,
    title: str | None,
    abstract: str | None,
    authors: list[tuple[str, list[str]]],
    tags: list[str],
    comments: str,
    journal: str,
    day: str,
) -> Paper:
    byline = tuple(
        papers.Author(name=name, affiliation=names.plain("; ".join(places), 500))
        for printed, places in authors
        if (name := names.person(printed)) is not None
    )
    if not byline:
        raise SkipRecord("no author")
    accepted = venue_of(journal) or venue_of(comments)
    return Paper(
        id=f"arxiv:{number}",
        title=_mandatory(names.title(title), "title"),
        url=f"https://arxiv.org/abs/{number}",
        authors=byline,
        text=names.title(names.plain(abstract)) and names.untex(names.plain(abstract) or ""),
        tags=tuple(tags),
        venue=accepted,
        published_on=_day(day),
        note=papers.note(comments[:_COMMENT_MAX].replace("(", " ").replace(")", " ")) if accepted else None,
    )


def venue_of(comments: str) -> str | None:
    """Return the venue a comment or journal reference clearly names (`NeurIPS 2026`), else None.

    "Submitted to" and "under review" name none; a workshop is not its conference.
    """
    words = " ".join(comments[:_COMMENT_MAX].split())
    if _NOT_YET.search(words):
        return None
    for found in _VENUE.finditer(words):
        if papers.is_venue(found.group(1)):
            name = papers.venue(found.group(1), int(found.group(2)))
            return f"{name} workshop" if _WORKSHOP.search(words) else name
    return None


def _links_code(paper: Paper, *texts: str) -> list[tuple[str, tuple[str, ...]]]:
    links = [found[0].rstrip(".") for text in texts for found in _REPOSITORY.finditer(text[:20_000])]
    told = tuple(dict.fromkeys(one for link in links if (one := repositories.repository(link)) is not None))
    return [(paper.id, told)] if told else []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _mandatory(value: str | None, name: str) -> str:
    if value is None:
        raise SkipRecord(f"{name} is missing or of another shape")
    return value


def ids_in(texts: Iterator[str]) -> tuple[str, ...]:
    """Return the distinct arXiv ids in texts, in order of appearance."""
    return tuple(dict.fromkeys(found for text in texts if (found := paper_id(text)) is not None))
