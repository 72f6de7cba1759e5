"""One scenario for each profile of laws: told, asked, reported, decided, opted out, answered and kept (TRUST P20)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import town

from sourcing import jurisdictions, marking, oversight
from sourcing.errors import BadInput, ConfigError, ExportBlocked, NotAllowed
from sourcing.export import order
from sourcing.fairness import reported
from sourcing.privacy import cases, due, profiling
from sourcing.privacy import notices as telling
from sourcing.query import parse
from sourcing.settings import Privacy, Settings
from storage import cases as requests
from storage import lists, notices, people, rankings, scores, search
from storage.cases import Kind, State
from storage.engine import Store
from storage.notices import business_days_after

DAY = timedelta(days=1)
SPEC = town.SPECS[0]
RECORDS_MIN = 183


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What a profile asks, in days; 0 = not asked for."""

    answer: int = 30
    confirm: int = 0
    advance: int = 0
    records: int = RECORDS_MIN
    report: bool = False
    opt_out: bool = True


LAWS = {
    "eu": Law(),
    "uk": Law(),
    "new-york-city": Law(advance=10, report=True, opt_out=False),
    "california": Law(answer=45, confirm=10, records=1461),
    "colorado": Law(answer=45, records=1096, report=True),
    "illinois": Law(),
    "connecticut": Law(answer=45),
}


@pytest.mark.row("P20")
@pytest.mark.parametrize("name", LAWS)
def test_a_role_is_filled_under_the_laws_of_a_place(
    name: str, store: Store, settings: Settings, make: Any, now: datetime, keyer: Any, tmp_path: Path
) -> None:
    law = LAWS[name]
    keys = town.fill(store, make, now, keyer, settings)
    here = settings.model_copy(
        update={"privacy": Privacy(profiles=(name,), keep_log_days=max(400, law.records))}
    )
    with store.read() as tx:
        on = [item.person for item in lists.show(tx, town.LIST).items]
    _records_are_kept(settings, name, law)
    _decided_after_the_reasons(store, here, on[0], now)
    handed = _handed_over(store, here, law, on, now, tmp_path)
    _told_in_time(store, here, on, now)
    _asked_and_answered(store, here, law, keys[-1], handed)
    _reviewed(store, here, keys[-1], handed)
    _opted_out(store, here, law, keys[-2], handed)


def _records_are_kept(settings: Settings, name: str, law: Law) -> None:
    if law.records > RECORDS_MIN:
        short = Privacy(profiles=(name,), keep_log_days=law.records - 1)
        with pytest.raises(ConfigError, match=f"records of {law.records} days"):
            jurisdictions.duties(settings.model_copy(update={"privacy": short}))


def _decided_after_the_reasons(store: Store, here: Settings, key: str, now: datetime) -> None:
    def reject() -> str | None:
        look = oversight.stage_guard(here, "rejected", actor="ana", now=now)
        return marking.set_stage(
            store, key, "rejected", actor="ana", reason="other focus", now=now, guard=look
        )

    with pytest.raises(NotAllowed, match="P13"):
        reject()
    with store.read() as tx:
        held = scores.of_person(tx, key)
    oversight.looked(store, key, held, actor="ana", now=now)
    assert reject() is not None


def _handed_over(
    store: Store, here: Settings, law: Law, on: list[str], now: datetime, tmp_path: Path
) -> datetime:
    """Return when the shortlist could be handed over, having tried in vain before."""
    wanted = order.Order(shortlist=town.LIST)

    def send(at: datetime) -> str:
        return order.send(store, here, order.prepare(store, here, wanted, now=at), actor="ana", now=at)

    if law.report:
        with pytest.raises(NotAllowed, match="bias report"):
            send(now)
        nobody = tmp_path / "nobody.csv"
        nobody.write_text("person,sex\n")
        reported.report(store, town.LIST, nobody, home=here.home, actor="ana", now=now)
        with pytest.raises(NotAllowed, match="compares groups"):
            send(now)
        answers = town.answers(tmp_path / "answers.csv")
        reported.report(store, town.LIST, answers, home=here.home, actor="ana", now=now)
    if law.advance:
        with pytest.raises(ExportBlocked):
            send(now)
        for key in on:
            telling.told(store, here, key, language=None, actor="ana", now=now)
        with pytest.raises(ExportBlocked):
            send(business_days_after(now, law.advance) - timedelta(minutes=1))
    at = business_days_after(now, law.advance)
    with pytest.raises(NotAllowed, match="look at the plan"):
        send(at)
    order.looked(store, order.prepare(store, here, wanted, now=at), actor="ana", now=at)
    assert send(at)
    if law.report:
        with pytest.raises(NotAllowed, match="bias report"):
            send(now + 366 * DAY)
    return at


def _told_in_time(store: Store, here: Settings, on: list[str], now: datetime) -> None:
    """Whoever was not told is owed a notice ten business days ahead, and leaves lists and exports after 30 days."""
    rules = jurisdictions.duties(here).rules
    with store.read() as tx:
        waits = telling.waiting(tx, here)
        ends = {key: at for key, (_, at) in waits.items() if key in on}
        if not ends:
            return  # everybody was told before the hand-over
        key, at = min(ends.items())
        early = [one.subject for one in due.soon(tx, here, now=at - 20 * DAY) if one.what is due.What.NOTICE]
        soon = [one.subject for one in due.soon(tx, here, now=at - 10 * DAY) if one.what is due.What.NOTICE]
        assert key not in early and key in soon
        assert at <= now + 30 * DAY
        assert key in notices.blocks(tx, [key], rules=rules, now=at + DAY)
    telling.told(store, here, key, language=None, actor="ana", now=at)
    with store.read() as tx:
        assert notices.blocks(tx, [key], rules=rules, now=at + DAY) == {}


def _asked_and_answered(store: Store, here: Settings, law: Law, key: str, now: datetime) -> None:
    opened = cases.open_case(store, here, kind="access", subject="github:somebody", now=now).case
    assert opened.due_at == now + law.answer * DAY
    with store.read() as tx:
        owed = {(one.what, one.due_at) for one in due.soon(tx, here, now=now) if one.subject == opened.id}
        last = {one.what for one in due.soon(tx, here, now=now + 29 * DAY) if one.subject == opened.id}
    if law.confirm:
        assert opened.confirm_by == business_days_after(now, law.confirm)
        assert owed == set(), "ten business days are the time there is, told from the next day on"
        with store.read() as tx:
            told = due.soon(tx, here, now=now + timedelta(hours=1))
        assert due.What.CONFIRMATION in {one.what for one in told if one.subject == opened.id}
    else:
        assert (opened.confirm_by, owed) == (None, set())
    assert (due.What.ANSWER in last) == (law.answer == 30)
    done = cases.prove_by_hand(store, here, opened.id, key, reason="wrote from it", actor="ana", now=now)
    assert (done.state, done.person) == (State.DONE, key)


def _reviewed(store: Store, here: Settings, key: str, now: datetime) -> None:
    asked = cases.open_case(store, here, kind="review", subject="github:somebody", now=now).case
    waits = cases.prove_by_hand(store, here, asked.id, key, reason="wrote from it", actor="ana", now=now)
    assert (waits.kind, waits.state) == (Kind.REVIEW, State.PROVED)

    def answer() -> requests.Case:
        return cases.close(
            store, here, asked.id, state=State.DONE, outcome="looked at again by ben", actor="ben", now=now
        )

    with pytest.raises(NotAllowed, match="P13"):
        answer()
    with store.read() as tx:
        held = scores.of_person(tx, key)
    oversight.looked(store, key, held, actor="ben", now=now)
    assert (answer().closed_by, answer_of(store, asked.id)) == ("ben", "looked at again by ben")


def answer_of(store: Store, case: str) -> str | None:
    with store.read() as tx:
        return requests.get(tx, case).outcome


def _opted_out(store: Store, here: Settings, law: Law, key: str, now: datetime) -> None:
    def ask() -> requests.Case:
        return cases.open_case(store, here, kind="opt_out", subject="github:somebody", now=now).case

    if not law.opt_out:
        with pytest.raises(BadInput, match="no law chosen here"):
            ask()
        return
    with store.read() as tx:
        before = scores.of_person(tx, key)
    done = cases.prove_by_hand(store, here, ask().id, key, reason="wrote from it", actor="ana", now=now)
    assert before and done.state is State.DONE
    with store.read() as tx:
        assert scores.of_person(tx, key) == [] and key not in scores.living(tx)
        assert people.unscored(tx) == {key}
        ranked = [one.person for one in search.find(tx, parse(f"spec:{SPEC}"), specialism=SPEC, limit=500)]
        everybody = [one.person for one in search.find(tx, parse("hidden:all"), specialism=None, limit=500)]
        assert key not in ranked and everybody[-1] == key
        for one in rankings.ls(tx):
            assert key not in rankings.rows(tx, one)
    profiling.opt_in(store, here, key, reason="asked to be seen", actor="ana", now=now)
    with store.read() as tx:
        assert people.unscored(tx) == set()
