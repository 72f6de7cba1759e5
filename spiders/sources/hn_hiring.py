"""People who say in public that they want to be hired, and the places they name as theirs.

Source: https://hn.algolia.com/api (2026-11): the monthly thread "Who wants to be hired?" on Hacker News
Yields: Identity per poster, Claim (open_to_work, profile_link, a wish about recruiting), Work (post) and Signal
    (authored, open_to_work), Gone for posts that were deleted or ask recruiters to stay away
Cursor: `threads`: the threads to read again, so that late posts come in even if the list of threads is unchanged
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import fields, links, wishes
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    Gone,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 4

_API: Final = "https://hn.algolia.com/api/v1"
_THREAD: Final = re.compile(r"Ask HN: Who wants to be hired\? \(([A-Z][a-z]{2,8} 20\d\d)\)", re.A)
_HOST: Final = "whoishiring"  # the account that opens the threads; anybody may copy a title
_AUTHOR: Final = re.compile(r"[A-Za-z0-9_-]{2,15}", re.A)
_FORM: Final = re.compile(  # the lines the thread asks for; a post with fewer than two is talk, not an application
    r"(?:^|<p>|\n)[^\S\n]*(location|remote|willing to relocate|technologies|r[eé]sum[eé](?:/cv)?|cv|email)\s*:",
    re.I,
)
_FORM_MIN: Final = 2
_LEFT_ALONE: Final = re.compile(
    r"\bno (?:third[- ]party )?(?:recruiters?|agenc(?:y|ies)|headhunters?)\b", re.I
)
_PARAGRAPH: Final = re.compile(r"</?p>", re.I)
_LINK: Final = re.compile(r'href="([^"<>\s]{1,2000})"')
_TEXT_MAX, _LINKS_MAX = 20_000, 10


class Seeds(BaseModel, extra="forbid"):
    """threads: how many of the newest monthly threads are read."""

    threads: int = Field(default=2, ge=0, le=6)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the question for the newest threads, and the threads known from last time."""
    if seeds.threads:
        known = [number for number in cursor.get("threads", "").split(",") if number.isdecimal()]
        yield from (_thread("", number) for number in known[: seeds.threads])
        url = f"{_API}/search_by_date?tags=story,author_{_HOST}&hitsPerPage=30"
        yield Task(kind="threads", url=url, params={"threads": seeds.threads}, priority=50)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the threads as tasks, or the posts of a thread.

    Raises SourceChanged if a thread is not the one people opt in by.
    """
    table = fields.table_of(page)
    if task.kind == "threads":
        yield from _threads(task, table)
        return
    said = _THREAD.fullmatch(str(table.get("title")))
    if said is None or table.get("author") != _HOST:
        raise SourceChanged("this is not the thread in which people ask to be hired")
    for place, row in enumerate(fields.listed(table, "children")):
        try:
            yield from list(_post(fields.as_table(row, "children"), said[1], via))
        except SkipRecord as error:
            yield Quarantined(where=f"post {place}", reason=str(error))


def _threads(task: Task, table: fields.Table) -> Iterator[Yield]:
    found: list[str] = []
    for place, row in enumerate(fields.listed(table, "hits")):
        try:
            hit = fields.as_table(row, "hits")
            title, number = fields.needed(hit, "title"), fields.needed(hit, "objectID")
        except SkipRecord as error:
            yield Quarantined(where=f"hit {place}", reason=str(error))
            continue
        wanted = _THREAD.fullmatch(title) is not None and hit.get("author") == _HOST and number.isdecimal()
        if wanted and len(found) < task.params["threads"]:
            found.append(number)
            yield _thread(task.source, number)
    yield Cursor(key="threads", value=",".join(found)) if found else Counted(what="no_thread_found")


def _thread(source: str, number: str) -> Task:
    return Task(source=source, kind="thread", url=f"{_API}/items/{number}", params={"id": number})


def _post(row: fields.Table, month: str, via: Via) -> Iterator[Yield]:
    number, author, said = row.get("id"), fields.text(row, "author"), fields.text(row, "text")
    if not isinstance(number, int) or isinstance(number, bool):
        raise SkipRecord("id is missing or of another type")
    seen, post = via(f"https://news.ycombinator.com/item?id={number}"), f"hn-post:{number}"
    if author is None or said is None:
        yield Counted(what="deleted_post")
        yield from (Gone(id=one, via=seen) for one in (post, f"{post}:authored"))
        return
    if not _AUTHOR.fullmatch(author):
        raise SkipRecord("author is of another shape")
    # Each post is a place of its own: one of last month is not taken back by one of this month.
    wish = wishes.claim(f"hn:{author}", _wish(said), seen, place=post)
    if wish.kind.startswith("opt_out"):
        yield Counted(what="no_recruiters_wanted")
        yield wish
        yield from (Gone(id=one, via=seen) for one in (post, f"{post}:authored"))
        return
    said = said[:_TEXT_MAX]
    if len({line.lower() for line in _FORM.findall(said)}) < _FORM_MIN:
        yield Counted(what="post_not_in_the_form")
        return
    yield wish
    told = {found for text in _LINK.findall(said) if (found := links.canonical(html.unescape(text)))}
    kept = sorted(link for link in told if not links.is_left_out(link))[:_LINKS_MAX]
    if len(kept) < len(told):
        yield Counted(what="link_left_out", times=len(told) - len(kept))
    who = f"hn:{author}"
    yield Identity(id=who, kind=IdentityKind.PERSONAL, handle=author, links=tuple(kept), via=seen)
    yield Claim(left=who, right=post, kind="open_to_work", via=seen)  # it falls with the post
    named = sorted({account for link in kept if (account := links.account(link)) is not None})
    if len([account for account in named if account.startswith("github-login:")]) > 1:
        yield Counted(what="several_accounts")
    else:
        yield from (Claim(left=who, right=account, kind="profile_link", via=seen) for account in named)
    at = fields.moment(fields.text(row, "created_at"))
    yield Work(
        id=post,
        kind=WorkKind.POST,
        title=f"Who wants to be hired? ({month})",
        url=seen.url,
        published_on=at.date() if at is not None else None,
        via=seen,
    )
    yield Signal(
        id=f"{post}:authored",
        identity=who,
        work=post,
        kind=SignalKind.AUTHORED,
        occurred_at=at,
        note="open_to_work",
        via=seen,
    )


def _wish(said: str) -> wishes.Wish | None:
    """Return the wish of a post; agencies are recruiters as well."""
    plain = _PARAGRAPH.sub("\n", said)
    alone = _LEFT_ALONE.search(plain)
    refused = wishes.Wish(kind=wishes.WishKind.NO_RECRUITERS, at=0, language="en") if alone else None
    return wishes.strongest((wishes.wish(plain), refused))
