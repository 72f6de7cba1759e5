"""Papers from an operator's own bulk files.

Source: papercopilot/paperlists (JSON), arXiv OAI-PMH in the arXiv format, ACL Anthology XML (read 2026-11)
Yields: Work, Identity per place in a byline (curated where the file names one), Signal, Claim (profile_link)
Cursor: none; a file is imported whole
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel

from spiders.clients import anthology, arxiv, links, markup, names, papers
from spiders.clients.bulk import pages as pages
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import Claim, Counted, Gone, Page, Quarantined, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({"application/x-paperlists+json", "application/xml"})

_LEFT_OUT: Final = re.compile(r"reject|withdr|retract", re.I)
_UNDECIDED: Final = re.compile(r"^(active|pending|submitted|unknown)?$", re.I)
_FILE: Final = re.compile(r"(?P<venue>[a-z0-9]*[a-z])_?(?P<year>(19|20)\d\d)", re.I)
_PID: Final = re.compile(r"[\w-]{1,20}/[\w-]{1,40}", re.A)


class Seeds(BaseModel, extra="forbid"):
    """Nothing: files are named on the command line."""


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield no task: this source is imported, never crawled."""
    yield from ()


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the accepted papers of a page that `pages` cut from a file. task.kind: the file's format."""
    if page.media_type == "application/x-paperlists+json":
        yield from _read_paperlists(page, via)
        return
    root = markup.xml(page.body)
    answer = anthology.read(root) if root.tag == "collection" else arxiv.read_oai(page.body)
    for paper in answer.papers:
        yield from papers.records(paper, via(paper.url))
    for number in answer.deleted:
        yield Gone(id=f"arxiv:{number}", via=via(f"https://arxiv.org/abs/{number}"))
    for where, reason in answer.unreadable:
        yield Quarantined(where=where, reason=reason)


def _read_paperlists(page: Page, via: Via) -> Iterator[Yield]:
    try:
        table = json.loads(page.body)
        rows, shared, stem = table["papers"], set(table["shared_homepages"]), str(table["file"])
        dropped = {str(name): int(times) for name, times in table["dropped"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceChanged(f"not a page of a paperlists file: {error!r}") from error
    for name, times in dropped.items():
        yield Counted(what=f"dropped_{name}", times=times)
    for number, row in enumerate(rows):
        status = str(row.get("status") or "").strip()
        if _LEFT_OUT.search(status) or _UNDECIDED.match(status):
            yield Counted(what="not_accepted")
            continue
        try:
            yield from _listed(row, stem, shared, page.url, via)
        except SkipRecord as error:
            yield Quarantined(where=f"{stem} record {number}", reason=str(error))


def _listed(row: Mapping[str, Any], stem: str, shared: set[str], home: str, via: Via) -> Iterator[Yield]:
    title = names.title(_text(row, "title"))
    printed = [names.person(name) for name in _text(row, "author").split(";")]
    if title is None or not any(printed):
        raise SkipRecord("title or author is missing")
    site = links.canonical(_text(row, "site"))
    work = _work_id(_text(row, "id"), site, stem, title)
    columns: dict[str, list[str]] = {}
    for column in ("authorids", "or_profile", "homepage", "dblp", "google_scholar", "orcid", "aff"):
        values = [value.strip() for value in _text(row, column).split(";")] if _text(row, column) else []
        if values and len(values) != len(printed):  # a shifted list would give everybody somebody else's
            yield Counted(what=f"misaligned_{column}")
            values = []
        columns[column] = values or [""] * len(printed)
    byline: list[papers.Author] = []
    claims: list[Claim] = []
    seen = via(site or home)
    for place, name in enumerate(printed):
        told = {column: values[place] for column, values in columns.items()}
        author, login = _author(name, told, shared)
        byline.append(author)
        if login is not None:
            left = author.id or f"{work}:{place + 1}"
            claims.append(Claim(left=left, right=f"github-login:{login}", kind="profile_link", via=seen))
    named = _FILE.fullmatch(stem)
    venue = papers.venue(named["venue"], int(named["year"])) if named is not None else None
    paper = papers.Paper(
        id=work,
        title=title,
        url=seen.url,
        authors=tuple(byline),
        text=names.plain(_text(row, "abstract")),
        tags=tuple(tag for text in _text(row, "keywords").split(";") if (tag := names.plain(text, 80)))[:20],
        venue=venue,
        published_on=papers.meeting_on(venue) if venue is not None else None,
        note=papers.note(_text(row, "status")),
    )
    yield from papers.records(paper, seen)
    yield from claims
    if _text(row, "github"):
        yield Counted(what="links_code")


def _author(name: str | None, told: Mapping[str, str], shared: set[str]) -> tuple[papers.Author, str | None]:
    """Return one author and the GitHub login in the homepage, None where it is a lab's or names none."""
    profile = next((told[key] for key in ("authorids", "or_profile") if links.is_tilde(told[key])), None)
    site = links.canonical(told["homepage"])
    if site is not None and (links.is_left_out(site) or links.page_id(site) in shared):
        site = None
    login = links.github_login(site) or links.github_pages_login(site)
    own = site if site is not None and links.account(site) is None else None
    scholar = told["google_scholar"]
    scholar = (
        scholar if "scholar.google" in scholar else f"https://scholar.google.com/citations?user={scholar}"
    )
    pid = told["dblp"].removeprefix("https://dblp.org/pid/").removesuffix(".html")
    kept = [site if own is None else None]
    kept.append(links.canonical(scholar) if links.account(scholar) is not None else None)
    kept.append(f"https://dblp.org/pid/{pid}" if _PID.fullmatch(pid) else None)
    author = papers.Author(
        name=name or "(unnamed)",
        id=f"openreview:{profile}" if profile is not None else None,
        affiliation=names.plain(told["aff"], 300),
        orcid=links.orcid(told["orcid"]),
        homepage=own,
        links=tuple(link for link in kept if link is not None),
    )
    return author, login


def _work_id(number: str, site: str | None, stem: str, title: str) -> str:
    if site is not None and links.host_of(site) == "openreview.net" and number:
        return f"openreview:{number}"
    if site is not None:
        return f"paper:{links.host_of(site)}{urlsplit(site).path.removesuffix('.html')}"
    return f"paper:{stem}/{number or hashlib.sha256(title.casefold().encode()).hexdigest()[:16]}"


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise SkipRecord(f"{name} is of another type: {type(value).__name__}")
    return str(value).strip()
