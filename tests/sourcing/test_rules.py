"""Who is who: planted cases for the certain rules, for clusters, and for the whole run over a store."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing.resolve import names, review, rules
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import Known, rule_of
from spiders.records import IdentityKind
from storage.model import ClaimRow, Edge, IdentityView, Judgement

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOME = "https://mira.pages.example"
PAGE = f"page:{HOME}"


def identity(key: str, *called: str, kind: IdentityKind | None = None, **over: Any) -> IdentityView:
    default = {"openreview": IdentityKind.AUTHOR, "arxiv": IdentityKind.AUTHOR, "paper": IdentityKind.AUTHOR}
    guessed = default.get(key.partition(":")[0], IdentityKind.PERSONAL)
    return IdentityView(id=key, kind=kind or guessed, names=called, first_seen=NOW, last_seen=NOW, **over)


def claim(left: str, right: str, kind: str) -> ClaimRow:
    return ClaimRow(
        left=left, right=right, kind=kind, source="s", url="https://example.org/said", seen_at=NOW
    )


def known(*found: IdentityView | ClaimRow) -> Known:
    identities = {one.id: one for one in found if isinstance(one, IdentityView)}
    return Known(identities=identities, claims=[one for one in found if isinstance(one, ClaimRow)], now=NOW)


def judged(left: str, right: str, judgement: Judgement, *, days: int = 0) -> Edge:
    low, high = sorted((left, right))
    at = NOW + timedelta(days=days)
    return Edge(left=low, right=high, judgement=judgement, decided_by="recruiter:ana", decided_at=at)


def people(facts: Known, *more: Edge) -> set[frozenset[str]]:
    return set(cluster(facts.identities, [*rules.propose(facts), *more]).persons)


def together(facts: Known, left: str, right: str, *more: Edge) -> bool:
    return any({left, right} <= person for person in people(facts, *more))


def asked(facts: Known) -> set[frozenset[str]]:
    found = cluster(facts.identities, rules.propose(facts))
    final = {edge.id: edge for edge in (*rules.propose(facts), *found.cut)}
    return {frozenset((pair.left, pair.right)) for pair in review.queue(final.values(), limit=1000)}


MIRA = identity("github:7", "Mira Okafor", handles=("mira-ok",), homepages=(f"{HOME}/",))
MIRAS_PAGE = identity(PAGE, "Mira Okafor", homepages=(HOME,))
PAGE_LINKS_MIRA = claim(PAGE, "github-login:Mira-OK", "profile_link")
AUTHOR = identity("openreview:~Mira_Okafor1", "Okafor, Mira", homepages=(HOME,))
GIT = identity("git:a", "mira", emails=("d1",))

CASES: list[tuple[str, Known, tuple[str, str], str]] = [
    (
        "noreply names the account",
        known(MIRA, GIT, claim("git:a", "github:7", "noreply")),
        ("git:a", "github:7"),
        "same",
    ),
    (
        "noreply of the old form names the login, in any case",
        known(MIRA, GIT, claim("git:a", "github-login:MIRA-ok", "noreply")),
        ("git:a", "github:7"),
        "same",
    ),
    (
        "noreply of the old form names a login that was given up",
        known(
            replace(MIRA, handles=("mira-new", "mira-ok")),
            GIT,
            claim("git:a", "github-login:mira-ok", "noreply"),
        ),
        ("git:a", "github:7"),
        "different",
    ),
    (
        "noreply of the old form names a login that somebody else bore before",
        known(
            MIRA,
            identity("github:8", "Tomas Lindqvist", handles=("tomas", "mira-ok")),
            GIT,
            claim("git:a", "github-login:mira-ok", "noreply"),
        ),
        ("git:a", "github:7"),
        "unsure",
    ),
    (
        "the platform attributes a mailbox to the account",
        known(MIRA, GIT, claim("email:d1", "github:7", "platform")),
        ("git:a", "github:7"),
        "same",
    ),
    (
        "one mailbox under two names",
        known(GIT, identity("git:b", "Mira Okafor", emails=("d1",))),
        ("git:a", "git:b"),
        "same",
    ),
    (
        "the same full name alone",
        known(identity("git:b", "Mira Okafor"), MIRA),
        ("git:b", "github:7"),
        "different",
    ),
    (
        "the same full name in two sources",
        known(identity("arxiv:2611.1:1", "Mira Okafor"), AUTHOR),
        ("arxiv:2611.1:1", AUTHOR.id),
        "different",
    ),
    (
        "profile and page name each other",
        known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA),
        ("github:7", PAGE),
        "same",
    ),
    (
        "a page links to an account that does not link back",
        known(replace(MIRA, homepages=()), MIRAS_PAGE, PAGE_LINKS_MIRA),
        ("github:7", PAGE),
        "unsure",
    ),
    (
        "an account claims a page that does not link back",
        known(MIRA, MIRAS_PAGE),
        ("github:7", PAGE),
        "unsure",
    ),
    (
        "a login that was given up",
        known(replace(MIRA, handles=("mira-new", "mira-ok")), MIRAS_PAGE, PAGE_LINKS_MIRA),
        ("github:7", PAGE),
        "unsure",
    ),
    (
        "the page of a group speaks for nobody",
        known(MIRA, replace(MIRAS_PAGE, kind=IdentityKind.ORGANISATION), PAGE_LINKS_MIRA, AUTHOR),
        (AUTHOR.id, "github:7"),
        "different",
    ),
    (
        "an author gives the page that page and account agree on",
        known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, AUTHOR),
        (AUTHOR.id, "github:7"),
        "same",
    ),
    (
        "an author with another name gives that page",
        known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, replace(AUTHOR, names=("Tomas Lindqvist",))),
        (AUTHOR.id, "github:7"),
        "unsure",
    ),
    (
        "the page names the author's record",
        known(replace(MIRAS_PAGE, links=("https://openreview.net/profile?id=~Mira_Okafor1",)), AUTHOR),
        (AUTHOR.id, PAGE),
        "same",
    ),
    (
        "a page claims an author's ORCID",
        known(
            replace(MIRAS_PAGE, orcids=("0000-0002-1825-0097",)),
            identity("paper:x:1", "Mira Okafor", orcids=("0000-0002-1825-0097",)),
        ),
        ("paper:x:1", PAGE),
        "unsure",
    ),
    (
        "two bylines state one ORCID",
        known(
            identity("paper:y:2", "M. Okafor", orcids=("0000-0002-1825-0097",)),
            identity("paper:x:1", "Mira Okafor", orcids=("0000-0002-1825-0097",)),
        ),
        ("paper:x:1", "paper:y:2"),
        "same",
    ),
    (
        "one ORCID under two names",
        known(
            identity("paper:y:2", "Wei Chen", orcids=("0000-0002-1825-0097",)),
            identity("paper:x:1", "Mira Okafor", orcids=("0000-0002-1825-0097",)),
        ),
        ("paper:x:1", "paper:y:2"),
        "unsure",
    ),
    (
        "an author's github.io homepage",
        known(
            MIRA,
            replace(AUTHOR, homepages=("https://mira-ok.github.io/",)),
            claim(AUTHOR.id, "github-login:mira-ok", "profile_link"),
        ),
        (AUTHOR.id, "github:7"),
        "same",
    ),
    (
        "a github.io homepage under another name",
        known(
            MIRA,
            replace(AUTHOR, names=("Wei Chen",), homepages=("https://mira-ok.github.io/",)),
            claim(AUTHOR.id, "github-login:mira-ok", "profile_link"),
        ),
        (AUTHOR.id, "github:7"),
        "unsure",
    ),
    (
        "a github.com homepage says one side only",
        known(
            MIRA,
            replace(AUTHOR, homepages=("https://github.com/mira-ok",)),
            claim(AUTHOR.id, "github-login:mira-ok", "profile_link"),
        ),
        (AUTHOR.id, "github:7"),
        "unsure",
    ),
    (
        "an account known by its login only, named through its mailbox",
        known(
            replace(MIRA, names=()),
            identity("git:b", "Mira Okafor", emails=("d1",)),
            claim("git:b", "github:7", "noreply"),
            replace(AUTHOR, homepages=("https://mira-ok.github.io",)),
            claim(AUTHOR.id, "github-login:MIRA-OK", "profile_link"),
        ),
        (AUTHOR.id, "git:b"),
        "same",
    ),
    (
        "a mailmap joins a spelling",
        known(GIT, identity("git:b", "Mira Okafor"), claim("git:a", "git:b", "mailmap")),
        ("git:a", "git:b"),
        "same",
    ),
    (
        "a mailmap joins two full names",
        known(
            identity("git:a", "Wei Chen"),
            identity("git:b", "Mira Okafor"),
            claim("git:a", "git:b", "mailmap"),
        ),
        ("git:a", "git:b"),
        "unsure",
    ),
]


@pytest.mark.parametrize(("reason", "facts", "pair", "expected"), CASES, ids=[case[0] for case in CASES])
def test_the_certain_rules(reason: str, facts: Known, pair: tuple[str, str], expected: str) -> None:
    assert together(facts, *pair) is (expected == "same")
    touching = [edge for edge in rules.propose(facts) if {edge.left, edge.right} & set(pair)]
    assert expected == "different" or all(edge.reasons for edge in touching)
    direct = {edge.judgement for edge in touching if {edge.left, edge.right} == set(pair)}
    assert (expected == "unsure") is (direct == {Judgement.UNSURE})


def test_a_hundred_daves_stay_a_hundred() -> None:
    daves = [identity(f"git:{n}", "Dave", emails=(f"d{n}",)) for n in range(50)]
    daves += [identity(f"github:{n}", "Dave", handles=(f"dave{n}",)) for n in range(50)]
    assert len(people(known(*daves))) == 100


def test_namesakes_with_a_full_name_stay_apart() -> None:
    engineer = [
        identity("github:1", "Wei Chen", handles=("weic",)),
        identity("git:1", "Wei Chen", emails=("d1",)),
    ]
    researcher = identity("openreview:~Wei_Chen7", "Wei Chen", homepages=("https://wei.pages.example",))
    facts = known(*engineer, researcher, claim("git:1", "github:1", "noreply"))
    assert people(facts) == {frozenset({"github:1", "git:1"}), frozenset({researcher.id})}


def test_two_claimants_get_nothing_and_are_asked_about() -> None:
    other = replace(AUTHOR, id="openreview:~Mira_Okafor2")
    facts = known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, AUTHOR, other)
    assert frozenset({MIRA.id, PAGE}) in people(facts)
    assert {frozenset({AUTHOR.id, MIRA.id}), frozenset({other.id, MIRA.id})} <= asked(facts)


def test_an_impostor_who_claims_a_homepage_is_only_asked_about() -> None:
    impostor = identity("github:66", "Mira Okafor", handles=("mira-0kafor",), homepages=(HOME,))
    facts = known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, impostor)
    assert people(facts) == {frozenset({MIRA.id, PAGE}), frozenset({impostor.id})}
    assert asked(facts) == {frozenset({impostor.id, PAGE})}


def test_a_renamed_account_is_one_by_its_id_and_the_new_owner_of_the_login_another() -> None:
    renamed = replace(MIRA, handles=("mira-new", "mira-ok"))
    newcomer = identity("github:900", "Tomas Lindqvist", handles=("mira-ok",))
    facts = known(renamed, newcomer, GIT, claim("git:a", "github:7", "noreply"), MIRAS_PAGE, PAGE_LINKS_MIRA)
    assert frozenset({"github:7", "git:a"}) in people(facts)
    assert not together(facts, PAGE, "github:7") and not together(facts, PAGE, "github:900")


def test_a_mailbox_of_many_names_joins_nobody() -> None:
    crowd = ["Mira Okafor", "Wei Chen", "Tomas Lindqvist", "Ines Duarte", "M. Okafor"]
    box = [identity(f"git:{n}", name, emails=("d",)) for n, name in enumerate(crowd)]
    facts = known(*box, MIRA, claim("email:d", "github:7", "platform"))
    assert all(len(person) == 1 for person in people(facts))


def test_a_contradiction_cuts_the_weakest_edge_and_asks() -> None:
    one = identity("paper:a:1", "Mira Okafor", orcids=("0000-0002-1825-0097",))
    other = identity("paper:b:1", "Mira Okafor", orcids=("0000-0001-5109-3700",))
    scholar = "https://scholar.google.com/citations?user=AbCdEfGhIjK"
    facts = known(*(replace(side, links=(scholar,)) for side in (one, other)))
    found = cluster(facts.identities, rules.propose(facts))
    assert len(found.persons) == 2
    assert [edge.reasons[-1] for edge in found.cut] == ["they state different ORCIDs"]
    assert asked(facts) == {frozenset({one.id, other.id})}


def test_two_bylines_of_one_paper_are_two_people() -> None:
    scholar = ("https://scholar.google.com/citations?user=AbCdEfGhIjK",)
    facts = known(
        identity("arxiv:1.1:1", "Wei Chen", links=scholar), identity("arxiv:1.1:2", "W. Chen", links=scholar)
    )
    assert len(people(facts)) == 2


def test_two_accounts_are_joined_by_the_platform_only() -> None:
    second = identity("github:8", "Mira Okafor", handles=("mira-2",))
    noreply = claim("git:a", "github:7", "noreply")
    box = identity("git:b", "Mira Okafor", emails=("d1",))
    by_mailbox = known(MIRA, second, GIT, box, noreply, claim("git:b", "github:8", "noreply"))
    assert not together(by_mailbox, "github:7", "github:8")
    by_platform = known(MIRA, second, GIT, noreply, claim("email:d1", "github:8", "platform"))
    assert together(by_platform, "github:7", "github:8")


def test_people_have_the_last_word() -> None:
    facts = known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, GIT)
    apart = judged("github:7", PAGE, Judgement.DIFFERENT)
    assert not together(facts, "github:7", PAGE, apart)
    assert together(facts, "github:7", PAGE, apart, judged("github:7", PAGE, Judgement.SAME, days=1))
    assert together(facts, "github:7", "git:a", judged("github:7", "git:a", Judgement.SAME))
    assert people(facts, replace(apart, retracted_at=NOW)) == people(facts)


def test_what_people_called_different_is_not_joined_through_a_third() -> None:
    facts = known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, AUTHOR, GIT, claim("git:a", "github:7", "noreply"))
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
