"""What a doctor looks at in an installation that runs: clock, lock, nights, secrets' files, server, credentials."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sourcing import timetable
from sourcing.crawl import lock
from sourcing.crawl.plan import lacking
from sourcing.errors import SourcingError
from sourcing.privacy import journal
from sourcing.settings import Settings, load_specs
from storage import backup, runs
from storage.engine import Store, open_store
from storage.errors import NoBackup, StoreError

CLOCK_MAX = timedelta(hours=1)  # clocks of machines that share a store differ by seconds
POSTGRES_MIN = 14  # the oldest release its makers still mend
OTHERS, GROUP_AND_OTHERS = 0o007, 0o077


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. fix: what to do, None when it is fine."""

    name: str
    state: State
    found: str
    fix: str | None = None


def running(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Yield what was looked at; what needs the store is left out where that cannot be opened."""
    yield _secrets(settings)
    yield _credentials(settings)
    try:
        store = open_store(settings.database_url)
    except StoreError:
        return
    try:
        with store.read() as tx:
            yield _clock(tx, now)
            yield _lock(tx, settings, now)
            yield _nights(tx, settings, now)
        yield _server(store)
    finally:
        store.close()


def open_to_others(settings: Settings) -> list[tuple[Path, int]]:
    """Return the files with secrets that others may read, with the bits that let them.

    Ours are their owner's alone; of those that were given a group may be who they are given to.
    """
    ours = [settings.home / "pepper", settings.home / journal.FILE]
    named = [
        Path(value)
        for name, value in os.environ.items()
        if name.startswith("SOURCER_") and name.endswith("_FILE")
    ]
    asked = [*((path, GROUP_AND_OTHERS) for path in ours), *((path, OTHERS) for path in named)]
    return [
        (path, bits) for path, bits in asked if path.is_file() and stat.S_IMODE(path.stat().st_mode) & bits
    ]


def _secrets(settings: Settings) -> Check:
    found = open_to_others(settings)
    if not found:
        return Check(name="secret files", state=State.OK, found="only their owner reads them")
    by_hand = "; ".join(f"chmod {'o=' if bits == OTHERS else 'go='} {path}" for path, bits in found)
    said = f"others may read {', '.join(path.name for path, _ in found)}"
    return Check(name="secret files", state=State.WARN, found=said, fix=f"sourcer doctor --fix, or {by_hand}")


def _credentials(settings: Settings) -> Check:
    try:
        specs = [spec for spec in load_specs(settings) if spec.enabled]
    except SourcingError:  # told by the check of the configuration
        specs = []
    waiting = [spec.name for spec in specs if lacking(spec) is not None]
    if not waiting:
        return Check(
            name="credentials", state=State.OK, found=f"{len(specs)} sources that are on have theirs"
        )
    fix = f"sourcer source auth {waiting[0]}, or sourcer source disable {waiting[0]}; the others likewise"
    return Check(name="credentials", state=State.WARN, found=f"waited for by {', '.join(waiting)}", fix=fix)


def _clock(tx: Any, now: datetime) -> Check:
    newest = backup.newest(tx)
    if newest is None or newest - now < CLOCK_MAX:
        return Check(name="clock", state=State.OK, found=f"{now:%Y-%m-%d %H:%M} UTC")
    said = f"{now:%Y-%m-%d %H:%M} UTC, yet something was done on {newest:%Y-%m-%d %H:%M}"
    return Check(
        name="clock",
        state=State.FAIL,
        found=said,
        fix="set the clock of this machine (timedatectl set-ntp true)",
    )


def _lock(tx: Any, settings: Settings, now: datetime) -> Check:
    held = runs.holder(tx, lock.LOCK)
    if held is None:
        return Check(name="lock", state=State.OK, found="free")
    if lock.is_at_work(tx, settings, now=now):
        return Check(name="lock", state=State.OK, found=f"a crawl is at work ({held[0]})")
    said = f"left behind by {held[0]}, last heard of on {held[1]:%Y-%m-%d %H:%M} UTC"
    return Check(
        name="lock",
        state=State.WARN,
        found=said,
        fix="nothing: the next night takes it over; sourcer run list shows which was cut off",
    )


def _nights(tx: Any, settings: Settings, now: datetime) -> Check:
    last = timetable.previous(settings.schedule, now)
    before = timetable.previous(settings.schedule, last - timedelta(seconds=1))
    begin = "sourcer schedule run, or install what sourcer schedule print --format systemd writes"
    fine = [
        run for state in ("done", "partial") if (run := runs.last(tx, "nightly", status=state)) is not None
    ]
    newest = max(fine, key=lambda run: run.started_at, default=None)
    if newest is None:
        return Check(name="nights", state=State.WARN, found="none was ever done", fix=begin)
    said = f"the last that was done began on {newest.started_at:%Y-%m-%d %H:%M} UTC"
    if newest.started_at >= before:
        return Check(name="nights", state=State.OK, found=said)
    return Check(
        name="nights", state=State.WARN, found=f"{said}, two are missing", fix=f"sourcer run list; {begin}"
    )


def _server(store: Store) -> Check:
    if store.dialect != "postgresql":
        return Check(name="database server", state=State.OK, found="none: a file")
    with store.read() as tx:
        release = backup.release(tx)
    if release < POSTGRES_MIN:
        fix = f"move to PostgreSQL {POSTGRES_MIN} or later: pg_upgrade, or a dump and a restore"
        return Check(name="database server", state=State.FAIL, found=f"PostgreSQL {release}", fix=fix)
    try:
        backup.program("pg_dump", release)
    except NoBackup as error:
        return Check(name="database server", state=State.WARN, found=f"PostgreSQL {release}", fix=str(error))
    return Check(name="database server", state=State.OK, found=f"PostgreSQL {release}")
