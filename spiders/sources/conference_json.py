"""Accepted papers of a conference, from the one static file its virtual site is built on.

Source: `https://{site}/static/virtual/data/{conference}-{year}-orals-posters.json` (seen 2026); no contract
Yields: Work (paper), Identity per author of the site, Signal (authored, with how it was presented)
Cursor: none; the file is asked for conditionally
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

from pydantic import BaseModel, Field

from spiders.clients import fields, links, names, papers
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import Counted, Page, Quarantined, Signal, Task, Via, Yield

VERSION = 2

_FILE: Final = re.compile(
    r"/static/virtual/data/(?P<venue>[a-z0-9]{2,20})-(?P<year>20\d\d)-orals-posters\.json"
)
_FORUM: Final = re.compile(r"[A-Za-z0-9_-]{6,20}", re.A)
_SHOWN: Final = ("poster", "oral", "spotlight", "highlight")
_NOTES: Final = (None, "spotlight", "oral", "award")  # strongest last
_TAGS_MAX: Final = 10


class Seeds(BaseModel, extra="forbid"):
    """files: addresses of the files, one per conference and year."""

    files: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each file. Raises SourceChanged for an address that names no conference and year."""
    for address in seeds.files:
        found = _FILE.fullmatch(urlsplit(address).path)
        if found is None:
            raise SourceChanged(
                f"{address!r} is no file of a virtual site; expected …/NAME-YEAR-orals-posters.json"
            )
        params = {"venue": found["venue"], "year": int(found["year"])}
        yield Task(kind="events", url=address, params=params)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield each paper once, however often it is presented.

    Raises SourceChanged if the file has another shape. A conference that has not announced its papers has none.
    """
    table = fields.table_of(page)
    rows, promised = fields.listed(table, "results"), table.get("count")
    if not isinstance(promised, int):
        raise SourceChanged("'count' is missing or no number")
    if promised > len(rows):  # the rest is behind an address that refuses machines
        yield Counted(what="not_in_the_file", times=promised - len(rows))
    found: dict[str, papers.Paper] = {}
    forums: dict[str, str] = {}
    for place, row in enumerate(rows):
        try:
            one = _paper(task, fields.as_table(row, "results"))
        except SkipRecord as error:
            yield Quarantined(where=f"event {place}", reason=str(error))
            continue
        if isinstance(one, str):
            yield Counted(what=one)
            continue
        title = _title_key(one.title)
        key = one.id if one.id.startswith("openreview:") else forums.get(title, title)
        if key == one.id and title in found:
            found[key] = found.pop(title)  # first told without its forum
        forums.setdefault(title, key)
        if key in found:
            yield Counted(what="presented_again")
        found[key] = _merged(found[key], one) if key in found else one
    for paper in found.values():
        for record in papers.records(paper, via(paper.url)):
            # OpenReview tells of the same paper under the ids of its own authors: each keeps its own signal.
            yield replace(record, id=f"{record.id}:site") if isinstance(record, Signal) else record


def _paper(task: Task, row: fields.Table) -> papers.Paper | str:
    """Return the paper of an event, or why it is none of ours in a word."""
    event, decision = fields.needed(row, "event_type"), fields.text(row, "decision")
    if row.get("visible") is False:
        return "not_visible"
    if not any(word in event.lower() for word in _SHOWN):
        return "event_of_another_type"
    if decision is not None and not decision.lower().startswith("accept"):
        return "not_accepted"
    title = names.title(fields.needed(row, "name"))
    byline = [_author(task, author) for author in fields.each(row, "authors")]
    if title is None or not byline:
        raise SkipRecord("name or authors is missing")
    venue = papers.venue(task.params["venue"], task.params["year"])
    topic = (fields.text(row, "topic") or "").split("->")
    return papers.Paper(
        id=_id(task, row, title),
        title=title,
        url=_address(task, row),
        authors=tuple(byline),
        text=names.plain(fields.text(row, "abstract")),
        tags=_tags([*topic, *_keywords(row)]),
        venue=venue,
        published_on=papers.meeting_on(venue),
        note=papers.note(f"{decision or ''} {event}".replace("(", " ").replace(")", " ")),
    )


def _author(task: Task, row: fields.Table) -> papers.Author:
    number = row.get("id")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise SkipRecord(f"author id is of another type: {type(number).__name__}")
    site = links.host_of(task.url)
    return papers.Author(
        name=names.person(fields.text(row, "fullname")) or "(unnamed)",
        id=f"virtual-site:{site}/{number}" if number is not None else None,
        affiliation=names.plain(fields.text(row, "institution"), 300),
    )


def _merged(one: papers.Paper, other: papers.Paper) -> papers.Paper:
    """Return one paper from two presentations: the strongest note, an abstract if either has it, the known forum."""
    base = other if other.id.startswith("openreview:") and not one.id.startswith("openreview:") else one
    note = max(one.note, other.note, key=_NOTES.index)
    return replace(base, note=note, text=one.text or other.text)


def _id(task: Task, row: fields.Table, title: str) -> str:
    """Return the forum of a paper, as other sources call it, else a name made of site, year and title."""
    address = links.canonical(fields.text(row, "paper_url"))
    if address is not None and links.host_of(address) == "openreview.net":
        forum = parse_qs(urlsplit(address).query).get("id", [""])[0]
        if _FORUM.fullmatch(forum):
            return f"openreview:{forum}"
    mark = hashlib.sha256(_title_key(title).encode()).hexdigest()[:16]
    return f"paper:{links.host_of(task.url)}/{task.params['venue']}-{task.params['year']}/{mark}"


def _address(task: Task, row: fields.Table) -> str:
    """Return where a person can see the event: on the same site, else the paper's own address, else the file."""
    home = links.canonical(urljoin(task.url, fields.text(row, "virtualsite_url") or ""))
    if home is not None and home != task.url and links.host_of(home) == links.host_of(task.url):
        return home
    return links.canonical(fields.text(row, "paper_url")) or task.url


def _title_key(title: str) -> str:
    return "".join(letter for letter in title.casefold() if letter.isalnum())


def _keywords(row: fields.Table) -> list[Any]:
    found = row.get("keywords")
    if found is not None and not isinstance(found, list):
        raise SkipRecord(f"keywords is of another type: {type(found).__name__}")
    return found or []


def _tags(said: list[Any]) -> tuple[str, ...]:
    kept = [names.plain(tag, 80) for tag in said if isinstance(tag, str)]
    return tuple(dict.fromkeys(tag for tag in kept if tag is not None))[:_TAGS_MAX]
