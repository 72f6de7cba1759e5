"""What the command line says of somebody who asked not to be approached."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing.__main__ import main
from storage import intake, lists, persons, search
from storage.engine import open_store

MIRA = "github:1001"
SENTENCE = "asked not to be approached (github_people, 2026-11-23, https://code.example/1)"


@pytest.fixture
def mira(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Any,
    keyer: Any,
    now: Any,
) -> str:
    """A fresh installation with one person on one shortlist, who asked a day later."""
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    capsys.readouterr()
    store = open_store(f"sqlite:///{next(tmp_path.rglob('store.db'))}")
    later = now + timedelta(days=1)
    with store.begin() as tx:
        found = make.identity(MIRA, name="Mira Okafor", handle="mira-inv")
        intake.take(tx, make.visit(found, task=make.task(1)), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({MIRA})], now)
        search.reindex(tx, None)
        lists.create(tx, "leads", actor="ana", now=now)
        key = persons.list_people(tx, limit=1)[0].key
        lists.add(tx, "leads", [key], actor="ana", now=now)
        wish = make.claim(MIRA, MIRA, "opt_out", at=later, source="github_people")
        intake.take(tx, make.visit(wish, task=make.task(2), at=later), now=later, run=None, keyer=keyer)
    store.close()
    return key


def test_the_person_and_the_explanation_say_when_and_where(
    mira: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["person", "show", mira]) == 0
    assert SENTENCE in "".join(capsys.readouterr())
    assert main(["rank", "explain", mira]) == 0
    assert f"{mira} {SENTENCE}: nothing is scored" in "".join(capsys.readouterr())


def test_a_shortlist_marks_who_asked_and_names_nobody(mira: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "list", "show", "leads"]) == 0
    out = capsys.readouterr().out
    assert mira in out and SENTENCE in out and "Mira" not in out


def test_search_finds_nobody_and_a_list_takes_nobody_who_asked(
    mira: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", "search", "mira"]) == 0
    assert mira not in capsys.readouterr().out
    assert main(["list", "add", "leads", mira]) == 3
    assert "asked not to be approached (2026-11-23)" in capsys.readouterr().err
