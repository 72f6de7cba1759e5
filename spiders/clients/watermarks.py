"""Which of many repositories moved since they were last read: one GraphQL question instead of one for each.

Source: https://docs.github.com/graphql/reference/objects#repository; a connection's newest entry costs a hundredth of
a point, a question at least one (rate limits of the GraphQL API, 2026-07).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from spiders.clients import fields, github, rows
from spiders.clients.upkeep import moments, place
from spiders.errors import SkipRecord
from spiders.records import Counted, Cursor, Page, Quarantined, Request, Task

KIND: Final = "watermarks"
_ABREAST: Final = 25  # repositories a question: as many as of anything else that GitHub bears (2026-09-06)
_NUMBER: Final = "#number"
_DAY: Final = timedelta(days=1)
_COST: Final = "rateLimit { cost remaining resetAt }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A connection of a repository that is walked from its newest entry back to the last one read.

    field: of the repository. given: its filter and order. at: the moment it is ordered by. first: entries a page.
    suffix: of the cursor's key, after the repository. counted: entries may appear under an old date, so that their
    number tells as well.
    """

    kind: str
    field: str
    given: str
    at: str
    first: int
    suffix: str = ""
    counted: bool = False

    def key(self, repository: str) -> str:
        """Return the key of the cursor."""
        return f"{repository}{self.suffix}"

    def task(self, repository: str, since: str | None) -> Task:
        """Return the first page of the walk. since: newest moment read before, None for a first visit."""
        params = {"repository": repository, "first": self.first}
        return Task(kind=self.kind, url=github.GRAPHQL, params=params, cursor=since)


def start(repositories: Sequence[str], walks: Sequence[Walk], cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question per 25 repositories; what was read of them before travels as the task's cursor."""
    names = list(dict.fromkeys(repositories))
    for begin in range(0, len(names), _ABREAST):
        batch = names[begin : begin + _ABREAST]
        keys = [key for name in batch for walk in walks for key in (walk.key(name), _number(walk, name))]
        known = {key: cursor[key] for key in keys if key in cursor}
        yield Task(
            kind=KIND,
            url=github.GRAPHQL,
            params={"repositories": batch},
            priority=50,
            cursor=json.dumps(known, sort_keys=True) if known else None,
        )


def ask(task: Task, walks: Sequence[Walk]) -> Request:
    """Return the question for the newest entry of each walk (`w0` …) of each repository (`r0` …); 1 point."""
    names = task.params["repositories"]
    variables = ", ".join(f"$o{n}: String!, $n{n}: String!" for n in range(len(names)))
    newest = " ".join(
        f"w{m}: {walk.field}(first: 1, {walk.given}) {{ totalCount nodes {{ {walk.at} }} }}"
        for m, walk in enumerate(walks)
    )
    asked = "\n".join(
        f"  r{n}: repository(owner: $o{n}, name: $n{n}) {{ nameWithOwner {newest} }}"
        for n in range(len(names))
    )
    told = {
        f"{letter}{n}": part
        for n, name in enumerate(names)
        for letter, part in zip("on", place(name).values(), strict=True)
    }
    return github.post(f"query({variables}) {{\n  {_COST}\n{asked}\n}}", told)


def read(
    task: Task, page: Page, walks: Sequence[Walk]
) -> Iterator[tuple[str, str] | Task | Counted | Cursor | Quarantined]:
    """Yield the walks that have something new, and (asked name, present name) of each repository that was renamed.

    What could not be told is walked: an answer that leaves something out must not look like a quiet night.
    """
    data, errors = github.answer(page)
    known: dict[str, str] = json.loads(task.cursor or "{}")
    lost = {  # by alias of the repository
        str(path[0]): error.get("type")
        for error in errors
        if isinstance(path := error.get("path"), list) and path
    }
    for n, name in enumerate(task.params["repositories"]):
        found = data.get(f"r{n}")
        if not isinstance(found, dict) and lost.get(f"r{n}") == "NOT_FOUND":
            yield Counted(what="repository_not_found")
            continue
        told: Mapping[str, Any] = found if isinstance(found, dict) else {}
        present = told.get("nameWithOwner")
        if isinstance(present, str) and present.lower() != name.lower():
            yield name, present
        for m, walk in enumerate(walks):
            since, connection = known.get(walk.key(name)), told.get(f"w{m}")
            if not isinstance(connection, dict):
                yield Counted(what="watermark_left_out")
                yield replace(walk.task(name, since), source=task.source)
                continue
            number = known.get(_number(walk, name))
            judged = _judge(walk, name, since, number, connection, page.fetched_at)
            for one in rows.guarded(f"{walk.kind} of {name}", judged):
                yield replace(one, source=task.source) if isinstance(one, Task) else one
                if isinstance(one, Quarantined):
                    yield replace(walk.task(name, since), source=task.source)


def likely_moved(task: Task, now: datetime) -> float:
    """Return how many of a question's repositories have probably moved: all that were never read, and of the others
    the quiet ones rarely.

    What was silent for `a` days has moved within the next `t` with probability t / (a + t) (Pareto law of a Poisson
    process of unknown rate); `t` is a day here.
    """
    known: dict[str, str] = json.loads(task.cursor or "{}")
    read = {key: fields.moment(value) for key, value in known.items() if not key.endswith(_NUMBER)}
    newest = {key: at for key, at in read.items() if at is not None}
    total = 0.0
    for name in task.params["repositories"]:
        silent = [now - at for key, at in newest.items() if key == name or key.startswith(f"{name}:")]
        shares = [min(1.0, _DAY / max(one, timedelta(seconds=1))) for one in silent]
        total += sum(shares) / len(shares) if shares else 1.0
    return total


def _judge(
    walk: Walk,
    name: str,
    since: str | None,
    counted: str | None,
    connection: Mapping[str, Any],
    read_at: datetime,
) -> Iterator[Task | Counted | Cursor]:
    """Yield the walk if its newest entry is newer than the last one read, or is gone though some were read.

    Raises SkipRecord if it cannot be told.
    """
    entries = list(github.nodes(connection))
    newest = next((fields.moment(text) for text in moments(entries, walk.at, read_at)), None)
    if newest is None and entries:
        raise SkipRecord(f"{walk.at} is missing or no moment")
    before, number = fields.moment(since), connection.get("totalCount")
    if walk.counted and not isinstance(number, int):
        raise SkipRecord(f"totalCount is of another type: {type(number).__name__}")
    grew = walk.counted and str(number) != counted
    if grew:
        yield Cursor(key=_number(walk, name), value=str(number))
    if newest is None and since is None:
        yield Counted(what="nothing_yet")
    elif newest is None or before is None or newest > before or grew:
        yield walk.task(name, since)
    else:
        yield Counted(what="not_moved")


def _number(walk: Walk, repository: str) -> str:
    return f"{walk.key(repository)}{_NUMBER}"
