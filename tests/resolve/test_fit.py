"""Weights fitted to labels: the same from the same records in any order, each kind of pair as if it were alone."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from sourcing.resolve import evaluation, models, neutral
from sourcing.resolve.comparing import Limits
from sourcing.resolve.fit import Fitted, Label
from sourcing.resolve.models import Model
from sourcing.settings import config_root

ROOT = config_root()
MODEL = models.shipped([ROOT], "authors")[0]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
GIVEN = ("Mira", "Wei", "Tomas", "Ebba", "Jan", "Ruta", "Orla", "Junko")
FAMILY = ("Okafor", "Zhang", "Lindqvist", "Sedlak", "Vandrell", "Quenby", "Hartwell", "Okpara")
WORDS = ("lantern", "folding", "meshes", "glacier", "kernels", "orchard", "tides", "copper")
Row = dict[str, Any]


def bylines(*, thin: bool) -> list[Row]:
    """Return bylines of two people of each of 64 names. thin: of which a name and an institution are known alone."""
    random = Random(int(thin))
    rows = []
    for number in range(128 * 3):
        person = number // 3
        name = f"{GIVEN[person // 2 % 8]} {FAMILY[person // 16]}"
        friends = [f"{GIVEN[(person + n) % 8]} {FAMILY[(3 * person + n) % 8]}son" for n in range(2)]
        more = {"coauthors": random.sample(friends, 1), "titles": [" ".join(random.sample(WORDS, 2))]}
        place = random.choice((f"Lab {person % 5}", "Lab North"))
        rows.append(
            {
                "record_id": f"{person}-{number}",
                "source": "papers",
                "name": name,
                "work": f"w{number}",
                "affiliation": place,
                **({} if thin else more),
            }
        )
    return rows


def fitted(*sets: Sequence[Row], model: Model = MODEL) -> Fitted:
    given = []
    for rows in sets:
        bundle = neutral.bundle([neutral.Record.model_validate(row) for row in rows], now=NOW)
        given.append(
            (bundle, {row["record_id"]: Label(cluster=row["record_id"].split("-")[0]) for row in rows})
        )
    limits = Limits(memory="500MB", threads=1)
    return evaluation.fit(given, model, models.prior_shares([ROOT]), limits, keep_thresholds=True)


def weights(model: Model, *, thin: bool) -> list[float]:
    """Return the weights of the levels that speak of one kind of pairs."""
    named = (one for one in model.comparison if one.name.startswith("thin_") is thin and one.name != "regime")
    return [level.weight for one in named for level in one.level]


@pytest.mark.slow
def test_the_same_labels_give_the_same_model_and_each_kind_of_pair_its_own_weights() -> None:
    full, thin = bylines(thin=False), bylines(thin=True)
    both = fitted(full, thin).model
    turned = fitted(Random(1).sample(full, len(full)), Random(2).sample(thin, len(thin))).model
    first, again = (hashlib.sha256(models.dump(one).encode()).hexdigest() for one in (both, turned))
    assert first == again
    assert models.Model.model_validate(both.model_dump()) == both != MODEL
    assert both.thresholds == MODEL.thresholds
    for kind, rows in ((False, full), (True, thin)):
        alone = fitted(rows).model
        mine, others = weights(alone, thin=kind), weights(both, thin=kind)
        assert max(abs(one - other) for one, other in zip(mine, others, strict=True)) < 0.002
        assert any(others)
    for before, after in zip(MODEL.comparison, both.comparison, strict=True):
        for old, new in zip(before.level, after.level, strict=True):
            assert new.weight == old.weight if old.fixed else new.shift == old.shift


@pytest.mark.slow
def test_a_shift_is_added_to_what_is_fitted() -> None:
    rows = bylines(thin=False)
    plain = fitted(rows).model
    place, number = next(
        (place, number)
        for place, one in enumerate(plain.comparison)
        for number, level in enumerate(one.level)
        if not level.fixed and abs(level.weight) > 0.1
    )
    comparison = MODEL.comparison[place]
    level = comparison.level[number].model_copy(update={"shift": 1.5})
    levels = (*comparison.level[:number], level, *comparison.level[number + 1 :])
    comparisons = list(MODEL.comparison)
    comparisons[place] = comparison.model_copy(update={"level": levels})
    shifted = fitted(rows, model=MODEL.model_copy(update={"comparison": tuple(comparisons)})).model
    was, is_ = (one.comparison[place].level[number].weight for one in (plain, shifted))
    assert abs(is_ - was - 1.5) < 1e-3 and shifted.prior == plain.prior
