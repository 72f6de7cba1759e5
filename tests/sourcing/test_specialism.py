"""Specialisms as files: a broken one says what to mend, parts go together, briefs and drafts are made by rules."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sourcing.errors import BadInput, ConfigError, UnknownName
from sourcing.ranking import brief, draft, pack, specialism

ROOT = Path(__file__).resolve().parents[2] / "config"


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


def written(root: Path, kind: pack.Kind, name: str, text: str) -> Path:
    (root / kind).mkdir(exist_ok=True)
    path = root / kind / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (
            {"factors": table()["factors"][:1]},
            "specialism 'inference': weights sum to 60, expected 100 (inference.toml)",
        ),
        (
            {"factors": [{**factor, "rising": 30} for factor in table()["factors"]]},
            "specialism 'inference': rising weights sum to 60, expected 100 (inference.toml)",
        ),
        ({"colour": "red"}, "colour"),
        ({"look": {"repos": ["a/b"]}}, "look.repos"),
        ({"look": {"repositories": ["vllm"]}}, "'vllm' is no repository, expected 'owner/name'"),
        ({"look": {"repositories": ["a/b:"]}}, "names no path after the colon"),
        ({"version": None}, "version"),
        ({"gates": {"works_min": -1}}, "gates.works_min"),
        (
            {"factors": [{"name": "Code", "feature": "merged_wrok", "weight": 100, "half": 1}]},
            "unknown feature 'merged_wrok'; known: active_months, ",
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
    with pytest.raises(UnknownName, match=r"unknown overlay or preset 'health'.*did you mean 'health-bio'"):
        specialism.load("post-training+health", [ROOT])


def test_a_broken_toml_names_the_file(tmp_path: Path) -> None:
    written(tmp_path, pack.Kind.PACK, "half", 'title = "cut')
    with pytest.raises(ConfigError, match=r"cannot read specialism 'half'.*half\.toml"):
        specialism.load("half", [tmp_path])


def test_an_operators_file_replaces_what_it_names_and_changes_the_version(tmp_path: Path) -> None:
    written(tmp_path, pack.Kind.PACK, "post-training", '[look]\nrepositories = ["example-org/trainer"]\n')
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
    assert version(ranked=False) != version()
    assert version(summary="Other words.") == version()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    written(tmp_path, pack.Kind.OVERLAY, "field", '[look]\nrepositories = ["example-org/first"]\n')
    before = specialism.load("post-training", [ROOT, tmp_path])
    written(tmp_path, pack.Kind.OVERLAY, "field", '[look]\nrepositories = ["example-org/second-one"]\n')
    after = specialism.load("post-training", [ROOT, tmp_path])
    assert "example-org/first" in before.look.watched
    assert "example-org/second-one" in after.look.watched and "example-org/first" not in after.look.watched


def test_shared_repositories_count_below_their_paths_only() -> None:
    look = specialism.read(
        "x",
        table(look={"repositories": ["A/B", "C/D:x/, y/"], "paths": ["C/D:z/", "csrc/", "a/b:whole/"]}),
        where="x.toml",
    ).look
    assert look.repositories == ("a/b",)
    assert look.shared == {"c/d": ("x/", "y/", "z/")}
    assert look.paths == ("csrc/",)


def test_an_overlay_takes_its_points_from_all_others_alike() -> None:
    plain = specialism.load("inference-performance", [ROOT])
    both = specialism.load("inference-performance+health-bio", [ROOT])
    assert both.look == plain.look and both.gates == plain.gates
    assert both.overlay is not None and "project-monai/monai" in both.overlay.repositories
    weights = {factor.name: factor.weight for factor in both.factors}
    assert sum(weights[name] for name in both.overlay_factors) == 25
    own = {factor.name: pytest.approx(factor.weight * 0.75) for factor in plain.factors}
    assert {name: weight for name, weight in weights.items() if name not in both.overlay_factors} == own
    assert both.version.startswith("inference-performance+health-bio@4.1+")


def test_a_preset_moves_weights_and_leaves_the_overlays_share() -> None:
    plain = specialism.load("mlops+health-bio", [ROOT])
    strict = specialism.load("mlops+health-bio+enterprise-governance", [ROOT])

    def share(chosen: specialism.Specialism, name: str) -> float:
        return next(factor.weight for factor in chosen.factors if factor.name == name)

    assert share(strict, "Review and merging") > share(plain, "Review and merging")
    assert share(strict, "Operations code") < share(plain, "Operations code")
    assert share(strict, "Health: code") == share(plain, "Health: code")
    assert set(strict.look.keywords) > set(plain.look.keywords)
    early = specialism.load("mlops+early-career", [ROOT])
    assert early.query == "level:early" and early.gates.works_min == 1
    assert "Active months" not in {factor.name for factor in early.factors}


@pytest.mark.parametrize(
    "name", ["mlops+early-career+health-bio", "mlops+bridge+leadership", "mlops+health-bio+health-bio"]
)
def test_parts_stand_in_one_order_and_once(name: str) -> None:
    with pytest.raises(ConfigError):
        specialism.load(name, [ROOT])


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (pack.Kind.OVERLAY, "weight = 70", "weights sum to 70, expected at most 50"),
        (pack.Kind.PRESET, "[times]\nmerged_wrok = 2", "unknown feature 'merged_wrok'"),
        (pack.Kind.PRESET, "[times]\nmerged_work = 11", "less than or equal to 10"),
        (pack.Kind.PRESET, 'keywords_of = ["nobody"]', "unknown specialism 'nobody'"),
    ],
)
def test_a_broken_part_says_what_to_mend(tmp_path: Path, kind: pack.Kind, text: str, says: str) -> None:
    head = 'title = "T"\nsummary = "S"\nversion = 1\n'
    if kind is pack.Kind.OVERLAY:
        text = f'[look]\n[[factors]]\nname = "F"\nfeature = "areas"\nhalf = 1\n{text}'
    written(tmp_path, kind, "part", head + text)
    with pytest.raises((ConfigError, UnknownName), match=says):
        specialism.load("mlops+part", [ROOT, tmp_path])


BRIEF = """
title = "Inference engineer, London"
specialism = "inference-performance"
overlay = "edge-mobile"
preset = "compiled-performance"
levels = ["senior", "staff"]
places = ["London"]
query = "kernels OR schedulers"
[off_limits]
organisations = ["Example Labs"]
lists = ["Placed this year"]
"""


def test_a_brief_is_a_search_anybody_can_read_and_is_ranked(tmp_path: Path) -> None:
    path = written(tmp_path, pack.Kind.BRIEF, "london", BRIEF)
    chosen = brief.load("london", [ROOT, tmp_path])
    assert chosen.specialism == "inference-performance+edge-mobile+compiled-performance"
    assert chosen.query == (
        "(level:senior OR level:staff) loc:London (kernels OR schedulers) "
        '(lang:cpp OR lang:cuda OR lang:rust OR lang:triton) -org:"Example Labs" -list:"Placed this year"'
    )
    assert brief.load(str(path), [ROOT]) == chosen
    assert chosen.specialism in specialism.names([ROOT, tmp_path])
    assert chosen.specialism not in specialism.names([ROOT])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('levels = ["guru"]', "unknown level 'guru'; known: unknown, early"),
        ('people = ["somebody"]', "people"),
        ("places = ['a\"b']", "a quotation mark"),
        ('overlay = "space"', "unknown overlay or preset 'space'"),
    ],
)
def test_a_broken_brief_says_what_to_mend(tmp_path: Path, line: str, says: str) -> None:
    written(tmp_path, pack.Kind.BRIEF, "odd", f'title = "T"\nspecialism = "mlops"\n{line}\n')
    with pytest.raises((ConfigError, UnknownName), match=says):
        brief.load("odd", [ROOT, tmp_path])


ADVERTISEMENT = """Senior GPU Kernel Engineer
You write CUDA kernels with CUTLASS, know MLIR and codegen, and tune GEMM for new cards. You have worked on continuous
batching and the KV cache of a server such as vLLM. Staff engineers mentor. HopperNet is what we call our cluster.
"""


def test_a_draft_says_only_what_packs_know_and_is_a_valid_pack() -> None:
    text = draft.draft(ADVERTISEMENT, [ROOT], slug="kernels")
    made = specialism.read("kernels", tomllib.loads(text), where="kernels.toml")
    assert made.title == "GPU Kernel Engineer"
    assert made.adjacent[:2] == ("kernels-compilers", "inference-performance")
    assert "vllm-project/vllm" in made.look.repositories
    words = [
        entry for slug in specialism.names([ROOT]) for entry in specialism.load(slug, [ROOT]).look.keywords
    ]
    assert len(made.look.keywords) >= 5 and set(made.look.keywords) <= set(words)
    assert "left out: senior, staff" in text and "HopperNet" in text


def test_a_text_about_something_else_makes_no_draft() -> None:
    with pytest.raises(BadInput, match="says no keyword of any specialism"):
        draft.draft("We look for a gardener with a driving licence.", [ROOT], slug="x")
    with pytest.raises(BadInput, match="expected at most"):
        draft.draft("x" * (draft.TEXT_MAX + 1), [ROOT], slug="x")


def test_a_draft_of_odd_text_is_still_toml() -> None:
    text = draft.draft('KV cache "quoted" \\ back\tslash\nGPTQ', [ROOT], slug="x")
    assert tomllib.loads(text)["title"] == 'KV cache "quoted" \\ back slash'
