"""How a source's child is started: its files, its secrets, its log, and under a fixed clock the moment it is."""

from collections.abc import Callable
from datetime import datetime

from sourcing.crawl.child import Events, Process, child_arguments, child_environment
from sourcing.settings import Settings
from spiders.spec import SourceSpec


def start(
    settings: Settings,
    spec: SourceSpec,
    command: Callable[[list[str]], list[str]],
    *,
    events: Events,
    at: datetime | None,
) -> Process:
    """Return the running child of a source. command: from its arguments to what is run. at: told to it, if given."""
    extra = ["--now", at.isoformat()] if at is not None else []
    return Process(
        command([*child_arguments(settings, spec), *extra]),
        source=spec.name,
        env=child_environment(settings, spec),
        log=settings.home / "logs" / f"{spec.name}.log",
        events=events,
    )
