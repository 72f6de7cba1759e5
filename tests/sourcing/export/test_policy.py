"""The policy table: each row by a case of its own, what it does not name, the same people in two countries."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from sourcing.errors import ConfigError
from sourcing.export import mapping, order, plan, policy
from sourcing.export.policy import Case, Part, Use, Wish
from sourcing.settings import config_root, load_specs
from spiders.records import Claim
from storage import intake, persons
from storage.engine import Store

TABLE = policy.load([config_root()])
EU, US = Case(place="eu"), Case(place="us")
OPENED = Case(place="us", wish=Wish.OPENED)
MAIL = Case(place="us", use=Use.MAIL)
# rule: (field, source, case) that it decides, and whether the field leaves
ROWS: dict[str, list[tuple[Part, str, Case, bool]]] = {
    "wish-refused": [(Part.NAME, "homepages", Case(place="us", wish=Wish.REFUSED), False)],
    "github-mail": [
        (Part.NAME, "github_people", MAIL, False),
        (Part.EMAIL, "git_history", replace(MAIL, wish=Wish.OPENED), False),
    ],
    "mail-opened": [(Part.NAME, "hn_hiring", replace(MAIL, wish=Wish.OPENED), True)],
    "mail-unasked": [(Part.NAME, "homepages", MAIL, False), (Part.NAME, "arxiv_papers", MAIL, False)],
    "contact-published": [(Part.CONTACT, "hn_hiring", OPENED, True), (Part.EMAIL, "homepages", OPENED, True)],
    "contact-unpublished": [
        (Part.EMAIL, "homepages", US, False),
        (Part.EMAIL, "github_people", OPENED, False),
        (Part.CONTACT, "pypi_projects", OPENED, False),
    ],
    "semantic-scholar-licence": [(Part.NAME, "semantic_scholar", US, False)],
    "kaggle-licence": [(Part.EVIDENCE, "kaggle_dump", US, False)],
    "openreview-facts": [(Part.ORG, "openreview", US, False), (Part.HOMEPAGE, "bulk_papers", US, False)],
    "institution-facts": [(Part.HEADLINE, "lab_pages", US, False)],
    "headline-strict": [
        (Part.HEADLINE, "github_people", EU, False),
        (Part.HEADLINE, "github_people", Case(), False),
    ],
    "other-strict": [(Part.OTHER, "github_people", Case(place="uk"), False)],
    "public-record": [
        (Part.NAME, "openreview", EU, True),
        (Part.HEADLINE, "github_people", US, True),
        (Part.OTHER, "homepages", Case(place=policy.ELSEWHERE), True),
        (Part.SOURCE, "github_people", EU, True),
    ],
}


@pytest.mark.row("P21")
@pytest.mark.parametrize("rule", [one.id for one in TABLE.rule])
def test_every_row_of_the_table_decides_what_it_says(rule: str) -> None:
    for field, source, case, allowed in ROWS[rule]:
        found = TABLE.decide(field, source, case)
        assert (found.rule, found.allowed) == (rule, allowed), (field, source, case)
        assert found.terms is not None and found.terms.startswith("https://") and found.why


def test_a_source_without_terms_and_a_field_without_a_rule_stay_here() -> None:
    for field in Part:
        found = TABLE.decide(field, "somewhere_new", OPENED)
        assert (found.allowed, found.rule, found.terms) == (False, "unknown-source", None)
    bare = TABLE.model_copy(update={"rule": ()})
    assert bare.decide(Part.NAME, "homepages", US).rule == "not-listed"


def test_every_source_there_is_has_its_own_terms_in_the_table(settings) -> None:
    told = {source: terms.url for terms in TABLE.terms.values() for source in terms.sources}
    assert told == {spec.name: spec.terms for spec in load_specs(settings)}


def test_nothing_from_github_is_in_a_mail_list_whoever_says_it_beside(settings) -> None:
    github = TABLE.terms["github"].sources
    for field in Part:
        for source in github:
            for wish in Wish:
                for place in (*TABLE.places, policy.ELSEWHERE, policy.UNKNOWN):
                    assert not TABLE.decide(field, source, Case(place=place, use=Use.MAIL, wish=wish)).allowed


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (["Berlin"], "eu"), (["Berlin, Germany", "München"], "eu"), (["London, UK"], "uk"), (["Austin, TX"], "us"),
        (["Toronto"], "elsewhere"), (["Berlin", "Austin, TX"], "unknown"), (["the moon"], "unknown"), ([], "unknown"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_clear_is_unknown(said: list[str], place: str) -> None:
    assert TABLE.place_of(said) == place


def test_an_operators_own_rules_are_laid_over_and_a_broken_one_names_its_key(tmp_path) -> None:
    (tmp_path / policy.FILE).write_text(
        '[terms.own]\nurl = "https://own.example/terms"\nsources = ["somewhere_new"]\n'
        '[[rule]]\nid = "own-rule"\nterms = ["own"]\nallow = true\nwhy = "it is ours to give"\n'
    )
    mine = policy.load([config_root(), tmp_path])
    assert mine.decide(Part.NAME, "somewhere_new", US).rule == "own-rule"
    assert mine.decide(Part.NAME, "homepages", US).rule == "not-listed"  # [[rule]] is replaced as a whole
    (tmp_path / policy.FILE).write_text(
        '[[rule]]\nid = "own-rule"\nplaces = ["mars"]\nallow = true\nwhy = "because"\n'
    )
    with pytest.raises(ConfigError, match=r"mars|at least 10"):
        policy.load([config_root(), tmp_path])


def planned(store: Store, settings: Any, keys: list[str], now: Any, preset: str = "generic") -> plan.Plan:
    wanted = order.Order(keys=tuple(keys), specialism="post-training", preset=preset)
    return order.prepare(store, settings, wanted, now=now)


def test_the_same_person_in_two_countries_differs_only_where_the_table_says(
    store: Store, settings, make, now
) -> None:
    accounts = ["github:1", "github:2"]
    records = [
        make.identity(
            account, name="Ona Quill", handle="ona", location=place, affiliation="Orbit Labs",
            summary="Kernels, and hiking", homepage="https://ona.example", links=("https://forum.example/ona",),
            source="github_people",
        )
        for account, place in zip(accounts, ("Berlin", "Austin, TX"), strict=True)
    ]  # fmt: skip
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=order.keyer(settings))
        persons.rebuild(tx, [frozenset({one}) for one in accounts], now)
        owners = persons.owners(tx, accounts)
    german, american = (
        row.lead for row in planned(store, settings, [owners[one] for one in accounts], now).rows
    )
    assert german is not None and american is not None
    here, there = asdict(german), asdict(american)
    differ = {name for name in here if here[name] != there[name]} - {"lead_key", "location"}
    assert differ == {"headline", "links", "withheld"}
    assert (german.headline, american.headline) == (None, "Kernels, and hiking")
    assert {(held.field, held.rule) for held in german.withheld} - {
        (held.field, held.rule) for held in american.withheld
    } == {("headline", "headline-strict"), ("other", "other-strict")}
    assert {held.terms for held in german.withheld} == {TABLE.terms["github"].url}


def test_a_way_to_reach_somebody_leaves_only_if_they_published_it_for_that(
    store: Store, settings, make, now
) -> None:
    post = "https://news.ycombinator.com/item?id=7"
    via = replace(make.via(now, source="hn_hiring"), url=post)
    with store.begin() as tx:
        records = [
            make.identity("hn:ona", name="Ona Quill", source="hn_hiring"),
            make.work("hn-post:7", source="hn_hiring"),
            make.identity("github:2", name="Ben Reed", source="github_people"),
            Claim(left="hn:ona", right="hn-post:7", kind="open_to_work", via=via),
        ]
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=order.keyer(settings))
        persons.rebuild(tx, [frozenset({"hn:ona"}), frozenset({"github:2"})], now)
        owners = persons.owners(tx, ["hn:ona", "github:2"])
    keys = [owners["hn:ona"], owners["github:2"]]
    asks, silent = planned(store, settings, keys, now).leads
    assert asks.contact is not None and asks.contact.published_at_url == post and silent.contact is None
    listed = planned(store, settings, keys, now, preset="linkedin-project")
    assert listed.counts["blocked"] == 2  # no address is kept, so nobody can be put on a mail list
    assert listed.rows[0].reason == "linkedin-project takes nobody without email; none may leave"
    assert mapping.load("linkedin-project", settings.roots).use is Use.MAIL
