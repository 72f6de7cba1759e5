"""What must not stay: pages past their days, suppressed people, erasures cut short, rows nothing refers to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sourcing.privacy import erase, suppression
from sourcing.settings import Settings
from spiders.archive import Archive
from spiders.spec import SourceSpec
from storage import intake, trim
from storage.engine import Store

MISSED = timedelta(
    days=30
)  # nights that may be missed before a page waits for the longest period of all sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did. erasures: finished. hidden: people found to be on the list. pages: removed.

    visits, tasks, facts, identities, runs: rows the store need not keep, see `storage.trim`.
    """

    erasures: int
    hidden: int
    pages: int
    visits: int
    tasks: int
    facts: int
    identities: int
    runs: int


def sweep(
    store: Store, settings: Settings, specs: Sequence[SourceSpec], *, actor: str, now: datetime
) -> Swept:
    """Finish erasures, apply the suppression list to what is stored, remove what is past its days."""
    erasures = erase.resume(store, settings, actor=actor, now=now)
    hidden = suppression.reapply(store, settings, now=now, actor=actor)
    pages = _sweep_pages(store, settings, specs, now=now)
    own = {f"{spec.name}/{kind}": hours for spec in specs for kind, hours in spec.hours.items()}
    with store.begin() as tx:  # after the pages: the visits say whose they are
        trimmed = trim.trim(
            tx,
            now=now,
            keep_pages_days=max((spec.keep_pages_days for spec in specs), default=0),
            every_hours={spec.name: spec.every_hours for spec in specs} | own,
        )
    return Swept(erasures=erasures, hidden=len(hidden), pages=pages, **asdict(trimmed))


def _sweep_pages(store: Store, settings: Settings, specs: Sequence[SourceSpec], *, now: datetime) -> int:
    """Remove pages by source; those no visit speaks of go after the longest period, by the file's own age."""
    archive, removed = Archive(settings.home), 0
    longest = timedelta(days=max((spec.keep_pages_days for spec in specs), default=0))
    for spec in specs:
        until = now - timedelta(days=spec.keep_pages_days)
        with store.read() as tx:
            old = intake.old_pages(tx, spec.name, since=now - longest - MISSED, until=until)
        removed += sum(archive.drop(sha) for sha in sorted(old))
    return removed + archive.sweep((now - longest).timestamp())
