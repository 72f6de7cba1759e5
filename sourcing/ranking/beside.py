"""Answers to a neutral folder's questions, measured against its truth and beside other answers; see EVALUATION.

The figures are those of the evaluation's own scorer, to the digit: gains by grade, the mean of clusters of questions,
intervals by drawing clusters, differences paired by cluster.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sourcing.errors import BadInput
from sourcing.ranking import measure
from sourcing.ranking.measure import Interval

DEPTH: Final[Mapping[str, int]] = {
    "A": 10,
    "B": 20,
    "C": 20,
    "D": 20,
}  # places that the figure of a task looks at
ALL = "all"  # stands for all of a folder's tasks
READ_MAX = 1000  # places of an answer that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A task's figure, or that of all tasks together (`ALL`), every cluster counting once.

    name: the answers' name. over: how much better the first answers are than these; None for the first.
    """

    task: str
    name: str
    queries: int
    clusters: int
    value: Interval
    over: Interval | None


Run = Mapping[str, Sequence[str]]
"""Accounts by question, best first."""


def load(path: Path) -> dict[str, list[str]]:
    """Return the answers of a file. Raises BadInput."""
    return {row["qid"]: row["ranking"] for row in _lines(path)}


def figures(folder: Path, runs: Mapping[str, Run], variants: Collection[str] = ()) -> list[Figure]:
    """Return every task's figure of each run, the first run's first; the others say how far the first is better.

    Of several tasks, all of them together come last.

    An account that a question excludes is skipped; whoever is named twice, or is a machine, keeps a place and gains
    nothing; a question without an answer counts 0.
    """
    gold: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _lines(folder / "truth.jsonl"):
        gold[row["qid"]][row["account"]] = row["grade"]
    queries: list[Mapping[str, Any]] = [
        query for query in _lines(folder / "queries.jsonl") if query["qid"] in gold
    ]
    aliases, machines = _known(folder / "aliases.json", {}), frozenset(_known(folder / "bots.json", []))
    means: dict[str, dict[str, dict[str, float]]] = {}
    asked: dict[str, list[Mapping[str, Any]]] = {}
    for task in sorted({query["task"] for query in queries}):
        asked[task] = [query for query in queries if query["task"] == task]
        means[task] = {
            name: _clusters(asked[task], gold, run, aliases, machines)
            for name, run in runs.items()
            if name not in variants or any(query["qid"] in run for query in asked[task])
        }
    if len(means) > 1:
        means[ALL] = {name: _together(means, name, first=next(iter(runs))) for name in runs}
        asked[ALL] = queries
    return [figure for task, of in means.items() for figure in _figures(task, len(asked[task]), of)]


def _together(
    means: Mapping[str, Mapping[str, Mapping[str, float]]], name: str, *, first: str
) -> dict[str, float]:
    every = {task: of.get(name, of[first]) for task, of in means.items()}
    return {f"{task} {cluster}": mean for task, of in every.items() for cluster, mean in of.items()}


def _figures(task: str, queries: int, means: Mapping[str, Mapping[str, float]]) -> Iterator[Figure]:
    """Yield a task's figures. means: by the name of a run, of each cluster."""
    first = next(iter(means.values()))
    for number, (name, of) in enumerate(means.items()):
        yield Figure(
            task=task, name=name, queries=queries, clusters=len(of), value=measure.interval(list(of.values())),
            over=measure.difference(first, of) if number else None,
        )  # fmt: skip


def _clusters(
    asked: Sequence[Mapping[str, Any]],
    gold: Mapping[str, Mapping[str, int]],
    run: Run,
    aliases: Mapping[str, str],
    machines: frozenset[str],
) -> dict[str, float]:
    """Return the mean gain of each cluster's questions."""
    gains: dict[str, list[float]] = defaultdict(list)
    for query in asked:
        wanted = gold[query["qid"]]
        order = [
            account if account in machines else aliases.get(account, account)
            for account in run.get(query["qid"], [])[:READ_MAX]
        ]
        grades = measure.graded([one for one in order if one not in query["exclude"]], wanted)
        depth = DEPTH[query["task"]]
        gains[query["cluster"]].append(measure.ndcg(grades, list(wanted.values()), depth))
    return {name: sum(values) / len(values) for name, values in gains.items()}


def _known(path: Path, default: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
