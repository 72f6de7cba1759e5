"""Questions of a neutral folder, answered by the program's own features and scoring.

The files are read in `questions`; looks come from `ask`, facts, features and scores from where a night has them. What
is measured once is scored in several ways, so that an ablation costs little more than the answers alone.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sourcing.features import facts
from sourcing.features.allowed import FEATURES
from sourcing.features.base import Family
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking import ask, questions, specialism
from sourcing.ranking.questions import Query, Resolver
from sourcing.ranking.score import ranked
from storage import snapshot

ANSWERS_MAX = 1000  # people of an answer that are read
RISING = "B"  # the task that asks who will be; the others ask who is
AS_GIVEN = 10**6  # days: no gate on what a question asks about
Factors = Sequence[specialism.Factor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """People of a question, best first."""

    qid: str
    ranking: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of ordering what was measured. without: features that earn nothing. by_lower: by the lower bound.

    A question has no answer if its order looks at none of the features left out, or at nothing else.
    """

    name: str
    without: frozenset[str] = frozenset()
    by_lower: bool = False


OURS: Final = Way(name="ours")
BY_LOWER: Final = Way(name="ours, by lower bound", by_lower=True)


def ablations(folder: Path) -> list[Way]:
    """Return the ways that leave out a family of evidence, then a single feature, of those a folder's tasks weigh."""
    factors = ask.PAPER_FACTORS if questions.is_of_papers(folder) else ask.CODE_FACTORS
    names = [factor.feature for factor in factors]
    groups = {
        f"no {family}": [name for name in names if FEATURES[name].family is family] for family in Family
    }
    groups |= {f"no {name}": [name] for name in names}
    # whatever is all there is has nothing beside it to be compared with
    return [
        Way(name=name, without=frozenset(group))
        for name, group in groups.items()
        if 0 < len(group) < len(names)
    ]


def answers(folder: Path, resolver: Resolver) -> list[Answer]:
    """Return the answers to a folder's questions, in their order. Raises BadInput."""
    return runs(folder, resolver, [OURS])[OURS.name]


def runs(folder: Path, resolver: Resolver, ways: Sequence[Way]) -> dict[str, list[Answer]]:
    """Return the answers of each way by its name, in the order of the questions. Raises BadInput.

    resolver: asked only if every account is a single name and address, as then nobody has said who is who.
    """
    queries, works, signals = questions.load(folder, resolver)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for table, schema, file in ((works, snapshot.WORKS, "works"), (signals, snapshot.SIGNALS, "signals")):
            pq.write_table(pa.Table.from_pylist(table, schema=schema), home / f"{file}.parquet")
        with facts.snapshot(home, spill=home / "spill") as (told, docs):
            looks = _looks(queries, docs, told, works)
            found: dict[str, dict[str, Answer]] = {way.name: {} for way in ways}
            for is_rising in (False, True):  # one after the other: half the memory
                chosen = [
                    (query, look)
                    for query, look in zip(queries, looks, strict=True)
                    if (query.task == RISING) == is_rising
                ]
                for way, one in _answered(told, docs, chosen, ways, is_rising=is_rising):
                    found[way][one.qid] = one
    return {
        way: [given[query.qid] for query in queries if query.qid in given] for way, given in found.items()
    }


def write(path: Path, found: Iterable[Answer]) -> None:
    """Write answers as JSON Lines."""
    lines = (json.dumps({"qid": one.qid, "ranking": list(one.ranking)}) + "\n" for one in found)
    path.write_text("".join(lines), encoding="utf-8")


def _answered(
    told: Any, docs: Any, chosen: Sequence[tuple[Query, Look]], ways: Sequence[Way], *, is_rising: bool
) -> Iterator[tuple[str, Answer]]:
    """Yield a way's name and an answer of one order.

    What only the other order looks at is measured for lower bounds alone: there it says what was not observed.
    """
    if not chosen:
        return
    order = "rising" if is_rising else "weight"
    every = ask.PAPER_FACTORS if chosen[0][0].task == "D" else ask.CODE_FACTORS
    looked_at = [factor for factor in every if getattr(factor, order) > 0]
    factors = every if any(way.by_lower for way in ways) else looked_at
    asked = [facts.Asked(look=look, as_of=query.at) for query, look in chosen]
    table = measure(facts.gather(told, docs, asked), [factor.feature for factor in factors], evidence=False)
    for spec, (query, _) in enumerate(chosen):
        rows = table.filter(pc.equal(table["spec"], spec))
        for way in ways:
            left = [factor for factor in factors if factor.feature not in way.without]
            gone = sum(factor.feature in way.without for factor in looked_at)
            if gone < len(looked_at) and (gone or not way.without):
                yield way.name, _answer(rows, query, left, by_lower=way.by_lower)


def _answer(table: pa.Table, query: Query, factors: Factors, *, by_lower: bool) -> Answer:
    gates = specialism.Gates(works_min=0, active_within_days=AS_GIVEN)
    chosen = specialism.Specialism(
        slug="question", version="question@1", title=query.text or query.qid, summary=query.qid,
        look=Look(), gates=gates, factors=tuple(factors),
    )  # fmt: skip
    found = ranked(table, chosen, as_of=query.at)
    # by the score itself unless told: how sure it is depends on how much there is, and is no part of who is better
    if query.task == RISING:
        score = found.rising_lower if by_lower else found.rising
    else:
        score = found.lower if by_lower else found.value
    persons = np.array(found.persons, dtype=str)
    order = [found.persons[place] for place in np.lexsort((persons, -score))]
    kept = [person for person in order if person not in query.exclude]
    return Answer(qid=query.qid, ranking=tuple(kept[:ANSWERS_MAX]))


def _looks(
    queries: Sequence[Query], docs: Any, signals: Any, works: Sequence[Mapping[str, Any]]
) -> list[Look]:
    texts = [
        (place, ask.Text(text=query.text, as_of=query.at))
        for place, query in enumerate(queries)
        if query.task == "D" or not query.repos
    ]
    make = ask.papers if queries[0].task == "D" else ask.repositories
    looks = (
        dict(
            zip([place for place, _ in texts], make(docs, signals, [text for _, text in texts]), strict=True)
        )
        if texts
        else {}
    )
    files: dict[str, set[str]] = defaultdict(set)
    for work in works:
        if work["part_of"] is not None:
            files[work["part_of"].removeprefix("github:")].update(work["paths"])
    for place, query in enumerate(queries):
        if place not in looks:
            repo = query.repos[0]
            looks[place] = ask.area(repo, query.area, files[repo]) if query.area else ask.repository(repo)
    return [looks[place] for place in range(len(queries))]
