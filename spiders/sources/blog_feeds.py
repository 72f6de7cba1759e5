"""Posts in people's feeds: title, date and link; the text stays theirs.

Source: RSS 2.0 and Atom feeds that personal pages announce, https://feedparser.readthedocs.io (6.0.14)
Yields: Work (post), Identity of the site, Signal (authored)
Cursor: none; feeds are asked conditionally
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final

import feedparser
from pydantic import BaseModel, Field

from spiders.clients import links, names
from spiders.errors import SourceChanged
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1
ACCEPTS = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"}
)

_POSTS_MAX: Final = 50  # newest entries of a feed
_TAGS_MAX: Final = 10


class Seeds(BaseModel, extra="forbid"):
    """feeds: addresses of feeds; more are found on personal pages."""

    feeds: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each feed."""
    for address in seeds.feeds:
        yield Task(source="blog_feeds", kind="feed", url=address)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the posts of a feed that one person writes.

    Raises SourceChanged if the answer is no feed, or breaks off before its first entry.
    """
    feed = feedparser.parse(BytesIO(page.body), response_headers={"content-type": "application/xml"})
    if not feed.version or (feed.bozo and not feed.entries):
        raise SourceChanged(f"{page.url} is no feed, or it is cut short")
    site = links.page_id(str(task.params.get("site") or feed.feed.get("link") or page.url))
    if site is None:
        yield Counted(what="site_unknown")
        return
    writers = {str(entry["author"]) for entry in feed.entries if entry.get("author")}
    if len(writers) > 1:
        yield Counted(what="several_authors")
        return
    home = site.removeprefix("page:")
    name = names.person(next(iter(writers), None))
    known = name if names.looks_personal(name) else None
    yield Identity(id=site, kind=IdentityKind.PERSONAL, name=known, homepage=home, via=via(home))
    for entry in feed.entries[:_POSTS_MAX]:
        yield from _post(entry, site, page.fetched_at, via)


def _post(entry: Any, site: str, fetched_at: datetime, via: Via) -> Iterator[Yield]:
    address = links.canonical(entry.get("link"))
    title = names.plain(entry.get("title"), 300)
    if address is None or title is None:
        yield Counted(what="entry_without_link_or_title")
        return
    at = _moment(entry, fetched_at)
    seen = via(address)
    terms = [names.plain(tag.get("term"), 60) for tag in entry.get("tags") or ()]
    post = hashlib.sha256(address.encode()).hexdigest()[:32]
    yield Work(
        id=f"post:{post}",
        kind=WorkKind.POST,
        title=title,
        url=address,
        tags=tuple(term for term in terms if term is not None)[:_TAGS_MAX],
        published_on=at.date() if at is not None else None,
        via=seen,
    )
    yield Signal(
        id=f"post:{post}:authored",
        identity=site,
        work=f"post:{post}",
        kind=SignalKind.AUTHORED,
        occurred_at=at,
        via=seen,
    )


def _moment(entry: Any, fetched_at: datetime) -> datetime | None:
    """Return when a post appeared, or was updated; None for the future and the impossible."""
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    if parsed is None:
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, TypeError):
        return None
    return at if datetime(1995, 1, 1, tzinfo=UTC) <= at <= fetched_at + timedelta(hours=26) else None
