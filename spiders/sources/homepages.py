"""Personal pages: which accounts their owner says are theirs.

Source: a page a person links from a profile, as its robots file allows; no address is ever taken from it
Yields: Identity, Claim (profile_link per account it names, a wish about recruiting), Task (feed, two further pages)
Cursor: none; the store knows which pages are due
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, Field

from spiders.clients import links, markup, names, wishes
from spiders.records import Claim, Counted, Identity, IdentityKind, Page, Task, Via, Yield

VERSION = 3
ACCEPTS = frozenset({"text/html", "application/xhtml+xml"})

_LINKS_MAX: Final = 2_000  # of a page; more is an index, not a person
_FEEDS: Final = {"application/rss+xml", "application/atom+xml"}
_FURTHER: Final = re.compile(r"\b(about|bio|contact|cv|links|profile)\b", re.I)
_FURTHER_MAX: Final = 2
_META: Final = {"recruiting", "sourcer"}
_METAS_MAX: Final = 200
_NOT_OWN_WORDS: Final = frozenset(
    {"script", "style", "pre", "code", "blockquote", "q", "template", "noscript"}
)


class Wanted(BaseModel, extra="forbid"):
    """A page the store has found on a profile and not visited lately."""

    url: str
    identity: str | None = None


class Seeds(BaseModel, extra="forbid"):
    """pages: by hand. homepages: from the store."""

    pages: list[str] = Field(default_factory=list)
    homepages: list[Wanted] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each page once, however often and however it is spelt."""
    seen = set()
    for address in [*seeds.pages, *(wanted.url for wanted in seeds.homepages)]:
        found = links.canonical(address)
        page = links.page_id(address)
        if found is None or page in seen or links.account(found) is not None or links.is_left_out(found):
            continue
        seen.add(page)
        yield Task(source="homepages", kind="page", url=found)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield who the page says it belongs to.

    Several GitHub accounts make it the page of a group: it then speaks for nobody.
    """
    own = task.params.get("site") or links.page_id(task.url)
    if own is None:
        yield Counted(what="address_unreadable")
        return
    root = markup.page(page.body)
    seen = via(page.url)
    found = list(_links(root, page.url))
    accounts = _accounts(found, task.url)
    logins = {account.lower() for account in accounts if account.startswith("github-login:")}
    is_group = len(logins) > 1
    first = task.kind == "page"
    if first:
        yield _identity(own, root, task.url, found, is_group, seen)
        if not is_group:
            yield from _onward(task, own, root, page.url, found)
    if is_group:
        yield Counted(what="page_of_a_group")
    else:
        for account in accounts:
            yield Claim(left=own, right=account, kind="profile_link", via=seen)
    wish = _wish(root)
    if wish is not None:
        yield Counted(what=f"wish_{wish.kind}{'_of_a_group' if is_group else ''}")
    # a group's page binds nobody, whatever it says; each page of a site is believed until it is read again
    yield wishes.claim(own, None if is_group else wish, seen, place=links.page_id(task.url))


def _links(root: Any, base: str) -> Iterator[tuple[str, bool, str]]:
    """Yield (address, whether the owner marked it as theirs, its text) of the links on a page, each once."""
    seen = set()
    for link in list(root.iter("a", "link"))[:_LINKS_MAX]:
        rel = (link.get("rel") or "").lower().split()
        if link.tag == "link" and "me" not in rel:
            continue
        try:
            address = links.canonical(urljoin(base, link.get("href") or ""))
        except ValueError:
            continue
        if address is not None and address not in seen:
            seen.add(address)
            yield address, "me" in rel, markup.text_of(link) or ""


def _accounts(found: list[tuple[str, bool, str]], asked: str) -> list[str]:
    """Return the accounts a page names; marked links (`rel=me`) outweigh unmarked ones of the same kind."""
    named = [
        (account, marked) for address, marked, _ in found if (account := links.account(address)) is not None
    ]
    owner = links.github_pages_login(asked)
    if owner is not None:
        named.append((f"github-login:{owner}", True))
    kept: dict[str, str] = {}
    for account, marked in named:
        kind = account.partition(":")[0]
        if marked or not any(other.startswith(f"{kind}:") and sure for other, sure in named):
            kept.setdefault(account.lower(), account)
    return list(kept.values())


def _wish(root: Any) -> wishes.Wish | None:
    """Return what a page wishes: by its meta tag, else in its own words."""
    found = [
        wishes.meta(one.get("content"))
        for one in list(root.iter("meta"))[:_METAS_MAX]
        if (one.get("name") or "").strip().lower() in _META
    ]
    return wishes.strongest([*found, wishes.wish(markup.lines_of(root, without=_NOT_OWN_WORDS))])


def _identity(
    own: str, root: Any, asked: str, found: list[tuple[str, bool, str]], is_group: bool, seen: Any
) -> Identity:
    accounts = tuple(address for address, _, _ in found if links.account(address) is not None)
    orcids = {number for address in accounts if (number := links.orcid(address)) is not None}
    return Identity(
        id=own,
        kind=IdentityKind.ORGANISATION if is_group else IdentityKind.PERSONAL,
        name=_name(root),
        homepage=links.canonical(asked),
        orcid=orcids.pop() if len(orcids) == 1 and not is_group else None,
        links=accounts[:50],
        via=seen,
    )


def _name(root: Any) -> str | None:
    """Return the owner's name if a heading, the title or the author field looks like one."""
    author = root.find(".//meta[@name='author']")
    candidates = [author.get("content") if author is not None else None]
    candidates += [markup.text_of(root.find(f".//{tag}")) for tag in ("h1", "title")]
    for text in candidates:
        name = names.person(re.split(r"\s[|\u2013\u2014-]\s|[(:]", text[:300])[0]) if text else None
        if names.looks_personal(name):
            return name
    return None


def _onward(task: Task, own: str, root: Any, base: str, found: list[tuple[str, bool, str]]) -> Iterator[Task]:
    host = links.host_of(base)
    for link in root.iter("link"):
        if (link.get("type") or "").lower() in _FEEDS and "alternate" in (
            link.get("rel") or ""
        ).lower().split():
            address = links.canonical(urljoin(base, link.get("href") or ""))
            if address is not None:
                site = own.removeprefix("page:")
                yield Task(
                    source="blog_feeds", kind="feed", url=address, params={"site": site}, depth=task.depth + 1
                )
                break
    further = [
        address
        for address, _, text in found
        if links.host_of(address) == host
        and links.page_id(address) != own
        and _FURTHER.search(f"{urlsplit(address).path} {text[:60]}".replace("_", " "))
        and re.search(r"(/|\.html?|/[^/.]*)$", urlsplit(address).path)
    ]
    for address in further[:_FURTHER_MAX]:
        yield Task(
            source=task.source, kind="further", url=address, params={"site": own}, depth=task.depth + 1
        )
