"""The check of keys itself: it names what moved, and says nothing of what may."""

from dataclasses import replace
from typing import Any

from keys import Census, agree, differences, moved

RULE, MODEL, ANA = "rule:noreply@1", "model:git@2", "ana"
NIGHT = {"github:1": "p_one", "git:a": "p_one", "git:b": "p_two"}


def night(
    owners: dict[str, str],
    *links: tuple[str, str, str, str],
    aliases: dict[str, str] | None = None,
) -> Census:
    return Census(
        owners=owners,
        aliases=aliases or {},
        certain=frozenset(one for one in links if one[3] != MODEL),
        probable=frozenset(one for one in links if one[3] == MODEL),
    )


def link(left: str, right: str, by: str = RULE) -> tuple[str, str, str, str]:
    return (left, right, "same", by)


def test_a_merge_is_fine_by_a_new_link_and_told_without() -> None:
    merged = dict.fromkeys(NIGHT, "p_one")
    alias = {"p_two": "p_one"}
    for by in (RULE, ANA):
        assert moved(night(NIGHT), night(merged, link("git:a", "git:b", by), aliases=alias)) == []
    for links in ([], [link("git:a", "git:b", MODEL)], [link("git:x", "git:y")]):
        told = moved(night(NIGHT), night(merged, *links, aliases=alias))
        assert told == ["git:b went from p_two to p_one without certain evidence"]


def test_a_split_is_fine_when_its_link_is_gone_and_told_when_a_model_thought_again() -> None:
    split = NIGHT | {"git:a": "p_three"}
    assert moved(night(NIGHT, link("git:a", "github:1")), night(split)) == []
    told = moved(night(NIGHT, link("git:a", "github:1", MODEL)), night(split))
    assert told == ["git:a went from p_one to p_three without certain evidence"]


def test_a_key_that_leads_nowhere_or_to_somebody_else_is_told() -> None:
    fresh = link("git:a", "git:b")
    gone = night({"github:1": "p_new", "git:a": "p_new", "git:b": "p_two"}, fresh)
    assert moved(night(NIGHT), gone) == ["p_one of git:a, github:1 leads nowhere"]
    swapped = night({"github:1": "p_two", "git:a": "p_two", "git:b": "p_one"}, fresh)
    assert moved(night(NIGHT), swapped) == [
        "p_one of git:a, github:1 leads to somebody else",
        "p_two of git:b leads to somebody else",
    ]
    before = night(NIGHT, aliases={"p_old": "p_one"})
    assert moved(before, night(NIGHT)) == ["p_old of git:a, github:1 leads nowhere"]


def test_who_left_takes_the_key_along() -> None:
    assert moved(night(NIGHT), night({"github:1": "p_one", "git:a": "p_one"})) == []


def test_one_evidence_makes_one_set_of_persons_whatever_the_keys() -> None:
    other = {"github:1": "p_1", "git:a": "p_1", "git:b": "p_2"}
    assert differences({"clean": [night(NIGHT)], "faulty": [night(other)]}) == []
    apart: dict[str, Any] = {"clean": [night(NIGHT)] * 2, "faulty": [night(other | {"git:a": "p_2"})] * 2}
    told = differences(apart)
    assert [line.partition(":")[0] for line in told] == ["faulty, night 1", "faulty, night 2"]
    late = [night({"github:1": "p_1"}), night(other)]
    assert differences({"clean": [night(NIGHT)] * 2, "faulty": late}) == [], "it saw less on the first night"


def test_what_one_house_joined_another_may_ask_but_not_deny() -> None:
    joined = night(dict.fromkeys(NIGHT, "p_one"), link("git:a", "git:b", MODEL))
    asks = replace(night(NIGHT), asked=frozenset({("git:b", "github:1")}))
    assert agree(joined, joined) and agree(joined, asks)
    assert not agree(joined, night(NIGHT))
    assert not agree(replace(joined, certain=frozenset({link("git:a", "git:b")})), asks), (
        "certain here, not there"
    )
