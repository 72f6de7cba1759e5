"""Planted frauds after two nights: none of them earns anything, each is named, and nobody else is."""

import json

import pytest
from nights import SPECIALISMS, Nights

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("night")]

FLAGS = {
    "padded": "back_dated",
    "back_dated": "back_dated",
    "bought_stars": "own",
    "empty_commits": "empty",
    "fork_only": "fork",
    "ring": "ring",
}


def flagged(nights: Nights) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for person, kind in nights.store.execute("SELECT person, kind FROM flag"):
        found.setdefault(person, set()).add(kind)
    return found


@pytest.mark.parametrize("case", FLAGS)
def test_made_up_activity_earns_nothing_and_is_named(nights: Nights, case: str) -> None:
    flags = flagged(nights)
    for person in nights.case(case):
        assert person is not None
        signals = nights.store.execute(
            "SELECT count(*) FROM signal s JOIN person_identity p USING (identity) WHERE p.person = ?",
            (person,),
        )
        assert signals.fetchone()[0] > 15, "it was read"
        earned = nights.store.execute("SELECT value FROM score WHERE person = ?", (person,)).fetchall()
        assert not earned and flags[person] == {FLAGS[case]}


def test_only_they_are_flagged_and_the_forged_name_is_not(nights: Nights) -> None:
    impostor, victim = nights.case("impostor")
    planted = {person for case in FLAGS for person in nights.case(case)}
    flags = flagged(nights)
    assert set(flags) == planted | {impostor} and flags[str(impostor)] == {"own"}
    assert victim in nights.ranking(SPECIALISMS[0])
    forged = nights.store.execute(
        "SELECT s.id FROM signal s JOIN person_identity p USING (identity) WHERE p.person = ? AND s.work LIKE ?",
        (victim, "%/fast-serve-toy@%"),
    ).fetchall()
    evidence = {
        signal for parts in nights.parts(victim).values() for part in parts for signal in part.evidence
    }
    assert forged and evidence and not {signal for (signal,) in forged} & evidence


def test_work_that_arrives_late_with_old_dates_has_no_date(nights: Nights) -> None:
    (person,) = nights.case("bought_stars")
    dates = nights.store.execute(
        "SELECT s.occurred_at FROM signal s JOIN person_identity p USING (identity) "
        "WHERE p.person = ? AND s.note = 'back_dated'",
        (person,),
    ).fetchall()
    assert len(dates) == 12 and set(dates) == {(None,)}


def test_a_flag_opens_to_a_link(nights: Nights) -> None:
    urls = dict(nights.store.execute("SELECT id, url FROM signal"))
    rows = nights.store.execute("SELECT works, evidence FROM flag").fetchall()
    assert rows
    for works, evidence in rows:
        assert works >= 5 and all(urls[signal].startswith("https://") for signal in json.loads(evidence))
        assert json.loads(evidence)
