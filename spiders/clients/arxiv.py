"""arXiv's dialect: OAI-PMH in the `arXiv` format and the query API's Atom, both read into papers.

Source: https://info.arxiv.org/help/oa and https://info.arxiv.org/help/api/user-manual (read 2026-07-24).
feedparser keeps only the last affiliation of an entry, so Atom is read with lxml here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlencode

from spiders.clients import markup, names, papers, repositories
from spiders.clients.papers import Paper
from spiders.errors import SkipRecord, SourceChanged

OAI: Final = "https://oaipmh.arxiv.org/oai"
QUERY: Final = "https://export.arxiv.org/api/query"
_O: Final = "{http://www.openarchives.org/OAI/2.0/}"
_A: Final = "{http://arxiv.org/OAI/arXiv/}"
_T: Final = "{http://www.w3.org/2005/Atom}"
_X: Final = "{http://arxiv.org/schemas/atom}"
_S: Final = "{http://a9.com/-/spec/opensearch/1.1/}"
_SHORT: Final = {  # what is read of a record, by the names that XML gives it
    f"{space}{name}": f"{letter}:{name}"
    for letter, space, names_ in (
        ("o", _O, "identifier"),
        (
            "a",
            _A,
            "id title abstract categories comments journal-ref created forenames keyname suffix affiliation",
        ),
        ("t", _T, "id title summary published name"),
        ("x", _X, "primary_category comment journal_ref affiliation"),
    )
    for name in names_.split()
}
_NAME_PARTS: Final = ("a:forenames", "a:keyname", "a:suffix")
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
    if root.tag != f"{_O}OAI-PMH":
        raise SourceChanged(f"expected an OAI-PMH answer, the root is {str(root.tag)[:80]!r}")
    error = root.find(f"{_O}error")
    reading = _Reading()
    for record in root.iter(f"{_O}record"):
        _one(record, reading)
    token = next(root.iter(f"{_O}resumptionToken"), None)
    total = token.get("completeListSize") if token is not None else None
    return Answer(
        papers=tuple(reading.papers),
        deleted=tuple(reading.deleted),
        token=markup.text_of(token),
        total=int(total) if total is not None and total.isdecimal() else None,
        response_date=root.findtext(f"{_O}responseDate"),
        error=error.get("code") if error is not None else None,
        unreadable=tuple(reading.unreadable),
        repositories=tuple(reading.repositories),
    )


def _one(record: Any, reading: _Reading) -> None:
    header = next(record.iterchildren(f"{_O}header"), None)
    identifier = markup.text_of(_first(header).get("o:identifier")) if header is not None else None
    where = identifier or "a record without identifier"
    try:
        if header is not None and header.get("status") == "deleted":
            reading.deleted.append(_mandatory(paper_id(where.rpartition("arXiv.org:")[2]), "identifier"))
            return
        meta = next(record.iter(f"{_A}arXiv"), None)
        if meta is None:
            raise SkipRecord("no metadata in the arXiv format")
        _keep(reading, *_from_oai(meta))
    except SkipRecord as error:
        reading.unreadable.append((where, str(error)))


def _keep(reading: _Reading, paper: Paper, *texts: str) -> None:
    """Note a paper and the repositories that its texts link to."""
    reading.papers.append(paper)
    reading.repositories += _links_code(paper, *texts)


def _first(element: Any) -> dict[str, Any]:
    """Return the first child of each name of _SHORT: one walk where a search for each would take many."""
    found: dict[str, Any] = {}
    for child in element:
        name = _SHORT.get(child.tag)
        if name is not None and name not in found:
            found[name] = child
    return found


def _text(children: Mapping[str, Any], name: str) -> str:
    """Return what stands at the beginning of a child, nothing for none."""
    child = children.get(name)
    return (child.text or "") if child is not None else ""


def _from_oai(meta: Any) -> tuple[Paper, str, str]:
    """Return a paper, and the texts that may link to its code: comments, abstract."""
    told = _first(meta)
    number = _mandatory(paper_id(_text(told, "a:id")), "id")
    authors = []
    for byline in meta.iterchildren(f"{_A}authors"):
        for author in byline.iterchildren(f"{_A}author"):
            parts = _first(author)
            name = [markup.text_of(parts[part]) for part in _NAME_PARTS if part in parts]
            places = _places(author, f"{_A}affiliation") if "a:affiliation" in parts else []
            authors.append((" ".join(filter(None, name)), places))
    abstract, comments = _text(told, "a:abstract"), _text(told, "a:comments")
    paper = _paper(
        number,
        title=_text(told, "a:title"),
        abstract=abstract,
        authors=authors,
        tags=_text(told, "a:categories").split(),
        comments=comments,
        journal=_text(told, "a:journal-ref"),
        day=_text(told, "a:created"),
    )
    return paper, comments, abstract


def _places(author: Any, tag: str) -> list[str]:
    return [text for each in author.iterchildren(tag) if (text := markup.text_of(each))]


def read_atom(body: bytes) -> Answer:
    """Return the entries of a query API answer; an unknown id simply has none.

    Raises SourceChanged if it is no Atom feed, or reports an error as its only entry.
    """
    root = markup.xml(body)
    if root.tag != f"{_T}feed":
        raise SourceChanged(f"expected an Atom feed, the root is {str(root.tag)[:80]!r}")
    reading = _Reading()
    for entry in root.iterchildren(f"{_T}entry"):
        told = _first(entry)
        where = _text(told, "t:id") if "t:id" in told else "an entry without id"
        if "/api/errors" in where or _text(told, "t:title") == "Error":
            raise SourceChanged(f"arXiv answered with an error: {markup.text_of(told.get('t:summary'))}")
        try:
            _keep(reading, *_from_atom(entry, told))
        except SkipRecord as error:
            reading.unreadable.append((where, str(error)))
    total = root.findtext(f"{_S}totalResults", "")
    return Answer(
        papers=tuple(reading.papers),
        total=int(total) if total.isdecimal() else None,
        unreadable=tuple(reading.unreadable),
        repositories=tuple(reading.repositories),
    )


def _from_atom(entry: Any, told: Mapping[str, Any]) -> tuple[Paper, str, str]:
    """Return a paper, and the texts that may link to its code: comment, summary. told: the entry's `_first`."""
    number = _mandatory(paper_id(_text(told, "t:id").rpartition("/abs/")[2]), "id")
    primary = told.get("x:primary_category")
    first = [primary.get("term")] if primary is not None and primary.get("term") else []
    terms = [each.get("term") for each in entry.iterchildren(f"{_T}category") if each.get("term")]
    authors = []
    for author in entry.iterchildren(f"{_T}author"):
        parts = _first(author)
        places = _places(author, f"{_X}affiliation") if "x:affiliation" in parts else []
        authors.append((_text(parts, "t:name"), places))
    comments, summary = _text(told, "x:comment"), _text(told, "t:summary")
    paper = _paper(
        number,
        title=_text(told, "t:title"),
        abstract=summary,
        authors=authors,
        tags=[*first, *(term for term in terms if term not in first)],
        comments=comments,
        journal=_text(told, "x:journal_ref"),
        day=_text(told, "t:published")[:10],
    )
    return paper, comments, summary


def _paper(
    number: str,
    *,
    title: str,
    abstract: str,
    authors: list[tuple[str, list[str]]],
    tags: list[str],
    comments: str,
    journal: str,
    day: str,
) -> Paper:
    byline = tuple(
        papers.Author(name=name, affiliation=names.plain("; ".join(places), 500) if places else None)
        for printed, places in authors
        if (name := names.person(printed)) is not None
    )
    if not byline:
        raise SkipRecord("no author")
    accepted = venue_of(journal) or venue_of(comments)
    text = names.plain(abstract)
    return Paper(
        id=f"arxiv:{number}",
        title=_mandatory(names.title(title), "title"),
        url=f"https://arxiv.org/abs/{number}",
        authors=byline,
        text=names.untex(text) if text is not None else None,
        tags=tuple(tags),
        venue=accepted,
        published_on=_day(day),
        note=papers.note(comments[:_COMMENT_MAX].replace("(", " ").replace(")", " ")) if accepted else None,
    )


def venue_of(comments: str) -> str | None:
    """Return the venue a comment or journal reference clearly names (`NeurIPS 2026`), else None.

    "Submitted to" and "under review" name none; a workshop is not its conference.
    """
    if not comments:
        return None
    words = " ".join(comments[:_COMMENT_MAX].split())
    for found in _VENUE.finditer(words):
        if papers.is_venue(found.group(1)):
            if _NOT_YET.search(words):
                return None
            name = papers.venue(found.group(1), int(found.group(2)))
            return f"{name} workshop" if _WORKSHOP.search(words) else name
    return None


def _links_code(paper: Paper, *texts: str) -> list[tuple[str, tuple[str, ...]]]:
    near = [text for text in texts if "github.com" in text.lower()]  # the pattern alone tries every letter
    links = [found[0].rstrip(".") for text in near for found in _REPOSITORY.finditer(text[:20_000])]
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
