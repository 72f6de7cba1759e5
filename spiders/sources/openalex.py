"""Which author cluster OpenAlex puts a byline in, where its authors work, and papers outside arXiv.

Source: https://developers.openalex.org (2026-11), `/works`, `/authors`
Yields: Identity per cluster, Claim (cluster, cluster_orcid), Work and Signal (authored) for papers not on arXiv,
    Task (next page)
Cursor: none; ids are asked for in batches that fit one address
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import arxiv, fields, links, names, papers
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Identity,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Task,
    Via,
    Yield,
)

VERSION = 1

_API: Final = "https://api.openalex.org"
_A_QUESTION: Final = 100  # ids OR-ed in one filter, and rows a page
# All ids of one address, which may be 2,000 characters long: 46 papers on arXiv, or 63 people.
_IDS_CHARS_MAX: Final = 1_400
_SELECT: Final = {
    "works": "id,doi,title,publication_date,primary_location,topics,authorships,abstract_inverted_index",
    "authors": "id,orcid,display_name,last_known_institutions",
}
_FILTER: Final = {"works": "doi", "authors": "orcid"}
_KEY: Final = re.compile(r"https://openalex\.org/([AW]\d{1,12})", re.A)
_DOI: Final = re.compile(r"10\.\d{4,9}/[^\s|,]{1,300}", re.A)
_ON_ARXIV: Final = re.compile(r"10\.48550/arxiv\.(.+)", re.I)
_WORDS_MAX: Final = 2_000  # of an abstract


class Paper(BaseModel, extra="forbid"):
    """A paper on arXiv the store wants to hear of."""

    id: str


class Stated(BaseModel, extra="forbid"):
    """An ORCID that somebody the store knows states."""

    orcid: str


class Seeds(BaseModel, extra="forbid"):
    """By hand: arxiv, ids of papers there; dois, of others; people, by ORCID. The other lists are the store's.

    singly: one question an id, which costs nothing, instead of one for many, which costs $0.0001.
    """

    arxiv: list[str] = Field(default_factory=list)
    dois: list[str] = Field(default_factory=list)
    people: list[str] = Field(default_factory=list)
    arxiv_papers: list[Paper] = Field(default_factory=list)
    orcids: list[Stated] = Field(default_factory=list)
    singly: bool = False


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the questions for works by DOI and for authors by ORCID, as many ids each as fit an address."""
    told = [*seeds.arxiv, *(one.id for one in seeds.arxiv_papers)]
    there = [f"10.48550/arxiv.{found}" for found in arxiv.ids_in(iter(told))]
    others = [doi for text in seeds.dois if (doi := _doi(text)) is not None]
    stated = [*seeds.people, *(one.orcid for one in seeds.orcids)]
    people = [number for text in stated if (number := links.orcid(text)) is not None]
    for sort, ids in (("works", there + others), ("authors", people)):
        if seeds.singly:
            yield from (_single(sort, one) for one in sorted(set(ids)))
            continue
        yield from (
            _task("", sort, batch, cursor="*", rows=_A_QUESTION) for batch in _batches(sorted(set(ids)))
        )


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the works or authors of a page and where to go on.

    Raises SourceChanged if the answer has another shape or its cursor stands still.
    """
    table = fields.table_of(page)
    if "id" in task.params:
        yield from _read_one(task, table, via)
        return
    rows, meta = fields.listed(table, "results"), table.get("meta")
    if not isinstance(meta, dict):
        raise SourceChanged("'meta' is missing or no object")
    for place, row in enumerate(rows):
        try:
            one = fields.as_table(row, "results")
            yield from list(_work(one, via) if task.kind == "works" else _author(one, via))
        except SkipRecord as error:
            yield Quarantined(where=f"{task.kind} {place}", reason=str(error))
    further = meta.get("next_cursor")
    if further == task.params["cursor"]:
        raise SourceChanged("the cursor stands still")
    if isinstance(further, str) and len(rows) >= task.params["rows"]:
        yield _task(task.source, task.kind, task.params["ids"], cursor=further, rows=task.params["rows"])
    elif task.params["cursor"] == "*" and len(rows) < len(task.params["ids"]):
        yield Counted(what=f"{task.kind}_not_known", times=len(task.params["ids"]) - len(rows))


def _read_one(task: Task, row: fields.Table, via: Via) -> Iterator[Yield]:
    asked = task.params["id"]
    try:
        told = {_doi(fields.text(row, "doi")), links.orcid(fields.text(row, "orcid"))}
        if asked not in told:
            raise SourceChanged(f"asked for {asked}, the answer is about another")
        yield from list(_work(row, via) if task.kind == "works" else _author(row, via))
    except SkipRecord as error:
        yield Quarantined(where=asked, reason=str(error))


def _work(row: fields.Table, via: Via) -> Iterator[Yield]:
    number, doi = _key(row, "id"), _doi(fields.text(row, "doi"))
    seen = via(f"https://openalex.org/{number}")
    place = fields.within(row, "primary_location") or {}
    landing = fields.text(place, "landing_page_url") or ""
    on_arxiv = _arxiv(doi, landing)
    byline = list(fields.each(row, "authorships"))
    if on_arxiv is None and doi is None:
        yield Counted(what="work_without_doi")
        return
    authors: list[papers.Author] = []
    for position, authorship in enumerate(byline, 1):
        cluster = fields.within(authorship, "author")
        printed = names.person(fields.text(authorship, "raw_author_name"))
        if cluster is None or fields.text(cluster, "id") is None:
            yield Counted(what="place_without_cluster")
            authors.append(papers.Author(name=printed or "(unnamed)"))
            continue
        known, claims = _cluster(cluster, authorship, "institutions", seen)
        authors.append(
            papers.Author(name=known.name or "(unnamed)", id=known.id, affiliation=known.affiliation)
        )
        if on_arxiv is not None:
            yield known
            yield Claim(left=f"arxiv:{on_arxiv}:{position}", right=known.id, kind="cluster", via=seen)
        yield from claims
    if on_arxiv is None:
        yield from papers.records(_paper(row, str(doi), authors), seen)


def _author(row: fields.Table, via: Via) -> Iterator[Yield]:
    seen = via(f"https://openalex.org/{_key(row, 'id')}")
    known, claims = _cluster(row, row, "last_known_institutions", seen)
    yield known
    yield from claims


def _cluster(
    row: fields.Table, beside: fields.Table, institutions: str, seen: Provenance
) -> tuple[Identity, list[Claim]]:
    """Return a cluster and the ORCID it bears; that may be inherited, so it is a claim and no fact of the cluster."""
    number = f"openalex:{_key(row, 'id')}"
    where = next((fields.text(one, "display_name") for one in fields.each(beside, institutions)), None)
    known = Identity(
        id=number,
        kind=IdentityKind.AUTHOR,
        name=names.person(fields.needed(row, "display_name")),
        affiliation=names.plain(where, 300),
        via=seen,
    )
    orcid = links.orcid(fields.text(row, "orcid"))
    if orcid is None:
        return known, []
    return known, [Claim(left=number, right=f"orcid:{orcid}", kind="cluster_orcid", via=seen)]


def _paper(row: fields.Table, doi: str, authors: Sequence[papers.Author]) -> papers.Paper:
    title = names.title(fields.needed(row, "title"))
    if title is None:
        raise SkipRecord("title is empty")
    topics = [names.plain(fields.text(topic, "display_name"), 80) for topic in fields.each(row, "topics")]
    return papers.Paper(
        id=f"doi:{doi}",
        title=title,
        url=f"https://doi.org/{doi}",
        authors=tuple(authors),
        text=_abstract(row),
        tags=tuple(topic for topic in topics if topic is not None),
        published_on=fields.day(fields.text(row, "publication_date")),
    )


def _abstract(row: fields.Table) -> str | None:
    """Return an abstract from its index of words to places."""
    index = fields.within(row, "abstract_inverted_index") or {}
    placed: dict[int, str] = {}
    for word, places in index.items():
        if not isinstance(places, list):
            raise SkipRecord("abstract_inverted_index is of another shape")
        placed |= {place: word for place in places if isinstance(place, int) and 0 <= place < _WORDS_MAX}
    return names.plain(" ".join(placed[place] for place in sorted(placed)))


def _arxiv(doi: str | None, landing: str) -> str | None:
    named = _ON_ARXIV.fullmatch(doi or "")
    if named is not None:
        return arxiv.paper_id(named[1])
    there = links.host_of(landing) in {"arxiv.org", "www.arxiv.org"}
    return arxiv.paper_id(landing.rpartition("/abs/")[2]) if there and "/abs/" in landing else None


def _key(row: fields.Table, name: str) -> str:
    found = _KEY.fullmatch(fields.needed(row, name))
    if found is None:
        raise SkipRecord(f"{name} is no id of OpenAlex")
    return found[1]


def _doi(said: str | None) -> str | None:
    found = _DOI.fullmatch((said or "").lower().removeprefix("https://doi.org/").removeprefix("doi:"))
    return found[0] if found is not None else None


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield ids in batches that one address can carry."""
    batch: list[str] = []
    chars = 0
    for one in ids:
        size = len(quote(f"|{one}", safe=""))
        if batch and (len(batch) == _A_QUESTION or chars + size > _IDS_CHARS_MAX):
            yield batch
            batch, chars = [], 0
        batch.append(one)
        chars += size
    if batch:
        yield batch


def _task(source: str, sort: str, ids: Sequence[str], *, cursor: str, rows: int) -> Task:
    wanted, further = quote(f"{_FILTER[sort]}:{'|'.join(ids)}", safe=""), quote(cursor, safe="")
    url = f"{_API}/{sort}?filter={wanted}&select={_SELECT[sort]}&per_page={rows}&cursor={further}"
    params = {"ids": list(ids), "cursor": cursor, "rows": rows}
    return Task(source=source, kind=sort, url=url, params=params)


def _single(sort: str, one: str) -> Task:
    url = f"{_API}/{sort}/{_FILTER[sort]}:{quote(one, safe='/')}?select={_SELECT[sort]}"
    return Task(kind=sort, url=url, params={"id": one})
