"""What may go wrong while deciding and showing, grouped by what the caller may do.

SourcingError
├── ConfigError      mend a file or a setting, then run again
├── UnknownName      choose one of the known names
├── NotOffered       choose a source that stands in for this one
├── BadQuery         mend the query at the named column
├── BadInput         mend or fetch again the file or directory that was given
├── NotAllowed       a rule forbids it; the rule says what is missing
├── NoCredentials    set the named secret
└── ExportBlocked    nothing may leave: every row is blocked
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class SourcingError(Exception):
    """Root of everything this room raises on purpose."""


class ConfigError(SourcingError):
    """A file or a setting is missing, broken or out of range."""

    def __init__(self, message: str, *, path: Path | str | None = None, key: str | None = None) -> None:
        where = ", ".join(str(part) for part in (path, key) if part is not None)
        super().__init__(f"{message} ({where})" if where else message)
        self.path = path
        self.key = key


class UnknownName(SourcingError):
    """A name that should be one of a closed set is not; the message lists the set and the nearest name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        listed = ", ".join(self.known) or "none yet"
        near = get_close_matches(name, self.known, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        super().__init__(f"unknown {kind} {name!r}; known: {listed}{hint}")


class NotOffered(SourcingError):
    """A source that is known and not offered. The message says why, and what stands in for it."""

    def __init__(self, name: str, *, state: str, reason: str, instead: str) -> None:
        super().__init__(f"source {name!r} is {state}: {reason}; instead: {instead}")
        self.name = name


class BadQuery(SourcingError):
    """A query cannot be read. column: 1-based place in the text."""

    def __init__(self, message: str, *, column: int, suggestion: str | None = None) -> None:
        hint = f"; {suggestion}" if suggestion else ""
        super().__init__(f"query, column {column}: {message}{hint}")
        self.column = column


class BadInput(SourcingError):
    """A file or directory an operator gave is not what it should be."""


class NotAllowed(SourcingError):
    """A rule of privacy or terms forbids it until something is supplied. rule: its number in TRUST."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{message} (rule {rule})")
        self.rule = rule


class NoCredentials(SourcingError):
    """A secret is missing or was refused; the message names the setting, never a value."""


class ExportBlocked(SourcingError):
    """Nothing may leave: every row of the plan is blocked or there is none."""
