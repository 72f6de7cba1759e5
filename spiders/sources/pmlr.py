"""Proceedings of Machine Learning Research: the posts of a volume's repository.

Source: https://github.com/mlresearch, `vNNN/_posts/*.md`, one post a paper (read 2026-11)
Yields: Work, Identity per place in a byline, Signal (authored), Claim (paper_twin, paper_code), Gone
Cursor: the last commit read, per volume; later nights bring only the posts that changed
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import frontmatter, links, listings, names, papers, repositories
from spiders.clients.frontmatter import Value
from spiders.errors import SkipRecord
from spiders.records import Claim, Counted, Gone, Page, Quarantined, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({listings.PAGE})

_OWNER: Final = "mlresearch"
_POSTS: Final = ("_posts/*.md",)
_HOST: Final = "proceedings.mlr.press"
_NUMBER: Final = re.compile(r"[a-z0-9][\w-]{0,80}", re.A | re.I)
_POST: Final = re.compile(r"\d{4}-\d\d-\d\d-(.+)\.md", re.A)
_FORUM: Final = re.compile(r"[\w-]{5,40}", re.A)
_CODE: Final = re.compile(r"\b(?:code|software)\b", re.I)
_TITLES: Final = {
    "International Conference on Machine Learning": "ICML",
    "Artificial Intelligence and Statistics": "AISTATS",
    "Conference on Learning Theory": "COLT",
    "Uncertainty in Artificial Intelligence": "UAI",
    "Conference on Robot Learning": "CoRL",
    "Asian Conference on Machine Learning": "ACML",
    "Medical Imaging with Deep Learning": "MIDL",
    "Lifelong Learning Agents": "CoLLAs",
    "Machine Learning for Health": "ML4H",
    "Learning for Dynamics": "L4DC",
    "Algorithmic Learning Theory": "ALT",
    "Causal Learning and Reasoning": "CLeaR",
    "Automated Machine Learning": "AutoML",
    "Learning on Graphs": "LoG",
}  # how the proceedings' own titles name a meeting, without the number of its year


class Seeds(BaseModel, extra="forbid"):
    """volumes: as the series names them, `v235`."""

    volumes: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question per volume: which posts changed."""
    for volume in seeds.volumes:
        repository = f"{_OWNER}/{volume}"
        yield listings.task(repository, _POSTS, cursor.get(listings.key(repository, _POSTS)))


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the papers of a page of posts, and those whose post was removed as gone."""
    listing = listings.read(page)
    volume = listing.repository.rpartition("/")[2]
    for file in listing.files:
        if file.blob is None:
            post = _POST.fullmatch(PurePosixPath(file.path).name)
            if post is not None and _NUMBER.fullmatch(post[1]):
                yield Gone(id=_id(volume, post[1]), via=via(_url(volume, post[1])))
            continue
        if file.text is None:
            yield Counted(what="post_without_text")
            continue
        try:
            yield from _paper(volume, frontmatter.read(file.text), via)
        except SkipRecord as error:
            yield Quarantined(where=file.path, reason=str(error))
    yield from listings.onward(task, listing)


def _paper(volume: str, table: Mapping[str, Value], via: Via) -> Iterator[Yield]:
    number = _text(table, "id")
    title = names.title(_text(table, "title") or _text(table, "tex_title"))
    byline = tuple(_authors(table))
    if number is None or not _NUMBER.fullmatch(number):
        raise SkipRecord(f"id is missing or no name of a paper: {str(number)[:80]!r}")
    if title is None or not byline:
        raise SkipRecord("title or author is missing")
    seen = via(_url(volume, number))
    day = _day(_text(table, "date"))
    paper = papers.Paper(
        id=_id(volume, number),
        title=title,
        url=seen.url,
        authors=byline,
        text=names.plain(_text(table, "abstract")),
        venue=_venue(_text(table, "container-title"), day),
        published_on=day,
        note=papers.note(_text(table, "section")),
    )
    yield from papers.records(paper, seen)
    forum = _text(table, "openreview")
    if forum is not None and _FORUM.fullmatch(forum):
        yield Claim(left=paper.id, right=f"openreview:{forum}", kind="paper_twin", via=seen)
    for code in dict.fromkeys(_software(table)):
        yield Claim(left=paper.id, right=code, kind="paper_code", via=seen)


def _authors(table: Mapping[str, Value]) -> Iterator[papers.Author]:
    """Yield the byline in printed order. Raises SkipRecord if it is no list of names."""
    listed = table.get("author")
    if listed is None:
        return
    if not isinstance(listed, list):
        raise SkipRecord(f"author is of another type: {type(listed).__name__}")
    for one in listed:
        if not isinstance(one, dict):
            raise SkipRecord(f"an author is of another type: {type(one).__name__}")
        parts = [_text(one, part) for part in ("given", "prefix", "family", "suffix")]
        name = names.person(" ".join(part for part in parts if part))
        if name is None:
            raise SkipRecord("an author has no name")
        yield papers.Author(name=name)


def _software(table: Mapping[str, Value]) -> Iterator[str]:
    """Yield the repositories a post gives as its code: `software`, or an extra labelled so."""
    listed = table.get("extras")
    extras = [extra for extra in listed if isinstance(extra, dict)] if isinstance(listed, list) else []
    labelled = [extra for extra in extras if _CODE.search(_text(extra, "label") or "")]
    said = [_text(table, "software"), *(_text(extra, "link") for extra in labelled)]
    for address in said:
        if (
            address is not None
            and (code := repositories.repository(links.canonical(address.strip()))) is not None
        ):
            yield code


def _venue(title: str | None, day: date | None) -> str | None:
    if title is None or day is None:
        return None
    short = next((short for words, short in _TITLES.items() if words in title), "PMLR")
    return papers.venue(short, day.year)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _text(table: Mapping[str, Value], name: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise SkipRecord(f"{name} is of another type: {type(value).__name__}")
    return value


def _url(volume: str, number: str) -> str:
    return f"https://{_HOST}/{volume}/{number}.html"


def _id(volume: str, number: str) -> str:
    """Return the id of a paper by its page, as every source of proceedings gives it."""
    return f"paper:{_HOST}/{volume}/{number}"
