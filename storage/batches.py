"""Questions about many people at once: one of them can leave without taking the others along."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from spiders.records import Task
from storage.engine import upsert
from storage.model import TaskState
from storage.tables import task

Names = Callable[[Task], bool]
"""Whether a question names somebody who is to leave."""


def lessened(one: Task, names: Names) -> Task | None:
    """Return a question without the entries of its lists that name somebody; None if nothing else is left of it.

    Its key is another, so it is a question not asked before: validators of the old one do not come along.
    """
    if not names(one):
        return one
    params: dict[str, Any] = {}
    for name, value in one.params.items():
        if not isinstance(value, list | tuple):
            params[name] = value
            continue
        kept = [part for part in value if not names(Task(kind="", url="", params={name: part}))]
        if value and not kept:
            return None
        params[name] = kept
    lesser = replace(one, params=params, etag=None, last_modified=None)
    return None if names(lesser) else lesser


def forget(tx: Connection, rows: Iterable[Any], names: Names) -> int:
    """Take somebody out of some rows of the frontier and return how many rows changed.

    What is still to be asked about others is asked again under its new key; the rest of the rows goes.
    """
    changed = 0
    for row in rows:
        one = Task(source=row.source, kind=row.kind, url=row.url, params=row.params)
        lesser = lessened(one, names)
        if lesser is one:
            continue
        changed += 1
        tx.execute(task.delete().where(task.c.key == row.key))
        if lesser is None or row.state in (TaskState.DONE, TaskState.GONE):
            continue
        if tx.execute(select(task.c.key).where(task.c.key == lesser.key)).first() is None:
            values = dict(row._mapping) | {"key": lesser.key, "params": dict(lesser.params)}
            state = TaskState.DUE if row.state == TaskState.LEASED else row.state
            new = {
                "state": state,
                "lease": 0,
                "owner": None,
                "leased_until": None,
                "etag": None,
                "last_modified": None,
            }
            upsert(tx, task, [values | new])
    return changed
