"""A ranking of the past is made of the past, and held against who was given charge later."""

from datetime import timedelta
from pathlib import Path

import pytest
from snapshots import AS_OF, ENGINE, World, pack

from sourcing.ranking import backtest
from sourcing.ranking.backtest import Past

THEN = AS_OF - timedelta(days=400)


def named(world: World, person: str, *, days: float, role: str = "maintainer", repo: str = ENGINE) -> None:
    work = f"github:{repo}"
    world.works.setdefault(work, {"work": work, "kind": "repository", "title": repo, "paths": [], "tags": []})
    world.sign(person, work, "maintains", AS_OF - timedelta(days=days), note=role)


def past_of(world: World, directory: Path) -> Past:
    world.write(directory)
    (found,) = backtest.of_snapshot(directory, [pack()], as_of=THEN, spill=directory / "spill")
    return found


def many(world: World, person: str, number: int, *, days: float, step: float = 20) -> None:
    for one in range(number):
        world.change(person, days=days + one * step)


@pytest.mark.slow
def test_who_was_given_charge_later_is_wanted_and_who_held_it_is_not(tmp_path: Path) -> None:
    world = World()
    many(world, "rising", 14, days=410)
    many(world, "holder", 20, days=410)
    many(world, "passing", 30, days=900, step=1)  # many changes in one month, long before
    many(world, "merger", 5, days=420)
    many(world, "late", 20, days=10, step=15)  # did nothing before that day
    named(world, "holder", days=1_000)
    named(world, "holder", days=100)
    named(world, "rising", days=150)
    named(world, "late", days=150)
    named(world, "passing", days=150, repo="else-org/thing")
    for _ in range(3):
        work = world.change("passing", days=200)
        world.change("merger", days=199, kind="merged", work=work)
    found = past_of(world, tmp_path)
    assert found.wanted == 2, (
        "an owner and somebody who merges by now; neither who held charge nor who came later"
    )
    assert found.ranked == 3
    ours, changes = found.ndcg["established"].value.mean, found.ndcg["changes"].value.mean
    assert ours > changes > 0 and found.hit["established"] == 1


@pytest.mark.slow
def test_all_orders_are_of_who_works_in_the_projects(tmp_path: Path) -> None:
    world = World()
    many(world, "rising", 6, days=410)
    for one in range(8):
        world.paper("author", title=f"Faster paged attention for the KV cache {one}", days=420 + 30 * one)
    named(world, "rising", days=150)
    found = past_of(world, tmp_path)
    assert (found.wanted, found.ranked) == (1, 1), "whoever only writes about it cannot be given charge of it"
    assert found.ndcg["established"].value.mean == 1


@pytest.mark.slow
def test_nothing_later_than_the_day_moves_the_order(tmp_path: Path) -> None:
    """The same past with another future: the same ranking, the same baselines, another truth."""
    found = []
    for future in (0, 25):
        world = World()
        many(world, "ada", 12, days=410)
        many(world, "bo", 6, days=410)
        many(world, "bo", future, days=5, step=10)
        world.paper("bo", title="Paged attention", days=30)
        named(world, "ada", days=90)
        found.append(past_of(world, tmp_path / str(future)))
    assert found[0] == found[1] and found[0].wanted == 1


@pytest.mark.slow
def test_where_nobody_was_given_charge_nothing_is_claimed(tmp_path: Path) -> None:
    world = World()
    many(world, "ada", 12, days=410)
    found = past_of(world, tmp_path)
    assert found.wanted == 0 and found.ndcg["established"].value.high == 0
    overall = backtest.overall([found])
    assert overall["established"].mean == 0


@pytest.mark.slow
def test_outcomes_of_leads_are_a_truth_of_their_own_beside_who_was_given_charge(tmp_path: Path) -> None:
    world = World()
    many(world, "hired", 12, days=410)
    many(world, "rejected", 6, days=410)
    many(world, "stranger", 20, days=410)
    named(world, "stranger", days=90)
    world.write(tmp_path)
    decided = {pack().slug: {"hired": True, "rejected": False, "unread": False}}
    charge, outcomes = backtest.of_snapshot(
        tmp_path, [pack()], as_of=THEN, spill=tmp_path / "spill", decided=decided
    )
    assert (charge.against, charge.wanted) == ("charge", 1)
    assert (outcomes.against, outcomes.wanted, outcomes.ranked) == ("outcomes", 1, 2)
    assert outcomes.ndcg["established"].value.mean == outcomes.ndcg["changes"].value.mean == 1
    assert outcomes.ndcg["random"].value.mean <= 1
