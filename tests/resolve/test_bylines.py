"""Bylines: what joins mentions of one name, what keeps them apart, and what only a person may join."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sourcing.resolve import commonness, evaluation, models, namesakes, neutral
from sourcing.resolve.decide import decide
from sourcing.resolve.linkage import Limits
from sourcing.settings import config_root

ROOT = config_root()
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _byline(record: str, name: str, work: str, **more: object) -> neutral.Record:
    given = {
        "record_id": record,
        "source": "openreview",
        "name": name,
        "work": work,
        "first_seen": "2024-01-01",
    }
    return neutral.Record.model_validate(given | more)


def _persons(*records: neutral.Record) -> set[frozenset[str]]:
    bundle = neutral.bundle(records, now=NOW)
    linking = evaluation._linking(
        bundle, models.shipped([ROOT]), models.prior_shares([ROOT]), Limits(memory="500MB", threads=1)
    )
    decided = decide(bundle.known, bundle.mentions, linking)
    return {
        frozenset(bundle.records[key] for key in person if key in bundle.records)
        for person in decided.clusters.persons
    } - {frozenset()}


def test_a_common_name_joins_with_the_same_team_and_stays_apart_without() -> None:
    team = ["Ebba Quistorp", "Tomas Vandrell", "Ruta Zelmane"]
    found = _persons(
        _byline("a", "Wei Zhang", "w1", coauthors=team, titles=["Folding of proteins by graph diffusion"]),
        _byline("b", "Wei Zhang", "w2", coauthors=team, titles=["Graph diffusion folds proteins faster"]),
        _byline("c", "Wei Zhang", "w3", coauthors=["Oskar Lindqvust"], titles=["Routing packets in meshes"]),
    )
    assert found == {frozenset("ab"), frozenset("c")}


def test_two_of_one_name_in_one_byline_are_two_people() -> None:
    team = ["Ebba Quistorp", "Tomas Vandrell"]
    found = _persons(
        _byline("a", "Wei Zhang", "w1", coauthors=team, titles=["Folding of proteins"]),
        _byline("b", "Wei Zhang", "w1", coauthors=team, titles=["Folding of proteins"]),
    )
    assert found == {frozenset("a"), frozenset("b")}


def test_no_name_however_rare_joins_a_byline_and_a_committer() -> None:
    git = {
        "record_id": "git:1",
        "source": "git",
        "name": "Xanthippe Oyelarun-Brzk",
        "repos": ["o/r"],
        "commits": 9,
    }
    found = _persons(
        _byline("a", "Xanthippe Oyelarun-Brzk", "w1", titles=["Folding of proteins"]),
        neutral.Record.model_validate(git),
    )
    assert found == {frozenset("a"), frozenset({"git:1"})}


@pytest.mark.parametrize(
    ("common", "rare"), [("Wei Zhang", "Xanthippe Oyelarun"), ("Jianming Li", "Jorunn Li")]
)
def test_a_common_name_has_more_namesakes_in_an_empty_store_too(common: str, rare: str) -> None:
    empty = namesakes.count([], {})
    many, few = (commonness.expected(name, empty, {}) for name in (common, rare))
    assert many is not None
    assert few is not None
    assert many > few


def test_features_are_computed_once_and_score_as_written_out(tmp_path: Path) -> None:
    shipped = models.shipped([ROOT], "authors")[0]
    assert shipped.is_featured
    path = tmp_path / "authors.toml"
    path.write_text(models.dump(shipped), encoding="utf-8")
    assert models.load(path) == shipped
