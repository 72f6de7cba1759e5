"""Members of labs and groups who have a page of their own.

Source: a page a group publishes about its people, as its robots file allows
Yields: Identity of the group, Identity per member with a homepage; no claim: a group's page speaks for nobody's account
Cursor: none; the engine asks again only for what changed
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import links, markup, rosters
from spiders.errors import SourceChanged
from spiders.records import Counted, Identity, IdentityKind, Page, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({"text/html", "application/xhtml+xml"})

_FORMER: Final = re.compile(
    r"\b(alumni|alumnae|former|past|previous|graduated|visitors?|collaborators?)\b", re.I
)


class Group(BaseModel, extra="forbid"):
    """A page about a group's people. name: of the group, as members' affiliation."""

    page: str
    name: str


class Seeds(BaseModel, extra="forbid"):
    """groups: one entry per page."""

    groups: list[Group] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one task per group's page."""
    for group in seeds.groups:
        yield Task(kind="group", url=group.page, params={"group": group.name})


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the present members with a homepage; the homepage itself is the reader's of personal pages.

    Nothing is kept of members without one, nor anybody's rank or year: a name on a list is no evidence of work.
    Raises SourceChanged if the page names nobody.
    """
    found = rosters.entries(markup.page(page.body), page.url, is_home=True)
    own = links.page_id(task.url)
    if not found or own is None:
        raise SourceChanged(f"{page.url} names nobody: has the page another shape now?")
    group, seen = str(task.params["group"]), via(page.url)
    yield Identity(id=own, kind=IdentityKind.ORGANISATION, name=group, via=seen)
    told: set[str] = set()
    for entry in found:
        if any(_FORMER.search(heading) for heading in entry.sections):
            yield Counted(what="member_no_longer")
        elif entry.homepage is None or (theirs := links.page_id(entry.homepage)) is None:
            yield Counted(what="member_without_homepage")
        elif theirs not in told:
            told.add(theirs)
            yield Identity(
                id=f"member:{own.removeprefix('page:https://')}:{theirs.removeprefix('page:https://')}",
                kind=IdentityKind.AUTHOR,
                name=entry.name,
                homepage=entry.homepage,
                affiliation=group,
                via=seen,
            )
