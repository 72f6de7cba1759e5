"""Pages of members on hosts of their own, as a site would be read.

Source: `guild_server.py`
Yields: Identity
"""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from spiders.errors import SourceChanged
from spiders.records import Identity, IdentityKind, Page, Task, Via, Yield

VERSION = 1


class Seeds(BaseModel, extra="forbid"):
    """pages: one address per member."""

    pages: list[str]


def start(seeds: Seeds, cursor: dict[str, str]) -> Iterator[Task]:
    """Yield every page."""
    for url in seeds.pages:
        yield Task(kind="page", url=url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the member of a page. Raises SourceChanged if it names none."""
    found = re.search(rb"<h1>([^<]+)</h1>.*</html>", page.body, re.DOTALL)
    if found is None:
        raise SourceChanged(f"{page.url} names nobody")
    yield Identity(
        id=f"noticeboard:{task.url}", kind=IdentityKind.PERSONAL, name=found[1].decode(), via=via(page.url)
    )
