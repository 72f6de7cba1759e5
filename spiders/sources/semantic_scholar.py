"""Which author Semantic Scholar sees behind a byline, where they work, and the ORCID and homepage it knows of them.

Source: https://api.semanticscholar.org/api-docs/graph (2026-11), `/paper/batch`, `/author/batch`
Yields: Identity per author, Claim (cluster, cluster_orcid), Task (authors)
Cursor: none; papers are asked for by five hundred, authors by a thousand ids

Citations and indices are not asked for: they measure a field more than a person.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import arxiv, fields, links, names
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Request,
    Task,
    Via,
    Yield,
)

VERSION = 1

_API: Final = "https://api.semanticscholar.org/graph/v1"
# The licence asks for a link back wherever what it says is shown; every fact carries this address.
_HOME: Final = "https://www.semanticscholar.org/author/{}?utm_source=api"
_MOST: Final = {"papers": 500, "authors": 1_000}
_FIELDS: Final = {"papers": "externalIds,authors", "authors": "name,affiliations,homepage,externalIds"}
_PATHS: Final = {"papers": "paper", "authors": "author"}
_NUMBER: Final = re.compile(r"\d{1,12}", re.A)


class Asked(BaseModel, extra="forbid"):
    """A paper on arXiv the store wants to hear of."""

    id: str


class Seeds(BaseModel, extra="forbid"):
    """arxiv: ids of papers asked for by hand. arxiv_papers: the store's."""

    arxiv: list[str] = Field(default_factory=list)
    arxiv_papers: list[Asked] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the questions for papers, five hundred ids each."""
    yield from _batches("papers", [*_ids(seeds.arxiv), *_ids([one.id for one in seeds.arxiv_papers])])


def ask(task: Task) -> Request:
    """Return how a batch is put: the ids in the body of a POST."""
    ids = task.params["ids"]
    told = [f"ARXIV:{one}" for one in ids] if task.kind == "papers" else ids
    return Request(url=task.url, method="POST", body=json.dumps({"ids": told}).encode())


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the authors behind bylines and the question for them, or the authors themselves.

    Raises SourceChanged unless there is one answer an id, in the same order.
    """
    rows, ids = fields.list_of(page), task.params["ids"]
    if len(rows) != len(ids):
        raise SourceChanged(f"asked for {len(ids)} {task.kind}, the answer has {len(rows)}")
    found: list[str] = []
    for asked, row in zip(ids, rows, strict=True):
        if row is None:
            yield Counted(what=f"{task.kind}_not_known")
            continue
        try:
            one = fields.as_table(row, task.kind)
            said = list(_byline(asked, one, via) if task.kind == "papers" else _author(asked, one, via))
        except SkipRecord as error:
            yield Quarantined(where=asked, reason=str(error))
            continue
        found += [record.id.removeprefix("s2:") for record in said if isinstance(record, Identity)]
        yield from said
    if task.kind == "papers":
        yield from _batches("authors", found, source=task.source)


def _byline(asked: str, row: fields.Table, via: Via) -> Iterator[Yield]:
    told = (fields.within(row, "externalIds") or {}).get("ArXiv")
    if arxiv.paper_id(str(told)) != asked:
        raise SkipRecord("the answer is about another paper")
    for place, author in enumerate(fields.each(row, "authors"), 1):
        number = fields.text(author, "authorId")
        if number is None or not _NUMBER.fullmatch(number):
            yield Counted(what="place_without_author")
            continue
        seen = via(_HOME.format(number))
        name = names.person(fields.text(author, "name"))
        yield Identity(id=f"s2:{number}", kind=IdentityKind.AUTHOR, name=name, via=seen)
        yield Claim(left=f"arxiv:{asked}:{place}", right=f"s2:{number}", kind="cluster", via=seen)


def _author(asked: str, row: fields.Table, via: Via) -> Iterator[Yield]:
    if fields.needed(row, "authorId") != asked:
        raise SkipRecord("the answer is about another author")
    affiliations = row.get("affiliations")
    if affiliations is not None and not (
        isinstance(affiliations, list) and all(isinstance(one, str) for one in affiliations)
    ):
        raise SkipRecord("affiliations is of another type")
    home = links.canonical(fields.text(row, "homepage"))
    seen = via(_HOME.format(asked))
    yield Identity(
        id=f"s2:{asked}",
        kind=IdentityKind.AUTHOR,
        name=names.person(fields.needed(row, "name")),
        affiliation=names.plain(affiliations[0], 300) if affiliations else None,
        homepage=home if home is not None and not links.is_left_out(home) else None,
        via=seen,
    )
    orcid = links.orcid(fields.text(fields.within(row, "externalIds") or {}, "ORCID"))
    if orcid is not None:
        yield Claim(left=f"s2:{asked}", right=f"orcid:{orcid}", kind="cluster_orcid", via=seen)


def _ids(said: Sequence[str]) -> list[str]:
    return list(arxiv.ids_in(iter(said)))


def _batches(kind: str, ids: Sequence[str], source: str = "") -> Iterator[Task]:
    whole = sorted(set(ids))
    url = f"{_API}/{_PATHS[kind]}/batch?fields={quote(_FIELDS[kind], safe=',')}"
    for begin in range(0, len(whole), _MOST[kind]):
        batch = whole[begin : begin + _MOST[kind]]
        yield Task(source=source, kind=kind, url=url, params={"ids": batch})
