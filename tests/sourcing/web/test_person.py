"""Person: the parts sum to the score, each opens its evidence, who they are can be denied and taken back."""

import json
from collections.abc import Iterator

import copied
import pytest
import town
from visiting import Visitor

from sourcing import people as verbs
from sourcing.access import Scope
from storage import audit, persons, scores
from storage.engine import Store

SPEC = town.SPECS[0]


@pytest.fixture
def kept(request: pytest.FixtureRequest, make, now, settings) -> copied.Kept:
    return copied.keep(request, make, now, settings)


@pytest.fixture
def store(kept: copied.Kept, tmp_path) -> Iterator[Store]:
    """On SQLite: what differs between databases is proved where the verbs are."""
    with copied.copy(kept, tmp_path / "town.db") as store:
        yield store


@pytest.fixture
def people(kept: copied.Kept) -> list[str]:
    return kept.people


def numbers(page, column: str) -> list[float]:
    return [float(one.text_content()) for one in page.cssselect(f".breakdown {column}")]


def test_the_breakdown_sums_to_the_score_and_each_part_opens_its_evidence(
    visitor: Visitor, people: list[str]
) -> None:
    page = visitor.page(f"/people/{people[2]}?spec={SPEC}")
    parts, total = numbers(page, "tbody td.num:nth-child(2)"), numbers(page, "tfoot td.num:nth-child(2)")
    with visitor.desk.store.read() as tx:
        score = scores.get(tx, people[2], SPEC)
    assert sum(parts) == pytest.approx(score.value, abs=0.05 * len(parts))
    assert total == [pytest.approx(score.value, abs=0.05)]
    for row in page.cssselect(".breakdown tbody tr"):
        links = row.cssselect("td a")
        if not links:
            assert "not observed" in row.text_content()
            continue
        shown = visitor.page(links[0].get("href").partition("#")[0]).cssselect(".piece")
        assert len(shown) == int(links[0].text_content().split()[0]) > 0
        assert all(one.cssselect("a[rel~=external]") for one in shown)


def test_evidence_is_sorted_as_asked_and_counted_by_quarter(visitor: Visitor, people: list[str]) -> None:
    page = visitor.page(f"/people/{people[2]}?spec={SPEC}&order=newest")
    days = [one.text_content().strip() for one in page.cssselect(".piece-date")]
    assert days == sorted(days, reverse=True) and len(days) == 3
    rows = [int(one.text_content()) for one in page.cssselect(".timeline td")]
    assert sum(rows) == 3


def test_previous_and_next_are_those_of_the_list_it_was_opened_from(
    visitor: Visitor, people: list[str]
) -> None:
    first = visitor.page(f"/people?spec={SPEC}&q=name:Ona")
    order = [one.get("data-key") for one in first.cssselect("[data-cards] > li")]
    at = first.cssselect(".person-link")[0].get("href")
    walked = []
    while at is not None:
        page = visitor.page(at)
        walked.append(page.cssselect("article")[0].get("data-key"))
        following = page.cssselect(".person-nav a[rel=next]")
        at = following[0].get("href") if following else None
    assert walked == order


def test_why_not_names_the_part_of_a_query_that_leaves_somebody_out(
    visitor: Visitor, people: list[str]
) -> None:
    text = visitor.text(f"/people/{people[0]}?spec={SPEC}&whynot_q=country:gb kernels")
    assert "left out by country:gb of the query" in text
    assert "column 1" in visitor.text(f"/people/{people[0]}?whynot_q=zzz:x")


def test_a_split_and_a_merge_say_who_is_who_and_are_undone(visitor: Visitor, people: list[str]) -> None:
    store = visitor.desk.store
    visitor.post("/people/act", {"do": "note", "keys": people[1], "note": "seen in Berlin"})
    merged = visitor.post(f"/people/{people[0]}/merge", {"other": people[1], "reason": "one homepage"})
    page = visitor.follow(merged)
    assert "one person now" in page.text and "seen in Berlin" in page.text
    with store.read() as tx:
        assert persons.get(tx, people[1]).key == persons.get(tx, people[0]).key
    undo = fields(page, "form[data-undo]")
    assert visitor.post("/undo", undo).status_code == 303
    with store.read() as tx:
        assert persons.get(tx, people[1]).key == people[1]
        assert [mark.value for mark in verbs.sheet(tx, people[1]).marks if mark.kind == "note"] == [
            "seen in Berlin"
        ]
    visitor.post(f"/people/{people[0]}/merge", {"other": people[1], "reason": "again"})
    with store.read() as tx:
        living = persons.get(tx, people[0])
    split = visitor.post(
        f"/people/{living.key}/split", {"identities": living.identities[1:], "reason": "a namesake"}
    )
    assert "two people now" in visitor.follow(split).text
    with store.read() as tx:
        assert persons.get(tx, people[1]).key != persons.get(tx, people[0]).key
    refused = visitor.post(f"/people/{people[0]}/split", {"reason": "x"})
    assert refused.status_code == 422 and "tick the identities" in refused.text


def fields(answer, form: str) -> dict[str, str]:
    from lxml import html

    (found,) = html.fromstring(answer.text).cssselect(form)
    return {
        one.get("name"): one.get("value") for one in found.cssselect("input") if one.get("name") != "_csrf"
    }


def test_who_is_kept_out_of_everything_is_nobody_here(visitor: Visitor, people: list[str], now) -> None:
    answer = visitor.post(f"/people/{people[3]}/do-not-contact", {"confirm": "true"})
    assert answer.status_code == 303
    for path in (f"/people/{people[3]}", "/people/p_nobody"):
        gone = visitor.get(path)
        assert gone.status_code == 404 and town.name_of(3) not in gone.text
    page = visitor.page(f"/people?person={people[3]}")
    assert "not here any more" in page.text_content() and town.name_of(3) not in page.text_content()
    assert people[3] not in visitor.get("/people?q=hidden:no").text
    with visitor.desk.store.read() as tx:
        assert audit.of_action(tx, "dnc.add")[-1].actor == "ana"


def test_erasing_asks_for_the_key_says_what_goes_and_needs_an_administrator(
    visitor: Visitor, people: list[str]
) -> None:
    writer = Visitor(visitor.desk, actor="wim", scope=Scope.WRITE)
    assert writer.get(f"/people/{people[4]}/erase").status_code == 403
    assert writer.post(f"/people/{people[4]}/erase", {"confirm": people[4]}).status_code == 403
    assert "1 identity" in visitor.text(f"/people/{people[4]}/erase")
    assert visitor.post(f"/people/{people[4]}/erase", {"confirm": "yes"}).status_code == 422
    assert visitor.get(f"/people/{people[4]}").status_code == 200
    assert (
        "are gone" in visitor.follow(visitor.post(f"/people/{people[4]}/erase", {"confirm": people[4]})).text
    )
    assert visitor.get(f"/people/{people[4]}").status_code == 404


def test_looking_at_somebody_is_written_down_unless_it_is_the_owner(
    visitor: Visitor, people: list[str]
) -> None:
    ben = Visitor(visitor.desk, actor="ben", scope=Scope.READ)
    ben.page(f"/people/{people[5]}")
    ben.page(f"/people?person={people[6]}")
    with visitor.desk.store.read() as tx:
        seen = [(one.actor, one.subject) for one in audit.of_action(tx, "person.view")]
        assert seen == [("ben", people[5]), ("ben", people[6])]
        assert town.name_of(5) not in json.dumps([one.detail for one in audit.entries(tx, limit=500)])
