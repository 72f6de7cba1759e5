"""An invented guild: who is a member, what each of them did, and a circular in XML.

Source: `guild_server.py`
Yields: Identity, Work, Signal, Task
Cursor: the newest `changed` of a finished list, on the guild's own clock
"""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

from pydantic import BaseModel

from spiders.clients import fields
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import (
    Counted,
    Cursor,
    Identity,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Request,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1
ACCEPTS = frozenset({"application/json", "application/xml"})
KINDS = {"person": IdentityKind.PERSONAL, "company": IdentityKind.ORGANISATION}
DEEDS = {"wrote": SignalKind.AUTHORED, "merged": SignalKind.MERGED, "reviewed": SignalKind.REVIEWED}


class Seeds(BaseModel, extra="forbid"):
    """home: the address of the guild. circular: read the XML as well."""

    home: str
    circular: bool = False


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the list of members, from where it ended last time."""
    yield Task(kind="members", url=f"{seeds.home}/members", cursor=cursor.get("members"))
    if seeds.circular:
        yield Task(kind="circular", url=f"{seeds.home}/circular.xml")


def ask(task: Task) -> Request:
    """Return the question of a task; a list begun afresh asks for what changed since its cursor."""
    if task.kind == "members" and "token" not in task.params and task.cursor is not None:
        return Request(url=f"{task.url}?since={task.cursor}")
    return Request(url=task.url)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page says."""
    if task.kind == "circular":
        yield from _circular(page, via)
        return
    table = fields.table_of(page)
    if table.get("error") == "token_expired":  # the cursor has not moved: from the last finished list
        yield Counted(what="token_expired")
        yield replace(
            task, url=_home(task) + "/members", params={}, cursor=task.params.get("since"), lease=None
        )
        return
    rows = fields.listed(table, "items")
    total = table.get("total")
    if not rows and isinstance(total, int) and total > int(task.params.get("seen", 0)):
        raise RetryLater("an empty page although more is promised")
    for place, row in enumerate(rows):
        try:
            one = fields.as_table(row, "items")
            yield from list(_member(task, one, via) if task.kind == "members" else _deed(task, one, via))
        except SkipRecord as error:
            yield Quarantined(where=f"{task.kind} {place}", reason=str(error))
    if task.kind == "members":
        yield from _onwards(task, table, rows)


def _onwards(task: Task, table: fields.Table, rows: list[dict[str, str]]) -> Iterator[Yield]:
    token = fields.text(table, "next")
    known = [task.params.get("newest"), *(row.get("changed") for row in rows)]
    newest = max((one for one in known if isinstance(one, str)), default=None)
    if token is not None and token == task.params.get("token"):
        raise SourceChanged("the paging token repeats itself")
    if token is not None:
        params = {
            "token": token,
            "since": task.params.get("since", task.cursor),
            "newest": newest,
            "seen": int(task.params.get("seen", 0)) + len(rows),
        }
        yield Task(
            source=task.source, kind="members", url=f"{_home(task)}/members?page={token}", params=params
        )
    elif newest is not None:
        yield Cursor(key="members", value=newest)


def _member(task: Task, row: fields.Table, via: Via) -> Iterator[Yield]:
    here = via(f"{_home(task)}/members")
    number, login = _number(row), fields.needed(row, "login")
    kind = KINDS.get(said := fields.needed(row, "kind"))
    if kind is None:
        yield Counted(what=f"kind_{said}")
        return
    for name in {"name", "place", "changed"} - row.keys():
        yield Counted(what=f"missing_{name}")
    yield Identity(
        id=f"{task.source}:{number}", kind=kind, handle=login, name=fields.text(row, "name"),
        location=fields.text(row, "place"), via=here,
    )  # fmt: skip
    yield Task(source=task.source, kind="deeds", url=f"{_home(task)}/members/{number}/deeds")


def _deed(task: Task, row: fields.Table, via: Via) -> Iterator[Yield]:
    number, member = _number(row), urlsplit(task.url).path.split("/")[2]
    kind = DEEDS.get(said := fields.needed(row, "did"))
    if kind is None:
        yield Counted(what=f"did_{said}")
        return
    yield from _made(task.source, member, number, kind, row, via(task.url))


def _made(
    source: str, member: str, number: int, kind: SignalKind, row: fields.Table, here: Provenance
) -> Iterator[Yield]:
    work = f"{source}:work:{number}"
    yield Work(id=work, kind=WorkKind.POST, title=fields.needed(row, "title"), url=here.url, via=here)
    yield Signal(
        id=f"{work}:{kind}:{member}", identity=f"{source}:{member}", work=work, kind=kind,
        occurred_at=fields.moment(fields.text(row, "at")), via=here,
    )  # fmt: skip


def _circular(page: Page, via: Via) -> Iterator[Yield]:
    if b"swell" in page.body:
        hoard = [bytearray(64 * 1024 * 1024) for _ in range(64)]
        raise SourceChanged(str(len(hoard)))
    if b"fall" in page.body:
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does when memory runs out
    root = ElementTree.fromstring(page.body)
    for post in root.iterfind("post"):
        row = {"title": post.text or "", "at": post.get("at")}
        yield from _made(
            "guild", post.get("by", ""), int(post.get("id", "0")), SignalKind.AUTHORED, row, via(page.url)
        )


def _number(row: fields.Table) -> int:
    number = row.get("id")
    if not isinstance(number, int):
        raise SkipRecord(f"id is of another type: {type(number).__name__}")
    return number


def _home(task: Task) -> str:
    parts = urlsplit(task.url)
    return f"{parts.scheme}://{parts.netloc}"


def as_json(rows: list[dict[str, object]], **more: object) -> bytes:
    """Return an answer of the guild."""
    return json.dumps({"items": rows, **more}).encode()
