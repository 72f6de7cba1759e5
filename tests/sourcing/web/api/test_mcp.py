"""An assistant reads what a program may read, writes nothing, and is told nothing of whom an export would not name."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from sourcing import known, people
from sourcing.cli.root import start
from storage import audit
from storage.engine import Store

SPEC = "inference-performance"


def run(talk: Callable[[], Awaitable[Any]]) -> Any:
    """Return what comes of it, in a thread of its own: a browser test before leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, talk).result()


def ask(desk: Any, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Return what the tools answer to the library's own client: content, or the words of a refusal."""
    from mcp.client import Client

    from sourcing.web.mcp import server

    async def talk() -> list[Any]:
        async with Client(server(desk)) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return [one.content[0].text if one.is_error else one.structured_content for one in run(talk)]


def digest(store: Store) -> list[Any]:
    from sqlalchemy import select

    from storage.tables import metadata

    with store.read() as tx:
        return [tx.execute(select(table)).all() for name, table in metadata.tables.items() if name != "audit"]


def test_the_tools_give_the_answers_of_the_api_and_change_nothing(town, caller) -> None:
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": town.keys[:2]})
    key = town.keys[0]
    wanted = [
        caller.get(path).json()
        for path in (
            f"/people?spec={SPEC}&q=attention",
            f"/people/{key}",
            f"/people/{key}/score",
            "/specialisms",
            "/lists/role",
        )
    ]
    before = digest(town.desk.store)
    found = ask(
        town.desk,
        ("search_people", {"query": "attention", "specialism": SPEC, "limit": 25}),
        ("show_person", {"key": key}),
        ("explain_score", {"key": key}),
        ("list_specialisms", {}),
        ("show_list", {"name": "role"}),
    )
    assert found[0]["people"] == wanted[0]["people"] and found[0]["total"] == wanted[0]["total"]
    assert found[1:] == wanted[1:]
    assert digest(town.desk.store) == before
    with town.desk.store.read() as tx:
        viewed = [one.subject for one in audit.of_action(tx, "person.view") if one.actor == "tool:mcp"]
    assert viewed == [key, key]


def test_every_tool_says_that_it_only_reads(desk) -> None:
    from mcp.client import Client

    from sourcing.web.mcp import server

    async def listed() -> list[Any]:
        async with Client(server(desk)) as client:
            return (await client.list_tools()).tools

    tools = run(listed)
    assert {one.name for one in tools} == {
        "search_people", "show_person", "explain_score", "list_specialisms", "show_list",
    }  # fmt: skip
    assert all(one.annotations.read_only_hint for one in tools)


def test_whom_no_export_may_name_is_not_told_of(town, caller) -> None:
    hidden, limited = town.keys[0], town.keys[1]
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": [hidden, limited]})
    told = {"actor": "ana", "now": town.desk.now(), "reason": "a client's"}
    people.hide(town.desk.store, hidden, scope="everywhere", **told)
    known.limit(town.desk.store, person=limited, organisation=None, **told)
    refused, also, listed, found = ask(
        town.desk,
        ("show_person", {"key": hidden}),
        ("explain_score", {"key": limited}),
        ("show_list", {"name": "role"}),
        ("search_people", {"query": "", "specialism": SPEC, "limit": 25}),
    )
    assert "hidden" in refused and "off limits" in also
    assert [item["name"] for item in listed["items"]] == [None, None]
    names = {one["person"]: one["name"] for one in found["people"]}
    assert hidden not in names and names[limited] is None and any(names.values())


def test_notes_stay_here_and_blind_mode_hides_names(town, caller) -> None:
    key = town.keys[0]
    caller.post(f"/people/{key}/notes", {"text": "met her"})
    assert "met her" not in str(ask(town.desk, ("show_person", {"key": key})))
    settings = town.desk.settings
    town.desk.settings = settings.model_copy(update={"web": settings.web.model_copy(update={"blind": True})})
    found = ask(
        town.desk,
        ("search_people", {"query": "", "limit": 25}),
        ("show_person", {"key": key}),
        ("explain_score", {"key": key}),
    )
    assert "Quillmoor" not in str(found) and key in str(found)


def test_a_mistake_is_told_in_a_sentence(town) -> None:
    found = ask(
        town.desk,
        ("search_people", {"query": "nope:x"}),
        ("show_person", {"key": "p_nobody"}),
        ("show_list", {"name": "none"}),
        ("search_people", {"limit": 1000}),
    )
    assert ["column 1" in found[0], "p_nobody" in found[1], "none" in found[2], "25" in found[3]] == [
        True
    ] * 4


def test_tools_are_off_until_somebody_says_so(home, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run: Callable[[list[str]], int] = start
    assert run(["--config", str(home / "sourcer.toml"), "mcp"]) == 3
    assert "mcp = true" in capsys.readouterr().err
