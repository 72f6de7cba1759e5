"""A ranking looks at what is on the list and at nothing else; whoever adds to it is caught (P16, F3)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import inspect

from sourcing.fairness import allowed, held
from sourcing.features.allowed import FEATURES
from sourcing.ranking import specialism
from sourcing.settings import config_root
from storage import snapshot
from storage.engine import connect
from storage.tables import metadata

PACK = specialism.load("inference-performance", [config_root()])


def found(**planted: Any) -> list[str]:
    given: dict[str, Any] = {
        "features": FEATURES,
        "columns": {"signals": snapshot.SIGNALS.names, "works": snapshot.WORKS.names},
        "packs": [PACK],
        "stored": [f"{table.name}.{one.name}" for table in metadata.tables.values() for one in table.columns],
    }
    return allowed.problems(allowed.load(config_root()), **(given | planted))


@pytest.mark.row("P16")
def test_nothing_is_looked_at_or_stored_that_is_not_on_the_list(new_url: Any) -> None:
    assert held.problems([config_root()]) == []
    engine = connect(new_url())
    there = inspect(engine)
    stored = [
        f"{table}.{one['name']}" for table in there.get_table_names() for one in there.get_columns(table)
    ]
    engine.dispose()
    assert len(stored) > 300 and found(stored=stored) == []


@pytest.mark.row("P16")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("city_match", "{value} years in {where}"),
        ("followers", "{value} people follow them"),
        ("paper_years", "her age"),
    ],
)
def test_a_planted_feature_is_caught(name: str, says: str) -> None:
    planted = replace(FEATURES["merged_work"], name=name, says=says)
    assert any(repr(name) in text for text in found(features={**FEATURES, name: planted}))


@pytest.mark.row("P16")
def test_a_planted_column_factor_or_question_is_caught() -> None:
    wider = {"signals": [*snapshot.SIGNALS.names, "location"], "works": snapshot.WORKS.names}
    assert told("column of signals 'location' is not on the allow-list", found(columns=wider))
    factor = PACK.factors[0].model_copy(update={"name": "From a good school"})
    assert told("bears the word 'school'", found(packs=[replace(PACK, factors=(factor,))]))
    assert told("bears the word 'gender'", found(stored=["person.gender"]))
    fewer = {name: one for name, one in FEATURES.items() if name != "areas"}
    assert told("'areas' is on the allow-list and is gone", found(features=fewer))


def told(words: str, problems: list[str]) -> bool:
    return any(words in text for text in problems)
