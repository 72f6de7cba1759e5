"""A past ranking is computed again from its snapshot to the last digit, or it is said why it cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ranked import keep
from scenes import ENGINE, HONEST, PACK, VERA, WIM, Scene

from sourcing.errors import BadInput
from sourcing.ranking import past
from storage import rankings, snapshot
from storage.tables import ranking_row


@pytest.fixture
def scene(store, make, now, keyer, tmp_path: Path) -> Scene:
    return Scene(store, make, now, keyer, tmp_path)


@pytest.mark.slow
@pytest.mark.row("P12")
def test_a_past_ranking_replays_exactly_from_its_run(scene: Scene, tmp_path: Path) -> None:
    first = keep(scene, "rank-1", home=tmp_path)
    scene.take(scene.pull(ENGINE, 77, VERA, days=30, by=[WIM]))
    keep(scene, "rank-2", home=tmp_path)
    (found,) = past.replay(scene.store, [first], home=tmp_path)
    assert found.same and found.off <= past.EXACT and found.people == len(HONEST) and found.is_formula_same
    vera = scene.person(VERA)
    with scene.store.read() as tx:
        before, after = (rankings.rows(tx, rankings.of_run(tx, run)[0]) for run in ("rank-1", "rank-2"))
    assert before[vera].value < after[vera].value, "the record of the first did not follow the second"
    for stood in (*before.values(), *after.values()):
        assert sum(part.points for part in stood.parts) == pytest.approx(stood.value, abs=1e-9)
    with scene.store.begin() as tx:
        tx.execute(ranking_row.update().where(ranking_row.c.person == vera).values(value=99.0))
    (found,) = past.replay(scene.store, [first], home=tmp_path)
    assert found.differs == (vera,) and found.off > 1, "what was changed behind its back is told"
    snapshot.remove(tmp_path)
    with pytest.raises(BadInput, match="the snapshot of run 'rank-1' is gone"):
        past.replay(scene.store, [first], home=tmp_path)


def test_a_specialism_survives_being_kept_as_json() -> None:
    assert past.specialism_of(json.loads(json.dumps(past.content_of(PACK)))) == PACK
    heavier = replace(PACK, gates=PACK.gates.model_copy(update={"works_min": 9}))
    assert past.specialism_of(past.content_of(heavier)).gates.works_min == 9
