"""Packs, overlays and presets as shipped: the checks of SPECIALISMS that need nobody's data."""

import re
import tomllib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from snapshots import World

from sourcing.features import facts, terms, topic
from sourcing.ranking import draft, pack, specialism
from sourcing.ranking.pack import Kind

ROOT = Path(__file__).resolve().parents[2] / "config"
PACKS, OVERLAYS, PRESETS = (pack.found(kind, [ROOT]) for kind in (Kind.PACK, Kind.OVERLAY, Kind.PRESET))
TITLES = tomllib.loads((Path(__file__).parent / "pack_titles.toml").read_text(encoding="utf-8"))
# arxiv.org/category_taxonomy, read 2026-11-23
CATEGORIES = frozenset((Path(__file__).parent / "arxiv_categories.txt").read_text(encoding="utf-8").split())
SHARED_MAX = 0.2  # of the smaller vocabulary: packs that say the same things list the same people
REMOVED_MIN = 18  # of 20 decoys (SPECIALISMS, checks)


def table(kind: Kind, name: str) -> dict[str, Any]:
    return pack.table(kind, name, [ROOT])[0]


def spellings(entries: list[str]) -> set[str]:
    return {terms.normalise(part) for entry in entries for part in entry.split("|")}


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], float]:
    """How well every invented title fits every pack, as a change somewhere else: by (pack, title)."""
    world, directory = World(), tmp_path_factory.mktemp("titles")
    titles = sorted({title for both in TITLES.values() for lines in both.values() for title in lines})
    works = {world.change("p", repo="a/b", title=title, paths=()): title for title in titles}
    looks = [specialism.load(slug, [ROOT]).look for slug in PACKS]
    with facts.snapshot(world.write(directory), spill=directory) as (_, docs):
        rows = topic.relevance(docs, looks).to_pyarrow().to_pylist()
    return {(PACKS[row["spec"]], works[row["work"]]): row["fit"] for row in rows}


def test_eighteen_packs_and_eight_overlays_are_shipped() -> None:
    assert (len(PACKS), len(OVERLAYS)) == (18, 8)
    assert set(TITLES) == set(PACKS)


@pytest.mark.parametrize("slug", PACKS)
def test_no_true_title_is_lost_and_decoys_are_removed(
    slug: str, fits: Mapping[tuple[str, str], float]
) -> None:
    true, decoys = TITLES[slug]["true"], TITLES[slug]["decoy"]
    assert len(set(true)) == len(set(decoys)) == 20
    assert [title for title in true if not fits.get((slug, title))] == []
    kept = [title for title in decoys if fits.get((slug, title))]
    assert len(decoys) - len(kept) >= REMOVED_MIN, kept


@pytest.mark.parametrize("slug", PACKS)
def test_most_decoys_would_be_taken_but_for_negative_words(slug: str) -> None:
    look = specialism.load(slug, [ROOT]).look
    said = [
        title
        for title in TITLES[slug]["decoy"]
        if any(draft.says(word, draft.readable(title)) for word in look.keywords)
    ]
    assert len(said) >= 8, "decoys that say no keyword try nothing"


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.PACK, n) for n in PACKS] + [(Kind.OVERLAY, n) for n in OVERLAYS]
)
def test_a_look_is_well_formed(kind: Kind, name: str) -> None:
    look = table(kind, name)["look"]
    assert set(look["arxiv"]) <= CATEGORIES
    entries = [*look["repositories"], *(path for path in look.get("paths", []) if ":" in path)]
    named = [entry.partition(":")[0] for entry in entries]
    assert len(named) >= 4 and all(pack.REPOSITORY.fullmatch(one) for one in named)
    assert len({one.lower() for one in look["repositories"]}) == len(look["repositories"])
    for what in ("keywords", "hints", "negative", "venues"):
        words = [terms.normalise(part) for entry in look.get(what, []) for part in entry.split("|")]
        assert all(re.search(r"[a-z0-9]{2}", word) for word in words), what
        assert len(set(words)) == len(words), (
            f"{what} said twice: {sorted(w for w in words if words.count(w) > 1)}"
        )
    assert not spellings(look["keywords"]) & spellings(look.get("negative", []))
    lost = [
        word
        for word in spellings(look["keywords"])
        if any(draft.says(term, f" {word} ") for term in look.get("negative", []))
    ]
    assert lost == []


@pytest.mark.parametrize("slug", PACKS)
def test_a_pack_is_complete(slug: str) -> None:
    chosen = specialism.load(slug, [ROOT])
    assert chosen.version.startswith(f"{slug}@")
    for _, total in pack.sums(chosen.factors):
        assert total == pytest.approx(100, abs=1e-9)
    used = {factor.feature for factor in chosen.factors}
    assert {"review_work", "papers_on_topic"} <= used
    assert chosen.ranked == ("sized_work" in used), "a pack without code lists and does not rank"
    assert (
        len(chosen.look.keywords) >= 10 and chosen.look.negative and chosen.look.hints and chosen.look.venues
    )
    assert 2 <= len(chosen.adjacent) <= 4 and set(chosen.adjacent) <= set(PACKS) - {slug}


def test_nobody_is_adjacent_to_a_pack_alone() -> None:
    adjacent = {slug: specialism.load(slug, [ROOT]).adjacent for slug in PACKS}
    pairs = {frozenset((slug, other)) for slug, others in adjacent.items() for other in others}
    mutual = [pair for pair in pairs if all(set(pair) - {slug} <= set(adjacent[slug]) for slug in pair)]
    assert len(mutual) / len(pairs) >= 0.4
    named = {other for others in adjacent.values() for other in others}
    assert set(PACKS) - named <= {"ai-product", "quantum-ml"}  # nobody moves into these from beside them


def test_packs_share_few_words() -> None:
    words = {slug: spellings(table(Kind.PACK, slug)["look"]["keywords"]) for slug in PACKS}
    shares = {
        (one, other): len(words[one] & words[other]) / min(len(words[one]), len(words[other]))
        for one, other in combinations(PACKS, 2)
    }
    assert max(shares.values()) <= SHARED_MAX, max(shares, key=lambda pair: shares[pair])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_goes_with_every_pack(overlay: str) -> None:
    for slug in PACKS:
        chosen = specialism.load(f"{slug}+{overlay}", [ROOT])
        assert sum(f.weight for f in chosen.factors if f.name in chosen.overlay_factors) == 25
        for _, total in pack.sums(chosen.factors):
            assert total == pytest.approx(100, abs=1e-9)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_goes_with_every_pack_and_overlay(preset: str) -> None:
    for slug in PACKS:
        for name in (f"{slug}+{preset}", f"{slug}+{OVERLAYS[0]}+{preset}"):
            chosen = specialism.load(name, [ROOT])
            for _, total in pack.sums(chosen.factors):
                assert total == pytest.approx(100, abs=1e-9)
