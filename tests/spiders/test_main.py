"""`python -m spiders`: tasks in, visits out, nothing else on stdout."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from waiting import PATIENCE_S, until

import spiders.sources
from spiders.__main__ import main
from spiders.records import Outcome, Task
from spiders.wire import task_to_line, visit_from_line

CONFIG = """
title = "Plain"
reader = "plain_reader"
engine = "api"
home = "https://api.example/docs"
terms = "https://api.example/terms"
purpose = "tests"
basis = "none"
balance = "invented people"
hosts = ["api.example"]
requests_per_hour = 360000
requests_per_run = 100
[seeds]
pages = ["https://api.example/1"]
"""


@pytest.fixture
def config(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(spiders.sources, "__path__", [*spiders.sources.__path__, str(Path(__file__).parent)])
    for name in list(os.environ):
        if name.startswith("SOURCER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCER_CONTACT", "https://recruiting.example")
    monkeypatch.setenv("SOURCER_PEPPER", "p" * 32)
    path = tmp_path / "plain.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def pages(hostile, answer):
    for number in (1, 2, 3):
        items = [{"id": f"plain:{number}", "name": "Mira"}]
        body = (
            {"items": items, "next": f"https://api.example/{number + 1}"} if number < 3 else {"items": items}
        )
        hostile.scripts[f"/{number}"] = answer(json.dumps(body).encode())
    return hostile


def visits(capsys):
    return [visit_from_line(line) for line in capsys.readouterr().out.splitlines()]


def test_tasks_come_in_and_one_visit_each_goes_out(config, pages, capsys, monkeypatch):
    asked = [Task(source="plain", kind="list", url=f"https://api.example/{n}", lease=n) for n in (1, 9)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(task_to_line(task) + "\n" for task in asked)))
    assert main([str(config), "--now", "2026-11-22T02:17:00+00:00"], pins={"api.example": pages.pin}) == 0
    one, two = visits(capsys)
    assert (one.task, one.outcome, two.task, two.outcome) == (asked[0], Outcome.OK, asked[1], Outcome.GONE)
    assert [task.url for task in one.tasks] == ["https://api.example/2"]
    assert one.at.isoformat() == "2026-11-22T02:17:00+00:00"
    assert len(pages.log) == 2


def test_by_hand_it_starts_from_the_seeds_and_follows(config, pages, capsys):
    assert main([str(config), "--seeds"], pins={"api.example": pages.pin}) == 0
    assert [visit.task.url[-1] for visit in visits(capsys)] == ["1", "2", "3"]
    assert main([str(config), "--seeds", "--limit", "2"], pins={"api.example": pages.pin}) == 0
    assert len(visits(capsys)) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SOURCER_CONTACT": ""}, "no contact: set SOURCER_CONTACT"),
        ({"SOURCER_PEPPER": "short"}, "no pepper of at least 16 bytes"),
        ({"SOURCER_PEPPER": None, "SOURCER_PEPPER_FILE": "/nowhere"}, "SOURCER_PEPPER_FILE: cannot read"),
        ({"toml": 'title = "x'}, "cannot read"),
        ({"toml": CONFIG + "\n[wrong]\n"}, "wrong"),
        ({"toml": CONFIG.replace("pages =", "pagez =")}, "seeds"),
        ({"toml": CONFIG.replace("plain_reader", "none_such")}, "no reader 'none_such'"),
        ({"stdin": '{"source": "plain"'}, "not a task"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_code_2(config, capsys, monkeypatch, change, sentence):
    monkeypatch.setattr(sys, "stdin", io.StringIO(change.pop("stdin", "")))
    if "toml" in change:
        config.write_text(change.pop("toml"))
    for name, value in change.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert main([str(config)]) == 2
    said = capsys.readouterr()
    assert sentence in said.err.splitlines()[-1] and said.out == ""


CHILD = """
import sys, spiders.sources
sys.path.insert(0, sys.argv[1])
spiders.sources.__path__.append(sys.argv[1])
from spiders.__main__ import main
sys.exit(main(sys.argv[3:], pins={"api.example": sys.argv[2]}))
"""


def child(config, pin, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(Path(__file__).parent), pin, str(config), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(spiders.__file__).parent.parent,
    )  # fmt: skip


def test_sigterm_finishes_the_task_in_hand_and_stops(config, pages, answer):
    told = threading.Event()

    def slow(asked, connection):
        told.wait(PATIENCE_S)
        connection.sendall(answer(b'{"items": []}'))

    pages.scripts["/slow"] = slow
    process = child(config, pages.pin)
    for path in ("slow", "1"):
        process.stdin.write(
            task_to_line(Task(source="plain", kind="list", url=f"https://api.example/{path}")) + "\n"
        )
    process.stdin.flush()
    until(lambda: pages.asked("/slow"), alive=lambda: process.poll() is None)
    process.send_signal(signal.SIGTERM)
    told.set()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, [visit_from_line(line).outcome for line in out.splitlines()]) == (
        0,
        [Outcome.OK],
    ), err
    assert pages.asked("/1") == []


def test_nobody_reading_ends_the_run_quietly(config, pages):
    process = child(config, pages.pin, "--seeds")
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, len(pages.log)) == (0, 1)
    assert "Traceback" not in err and "BrokenPipe" not in err


def test_logs_are_json_without_secrets_or_control_characters(config, pages, answer, monkeypatch):
    token = "ghp_" + "s" * 36
    config.write_text(CONFIG.replace("[seeds]", '[auth]\nsecret = "SOURCER_GITHUB_TOKEN"\n[seeds]'))
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN", token)
    pages.scripts["/1"] = answer(b'{"message": "bob\\nERROR \\u001b[31m"}', 401)
    process = child(config, pages.pin, "--seeds")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert token not in out + err and "p" * 32 not in err
    [line] = [json.loads(line) for line in err.splitlines()]
    assert (line["outcome"], line["source"]) == ("refused", "plain")
    assert pages.log[0].headers["authorization"] == f"Bearer {token}"


def loaded(config) -> set[str]:
    """Return the libraries a child has loaded when it ends."""
    script = (
        "import sys, spiders.sources; sys.path.insert(0, sys.argv[1]); spiders.sources.__path__.append(sys.argv[1])\n"
        "from spiders.__main__ import main\n"
        "code = main([sys.argv[2]])\n"
        "print(*{name.partition('.')[0] for name in sys.modules}); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent), str(config)],
        capture_output=True, text=True, check=True, cwd=Path(spiders.__file__).parent.parent,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("engine", "needed"), [("api", set()), ("git", set()), ("site", {"scrapy", "twisted"})]
)
def test_a_child_loads_only_what_its_source_needs(config, engine, needed):
    config.write_text(CONFIG.replace('"api"', f'"{engine}"'))
    heavy = {"scrapy", "twisted", "github", "requests", "structlog", "sqlalchemy", "sourcing", "storage"}
    terminal = {"click", "pygments", "rich"}
    assert loaded(config) & (heavy | terminal) == needed


def test_checking_a_source_needs_no_environment_and_says_all_that_is_wrong(config, monkeypatch, capsys):
    for name in ("SOURCER_CONTACT", "SOURCER_PEPPER", "SOURCER_PEPPER_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert main([str(config), "--limit", "0"]) == 0
    assert "plain: complete; begins with 1 question" in capsys.readouterr().err
    config.write_text(CONFIG.replace("requests_per_hour", "requests_an_hour") + "speling = 1\n")
    assert main([str(config), "--limit", "0"]) == 2
    said = capsys.readouterr().err
    assert "requests_per_hour: Field required" in said and "requests_an_hour: Extra inputs" in said
    config.write_text(CONFIG + "speling = 1\n")
    assert main([str(config), "--limit", "0"]) == 2
    assert "seeds.speling: Extra inputs" in capsys.readouterr().err
