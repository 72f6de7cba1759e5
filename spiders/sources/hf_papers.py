"""Which account of the Hugging Face hub claimed which place in a byline, and which code belongs to a paper.

Source: https://huggingface.co/docs/hub/paper-pages (2026-11), `/api/papers/{id}`, `/api/daily_papers`
Yields: Work (the arXiv paper), Identity per claiming account, Claim (claimed, assigned, paper_code),
    Task (next day, paper)
Cursor: `day`: the next day of papers to read; it trails by some days, because claims come late
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import arxiv, fields, hub, names, repositories
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Request,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 2

_A_DAY: Final = 100  # papers of a day; a usual one has 10 to 60
_KINDS: Final = {"claimed_verified": "claimed", "admin_assigned": "assigned"}


class Paper(BaseModel, extra="forbid"):
    """A paper on arXiv the store wants to hear of."""

    id: str


class Seeds(BaseModel, extra="forbid"):
    """ids: arXiv papers to ask for by hand. fresh_papers: the store's.

    since: first day of papers to walk through, None = none.
    settle_days: how long a day is left to its authors to claim before it is read.
    """

    ids: list[str] = Field(default_factory=list)
    fresh_papers: list[Paper] = Field(default_factory=list)
    since: date | None = None
    settle_days: int = Field(default=7, ge=1)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the next day to read, and the papers named by hand or by the store."""
    begin = cursor.get("day") or (seeds.since.isoformat() if seeds.since is not None else None)
    if begin is not None:
        yield _day("", begin.partition("#")[0], seeds.settle_days)  # version 1 left `2026-11-17#2`
    for found in arxiv.ids_in(iter([*seeds.ids, *(one.id for one in seeds.fresh_papers)])):
        yield _paper("", found)


def ask(task: Task) -> Request:
    """Return how a question is put: a day at another address than its task's, which makes it unconditional.

    "Not modified" for a day that was asked for too early would end the walk there.
    """
    return Request(url=f"{task.url}&limit={_A_DAY}" if task.kind == "day" else task.url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the papers of a day as tasks, or what a paper's page says.

    Raises SourceChanged if the answer is another paper's, or none.
    """
    if task.kind == "day":
        yield from _read_day(task, page)
        return
    table = fields.table_of(page)
    asked = task.params["id"]
    if arxiv.paper_id(str(table.get("id"))) != asked:
        raise SourceChanged(f"asked for paper {asked}, the answer is about another")
    seen = via(f"{hub.HOME}/papers/{asked}")
    try:
        work = _work(asked, table, seen)
        code = repositories.repository(fields.text(table, "githubRepo"))
    except SkipRecord as error:
        yield Quarantined(where=asked, reason=str(error))
        return
    yield work
    if code is not None:
        yield Claim(left=f"arxiv:{asked}", right=code, kind="paper_code", via=seen)
    for place, row in enumerate(fields.listed(table, "authors"), 1):
        try:
            yield from list(_author(asked, place, fields.as_table(row, "authors"), seen))
        except SkipRecord as error:
            yield Quarantined(where=f"{asked} author {place}", reason=str(error))


def _read_day(task: Task, page: Page) -> Iterator[Yield]:
    today, settle = page.fetched_at.date(), timedelta(days=task.params["settle_days"])
    day = date.fromisoformat(task.params["date"])
    rows = fields.list_of(page)
    if day + settle > today:
        yield Counted(what="day_not_settled")
        return
    if len(rows) >= _A_DAY:
        yield Counted(what="day_longer_than_a_page")
    for place, row in enumerate(rows):
        try:
            found = arxiv.paper_id(fields.needed(_within(row), "id"))
        except SkipRecord as error:
            yield Quarantined(where=f"{day} row {place}", reason=str(error))
            continue
        if found is None:
            yield Counted(what="paper_not_on_arxiv")
        else:
            yield _paper(task.source, found)
    tomorrow = day + timedelta(days=1)
    yield Cursor(key="day", value=tomorrow.isoformat())
    if tomorrow + settle <= today:
        yield _day(task.source, tomorrow.isoformat(), task.params["settle_days"])


def _within(row: object) -> fields.Table:
    found = fields.within(fields.as_table(row, "daily papers"), "paper")
    if found is None:
        raise SkipRecord("paper is missing")
    return found


def _work(asked: str, table: fields.Table, seen: Provenance) -> Work:
    title = names.title(fields.needed(table, "title"))
    if title is None:
        raise SkipRecord("title is empty")
    return Work(
        id=f"arxiv:{asked}",
        kind=WorkKind.PAPER,
        title=title,
        url=f"https://arxiv.org/abs/{asked}",
        text=names.plain(fields.text(table, "summary")),
        published_on=fields.day(fields.text(table, "publishedAt")),
        via=seen,
    )


def _author(asked: str, place: int, row: fields.Table, seen: Provenance) -> Iterator[Yield]:
    """Yield who claimed a place. The place is the hub's: whoever joins on it compares the names as well."""
    user = fields.within(row, "user")
    if user is None:
        return
    if row.get("hidden") is True:
        yield Counted(what="hidden_author")
        return
    status = fields.text(row, "status") or "without_status"
    kind = _KINDS.get(status)
    if kind is None:  # in flight, or a word that is new: the count says which
        yield Counted(what=f"status_{status}")
        return
    account = hub.account(user, "_id", IdentityKind.PERSONAL, "user", seen)
    yield account
    yield Claim(left=f"arxiv:{asked}:{place}", right=account.id, kind=kind, via=seen)


def _day(source: str, day: str, settle_days: int) -> Task:
    url = f"{hub.API}/daily_papers?date={day}"
    params = {"date": day, "settle_days": settle_days}
    return Task(source=source, kind="day", url=url, params=params, priority=50)


def _paper(source: str, found: str) -> Task:
    return Task(source=source, kind="paper", url=f"{hub.API}/papers/{found}", params={"id": found})
