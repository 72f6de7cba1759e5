"""Nobody is decided about unseen, and the ranking ends everywhere when somebody says so (TRUST P13)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import town
from lxml import html
from visiting import Visitor, client_of

from sourcing import access, nightly, oversight
from sourcing import people as verbs
from sourcing.access import Scope
from sourcing.errors import NotAllowed
from sourcing.nightly import Step
from storage import audit, lists, scores, views

ROLE, SPEC = f"/lists/{quote(town.LIST)}", town.SPECS[0]
STOP = {"reason": "the figures are doubted"}


@pytest.fixture
def people(desk, make, now, keyer) -> list[str]:
    return town.fill(desk.store, make, now, keyer, desk.settings)


def stage(visitor: Visitor, key: str) -> str | None:
    with visitor.desk.store.read() as tx:
        return next((one.value for one in verbs.sheet(tx, key).marks if str(one.kind) == "stage"), None)


def reject(visitor: Visitor, key: str) -> Any:
    return visitor.post(
        "/people/act", {"do": "stage", "stage": "rejected", "reason": "other focus", "keys": key}
    )


@pytest.mark.row("P13")
@pytest.mark.parametrize(
    "way", ["/people/{}", "/people?person={}&without=why", f"/people?spec={SPEC}&size=100", ROLE]
)
def test_who_was_not_shown_the_reasons_decides_nothing(visitor: Visitor, people: list[str], way: str) -> None:
    with visitor.desk.store.read() as tx:
        key = lists.show(tx, town.LIST).items[0].person
    for act, fields in (
        ("/people/act", {"do": "stage", "stage": "rejected", "reason": "x", "keys": key}),
        ("/people/act", {"do": "stage", "stage": "shortlisted", "reason": "x", "keys": key}),
        ("/people/act", {"do": "hide", "reason": "x", "keys": key}),
        (f"{ROLE}/people", {"do": "stage", "stage": "contacted", "reason": "x", "keys": key}),
        (f"{ROLE}/people", {"do": "dismiss", "reason": "x", "keys": key}),
        (f"/people/{key}/contacted", {"reason": "x"}),
    ):
        refused = visitor.post(act, fields)
        assert (refused.status_code, "rule P13" in refused.text) == (403, True), (act, fields)
    assert reject(visitor, key).status_code == 403
    visitor.get(way.format(key))
    assert reject(visitor, key).status_code == 303 and stage(visitor, key) == "rejected"
    with visitor.desk.store.read() as tx:
        assert views.of(tx, "ana", [key])[key] == {views.Viewed(specialism=SPEC, version=f"{SPEC}@1")}
    other = visitor.post("/people/act", {"do": "hide", "reason": "x", "keys": [key, people[-1]]})
    assert other.status_code == (303 if "size=100" in way else 403), "one of two was never shown"


@pytest.mark.row("P13")
def test_what_another_saw_or_an_older_score_counts_for_nothing(
    visitor: Visitor, people: list[str], now
) -> None:
    key, ben = people[0], Visitor(visitor.desk, actor="ben")
    ben.get(f"/people/{key}")
    assert reject(visitor, key).status_code == 403
    visitor.get(f"/people/{key}")
    with visitor.desk.store.begin() as tx:
        for slug in town.SPECS:
            held = [one for one in scores.of_person(tx, key) if one.specialism == slug]
            again = [replace(scores.get(tx, key, slug), version=f"{slug}@2") for _ in held]
            scores.put(tx, slug, f"{slug}@2", again, None, now, people={key})
    assert reject(visitor, key).status_code == 403, "the specialism is another than the one explained"
    visitor.get(f"/people/{key}")
    assert reject(visitor, key).status_code == 303


@pytest.mark.row("P13")
def test_a_program_asks_for_the_scores_before_it_decides(desk, people: list[str]) -> None:
    _, secret = access.create_key(desk.store, "robot", scope=Scope.WRITE, days=1, actor="ana", now=desk.now())
    client = client_of(desk, headers={"authorization": f"Bearer {secret}"})
    path, body = f"/api/v1/people/{people[0]}", {"stage": "rejected", "reason": "other focus"}

    def change(fields: Mapping[str, Any]) -> int:
        tag = client.get(path).headers["etag"]
        return int(client.patch(path, json=fields, headers={"if-match": tag}).status_code)

    assert (change(body), change({"hidden": True, "reason": "x"})) == (403, 403)
    assert change({"stage": "reviewing", "reason": "x"}) == 200, "to look at somebody decides nothing"
    assert client.get(f"{path}/score").status_code == 200
    assert (change(body), change({"hidden": True, "reason": "x"})) == (200, 200)


@pytest.mark.row("P13")
def test_nobody_is_exported_unseen_by_whoever_sends_them(visitor: Visitor, people: list[str]) -> None:
    role, key = {"list": town.LIST, "spec": SPEC}, people[-1]
    ben = Visitor(visitor.desk, actor="ben")
    refused = visitor.post("/exports", role)
    assert (refused.status_code, "look at the plan" in refused.text) == (403, True)
    preview = visitor.page("/exports?" + urlencode(role))
    reasons = [
        row.cssselect("td")[2].text_content() for row in preview.cssselect("[aria-label=Preview] tbody tr")
    ]
    assert reasons and all(reasons)
    assert (ben.post("/exports", role).status_code, visitor.post("/exports", role).status_code) == (403, 303)
    alone = {"keys": key, "spec": SPEC}
    assert ben.post("/exports", alone).status_code == 403
    visitor.get(f"/people/{key}")
    visitor.post("/people/act", {"do": "stage", "stage": "shortlisted", "reason": "strong", "keys": key})
    assert ben.post("/exports", alone).status_code == 303, "ana saw and decided"


@pytest.mark.row("P13")
def test_the_ranking_is_switched_off_everywhere_and_on_again(
    visitor: Visitor, people: list[str], now
) -> None:
    desk = visitor.desk
    client = Visitor(desk).client
    before = client.get(f"/api/v1/people?spec={SPEC}&facets=true").json()
    assert before["people"][0]["score"] is not None
    assert visitor.post("/oversight/stop", {"reason": " "}).status_code == 403
    assert Visitor(desk, actor="eve", scope=Scope.WRITE).post("/oversight/stop", STOP).status_code == 403
    assert "The ranking is off" in visitor.follow(visitor.post("/oversight/stop", STOP)).text
    off = client.get(f"/api/v1/people?spec={SPEC}&facets=true").json()
    assert off["total"] == before["total"] and not any(off["histogram"]) and not off["facets"].get("level")
    assert {one["score"] for one in off["people"]} == {None}
    assert client.get(f"/api/v1/people?q=score:%3E%3D1&spec={SPEC}").json()["total"] == 0
    walked = _walked(client, f"/api/v1/people?spec={SPEC}&size=25")
    assert len(walked) == len(set(walked)) == before["total"]
    with desk.store.read() as tx:
        assert verbs.sheet(tx, people[0]).scores == () and scores.ranking(tx, SPEC, limit=5) == []
    for path in (f"/people?spec={SPEC}", f"/people/{people[0]}", ROLE, f"{ROLE}/board", "/"):
        page = html.fromstring(visitor.get(path).text)
        assert not page.cssselect(".person-score .score, .score-cell .score, .factors .num"), path
    with pytest.raises(NotAllowed, match="doubted"):
        nightly.rank(desk.store, desk.settings, now=now, run=None)
    night = nightly.run(desk.store, desk.settings, now=now, actor="ana", steps=[Step.RANK])
    assert night.steps["rank"]["held"] and "switched off" in nightly.summary(night)
    visitor.post("/oversight/resume", {"reason": "they were right"})
    after = client.get(f"/api/v1/people?spec={SPEC}&facets=true").json()
    assert after == before
    with desk.store.read() as tx:
        told = [one for name in (oversight.STOP, oversight.RESUME) for one in audit.of_action(tx, name)]
    assert [(one.actor, one.detail["reason"]) for one in told] == [
        ("ana", STOP["reason"]),
        ("ana", "they were right"),
    ]


def _walked(client: Any, path: str) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        found += [one["person"] for one in page["people"]]
        cursor = page["next"]
    return found
