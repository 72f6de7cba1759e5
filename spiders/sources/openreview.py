"""Accepted papers of venues on OpenReview, and what their authors say of themselves in public profiles.

Source: https://docs.openreview.net/reference/api-v2 (2026-11), `/notes`, `/profiles/search`; the official client
Yields: Work (paper), Identity per place or profile, Signal (authored), Claim (profile_link, alias, a wish about
    recruiting)
Cursor: none; a venue is one streamed answer, profiles are asked for by a thousand ids

Only what everybody may read is kept, although the questions are asked logged in. Gender, relations, addresses,
LinkedIn, ratings and the years of anybody's past are removed before anything is written; of the positions people name
only a wish about recruiting is read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import fields, links, names, papers, wishes
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

VERSION = 2

_HOME: Final = "https://openreview.net"
_API: Final = "https://api2.openreview.net"
_PROFILES: Final = 1_000  # ids one question may carry (official client, 2.9)
_VENUE: Final = re.compile(r"[A-Za-z0-9_.-]{2,40}(?:/[A-Za-z0-9_.-]{1,40}){0,6}", re.A)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{6,20}", re.A)
_LEFT_OUT: Final = re.compile(r"reject|withdr|retract|submitted to|desk", re.I)
_YEAR: Final = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_PID: Final = re.compile(r"[\w-]{1,20}/[\w-]{1,40}", re.A)
_TAGS_MAX, _WORDS_MAX = 20, 12


class Asked(BaseModel, extra="forbid"):
    """A profile the store wants to read. id: the tilde id."""

    id: str


class Seeds(BaseModel, extra="forbid"):
    """venues: whose accepted papers are read (`ICLR.cc/2026/Conference`). openreview_profiles: the store's."""

    venues: list[str] = Field(default_factory=list)
    openreview_profiles: list[Asked] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question a venue, and one for each thousand profiles. Raises SourceChanged for no venue id."""
    for venue in seeds.venues:
        if not _VENUE.fullmatch(venue):
            raise SourceChanged(f"{venue!r} is no venue id; expected one like 'ICLR.cc/2026/Conference'")
        url = f"{_API}/notes?content.venueid={venue}&stream=true"
        yield Task(kind="venue", url=url, params={"venue": venue}, priority=50)
    ids = sorted({one.id for one in seeds.openreview_profiles if links.is_tilde(one.id)})
    for begin in range(0, len(ids), _PROFILES):
        yield Task(
            kind="profiles", url=f"{_API}/profiles/search", params={"ids": ids[begin : begin + _PROFILES]}
        )


def ask(task: Task) -> Request:
    """Return how a question is put: profiles by POST, so that a thousand ids need no address."""
    if task.kind == "profiles":
        return Request(url=task.url, method="POST", body=json.dumps({"ids": task.params["ids"]}).encode())
    return Request(url=task.url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the accepted papers of a venue, or the profiles asked for.

    Raises SourceChanged if the answer has another shape.
    """
    table = fields.table_of(page)
    if task.kind == "venue":
        for place, row in enumerate(fields.listed(table, "notes")):
            try:
                yield from list(_paper(task, fields.as_table(row, "notes"), via))
            except SkipRecord as error:
                yield Quarantined(where=f"note {place}", reason=str(error))
        return
    rows = fields.listed(table, "profiles")
    answered: set[str] = set()
    for place, row in enumerate(rows):
        try:
            found = list(_profile(fields.as_table(row, "profiles"), page.fetched_at.year, via))
        except SkipRecord as error:
            yield Quarantined(where=f"profile {place}", reason=str(error))
            continue
        answered.update(one.id for one in found if isinstance(one, Identity))
        answered.update(one.left for one in found if isinstance(one, Claim) and one.kind == "alias")
        yield from found
    missing = [one for one in task.params["ids"] if f"openreview:{one}" not in answered]
    if missing:
        yield Counted(what="profile_not_there", times=len(missing))


def _paper(task: Task, row: fields.Table, via: Via) -> Iterator[Yield]:
    content, number = fields.within(row, "content"), fields.needed(row, "id")
    if content is None or not _ID.fullmatch(number):
        raise SkipRecord("content is missing, or id of another shape")
    readers = row.get("readers")
    if not isinstance(readers, list) or "everyone" not in readers:
        yield Counted(what="not_public")
        return
    venue = _text(content, "venue") or ""
    if _text(content, "venueid") != task.params["venue"] or _LEFT_OUT.search(venue):
        yield Counted(what="not_accepted")
        return
    title, printed = names.title(_text(content, "title")), _texts(content, "authors")
    if title is None or not printed:
        raise SkipRecord("title or authors is missing")
    ids = _texts(content, "authorids")
    if len(ids) != len(printed):  # a shifted list would give everybody somebody else's profile
        if ids:
            yield Counted(what="misaligned_authorids")
        ids = [""] * len(printed)
    seen = via(f"{_HOME}/forum?id={number}")
    called = _venue(task.params["venue"])
    authors = [
        papers.Author(
            name=names.person(name) or "(unnamed)", id=f"openreview:{one}" if links.is_tilde(one) else None
        )
        for name, one in zip(printed, ids, strict=True)
    ]
    paper = papers.Paper(
        id=f"openreview:{number}",
        title=title,
        url=seen.url,
        authors=tuple(authors),
        text=names.plain(_text(content, "abstract")),
        tags=tuple(tag for said in _texts(content, "keywords") if (tag := names.plain(said, 80)))[:_TAGS_MAX],
        venue=called,
        published_on=papers.meeting_on(called),
        note=papers.note(venue),
    )
    yield from papers.records(paper, seen)


def _profile(row: fields.Table, this_year: int, via: Via) -> Iterator[Yield]:
    tilde, content = fields.needed(row, "id"), fields.within(row, "content")
    if content is None or not links.is_tilde(tilde):
        raise SkipRecord("content is missing, or id is no tilde id")
    seen, who = via(f"{_HOME}/profile?id={tilde}"), f"openreview:{tilde}"
    called = [name for name in _rows(content, "names") if fields.text(name, "fullname")]
    preferred = next((name for name in called if name.get("preferred") is True), called[0] if called else {})
    site = links.canonical(_text(content, "homepage"))
    if site is not None and links.is_left_out(site):
        site = None
    own = site if site is not None and links.account(site) is None else None
    scholar = links.canonical(_text(content, "gscholar"))
    pid = (_text(content, "dblp") or "").partition("/pid/")[2].removesuffix(".html")
    told = [
        site if own is None else None,
        scholar if links.account(scholar) is not None else None,
        f"https://dblp.org/pid/{pid}" if _PID.fullmatch(pid) else None,
        links.canonical(_text(content, "semanticScholar")),
    ]
    yield Identity(
        id=who,
        kind=IdentityKind.AUTHOR,
        name=names.person(fields.text(preferred, "fullname")),
        orcid=links.orcid(_text(content, "orcid")),
        homepage=own,
        affiliation=_place_of_work(content, this_year),
        summary=_expertise(content),
        links=tuple(link for link in told if link is not None),
        via=seen,
    )
    yield wishes.claim(who, _wish(content, called), seen)
    for other in sorted({fields.text(name, "username") or "" for name in called} - {tilde}):
        if links.is_tilde(other):
            yield Claim(left=f"openreview:{other}", right=who, kind="alias", via=seen)
    login = links.github_login(site) or links.github_pages_login(site)
    if login is not None:
        yield Claim(left=who, right=f"github-login:{login}", kind="profile_link", via=seen)


def _place_of_work(content: fields.Table, this_year: int) -> str | None:
    """Return the institution of the present position, the first that has not ended; positions are not kept."""
    for row in _rows(content, "history"):
        end, place = row.get("end"), fields.within(row, "institution") or {}
        if end is not None and (not isinstance(end, int) or isinstance(end, bool)):
            raise SkipRecord(f"end is of another type: {type(end).__name__}")
        if end is None or end >= this_year:
            found = names.plain(fields.text(place, "name"), 300)
            if found is not None:
                return found
    return None


def _wish(content: fields.Table, called: list[fields.Table]) -> wishes.Wish | None:
    """Return the wish spoken in what people may write freely: positions (one machine word each), names, subjects."""
    positions = [wishes.of_word(fields.text(row, "position")) for row in _rows(content, "history")]
    subjects = [_list(row.get("keywords"), "keywords") for row in _rows(content, "expertise")]
    said = [*(fields.text(name, "fullname") for name in called), *(word for row in subjects for word in row)]
    return wishes.strongest([*positions, *map(wishes.wish, said)])


def _expertise(content: fields.Table) -> str | None:
    said = [word for row in _rows(content, "expertise") for word in _list(row.get("keywords"), "keywords")]
    words = dict.fromkeys(word for text in said if (word := names.plain(text, 80)))
    return ", ".join(list(words)[:_WORDS_MAX]) or None


def _venue(venue: str) -> str:
    """Return a venue as other sources print it: `ICLR.cc/2026/Conference` is `ICLR 2026`."""
    words, year = re.split(r"[./]", venue), _YEAR.search(venue)
    called = next((word for word in words if papers.is_venue(word)), words[0])
    return papers.venue(called.lower(), int(year[1]) if year is not None else None)


def _value(table: fields.Table, name: str) -> Any:
    """Return a field of content: API 2 wraps it as `{"value": …}`, profiles and API 1 give it bare."""
    found = table.get(name)
    return found.get("value") if isinstance(found, dict) and "value" in found else found


def _text(table: fields.Table, name: str) -> str | None:
    return fields.text({name: _value(table, name)}, name)


def _texts(table: fields.Table, name: str) -> list[str]:
    return _list(_value(table, name), name)


def _list(found: Any, name: str) -> list[str]:
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SkipRecord(f"{name} is of another type")
    return found


def _rows(table: fields.Table, name: str) -> list[fields.Table]:
    return list(fields.each({name: _value(table, name)}, name))
