"""The command line, the page and the API say the same of the same question (N7)."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from visiting import Visitor

from sourcing import known, marking
from sourcing.cli.root import start

INFERENCE, AGENTS = "inference-performance", "llm-rag-agents"
QUESTIONS = (
    ("", INFERENCE, "established"),
    ("", AGENTS, "established"),
    ("", None, "established"),
    ("", INFERENCE, "rising"),
    ("", None, "rising"),
    ("attention", INFERENCE, "established"),
    ("attention OR retrieval", AGENTS, "established"),
    ("attention -retrieval", None, "established"),
    ('"paged attention"', INFERENCE, "rising"),
    ('"attention kernels"~2', AGENTS, "established"),
    ("quant*", INFERENCE, "established"),
    ("name:quillmoor", None, "established"),
    ("evidence:speculative", INFERENCE, "established"),
    ("country:de", INFERENCE, "established"),
    ("country:de OR country:gb", AGENTS, "rising"),
    ("loc:London -attention", None, "established"),
    ("score:>=50", INFERENCE, "established"),
    ("score:30..45", AGENTS, "established"),
    ("confidence:>0.95", INFERENCE, "established"),
    ("level:staff", INFERENCE, "rising"),
    (f"spec:{AGENTS}", INFERENCE, "established"),
    ("tag:kernels", None, "established"),
    ("stage:contacted OR contacted:yes", INFERENCE, "established"),
    ("-in:list", INFERENCE, "established"),
    ("hidden:all attention", INFERENCE, "established"),
    ("zyzzyva", INFERENCE, "established"),
)
Row = tuple[int | None, str, str]


@pytest.fixture
def asked(town, home, capsys: Any) -> Callable[..., list[Row]]:
    """Asks the command line."""
    where = ["--config", str(home / "sourcer.toml"), "--database", town.url]

    def ask(query: str, specialism: str | None, order: str) -> list[Row]:
        ranked = ["--specialism", specialism] if specialism is not None else []
        words = [
            *where,
            "--now",
            town.desk.now().isoformat(),
            "--json",
            "search",
            *ranked,
            "--order",
            order,
            query,
        ]
        assert start(words) == 0
        return [row(one) for one in json.loads(capsys.readouterr().out)]

    return ask


def row(one: dict[str, Any]) -> Row:
    return one["rank"], one["person"], shown(one["score"])


def shown(score: float | None) -> str:
    return "" if score is None else f"{score:.0f}"


def on_page(visitor: Visitor, address: str) -> list[Row]:
    """Read rank, key and score of every card."""
    found: list[Row] = []
    for card in visitor.page(address).cssselect("li.person[data-key]"):
        rank = card.cssselect(".rank")[0].text or ""
        score = card.cssselect(".person-score .score")
        found.append(
            (int(rank) if rank.strip() else None, card.get("data-key"), score[0].text if score else "")
        )
    return found


def test_one_question_has_one_answer_wherever_it_is_asked(town, caller, asked) -> None:
    store, told = town.desk.store, {"actor": "ana", "now": town.desk.now()}
    marking.tag(store, town.keys[4:7], add=["kernels"], remove=[], **told)
    marking.set_stage(store, town.keys[8], "contacted", reason="wrote to them", **told)
    marking.hide(store, town.keys[0], scope="everywhere", reason="a colleague", **told)
    known.limit(store, person=town.keys[3], organisation=None, reason="a client's", **told)
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": town.keys[10:14]})
    visitor, counts = Visitor(town.desk), []
    for query, specialism, order in QUESTIONS:
        spec = f"&spec={specialism}" if specialism is not None else ""
        parameters = f"q={quote(query)}{spec}&sort={order}"
        answer = caller.get(f"/people?{parameters}").json()
        by_api = [row(one) for one in answer["people"]]
        assert by_api == asked(query, specialism, order), (query, "command line")
        assert by_api == on_page(visitor, f"/people?{parameters}"), (query, "page")
        counts.append(answer["total"])
    assert len(set(counts)) > 8 and min(counts) == 0


def test_a_person_is_explained_alike_by_command_and_api(town, caller, home, capsys: Any) -> None:
    where = ["--config", str(home / "sourcer.toml"), "--database", town.url]
    for key in town.keys[:3]:
        words = [*where, "--now", town.desk.now().isoformat(), "--json", "rank", "explain", key]
        assert start(words) == 0
        said = json.loads(capsys.readouterr().out)
        sent = caller.get(f"/people/{key}/score").json()["scores"]
        for one, other in zip(said, sent, strict=True):
            same = (
                "specialism",
                "version",
                "score",
                "lower",
                "upper",
                "confidence",
                "level",
                "misses",
                "would_change",
            )
            assert {name: one[name] for name in same} == {name: other[name] for name in same}
            assert [part["points"] for part in one["factors"]] == [
                part["points"] for part in other["factors"]
            ]
