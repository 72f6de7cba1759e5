"""Releases, talks and posts: what counts, how far, and that a night notices each of them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from snapshots import AS_OF, ENGINE, World

from sourcing.features import changed, facts
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking.banded import ACTS

FEATURES = ("releases", "talks_and_writing")
LOOK = Look(
    repositories=(ENGINE,),
    keywords=("KV cache", "paged attention"),
    venues=("MLSys",),
    watched=frozenset({ENGINE}),
)


class Public(World):
    """A world in which everybody has a change on topic, and some did more than that."""

    def deed(self, person: str, kind: str, work: dict[str, Any], *, days: float = 30, **more: Any) -> None:
        if all(row["person"] != person for row in self.signals):
            self.change(person, days=100)
        self.works[work["work"]] = {"tags": [], "paths": [], "part_of": None, "venue": None} | work
        self.sign(person, work["work"], kind, AS_OF - timedelta(days=days), **more)

    def release(self, person: str, tag: str, *, repo: str = ENGINE, **more: Any) -> None:
        work = f"github:{repo}:release:{tag}"
        told = {"work": work, "kind": "package", "title": f"{repo} {tag}", "part_of": f"github:{repo}"}
        self.deed(person, "released", told, **more)

    def talk(self, person: str, venue: str, note: str, **more: Any) -> None:
        told = {"work": f"event:{venue}:{person}", "kind": "talk", "title": venue, "venue": venue}
        self.deed(person, "presented", told, note=note, **more)

    def post(self, person: str, title: str, **more: Any) -> None:
        told = {"work": f"post:{person}:{title}", "kind": "post", "title": title}
        self.deed(person, "authored", told, **more)


def gathered(world: World, where: Path) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Return everybody's features, and what a night compares them by."""
    with facts.snapshot(world.write(where), spill=where / "spill") as (signals, docs):
        found = facts.gather(signals, docs, [facts.Asked(look=LOOK, as_of=AS_OF)])
        rows = measure(found, FEATURES).to_pylist()
        grounds = ACTS.empty_table().select(["spec", "person"])
        grounds = grounds.append_column("said", [[]]).append_column(
            "evidence", ACTS.empty_table()["evidence"]
        )
        digests = changed.digests(found, [{0: changed.OWN}], grounds).to_pylist()
    return {row["person"]: row for row in rows}, {row["person"]: row["digest"] for row in digests}


def test_releases_count_where_a_look_lists_the_project_and_a_night_of_them_saturates(tmp_path: Path) -> None:
    world = Public()
    for number in range(6):
        world.release("monthly", f"v1.{number}", days=20 + 30 * number)
    for number in range(60):
        world.release("script", f"v2.{number}", days=20)
    world.release("older", "v0.1", days=20 + 730)
    world.release("early", "v3.0rc1", note="prerelease")
    world.release("own", "v1.0", repo="own/toy")
    world.release("future", "v9.0", days=-3)
    found, _ = gathered(world, tmp_path / "s")
    value = {person: row["releases"] for person, row in found.items()}
    assert value["monthly"] > 3 and value["script"] < 3 * value["monthly"]
    assert 0 < value["older"] < value["monthly"] / 10
    assert not value["early"] and not value["own"] and not value["future"]
    assert len(found["monthly"]["releases_evidence"]) == 6


def test_talks_count_at_named_venues_and_posts_by_their_words_a_month_once(tmp_path: Path) -> None:
    world = Public()
    world.talk("speaker", "MLSys 2026", "speaker")
    world.talk("chair", "MLSys 2026", "area_chair")
    world.talk("elsewhere", "Gardening 2026", "speaker")
    world.post("writer", "How we halved the KV cache")
    world.post("gardener", "Roses in May")
    for number in range(12):
        world.post("daily", f"Notes on the KV cache {number}", days=30)
    value = {person: row["talks_and_writing"] for person, row in gathered(world, tmp_path / "s")[0].items()}
    assert value["speaker"] > value["writer"] > 0
    assert value["daily"] == pytest.approx(value["writer"])
    assert not value["chair"] and not value["elsewhere"] and not value["gardener"]


@pytest.mark.slow
def test_a_new_post_or_release_changes_whom_the_night_looks_at_anew_and_nobody_else(tmp_path: Path) -> None:
    world = Public()
    for person in ("writer", "maintainer", "other"):
        world.change(person, days=100)
    before = gathered(world, tmp_path / "a")[1]
    world.post("writer", "How we halved the KV cache")
    world.release("maintainer", "v1.0")
    after = gathered(world, tmp_path / "b")[1]
    assert {person for person in after if after[person] != before[person]} == {"writer", "maintainer"}
