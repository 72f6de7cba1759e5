"""Page, command and API say the same to begin a talk with, and none of them sends anything or names who is hidden."""

import json
from typing import Any

import pytest
from visiting import Visitor

from sourcing import lists
from sourcing.access import Scope
from sourcing.cli.root import start

SPEC = "inference-performance"
ROLE = "Kernel engineer, Berlin"


@pytest.fixture
def one(town: Any) -> str:
    """Somebody on the list of a role, with two recent changes."""
    key = str(town.keys[1])
    by = {"actor": "ana", "now": town.desk.now()}
    lists.create(town.desk.store, ROLE, specialism=SPEC, **by)
    lists.add(town.desk.store, ROLE, [key], **by)
    return key


def command(town: Any, home: Any, capsys: Any, *words: str) -> Any:
    where = [
        "--config",
        str(home / "sourcer.toml"),
        "--database",
        town.url,
        "--now",
        town.desk.now().isoformat(),
    ]
    assert start([*where, "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_page_command_and_api_show_the_same_hooks(town: Any, one: str, home: Any, capsys: Any) -> None:
    told = town.caller(Scope.READ).get(f"/people/{one}/hooks").json()
    said = command(town, home, capsys, "person", "hooks", one)
    assert [(row["on"], row["says"], row["url"]) for row in said] == [
        (row["on"], row["says"], row["url"]) for row in told["hooks"]
    ]
    page = Visitor(town.desk).text(f"/people/{one}/talk")
    assert len(said) == 2 and all(row["asks"] in page for row in told["hooks"]) and told["refused"] == []
    assert "no team" in page and town.caller(Scope.READ).get(f"/people/{one}/paths").json()["paths"] == []


def test_a_draft_is_shown_to_who_may_let_something_leave_and_a_contact_ends_it(
    town: Any, one: str, home: Any, capsys: Any
) -> None:
    town.caller(Scope.WRITE).post(f"/people/{one}/draft", {"list": ROLE}, status=403)
    made = town.caller(Scope.EXPORT).post(f"/people/{one}/draft", {"list": ROLE}, status=200).json()
    told = command(town, home, capsys, "person", "draft", one, "--list", ROLE)
    assert made["body"] == told["body"] and "for the role of Kernel engineer, Berlin" in made["body"]
    visitor = Visitor(town.desk)
    answer = visitor.post(f"/people/{one}/talk", {"list": ROLE, "hook": "1"})
    assert made["body"].splitlines()[2].split(":")[0] in answer.text and "readonly" in answer.text
    town.caller(Scope.EXPORT).post(f"/people/{one}/draft", {"list": ROLE, "reword": True}, status=422)
    visitor.get(f"/people/{one}")
    kept = visitor.follow(visitor.post(f"/people/{one}/contacted", {"list": ROLE, "reason": "wrote"}))
    assert "contacted" in kept.text and "Nobody may write now" in kept.text
    assert "not again before" in visitor.post(f"/people/{one}/talk", {"list": ROLE, "hook": "1"}).text
    writer = town.caller(Scope.WRITE)
    writer.get(f"/people/{one}/score")
    assert "O3" in writer.post(f"/people/{one}/contacted", {"reason": "again"}, status=403).text
    writer.post(f"/people/{one}/contacted", {"reason": "again", "anyway": True}, status=201)
    (touch, *_) = writer.get(f"/people/{one}/hooks").json()["touches"]
    assert touch["kind"] == "contacted"


def test_in_blind_mode_nothing_tells_who_it_is(town: Any, one: str) -> None:
    name = Visitor(town.desk).page(f"/people/{one}/talk").cssselect("h1")[0].text_content()
    assert name.startswith("Talk to ")
    hidden = Visitor(town.desk)
    hidden.choose(blind=True)
    text = hidden.text(f"/people/{one}/talk")
    assert name.removeprefix("Talk to ") not in text and one in text
    answer = hidden.post(f"/people/{one}/talk", {"list": ROLE, "hook": "1"})
    assert "turn blind mode off" in answer.text and name.removeprefix("Talk to ") not in answer.text
