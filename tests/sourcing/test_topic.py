"""Which work is on topic, and which is a chore or tests alone: every case with its reason."""

from pathlib import Path

import pytest
from snapshots import World, pack

from sourcing.features import facts, likeness, terms, topic

SPELLINGS = [
    ("paged attention", "Add PagedAttention v2", True),  # camel case
    ("paged attention", "csrc/paged_attention.cu", True),  # snake case
    ("KV cache", "kv-caches: evict by age", True),  # hyphen and plural
    ("KV cache", "kvcache eviction", True),  # written together
    ("quantiz*", "quantizing weights", True),
    ("GRPO", "Fix GRPOTrainer padding", True),
    ("LoRA", "LoRA: merge adapters", True),  # camel case must not hide it
    ("LoRA", "Explore new folklorama", False),  # whole words only
    ("detection", "undetectionable", False),
    ("A | B c", "b-c", True),  # synonyms
]


def test_terms_match_whole_words_in_every_spelling(tmp_path: Path) -> None:
    world = World()
    for _, text, _ in SPELLINGS:
        world.change("p", repo="a/b", title=text, paths=())
    with facts.snapshot(world.write(tmp_path), spill=tmp_path) as (_, docs):
        uses = [
            terms.Use(spec=0, role="keyword", number=number, term=term)
            for number, (term, _, _) in enumerate(SPELLINGS)
        ]
        hits = terms.said(docs.select("title", text=docs["head"]), uses).to_pyarrow().to_pylist()
    found = {(row["title"], SPELLINGS[row["number"]][0]) for row in hits}
    assert [(term, text, (text, term) in found) for term, text, _ in SPELLINGS] == SPELLINGS


def test_how_like_a_text_a_paper_is_depends_on_no_other_papers_words(tmp_path: Path) -> None:
    title = "Machine translation as a machine of a machine: translation"
    look = topic.Look(wording=likeness.Wording(terms={"machine translation": 1.0}))
    found = []
    for usual in ("machine", "translation"):
        world = World()
        asked = world.paper("p", title=title)
        for number in range(5):
            world.paper("p", title=f"{usual} {number}")
        directory = tmp_path / usual
        directory.mkdir()
        with facts.snapshot(world.write(directory), spill=tmp_path) as (_, docs):
            own = docs.filter(docs.work == asked).select("doc")
            alike = likeness.likened(docs, [look]).semi_join(own, "doc").to_pyarrow()
            found.append(alike["alike"].to_pylist())
    assert found[0] == found[1] != []


@pytest.mark.parametrize(
    ("term", "times"),
    [("kv cache", 3), ("cache", 4), ("kv cach*", 4), ("evict* | kv", 4), ("page", 0)],
)
def test_a_term_is_counted_as_often_as_it_is_said(tmp_path: Path, term: str, times: int) -> None:
    text = "KV cache, kv-cache, kvcaches: evicting a cache cache. KV cachet"
    world = World()
    work = world.paper("p", title="x", text=text)
    with facts.snapshot(world.write(tmp_path), spill=tmp_path) as (_, docs):
        uses = [terms.Use(spec=0, role="said", number=0, term=term)]
        texts = docs.filter(docs.work == work).select("work", text=docs.body)
        said = terms.counted(texts, uses).to_pyarrow()
    assert sum(said["times"].to_pylist()) == times


def test_every_work_is_judged_on_topic_for_a_stated_reason(tmp_path: Path) -> None:
    world = World()
    cases: dict[str, float] = {
        world.change("p", title="Anything at all"): 1.0,  # a listed repository
        world.change("p", repo="example-org/everything", title="x", paths=["serving/a.py"]): 1.0,
        world.change("p", repo="example-org/everything", title="x", paths=["other/serving/a.py"]): 0.0,
        world.change("p", repo="example-org/everything", title="x", paths=["serving/a.py", "b.py"]): 1.0,
        world.change("p", repo="example-org/everything", title="x", paths=["serving/a.py", *"bcdefgh"]): 0.25,
        world.change("p", repo="a/b", title="x", paths=["src/kv_cache.py"]): 0.35,
        world.change("p", repo="a/b", title="A sweep", paths=["src/kv_cache.py", *"bcdefghi"]): 0.0,
        world.change("p", repo="a/b", title="Speed up the KV cache", paths=()): 0.35,
        world.change("p", repo="a/b", title="KV cache for paged attention", paths=()): 0.6,
        world.change("p", repo="a/b", title="KV cache, paged attention, speculative decoding", paths=()): 0.8,
        world.change("p", repo="a/kv-cache", title="KV cache: tidy", paths=()): 0.0,  # its own name
        world.change("p", repo="a/b", title="Lower latency", paths=()): 0.0,  # a hint alone
        world.change("p", repo="a/b", title="Lower latency of the KV cache", paths=()): 0.6,
        world.change("p", title="Benchmark table only"): 0.0,  # the pack's negative
        world.change("p", repo="a/kv-tutorial", title="Paged attention", paths=()): 0.0,  # global negative
        world.paper("p", title="Cheap paged attention", tags=["cs.DC", "cs.LG"]): 0.8,
        world.paper("p", title="Cheap attention", text="We use a KV cache.", venue=None): 0.35,
        world.paper("p", title="On birds", tags=["cs.DC"]): 0.0,  # venue and category are not enough
    }
    with facts.snapshot(world.write(tmp_path), spill=tmp_path) as (_, docs):
        rows = topic.relevance(docs, [pack().look]).to_pyarrow().to_pylist()
    fit = {row["work"]: row["fit"] for row in rows}
    expected = dict(cases)
    both = next(work for work, row in world.works.items() if row["title"] == "Cheap paged attention")
    expected[both] = 0.6 + 2 * topic.BONUS
    assert {work: round(fit.get(work, 0.0), 9) for work in cases} == expected
    reasons = {row["work"]: row["reason"] for row in rows if row["fit"] == 0}
    assert set(reasons.values()) == {"negative words"}


CHORES = [
    ("Fix typo in README", ["README.md"], True),
    ("Bump ruff from 0.5 to 0.6", ["requirements.txt"], True),
    ("[Doc] clarify the scheduler", ["docs/design/scheduler.rst"], True),
    ("ci: cache wheels", [".github/workflows/test.yml"], True),
    ("Apply ruff formatting", ["engine/a.py"], True),
    ("Release v0.6.1", ["engine/version.py"], True),
    ("CHORE Upgrade the linter to 0.16.2", ["pyproject.toml"], True),
    ("[docs] say more", ["engine/a.py"], True),
    ("Update pytest to >= 9.0.3 to fix a security advisory", ["requirements.txt", "setup.py"], True),
    ("Update setup.py w/ MIT license", ["setup.py"], True),
    ("FIX: [`CI` / `Prompt`] Fix CI on main", ["engine/a.py"], True),
    ("Update the cache to hold int8 blocks", ["engine/a.py"], False),
    ("Translate the attention kernel to Triton", ["engine/a.py"], False),
    ("Document-level cache eviction", ["engine/a.py"], False),
    ("Rework the scheduler", ["engine/scheduler.py", "docs/scheduler.md"], False),
    ("Fix format of the quantised checkpoint header", ["engine/load.py"], False),
    ("Typed KV cache blocks", ["engine/kv.py"], False),
]


def test_chores_are_told_from_work(tmp_path: Path) -> None:
    world = World()
    for title, paths, _ in CHORES:
        world.change("p", title=title, paths=paths)
    with facts.snapshot(world.write(tmp_path), spill=tmp_path) as (_, docs):
        rows = (
            topic.relevance(docs, [pack().look])
            .join(docs.select("work", "title"), "work")
            .to_pyarrow()
            .to_pylist()
        )
    reasons = {row["title"]: row["reason"] for row in rows}
    assert {title: reasons[title] == "chore" for title, _, _ in CHORES} == {
        title: is_one for title, _, is_one in CHORES
    }


def test_changes_of_tests_alone_count_less(tmp_path: Path) -> None:
    world = World()
    cases = {
        world.change("p", title="Cover the allocator", paths=["tests/engine/test_blocks.py"]): "tests only",
        world.change("p", title="TST Skip failing tests until v2", paths=["engine/a.py"]): "tests only",
        world.change("p", title="Relax fp8 test tolerance", paths=()): "tests only",
        world.change("p", title="Fix flaky tests of the scheduler", paths=()): "tests only",
        world.change("p", title="Fused int8", paths=["engine/a.py", "tests/test_a.py"]): None,
        world.change("p", title="Test-time scaling of the cache", paths=["engine/contest.py"]): None,
    }
    with facts.snapshot(world.write(tmp_path), spill=tmp_path) as (_, docs):
        rows = topic.relevance(docs, [pack().look]).to_pyarrow().to_pylist()
    assert {row["work"]: row["reason"] for row in rows} == cases
