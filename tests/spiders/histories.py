"""Pages of histories as lines, and the task that asks for one."""

import json
from datetime import UTC, datetime

from spiders.records import Task
from spiders.redact import Pepper

PEPPER = Pepper(b"p" * 32)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def lines_of(page):
    return [json.loads(line) for line in page.body.splitlines()]


def history(**changed):
    params = {"repository": "lab/engine", "paths": False} | changed.pop("params", {})
    return Task(
        **{
            "source": "plain",
            "kind": "history",
            "url": "https://github.com/lab/engine.git",
            "params": params,
            **changed,
        }
    )
