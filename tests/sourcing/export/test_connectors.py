"""Each connector against an invented system that is as strict as PRODUCT §6.4: one test a row of that list."""

import json
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from offices import SPEC, Office, names
from visiting import Visitor, make_desk
from wired import texts

from sourcing.errors import BadInput, NoCredentials, NotAllowed
from sourcing.export import becoming, delivery, mapping, order, recall
from sourcing.privacy import suppression
from sourcing.settings import Privacy
from storage import audit, exports, links, placements, subjects

ONE_BY_ONE = ("ashby", "greenhouse", "lever")
RTL, LONG = "مينا أوكونجو 研究 🧪", "x" * 100_000


def test_01_it_shows_who_it_is_and_what_it_sends(office: Office, monkeypatch) -> None:
    keys = office.people(*names(3))
    assert set(office.send(keys).values()) == {"ok"} and office.system.keys == sorted(keys)
    for asked in office.system.writes:
        assert (
            asked.headers["content-type"] == "application/json" and asked.headers["user-agent"] == "sourcer"
        )
    with office.opened(mapping.load(office.name, office.settings.roots)) as connector:
        assert connector.check()
    wrong = "whsec_" + "QUJD" * 12 if office.name == "webhook" else "another:secret"
    monkeypatch.setenv(str(connector.fields.secret), wrong)
    with office.store.begin() as tx:
        for key in keys:
            links.drop(tx, office.name, [key])
    fresh = office.people(*names(3), "Ida Marr")[3:]
    with pytest.raises(NoCredentials):
        office.send(fresh)
    assert office.system.keys == sorted(keys)


def test_02_a_message_is_no_larger_than_it_may_be(office: Office) -> None:
    keys = office.people(*names(205))
    assert set(office.send(keys).values()) == {"ok"} and office.system.keys == sorted(keys)


def test_03_only_configured_fields_leave_and_what_recruiters_own_is_written_once(office: Office) -> None:
    (key,) = office.people("Ona Quill")
    office.send([key])
    first = len(office.system.writes)
    office.people("Ona Quill Vale", org="Lowtide Works")
    assert office.send([key])[key] == "ok"
    later = texts([asked.json for asked in office.system.writes[first:]])
    once = [
        name
        for name in mapping.load(office.name, office.settings.roots).once
        if not name.startswith("Sourcer")
    ]
    if office.name != "webhook":  # which is sent whole leads
        assert not [name for name in once if f'"{name}"' in later]
    if office.name not in ("lever", "ashby"):  # which hold no organisation
        assert "Lowtide Works" in later
        assert office.name == "webhook" or "people.example" not in later, (
            "a field that did not change was sent"
        )


def test_04_sending_again_makes_and_writes_nothing(office: Office) -> None:
    keys = office.people(*names(4))
    office.send(keys)
    before = len(office.system.writes)
    assert office.plan(keys).counts == {"create": 0, "update": 0, "skip": 4, "blocked": 0}
    office.send(keys)
    assert len(office.system.writes) == before and office.system.keys == sorted(keys)


@pytest.mark.parametrize(("fault", "at_least"), [("429s", 7.0), ("429d", 9.0)])
def test_05_a_limit_is_waited_for_as_it_asks(office: Office, fault: str, at_least: float) -> None:
    keys = office.people(*names(2))
    office.system.faults = [fault]
    assert set(office.send(keys).values()) == {"ok"}
    assert max(office.waits) >= at_least and office.system.keys == sorted(keys)


def test_06_a_failure_of_theirs_makes_nothing_twice(office: Office) -> None:
    keys = office.people(*names(2))
    office.system.faults = ["500"]
    assert set(office.send(keys).values()) == {"ok"} and office.system.keys == sorted(keys)


def test_07_an_answer_that_never_came_makes_nothing_twice(office: Office) -> None:
    keys = office.people(*names(2))
    office.system.faults = ["after"]
    assert set(office.send(keys).values()) == {"ok"} and office.system.keys == sorted(keys)


def test_08_one_bad_row_stops_no_other(office: Office) -> None:
    keys = office.people(*names(3), "Ida REFUSE Marr", *(f"Wim {name}" for name in names(3)))
    states = office.send(keys)
    assert states.pop(keys[3]) == "failed"
    assert set(states.values()) == {"ok"} and keys[3] not in office.system.keys


def test_09_a_mixed_answer_is_read_row_by_row_and_only_what_failed_is_sent_again(office: Office) -> None:
    keys = office.people(*names(3), "Ida INVALID Marr")
    states = office.send(keys)
    assert states.pop(keys[3]) == "failed" and set(states.values()) == {"ok"}
    with office.store.read() as tx:
        number = exports.history(tx, limit=1)[0].id
    office.system.is_lenient = True
    before = len(office.system.writes)
    one, left = order.left(office.store, office.settings, number, now=office.now)
    assert [row.person for row in left.rows] == [keys[3]]
    order.resume(office.store, office.settings, one, left, actor="ana", now=office.now, door=office.door)
    assert keys[3] in office.system.keys and len(office.system.keys) == 4
    assert keys[0] not in texts([asked.json for asked in office.system.writes[before:]])
    with pytest.raises(BadInput, match="every row"):
        order.left(office.store, office.settings, number, now=office.now)


def test_10_a_no_inside_a_yes_is_a_no(office: Office) -> None:
    (key,) = office.people("INVALID Marr")
    assert office.send([key]) == {key: "failed"} and office.system.keys == []
    with office.store.read() as tx:
        assert links.of(tx, office.name, [key]) == {}


def test_11_who_was_merged_there_is_followed_and_who_was_deleted_there_is_let_be(office: Office) -> None:
    keys = office.people(*names(2))
    office.send(keys)
    if office.name == "webhook":
        return  # a receiver has no ids of its own
    new = office.system.merge(keys[0])
    del office.system.records[office.system.id_of(keys[1])]
    office.people(*names(2), page="new-", day=1)
    assert office.plan(keys).counts["update"] == 2
    states = office.send(keys)
    assert states == {keys[0]: "ok", keys[1]: "failed"} and len(office.system.records) == 1
    with office.store.read() as tx:
        held = links.of(tx, office.name, keys)
    assert (held[keys[0]].external_id, held[keys[1]].state) == (new, "gone")
    assert office.plan([keys[1]]).rows[0].reason == "deleted there; it is not made again"


def test_12_a_page_instead_of_an_answer_is_no_answer(office: Office) -> None:
    keys = office.people(*names(2))
    office.system.faults = ["html"]
    states = office.send(keys)
    assert set(states.values()) == {"ok"} and office.system.keys == sorted(keys)


def test_13_any_script_and_length_arrives(office: Office) -> None:
    keys = office.people(RTL, f"Ona {LONG}")
    assert set(office.send(keys).values()) == {"ok"}
    assert "研究" in b"".join(asked.body for asked in office.system.writes).decode()


def test_14_no_secret_and_nobody_who_must_not_be_contacted_leaves(office: Office, caplog) -> None:
    keys = office.people(*names(2), "Vera Silent")
    prepared = office.plan(keys)
    suppression.add(
        office.store,
        office.settings,
        ["https://github.com/login-2"],
        reason="asked",
        now=office.now,
        actor="ana",
    )
    assert office.plan(keys).counts["blocked"] == 1
    with office.opened(prepared.fields) as connector:  # suppressed between the plan and the hand-over
        number = delivery.push(
            office.store, prepared, connector, actor="ana", now=office.now, keyer=office.keyer,
            tell=lambda done, total: None,
        )  # fmt: skip
    sent = b"".join(asked.body for asked in office.system.log).decode()
    assert "Silent" not in sent and keys[2] not in sent and office.system.keys == sorted(keys[:2])
    with office.store.read() as tx:
        ledger = repr(exports.get(tx, number)) + repr(list(audit.entries(tx, limit=50)))
    for secret in {office.system.secret, office.system.secret.partition(":")[2] or "-" * 40}:
        assert secret not in sent + ledger + caplog.text + repr(connector)


def test_15_looking_at_a_plan_asks_nobody(office: Office) -> None:
    keys = office.people(*names(2))
    assert office.plan(keys).counts["create"] == 2 and office.system.log == []
    with pytest.raises(BadInput, match="something changed"):
        order.send(
            office.store, office.settings, office.plan(keys), actor="ana", now=office.now,
            expect=office.plan(keys[:1]).digest, door=office.door,
        )  # fmt: skip
    assert office.system.log == []


def test_16_erasing_and_silencing_reach_the_system_once(office: Office) -> None:
    keys = office.people(*names(3))
    office.send(keys)
    with office.store.begin() as tx:
        subjects.erase(tx, keys[0], office.now, keyer=office.keyer)
    suppression.add(
        office.store,
        office.settings,
        ["https://github.com/login-1"],
        reason="asked",
        now=office.now,
        actor="ana",
    )
    assert (
        recall.sweep(office.store, office.settings) == 1 and recall.sweep(office.store, office.settings) == 0
    )
    before = len(office.system.writes)
    for expected in ({office.name: 2}, {}):
        found = recall.deliver(office.store, office.settings, actor="ana", now=office.now, door=office.door)
        assert (found.done, found.owed) == (expected, {})
    assert len(office.system.writes) == before + 2
    left = {one.key: one.flags for one in office.system.records.values()}
    assert "dnc" in left[keys[1]] and "dnc" not in left[keys[2]]
    assert keys[0] not in left or "erased" in left[keys[0]]  # Lever has no way to delete
    with office.store.read() as tx:
        assert audit.verify(tx).ok and len(audit.of_action(tx, "export.recall")) == 2


def test_17_what_became_of_leads_is_read_back(office: Office) -> None:
    keys = office.people(*names(3))
    office.send(keys)
    for one in office.system.records.values():
        one.flags |= {keys[0]: {"hired"}, keys[1]: {"optout"}}.get(one.key, set())
    found = becoming.pull(
        office.store, office.settings, office.name, actor="ana", now=office.now, door=office.door
    )
    if office.name == "webhook":  # nobody to ask
        assert found.outcomes == {}
        return
    assert found.outcomes == {"hired": 1, "open": 2}
    with office.store.read() as tx:
        assert [one.outcome for one in placements.of(tx, keys)[keys[0]]] == ["hired"]
        long_ago = office.now - timedelta(days=900)
        assert placements.decided(tx, after=long_ago) == {SPEC: {keys[0]: True}}
        assert placements.decided(tx, after=office.now) == {}
    if found.opted_out:
        assert office.plan([keys[1]]).rows[0].reason == "opted out there"


def killed(office: Office, keys: list[str], *, at: int, folder: Path) -> int:
    """Let a process of its own hand people over, kill it once the system holds so many, and return its exit code."""
    told = {
        "config": str(office.settings.home / "sourcer.toml"), "now": office.now.isoformat(), "keys": keys,
        "specialism": SPEC, "name": office.name, "store": office.store.url,
        "pins": dict.fromkeys(office.system.hosts, office.system.pin),
    }  # fmt: skip
    (folder / "told.json").write_text(json.dumps(told))
    born = threading.Event()

    def strike() -> None:
        born.wait()
        process.kill()
        process.wait()

    office.system.strike = (at, strike)
    command = [sys.executable, str(Path(__file__).with_name("sender.py")), str(folder / "told.json")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        born.set()
        _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()
    return len(office.system.records)


@pytest.mark.slow
@pytest.mark.row("F40")
def test_18_a_kill_in_the_middle_makes_nobody_twice(office: Office, tmp_path: Path) -> None:
    is_short = (
        office.store.dialect != "sqlite" and office.name in ONE_BY_ONE
    )  # thousands of requests and commits
    size = 60 if is_short else 500
    keys = office.people(*names(size))
    there = killed(office, keys, at=size // 2, folder=tmp_path)
    assert size // 2 <= there < size
    with office.store.read() as tx:
        (one,) = exports.history(tx, limit=5)
    assert one.finished_at is None
    again, left = order.left(office.store, office.settings, one.id, now=office.now)
    order.resume(office.store, office.settings, again, left, actor="ana", now=office.now, door=office.door)
    assert office.system.keys == sorted(keys)
    with office.store.read() as tx:
        assert exports.states(tx, one.id) == {"ok": size}
    assert office.plan(keys).counts == {"create": 0, "update": 0, "skip": size, "blocked": 0}


@pytest.mark.parametrize("office", ["hubspot"], indirect=True)
def test_the_page_sends_what_was_previewed_and_later_what_is_left(office: Office) -> None:
    keys = office.people(*names(2), "Ida INVALID Marr")
    visitor = Visitor(make_desk(office.settings, office.store, office.now, door=office.door))
    asked = {"keys": keys, "spec": SPEC, "to": "hubspot"}
    preview = visitor.page("/exports?" + urlencode(asked, doseq=True))
    assert "hubspot v2" in preview.text_content() and office.system.log == []
    (digest,) = preview.xpath("//input[@name='plan']/@value")
    assert (
        visitor.post("/exports", {**asked, "plan": "0" * 64}).status_code == 422 and office.system.log == []
    )
    sent = visitor.post("/exports", {**asked, "plan": digest}).headers["location"]
    assert len(office.system.keys) == 2 and "a value is wrong" in visitor.text(sent)
    office.system.is_lenient = True
    one, left = order.left(office.store, office.settings, sent.rpartition("/")[2], now=office.now)
    strict = office.settings.model_copy(update={"privacy": Privacy(profiles=("new-york-city",))})
    by = {"now": office.now, "door": office.door}
    with pytest.raises(NotAllowed, match="bias report"):
        order.resume(office.store, strict, one, left, actor="ana", **by)
    with pytest.raises(NotAllowed, match="look at the plan"):
        order.resume(office.store, office.settings, one, left, actor="ben", **by)
    visitor.post(f"{sent}/retry")
    assert office.system.keys == sorted(keys) and "Send what is left" not in visitor.text(sent)
