"""Every reader of JSON, on its recorded pages with one field missing or of another type (TRUST F11–F13).

A row of a list that drifts costs that row: what is beside it is read. Drift outside of lists may cost the page, and
so may drift on a page that is refused as it was recorded.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spiders.errors import SpiderError
from spiders.records import Page, Task
from spiders.replay import recorded
from spiders.sandbox import label_for, read_page
from spiders.spec import SourceSpec, load_reader, load_spec

ROOT = Path(__file__).parents[2]
SPECS = [load_spec(file) for file in sorted((ROOT / "config" / "sources").glob("*.toml"))]
MISSING = object()
STRANGE = (MISSING, None, 7, -1.5, True, "levitated", [], {}, ["x"], {"x": 1}, [None], "\ud800")
TRIES = 60  # a page; which ones is decided by the page's own digest, so that a failure comes again


def json_pages(spec: SourceSpec) -> Iterator[tuple[Task, Page, Any]]:
    for task, page in recorded(ROOT / "tests" / "pages" / spec.name, spec):
        if page.media_type == "application/json":
            try:
                yield task, page, json.loads(page.body)
            except ValueError:  # recorded as an answer cut short
                continue


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything inside an answer; of a list, to its first three."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:3]):
            yield (*path, number)
            yield from places(inner, (*path, number))


def changed(table: Any, path: tuple[Any, ...], value: Any) -> Any:
    table = deepcopy(table)
    at = table
    for step in path[:-1]:
        at = at[step]
    if value is MISSING:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return table


def reading(spec: SourceSpec, task: Task, page: Page) -> Exception | None:
    """Return what went wrong when a page was read; None if it was read, with rows left out or without."""
    reader = load_reader(spec)
    try:
        read_page(reader, label_for(spec, reader), task, page)
    except Exception as error:
        return error
    return None


def is_of_the_page(task: Task, path: tuple[Any, ...]) -> bool:
    """Return whether a place in a list is no row: it says what the whole answer is, or where the next one is."""
    return path[0] == "errors" or path[-1] == "cursor" or task.kind == "filter"


@pytest.mark.row("F11", "F12", "F13")
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_row_that_drifts_is_refused_alone_and_crashes_no_reader(spec: SourceSpec) -> None:
    wrong = set()
    for task, page, table in json_pages(spec):
        dice = random.Random(page.sha256)
        ways = sorted((way for way in places(table) if any(isinstance(step, int) for step in way)), key=str)
        if not ways or reading(spec, task, page) is not None:
            continue
        for _ in range(min(TRIES, len(ways) * len(STRANGE))):
            path, value = dice.choice(ways), dice.choice(STRANGE)
            if value is MISSING and isinstance(path[-1], int):  # one row less is no drift
                continue
            body = json.dumps(changed(table, path, value)).encode()
            drifted = replace(page, body=body, sha256=hashlib.sha256(body).hexdigest())
            error = reading(spec, task, drifted)
            if error is not None and not (isinstance(error, SpiderError) and is_of_the_page(task, path)):
                what = "missing" if value is MISSING else repr(value)
                wrong.add(f"{task.kind} {'/'.join(map(str, path))} {what}: {type(error).__name__} {error}")
    assert wrong == set(), "\n".join(sorted(wrong)[:20])
