"""Is everything ready, and if not, what to do: every check has a sentence with the fix.

`examine` looks at this machine only; `visit_sources` asks every source that is on one question.
"""

import hashlib
import shutil
import sqlite3
import stat
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import PackageNotFoundError, distribution

from sourcing.checks import Check as Check
from sourcing.checks import State as State
from sourcing.checks import open_to_others, running
from sourcing.crawl import trial
from sourcing.crawl.parent import Child
from sourcing.errors import NoCredentials, SourcingError
from sourcing.settings import Settings, load_specs, pepper, require_operator, secret
from spiders.spec import SourceSpec
from storage import migrate, vanish
from storage.engine import open_store, wal_is_safe
from storage.errors import StoreError

LIVE_WAIT_S = 120.0  # two robots files and one answer of the slowest host
FREE_MIN_BYTES = 5 * 1024**3  # a first clone of one large history, with room for the store to grow
NEEDED_TO_ASK = frozenset({"configuration", "operator", "instance secret"})
_GIT_SAFE = ((2, 50, 2), (2, 51, 3), (2, 52, 2), (2, 53, 1), (2, 54, 1), (2, 55, 1), (2, 56, 1))  # TRUST T36
_GIT_MIN = (2, 37)  # what spiders.gitrun refuses to fetch with
_TRACKED = ("sourcing/", "storage/", "spiders/")


def examine(settings: Settings, *, now: datetime) -> list[Check]:
    """Return every check, in the order one would mend things."""
    checks: list[Callable[[Settings], Check]] = [
        _sources, _operator, _pepper, _token, _database, _git, _sqlite, _disk, _installed,
    ]  # fmt: skip
    return [*(check(settings) for check in checks), *running(settings, now=now)]


def mend(settings: Settings) -> list[str]:
    """Do what needs no decision, and return it in words: the database brought up, secrets closed to others."""
    done = []
    if migrate.current(settings.database_url) not in {None, migrate.head()}:
        migrate.upgrade(settings.database_url)
        done.append(f"the database is at {migrate.head()}")
    for path, bits in open_to_others(settings):
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)
        except OSError as error:  # another's file, or one of a disk that only reads
            done.append(f"not {path.name}, which others may read: {error.strerror}")
        else:
            done.append(f"others cannot read {path.name} any more")
    return done


def visit_sources(
    settings: Settings, *, now: datetime, child: Child | None = None, wait_s: float = LIVE_WAIT_S
) -> Iterator[Check]:
    """Yield what every enabled source said to one request, by name; asked as on any night, nothing is stored.

    wait_s: longest wait for one source.
    """
    specs = [spec for spec in load_specs(settings) if spec.enabled]
    with ThreadPoolExecutor(max_workers=settings.crawl.children_max) as pool:
        yield from pool.map(lambda spec: _live(settings, spec, now, child, wait_s), specs)


def _live(settings: Settings, spec: SourceSpec, now: datetime, child: Child | None, wait_s: float) -> Check:
    """Return what one source said to one request."""
    name, terms = f"live {spec.name}", f"terms {spec.terms}"
    try:
        trial.permit(settings, spec)
        tried = trial.once(settings, spec, now=now, child=child, wait_s=wait_s)
    except NoCredentials as error:
        fix = f"sourcer source auth {spec.name}, or sourcer source disable {spec.name}"
        return Check(name=name, state=State.WARN, found=f"not asked: {error}", fix=fix)
    except SourcingError as error:
        return Check(name=name, state=State.FAIL, found=f"not asked: {error}", fix="mend what is named")
    if tried is None:
        return Check(name=name, state=State.OK, found=f"nothing to ask yet; {terms}")
    took = f"{tried.visit.cost.seconds:.1f} s" if tried.visit is not None else None
    records = f"{sum(tried.records.values())} records" if tried.records else None
    status = str(tried.status) if tried.status is not None else None
    limits = list(tried.visit.limits) if tried.visit is not None else []
    said = [part for part in (tried.outcome, status, records, took, *limits, tried.detail, terms) if part]
    if tried.is_fine:
        return Check(name=name, state=State.OK, found=", ".join(said))
    fix = f"sourcer source test {spec.name}: shows more; sourcer source disable {spec.name}: leaves it out"
    return Check(name=name, state=State.FAIL, found=", ".join(said), fix=fix)


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
        pepper(settings)
    except SourcingError as error:
        fix = "sourcer init, for a new store: another secret makes the digests of an old one useless"
        return Check(name="instance secret", state=State.FAIL, found=str(error), fix=fix)
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
            with store.read() as tx:
                waiting = vanish.waiting(tx)
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
    if waiting:
        said = ", ".join(f"{one.gone:,} of {one.known:,} of {one.source}" for one in waiting)
        fix = "look whether the source lost them, then sourcer crawl held --accept or --refuse SOURCE"
        return Check(name="database", state=State.WARN, found=f"withdrawals held: {said}", fix=fix)
    return Check(name="database", state=State.OK, found=f"at head {found}, whole")


def _git(_settings: Settings) -> Check:
    if shutil.which("git") is None:
        return Check(name="git", state=State.FAIL, found="not installed", fix="install git")
    number = git_release()
    said = ".".join(map(str, number)) or "unknown"
    if number < _GIT_MIN:
        fix = "update git to 2.37 or later: older ones look a checked name up again, so no history is fetched with them"
        return Check(name="git", state=State.FAIL, found=said, fix=fix)
    if is_safe_git(number):
        return Check(name="git", state=State.OK, found=said)
    fix = "update git: releases before 10 November 2026 lack security fixes, unless your distribution ported them"
    return Check(name="git", state=State.WARN, found=said, fix=fix)


def git_release() -> tuple[int, ...]:
    """Return the release of git that is found first; a lone zero if it does not say."""
    told = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    words = told.split()
    return tuple(int(part) for part in (words[2] if len(words) > 2 else "0").split(".")[:3] if part.isdigit())


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
        state=State.WARN,
        found=f"{number}: its write-ahead log could lose pages, so a rollback journal is used",
        fix="nothing is at risk; for readers that never wait use SQLite 3.51.3 or later, or PostgreSQL",
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
