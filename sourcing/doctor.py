"""Is everything ready, and if not, what to do: every check has a sentence with the fix."""

import hashlib
import shutil
import sqlite3
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, distribution

from sourcing.errors import SourcingError
from sourcing.settings import Settings, load_specs, pepper, require_operator, secret
from storage import migrate
from storage.engine import open_store, wal_is_safe
from storage.errors import StoreError

FREE_MIN_BYTES = 5 * 1024**3  # a first clone of one large history, with room for the store to grow
_GIT_SAFE = ((2, 50, 2), (2, 51, 3), (2, 52, 2), (2, 53, 1), (2, 54, 1), (2, 55, 1), (2, 56, 1))  # TRUST T36
_TRACKED = ("sourcing/", "storage/", "spiders/")
_MADE_LATER = (".pyc",)


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


def examine(settings: Settings) -> list[Check]:
    """Return every check, in the order one would mend things."""
    checks: list[Callable[[Settings], Check]] = [
        _sources, _operator, _pepper, _token, _database, _git, _sqlite, _disk, _installed,
    ]  # fmt: skip
    return [check(settings) for check in checks]


def _sources(settings: Settings) -> Check:
    from sourcing.ranking import specialism

    try:
        specs = load_specs(settings)
        slugs = specialism.names(settings.roots)
        for slug in slugs:
            specialism.load(slug, settings.roots)
    except SourcingError as error:
        return Check(
            name="configuration", state=State.FAIL, found=str(error), fix="mend the file that is named"
        )
    return Check(
        name="configuration", state=State.OK, found=f"{len(specs)} sources, {len(slugs)} specialisms"
    )


def _operator(settings: Settings) -> Check:
    try:
        require_operator(settings)
    except SourcingError as error:
        return Check(name="operator", state=State.FAIL, found=str(error), fix="set both in sourcer.toml")
    return Check(name="operator", state=State.OK, found="controller and contact are set")


def _pepper(settings: Settings) -> Check:
    try:
        size = len(pepper(settings))
    except SourcingError as error:
        return Check(name="instance secret", state=State.FAIL, found=str(error), fix="sourcer init")
    if size < 16:
        fix = "use 16 bytes or more; a new secret makes old digests useless"
        return Check(name="instance secret", state=State.FAIL, found=f"only {size} bytes", fix=fix)
    return Check(name="instance secret", state=State.OK, found="set")


def _token(_settings: Settings) -> Check:
    if secret("SOURCER_GITHUB_TOKEN") is None:
        fix = "set SOURCER_GITHUB_TOKEN or SOURCER_GITHUB_TOKEN_FILE to a token without any scope"
        return Check(
            name="github token", state=State.WARN, found="not set: GitHub's API is left out", fix=fix
        )
    return Check(name="github token", state=State.OK, found="set")


def _database(settings: Settings) -> Check:
    try:
        found = migrate.current(settings.database_url)
        if found != migrate.head():
            at = found or "no database"
            return Check(name="database", state=State.FAIL, found=f"at {at}", fix="sourcer db upgrade")
        store = open_store(settings.database_url)
        try:
            whole = store.integrity()
        finally:
            store.close()
    except StoreError as error:
        return Check(
            name="database",
            state=State.FAIL,
            found=str(error),
            fix="check the address, then sourcer db upgrade",
        )
    if not whole:
        return Check(name="database", state=State.FAIL, found="damaged", fix="restore a backup")
    return Check(name="database", state=State.OK, found=f"at head {found}, whole")


def _git(_settings: Settings) -> Check:
    if shutil.which("git") is None:
        return Check(name="git", state=State.FAIL, found="not installed", fix="install git")
    said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    words = said.split()
    number = tuple(
        int(part) for part in (words[2] if len(words) > 2 else "0").split(".")[:3] if part.isdigit()
    )
    if is_safe_git(number):
        return Check(name="git", state=State.OK, found=".".join(map(str, number)))
    fix = "update git: releases before 10 November 2026 lack security fixes, unless your distribution ported them"
    return Check(name="git", state=State.WARN, found=".".join(map(str, number)) or "unknown", fix=fix)


def is_safe_git(number: tuple[int, ...]) -> bool:
    """Return whether a release of git has the fixes of 10 November 2026 (TRUST T36)."""
    if number[:2] > _GIT_SAFE[-1][:2]:
        return True
    return any(number[:2] == safe[:2] and number >= safe for safe in _GIT_SAFE)


def _sqlite(settings: Settings) -> Check:
    number = sqlite3.sqlite_version
    if settings.database_url.startswith("postgresql"):
        return Check(name="sqlite", state=State.OK, found=f"{number}, not used")
    if wal_is_safe():
        return Check(name="sqlite", state=State.OK, found=f"{number}, write-ahead log")
    return Check(
        name="sqlite",
        state=State.OK,
        found=f"{number}, rollback journal: its write-ahead log is not safe here",
    )


def _disk(settings: Settings) -> Check:
    at = settings.home
    while not at.exists():
        at = at.parent
    free = shutil.disk_usage(at).free
    said = f"{free / 1024**3:.1f} GiB free"
    if free < FREE_MIN_BYTES:
        return Check(
            name="disk", state=State.WARN, found=said, fix=f"free some space below {at} before a first crawl"
        )
    return Check(name="disk", state=State.OK, found=said)


def _installed(_settings: Settings) -> Check:
    """Compare installed files with the wheel's own record: another project may install packages of our names."""
    try:
        files = distribution("sourcing").files or []
    except PackageNotFoundError:
        return Check(name="installed files", state=State.OK, found="running from a checkout")
    ours = [file for file in files if str(file).startswith(_TRACKED) and file.hash is not None]
    if not ours:
        return Check(name="installed files", state=State.OK, found="editable install of a checkout")
    bad = [
        str(file)
        for file in ours
        if not is_as_recorded(str(file.locate()), file.hash.value if file.hash else "")
    ]
    if bad:
        fix = "install sourcing again, alone in its environment (pipx or a container)"
        return Check(
            name="installed files",
            state=State.FAIL,
            found=f"changed or missing: {', '.join(bad[:5])}",
            fix=fix,
        )
    return Check(name="installed files", state=State.OK, found=f"{len(ours)} files as in the wheel")


def is_as_recorded(path: str, recorded: str) -> bool:
    """Return whether a file has the SHA-256 of a wheel's record (URL-safe base64 without padding)."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path as the record gives it
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return False
    return urlsafe_b64encode(digest).rstrip(b"=").decode() == recorded
