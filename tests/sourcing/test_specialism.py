"""Specialisms as files: the shipped ones are complete, a broken one says what to mend."""

from pathlib import Path
from typing import Any

import pytest

from sourcing.errors import ConfigError, UnknownName
from sourcing.features import terms
from sourcing.ranking import specialism

ROOT = Path(__file__).resolve().parents[2] / "config"
SHIPPED = ("inference-performance", "post-training", "vision-multimodal")


def table(**over: Any) -> dict[str, Any]:
    factors = [
        {"name": "Code", "feature": "merged_work", "weight": 60, "half": 12},
        {"name": "Review", "feature": "review_work", "weight": 40, "half": 10},
    ]
    return {
        "title": "T",
        "summary": "S",
        "version": 1,
        "look": {"keywords": ["a b"]},
        "factors": factors,
    } | over


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_shipped_specialism_is_complete(slug: str) -> None:
    chosen = specialism.load(slug, [ROOT])
    assert chosen.version.startswith(f"{slug}@1+")
    assert sum(factor.weight for factor in chosen.factors) == 100
    assert {"merged_work", "review_work", "papers_on_topic"} <= {factor.feature for factor in chosen.factors}
    look = chosen.look
    assert (
        len(look.repositories) >= 7
        and len(look.keywords) >= 14
        and look.negative
        and look.arxiv
        and look.venues
    )
    for words in (look.keywords, look.hints, look.negative, look.venues):
        assert all(terms.pattern((word,)) != terms.NEVER for word in words)


def test_shipped_specialisms_are_listed() -> None:
    assert tuple(specialism.names([ROOT])) == SHIPPED


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (
            {"factors": table()["factors"][:1]},
            "specialism 'inference': weights sum to 60, expected 100 (inference.toml)",
        ),
        ({"colour": "red"}, "colour"),
        ({"look": {"repos": ["a/b"]}}, "look.repos"),
        ({"look": {"repositories": ["vllm"]}}, "'vllm' is no repository, expected 'owner/name'"),
        ({"look": {"repositories": ["a/b:"]}}, "names no path after the colon"),
        ({"version": None}, "version"),
        ({"gates": {"works_min": -1}}, "gates.works_min"),
        (
            {"factors": [{"name": "Code", "feature": "merged_wrok", "weight": 100, "half": 1}]},
            "unknown feature 'merged_wrok'; known: areas, merged_work",
        ),
        (
            {"factors": [{"name": "Code", "feature": "merged_work", "weight": 100, "half": 0}]},
            "factors.0.half",
        ),
        (
            {"factors": [{"name": n, "feature": "areas", "weight": 50, "half": 1} for n in "ab"]},
            "feature 'areas' is used twice",
        ),
    ],
)
def test_a_broken_file_says_what_to_mend(over: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        specialism.read("inference", table(**over), where="inference.toml")
    assert says in str(caught.value) and "inference.toml" in str(caught.value)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="did you mean 'post-training'"):
        specialism.load("post-trainin", [ROOT])


def test_a_broken_toml_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "specialisms").mkdir()
    (tmp_path / "specialisms" / "half.toml").write_text('title = "cut', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot read specialism 'half'.*half\.toml"):
        specialism.load("half", [tmp_path])


def test_an_overlay_replaces_what_it_names_and_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "specialisms").mkdir()
    overlay = tmp_path / "specialisms" / "post-training.toml"
    overlay.write_text('[look]\nrepositories = ["example-org/trainer"]\n', encoding="utf-8")
    shipped = specialism.load("post-training", [ROOT])
    chosen = specialism.load("post-training", [ROOT, tmp_path])
    assert chosen.look.repositories == ("example-org/trainer",)
    assert chosen.look.keywords == shipped.look.keywords and chosen.factors == shipped.factors
    assert chosen.version != shipped.version


def test_changing_a_weight_changes_the_version_and_rewording_does_not() -> None:
    def version(**over: Any) -> str:
        return specialism.read("x", table(**over), where="x.toml").version

    factors = table()["factors"]
    moved = [factors[0] | {"weight": 61}, factors[1] | {"weight": 39}]
    assert version(factors=moved) != version()
    assert version(version=2) != version()
    assert version(summary="Other words.") == version()


def test_shared_repositories_count_below_their_paths_only() -> None:
    look = specialism.read(
        "x",
        table(look={"repositories": ["A/B", "C/D:x/, y/"], "paths": ["C/D:z/", "csrc/", "a/b:whole/"]}),
        where="x.toml",
    ).look
    assert look.repositories == ("a/b",)
    assert look.shared == {"c/d": ("x/", "y/", "z/")}
    assert look.paths == ("csrc/",)
