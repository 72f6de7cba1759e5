"""What is done at a terminal prints what undoes it, asks why, and is the same as on the pages."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sourcing.__main__ import main
from sourcing.settings import load, pepper
from storage import intake, persons, search
from storage.engine import open_store
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
CRM = 'title = "x"\nsystem = "crm"\nidentifiers = ["Profile"]\ncontacted = "Last"\n'


@pytest.fixture
def keys(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """A fresh installation with three people; their keys."""
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    settings = load(config=None, flags={})
    store = open_store(settings.database_url)
    people = [
        make.identity(f"github:{one}", handle=f"user{one}", name=f"Ona Vale {one}") for one in (1, 2, 3)
    ]
    with store.begin() as tx:
        intake.take(tx, make.visit(*people), now=NOW, run=None, keyer=PepperKeyer(pepper(settings)))
        persons.rebuild(tx, [frozenset({f"github:{one}"}) for one in (1, 2, 3)], NOW)
        search.reindex(tx, None)
        found = [persons.find_by_identity(tx, f"github:{one}") for one in (1, 2, 3)]
    store.close()
    capsys.readouterr()
    return [one.key for one in found if one is not None]


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[Any, str]:
    """Run a command; return its data and what it said."""
    assert main(["--json", *arguments]) == code
    told = capsys.readouterr()
    return json.loads(told.out) if told.out else None, told.err


def undo(capsys: pytest.CaptureFixture[str], said: str) -> None:
    command = re.search(r"undo: sourcer (person undo \w+)", said)
    assert command is not None, said
    run(capsys, *command[1].split())


def stored(capsys: pytest.CaptureFixture[str], key: str) -> Any:
    marks = run(capsys, "person", "show", key)[0]["marks"]
    listed = run(capsys, "list", "show", "role")[0]
    return [(one["kind"], one["value"]) for one in marks], [one["person"] for one in listed]


@pytest.mark.slow
def test_every_act_prints_the_command_that_undoes_it(
    keys: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "list", "create", "role", "--owner", "ben")
    run(capsys, "list", "add", "role", *keys[:2])
    before = stored(capsys, keys[0])
    run(capsys, "person", "show", keys[0], "--why")
    for act in (
        ["person", "stage", keys[0], "reviewing", "--reason", "fits"],
        ["person", "tag", keys[0], "+kernels"],
        ["person", "note", keys[0], "met"],
        ["person", "hide", keys[0], "--reason", "away"],
        ["list", "move", "role", keys[0], "2"],
        ["list", "remove", "role", keys[0], "--reason", "later"],
        ["list", "add", "role", keys[2]],
        ["list", "stage", "role", "contacted", keys[0], "--reason", "wrote"],
    ):
        _, said = run(capsys, *act)
        assert stored(capsys, keys[0]) != before, act
        undo(capsys, said)
        assert stored(capsys, keys[0]) == before, act
    done, _ = run(capsys, "person", "history", keys[0])
    assert len(done) == 8 and sum(one["undone_by"] is not None for one in done) == 7
    (role,) = run(capsys, "list", "ls")[0]
    assert (role["owner"], role["status"]) == ("ben", "open")
    run(capsys, "list", "status", "role", "filled", "--reason", "hired")
    assert run(capsys, "list", "ls")[0][0]["status"] == "filled"


def test_what_needs_a_reason_is_refused_without_one(
    keys: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "list", "create", "role")
    run(capsys, "list", "add", "role", keys[0])
    for act in (
        ["person", "stage", keys[0], "reviewing"],
        ["list", "stage", "role", "reviewing", keys[0]],
        ["list", "remove", "role", keys[0]],
        ["list", "status", "role", "closed"],
        ["list", "limits", "--organisation", "Orbit"],
    ):
        _, said = run(capsys, "--no-input", *act, code=3)
        assert "say why" in said, act


def test_a_saved_search_shows_the_new_once(
    keys: list[str], capsys: pytest.CaptureFixture[str], make: Any
) -> None:
    _, said = run(capsys, "saved", "add", "Vales", "vale")
    assert "3 are under it now" in said
    assert run(capsys, "saved", "run", "Vales", "--new")[0] == []
    settings = load(config=None, flags={})
    store = open_store(settings.database_url)
    with store.begin() as tx:
        one = make.identity("github:9", handle="user9", name="Ida Vale")
        intake.take(tx, make.visit(one), now=NOW, run=None, keyer=PepperKeyer(pepper(settings)))
        persons.rebuild(tx, [frozenset({f"github:{each}"}) for each in (1, 2, 3, 9)], NOW)
        search.reindex(tx, None)
    store.close()
    assert run(capsys, "saved", "list")[0][0]["new"] == 1
    assert [one["name"] for one in run(capsys, "--dry-run", "saved", "run", "Vales", "--new")[0]] == [
        "Ida Vale"
    ]
    assert [one["name"] for one in run(capsys, "saved", "run", "Vales", "--new")[0]] == ["Ida Vale"]
    assert run(capsys, "saved", "run", "Vales", "--new")[0] == []
    assert len(run(capsys, "saved", "run", "Vales")[0]) == 4
    run(capsys, "saved", "rm", "Vales")
    assert run(capsys, "saved", "list")[0] == []


def test_a_crms_file_marks_who_is_known_and_a_link_is_made_and_taken_back(
    keys: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "map.toml").write_text(CRM)
    (tmp_path / "crm.csv").write_text("Profile,Last\nhttps://github.com/user2,2026-03-02\n")
    done, _ = run(capsys, "import", "crm", "crm.csv", "--map", "map.toml")
    assert (done["rows"], done["people"]) == (1, 1)
    assert [one["person"] for one in run(capsys, "search", "contacted:yes")[0]] == [keys[1]]
    run(capsys, "list", "create", "role")
    made, _ = run(capsys, "list", "share", "role", "--days", "3", "--blind")
    assert re.fullmatch(r"http://127\.0\.0\.1:8722/shared/[0-9a-f]{16}\.[\w-]{43}", made["url"])
    assert "taken back" in run(capsys, "list", "share", "role", "--revoke", made["id"])[1]


@pytest.mark.row("P10")
def test_who_is_kept_out_is_named_by_no_command(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "list", "create", "Kernel")
    run(capsys, "list", "add", "Kernel", *keys)
    run(capsys, "person", "tag", keys[0], "+Ona Vale 1")
    run(capsys, "privacy", "dnc", "add", "github:1", "--reason", "a letter of today")
    shown, _ = run(capsys, "list", "show", "Kernel")
    assert [one["name"] for one in shown] == [None, "Ona Vale 2", "Ona Vale 3"]
    assert "not to be contacted" in shown[0]["note"]
    for asked in (
        ["person", "show"],
        ["person", "history"],
        ["person", "craft"],
        ["rank", "explain"],
        ["person", "list"],
    ):
        whom = [] if asked[-1] == "list" else [keys[0]]
        assert main(["--json", *asked, *whom]) == (0 if not whom else 1), asked
        told = capsys.readouterr()
        assert "Ona Vale 1" not in told.out + told.err, asked
    deeds, _ = run(capsys, "person", "history")
    assert "Ona Vale 1" not in str(deeds)
    assert main(["list", "compare", *keys[:2], "--specialism", "inference-performance"]) == 1
    assert "Ona Vale 1" not in capsys.readouterr().err
    for query in ("hidden:yes", "name:Ona"):
        found, _ = run(capsys, "search", query)
        assert keys[0] not in {one["person"] for one in found}
