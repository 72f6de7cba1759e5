"""Any page of anybody: who it is about, what it links to, and XML as strangers write it.

Source: `rounds.py`
Yields: Identity, Task
"""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from pydantic import BaseModel

from spiders.clients import markup
from spiders.records import Identity, IdentityKind, Page, Task, Via, Yield

VERSION = 1
ACCEPTS = frozenset({"application/json", "text/html", "application/xml"})


class Seeds(BaseModel, extra="forbid"):
    """pages: where to begin."""

    pages: list[str] = []


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield every page."""
    for url in seeds.pages:
        yield Task(kind="page", url=url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield whom a page is about and the pages it names. Raises SourceChanged for what cannot be parsed safely."""
    links: list[str] = []
    if page.media_type == "application/json":
        table = json.loads(page.body)
        name, links = str(table.get("name", "Mira")), [str(one) for one in table.get("links", [])]
    elif page.media_type.endswith("xml"):
        name = "".join(markup.xml(page.body).itertext())[:200]
    else:
        name = markup.page(page.body).text_content().strip()[:200] or "Mira"
        links = [one.decode("utf-8", "replace") for one in re.findall(rb'href="([^"]{1,500})"', page.body)]
    kept = tuple(links)
    yield Identity(
        id=f"lure:{task.url}"[:900], kind=IdentityKind.PERSONAL, name=name, links=kept, via=via(page.url)
    )
    for link in links:
        url = urljoin(page.url, link) if link.startswith(("/", "?")) else link  # as a stranger wrote it
        yield Task(source=task.source, kind="page", url=url, depth=task.depth + 1)
