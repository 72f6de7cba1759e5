"""Saved searches tell who is new, risen, fallen and gone since they were shown, why, and tell it once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sourcing import marking, moves, searches
from sourcing.privacy import suppression
from sourcing.ranking import past, specialism
from sourcing.settings import Settings, config_root
from storage import intake, order, persons, rankings, scores, search
from storage.engine import Store
from storage.model import Points, Score
from storage.subjects import PepperKeyer

SLUG, NAME = "inference-performance", "Kernels"
NIGHT = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=6)
BY: dict[str, Any] = {"actor": "ana", "now": MORNING}
ACCOUNTS = [f"github:{number}" for number in range(1, 7)]
RISER, FALLER, LEAVER, STILL, COMER, HIDDEN = range(6)


@pytest.fixture
def keys(store: Store, make: Any, keyer: PepperKeyer) -> list[str]:
    """Six people with three works each; their keys."""
    records = [make.identity(one, name=f"Ona Vale {one[-1]}", handle=f"h{one[-1]}") for one in ACCOUNTS]
    for account in ACCOUNTS:
        for at in range(3):
            work, url = f"github:orbit/engine#{account[-1]}{at}", f"https://code.example/{account[-1]}/{at}"
            records.append(make.work(work, title=f"Fuse {at}"))
            said = make.signal(account, work, id=signal(account, at), occurred_at=NIGHT)
            records.append(replace(said, via=make.via(url=url)))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NIGHT, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({one}) for one in ACCOUNTS], NIGHT)
        search.reindex(tx, None)
        owners = persons.owners(tx, ACCOUNTS)
    return [owners[one] for one in ACCOUNTS]


def signal(account: str, at: int) -> str:
    return f"git:{account[-1]}-{at}"


def ranked(store: Store, keys: list[str], at: datetime, lower: dict[int, tuple[float, int]]) -> None:
    """Rank people. lower: by number, the cautious score and how many works are behind it."""
    rows = []
    for number, (value, works) in lower.items():
        proof = tuple(signal(ACCOUNTS[number], one) for one in range(works))
        part = Points(
            factor="Systems code", feature="merged_work", value=value, unit="changes", points=value, evidence=proof
        )  # fmt: skip
        rows.append(
            Score(
                person=keys[number], specialism=SLUG, version=f"{SLUG}@1", value=value, lower=value, upper=value,
                confidence=1.0, rising=value, rising_lower=value, as_of=at, points=(part,),
            )
        )  # fmt: skip
    with store.begin() as tx:
        scores.put(tx, SLUG, f"{SLUG}@1", rows, None, at)
        order.refresh(tx)
        search.reindex(tx, None)
        rankings.keep(
            tx, run=f"rank-{at:%d}", specialism=SLUG, version=f"{SLUG}@1", as_of=at,
            content=past.content_of(specialism.load(SLUG, [config_root()])), files={}, formula="f" * 16,
        )  # fmt: skip


def told(store: Store, **more: Any) -> dict[str, moves.Moved]:
    with store.read() as tx:
        return {one.person: one for one in moves.of(tx, NAME, limit=9, now=MORNING, **more)}


def counts(store: Store) -> tuple[int, int, int, int]:
    with store.read() as tx:
        (one,) = searches.ls(tx, now=MORNING)
    return (one.new, one.risen, one.fallen, one.gone)


@pytest.fixture
def moved(store: Store, keys: list[str]) -> list[str]:
    """A search saved after one night, and another night that changed five of six."""
    first = {RISER: (40.0, 2), FALLER: (50.0, 3), LEAVER: (30.0, 2), STILL: (20.0, 2), HIDDEN: (10.0, 1)}
    ranked(store, keys, NIGHT, first)
    assert searches.save(store, NAME, "ona", specialism=SLUG, **BY) == 5
    assert counts(store) == (0, 0, 0, 0)
    marking.hide(store, keys[HIDDEN], reason="a colleague", scope="everywhere", **BY)
    second = {RISER: (45.0, 3), FALLER: (44.0, 2), STILL: (20.5, 2), HIDDEN: (30.0, 1), COMER: (15.0, 1)}
    ranked(store, keys, NIGHT + timedelta(days=1), second)
    return keys


def test_each_change_is_told_with_what_caused_it(store: Store, moved: list[str]) -> None:
    found = told(store)
    assert {key: one.way for key, one in found.items()} == {
        moved[COMER]: "new", moved[RISER]: "risen", moved[FALLER]: "fallen", moved[LEAVER]: "gone",
    }  # fmt: skip
    assert counts(store) == (1, 1, 1, 1), "half a point is no change, and whom we hid is no news"
    riser, faller, leaver, comer = (found[moved[one]] for one in (RISER, FALLER, LEAVER, COMER))
    assert (riser.before, riser.after, riser.name) == (40.0, 45.0, "Ona Vale 1")
    assert riser.why == ("Systems code: 1 new item of evidence (+5.0)",)
    assert riser.links == ("https://code.example/1/2",), "the work that was not behind the score before"
    assert "evidence" in faller.why[0] and "(-6.0)" in faller.why[0] and faller.links == ()
    assert leaver.why[0] == "has no work on topic any more" and leaver.after is None
    assert comer.links and comer.why != ()


def test_what_was_looked_at_is_told_once_and_told_again_when_it_changes_again(
    store: Store, moved: list[str]
) -> None:
    later = NIGHT + timedelta(days=1, hours=6)
    told(store)
    assert counts(store) == (1, 1, 1, 1), "asking shows nobody anything"
    assert searches.see(store, NAME, [moved[RISER], moved[LEAVER]], now=later) == 0
    assert counts(store) == (1, 0, 1, 0)
    third = {RISER: (39.0, 2), FALLER: (44.0, 2), LEAVER: (30.0, 2), STILL: (20.5, 2), COMER: (15.0, 1)}
    ranked(store, moved, NIGHT + timedelta(days=2), third)
    found = told(store)
    assert found[moved[RISER]].way == "fallen" and found[moved[RISER]].before == 45.0
    assert found[moved[LEAVER]].way == "new", "who left and was told of comes back as new"


@pytest.mark.row("P10")
def test_who_asked_to_be_left_alone_is_told_of_as_nothing(
    store: Store, moved: list[str], settings: Settings
) -> None:
    suppression.add(store, settings, ["github:3", "github:1"], reason="a letter", **BY)
    assert {one.way for one in told(store).values()} == {"new", "fallen"}
    assert counts(store) == (1, 0, 1, 0)


def test_blind_changes_hold_no_name(store: Store, moved: list[str]) -> None:
    assert all(
        one.name is None and "Ona" not in " ".join(one.why) for one in told(store, blind=True).values()
    )
