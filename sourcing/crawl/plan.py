"""What is due now and what it would cost: read from the store, without asking anybody or changing anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sourcing.crawl.allowance import Limits
from sourcing.crawl.costs import Past, past
from sourcing.crawl.forecast import Forecast, forecast
from sourcing.crawl.seeds import seed_tasks
from sourcing.errors import NoCredentials
from sourcing.settings import Settings, secret
from spiders.records import Task
from spiders.spec import SourceSpec, missing_secrets
from storage import frontier


def hours_of(specs: Sequence[SourceSpec]) -> dict[str, float]:
    """Return after how many hours an answer is asked for again, by source and by `source/kind`."""
    own = {f"{spec.name}/{kind}": hours for spec in specs for kind, hours in spec.hours.items()}
    return {spec.name: spec.every_hours for spec in specs} | own


def plan(
    tx: Any, specs: Sequence[SourceSpec], settings: Settings, *, now: datetime, limits: Limits | None = None,
    learned: Past | None = None,
) -> Forecast:  # fmt: skip
    """Return what a crawl of these sources would use if it began now. learned: of earlier runs, if at hand.

    Sources without their credential are left out. Raises ConfigError for seeds a reader refuses.
    """
    hours = hours_of(specs)
    ready = [spec for spec in specs if lacking(spec) is None]
    starts = {spec.name: _starts(tx, spec, settings, hours, now) for spec in ready}
    return forecast(
        ready,
        starts,
        past(tx) if learned is None else learned,
        now=now,
        known={spec.name: is_known(tx, spec) for spec in ready},
        limits=limits or Limits(),
        abreast=settings.crawl.children_max,
    )


def lacking(spec: SourceSpec) -> str | None:
    """Return what the credential of a source lacks, in a sentence; None if the source may be asked.

    A secret's file that cannot be read is this source's trouble only: the others are asked.
    """
    try:
        missing = missing_secrets(spec, secret)
    except NoCredentials as error:
        return f"source {spec.name!r}: {error}"
    return f"source {spec.name!r}: set {' and '.join(missing)}, or the same with _FILE" if missing else None


def is_known(tx: Any, spec: SourceSpec) -> bool:
    """Return whether a source was read before, so that a run only asks for what is new."""
    return frontier.counts(tx, spec.name).get("done", 0) > 0


def _starts(
    tx: Any, spec: SourceSpec, settings: Settings, hours: Mapping[str, float], now: datetime
) -> list[Task]:
    tasks, _ = seed_tasks(tx, spec, settings, now=now)
    waiting = frontier.waiting(tx, spec.name, spec.recurs, now=now, every_hours=hours)
    found = {one.key: one for one in (*frontier.coming(tx, tasks, now=now, every_hours=hours), *waiting)}
    return list(found.values())
