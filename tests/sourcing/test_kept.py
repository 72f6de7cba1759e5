"""A night that computes only what changed stores what a night that computes everything does."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
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


@pytest.mark.slow
def test_a_night_of_changes_equals_a_night_from_nothing(
    new_store: Callable[[], Store], tmp_path: Path
) -> None:
    little, whole, world = new_store(), new_store(), World()
    draw = random.Random(little.dialect)  # each database sees other nights
    world.known(*PEOPLE[:4])
    moved, everybody = 0, 0
    for night in range(5):
        change(world, draw, night)
        people = [one for one in PEOPLE if not (night >= 3 and one == "p_3")]
        if night == 3:
            snapshot.remove(tmp_path / "little")
        directory = world.write(tmp_path / f"snapshot-{night}")
        as_of = WEDNESDAY + timedelta(hours=12 * night)
        for store, home in ((little, tmp_path / "little"), (whole, tmp_path / f"whole-{night}")):
            people_of(store, people)
            reports = score.rank_all(store, PACKS, snapshot_dir=directory, as_of=as_of, run=None, home=home)
            if store is little and night in (1, 2, 4):
                moved += sum(report.moved for report in reports)
                everybody += sum(report.scored for report in reports)
        assert stored(little) == stored(whole), night
    assert 0 < moved < everybody, "who did nothing is not computed again"


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
