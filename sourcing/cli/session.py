"""What one command works with: flags, settings, store, clock, and ways to speak to the person at the terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sourcing.cli.output import Format, Row, write, write_record

if TYPE_CHECKING:
    import typer

    from sourcing.settings import Settings
    from storage.engine import Store

Child = Callable[[list[str]], list[str]]
"""Turns the arguments of a source's child process into the command that starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The global flags, as given."""

    config: Path | None = None
    database: str | None = None
    how: Format = Format.TABLE
    fields: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    no_input: bool = False
    yes: bool = False
    dry_run: bool = False
    timeout_s: float | None = None


@dataclass(kw_only=True)
class Session:
    """One run of the command line. now: None = the system's clock."""

    child: Child | None = None
    now: Callable[[], datetime] | None = None
    flags: Flags = field(default_factory=Flags)

    @cached_property
    def overrides(self) -> dict[str, Any]:
        """Return what flags say about settings."""
        return {"database": self.flags.database} if self.flags.database else {}

    @cached_property
    def settings(self) -> "Settings":
        """Return the settings in force, read once."""
        from sourcing.settings import load

        return load(config=self.flags.config, flags=self.overrides)

    @property
    def program(self) -> list[str]:
        """Return how this program is started again with the same settings."""
        given: list[tuple[str, object]] = [
            ("--config", self.flags.config),
            ("--database", self.flags.database),
        ]
        chosen = [part for name, value in given if value for part in (name, str(value))]
        return [sys.executable, "-m", "sourcing", *chosen]

    @property
    def clock(self) -> Callable[[], datetime]:
        """Return the clock: the fixed one if there is one, else the system's."""
        from sourcing import clock

        return self.now or clock.now

    @property
    def actor(self) -> str:
        """Return who is written beside decisions in the audit log."""
        return self.settings.operator.actor

    @contextmanager
    def store(self) -> "Iterator[Store]":
        """Open the store of the settings and close it again. Raises SchemaBehind if it was never upgraded.

        A store brought back from a backup forgets first whom the suppression list beside it names.
        """
        from sourcing.privacy import journal
        from storage.engine import open_store

        store = open_store(self.settings.database_url)
        try:
            if lines := journal.missing(store, self.settings):
                from sourcing.privacy import restore

                done = restore.catch_up(store, self.settings, lines, actor=self.actor, now=self.clock())
                self.say(
                    f"this store is older than the suppression list beside it: {done.erased:,} people erased again, "
                    f"{done.hidden:,} hidden"
                )
            yield store
        finally:
            store.close()

    def rows(self, rows: Sequence[Row], *columns: str) -> None:
        """Write rows to stdout in the format asked for."""
        write(rows, self.flags.how, columns=columns, fields=self.flags.fields)

    def record(self, record: Any) -> None:
        """Write one record to stdout in the format asked for."""
        write_record(record, self.flags.how, fields=self.flags.fields)

    def say(self, text: str) -> None:
        """Tell the person something beside the data: stderr, silent with --quiet."""
        if not self.flags.quiet:
            print(text, file=sys.stderr, flush=True)

    def confirm(self, question: str) -> bool:
        """Ask before something that cannot be undone: --yes answers, --no-input or no terminal declines."""
        if self.flags.yes:
            return True
        if self.flags.no_input or not sys.stdin.isatty():
            self.say(f"{question} Nothing was done: add --yes to do it.")
            return False
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def ask(self, question: str) -> str | None:
        """Return a typed answer; None without a terminal, with --no-input or for an empty line."""
        if self.flags.no_input or not sys.stdin.isatty():
            return None
        print(f"{question} ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip() or None

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[str, int, int | None], None]]:
        """Give a function (row, done, total) that draws bars on a terminal and is silent anywhere else."""
        if self.flags.quiet or not sys.stderr.isatty():
            yield lambda row, done, total: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True, no_color=self.flags.no_color or None)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            known: dict[str, Any] = {}

            def show(row: str, done: int, total: int | None) -> None:
                if row not in known:
                    known[row] = bars.add_task(f"{title} {row}".strip(), total=total)
                bars.update(known[row], completed=done, total=total)

            yield show


def session(ctx: "typer.Context") -> Session:
    """Return the session of a running command."""
    found = ctx.obj
    assert isinstance(found, Session)
    return found
