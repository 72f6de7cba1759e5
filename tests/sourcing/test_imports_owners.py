"""A mirror's owner files with the network off: from when and until when, linked to the file at that commit (C4)."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sourcing import imports
from sourcing.settings import Settings
from storage import digest
from storage.engine import Store

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
OWNERS = ("/kernels @amina-o @zoe\n", "/kernels @amina-o\n")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    return Settings(home=tmp_path / "home")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A repository whose owners change on the second day, kept by an account that its noreply address names."""
    path = tmp_path / "engine"
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    (path / ".github").mkdir()
    for day, text in enumerate(OWNERS, 1):
        (path / ".github" / "CODEOWNERS").write_text(text)
        date, address = f"2026-01-0{day}T12:00:00Z", "1001+amina-o@users.noreply.github.com"
        env = os.environ | {
            "GIT_AUTHOR_NAME": "Amina Okonjo", "GIT_AUTHOR_EMAIL": address, "GIT_COMMITTER_NAME": "Amina Okonjo",
            "GIT_COMMITTER_EMAIL": address, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
        }  # fmt: skip
        subprocess.run(["git", "-C", str(path), "add", "-A"], check=True, env=env)
        subprocess.run(["git", "-C", str(path), "commit", "-q", "-m", f"Owners {day}"], check=True, env=env)
    return path


def maintained(store: Store) -> list[tuple[str, str, str, str]]:
    with store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT identity, note, occurred_at, url FROM signal WHERE kind = 'maintains' ORDER BY identity, note"
        ).fetchall()
    return [(row[0], row[1], str(row[2])[:10], row[3]) for row in rows]


def test_owners_of_a_mirror_are_dated_and_the_second_import_adds_nothing(
    store: Store, settings: Settings, mirror: Path
) -> None:
    imports.git(store, settings, mirror, "orbit/engine", until=None, now=NOW)
    found = maintained(store)
    assert [row[:3] for row in found] == [
        ("github:1001", "codeowner", "2026-01-01"),
        ("owner:zoe", "codeowner", "2026-01-01"),
        ("owner:zoe", "codeowner_until", "2026-01-02"),
    ]
    assert all("/orbit/engine/blob/" in row[3] and row[3].endswith("/.github/CODEOWNERS") for row in found)
    with store.read() as tx:
        before = digest.store_digest(tx)
    again = imports.git(store, settings, mirror, "orbit/engine", until=None, now=NOW)
    assert again.new == again.changed == 0
    with store.read() as tx:
        assert digest.store_digest(tx) == before


def test_until_leaves_out_later_owners(store: Store, settings: Settings, mirror: Path) -> None:
    end = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    imports.git(store, settings, mirror, "orbit/engine", until=end, now=NOW)
    assert [row[:2] for row in maintained(store)] == [
        ("github:1001", "codeowner"),
        ("owner:zoe", "codeowner"),
    ]


def test_missing_contents_are_counted_and_nothing_is_fetched(
    store: Store, settings: Settings, mirror: Path, tmp_path: Path
) -> None:
    partial = tmp_path / "partial"
    clone = ["git", "clone", "-q", "--bare", "--filter=blob:none", f"file://{mirror}", str(partial)]
    subprocess.run(["git", "-C", str(mirror), "config", "uploadpack.allowFilter", "true"], check=True)
    subprocess.run(clone, check=True)
    before = sorted(partial.rglob("*"))
    report = imports.git(store, settings, partial, "orbit/engine", until=None, now=NOW)
    assert report.counted["owner_version_missing"] == 2 and maintained(store) == []
    assert sorted(partial.rglob("*")) == before
