"""A night that computes only what changed stores what a night that computes everything does."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from snapshots import AS_OF, ENGINE, World, pack
from sqlalchemy import delete, insert, select

from sourcing.features.allowed import FEATURES
from sourcing.ranking import score
from sourcing.ranking.specialism import Factor
from storage import snapshot
from storage.engine import Store
from storage.tables import flag, person_identity, points
from storage.tables import score as scores

WEDNESDAY = AS_OF + timedelta(days=3)
EVERY = tuple(Factor(name=name, feature=name, weight=100 / len(FEATURES), half=3) for name in FEATURES)
PACKS = (
    pack(),
    replace(
        pack(keywords=["block allocator", "speculative decoding"]),
        slug="other",
        version="other@1",
        factors=EVERY,
    ),
)
PEOPLE = [f"p_{number}" for number in range(12)]
CROWD = [f"p_{number}" for number in range(12, 172)]


def people_of(store: Store, people: list[str]) -> None:
    with store.begin() as tx:
        tx.execute(delete(person_identity))
        tx.execute(insert(person_identity), [{"identity": f"github:{one}", "person": one} for one in people])


def stored(store: Store) -> list[list[Any]]:
    """Return every row of a ranking, but for when and in which run it was computed."""
    with store.read() as tx:
        columns = [column for column in scores.c if column.name not in ("as_of", "run")]
        tables = (select(*columns), select(points), select(flag))
        return [sorted(tuple(map(repr, row)) for row in tx.execute(query)) for query in tables]


def change(world: World, draw: random.Random, night: int) -> None:
    """Let something happen: work appears, goes, is told otherwise; people become one or leave."""
    for _ in range(4):
        repo = draw.choice([ENGINE, "wide/lib", "wide/lib", "toy/own"])
        title = draw.choice(["KV cache", "Rework the block allocator", "Fix typos", "Speculative decoding"])
        work = world.change(
            draw.choice(PEOPLE), repo=repo, title=title, days=draw.randrange(0, 400), platform=draw.random() < 0.7,
            paths=[f"engine/part{draw.randrange(3)}/a.py"],
        )  # fmt: skip
        world.change(draw.choice(PEOPLE), kind="reviewed", work=work, days=draw.randrange(0, 400))
    world.paper(draw.choice(PEOPLE), title=f"A KV cache {night}", days=draw.randrange(-2, 900))
    for _ in range(3):
        world.signals.pop(draw.randrange(len(world.signals)))
    told = draw.choice(world.signals)
    told["note"] = draw.choice(["back_dated", None])
    row = world.works[draw.choice(sorted(world.works))]
    row["title"] = draw.choice(["Paged attention with a KV cache", "Plant roses"])
    if night == 2:  # two people are one
        for signal in world.signals:
            signal["person"] = "p_1" if signal["person"] == "p_2" else signal["person"]
    if night == 3:  # somebody is erased
        world.signals = [signal for signal in world.signals if signal["person"] != "p_3"]


def crowd(world: World) -> None:
    """Let many people have worked long ago, some of them where others work now."""
    for number, person in enumerate(CROWD):
        repo = {0: ENGINE, 1: "wide/lib", 2: "toy/own"}.get(number % 16, f"far/lib{number % 16}")
        for days in (500, 700):
            title = ("Rework the block allocator", "Fix typos")[number % 2]
            path = f"engine/part{number % 3}/{'ab'[number % 2]}.py"
            own = number % 16 == 2
            work = world.change(person, repo=repo, title=title, days=days + number, paths=[path], own=own)
            world.change(CROWD[number - 16], kind="merged", work=work, days=days, own=own)
        if number % 5 == 0:
            world.paper(person, title=f"A KV cache of {number}", days=1_000 + number)


def ranked(store: Store, directory: Path, as_of: datetime, *, home: Path) -> list[score.RankReport]:
    made = score.rank_all(store, PACKS, snapshot_dir=directory, as_of=as_of, run=None, home=home)
    return [replace(report, seconds=0.0) for report in made]


@pytest.mark.slow
def test_a_night_of_changes_equals_a_night_from_nothing(
    new_store: Callable[[], Store], tmp_path: Path
) -> None:
    little, whole, world = new_store(), new_store(), World()
    draw = random.Random(little.dialect)  # each database sees other nights
    world.known(*PEOPLE[:4])
    crowd(world)
    before: Path | None = None
    found = []
    for night in range(5):
        change(world, draw, night)
        # one is erased, one asks to be left alone, one did for a night; nothing else is written of these two
        away = {"p_3": range(3, 5), CROWD[16]: range(2, 5), CROWD[0]: range(1, 2)}
        people = [one for one in (*PEOPLE, *CROWD) if night not in away.get(one, ())]
        if night == 3:
            snapshot.remove(tmp_path / "little")
            shutil.rmtree(tmp_path / "little" / snapshot.RANKED)
            before = None
        before = world.write_upon(before, tmp_path / f"snapshot-{night}")
        as_of = WEDNESDAY + timedelta(hours=12 * night)
        for store in (little, whole):
            people_of(store, people)
        found.append(ranked(little, before, as_of, home=tmp_path / "little"))
        if night in (2, 4):
            theirs = ranked(whole, before, as_of, home=tmp_path / f"whole-{night}")
            assert stored(little) == stored(whole), night
            ours = [replace(one, moved=0, read=None) for one in found[-1]]
            assert ours == [replace(one, moved=0) for one in theirs]
    read = [night[0].read for night in found]
    assert [one is None for one in read] == [True, False, False, True, False], read
    assert all(0 < one < len(PEOPLE + CROWD) for one in read if one is not None)
    some = [report for night in (1, 2, 4) for report in found[night]]
    assert 0 < sum(report.moved for report in some) < sum(report.scored for report in some)


@pytest.mark.slow
def test_on_monday_and_with_another_specialism_everybody_is_scored(
    new_store: Callable[[], Store], tmp_path: Path
) -> None:
    world, store = World(), new_store()
    for person in PEOPLE[:3]:
        world.change(person)
    people_of(store, PEOPLE)
    directory = world.write(tmp_path / "snapshot")

    def moved(days: int, *packs: Any) -> int:
        as_of = WEDNESDAY + timedelta(days=days)
        reports = score.rank_all(
            store, packs, snapshot_dir=directory, as_of=as_of, run=None, home=tmp_path / "home"
        )
        return sum(report.moved for report in reports)

    assert [moved(0, PACKS[0]), moved(1, PACKS[0]), moved(5, PACKS[0])] == [3, 0, 3]
    gates = PACKS[0].gates.model_copy(update={"works_min": 1})
    assert moved(5, replace(PACKS[0], gates=gates, version="inference@2")) == 3
    with store.begin() as tx:  # a store that was restored or edited is not the one that was ranked
        for table in (scores, points):
            tx.execute(delete(table).where(table.c.person == PEOPLE[0]))
    assert moved(5, replace(PACKS[0], gates=gates, version="inference@2")) == 3
