"""Tasks and visits as JSON lines: the pipe between `sourcer crawl` and its children, and `| jq` by hand.

Strict: an unknown field, a missing field or a cut line is refused. Records are told apart by their `type`.
"""

from pydantic import TypeAdapter, ValidationError

from spiders.errors import SourceChanged
from spiders.records import Task, Visit

_TASK: TypeAdapter[Task] = TypeAdapter(Task)
_VISIT: TypeAdapter[Visit] = TypeAdapter(Visit)


def task_to_line(task: Task) -> str:
    """Return a task as one JSON line, without its line end."""
    return _TASK.dump_json(task).decode()


def task_from_line(line: str | bytes) -> Task:
    """Return the task of one line. Raises SourceChanged if the line is no task."""
    try:
        task = _TASK.validate_json(line)
    except ValidationError as error:
        raise SourceChanged(f"not a task: {_first(error)} in {line[:80]!r}") from error
    if not task.source:
        raise SourceChanged(f"not a task: it names no source in {line[:80]!r}")
    return task


def visit_to_line(visit: Visit) -> str:
    """Return a visit as one JSON line; the page travels without its body, which is in the archive."""
    return _VISIT.dump_json(visit, exclude={"page": {"body"}}).decode()


def visit_from_line(line: str | bytes) -> Visit:
    """Return the visit of one line. Raises SourceChanged if the line is cut short or no visit."""
    try:
        return _VISIT.validate_json(line)
    except ValidationError as error:
        raise SourceChanged(f"not a visit: {_first(error)} in {line[:80]!r}") from error


def _first(error: ValidationError) -> str:
    """Return the first thing wrong, with its place in the line."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
