"""The public page: read by anybody, asked by anybody, telling nobody who is held; and the page of who answers."""

import json
from datetime import datetime
from typing import Any

import pytest
from ona import take, visit
from visiting import Visitor

from sourcing.privacy import cases
from sourcing.web.tries import REQUESTS_MAX, Tries
from spiders.door import Answer, Door
from storage import persons


@pytest.fixture
def stranger(desk: Any) -> Visitor:
    return Visitor(desk, scope=None)


def asked(stranger: Visitor, **fields: str) -> str:
    answer = stranger.client.post(
        "/privacy/requests",
        data={"kind": "access", "subject": "github:onavale"} | fields,
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize(("lang", "words"), [("de", "speichert"), ("fr", "conserve"), ("xx", "holds")])
def test_anybody_reads_the_notice_in_their_language(stranger: Visitor, lang: str, words: str) -> None:
    answer = stranger.client.get(f"/privacy?lang={lang}")
    assert answer.status_code == 200 and words in answer.text and "github_people" not in answer.text


def test_the_answer_is_the_same_whoever_is_held(
    desk: Any, stranger: Visitor, make: Any, now: datetime, keyer: Any
) -> None:
    take(desk.store, visit(make, now), keyer, now)
    pages = []
    for subject in ("github:onavale", "github:nobodies"):
        place = asked(stranger, subject=subject)
        text = stranger.client.get(place).text
        word = text.partition("<code>")[2].partition("</code>")[0]
        for own in (place.rpartition("/")[2], word, subject.removeprefix("github:")):
            text = text.replace(own, "·")
        pages.append(text)
    assert pages[0] == pages[1] and "Show that it is yours" in pages[0]


def test_a_report_is_handed_over_only_to_whoever_showed_control(
    desk: Any, stranger: Visitor, make: Any, now: datetime, keyer: Any
) -> None:
    take(desk.store, visit(make, now), keyer, now)
    with desk.store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"}), frozenset({"github:5"})], now)
    place = asked(stranger)
    assert stranger.client.get(f"{place}/report/file").status_code == 404
    case = cases.follow(desk.store, desk.settings, place.rpartition("/")[2])
    told = json.dumps({"id": 770077, "bio": cases.word(desk.settings, case)})
    cases.prove(desk.store, desk.settings, case, read=lambda url: told, now=now)
    page = stranger.client.get(f"{place}/report/file")
    assert page.status_code == 200 and "Ona Quill Vale" in page.text and "Ben Reed" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert stranger.client.get(f"{place}/report/file?json=true").json()["person"].startswith("p_")
    assert stranger.client.get("/privacy/requests/guessed/report/file").status_code == 404


def test_asking_is_limited_and_mistakes_are_told(stranger: Visitor) -> None:
    def ask(**fields: str) -> int:
        data = {"kind": "access", "subject": "github:onavale"} | fields
        return int(stranger.client.post("/privacy/requests", data=data, follow_redirects=False).status_code)

    assert ask(kind="everything") == 404 and ask(subject="somebody") == 422
    assert {ask() for _ in range(12)} >= {303, 429}


def test_addresses_are_read_one_at_a_time_and_seldom_for_one_request(
    desk: Any, stranger: Visitor, now: datetime
) -> None:
    class Slow(Door):
        """A door behind which a second visitor asks while the first one waits."""

        asked = 0

        def send(self, url: str, **_: Any) -> Answer:
            self.asked += 1
            codes.append(stranger.client.post(f"{second}/prove").status_code)
            return Answer(url=url, status=200, headers={}, body=b"{}")

    codes: list[int] = []
    first, second = asked(stranger), asked(stranger)
    desk.door = Slow(user_agent="tests")
    assert stranger.client.post(f"{first}/prove").status_code == 409 and codes == [429]
    case = cases.follow(desk.store, desk.settings, first.rpartition("/")[2])
    desk.requests = Tries(REQUESTS_MAX)
    for _ in range(REQUESTS_MAX):  # from anywhere
        desk.requests.count(f"case:{case.id}", now)
    assert stranger.client.post(f"{first}/prove").status_code == 429 and desk.door.asked == 1


def test_what_a_page_proved_waits_for_somebody_who_says_whose_it_is(
    desk: Any, stranger: Visitor, visitor: Visitor, make: Any, now: datetime, keyer: Any
) -> None:
    take(desk.store, visit(make, now), keyer, now)
    with desk.store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"})], now)
        owner = persons.find_by_identity(tx, "github:770077")
    assert owner is not None
    place = asked(stranger, subject="https://onavale.example/")
    case = cases.follow(desk.store, desk.settings, place.rpartition("/")[2])
    told = cases.word(desk.settings, case)
    cases.prove(desk.store, desk.settings, case, read=lambda url: told, now=now)
    assert stranger.client.get(f"{place}/report/file").status_code == 404
    assert f'action="/requests/{case.id}/prove"' in visitor.client.get("/requests").text
    visitor.post(f"/requests/{case.id}/prove", {"key": owner.key, "reason": "the page is about her"})
    assert "Ona Quill Vale" in stranger.client.get(f"{place}/report/file").text


def test_what_was_answered_is_corrected_no_more(
    desk: Any, stranger: Visitor, visitor: Visitor, make: Any, now: datetime, keyer: Any
) -> None:
    take(desk.store, visit(make, now), keyer, now)
    with desk.store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"})], now)
        owner = persons.find_by_identity(tx, "github:770077")
    assert owner is not None
    number = cases.follow(desk.store, desk.settings, asked(stranger, kind="correction").rpartition("/")[2]).id
    visitor.post(f"/requests/{number}/prove", {"key": owner.key, "reason": "answered from their page"})
    visitor.post(f"/requests/{number}/close", {"outcome": "it is right as it is", "refuse": "true"})
    answer = visitor.post(
        f"/requests/{number}/correct",
        {"attribute": "affiliation", "wrong": "Vale Institute", "right": "None"},
    )
    assert answer.status_code == 422
    assert "Vale Institute" in visitor.client.get(f"/people/{owner.key}").text


def test_who_answers_sees_what_is_due_and_answers_it(
    desk: Any, stranger: Visitor, visitor: Visitor, make: Any, now: datetime, keyer: Any
) -> None:
    take(desk.store, visit(make, now), keyer, now)
    with desk.store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"}), frozenset({"github:5"})], now)
        owner = persons.find_by_identity(tx, "github:770077")
    assert owner is not None
    place = asked(stranger, kind="correction", text="I left the <b>Institute</b>")
    number = cases.follow(desk.store, desk.settings, place.rpartition("/")[2]).id
    page = visitor.client.get("/requests").text
    assert "I left the &lt;b&gt;Institute&lt;/b&gt;" in page
    visitor.post(f"/requests/{number}/prove", {"key": owner.key, "reason": "answered from their page"})
    visitor.post(
        f"/requests/{number}/correct",
        {"attribute": "affiliation", "wrong": "Vale Institute", "right": "Orbit Labs"},
    )
    assert "stays so whatever is found again" in stranger.client.get(place).text
    assert "Institute" not in visitor.client.get(f"/people/{owner.key}").text
    assert stranger.client.get("/requests", follow_redirects=False).status_code in (303, 401)
