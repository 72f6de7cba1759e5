"""Tasks and visits as JSON lines: the pipe between `sourcer crawl` and its children, and `| jq` by hand."""

from pydantic import ConfigDict, TypeAdapter, ValidationError

from spiders.errors import SourceChanged
from spiders.records import Task, Visit

_STRICT = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")
_TASK: TypeAdapter[Task] = TypeAdapter(Task, config=None)
_VISIT: TypeAdapter[Visit] = TypeAdapter(Visit, config=None)


def task_to_line(task: Task) -> str:
    """Return a task as one JSON line, without its line end."""
    return _TASK.dump_json(task).decode()


def task_from_line(line: str) -> Task:
    """Return the task of one line. Raises SourceChanged if the line is no task."""
    try:
        return _TASK.validate_json(line)
    except ValidationError as error:
        raise SourceChanged(f"not a task: {error.errors()[0]['msg']} in {line[:80]!r}") from error


def visit_to_line(visit: Visit) -> str:
    """Return a visit as one JSON line; the page travels without its body, which is in the archive."""
    return _VISIT.dump_json(visit).decode()


def visit_from_line(line: str) -> Visit:
    """Return the visit of one line. Raises SourceChanged if the line is cut short or no visit."""
    try:
        return _VISIT.validate_json(line)
    except ValidationError as error:
        raise SourceChanged(f"not a visit: {error.errors()[0]['msg']} in {line[:80]!r}") from error
