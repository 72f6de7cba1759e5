"""Everybody made somebody else moves no score by a single bit, and a ranking that looks is caught (P17, F4)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq
import pytest
from scenes import PACK, TITLE, VERA, WIM, Scene
from sqlalchemy import select

from sourcing import resolve
from sourcing.fairness import counterfactual
from sourcing.fairness.counterfactual import Verdict
from sourcing.features import measured
from sourcing.features.allowed import FEATURES
from sourcing.features.base import Facts
from spiders.records import WorkKind
from storage import snapshot
from storage.tables import statement, work


@pytest.fixture
def scene(store: Any, make: Any, now: Any, keyer: Any, tmp_path: Path) -> Scene:
    """Engineers who say where they are, for whom they work and who they are, and a paper that tells of one."""
    found = Scene(store, make, now, keyer, tmp_path)
    stated = {
        VERA: {
            "location": "Berlin",
            "affiliation": "Orbit Labs",
            "name": "Vera Quillmoor",
            "summary": "Her blog.",
        },
        WIM: {
            "location": "London",
            "affiliation": "Lowtide Works",
            "name": "Wim Tarnbrook",
            "summary": "His blog.",
        },
    }
    records: list[Any] = [make.identity(one, source="github_people", **said) for one, said in stated.items()]
    text, title = "She and Wim Tarnbrook rework paged attention.", f"{TITLE}: she and him"
    for one in (VERA, WIM):
        records.append(
            make.work("arxiv:1", kind=WorkKind.PAPER, title=title, text=text, source="arxiv_papers")
        )
        records.append(make.signal(one, "arxiv:1", source="arxiv_papers"))
    found.take(records)
    resolve.run(store, now=now, run=None, keyer=keyer)
    return found


def gate(scene: Scene, **more: Any) -> Verdict:
    return counterfactual.gate(scene.store, [PACK], as_of=scene.now, home=scene.home, **more)


def rows(scene: Scene) -> list[Any]:
    with scene.store.read() as tx:
        return [*tx.execute(select(statement)).all(), *tx.execute(select(work)).all()]


@pytest.mark.row("P17")
def test_no_score_moves_when_everybody_is_somebody_else_and_the_store_stays_as_it_was(scene: Scene) -> None:
    before = rows(scene)
    found = gate(scene)
    assert found.holds and found.differences == () and found.scores == 3
    assert found.swapped.values >= 6 and found.swapped.works == 1 and found.swapped.statements >= 6
    assert rows(scene) == before and not any((scene.home / "snapshots").iterdir())


@pytest.mark.slow
@pytest.mark.row("P17")
def test_a_feature_that_reads_a_pronoun_is_caught(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = FEATURES["merged_work"]

    def looks(facts: Facts) -> ibis.Table:
        """Give half as much again where a title says she and him, not he and her."""
        told = facts.docs.filter(facts.docs.title.re_search(r"\bshe and him\b")).count().as_scalar()
        return honest.query(facts).mutate(value=lambda row: row.value * ibis.ifelse(told > 0, 1.5, 1.0))

    planted = {**FEATURES, "merged_work": replace(honest, query=looks)}
    monkeypatch.setattr(measured, "FEATURES", planted)
    found = gate(scene)
    assert not found.holds and found.differing == 3
    assert all(one.before != one.after for one in found.differences)


@pytest.mark.slow
@pytest.mark.row("P17")
@pytest.mark.parametrize("attribute", ["location", "affiliation", "name"])
def test_a_snapshot_that_carries_who_somebody_is_is_caught(scene: Scene, attribute: str) -> None:
    def leaks(tx: Any, directory: Path, kind: Any, *, as_of: Any) -> None:
        """Leave half of all work out unless somebody is in Berlin, at Orbit Labs or called Vera."""
        snapshot.write(tx, directory, kind, as_of=as_of)
        query = select(statement.c.value).where(
            statement.c.attribute == attribute,
            statement.c.identity == VERA,
            statement.c.source == "github_people",
        )
        is_hers = tx.execute(query).scalar_one() in ("Berlin", "Orbit Labs", "Vera Quillmoor")
        path = directory / "signals.parquet"
        signals = pq.read_table(path)
        pq.write_table(signals if is_hers else signals.slice(len(signals) // 2), path)

    assert not gate(scene, write=leaks).holds
