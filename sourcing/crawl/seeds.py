"""What a source begins with: its configured seeds and the store's answers to what it wants."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from sourcing.errors import ConfigError
from sourcing.settings import Settings
from spiders.errors import SpiderError
from spiders.records import Task
from spiders.spec import SourceSpec, Want, load_reader, started
from storage import frontier, intake

Answers = dict[Want, list[dict[str, Any]]]


def seed_tasks(tx: Any, spec: SourceSpec, settings: Settings, *, now: datetime) -> tuple[list[Task], Answers]:
    """Return the tasks a source begins with, and the store's answers to what it wants, by want.

    Raises ConfigError if the reader refuses the seeds.
    """
    ttl, most = settings.crawl.wanted_ttl_days, settings.crawl.wanted_limit
    answers: Answers = {
        want: frontier.wanted(tx, want, now=now, ttl_days=ttl, limit=most, source=spec.name)
        for want in spec.wants
    }
    seeds = check_seeds(spec, answers)
    try:
        return started(spec, load_reader(spec), seeds, intake.cursors(tx, spec.name)), answers
    except SpiderError as error:
        raise ConfigError(
            f"source {spec.name!r}: {error}", path=f"sources/{spec.name}.toml", key="seeds"
        ) from error


def check_seeds(spec: SourceSpec, answers: Answers | None = None) -> BaseModel:
    """Return a source's seeds as its reader understands them. Raises ConfigError naming the key."""
    try:
        return load_reader(spec).Seeds.model_validate({**spec.seeds, **(answers or {})})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in ("seeds", *first["loc"]))
        raise ConfigError(
            f"source {spec.name!r}: {first['msg'].lower()}", path=f"sources/{spec.name}.toml", key=key
        ) from error
    except SpiderError as error:
        raise ConfigError(str(error), path=f"sources/{spec.name}.toml", key="reader") from error
