"""From a shortlist to a hand-over: each act is a form, asks why, says what it did, and is taken back."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import town
from lxml import html
from visiting import Visitor, make_desk

from sourcing import known, lists, marking, shares
from sourcing.access import Scope
from storage import audit, exports, persons, saved
from storage import lists as stored
from storage import people as marks

ROLE = f"/lists/{quote(town.LIST)}"
SPEC = town.SPECS[0]


@pytest.fixture
def people(desk, make, now, keyer) -> list[str]:
    return town.fill(desk.store, make, now, keyer, desk.settings)


def on_list(visitor: Visitor) -> list[str]:
    with visitor.desk.store.read() as tx:
        return [item.person for item in stored.show(tx, town.LIST).items]


def stages(visitor: Visitor) -> dict[str, str]:
    """Stage of everybody on the board, by key."""
    page = visitor.page(f"{ROLE}/board")
    return {
        tile.get("id"): column.get("data-stage")
        for column in page.cssselect("[data-stage]")
        for tile in column.cssselect(".tile")
    }


def undo(visitor: Visitor, page: Any) -> Any:
    """Press Undo on the page an act led to."""
    form = html.fromstring(page.text).cssselect("form[data-undo]")[0]
    given = {one.get("name"): one.get("value") for one in form.cssselect("input")}
    return visitor.follow(visitor.post(form.get("action"), given))


def names(visitor: Visitor) -> list[str]:
    with visitor.desk.store.read() as tx:
        return [one.name for one in persons.list_people(tx, limit=500) if one.name]


def test_a_role_is_made_filled_and_moved_along_and_all_of_it_undone(
    visitor: Visitor, people: list[str]
) -> None:
    made = {"name": "Kernel engineer", "specialism": SPEC, "owner": "ben", "query": "kernels"}
    assert "Kernel engineer" in visitor.follow(visitor.post("/lists", made)).text
    role = "/lists/Kernel%20engineer"
    visitor.post(f"{role}/people", {"do": "add", "keys": people[3:6]})
    text = visitor.text(role)
    assert "owner ben" in text and "3 people" in text and "put on the shortlist 'Kernel engineer'" in text
    before = on_list(visitor)
    first, second = before[:2]
    was = stages(visitor)[first]
    wanted = next(one for one in marking.STAGES if one not in (was, "contacted", "replied", "hired"))
    move = {
        "do": "stage",
        "keys": first,
        "stage": wanted,
        "reason": "strong kernels",
        "back": f"{ROLE}/board",
    }
    answer = visitor.post(f"{ROLE}/people", move)
    assert answer.headers["location"] == f"{ROLE}/board"
    moved = visitor.follow(answer)
    assert stages(visitor)[first] == wanted
    assert "Undone" in undo(visitor, moved).text and stages(visitor)[first] == was
    put = visitor.follow(visitor.post(f"{ROLE}/people", {"do": "move", "keys": second, "position": "1"}))
    assert on_list(visitor)[:2] == [second, first]
    undo(visitor, put)
    assert on_list(visitor) == before
    gone = visitor.follow(
        visitor.post(f"{ROLE}/people", {"do": "remove", "keys": [first, second], "reason": "later"})
    )
    assert on_list(visitor) == before[2:]
    undo(visitor, gone)
    assert on_list(visitor) == before
    assert (
        "is asked to look"
        in visitor.follow(
            visitor.post(f"{ROLE}/people", {"do": "reviewer", "keys": first, "reviewer": "ben"})
        ).text
    )
    assert "Nobody is selected" in visitor.follow(visitor.post(f"{ROLE}/people", {"do": "remove"})).text


@pytest.mark.row("P11")
def test_no_form_changes_a_status_without_a_reason(visitor: Visitor, people: list[str]) -> None:
    first = on_list(visitor)[0]
    before = stages(visitor)
    for path, fields in (
        (f"{ROLE}/people", {"do": "stage", "keys": first, "stage": "rejected"}),
        (f"{ROLE}/people", {"do": "dismiss", "keys": first, "reason": " "}),
        (f"{ROLE}/people", {"do": "remove", "keys": first}),
        (f"{ROLE}/role", {"what": "status", "value": "closed", "reason": ""}),
        (f"{ROLE}/role", {"what": "owner", "value": "ben"}),
        ("/briefs/limits", {"organisation": "Orbit", "reason": " "}),
    ):
        answer = visitor.post(path, fields)
        assert answer.status_code in (403, 422) and "say why" in answer.text, path
    assert stages(visitor) == before


def test_who_is_dismissed_leaves_this_role_with_the_reason_and_no_other(
    visitor: Visitor, people: list[str]
) -> None:
    first = on_list(visitor)[0]
    visitor.get(ROLE)
    visitor.post(f"{ROLE}/people", {"do": "dismiss", "keys": first, "reason": "wrong focus"})
    assert first not in on_list(visitor)
    text = visitor.text(ROLE)
    assert "1 person dismissed from this role" in text and "wrong focus" in text
    found = visitor.page(f"/people?spec={SPEC}&size=100").cssselect("[data-cards] > li")
    assert first in [one.get("data-key") for one in found]


def test_a_dismissal_is_taken_back_whole(visitor: Visitor, people: list[str]) -> None:
    before = on_list(visitor)
    visitor.get(f"{ROLE}/board")
    gone = visitor.post(f"{ROLE}/people", {"do": "dismiss", "keys": before[:2], "reason": "wrong focus"})
    page = visitor.follow(gone)
    assert on_list(visitor) == before[2:]
    assert "Undone" in undo(visitor, page).text
    assert on_list(visitor) == before
    with visitor.desk.store.read() as tx:
        assert not marks.dismissals(tx, f"list:{town.LIST}")


@pytest.mark.row("P10")
def test_who_is_kept_out_is_named_nowhere_and_nobody_shows_them_again(
    desk, visitor: Visitor, people: list[str]
) -> None:
    key, other = on_list(visitor)[:2]
    with desk.store.read() as tx:
        name = persons.get(tx, key).name
    visitor.get(ROLE)
    hide = {"do": "hide", "keys": key, "reason": "later", "scope": "everywhere"}
    hidden = visitor.follow(visitor.post("/people/act", hide))
    assert name in visitor.get(f"/people/{key}").text, "whom a recruiter hid can still be opened"
    one = town.share(desk.store, desk.settings, now=desk.now(), notes=True)
    pages = (ROLE, f"{ROLE}/board", f"/exports?list={quote(town.LIST)}&spec={SPEC}", f"/shared/{one.token}")
    assert all(name in visitor.get(path).text for path in pages)
    visitor.post(f"/people/{key}/do-not-contact", {"confirm": "true"})
    assert "not undone" in undo_refused(visitor, hidden).text
    for do in ({"do": "show", "keys": key}, hide):
        visitor.get(visitor.post("/people/act", do).headers.get("location", "/"))
    for path in (f"/people/{key}", f"/compare?keys={key}&keys={other}&spec={SPEC}"):
        gone = visitor.get(path)
        assert gone.status_code in (404, 422) and name not in gone.text, path
    for path in pages:
        shown = visitor.get(path)
        assert shown.status_code == 200 and name not in shown.text, path


def undo_refused(visitor: Visitor, page: Any) -> Any:
    form = html.fromstring(page.text).cssselect("form[data-undo]")[0]
    given = {one.get("name"): one.get("value") for one in form.cssselect("input")}
    answer = visitor.post(form.get("action"), given)
    assert answer.status_code == 403
    return answer


@pytest.mark.row("P08")
def test_a_file_with_somebody_who_was_erased_since_is_not_handed_out(
    visitor: Visitor, people: list[str]
) -> None:
    asked = {"list": town.LIST, "spec": SPEC, "to": "csv"}
    visitor.get("/exports?" + urlencode(asked))
    sent = visitor.post("/exports", asked).headers["location"]
    assert visitor.get(f"{sent}/file").status_code == 200
    key = on_list(visitor)[0]
    visitor.post(f"/people/{key}/erase", {"confirm": key})
    refused = visitor.get(f"{sent}/file")
    assert refused.status_code == 422 and "export again" in refused.text
    again = visitor.post("/exports", asked).headers["location"]
    assert key not in visitor.get(f"{again}/file").text


def test_two_to_five_are_compared_by_the_same_rows(visitor: Visitor, people: list[str]) -> None:
    answer = visitor.post(f"{ROLE}/people", {"do": "compare", "keys": on_list(visitor)[:3]})
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["keys"] == on_list(visitor)[:3]
    page = visitor.page(answer.headers["location"])
    table = page.cssselect("table.compare")[0]
    heads = [one.get("href").split("?")[0] for one in table.cssselect("thead a")]
    assert heads == [f"/people/{key}" for key in asked["keys"]]
    rows = {
        row.cssselect("th")[0].text_content().strip(): len(row.cssselect("td"))
        for row in table.cssselect("tbody tr")
    }
    assert {"Score", "Level", "Last active", "Not seen", "Warnings"} <= rows.keys() and set(
        rows.values()
    ) == {3}
    assert "Choose two to five people" in visitor.text("/compare?keys=" + people[0])
    six = "&".join(f"keys={key}" for key in people[:6])
    assert "6 people: 2 to 5 can be compared" in visitor.get(f"/compare?{six}&spec={SPEC}").text


def test_a_link_shows_the_list_to_whoever_has_it_and_nothing_to_press(
    desk, visitor: Visitor, people: list[str]
) -> None:
    with desk.store.read() as tx:
        listed = stored.show(tx, town.LIST)
        told = [persons.get(tx, item.person).name for item in listed.items]
    marking.note(desk.store, listed.items[0].person, "secret note", actor="ana", now=desk.now())
    unseen = visitor.post(f"{ROLE}/shares", {"days": "7", "blind": "true"})
    assert unseen.status_code == 403 and "you were not shown yet" in unseen.text
    visitor.get(ROLE)
    visitor.post(f"{ROLE}/shares", {"days": "7", "blind": "true"})
    visitor.post(f"{ROLE}/shares", {"days": "7", "notes": "true"})
    box = [one.get("value") for one in visitor.page(ROLE).cssselect("input.link-box")]
    open_, blind = (
        urlsplit(one).path
        for one in sorted(box, key=lambda one: "Person 1" in visitor.text(urlsplit(one).path))
    )
    stranger = Visitor(desk, scope=None)
    shown, covered = stranger.get(open_).text, stranger.get(blind).text
    assert all(name in shown for name in told) and "secret note" in shown
    assert not any(name in covered for name in told) and "secret note" not in covered
    assert town.LIST not in covered and not any(item.person in covered for item in listed.items)
    for page in (shown, covered):
        assert "<form" not in page and "<button" not in page and "@" not in page.partition("<main")[2]
    share_id = blind.rpartition("/")[2].partition(".")[0]
    visitor.post(f"{ROLE}/shares/revoke", {"share_id": share_id})
    assert stranger.get(blind).status_code == 404 and stranger.get(open_).status_code == 200
    assert "taken back" in visitor.text(ROLE) and "3 views" in visitor.text(ROLE)
    with desk.store.read() as tx:
        seen = audit.of_action(tx, "share.view")
        (one,) = [each for each in shares.ls(tx, town.LIST) if each.revoked_at is None]
    assert {entry.actor for entry in seen} >= {f"share:{one.id}"}
    later = make_desk(desk.settings, desk.store, desk.now() + timedelta(days=7))
    assert Visitor(later, scope=None).get(open_).status_code == 404


def test_nothing_leaves_before_its_preview_and_the_file_holds_what_was_shown(
    desk, visitor: Visitor, people: list[str]
) -> None:
    listed = on_list(visitor)
    known.limit(
        desk.store, person=listed[1], organisation=None, reason="own staff", actor="ana", now=desk.now()
    )
    with desk.store.read() as tx:
        before = len(exports.history(tx, limit=50))
    page = visitor.page(f"/exports?list={quote(town.LIST)}&spec={SPEC}")
    rows = page.cssselect("[aria-label=Preview] tbody tr")
    shown = {
        row.cssselect("th a")[0].get("href").split("/")[-1]: row.cssselect("td")[1].text_content()
        for row in rows
    }
    assert (
        list(shown) == listed
        and "blocked" in shown[listed[1]]
        and "off limits: own staff" in rows[1].text_content()
    )
    with desk.store.read() as tx:
        assert len(exports.history(tx, limit=50)) == before
    answer = visitor.post("/exports", {"list": town.LIST, "spec": SPEC, "to": "csv"})
    page_of = answer.headers["location"]
    assert "Download the file" in visitor.text(page_of)
    file = visitor.get(f"{page_of}/file")
    written = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["Lead Key"] for row in written] == [key for key in listed if key != listed[1]]
    assert file.headers["content-disposition"].startswith("attachment")
    again = visitor.text(f"/exports?list={quote(town.LIST)}&spec={SPEC}")
    assert f"{len(listed) - 1} skip" in again, "unchanged rows are skipped"
    with desk.store.read() as tx:
        assert [one.action for one in audit.entries(tx, limit=500)].count("export.download") == 1
    assert "say whose scores to send" in visitor.text(f"/exports?keys={listed[0]}")
    assert "column" in visitor.text(f"/exports?q=score:x&spec={SPEC}")
    reader = Visitor(desk, actor="max", scope=Scope.WRITE)
    assert reader.post("/exports", {"list": town.LIST, "spec": SPEC}).status_code == 403
    assert reader.get(f"{page_of}/file").status_code == 403


def test_questions_are_answered_one_after_the_other_and_taken_back(
    desk, visitor: Visitor, people: list[str]
) -> None:
    def asked() -> tuple[str, str] | None:
        page = visitor.page("/review")
        fields = {one.get("name"): one.get("value") for one in page.cssselect("main form input")}
        return (fields["left"], fields["right"]) if "left" in fields else None

    first = asked()
    assert first is not None
    sides = dict(zip(("left", "right"), first, strict=True))
    text = visitor.text("/review")
    assert "Speaks for it" in text and "Speaks against it" in text
    answer = visitor.follow(visitor.post("/review", {"say": "later", **sides}))
    assert asked() != first and "Put off until" in visitor.text("/review?later=true")
    undo(visitor, answer)
    assert asked() == first
    assert visitor.post("/review", {"say": "perhaps", **sides}).status_code == 422
    reader = Visitor(desk, actor="max", scope=Scope.READ)
    assert not reader.page("/review").cssselect("main form")
    assert reader.post("/review", {"say": "same", **sides}).status_code == 403


def test_a_search_is_saved_shown_with_who_is_new_and_forgotten(
    desk, visitor: Visitor, people: list[str]
) -> None:
    fields = {"name": "Schedulers", "query": "scheduler", "specialism": SPEC, "back": "/saved"}
    assert "are under it now" in visitor.follow(visitor.post("/saved", fields)).text
    assert visitor.post("/saved", fields).status_code == 409
    broken = visitor.post("/saved", {**fields, "name": "Other", "query": "score:x"})
    assert broken.status_code == 400 and "column" in broken.text
    page = visitor.page("/saved")
    row = next(one for one in page.cssselect("tbody tr") if town.SEARCH in one.text_content())
    link = row.cssselect("a.button")[0]
    asked = parse_qs(urlsplit(link.get("href")).query)
    assert link.text_content() == f"Review {town.NEW}" and asked["search"] == [town.SEARCH]
    assert visitor.get(link.get("href")).status_code == 200
    visitor.post("/saved/remove", {"name": "Schedulers"})
    with desk.store.read() as tx:
        assert "Schedulers" not in [one.name for one in saved.ls(tx)]


def test_a_specialism_says_what_it_looks_for_and_an_unknown_one_which_there_are(
    visitor: Visitor, people: list[str]
) -> None:
    text = visitor.text(f"/specialisms/{SPEC}")
    assert "What earns points" in text and "Repositories" in text and "Where its evidence is read" in text
    assert SPEC in [
        one.get("href").rpartition("/")[2] for one in visitor.page("/specialisms").cssselect(".packs a")
    ]
    assert visitor.get("/specialisms/inference-performanc").status_code == 404


def test_off_limits_are_put_and_lifted_with_a_reason(visitor: Visitor, people: list[str]) -> None:
    visitor.post("/briefs/limits", {"organisation": "Orbit Labs", "reason": "client"})
    page = visitor.page("/briefs")
    rule = page.cssselect("input[name=rule]")[0].get("value")
    assert "Orbit Labs" in page.text_content() and "client" in page.text_content()
    assert visitor.post("/briefs/limits/lift", {"rule": rule, "reason": ""}).status_code in (403, 422)
    visitor.post("/briefs/limits/lift", {"rule": rule, "reason": "no client any more"})
    assert "Orbit Labs" not in visitor.text("/briefs")


PAGES = (ROLE, f"{ROLE}/board", "/history", "/review", "/saved", "/exports", "/briefs", "/lists")


@pytest.mark.slow
def test_blind_mode_shows_no_name_on_any_of_these_pages(desk, visitor: Visitor, people: list[str]) -> None:
    listed = on_list(visitor)
    lists.set_stage(desk.store, town.LIST, listed[0], "rejected", reason="x", actor="ana", now=desk.now())
    compare = "/compare?" + "&".join(f"keys={key}" for key in listed[:3]) + f"&spec={SPEC}"
    preview = f"/exports?list={quote(town.LIST)}&spec={SPEC}"
    told = names(visitor)
    seen = [
        path for path in (*PAGES, compare, preview) if any(name in visitor.get(path).text for name in told)
    ]
    assert {ROLE, f"{ROLE}/board", compare, preview, "/review"} <= set(seen), "the test would notice"
    visitor.choose(blind=True)
    for path in (*PAGES, compare, preview):
        text = visitor.get(path).text
        assert not [name for name in told if name in text], path


def test_whoever_may_only_read_sees_lists_without_anything_to_press(desk, people: list[str]) -> None:
    manager = Visitor(desk, actor="max", scope=Scope.READ)
    for path in (*PAGES, f"/specialisms/{SPEC}"):
        page = manager.page(path)
        posts = [one for one in page.cssselect("main form") if one.get("method") == "post"]
        assert posts == [], path
    for path, fields in ((f"{ROLE}/people", {"do": "remove", "keys": people[0]}), ("/undo", {"deed": "x"})):
        assert manager.post(path, fields).status_code == 403
