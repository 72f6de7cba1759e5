"""`sourcer source` and `doctor --live`: tried for real, switched in the operator's own file, nothing stored."""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import guild
import noticeboard
import pytest
from guild_faults import always, first, status
from guild_nights import CHILD, write_spec
from guild_server import BOARDS, GUILD, NEIGHBOUR, Server, World

from sourcing.__main__ import main
from sourcing.cli import overlay
from sourcing.cli.exits import Code
from sourcing.errors import ConfigError
from storage import audit, runs
from storage.engine import open_store
from storage.tables import identity, task, visit


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(World())
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """An installation in the current directory that knows the guild and its neighbour, the shipped sources off."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    for name in ("SOURCER_GITHUB_TOKEN", "SOURCER_PEPPER", "SOURCER_GUILD_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for reader in (guild, noticeboard):
        monkeypatch.setitem(sys.modules, f"spiders.sources.{reader.__name__}", reader)
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    said = (tmp_path / "sourcer.toml").read_text()
    (tmp_path / "sourcer.toml").write_text(f'config_dir = "own"\n{said}')
    write_spec(tmp_path / "own" / "sources" / "guild.toml", GUILD)
    write_spec(tmp_path / "own" / "sources" / "neighbour.toml", NEIGHBOUR)
    capsys.readouterr()
    return tmp_path


@pytest.fixture
def child(server: Server) -> Callable[[list[str]], list[str]]:
    pins = json.dumps(dict.fromkeys((GUILD, NEIGHBOUR, *BOARDS), server.pin))
    return lambda arguments: [sys.executable, CHILD, pins, *arguments]


def is_empty(desk: Path) -> bool:
    store = open_store(f"sqlite:///{desk / 'store.db'}")
    with store.read() as tx:
        rows = [tx.execute(table.select()).first() for table in (task, visit, identity)]
        nothing = rows == [None] * 3 and runs.last(tx) is None
    store.close()
    return nothing and not (desk / "pages").exists()


def test_a_source_is_tried_for_real_and_nothing_is_stored(desk, server, child, capsys):
    assert main(["source", "test", "guild", "--limit", "3", "--json"], child=child) == Code.DONE
    out, err = capsys.readouterr()
    rows = json.loads(out)
    assert [row["kind"] for row in rows] == ["members", "deeds", "deeds"] or len(rows) == 3
    assert [row["outcome"] for row in rows] == ["ok"] * 3 and {row["status"] for row in rows} == {200}
    assert rows[0]["records"] == {"identity": 2} and "terms: https://guild.example.org/terms" in err
    assert len(server.asked()) == 3 and is_empty(desk)
    assert main(["source", "test", "guild", "--dry-run"], child=child) == Code.DONE
    assert f"https://{GUILD}/members" in capsys.readouterr().out and len(server.asked()) == 3


@pytest.mark.parametrize(
    ("rule", "code", "words"),
    [
        (always(status(404)), Code.FAILED, "answer 404"),
        (always(status(429, Retry_After="3000")), Code.LATER, "answer 429"),
        (always(status(200, b"<html>", Content_Type="text/html")), Code.FAILED, "expected application/"),
        (always(status(200, b'{"items": [{"id": "x"}]}'), "/members"), Code.DONE, "quarantined: members 0: id is of"),
        (first(9, status(404), "/members/"), Code.PARTLY, "answer 404"),
    ],
    ids=["gone", "limited", "other type", "unreadable", "partly"],
)  # fmt: skip
def test_what_a_try_found_is_its_exit_code_and_a_sentence(desk, server, child, capsys, rule, code, words):
    server.rule = rule
    assert main(["source", "test", "guild", "--limit", "2"], child=child) == code
    assert words in capsys.readouterr().err
    assert is_empty(desk)


def test_limits_are_shown_as_the_source_tells_of_them(desk, server, child, capsys):
    server.rule = lambda asked: (
        lambda exchange: exchange.say(
            X_RateLimit_Limit="5000", X_RateLimit_Remaining="4990", X_RateLimit_Reset="2400"
        )
    )
    assert main(["source", "test", "guild", "--limit", "1", "--json"], child=child) == Code.DONE
    [row] = json.loads(capsys.readouterr().out)
    assert row["limits"] == ["x-ratelimit-remaining: 4,990 of 5,000 left, full again in 2,400 s"]


def test_a_child_that_dies_says_why(desk, capsys):
    gone = [sys.executable, "-c", "import sys; sys.exit('out of order')"]
    assert main(["source", "test", "guild"], child=lambda _: gone) == Code.FAILED
    assert "out of order" in capsys.readouterr().err


def test_terms_are_accepted_before_a_source_is_asked(desk, server, child, capsys):
    own = desk / "own" / "sources" / "guild.toml"
    write_spec(own, GUILD, accept=True, enabled=False)
    own.write_text("# ours\n" + own.read_text() + '[expect]\nsignals_min = 0  # "enabled = true"\n')
    before = own.read_text()
    for command in (["source", "test", "guild"], ["source", "enable", "guild"]):
        assert main(command, child=child) == Code.NOT_READY
        assert "sourcer source enable guild --accept-terms" in capsys.readouterr().err
    assert own.read_text() == before and server.asked() == []
    assert main(["source", "enable", "guild", "--accept-terms", "--dry-run"]) == Code.DONE
    assert own.read_text() == before and "would write" in capsys.readouterr().err
    assert main(["source", "enable", "guild", "--accept-terms", "--now", "2026-11-23T01:00:00"]) == Code.DONE
    said = capsys.readouterr().err
    assert "https://guild.example.org/terms" in said and "Example GmbH keeps to them" in said
    assert f"wrote {own}" in said and "undo: sourcer source disable guild" in said
    table = tomllib.loads(own.read_text())
    assert (table["enabled"], table["accepted_on"]) == (True, date(2026, 11, 23))
    assert own.read_text().startswith("# ours\n") and own.read_text().endswith('# "enabled = true"\n')
    assert main(["source", "test", "guild", "--limit", "1"], child=child) == Code.DONE
    assert main(["source", "disable", "guild"]) == Code.DONE
    assert tomllib.loads(own.read_text())["accepted_on"] == date(2026, 11, 23)
    assert main(["source", "enable", "guild"]) == Code.DONE  # what was accepted stays accepted
    store = open_store(f"sqlite:///{desk / 'store.db'}")
    with store.read() as tx:
        told = [(one.action, one.subject) for one in audit.entries(tx, limit=9)]
        assert audit.verify(tx).ok
    store.close()
    assert told == [(f"source.{verb}", "guild") for verb in ("enable", "disable", "enable")]


def test_an_overlay_that_was_half_right_is_mended_by_the_command_its_error_names(desk, capsys):
    path = desk / "own" / "sources" / "openreview.toml"
    path.write_text("enabled = true\n")
    assert main(["source", "list"]) == Code.NOT_READY
    assert "sourcer source enable openreview --accept-terms" in capsys.readouterr().err
    assert main(["source", "enable", "openreview", "--accept-terms"]) == Code.DONE
    assert "set SOURCER_OPENREVIEW_USER and SOURCER_OPENREVIEW_PASSWORD" in capsys.readouterr().err
    assert main(["source", "list"]) == Code.DONE
    assert "on, no credential" in capsys.readouterr().out


def test_without_a_folder_of_ones_own_one_is_made_and_named(desk, capsys):
    file = desk / "sourcer.toml"
    file.write_text(file.read_text().removeprefix('config_dir = "own"\n'))
    before = file.read_text()
    assert main(["source", "disable", "hn_hiring"]) == Code.DONE
    said = capsys.readouterr().err
    assert str(desk / "config" / "sources" / "hn_hiring.toml") in said and f"wrote {file}" in said
    assert tomllib.loads(file.read_text())["config_dir"] == "config"
    assert set(before.splitlines()) - set(file.read_text().splitlines()) <= {
        line for line in before.splitlines() if line.startswith("# config_dir")
    }
    assert main(["--json", "source", "show", "hn_hiring"]) == Code.DONE
    assert json.loads(capsys.readouterr().out)["enabled"] is False


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "enabled = true\n"),
        ("enabled = false # why\n", "enabled = true # why\n"),
        ("[seeds]\nenabled = false\n", "enabled = true\n[seeds]\nenabled = false\n"),
        ("a = 1", "a = 1\nenabled = true\n"),
        ("# enabled = false\na = 1\n", "enabled = true\na = 1\n"),
    ],
)
def test_a_key_is_set_and_nothing_else_is_touched(text, after, tmp_path):
    assert overlay.with_keys(text, {"enabled": True}, path=tmp_path / "x.toml") == after


def test_a_file_that_cannot_be_changed_safely_is_left_alone(tmp_path):
    text = 'a = """\nenabled = false\n"""\nenabled = false\n'
    with pytest.raises(ConfigError, match="by hand: enabled = true"):
        overlay.with_keys(text, {"enabled": True}, path=tmp_path / "x.toml")


def test_what_is_not_offered_says_why_and_what_to_use_instead(desk, capsys):
    for command in (["crawl", "run", "dblp"], ["source", "show", "dblp"], ["source", "enable", "dblp"]):
        assert main(command) == Code.USAGE
        said = capsys.readouterr().err
        assert "source 'dblp' is unavailable: " in said and "; instead: openalex" in said
    assert main(["source", "list"]) == Code.DONE
    out = capsys.readouterr().out
    assert "gh_archive is degraded: " in out and "Instead: " in out
    assert main(["source", "list", "--json"]) == Code.DONE
    rows = {row["source"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["dblp"]["state"] == "unavailable" and rows["dblp"]["reason"] and rows["dblp"]["instead"]
    assert rows["openreview"]["state"] == "off: terms" and rows["guild"]["state"] == "on"


def test_a_credential_is_asked_about_and_never_shown(desk, server, child, capsys, monkeypatch):
    own = desk / "own" / "sources" / "guild.toml"
    write_spec(own, GUILD, auth={"secret": "SOURCER_GUILD_KEY", "scheme": "header", "name": "x-guild-key"})
    assert main(["source", "auth", "guild"], child=child) == Code.CREDENTIALS
    out, err = capsys.readouterr()
    assert (
        "SOURCER_GUILD_KEY_FILE" in out and "https://guild.example.org/docs" in err and server.asked() == []
    )
    monkeypatch.setenv("SOURCER_GUILD_KEY", "planted-value")
    assert main(["source", "auth", "guild"], child=child) == Code.DONE
    out, err = capsys.readouterr()
    assert "one request: ok" in err and "planted" not in out + err
    assert [one.headers["x-guild-key"] for one in server.asked()] == ["planted-value"]
    server.rule = always(status(401))
    assert main(["source", "auth", "guild"], child=child) == Code.CREDENTIALS
    assert "refused" in capsys.readouterr().err
    assert main(["source", "auth", "neighbour"], child=child) == Code.DONE
    assert "wants no credential" in capsys.readouterr().err


def test_the_doctor_asks_every_source_once(desk, server, child, capsys):
    for path in (Path(overlay.__file__).parents[2] / "config" / "sources").glob("*.toml"):
        (desk / "own" / "sources" / path.name).write_text("enabled = false\n")
    server.rule = always(status(500), host=NEIGHBOUR)
    assert main(["doctor", "--live", "--json"], child=child) == Code.PARTLY
    live = {
        row["name"]: row for row in json.loads(capsys.readouterr().out) if row["name"].startswith("live ")
    }
    assert {name: row["state"] for name, row in live.items()} == {
        "live guild": "ok",
        "live neighbour": "fail",
    }
    assert "200" in live["live guild"]["found"] and "terms https://guild" in live["live guild"]["found"]
    assert "answer 500" in live["live neighbour"]["found"]
    assert "sourcer source test neighbour" in live["live neighbour"]["fix"]
    assert len(server.asked()) == 1 and is_empty(desk)
    (desk / "pepper").write_text("short")
    assert main(["doctor", "--live"], child=child) == Code.NOT_READY
    assert "no source was asked" in capsys.readouterr().err and len(server.asked()) == 1


def test_no_child_is_started_with_a_short_secret(desk, child, capsys):
    (desk / "pepper").write_text("short\n")
    for command in (["crawl", "run", "guild"], ["nightly"], ["source", "test", "guild"]):
        assert main(command, child=child) == Code.NOT_READY
        said = capsys.readouterr().err
        assert "has 5 bytes, expected 16 or more" in said and "sourcer init" in said
    assert not (desk / "logs").exists()
