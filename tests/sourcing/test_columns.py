"""What is done for everybody at once is what would be done for each: levels, stored parts, names and their numbers."""

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from snapshots import AS_OF, ENGINE, World, pack
from sqlalchemy import insert, select

from sourcing.features import facts
from sourcing.ranking import banded, level, score
from sourcing.ranking.level import RULES, Act
from storage import scores
from storage.engine import Store
from storage.tables import person_identity, points


def acts_of(draw: random.Random) -> list[Act]:
    """Return some acts of one person, about as large as rules ask for."""
    names = sorted({rule.what for rule in RULES})
    found = []
    for what in draw.sample(names, draw.randint(0, 6)):
        rule = draw.choice([one for one in RULES if one.what == what])
        figures = {
            name: max(0, getattr(rule, name) + draw.choice([-1, 0, 0, 3]))
            for name in ("amount", "months", "days", "people")
        }
        found.append(Act(what=what, evidence=(f"s{draw.randint(0, 5)}",), **figures))
    return found


def test_the_levels_of_many_are_those_of_each() -> None:
    draw = random.Random(7)
    people = {(spec, person): acts_of(draw) for spec in range(3) for person in range(150)}
    signals = pa.array([f"s{number}" for number in range(6)])
    rows = [
        {
            "spec": spec, "person": person, "what": one.what, "amount": one.amount, "months": one.months,
            "days": one.days, "people": one.people, "evidence": [int(each[1:]) for each in one.evidence],
        }
        for (spec, person), acts in people.items()
        for one in acts
    ]  # fmt: skip
    draw.shuffle(rows)
    found = banded.of(pa.Table.from_pylist(rows, schema=banded.ACTS))
    bands = set()
    for (spec, person), acts in people.items():
        place = int(found.places(spec, pa.array([person]).to_numpy())[0])
        assert found.one(place, signals) == level.of(acts)
        bands.add(level.of(acts).band)
    assert len(bands) == len(level.Band), "every band occurs"
    nobody = banded.of(pa.Table.from_pylist([], schema=banded.ACTS))
    assert nobody.places(0, pa.array([1]).to_numpy()).tolist() == [-1]


def busy(draw: random.Random) -> World:
    """Return a project in which some do much, some little, some only write or review, with odd names."""
    world = World()
    people = [f"p_{number}" for number in range(8)]
    for number in range(160):
        work = world.change(
            draw.choice(people[:5]), days=draw.uniform(0, 1_200), paths=[f"engine/p{number % 7}/a.py"],
            signal=f'git:{number}"\\\u2028é:{draw.randrange(10**6)}' if number % 20 == 0 else f"github:{number}",
        )  # fmt: skip
        if number % 3 == 0:
            world.change(draw.choice(people[2:7]), kind="reviewed", work=work, days=draw.uniform(0, 900))
    for number in range(6):
        world.paper(draw.choice(people[4:]), title=f"Paged attention {number}", days=100 * number)
    world.works[f"github:{ENGINE}"] = {
        "work": f"github:{ENGINE}", "kind": "repository", "title": ENGINE, "paths": [], "tags": [],
    }  # fmt: skip
    world.sign("p_2", f"github:{ENGINE}", "maintains", AS_OF - timedelta(days=90), note="maintainer")
    return world


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_ranking_stores_by_the_column_is_what_its_scores_say(
    store: Store, tmp_path: Path, seed: int
) -> None:
    world = busy(random.Random(seed))
    directory = world.write(tmp_path / "snapshot")
    with store.begin() as tx:
        keys = sorted({one["person"] for one in world.signals})
        tx.execute(insert(person_identity), [{"identity": f"github:{one}", "person": one} for one in keys])
    chosen = pack()
    score.rank_all(store, [chosen], snapshot_dir=directory, as_of=AS_OF, run="r1", home=tmp_path / "home")
    ranking = score.evaluate(directory, chosen, as_of=AS_OF, spill=tmp_path / "spill", run="r1")
    assert any(one.grounds for one in ranking.scores) and any(
        one.level != "unknown" for one in ranking.scores
    )
    with store.read() as tx:
        before = stored(tx)
        for one in ranking.scores:
            assert scores.get(tx, one.person, chosen.slug) == one
            assert sum(part.points for part in one.points) == pytest.approx(one.value, abs=1e-9)
    with store.begin() as tx:  # and one by one they are rows that say the same
        scores.put(tx, chosen.slug, chosen.version, ranking.scores, "r2", AS_OF)
    with store.read() as tx:
        assert stored(tx) == before


@pytest.mark.slow
def test_a_ranking_in_which_nobody_did_anything_that_tells_a_level_is_stored(
    store: Store, tmp_path: Path
) -> None:
    world = World()
    for person in ("p_0", "p_1"):
        world.change(person)
    with store.begin() as tx:
        rows = [{"identity": f"github:{one}", "person": one} for one in ("p_0", "p_1")]
        tx.execute(insert(person_identity), rows)
    directory = world.write(tmp_path / "snapshot")
    score.rank_all(store, [pack()], snapshot_dir=directory, as_of=AS_OF, run=None, home=tmp_path / "home")
    with store.read() as tx:
        assert [scores.get(tx, one, "inference").level for one in ("p_0", "p_1")] == ["unknown", "unknown"]


def stored(tx: Any) -> dict[str, Any]:
    """Return what each person's parts say, whatever the order in which they list signals."""
    found = {}
    for row in tx.execute(select(points)):
        digest, signals, parts, grounds = row.parts
        named = json.loads(json.dumps([parts, grounds]))
        for part in (*(one for one in named[0] if isinstance(one, list)), *named[1]):
            part[-1] = [signals[place] for place in part[-1]]
        found[row.person] = (digest, named)
    return found


def test_numbers_keep_the_order_of_names(tmp_path: Path) -> None:
    world = busy(random.Random(3))
    with facts.snapshot(world.write(tmp_path / "s"), spill=tmp_path / "spill") as (signals, docs):
        found = facts.gather(signals, docs, [facts.Asked(look=pack().look, as_of=AS_OF)])
        rows = found.changes.to_pyarrow()
    names = found.names
    for each in (names.people, names.works, names.signals):
        assert each.to_pylist() == sorted(set(each.to_pylist()), key=str.encode)
    said = {(one["signal"], one["person"], one["work"]) for one in world.signals}
    told = zip(
        names.signals.take(rows["signal"]).to_pylist(), names.people.take(rows["person"]).to_pylist(),
        names.works.take(rows["work"]).to_pylist(), strict=True,
    )  # fmt: skip
    assert set(told) <= said
