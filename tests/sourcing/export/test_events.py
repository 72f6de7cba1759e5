"""What the receiver of webhooks is told beside leads: at least once, never a name, given up after a day."""

from datetime import timedelta
from typing import Any

import pytest
from offices import Office, names

from sourcing import nightly, searches
from sourcing.errors import ConfigError
from sourcing.export import events, mapping
from storage import events as kept
from storage import index, persons, runs, saved, subjects

pytestmark = pytest.mark.parametrize("office", ["webhook"], indirect=True)


def deliver(office: Office, hours: float = 0) -> events.Report:
    now = office.now + timedelta(hours=hours)
    return events.deliver(office.store, office.settings, now=now, door=office.door)


def told(office: Office) -> list[dict[str, Any]]:
    """What the receiver got, each message once."""
    return list({one.headers["webhook-id"]: one.json for one in office.system.log}.values())


def finish(office: Office) -> str:
    with office.store.begin() as tx:
        run = runs.start(tx, "nightly", now=office.now, actor="cron")
        runs.step(tx, run, "resolve", now=office.now, status="done", detail={"persons": 3, "of": "x"})
        runs.finish(tx, run, now=office.now, status="partial", detail={"seconds": 61.5})
        events.finished(tx, office.settings, run, now=office.now)
    return run


def owed(office: Office) -> list[kept.Event]:
    with office.store.read() as tx:
        return kept.due(tx, now=office.now + timedelta(days=9), limit=99)


def test_an_event_is_sent_until_it_is_answered_and_then_never_again(office: Office) -> None:
    run = finish(office)
    assert deliver(office) == events.Report(told=1) and deliver(office) == events.Report()
    (one,) = told(office)
    assert (one["type"], one["timestamp"]) == ("run.finished", office.now.isoformat())
    assert one["data"]["run"] == run and one["data"]["status"] == "partial"
    assert one["data"]["steps"] == {"resolve": {"persons": 3, "status": "done"}}


def test_a_receiver_that_is_down_gets_the_same_message_eight_times_in_a_day(office: Office) -> None:
    finish(office)
    office.system.answers = [(400, {"message": "not now"})] * 8
    at, tries = 0.0, 0
    while owed(office) and at < 48:
        found = deliver(office, hours=at)
        tries += found != events.Report()
        at += 0.1
    assert tries == 8 and 20 < at < 24 and len({one.headers["webhook-id"] for one in office.system.log}) == 1
    assert deliver(office, hours=99) == events.Report()
    with office.store.read() as tx:
        assert kept.counts(tx) == {"given_up": 1}


def test_an_answer_that_never_came_is_asked_for_under_the_same_id(office: Office, monkeypatch) -> None:
    finish(office)
    finish(office)
    monkeypatch.delenv("SOURCER_WEBHOOK_SECRET")
    assert deliver(office) == events.Report(owed=2)
    monkeypatch.setenv("SOURCER_WEBHOOK_SECRET", office.system.secret)
    assert deliver(office, hours=1) == events.Report(told=2) and len(told(office)) == 2


def test_a_night_owes_its_end_however_it_ends(office: Office, monkeypatch) -> None:
    monkeypatch.delenv("SOURCER_WEBHOOK_SECRET")  # it gets as far as that nobody gave it a secret
    nightly.run(office.store, office.settings, now=office.now, actor="cron", steps=[])

    def stumble(text: str) -> None:
        raise RuntimeError(text)

    with pytest.raises(RuntimeError):
        nightly.run(
            office.store,
            office.settings,
            now=office.now,
            actor="cron",
            steps=[nightly.Step.SWEEP],
            say=stumble,
        )
    assert sorted(one.content["status"] for one in owed(office)) == ["done", "failed"]


def test_a_saved_search_is_told_of_once_for_each_person_and_names_nobody(office: Office) -> None:
    searches.save(office.store, "All", "", specialism=None, actor="ana", now=office.now)
    keys = office.people(*names(3))
    assert _ranked(office) == 1 and _ranked(office) == 0
    (one,) = owed(office)
    assert one.content["new"] == one.content["since_last"] == 3 and one.content["search"] == "All"
    with office.store.begin() as tx:
        saved.see(tx, "All", keys[:1], shown=True, now=office.now)
    assert _ranked(office) == 0, "who was looked at is no news"
    office.people(*names(4))
    assert _ranked(office) == 1
    assert sorted(one.content["since_last"] for one in owed(office)) == [1, 3]
    deliver(office)
    assert len(told(office)) == 2 and not [one for one in told(office) if "Ona" in str(one)]
    with office.store.begin() as tx:
        subjects.erase(tx, keys[1], office.now, keyer=office.keyer)
        searches_left = saved.announce(tx, "All", keys[2:])
    assert searches_left == 0


def test_who_was_joined_to_somebody_is_told_of_again_when_they_are_new_again(office: Office) -> None:
    searches.save(office.store, "All", "", specialism=None, actor="ana", now=office.now)
    keys = office.people(*names(2))
    with office.store.begin() as tx:
        assert saved.announce(tx, "All", keys) == 2
        members = [one for key in keys for one in persons.get(tx, key).identities]
        persons.rebuild(tx, [frozenset(members)], office.now)
        assert saved.announce(tx, "All", []) == 0
        assert saved.announce(tx, "All", [persons.resolve_key(tx, keys[0])]) == 1


def test_only_events_that_are_wanted_are_owed_and_an_unknown_one_is_named(office: Office) -> None:
    path = office.settings.config_dir / "connectors" / "webhook.toml"
    text = path.read_text()
    path.write_text(f'{text}[options]\nevents = "search.new"\n')
    finish(office)
    assert owed(office) == []
    path.write_text(f'{text}[options]\nevents = "search.old"\n')
    fields = mapping.of(office.settings, "webhook")
    with pytest.raises(ConfigError, match=r"unknown event 'search.old'"), office.opened(fields):
        pass
    path.write_text("")
    finish(office)
    assert owed(office) == [], "without a receiver nothing is owed"


def _ranked(office: Office) -> int:
    with office.store.begin() as tx:
        index.reindex(tx, None, shared=5)
    return events.ranked(office.store, office.settings, "nightly-1", now=office.now)
