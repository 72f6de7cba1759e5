"""New and revised papers, harvested by set.

Source: https://info.arxiv.org/help/oa, https://info.arxiv.org/help/rss_specifications (read 2026-07-24)
Yields: Work, Identity per place in a byline, Signal (authored), Claim (paper_code), Gone, Task (next page, look-up)
Cursor: the service's own clock at the first page of a finished harvest, per set
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Final

import feedparser
from pydantic import BaseModel, Field

from spiders.clients import arxiv, papers
from spiders.errors import RetryLater, SourceChanged
from spiders.records import Claim, Counted, Cursor, Gone, Page, Quarantined, Request, Task, Via, Yield

VERSION = 2
ACCEPTS = frozenset({"text/xml", "application/xml", "application/atom+xml", "application/rss+xml"})

_OVERLAP: Final = timedelta(days=1)  # datestamps are days, and late ones occur
_LOOKUP: Final = 100  # ids a request


class Seeds(BaseModel, extra="forbid"):
    """sets: OAI sets (`cs:cs:LG`). since: where a first harvest begins.

    hints: categories whose announcements are watched. ids: papers to look up.
    """

    sets: list[str] = Field(default_factory=list)
    since: date | None = None
    hints: list[str] = Field(default_factory=list)
    ids: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one harvest per set from its cursor, one feed for all hints, and look-ups of the ids."""
    for name in seeds.sets:
        since = cursor.get(name) or (seeds.since.isoformat() if seeds.since is not None else None)
        yield Task(
            source="arxiv_papers",
            kind="records",
            url=arxiv.list_address(name),
            params={"set": name},
            cursor=since,
        )
    if seeds.hints:
        feed = f"https://rss.arxiv.org/rss/{'+'.join(seeds.hints)}"
        yield Task(source="arxiv_papers", kind="hint", url=feed, priority=200)
    yield from _lookups("arxiv_papers", [found for text in seeds.ids if (found := arxiv.paper_id(text))])


def ask(task: Task) -> Request:
    """Return the question of a task; a fresh harvest asks for what changed since its cursor."""
    if task.kind == "records" and task.cursor is not None and "resumption" not in task.params:
        try:
            since = date.fromisoformat(task.cursor[:10])
        except ValueError as error:
            raise SourceChanged(f"cursor {task.cursor!r} of {task.params['set']} is no date") from error
        return Request(url=f"{task.url}&from={(since - _OVERLAP).isoformat()}")
    return Request(url=task.url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the papers of an answer and where to go on.

    Raises SourceChanged if the answer is none of the formats asked for.
    """
    if task.kind == "hint":
        yield from _read_hint(task, page)
        return
    answer = arxiv.read_atom(page.body) if task.kind == "lookup" else arxiv.read_oai(page.body)
    if answer.error == "badResumptionToken":  # tokens die at midnight; the cursor has not moved
        yield Counted(what="resumption_token_expired")
        fresh = {"set": task.params["set"]}
        url, since = arxiv.list_address(task.params["set"]), task.params.get("since")
        yield replace(task, url=url, params=fresh, cursor=since, lease=None, etag=None, last_modified=None)
        return
    if answer.error not in {None, "noRecordsMatch"}:
        raise SourceChanged(f"arXiv refused the question: {answer.error}")
    empty = not (answer.papers or answer.deleted or answer.unreadable)
    promised = (answer.total or 0) > 0 if task.kind == "lookup" else answer.error is None
    if empty and promised:  # a set without news says noRecordsMatch
        raise RetryLater("an empty page although entries are promised")
    for paper in answer.papers:
        yield from papers.records(paper, via(paper.url))
    for number in answer.deleted:
        yield Gone(id=f"arxiv:{number}", via=via(f"https://arxiv.org/abs/{number}"))
    for where, reason in answer.unreadable:
        yield Quarantined(where=where, reason=reason)
    for paper_id, told in answer.repositories:
        yield Counted(what="links_code")
        if len(told) == 1:  # of several, some are other people's
            seen = via(f"https://arxiv.org/abs/{paper_id.removeprefix('arxiv:')}")
            yield Claim(left=paper_id, right=told[0], kind="paper_code", via=seen)
    if task.kind == "records":
        yield from _next(task, answer)


def _next(task: Task, answer: arxiv.Answer) -> Iterator[Task | Cursor]:
    began = task.params.get("began") or answer.response_date
    if answer.token is not None:
        params = {
            "set": task.params["set"],
            "resumption": answer.token,
            "since": task.params.get("since") or task.cursor,
            "began": began,
        }
        url = arxiv.resume_address(answer.token)
        yield Task(source=task.source, kind="records", url=url, params=params, priority=task.priority)
    elif began is not None:
        yield Cursor(key=task.params["set"], value=began)


def _read_hint(task: Task, page: Page) -> Iterator[Yield]:
    feed = feedparser.parse(BytesIO(page.body), response_headers={"content-type": "application/xml"})
    if not feed.version:
        raise SourceChanged("the announcement feed is no feed")
    told = (str(entry.get("link") or entry.get("id") or "") for entry in feed.entries)
    ids = arxiv.ids_in(address.rpartition("/abs/")[2] for address in told)
    yield Counted(what="announced", times=len(ids))
    yield from _lookups(task.source, ids)


def _lookups(source: str, ids: Sequence[str]) -> Iterator[Task]:
    for first in range(0, len(ids), _LOOKUP):
        batch = tuple(ids[first : first + _LOOKUP])
        yield Task(source=source, kind="lookup", url=arxiv.lookup_address(batch), params={"ids": list(batch)})
