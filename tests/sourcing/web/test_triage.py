"""What is done to people: at once, to one or to all that are found, and taken back by the form that is offered."""

from collections.abc import Iterator

import copied
import pytest
import town
from lxml import html
from visiting import Visitor

from sourcing import people as verbs
from storage import feedback, lists
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


def marks(visitor: Visitor, key: str) -> set[tuple[str, str]]:
    with visitor.desk.store.read() as tx:
        return {(str(one.kind), one.value) for one in verbs.sheet(tx, key).marks}


def undo(visitor: Visitor, answer) -> str:
    page = html.fromstring(visitor.follow(answer).text)
    (form,) = page.cssselect("form[data-undo]")
    fields = {
        one.get("name"): one.get("value") for one in form.cssselect("input") if one.get("name") != "_csrf"
    }
    return visitor.follow(visitor.post(form.get("action"), fields)).text


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"do": "stage", "stage": "reviewing", "reason": "strong kernels"}, ("stage", "reviewing")),
        ({"do": "tag", "tag": "rust, -kernels"}, ("tag", "rust")),
        ({"do": "note", "note": "met at a meetup"}, ("note", "met at a meetup")),
        ({"do": "hide", "reason": "other focus"}, ("hidden", "everywhere")),
    ],
)
def test_an_act_is_done_at_once_and_undone_by_the_form_it_comes_with(
    visitor: Visitor, people: list[str], fields: dict[str, str], mark: tuple[str, str]
) -> None:
    before = marks(visitor, people[0])
    visitor.get(f"/people/{people[0]}")
    done = visitor.post("/people/act", {**fields, "keys": people[0], "to": f"/people/{people[0]}"})
    assert mark in marks(visitor, people[0])
    undo(visitor, done)
    assert marks(visitor, people[0]) == before


def test_a_button_of_a_card_says_what_and_whom(visitor: Visitor, people: list[str]) -> None:
    def thumbs() -> list[tuple[str, str, str]]:
        with visitor.desk.store.read() as tx:
            words = feedback.of(tx, [people[2]], kind=feedback.THUMB).get(people[2], [])
        return [(one.actor, one.subject, one.value) for one in words]

    visitor.post("/people/act", {"one": f"good:{people[2]}", "to": "/people"})
    assert thumbs() == [("ana", SPEC, "up")]
    visitor.post("/people/act", {"one": f"bad:{people[2]}", "spec": SPEC})
    assert thumbs() == [("ana", SPEC, "down")]
    visitor.post("/people/act", {"one": f"neither:{people[2]}", "spec": SPEC})
    assert thumbs() == []


def test_all_a_query_finds_are_acted_on_and_undone_in_one_go(visitor: Visitor, people: list[str]) -> None:
    fields = {"do": "tag", "tag": "onas", "which": "all", "q": "name:Ona", "spec": SPEC, "keys": people[5]}
    done = visitor.post("/people/act", fields)
    assert "10 people" in visitor.follow(done).text
    assert "10 people" in visitor.text("/people?q=tag:onas")
    done = visitor.post("/people/act", fields | {"do": "shortlist", "fresh": "All Onas", "spec": SPEC})
    with visitor.desk.store.read() as tx:
        assert len(lists.show(tx, "All Onas").items) == 10
    undo(visitor, done)
    with visitor.desk.store.read() as tx:
        assert lists.show(tx, "All Onas").items == ()


def test_hiding_in_a_saved_search_keeps_away_there_and_nowhere_else(
    visitor: Visitor, people: list[str]
) -> None:
    visitor.get("/people")
    visitor.post(
        "/people/act",
        {"do": "hide", "scope": "search", "search": town.SEARCH, "reason": "other focus", "keys": people[0]},
    )
    inside = visitor.page(f"/people?spec={SPEC}&search={town.SEARCH}")
    assert not inside.cssselect(f"#{people[0]}")
    assert visitor.page(f"/people?spec={SPEC}").cssselect(f"#{people[0]}")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"do": "stage", "stage": "reviewing"}, 403, "say why"),
        ({"do": "stage", "stage": "fired", "reason": "x"}, 404, "unknown stage"),
        ({"do": "hide"}, 403, "say why"),
        ({"do": "tag", "tag": " , "}, 422, "write a tag"),
        ({"do": "shortlist"}, 422, "choose a shortlist"),
        ({"do": "shortlist", "shortlist": "None such"}, 404, "no shortlist"),
        ({"do": "compare"}, 422, "2 to 5"),
        ({}, 422, "choose what to do"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_done(
    visitor: Visitor, people: list[str], fields: dict[str, str], status: int, words: str
) -> None:
    before = marks(visitor, people[7])
    answer = visitor.post("/people/act", {**fields, "keys": people[7]})
    assert answer.status_code == status and words in html.fromstring(answer.text).text_content()
    assert marks(visitor, people[7]) == before


def test_nobody_selected_is_said(visitor: Visitor, people: list[str]) -> None:
    answer = visitor.post("/people/act", {"do": "tag", "tag": "x"})
    assert answer.status_code == 422 and "nobody is selected" in html.fromstring(answer.text).text_content()


def test_compare_and_export_lead_to_their_pages_with_the_people(visitor: Visitor, people: list[str]) -> None:
    both = visitor.post("/people/act", {"do": "compare", "keys": people[:3], "spec": SPEC})
    assert (
        both.headers["location"] == f"/compare?keys={people[0]}&keys={people[1]}&keys={people[2]}&spec={SPEC}"
    )
    out = visitor.post("/people/act", {"do": "export", "keys": people[:1]})
    assert out.headers["location"] == f"/exports?keys={people[0]}"


def test_the_way_back_stays_on_this_server(visitor: Visitor, people: list[str]) -> None:
    answer = visitor.post(
        "/people/act", {"do": "tag", "tag": "x", "keys": people[8], "to": "https://evil.example/"}
    )
    assert answer.headers["location"] == "/"


@pytest.mark.slow
def test_wrong_evidence_is_left_out_at_once_and_put_back(visitor: Visitor, people: list[str]) -> None:
    page = visitor.page(f"/people/{people[2]}?spec={SPEC}")
    signal = page.cssselect("input[name=signal]")[0].get("value")
    done = visitor.post(
        f"/people/{people[2]}/wrong", {"signal": signal, "reason": "somebody else's", "exclude": "true"}
    )
    shown = html.fromstring(visitor.follow(done).text)
    assert "1 item said to be wrong" in shown.text_content()
    assert signal not in [one.get("value") for one in shown.cssselect("input[name=signal]")]
    with visitor.desk.store.read() as tx:
        held = feedback.of(tx, [people[2]], kind=feedback.WRONG)[people[2]]
    assert [(one.subject, one.value, one.actor) for one in held] == [(signal, "excluded", "ana")]


def test_the_name_of_a_list_that_is_there_means_that_list(visitor: Visitor, people: list[str]) -> None:
    for key in people[:2]:
        answer = visitor.post(
            "/people/act", {"do": "shortlist", "keys": key, "fresh": "Backups", "spec": SPEC}
        )
        assert answer.status_code == 303
    with visitor.desk.store.read() as tx:
        assert [item.person for item in lists.show(tx, "Backups").items] == people[:2]
