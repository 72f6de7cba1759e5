"""The duplicate queue on the command line: a question in plain words, both sides, and an answer that counts."""

import json
import os
from pathlib import Path

import pytest

from sourcing.__main__ import main


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that read two papers whose authors state one Scholar number."""
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    scholar = "https://scholar.google.com/citations?user=AbCdEfGhIjK"
    papers = [
        {
            "id": f"a{number}",
            "title": f"Paged attention, part {number}",
            "author": "Amina Okonjo",
            "status": "Poster",
            "authorids": f"~Amina_Okonjo{number}",
            "google_scholar": scholar,
        }
        for number in (1, 2)
    ]
    (tmp_path / "papers.json").write_text(json.dumps(papers))
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    assert main(["import", "papers", "papers.json", "--format", "paperlists"]) == 0
    assert main(["resolve", "run"]) == 0
    capsys.readouterr()
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["resolve", "queue", "--json"]) == 0
    return list(json.loads(capsys.readouterr().out))


def test_a_question_is_asked_shown_and_answered_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = asked(capsys)
    assert row["question"] == (
        "Is Amina Okonjo, OpenReview profile ~Amina_Okonjo1 the same person as "
        "Amina Okonjo, OpenReview profile ~Amina_Okonjo2?"
    )
    assert row["moves"] == 1 and "only one side can vouch for it" in str(row["reasons"])
    assert main(["resolve", "show", str(row["pair"])]) == 0
    told = capsys.readouterr()
    assert "~Amina_Okonjo1" in told.out and "Is Amina Okonjo" in told.err
    (no,) = (line for line in told.err.splitlines() if line.startswith("no: "))
    assert main(no.removeprefix("no: sourcer ").split()) == 0
    assert asked(capsys) == []
    assert main(["resolve", "show", str(row["pair"])]) != 0
    assert "no open question" in capsys.readouterr().err
