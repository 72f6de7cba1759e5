"""Answers to a neutral folder's questions, measured against its truth and beside other answers; see EVALUATION.

The figures are those of the evaluation's own scorer, to the digit: gains by grade, the mean of clusters of questions,
intervals by drawing clusters, differences paired by cluster.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
READ_MAX = 1000  # places of an answer that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A task's figure. name: the answers' name. over: how much better these are than the first ones; None for those."""

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


def figures(folder: Path, runs: Mapping[str, Run]) -> list[Figure]:
    """Return every task's figure of each run, the first run's first; the others say how far the first is better.

    An account that a question excludes is skipped; whoever is named twice, or is a machine, keeps a place and gains
    nothing; a question without an answer counts 0.
    """
    gold: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _lines(folder / "truth.jsonl"):
        gold[row["qid"]][row["account"]] = row["grade"]
    queries = [query for query in _lines(folder / "queries.jsonl") if query["qid"] in gold]
    aliases, machines = _known(folder / "aliases.json", {}), frozenset(_known(folder / "bots.json", []))
    found = []
    for task in sorted({query["task"] for query in queries}):
        asked = [query for query in queries if query["task"] == task]
        first: dict[str, float] | None = None
        for name, run in runs.items():
            means = _clusters(asked, gold, run, aliases, machines)
            over = measure.difference(first, means) if first is not None else None
            first = means if first is None else first
            found.append(
                Figure(
                    task=task, name=name, queries=len(asked), clusters=len(means),
                    value=measure.interval(list(means.values())), over=over,
                )
            )  # fmt: skip
    return found


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
