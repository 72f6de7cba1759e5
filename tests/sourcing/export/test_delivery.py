"""Handing over when something happens in between: refusals half way, merges, erasures, answers that never came."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from offices import Office, names

from sourcing import nightly, touches
from sourcing.errors import ExportBlocked
from sourcing.export import delivery, order, recall
from sourcing.export.connectors.base import Parcel, Result
from sourcing.export.plan import Plan
from sourcing.export.wire import Refused, Unsure, Wire
from sourcing.privacy import suppression
from spiders.door import DoorClosed
from spiders.records import Outcome
from storage import exports, links, people, persons, recalls, subjects
from storage.notices import Rules

LATER = timedelta(days=2)


def of(*systems: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("office", systems, indirect=True)


def push(office: Office, prepared: Plan) -> str:
    with office.opened(prepared.fields) as connector:
        return delivery.push(
            office.store, prepared, connector, actor="ana", now=office.now, keyer=office.keyer,
            tell=lambda done, total: None,
        )  # fmt: skip


def erase(office: Office, key: str) -> None:
    with office.store.begin() as tx:
        subjects.erase(tx, key, office.now, keyer=office.keyer)


def merge(office: Office, count: int) -> str:
    """Let the first people be one, and return their living key."""
    accounts = [f"github:{1000 + at}" for at in range(count)]
    with office.store.begin() as tx:
        persons.rebuild(tx, [frozenset(accounts)], office.now)
        return persons.owners(tx, accounts)[accounts[0]]


def deliver(office: Office, days: int = 0) -> recall.Report:
    now = office.now + timedelta(days=days)
    return recall.deliver(office.store, office.settings, actor="ana", now=now, door=office.door)


class Between:
    """Does something right after a system took a message, before its answer is written."""

    def __init__(self, inner: Any, then: Callable[[], None]) -> None:
        self._inner, self._then = inner, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def push(self, parcels: list[Parcel], *, message: str) -> list[Result]:
        found: list[Result] = self._inner.push(parcels, message=message)
        self._then()
        return found


class Bulky:
    """Sends as a job what 2,000 leads more would be one for."""

    bulk_above = 205

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@of("hubspot")
def test_only_who_asked_for_it_is_marked_there_as_not_to_be_contacted(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr", "Wim Vale")
    office.send(keys)
    office.people("Ona Quill", "Ida Marr", "Wim Vale", org="Lowtide Works", day=1)
    with office.store.begin() as tx:
        people.hide(tx, keys[0], actor="ana", reason="left the field", now=office.now)
    suppression.add(
        office.store, office.settings, ["https://github.com/login-1"], reason="asked", now=office.now, actor="ana"
    )  # fmt: skip
    office.send(keys)
    recall.sweep(office.store, office.settings)
    assert deliver(office).done == {"hubspot": 1}
    assert {one.key for one in office.system.records.values() if "dnc" in one.flags} == {keys[1]}


@of("greenhouse", "ashby")
@pytest.mark.parametrize("fault", ["400", "after"])
def test_a_lead_that_was_made_and_refused_half_way_is_not_made_again(office: Office, fault: str) -> None:
    (key,) = office.people("Ona Quill")
    office.system.faults = ["", *[fault] * (4 if fault == "after" else 1)]
    assert office.send([key]) == {key: "failed"}
    with office.store.read() as tx:
        held = links.of(tx, office.name, [key])[key]
    assert held.external_id in office.system.records
    office.system.faults = []
    assert office.plan([key]).rows[0].action == "update" and office.send([key]) == {key: "ok"}
    assert office.system.keys == [key] and office.plan([key]).rows[0].action == "skip"
    entered = [one for one in office.system.writes if one.path == "/v3/applications"]
    assert len(entered) == (0 if office.name == "ashby" else 2 if fault == "400" else 1)


@of("greenhouse", "salesforce", "hubspot")
def test_an_answer_without_an_id_is_no_answer(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    office.system.faults = ["no id"]
    states = office.send(keys)
    assert "failed" not in states.values()
    office.send(keys)
    assert office.system.keys == sorted(keys)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_was_never_sent_is_certainly_not_done(outcome: Outcome) -> None:
    class Shut:
        def send(self, url: str, **asked: Any) -> Any:
            raise DoorClosed(outcome, "closed")

    wire = Wire(Shut(), "https://crm.example", lambda body: {})  # type: ignore[arg-type]
    is_unsent = outcome in (Outcome.BLOCKED_ADDRESS, Outcome.GONE)
    with pytest.raises(Refused if is_unsent else Unsure):
        wire.ask("POST", "/leads", {}, is_safe=False)


@of("greenhouse", "hubspot")
def test_what_was_sent_since_the_plan_is_planned_again(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    before = office.plan(keys)
    office.send(keys[:1])
    with office.store.read() as tx:
        first = exports.history(tx, limit=5)[0].id
    number = push(office, before)
    assert number != first and office.system.keys == sorted(keys)
    with office.store.read() as tx:
        assert {row.person: row.state for row in exports.get(tx, number).rows} == {
            keys[0]: "planned",
            keys[1]: "ok",
        }


@of("hubspot")
def test_cool_down_and_notice_are_asked_again_when_leads_are_sent(office: Office) -> None:
    keys = office.people("Ona Quill")
    prepared = office.plan(keys)
    untold = replace(prepared.occasion, rules=Rules(notice_days=30, from_collection=True))
    with pytest.raises(ExportBlocked):
        push(office, replace(prepared, occasion=untold))
    about = touches.Approach(what=None, actor="ben", now=office.now, limits=office.settings.outreach)
    touches.contacted(office.store, keys, about, reason="wrote")
    with pytest.raises(ExportBlocked):
        push(office, replace(prepared, occasion=replace(prepared.occasion, shortlist="Trainers")))
    assert office.system.log == []


@of("greenhouse", "hubspot")
def test_one_person_under_two_keys_is_made_once(office: Office) -> None:
    keys = office.people("Ona Quill", "Ona Quill")
    living = merge(office, 2)
    (row,) = office.plan(keys).rows
    assert row.person == living and office.send(keys) == {living: "ok"}
    assert office.system.keys == [living]


@of("greenhouse", "hubspot")
def test_what_is_left_is_done_although_people_became_one(office: Office) -> None:
    keys = office.people("Ona INVALID Quill", "Ona INVALID Vale", "Ida Marr")
    office.send(keys)
    with office.store.read() as tx:
        number = exports.history(tx, limit=1)[0].id
    living = merge(office, 2)
    office.system.is_lenient = True
    one, left = order.left(office.store, office.settings, number, now=office.now)
    order.resume(office.store, office.settings, one, left, actor="ana", now=office.now, door=office.door)
    with office.store.read() as tx:
        assert exports.states(tx, number) == {"ok": 3}
    assert office.system.keys == sorted([living, keys[2]])


@of("greenhouse", "hubspot", "lever", "salesforce", "webhook")
@pytest.mark.parametrize("how", ["answered", "never answered", "merged"])
def test_who_is_erased_while_leads_are_sent_is_erased_there(office: Office, how: str) -> None:
    keys = office.people("Ona Quill", "Ida Marr")

    def then() -> None:
        if how == "answered":
            erase(office, keys[0])
            deliver(office)  # as `erase` does: what is owed is told before the lead is known to be there
        else:
            raise SystemExit("killed")

    try:
        office.send(keys[:1], wrapped=lambda inner: Between(inner, then))
    except SystemExit:
        erase(office, merge(office, 2) if how == "merged" else keys[0])
    assert deliver(office, days=2).owed == {}
    left = [one for one in office.system.records.values() if "erased" not in one.flags]
    assert left == []
    with office.store.read() as tx:
        assert links.of(tx, office.name, keys) == {}
        assert not exports.of_person(tx, keys[:1]) and recalls.due(tx, now=office.now + LATER, limit=9) == []


@of("hubspot", "salesforce")
def test_an_erasure_that_is_refused_stays_owed_and_one_of_nobody_is_done(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    office.send(keys)
    refused = {
        "hubspot": (207, {"errors": [{"message": "locked", "context": {}}]}),
        "salesforce": (200, [{"success": False, "errors": [{"statusCode": "LOCKED", "message": "locked"}]}]),
    }
    gone = {
        "hubspot": (404, {"message": "no such contact"}),
        "salesforce": (200, [{"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED"}]}]),
    }
    erase(office, keys[0])
    office.system.answers = [refused[office.name]]
    assert deliver(office).owed == {office.name: 1} and len(office.system.records) == 2
    assert deliver(office, days=2).done == {office.name: 1} and office.system.keys == [keys[1]]
    erase(office, keys[1])
    office.system.answers = [gone[office.name]]
    assert deliver(office, days=2).done == {office.name: 1}


@of("hubspot")
def test_a_system_that_is_down_is_not_asked_for_everybody(office: Office) -> None:
    keys = office.people(*names(5))
    office.send(keys)
    for key in keys:
        erase(office, key)
    before = len(office.system.writes)
    office.system.answers = [(400, {"message": "not now"})] * 3
    assert deliver(office).owed == {"hubspot": 5} and len(office.system.writes) == before + 3
    assert deliver(office, days=2).owed == {} and office.system.records == {}


@of("hubspot")
def test_silence_reaches_every_copy_of_people_who_became_one(office: Office) -> None:
    keys = office.people("Ona Quill", "Ona Quill")
    office.send(keys)
    merge(office, 2)
    suppression.add(
        office.store, office.settings, ["https://github.com/login-0"], reason="asked", now=office.now, actor="ana"
    )  # fmt: skip
    assert recall.sweep(office.store, office.settings) == 2 and deliver(office).done == {"hubspot": 2}
    assert all("dnc" in one.flags for one in office.system.records.values())


@of("hubspot")
def test_a_night_tries_again_what_is_owed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    prepared = office.plan(keys)
    office.send(keys)
    erase(office, keys[0])
    suppression.add(
        office.store, office.settings, ["https://github.com/login-1"], reason="asked", now=office.now, actor="ana"
    )  # fmt: skip
    monkeypatch.delenv(str(prepared.fields.secret))  # it gets as far as that nobody gave it a secret
    found = nightly.run(
        office.store, office.settings, now=office.now, actor="operator", steps=[nightly.Step.SWEEP]
    )
    assert found.steps["sweep"]["still_owed"] == {"hubspot": 2}
    with office.store.read() as tx:
        owed = recalls.due(tx, now=office.now + LATER, limit=9)
    assert {(one.event, one.tries) for one in owed} == {(recalls.ERASED, 1), (recalls.SUPPRESSED, 1)}


@of("webhook")
def test_a_receiver_of_whole_leads_is_sent_any_change(office: Office) -> None:
    keys = office.people("Ona Quill")
    office.send(keys)
    assert office.plan(keys).counts["skip"] == 1
    web = office.settings.web.model_copy(update={"public_url": "https://sourcer.example"})
    office.settings = office.settings.model_copy(update={"web": web})
    assert office.plan(keys).counts["update"] == 1 and office.send(keys) == {keys[0]: "ok"}
    (one,) = office.system.records.values()
    assert one.values["profile_url"].startswith("https://sourcer.example/")
    assert office.plan(keys).counts["skip"] == 1


@of("salesforce")
def test_many_leads_go_as_one_job_and_each_row_is_told_of(office: Office) -> None:
    some = names(204)
    keys = office.people(*some, "Ida INVALID Marr", 'Wim\nVale "x", y')
    states = office.send(keys, wrapped=Bulky)
    assert states.pop(keys[204]) == "failed" and set(states.values()) == {"ok"}
    assert len(office.system.jobs) == 1 and office.system.keys == sorted(set(keys) - {keys[204]})
    assert office.waits, "it waited for the job to end"
    office.now += LATER
    del office.system.records[office.system.id_of(keys[3])]
    office.system.is_lenient = True
    office.people(*some, "Ida INVALID Marr", 'Wim\nVale "x", y', org="Lowtide Works")
    prepared = office.plan(keys)
    assert prepared.counts == {"create": 1, "update": 205, "skip": 0, "blocked": 0}
    states = office.send(keys, wrapped=Bulky)
    assert states.pop(keys[3]) == "failed" and set(states.values()) == {"ok"} and len(office.system.jobs) == 2
    companies = {one.values["Company"] for one in office.system.records.values()}
    assert companies == {"Lowtide Works"} and len(office.system.keys) == 205
    sent = office.system.jobs["job-1"].rows[0]
    assert set(sent) == {"Id", "Sourcer_Key__c", "Company"}, "only what changed is sent"
    assert office.plan(keys).counts["skip"] == 205


@of("salesforce")
@pytest.mark.parametrize("fault", ["500", "after", "html", "400"])
def test_a_job_whose_answers_fail_makes_nobody_twice(office: Office, fault: str) -> None:
    keys = office.people(*names(206))
    office.system.faults = [fault, "", fault]
    assert set(office.send(keys, wrapped=Bulky).values()) == {"ok"} and office.system.keys == sorted(keys)
