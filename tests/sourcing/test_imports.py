"""An operator's own files: the same records as a crawl, and nothing half-read."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sourcing import imports
from sourcing.errors import BadInput
from sourcing.settings import Settings
from storage import digest, intake
from storage.engine import Store

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
AUTHORS = (("Amina Okonjo", "1001+amina-o@users.noreply.github.com"), ("Zoë Lindqvist", "zoe@mail.example"))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    return Settings(home=tmp_path / "home")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A repository of six commits by two invented people, one a day from 2026-01-01."""
    path = tmp_path / "engine"
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    for day in range(1, 7):
        name, email = AUTHORS[day % 2]
        date = f"2026-01-0{day}T12:00:00Z"
        env = os.environ | {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
        }  # fmt: skip
        command = [
            "git",
            "-C",
            str(path),
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            f"Fuse kernel {day} (#{day})",
        ]
        subprocess.run(command, check=True, env=env)
    return path


def paper(number: int) -> dict[str, str]:
    return {
        "id": f"x{number}", "title": f"Quantised decoding {number}", "status": "Accept",
        "author": "Amina Okonjo;Li Wei", "authorids": "~Amina_Okonjo1;~Li_Wei1", "gender": "F;M",
        "abstract": "We decode.", "site": f"https://openreview.net/forum?id=x{number}",
    }  # fmt: skip


def test_a_mirror_is_read_once_and_the_second_time_says_so(
    store: Store, settings: Settings, mirror: Path
) -> None:
    first = imports.git(store, settings, mirror, "orbit/engine", until=None, now=NOW)
    assert first.new > 12 and first.unchanged == 0
    with store.read() as tx:
        before = digest.store_digest(tx)
        assert "orbit/engine" in intake.cursors(tx, "git_history")
    again = imports.git(store, settings, mirror, "orbit/engine", until=None, now=NOW)
    assert again.new == again.changed == 0 and "already there" in again.sentence
    with store.read() as tx:
        assert digest.store_digest(tx) == before


def test_until_leaves_out_later_commits_and_does_not_claim_the_end(
    store: Store, settings: Settings, mirror: Path
) -> None:
    end = datetime(2026, 1, 3, 23, 59, tzinfo=UTC)
    part = imports.git(store, settings, mirror, "orbit/engine", until=end, now=NOW)
    with store.read() as tx:
        assert intake.cursors(tx, "git_history") == {}
    rest = imports.git(store, settings, mirror, "orbit/engine", until=None, now=NOW)
    assert part.new > 0 and rest.new > 0 and rest.unchanged >= part.new - 1


def test_papers_are_kept_and_protected_traits_are_dropped_at_the_door(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "venue2026.json"
    file.write_text(json.dumps([paper(number) for number in range(3)]))
    report = imports.papers(store, settings, file, "paperlists", now=NOW)
    assert report.new > 6 and any("gender" in name for name in report.counted)
    assert imports.papers(store, settings, file, "paperlists", now=NOW).new == 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps([paper(1), paper(2)])[:-40], "paperlists"),
        (json.dumps([paper(1)]) + "\n[", "paperlists"),
        ("", "paperlists"),
        ('{"a": 1}', "paperlists"),
        ("<OAI-PMH><ListRecords><record>", "arxiv-oai"),
        ("not xml", "acl"),
    ],
)
def test_a_cut_or_foreign_file_is_refused_before_anything_is_stored(
    store: Store, settings: Settings, tmp_path: Path, content: str, kind: str
) -> None:
    file = tmp_path / "cut"
    file.write_text(content)
    with store.read() as tx:
        before = digest.store_digest(tx)
    with pytest.raises(BadInput, match=r"cannot import cut: .*nothing was stored"):
        imports.papers(store, settings, file, kind, now=NOW)
    with store.read() as tx:
        assert digest.store_digest(tx) == before


def test_what_is_no_repository_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="cannot import orbit/engine"):
        imports.git(store, settings, tmp_path / "empty", "orbit/engine", until=None, now=NOW)
    for name in ("../engine", "--upload-pack=x", "a/b/c", "engine"):
        with pytest.raises(BadInput, match="cannot import"):
            imports.git(store, settings, tmp_path / "empty", name, until=None, now=NOW)
