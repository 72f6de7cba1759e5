"""Questions of neutral files, answered by the program's own features; and the features that only they weigh so far."""

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from snapshots import AS_OF, ENGINE, World

from sourcing.features import facts
from sourcing.features.measured import measure
from sourcing.ranking import ask, bench, beside

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FEATURES = (
    "sized_work",
    "all_changes",
    "active_months",
    "files_begun",
    "files_kept",
    "pace",
    "recent_changes",
    "new_ground",
)


def folder(
    where: Path,
    signals: Sequence[Mapping[str, Any]],
    queries: Sequence[Mapping[str, Any]],
    *,
    papers: bool = False,
) -> Path:
    where.mkdir()
    with gzip.open(where / ("papers.jsonl.gz" if papers else "signals.jsonl.gz"), "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in signals)
    common = {"repos": [], "area": "", "text": "", "exclude": [], "t": int(NOW.timestamp())}
    text = "".join(json.dumps(common | {"cluster": row["qid"]} | dict(row)) + "\n" for row in queries)
    (where / "queries.jsonl").write_text(text, encoding="utf-8")
    return where


def change(
    account: str, days: float, text: str, path: str, repo: str = "lab/kiln", **more: Any
) -> dict[str, Any]:
    at = int((NOW - timedelta(days=days)).timestamp())
    return {
        "account": account, "name": f"Kit {account.title()}", "email": f"{account}@example.org", "repo": repo,
        "kind": "commit", "date": at, "qty": 10, "paths": [[path, 10]], "text": text,
    } | more  # fmt: skip


HISTORY = (
    *[change("arden", 900 - 30 * n, f"Fire the glaze {n}", f"kiln/glaze/part{n}.py") for n in range(20)],
    *[change("blake", 900 - 30 * n, f"Load the oven {n}", f"kiln/oven/part{n}.py") for n in range(20)],
    *[change("casey", 60 - 5 * n, f"Stack the shelves {n}", f"kiln/shelf{n}/stack.py") for n in range(10)],
    *[change("devon", 700 - 20 * n, f"Weave the warp threads {n}", f"loom/warp{n}.py", "lab/loom") for n in range(15)],
    *[change("emery", -10 - n, f"Fire the glaze later {n}", f"kiln/glaze/part{n}.py") for n in range(40)],
    *[change("robot", 20 + n, f"Fire again {n}", "kiln/glaze/part1.py", name="kiln-ci[bot]") for n in range(90)],
    # a second address: accounts are given, nobody need find out who is who
    change("casey", 61, "Stack the shelves", "kiln/shelf/stack.py", email="casey@example.net"),
)  # fmt: skip
QUESTIONS = (
    {"qid": "A:1", "task": "A", "repos": ["lab/kiln"], "area": "/kiln/glaze/**", "text": "kiln/glaze"},
    {"qid": "B:1", "task": "B", "repos": ["lab/kiln"], "exclude": ["arden"]},
    {"qid": "C:1", "task": "C", "text": "weaver: warp threads, loom"},
)


def unasked(records: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    raise AssertionError("the accounts are people already")


@pytest.mark.slow
def test_each_question_is_answered_by_its_own_work_up_to_its_moment(tmp_path: Path) -> None:
    found = {
        one.qid: one.ranking for one in bench.answers(folder(tmp_path / "q", HISTORY, QUESTIONS), unasked)
    }
    assert found["A:1"][0] == "arden", "the area's own author, before whoever fired the same oven elsewhere"
    assert found["B:1"][0] == "casey", "who works now, before who did more long ago"
    assert found["C:1"] == ("devon",), "the repository whose works say the words"
    everybody = {person for ranking in found.values() for person in ranking}
    assert "robot" not in everybody and "emery" not in everybody
    assert "arden" not in found["B:1"]


@pytest.mark.slow
def test_names_and_strangers_move_nobody(tmp_path: Path) -> None:
    before = [one.ranking for one in bench.answers(folder(tmp_path / "a", HISTORY, QUESTIONS), unasked)]
    swapped = [row | {"name": "Zed Other"} if row["account"] == "arden" else row for row in HISTORY]
    strangers = [change(f"new{n}", 30 + n, "Paint", f"paint/{n}.py", "lab/paint") for n in range(30)]
    more = folder(tmp_path / "b", [*swapped, *strangers], QUESTIONS[:2])
    assert [one.ranking for one in bench.answers(more, unasked)] == before[:2]


def test_aliases_are_resolved_first_and_named_by_the_busiest(tmp_path: Path) -> None:
    rows = [change("kit1", 900 - 30 * n, f"Fire {n}", f"kiln/glaze/a{n}.py") for n in range(5)]
    rows += [change("kit2", 300 - 30 * n, f"Glaze {n}", f"kiln/glaze/b{n}.py") for n in range(9)]
    rows += [change("other", 400 - 30 * n, f"Oven {n}", f"kiln/oven/c{n}.py") for n in range(9)]
    asked: list[str] = []

    def resolver(records: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        asked.extend(record["record_id"] for record in records)
        return {"kit1": "kit", "kit2": "kit", "other": "other"}

    (found,) = bench.answers(folder(tmp_path / "raw", rows, QUESTIONS[:1]), resolver)
    assert sorted(asked) == ["kit1", "kit2", "other"]
    assert found.ranking[0] == "kit2" and "kit1" not in found.ranking


def test_papers_like_the_text_count_by_age_and_alike_for_their_authors(tmp_path: Path) -> None:
    def paper(number: int, year: int, title: str, *authors: str) -> dict[str, Any]:
        return {
            "paper": number, "venue": "kilnconf", "year": year, "status": "Poster", "title": title,
            "keywords": "ceramics", "abstract": f"We study {title.lower()} at length.", "authors": list(authors),
        }  # fmt: skip

    rows = [paper(n, 2024, "Glaze chemistry under heat", "fresh", "second") for n in range(2)]
    rows += [paper(10 + n, 2015, "Glaze chemistry under heat", "stale") for n in range(2)]
    rows += [paper(20 + n, 2024, "Weaving warps", "weaver") for n in range(30)]
    (found,) = bench.answers(
        folder(
            tmp_path / "d",
            rows,
            [{"qid": "D:1", "task": "D", "t": 2025, "text": "glaze chemistry"}],
            papers=True,
        ),
        unasked,
    )
    assert found.ranking == ("fresh", "second", "stale")


def test_figures_are_gains_by_grade_paired_by_cluster(tmp_path: Path) -> None:
    where = folder(
        tmp_path / "truth",
        [],
        [{"qid": f"A:{n}", "task": "A", "cluster": f"c{n}", "exclude": ["x"]} for n in range(2)],
    )
    gold = [("A:0", "one", 2), ("A:0", "two", 1), ("A:1", "one", 2)]
    (where / "truth.jsonl").write_text(
        "".join(json.dumps({"qid": q, "account": a, "grade": g}) + "\n" for q, a, g in gold), encoding="utf-8"
    )
    (where / "aliases.json").write_text(json.dumps({"one-b": "one"}), encoding="utf-8")
    ours = {"A:0": ["x", "one-b", "one", "two"], "A:1": ["one"]}
    theirs = {"A:0": ["two", "one"]}
    mine, other = beside.figures(where, {"ours": ours, "theirs": theirs})
    best = 3 + 1 / math.log2(3)
    first, second = (3 + 1 / math.log2(4)) / best, (1 + 3 / math.log2(3)) / best
    assert mine.value.mean == pytest.approx((first + 1) / 2) and mine.over is None
    assert other.value.mean == pytest.approx(second / 2), "no answer counts nothing"
    assert other.over is not None and other.over.mean == pytest.approx((first + 1 - second) / 2)


@pytest.mark.slow
def test_an_ablation_answers_where_it_leaves_something_out_and_is_ours_elsewhere(tmp_path: Path) -> None:
    where = folder(tmp_path / "q", HISTORY, QUESTIONS)
    ways = [bench.OURS, bench.BY_LOWER, *bench.ablations(where)]
    found = bench.runs(where, unasked, ways)
    assert found["ours"] == bench.answers(folder(tmp_path / "again", HISTORY, QUESTIONS), unasked)
    asked = {way: {one.qid for one in given} for way, given in found.items()}
    assert asked["ours, by lower bound"] == asked["no code"] == asked["no review"] == {"A:1", "B:1", "C:1"}
    assert asked["no pace"] == {"B:1"} and asked["no sized_work"] == {"A:1", "C:1"}
    assert not bench.ablations(folder(tmp_path / "papers", [], [], papers=True)), (
        "nothing beside papers is left"
    )

    gold = [{"qid": "A:1", "account": "arden", "grade": 2}, {"qid": "B:1", "account": "casey", "grade": 2}]
    (where / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gold), encoding="utf-8")
    runs = {"ours": {"A:1": ["arden"], "B:1": ["blake"]}, "no pace": {"B:1": ["casey"]}}
    figures = {(one.task, one.name): one.value.mean for one in beside.figures(where, runs, ["no pace"])}
    assert ("A", "no pace") not in figures
    assert figures["B", "ours"] == 0 and figures["all", "ours"] == 0.5
    assert figures["B", "no pace"] == figures["all", "no pace"] == 1, "with our answer to the other task"


@pytest.mark.parametrize(
    ("pattern", "path", "inside"),
    [
        ("/kiln/glaze/**", "kiln/glaze/a/b.py", True),
        ("kiln/glaze/", "kiln/glazed/b.py", False),
        ("glaze/", "kiln/glaze/b.py", True),
        ("/kiln/*.py", "kiln/oven/b.py", False),
        ("*.cu", "kiln/oven/fast.cu", True),
        ("/kiln/main.py", "kiln/main.py", True),
    ],
)
def test_an_area_is_what_its_pattern_matches(pattern: str, path: str, inside: bool) -> None:
    files = {path, "kiln/main.py", "other/z.txt"}
    (below,) = ask.area("Lab/Kiln", pattern, files).shared.values()
    assert any(path.startswith(start) for start in below) is inside


def test_beginning_recency_and_ground_are_told_apart(tmp_path: Path) -> None:
    world = World()
    for number in range(8):
        world.change("founder", days=800 - number, paths=[f"engine/a/part{number}.py"])
        world.change("keeper", days=700 - number, paths=[f"engine/a/part{number}.py"])
        world.change(
            "rover", days=60 - number, paths=[f"engine/new{number}/x.py", f"engine/new{number}/y.py"]
        )
        shared = world.change("pair", days=50 - number, paths=["engine/a/part1.py"])
        world.change("guest", days=50 - number, work=shared, kind="co_authored")
    with facts.snapshot(world.write(tmp_path / "s"), spill=tmp_path / "spill") as (signals, docs):
        asked = [facts.Asked(look=ask.repository(ENGINE), as_of=AS_OF)]
        rows = measure(facts.gather(signals, docs, asked), FEATURES, evidence=False).to_pylist()
    found = {row["person"]: row for row in rows}
    assert found["founder"]["files_begun"] == 8 and not found["keeper"]["files_begun"]
    assert (
        found["rover"]["new_ground"] == 8
        and found["pair"]["new_ground"] == 1
        and not found["founder"]["new_ground"]
    )
    assert found["guest"]["recent_changes"] == found["pair"]["recent_changes"], (
        "written together counts whole here"
    )
    assert found["guest"]["all_changes"] < found["pair"]["all_changes"]
    assert found["rover"]["pace"] > found["rover"]["recent_changes"] > 10 * found["founder"]["recent_changes"]
    assert found["founder"]["all_changes"] == pytest.approx(found["keeper"]["all_changes"])


def test_files_come_back_to_are_kept_and_a_typo_or_one_look_keeps_none(tmp_path: Path) -> None:
    world = World()
    for number in range(4):
        path = [f"engine/a/part{number}.py"]
        for days in (400, 300, 200) if number else (400,):
            world.change("keeper", days=days, paths=path)
        world.change("passer", days=500, paths=path)
        world.change("passer", days=100, title="Fix typos", paths=path)
    with facts.snapshot(world.write(tmp_path / "s"), spill=tmp_path / "spill") as (signals, docs):
        asked = [facts.Asked(look=ask.repository(ENGINE), as_of=AS_OF)]
        rows = measure(facts.gather(signals, docs, asked), ["files_kept"]).to_pylist()
    found = {row["person"]: row for row in rows}
    assert found["keeper"]["files_kept"] == 3 and not found["passer"]["files_kept"]
    assert len(found["keeper"]["files_kept_evidence"]) == 9, (
        "what was done to files that were left proves nothing"
    )
