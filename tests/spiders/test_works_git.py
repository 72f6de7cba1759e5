"""Which commits a pull request's true merge brought in, and whose number a commit of it bears."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders import git, gitrun
from spiders.engines.repository import local_pages
from spiders.records import Provenance, Signal, Task, Work
from spiders.redact import Pepper
from spiders.sources import git_history

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _merge(made: Any, branch: str, subject: str) -> None:
    who = ("-c", "user.name=Mira", "-c", "user.email=mira@pages.example")
    made.run(*who, "merge", "-q", "--no-ff", "-m", subject, branch)


def _branch(made: Any, name: str, *subjects: str, at: str = "main") -> None:
    made.run("checkout", "-q", "-B", name, at)
    for subject in subjects:
        made.commit(subject, path=f"{name}-{subject[:6]}.py")
    made.run("checkout", "-q", "main")


@pytest.fixture
def history(made: Any) -> Any:
    """Two branches merged from a fork and one from here; inside them merges and squashes of the fork's own numbers."""
    made.commit("Start", path="start.py")
    _branch(made, "fix", "Fix the cache", "Test the cache", "Squash of the fork (#3)")
    _merge(made, "fix", "Merge pull request #12 from ota-forks/fix")
    made.commit("Land a change (#13)", path="landed.py")
    _branch(made, "inner", "Within the fork")
    made.run("checkout", "-q", "-B", "fork", "main")
    made.commit("Work of the fork", path="fork.py")
    _merge(made, "inner", "Merge pull request #4 from somebody/inner")
    made.run("checkout", "-q", "main")
    made.commit("Straight to the main line", path="straight.py")
    _merge(made, "fork", "Merge pull request #14 from ota-forks/fork\n\nA text")
    _branch(made, "feature", "Part of a feature (#15)", "Rest of it")
    _merge(made, "feature", "Merge pull request #16 from Lab/feature")
    made.run("checkout", "-q", "--orphan", "other")
    made.commit("Start of another project", path="other.py")
    made.commit("Their own change (#2)", path="theirs.py")
    made.run("checkout", "-q", "main")
    who = ("-c", "user.name=Mira", "-c", "user.email=mira@pages.example")
    subject = "Merge pull request #17 from Lab/take-in"
    made.run(*who, "merge", "-q", "--no-ff", "--allow-unrelated-histories", "-m", subject, "other")
    _branch(made, "plain", "By hand")
    made.run("checkout", "-q", "-b", "late", "main~4")
    made.run("-c", "user.name=Ines", "-c", "user.email=i@pages.example", "cherry-pick", "--no-ff", "plain")
    made.commit("Of their own", path="late.py")
    made.run("checkout", "-q", "main")
    _merge(made, "plain", "Merge branch 'plain'")
    _merge(made, "late", "Merge pull request #18 from ota-forks/late")
    return made


def _works(made: Any) -> dict[str, Work]:
    """Return the works of a whole history by the subject of their commit."""
    pages = local_pages(made.path, "lab/engine", until=None, pepper=Pepper(b"p" * 32), fetched_at=NOW)
    [page] = pages
    lines = [json.loads(line) for line in page.body.splitlines()[1:]]
    urls = {f"https://github.com/lab/engine/commit/{line['sha']}": line["subject"] for line in lines}

    def via(url: str) -> Provenance:
        return Provenance(
            source="git_history", url=url, page=page.sha256, fetched_at=NOW, reader="r@1", terms="t"
        )

    task = Task(source="git_history", kind="history", url=page.url, params={"repository": "lab/engine"})
    found = [one for one in git_history.read(task, page, via) if isinstance(one, Work | Signal)]
    assert {one.work for one in found if isinstance(one, Signal)} <= {
        one.id for one in found if isinstance(one, Work)
    }
    return {urls[one.via.url]: one for one in found if isinstance(one, Work) and one.via.url in urls}


def test_a_commit_is_part_of_the_pull_request_whose_merge_brought_it(history: Any) -> None:
    works = _works(history)
    assert {subject: work.part_of for subject, work in works.items() if work.kind == "commit"} == {
        "Start": "github:lab/engine",
        "Fix the cache": "github:lab/engine#12",
        "Test the cache": "github:lab/engine#12",
        "Squash of the fork (#3)": "github:lab/engine#12",
        "Straight to the main line": "github:lab/engine",
        "Work of the fork": "github:lab/engine#14",
        "Within the fork": "github:lab/engine#14",
        "Rest of it": "github:lab/engine#16",
        "Start of another project": "github:lab/engine",
        "Their own change (#2)": "github:lab/engine",
        "By hand": "github:lab/engine",
        "Of their own": "github:lab/engine#18",
    }


def test_a_number_of_a_fork_is_no_number_of_this_repository(history: Any) -> None:
    pulls = {work.id for work in _works(history).values() if work.kind == "pull_request"}
    assert pulls == {f"github:lab/engine#{number}" for number in (12, 13, 14, 15, 16, 17, 18)}


def test_how_commits_came_is_the_same_read_at_once_or_night_by_night(history: Any) -> None:
    head = gitrun.head(history.path)
    assert head is not None
    nights = history.run("rev-list", "--first-parent", "--reverse", "HEAD").split()
    whole = git.brought(history.path, head)
    parts: dict[str, git.Brought] = {}
    for base, tip in zip([None, *nights], nights, strict=False):
        new = git.commits(history.path, base, tip)
        parts |= {sha: came for sha, came in git.brought(history.path, tip).items() if sha in new}
    assert parts == whole and len(whole) == 12


def test_a_copy_of_a_patch_is_told_once_wherever_it_lies(history: Any) -> None:
    head = gitrun.head(history.path)
    assert head is not None
    copies = [sha for sha, came in git.brought(history.path, head).items() if came.is_copy]
    assert [history.run("log", "-1", "--format=%s %cn", sha).strip() for sha in copies] == ["By hand Ines"]


def test_nothing_is_brought_by_a_merge_that_has_not_happened_yet(history: Any) -> None:
    stamps = history.run("log", "--first-parent", "--merges", "--format=%ct", "HEAD").split()
    head = gitrun.head(history.path)
    assert head is not None and not git.brought(history.path, head, until=min(map(int, stamps)) - 1)
