"""Clusters whatever the order of edges, names that can be one person's, and what people are asked and have said."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identities import (
    AUTHOR,
    GIT,
    MIRA,
    MIRAS_PAGE,
    NOW,
    PAGE,
    PAGE_LINKS_MIRA,
    PROFILE,
    asked,
    claim,
    identity,
    judged,
    known,
    people,
    together,
)

from sourcing.resolve import names, review, rules
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import rule_of
from storage.model import Edge, Judgement


def test_a_contradiction_cuts_the_weakest_edge_and_asks() -> None:
    one = identity("paper:a:1", "Mira Okafor", orcids=("0000-0002-1825-0097",))
    other = identity("paper:b:1", "Mira Okafor", orcids=("0000-0001-5109-3700",))
    scholar = "https://scholar.google.com/citations?user=AbCdEfGhIjK"
    facts = known(*(replace(side, links=(scholar,)) for side in (one, other)))
    found = cluster(facts.identities, rules.propose(facts))
    assert len(found.persons) == 2
    assert [edge.reasons[-1] for edge in found.cut] == ["they state different ORCIDs"]
    assert asked(facts) == {frozenset({one.id, other.id})}


def test_people_have_the_last_word() -> None:
    facts = known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, GIT)
    apart = judged("github:7", PAGE, Judgement.DIFFERENT)
    assert not together(facts, "github:7", PAGE, apart)
    assert together(facts, "github:7", PAGE, apart, judged("github:7", PAGE, Judgement.SAME, days=1))
    assert together(facts, "github:7", "git:a", judged("github:7", "git:a", Judgement.SAME))
    assert people(facts, replace(apart, retracted_at=NOW)) == people(facts)


def test_what_people_called_different_is_not_joined_through_a_third() -> None:
    page = replace(MIRAS_PAGE, links=(PROFILE,))
    facts = known(MIRA, page, PAGE_LINKS_MIRA, AUTHOR, GIT, claim("git:a", "github:7", "noreply"))
    apart = judged("git:a", AUTHOR.id, Judgement.DIFFERENT)
    assert not together(facts, "git:a", AUTHOR.id, apart)
    assert asked(facts) == set()
    edges = [*rules.propose(facts), apart]
    assert not any({pair.left, pair.right} == {"git:a", AUTHOR.id} for pair in review.queue(edges, limit=10))


KEYS = [f"git:{n}" for n in range(6)] + ["github:1", "github:2", "paper:a:1", "paper:a:2"]
PAIRS = st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda pair: pair[0] < pair[1])
RULES = st.sampled_from(["rule:noreply@1", "rule:email@1", "rule:profile@1", "rule:mailmap@1"])
EDGES = st.lists(
    st.one_of(
        st.builds(
            lambda pair, by: Edge(
                left=pair[0], right=pair[1], judgement=Judgement.SAME, decided_by=by, decided_at=NOW
            ),
            PAIRS,
            RULES,
        ),
        st.builds(lambda pair, what: judged(*pair, what), PAIRS, st.sampled_from(list(Judgement))),
    ),
    max_size=14,
    unique_by=lambda edge: (edge.left, edge.right, edge.decided_by),
)


@given(EDGES, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_clusters_do_not_depend_on_the_order_of_edges(edges: list[Edge], random: Any) -> None:
    identities = {key: identity(key) for key in KEYS}
    before = cluster(identities, edges)
    shuffled = edges.copy()
    random.shuffle(shuffled)
    assert cluster(dict(reversed(identities.items())), shuffled) == before
    assert sorted(itertools.chain.from_iterable(before.persons)) == sorted(KEYS)
    for edge in edges:
        if edge.judgement is Judgement.DIFFERENT:
            assert not any({edge.left, edge.right} <= person for person in before.persons)


@given(EDGES, PAIRS)
@settings(max_examples=60, deadline=None)
def test_linking_and_unlinking_is_as_before(edges: list[Edge], pair: tuple[str, str]) -> None:
    identities = {key: identity(key) for key in KEYS}
    link = judged(*pair, Judgement.SAME, days=1)
    unlinked = replace(link, retracted_at=NOW, retracted_by="recruiter:ana")
    assert cluster(identities, [*edges, unlinked]) == cluster(identities, edges)


@pytest.mark.parametrize(
    ("left", "right", "fits"),
    [
        ("Mira Okafor", "Okafor Mira", True),
        ("José García", "Jose Garcia", True),
        ("Mira Okafor", "M. Okafor", True),
        ("Mira Adaeze Okafor", "Mira Okafor", True),
        ("Mira A. Okafor", "Mira B. Okafor", False),
        ("Mira Okafor", "Maria Okafor", False),
        ("M. O.", "Mira Okafor", False),  # initials alone
        ("Dave", "Dave", False),  # a given name contradicts nothing and proves nothing
        ("Dave", "Dave Okafor", False),
        ("mira-ok", "Mira Okafor", False),
        ("王小明", "王小明", True),
        ("王小明", "Wang Xiaoming", False),
        ("김민수", "김민수", True),
        ("Søren Bjørnsson", "Soren Bjornsson", True),
        ("Nguyễn Văn An", "Nguyen Van An", True),
        ("Ｍｉｒａ Okafor", "Mira Okafor", True),  # full width
        ("", "Mira Okafor", False),
    ],
)
def test_names_that_can_be_one_persons(left: str, right: str, fits: bool) -> None:
    assert names.compatible(left, right) is names.compatible(right, left) is fits


def test_the_queue_is_ordered_bounded_and_deterministic() -> None:
    facts = known(MIRA, MIRAS_PAGE, AUTHOR, replace(AUTHOR, id="openreview:~Mira_Okafor2"))
    edges = rules.propose(facts)

    def shown(given: Iterable[Edge], limit: int) -> Sequence[review.Pair]:
        return review.queue(given, limit=limit)

    whole = shown(edges, 10)
    assert len(whole) == 3 and shown(reversed(edges), 10) == whole and shown(edges, 2) == whole[:2]
    assert all(pair.reasons and rule_of(pair.edges[0]) for pair in whole)
