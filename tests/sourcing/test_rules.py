"""Who is who: planted cases for the certain rules, each with the reason it is there."""

from dataclasses import replace

import pytest
from identities import (
    AUTHOR,
    GIT,
    HOME,
    MIRA,
    MIRAS_PAGE,
    PAGE,
    PAGE_LINKS_MIRA,
    PROFILE,
    asked,
    claim,
    identity,
    known,
    people,
    together,
)

from sourcing.resolve import rules
from sourcing.resolve.edges import Known
from spiders.records import IdentityKind
from storage.model import Judgement

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
        "an author gives the page that page and account agree on, but the page does not name the author",
        known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, AUTHOR),
        (AUTHOR.id, "github:7"),
        "unsure",
    ),
    (
        "an author with another name gives that page",
        known(MIRA, MIRAS_PAGE, PAGE_LINKS_MIRA, replace(AUTHOR, names=("Tomas Lindqvist",))),
        (AUTHOR.id, "github:7"),
        "unsure",
    ),
    (
        "the page names the author's record",
        known(replace(MIRAS_PAGE, links=(PROFILE,)), AUTHOR),
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
        "an author's github.io homepage, which does not name the author",
        known(
            MIRA,
            replace(AUTHOR, homepages=("https://mira-ok.github.io/",)),
            claim(AUTHOR.id, "github-login:mira-ok", "profile_link"),
        ),
        (AUTHOR.id, "github:7"),
        "unsure",
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
            replace(MIRAS_PAGE, id="page:https://mira-ok.github.io", links=(PROFILE,)),
            claim("page:https://mira-ok.github.io", "github-login:MIRA-OK", "profile_link"),
            replace(AUTHOR, homepages=("https://mira-ok.github.io",)),
        ),
        (AUTHOR.id, "git:b"),
        "same",
    ),
    (
        "a mailmap joins a spelling",
        known(
            identity("git:a", "M. Okafor"),
            identity("git:b", "Mira Okafor"),
            claim("git:a", "git:b", "mailmap"),
        ),
        ("git:a", "git:b"),
        "same",
    ),
    (
        "the mailmap of a repository of few joins a handle",
        known(GIT, identity("git:b", "Mira Okafor"), claim("git:a", "git:b", "mailmap")),
        ("git:a", "git:b"),
        "unsure",
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
