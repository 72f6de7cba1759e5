"""A reader for the engines' tests: JSON lists, HTML links, and bodies that misbehave in the sandbox."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from pydantic import BaseModel

from spiders.errors import RetryLater, SourceChanged
from spiders.records import (
    Counted,
    Cursor,
    Gone,
    Identity,
    IdentityKind,
    Page,
    Request,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
)

VERSION = 1


class Seeds(BaseModel, extra="forbid"):
    pages: list[str] = []


def start(seeds: Seeds, cursor: dict[str, str]) -> Iterator[Task]:
    for url in seeds.pages:
        yield Task(source="plain", kind="list", url=url)


def ask(task: Task) -> Request:
    if task.kind == "graph":
        return Request(url=task.url, method="POST", body=json.dumps({"first": task.params["first"]}).encode())
    return Request(url=task.url)


def read(task: Task, page: Page, via: Via) -> Iterator[object]:
    here = via(page.url)
    if page.media_type == "application/x-git-log+json":
        yield from _history(task, page, via)
    elif page.media_type == "application/json":
        answer = json.loads(page.body)
        if answer.get("errors"):
            raise RetryLater("points are spent")
        for item in answer.get("items", []):
            yield Identity(
                id=item["id"],
                kind=IdentityKind.PERSONAL,
                name=item.get("name"),
                summary=item.get("bio"),
                via=here,
            )
        if "next" in answer:
            yield Task(source="plain", kind="list", url=answer["next"], depth=task.depth + 1)
        yield Cursor(key="first", value=str(task.params.get("first")))
    else:
        yield from _page(task, page, via)


def _page(task: Task, page: Page, via: Via) -> Iterator[object]:
    if b"HANG" in page.body:
        while True:
            pass
    if b"EAT" in page.body:
        hoard = [bytearray(50_000_000) for _ in range(100)]
        raise SourceChanged(str(len(hoard)))
    if b"CONNECT" in page.body:
        socket.create_connection(("127.0.0.1", int(task.params["port"])), timeout=1)
    if b"WRITE" in page.body:
        Path(str(task.params["file"])).write_text("x")
    if b"PEEK" in page.body:
        Path("/etc/hostname").read_text()
    yield Identity(id=f"page:{page.url}", kind=IdentityKind.PERSONAL, via=via(page.url))
    for link in re.findall(rb'href="([^"]+)"', page.body):
        yield Task(source="plain", kind="page", url=urljoin(page.url, link.decode()), depth=task.depth + 1)


def _history(task: Task, page: Page, via: Via) -> Iterator[object]:
    header, *lines = [json.loads(line) for line in page.body.splitlines()]
    for line in lines:
        work = f"git:{header['repository']}@{line['sha']}"
        if line.get("gone"):
            yield Gone(id=work, via=via(page.url))
            continue
        yield Work(
            id=work,
            kind=WorkKind.COMMIT,
            title=line["subject"],
            url=page.url,
            paths=tuple(line["paths"] or ()),
            via=via(page.url),
        )
        yield Signal(
            id=f"{work}:a",
            identity=f"git:{line['author']['name']}",
            work=work,
            kind=SignalKind.AUTHORED,
            via=via(page.url),
        )
    yield Counted(what="commits", times=len(lines))
    done = header["skip"] + header["count"]
    if done < header["total"]:
        yield Task(
            source="plain",
            kind="history",
            url=task.url,
            params={**task.params, "base": header["base"], "head": header["head"], "skip": done},
        )
    else:
        yield Cursor(key=header["repository"], value=header["head"])
