"""What a recruiter asks of rankings, from the command line: past ones, reasons, absences, proof."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from scenes import ENGINE, PACK, VERA, WIM, XENIA, Scene

from sourcing.cli.exits import Code
from sourcing.cli.root import start
from sourcing.settings import Settings
from spiders.records import SignalKind, WorkKind
from storage import migrate
from storage.engine import open_store
from storage.subjects import PepperKeyer


class Shell:
    """Runs commands on an invented installation at a moment that moves."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str], now: Any) -> None:
        self.home, self.capsys, self.now = home, capsys, now

    def __call__(self, *argv: str, code: int = 0) -> Any:
        given = ["--config", str(self.home / "sourcer.toml"), "--json", *argv]
        self.capsys.readouterr()
        assert start(given, now=lambda: self.now) == code, self.capsys.readouterr().err
        self.out, self.err = self.capsys.readouterr()
        return json.loads(self.out) if self.out else None


@pytest.fixture
def scene(home: Path, settings: Settings, make, now) -> Scene:
    """The honest three, of whom one was named owner half a year ago; a specialism of the installation's own."""
    migrate.upgrade(settings.database_url)
    one = Scene(open_store(settings.database_url), make, now, PepperKeyer(b"a pepper for tests"), home)
    one.take([
        make.work(f"github:{ENGINE}", kind=WorkKind.REPOSITORY, title=ENGINE),
        make.signal(XENIA, f"github:{ENGINE}", kind=SignalKind.MAINTAINS, note="maintainer", id="github:maintains:x",
                    occurred_at=now - timedelta(days=100)),
    ])  # fmt: skip
    own = home / "config" / "specialisms"
    own.mkdir()
    factors = "".join(
        f'[[factors]]\nname = "{one.name}"\nfeature = "{one.feature}"\nweight = {one.weight}\nhalf = {one.half}\n'
        for one in PACK.factors
    )
    text = 'title = "Inference"\nsummary = "Serving engines."\nversion = 1\n'
    (own / "engines.toml").write_text(f'{text}[look]\nrepositories = ["{ENGINE}"]\n{factors}')
    return one


@pytest.mark.slow
def test_the_life_of_a_ranking(scene: Scene, home: Path, capsys: pytest.CaptureFixture[str], now) -> None:
    """Ranked twice, compared, computed again; then asked about one person, and measured against what came later."""
    sourcer = Shell(home, capsys, now)
    sourcer("resolve", "run")
    sourcer("rank", "run", "--specialism", "engines")
    scene.take(scene.pull(ENGINE, 77, VERA, days=30, by=[WIM]))
    sourcer.now = now + timedelta(hours=3)
    sourcer("rank", "run", "--specialism", "engines")
    newest, oldest = sourcer("rank", "past")
    assert oldest["people"] == newest["people"] == 3 and oldest["replayable"] and newest["replayable"]
    moved = sourcer("rank", "diff", oldest["run"], newest["run"])
    assert "engines:" in sourcer.err and all(one["why"] for one in moved)
    (again,) = sourcer("rank", "replay", oldest["run"])
    assert again["same"] and again["off"] <= 1e-9 and again["same_formula"]
    assert (
        sourcer("rank", "replay", "rank-20010101T000000-1", code=1) is None and "newest kept" in sourcer.err
    )
    sourcer("rank", "stop", "--reason", "doubted")
    for asked in (("replay", oldest["run"]), ("diff", oldest["run"], newest["run"])):
        sourcer("rank", *asked, code=Code.NOT_READY)
        assert "the ranking is switched off" in sourcer.err, "not that everybody is gone"
    sourcer("rank", "resume", "--reason", "they were right")

    (why_not,) = sourcer("rank", "why-not", "vera", "--specialism", "engines")
    key = why_not["person"]
    assert why_not["cause"] == "present" and why_not["place"] in (1, 2, 3)
    (absent,) = sourcer("rank", "why-not", "nobody-known", "--specialism", "engines")
    assert absent["cause"] == "not collected"
    without = sourcer("rank", "without", key, ENGINE, "--specialism", "engines")
    assert without["before"] == why_not["place"] and without["after"] is None

    (explained,) = sourcer("rank", "explain", key, "--specialism", "engines")
    assert explained["lower"] <= explained["score"] <= explained["upper"]
    assert sum(part["points"] for part in explained["factors"]) == pytest.approx(explained["score"], abs=1e-9)
    assert any("https://" in text for text in explained["level_why"])
    shown = sourcer("person", "show", key, "--why")
    assert shown["why"] == [explained]

    labels = home / "labels.jsonl"
    lines = (
        {"specialism": "engines", "handle": who, "grade": grade}
        for who, grade in (("vera", 2), ("nobody", 1))
    )
    labels.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (agreed,) = sourcer("rank", "eval", str(labels))
    assert (agreed["labelled"], agreed["unknown"]) == (2, 1) and 0 < agreed["ndcg@10"] < 1
    labels.write_text('{"specialism": "engines", "grade": 9}\n')
    sourcer("rank", "eval", str(labels), code=1)
    assert "line 1: " in sourcer.err

    day = f"{now - timedelta(days=150):%Y-%m-%d}"
    tested = sourcer("rank", "backtest", "--as-of", day, "--specialism", "engines")
    assert {one["order"] for one in tested} == {"established", "rising", "changes", "random"}
    assert {(one["wanted"], one["hit@10"]) for one in tested} == {(1, 1.0)}
