"""TRUST T24–T27: hostile repositories and names, each collected as on any night. Nothing runs, nothing is written."""

import importlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile_repositories import REPOSITORIES

from sourcing import doctor
from spiders import git, gitfiles, gitlog, gitrun
from spiders.door import Door
from spiders.engines.owners import owner_pages
from spiders.engines.repository import RepositoryEngine, local_pages
from spiders.engines.turn import make_kit
from spiders.errors import SourceRefused, SpiderError
from spiders.gitrun import Limits, Remote
from spiders.records import Outcome, Task
from spiders.redact import Pepper
from spiders.sources import acl_anthology, git_history
from spiders.spec import load_spec
from storage import intake
from storage.engine import wal_is_safe

# one set of hostile repositories, made once
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
PEPPER = Pepper(b"p" * 32)
SETTLED = {
    Outcome.OK, Outcome.NONE_YET, Outcome.GONE, Outcome.UNREADABLE, Outcome.TOO_LARGE, Outcome.BROKEN,
    Outcome.REFUSED,
}  # fmt: skip


def world_of(*folders: Path) -> set[str]:
    return {str(path) for folder in folders for path in folder.rglob("*")}


def kits(server, home):
    """Return the engines of two sources that go to the host of hostile repositories."""
    found = []
    for reader, name in ((git_history, "git_history"), (acl_anthology, "acl_anthology")):
        spec = load_spec(ROOT / "config" / "sources" / f"{name}.toml")
        spec = spec.model_copy(update={"gap_s": 0.0, "requests_per_hour": 1_000_000})
        door = Door(user_agent="sourcer/test", pins={"github.com": server.pin})
        kit = make_kit(spec, reader, door, pepper=PEPPER, home=home, clock=lambda: NOW)
        found.append(RepositoryEngine(kit, max_bytes=64 * 1024 * 1024))
    return found


def visits_of(engines, name):
    """Visit a repository as history and as files, and whatever these visits name."""
    url = f"https://github.com/{name}.git"
    asked = [
        Task(source="git_history", kind="history", url=url, params={"repository": name, "paths": True}),
        Task(source="acl_anthology", kind="files", url=url,
             params={"repository": name, "files": ["data/xml/*.xml", "**/*.md"]}),
    ]  # fmt: skip
    for engine, task in zip(engines, asked, strict=True):
        waiting = [task]
        while waiting:
            visit = engine.visit(waiting.pop(0))
            waiting += visit.tasks
            yield visit


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Every hostile repository, collected once: what became of each, and what is beside the collector's own folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    git_server = importlib.import_module("git_server")
    sys.path.pop(0)
    root = tmp_path_factory.mktemp("hostile")
    (root / "served").mkdir()
    server = git_server.Served(root / "served")
    engines = kits(server, root / "home")
    patch = pytest.MonkeyPatch()  # so that ten billion files need not be waited for
    patch.setattr(gitlog, "FILES_MAX", 5_000)
    patch.setattr(gitfiles, "ROWS_MAX", 5_000)
    patch.setattr(gitrun, "_MEMORY_MAX_BYTES", 256 * 1024**2)  # nor for git to fill all it is given
    found, beside = {}, {}
    try:
        for number, (what, build) in enumerate(REPOSITORIES.items()):
            made = server.new(f"lab/r{number}")
            build(made, root / "ran")
            (root / "ran").unlink(missing_ok=True)  # its own hooks ran while it was made
            before = world_of(root / "served")
            visits = list(visits_of(engines, f"lab/r{number}"))
            problems = []
            for pages in (
                local_pages(made.path, "lab/r", until=None, pepper=PEPPER, fetched_at=NOW),
                owner_pages(
                    made.path, "lab/r", ["MAINTAINERS.md"], until=None, pepper=PEPPER, fetched_at=NOW
                ),
            ):
                try:
                    list(pages)
                except SpiderError as error:
                    problems.append(str(error))
            found[what] = visits
            beside[what] = world_of(root / "served") - before
    finally:
        patch.undo()
        for engine in engines:
            engine.kit.worker.close()
            engine.kit.door.close()
        server.close()
    return found, beside, root


@pytest.mark.row("T25", "T26")
def test_hostile_repositories_run_nothing_and_write_nothing(collected, store, keyer):
    found, beside, root = collected
    assert len(found) >= 40
    assert not any(beside.values()), beside
    assert {path.name for path in root.iterdir()} == {"served", "home"}  # no marker, no file that climbed out
    for what, visits in found.items():
        for visit in visits:
            assert visit.outcome in SETTLED, (what, visit.outcome, visit.detail)
            with store.begin() as tx:
                intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    held = [
        path
        for path in (root / "home" / "mirrors").rglob("*")
        if path.is_symlink() or os.access(path, os.X_OK)
    ]
    assert all(path.is_dir() and not path.is_symlink() for path in held), held
    by_name = {what: [visit.outcome for visit in visits] for what, visits in found.items()}
    assert by_name["wanted file that unpacks"][-1] is Outcome.TOO_LARGE
    assert by_name["trees of trees"] == [Outcome.UNREADABLE, Outcome.TOO_LARGE]
    assert by_name["message without end"][0] is Outcome.UNREADABLE
    assert by_name["wanted file with entities"][-1] is Outcome.UNREADABLE
    with store.read() as tx:
        works = tx.exec_driver_sql("SELECT title, paths FROM work").fetchall()
    assert works and not any("root:" in str(row) for row in works)


def test_nobody_is_credited_by_what_a_repository_holds(collected):
    found, _, _ = collected
    told = {
        record.name
        for visits in found.values()
        for visit in visits
        for record in visit.records
        if record.type == "identity"
    }
    assert "Victim" not in told
    replaced = [one for visit in found["replaced and grafted"] for one in visit.records if one.type == "work"]
    assert [one.title for one in replaced if one.kind == "commit"] == ["One", "Two"]


NAMES = (
    "..", "../..", "a/..", "a/b/c", "a", "%2e%2e/x", "%2e%2e%2fx/y", "--upload-pack=touch x;/y", "-c/x", "a/-x",
    "a/" + "b" * 300, "ext::sh -c id", "a b/c", "a/b\n", "a/", "/a", ".", "a/.", "https://github.com/a/b", "a/b?x",
    "a/b;id", "a/b\x00c", "a\\b/c", "ａ/b", "a/b#c", "~/x", "$HOME/x", "a/..\u2025", "", "/", "a//b", "a/b@{1}",
)  # fmt: skip


@pytest.mark.row("T24", "T27")
def test_names_that_are_none_start_nothing(kit_for, hostile, tmp_path, store, keyer, monkeypatch):
    def nothing(*arguments, **more):
        raise AssertionError(arguments)

    monkeypatch.setattr(subprocess, "Popen", nothing)
    engine = RepositoryEngine(kit_for(engine="git", hosts=("github.com",)))
    for name in NAMES:
        for more in ({}, {"files": ["*.md"]}, {"blob": "a" * 40, "path": "x.xml", "head": "b" * 40}):
            params = {"repository": name, **more}
            visit = engine.visit(
                Task(source="plain", kind="history", url="https://github.com/a/b.git", params=params)
            )
            assert visit.outcome is Outcome.REFUSED, name
            with store.begin() as tx:
                intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    assert hostile.log == []
    assert not (tmp_path / "home" / "mirrors").exists()


@pytest.mark.row("T24")
@pytest.mark.parametrize("url", [
    "ext::sh -c id", "file:///etc", "--upload-pack=x", "http://github.com/a/b", "https://u:p@x.org/a", "ssh://x/a",
    "git://x/a", "x:y", "https://", "https://gıthub.com/a/b",
])  # fmt: skip
def test_other_protocols_are_never_fetched(url, tmp_path, store):
    for fetch in (git.fetch, gitfiles.fetch_tree):
        more = {"trees": False} if fetch is git.fetch else {"limits": Limits()}
        with pytest.raises(SourceRefused):
            fetch(Remote(url=url), tmp_path / "m", **more)
    assert not (tmp_path / "m").exists()


@pytest.mark.row("T26")
def test_a_history_above_the_limits_is_removed(kit_for, served, store, keyer, monkeypatch):
    for number in range(6):
        served.made.commit(f"c{number}")
    monkeypatch.setattr(git, "COMMITS_MAX", 5)
    kit = kit_for(engine="git", hosts=("github.com",), pins={"github.com": served.pin})
    task = Task(source="plain", kind="history", url="https://github.com/lab/engine.git",
                params={"repository": "lab/engine"})  # fmt: skip
    visit = RepositoryEngine(kit).visit(task)
    with store.begin() as tx:
        intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    assert visit.outcome is Outcome.TOO_LARGE and "use the API" in visit.detail
    assert list((kit.home / "mirrors").iterdir()) == []
    monkeypatch.undo()
    small = RepositoryEngine(kit, max_bytes=100).visit(task)
    assert small.outcome is Outcome.TOO_LARGE
    assert list((kit.home / "mirrors").iterdir()) == []


@pytest.mark.row("T36")
def test_unsafe_releases_of_git_and_sqlite_are_not_relied_on(store, tmp_path, monkeypatch):
    assert not doctor.is_safe_git((2, 50, 1)) and doctor.is_safe_git((2, 50, 2))
    assert not doctor.is_safe_git((2, 56, 0)) and doctor.is_safe_git((2, 56, 1))
    monkeypatch.setattr(gitrun, "version", lambda: (2, 36))
    with pytest.raises(SourceRefused, match=r"git 2\.36 .* update it to 2\.37"):
        gitfiles.fetch_tree(Remote(url="https://github.com/a/b", resolved="github.com:443:203.0.113.9"),
                            tmp_path / "m", limits=Limits())  # fmt: skip
    assert not wal_is_safe((3, 51, 2)) and wal_is_safe((3, 51, 3))
    if store.dialect == "sqlite":
        with store.read() as tx:
            mode = tx.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        assert mode == ("wal" if wal_is_safe() else "delete")
