"""People: the page says what the search says; every link is the query it promises; nothing of it needs a script."""

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import copied
import pytest
import town
from lxml import html
from visiting import Visitor, make_desk

from sourcing import marking, pages, searches
from sourcing.access import Scope
from sourcing.privacy import suppression
from sourcing.query import parse
from storage import saved, search
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


def keys_of(page) -> list[str]:
    return [one.get("data-key") for one in page.cssselect("[data-cards] > li")]


def total_of(page) -> int:
    return int(page.cssselect("#results-title")[0].text_content().split()[0])


def test_a_page_lists_who_the_search_finds_in_its_order_and_goes_on(
    visitor: Visitor, people: list[str]
) -> None:
    page = visitor.page(f"/people?spec={SPEC}")
    assert total_of(page) == town.SIZE and keys_of(page) == people[:25]
    ranks = [one.text_content().strip() for one in page.cssselect("[data-cards] .rank")]
    assert ranks == [str(rank) for rank in range(1, 26)]
    following = page.cssselect("a[rel=next]")[0].get("href")
    second = visitor.page(following)
    assert keys_of(second) == people[25:50]
    assert keys_of(visitor.page(second.cssselect("a[rel=prev]")[0].get("href"))) == people[:25]


@pytest.mark.parametrize("order", list(pages.SORTS))
@pytest.mark.parametrize(
    "query", ["", "name:Ona", "level:senior OR level:staff", "-name:Ben country:gb", "hidden:all"]
)
def test_rows_are_those_of_the_verb_for_any_query_and_order(
    visitor: Visitor, people: list[str], query: str, order: str
) -> None:
    with visitor.desk.store.read() as tx:
        expected = pages.page(tx, parse(query), specialism=None, size=25, now=visitor.desk.now(), order=order)
    page = visitor.page(f"/people?q={query}&sort={order}")
    assert keys_of(page) == [hit.person for hit in expected.hits]
    for hit, row in zip(expected.hits, page.cssselect("[data-cards] > li"), strict=True):
        text = " ".join(row.text_content().split())
        shown = f"in all {hit.score:,.0f}" if order == "rising" else f"{hit.score:,.0f}"
        assert hit.name in text and shown in text
        assert all(reason.text in text for reason in hit.reasons)


def test_every_facet_count_is_the_length_of_the_list_its_link_opens(
    visitor: Visitor, people: list[str]
) -> None:
    page = visitor.page("/people?q=country:gb")
    facets = page.cssselect(".facet li a")
    assert len(facets) > 15
    for link in facets:
        counted = link.cssselect(".num")
        if not counted:
            continue
        query = parse_qs(urlsplit(link.get("href")).query).get("q", [""])[0]
        value = link.cssselect(".value")[0].text_content()
        chosen = link.get("aria-current") == "true"
        with visitor.desk.store.read() as tx:
            found = search.count(tx, parse(query), specialism=None)
        if link.getparent().getparent().getparent().get("id") == "facet-country":
            expected = town.SIZE if chosen else 40  # another choice beside Great Britain
            assert found == expected, (value, query)
        else:
            assert found == int(counted[0].text_content()), (value, query)


def test_chips_and_text_edit_the_same_query(visitor: Visitor, people: list[str]) -> None:
    page = visitor.page("/people?q=name:Ona+(level:senior OR level:mid)+-tag:kernels")
    kinds = [one.text_content() for one in page.cssselect(".chip-kind")]
    assert kinds == ["Must", "Any of", "Not"]
    links = [parse_qs(urlsplit(one.get("href")).query)["q"][0] for one in page.cssselect(".chip-row .chip a")]
    assert links == [
        "(level:senior OR level:mid) -tag:kernels",
        "name:Ona -tag:kernels",
        "name:Ona (level:senior OR level:mid)",
    ]
    added = visitor.get("/people?q=name:Ona&add=kernels&need=not")
    assert parse_qs(urlsplit(added.headers["location"]).query)["q"] == ["name:Ona -kernels"]


def test_a_query_that_cannot_be_read_says_where_and_offers_one_that_can(visitor: Visitor) -> None:
    answer = visitor.get("/people?q=name:Ona skil:cuda")
    assert answer.status_code == 400
    assert "column 10" in answer.text and "<mark>skil:cuda</mark>" in answer.text
    assert "name:Ona skill:cuda</code>" in answer.text
    assert 'value="name:Ona skil:cuda"' in answer.text


def test_a_brief_becomes_chips_and_says_what_it_did_not_understand(
    visitor: Visitor, people: list[str]
) -> None:
    page = visitor.page("/people?brief=senior CUDA engineer in Berlin, frobnicating")
    text = " ".join(page.cssselect(".reading")[0].text_content().split())
    assert "level:senior" in text and "berlin" in text and "frobnicating" in text
    assert "level:senior" in page.cssselect("#q")[0].get("value")


def test_blind_lists_tell_nobody_by_name_login_place_or_house(visitor: Visitor, people: list[str]) -> None:
    visitor.choose(blind=True)
    visitor = Visitor(visitor.desk, actor="ana")
    for path in (f"/people?spec={SPEC}", f"/people?person={people[0]}", f"/people/{people[0]}"):
        page = visitor.get(path).text
        for first in town.FIRST[:1]:
            assert first not in page and first.lower() + "-0" not in page, path
        for words in (*town.LAST, "Orbit Labs", "Lowtide Works", "people.example"):
            assert words not in page, (path, words)
        assert people[0] in page


def test_new_in_a_saved_search_stays_new_until_somebody_is_opened(
    visitor: Visitor, people: list[str]
) -> None:
    path = f"/people?spec={SPEC}&search={town.SEARCH}&new=1"
    for _ in range(2):
        assert sorted(keys_of(visitor.page(path))) == sorted(people[: town.NEW])
    link = visitor.page(path).cssselect("[data-cards] .person-link")[0].get("href")
    visitor.page(link)
    assert sorted(keys_of(visitor.page(path))) == sorted(people[1 : town.NEW])
    visitor.post("/people/seen", {"search": town.SEARCH, "keys": people[1:3]})
    with visitor.desk.store.read() as tx:
        assert set(searches.new_keys(tx, town.SEARCH)) == set(people[3 : town.NEW])
        assert saved.seen_of(tx, town.SEARCH) >= set(people[:3])


def test_whoever_may_only_read_sees_no_act_and_marks_nothing(visitor: Visitor, people: list[str]) -> None:
    manager = Visitor(visitor.desk, actor="mia", scope=Scope.READ)
    path = f"/people?spec={SPEC}&search={town.SEARCH}&new=1"
    page = manager.page(path)
    assert not page.cssselect("#bulk, #act, input[name=keys], dialog.ask")
    manager.page(page.cssselect("[data-cards] .person-link")[0].get("href"))
    assert len(keys_of(manager.page(path))) == town.NEW
    assert manager.post("/people/act", {"do": "tag", "keys": people[0], "tag": "x"}).status_code == 403


def test_empty_results_say_why_and_what_next(visitor: Visitor) -> None:
    assert "Nobody matches all of it" in visitor.text("/people?q=zzzz")
    assert "Nobody matches all of it" in visitor.text("/people?q=zzzz&tab=insights")
    assert visitor.get("/people?page=nonsense").status_code == 422
    assert visitor.get("/people?spec=nonsense").status_code == 404


def test_insights_link_each_figure_to_its_list_and_stand_in_tables(
    visitor: Visitor, people: list[str]
) -> None:
    page = visitor.page("/people?tab=insights&q=name:Ona")
    assert len(page.cssselect("table caption")) == 3
    numbers = page.cssselect(".funnel a, .insights td a")
    assert len(numbers) > 8
    for link in numbers:
        figure = int("".join(link.text_content().split()[0]))
        assert total_of(visitor.page(link.get("href"))) == figure, link.get("href")


def test_hidden_people_come_only_when_asked_for(visitor: Visitor, people: list[str], now) -> None:
    marking.hide(
        visitor.desk.store, people[0], reason="left the field", scope="everywhere", actor="ana", now=now
    )
    assert people[0] not in keys_of(visitor.page(f"/people?spec={SPEC}"))
    page = visitor.page("/people?q=hidden:yes")
    assert keys_of(page) == [people[0]] and "hidden: left the field" in page.text_content()


def test_both_databases_give_the_same_pages(settings, new_store, make, now, keyer) -> None:
    store = new_store()
    assert "No night has run" in Visitor(make_desk(settings, store, now)).text("/people")
    keys = town.fill(store, make, now, keyer, settings)
    visitor = Visitor(make_desk(settings, store, now))
    assert keys_of(visitor.page(f"/people?spec={SPEC}&q=country:gb")) == [keys[at] for at in range(1, 60, 3)]
    assert "20 people" in visitor.text("/people?tab=insights&q=country:gb")
    assert town.name_of(3) in visitor.text(f"/people/{keys[3]}?q=country:gb&spec={SPEC}")


def test_the_form_that_saves_a_search_saves_what_is_shown(visitor: Visitor) -> None:
    (form,) = visitor.page(f"/people?q=level:senior&spec={SPEC}").cssselect("form[action='/saved']")
    shown = {
        one.get("name"): one.get("value") for one in form.cssselect("input") if one.get("name") != "_csrf"
    }
    visitor.post("/saved", shown | {"name": "Seniors"})
    with visitor.desk.store.read() as tx:
        one = saved.get(tx, "Seniors")
    assert (one.query, one.specialism) == ("level:senior", SPEC)


def test_a_query_nobody_matches_says_without_which_part_somebody_would(visitor: Visitor) -> None:
    (link,) = visitor.page("/people?q=name:Ona+zzzz").cssselect(".looser a")
    assert "zzzz" in link.text_content() and total_of(visitor.page(link.get("href"))) > 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("city:berln", "city:berlin"),
        ("spec:inferense-performance", "spec:inference-performance"),
        ("level:senoir", "level:senior"),
        ("name:Quilmoor", "name:Quillmoor"),
        ("Sedgwick", "name:Sedgewick"),
        ("country:gb city:lodon", "country:gb city:london"),
    ],
)
def test_a_misspelt_value_gets_the_one_that_may_be_meant(visitor: Visitor, typed: str, meant: str) -> None:
    (link, *_) = visitor.page(f"/people?q={typed}").cssselect(".looser a")
    found = visitor.page(link.get("href"))
    assert total_of(found) > 0 and found.cssselect("#q")[0].get("value") == meant


def test_a_misspelt_country_is_mended_where_it_stands(visitor: Visitor) -> None:
    answer = visitor.get("/people?q=kernels country:Germny level:senior")
    assert (
        answer.status_code == 400
        and "did you mean country:Germany?" in html.fromstring(answer.text).text_content()
    )
    links = [one.get("href") for one in html.fromstring(answer.text).cssselect("main a")]
    asked = {query for one in links for query in parse_qs(urlsplit(one or "").query).get("q", ())}
    assert "kernels country:Germany level:senior" in asked


def test_no_name_is_suggested_in_blind_mode(settings, store, people: list[str], now) -> None:
    web = settings.web.model_copy(update={"blind": True})
    blind = Visitor(make_desk(settings.model_copy(update={"web": web}), store, now))
    assert "Quillmoor" not in blind.text("/people?q=Quilmoor")


def test_the_counts_of_people_add_up_and_each_says_what_it_counts(
    visitor: Visitor, people: list[str], now
) -> None:
    store, settings = visitor.desk.store, visitor.desk.settings
    before = total_of(visitor.page("/people"))
    marking.hide(store, people[0], reason="away", scope="everywhere", actor="ana", now=now)
    suppression.add(store, settings, ["github:1001"], reason="a letter", now=now, actor="ana")
    today = visitor.text("/")
    assert f"{before} people found in public" in today
    for part in (f"{before - 2} come in lists", "1 was hidden by", "1 asked not to be approached"):
        assert part in today
    listed = visitor.text("/people")
    assert f"{before - 2} people" in listed and f"{before - 1} match in all: 1 is hidden" in listed
    insights = visitor.text("/people?tab=insights")
    assert f"{before - 1} people they are {before - 2} of them come in lists" in insights


def test_what_changed_in_a_search_is_told_until_somebody_says_they_looked(visitor: Visitor, people) -> None:
    at = f"/saved/{quote(town.SEARCH)}"
    page = visitor.page(at)
    assert f"New {town.NEW}" in " ".join(page.text_content().split())
    assert (
        len(page.cssselect(".moves li")) == town.NEW and len(page.cssselect(".moves li a[rel]")) >= town.NEW
    )
    assert "What changed" in visitor.text("/saved"), "to look is not to have looked"
    (form,) = page.cssselect("form[action='/saved/seen']")
    keys = [one.get("value") for one in form.cssselect("input[name=keys]")]
    assert set(keys) == {
        one.get("href").split("/")[2].partition("?")[0] for one in page.cssselect(".moves a:not([rel])")
    }
    visitor.post("/saved/seen", {"name": town.SEARCH, "keys": keys})
    assert "Nothing changed" in visitor.text(at)
    assert (
        Visitor(visitor.desk, actor="ben", scope=Scope.READ)
        .post("/saved/seen", {"name": town.SEARCH})
        .status_code
        == 403
    )
    assert visitor.get("/saved/nothing").status_code == 404
