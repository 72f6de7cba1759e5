"""The identity suite: invented people in every case that goes wrong, nobody joined wrongly by rules or a model."""

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sourcing.resolve import review, rules
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import Known
from spiders.records import IdentityKind
from storage.model import ClaimRow, Edge, IdentityView, Judgement

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "identity_suite.toml").read_text("utf-8")
)["case"]
LISTS = {"mail": "emails", "home": "homepages", "link": "links", "orcid": "orcids"}
CROWD = ("Ana Sørli", "Bo Adeyemi", "Chidi Varga", "Dara Nilsen", "Ewa Tanaka", "Farid Moreau", "Gita Holm")
MODEL = "model:lines@1"
Pair = frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What was made of a case. wrong, missed: pairs. asked: pairs in the queue."""

    wrong: set[Pair]
    missed: set[Pair]
    asked: set[Pair]
    made: int


def identity(line: str) -> IdentityView:
    key, *rest = line.split()
    words: list[str] = []
    fields: dict[str, Any] = {"handles": ()}
    author = key.startswith(("arxiv:", "paper:", "doi:", "openreview:", "orcid:", "openalex:"))
    kind = IdentityKind.AUTHOR if author else IdentityKind.PERSONAL
    for word in rest:
        name, _, value = word.partition("=")
        if word.startswith("@"):
            fields["handles"] += (word[1:],)
        elif name == "kind":
            kind = IdentityKind(value)
        elif name == "in":
            fields["url"] = commit(value)
        elif name in LISTS and value:
            fields[LISTS[name]] = (*fields.get(LISTS[name], ()), value)
        else:
            words.append(word)
    names = tuple(name.strip() for name in " ".join(words).split(" / ") if name.strip())
    return IdentityView(id=key, kind=kind, names=names, first_seen=NOW, last_seen=NOW, **fields)


def commit(repository: str) -> str:
    return f"https://github.com/{repository}/commit/c0ffee"


def claim(line: str) -> ClaimRow:
    left, kind, right, *rest = line.split()
    url = commit(rest[0].removeprefix("in=")) if rest else "https://code.example/said"
    return ClaimRow(left=left, right=right, kind=kind, source="s", url=url, seen_at=NOW)


def likely(line: str) -> Edge:
    left, right, probability = line.split()
    return Edge(
        left=left,
        right=right,
        judgement=Judgement.SAME,
        decided_by=MODEL,
        decided_at=NOW,
        probability=float(probability),
    )


def known(case: dict[str, Any]) -> Known:
    lines = list(case.get("known", ()))
    many = case.get("many", {"times": 0, "of": ()})
    lines += [line.replace("{}", str(n)) for n in range(many["times"]) for line in many["of"]]
    if "crowd" in case:
        lines += [f"git:crowd{n} {name} mail=crowd{n} in={case['crowd']}" for n, name in enumerate(CROWD)]
    found = [identity(line) for line in lines]
    return Known(
        identities={one.id: one for one in found},
        claims=[claim(line) for line in case.get("said", ())],
        now=NOW,
    )


def pairs(groups: Iterator[Any] | list[Any]) -> set[Pair]:
    return {frozenset(pair) for group in groups for pair in itertools.combinations(sorted(group), 2)}


def outcome(case: dict[str, Any]) -> Outcome:
    facts = known(case)
    proposed = [*rules.propose(facts), *map(likely, case.get("likely", ()))]
    found = cluster(facts.identities, proposed, strangers={MODEL: 2})
    final = {edge.id: edge for edge in (*proposed, *found.cut)}
    asked = {
        frozenset((edge.left, edge.right)) for pair in review.queue(final.values()) for edge in pair.edges
    }
    made = pairs(list(found.persons))
    truth = pairs([group.split() for group in case.get("people", ())])
    return Outcome(wrong=made - truth, missed=truth - made, asked=asked, made=len(made & truth))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_nobody_is_joined_wrongly_and_what_is_open_is_open_on_purpose(case: dict[str, Any]) -> None:
    found = outcome(case)
    assert not found.wrong
    if case.get("missed") != ["*"]:
        assert found.missed == {frozenset(pair.split()) for pair in case.get("missed", ())}
    assert {frozenset(pair.split()) for pair in case.get("asked", ())} <= found.asked


def test_the_table_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """At least sixty cases, each id in them known; prints the counts for whoever reads the log."""
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60
    for case in CASES:
        ids = known(case).identities.keys()
        named = [
            one
            for name in ("people", "asked", "missed")
            for text in case.get(name, ())
            for one in text.split()
        ]
        assert set(named) - {"*"} <= ids, case["name"]
    found = [outcome(case) for case in CASES]
    wrong, missed = (sum(len(getattr(one, name)) for one in found) for name in ("wrong", "missed"))
    made, asked = sum(one.made for one in found), sum(len(one.asked) for one in found)
    with capsys.disabled():
        print(
            f"\nidentity suite: {len(CASES)} cases, {made} pairs joined, {wrong} wrongly, "
            f"{missed} missed, {asked} asked"
        )
    assert wrong == 0
