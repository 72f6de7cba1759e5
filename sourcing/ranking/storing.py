"""Rankings into the store, several in a transaction as long as that is short, and the orders after them."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import storage.order
import storage.scores
from sourcing.features.numbers import Names
from sourcing.ranking import written
from sourcing.ranking.columns import Ranking
from storage.engine import Store
from storage.scored import Scored

TOGETHER_MAX = 250_000  # scores stored in one transaction: a few seconds in which others wait to write


def put(
    store: Store,
    rankings: Sequence[Ranking],
    *,
    names: Names,
    moved: Callable[[int], Collection[str] | None],
    flagged: Collection[str] | None,
    run: str | None,
    as_of: datetime,
) -> list[float]:
    """Store rankings and bring the orders in step, the one of everybody's best scores last.

    Returns the seconds each one took. names: of their evidence. moved: of the number of a ranking, whose scores it
    holds, None for everybody's. flagged: whose flags are known, None for everybody's. Changes score, points, flag,
    factor_list and the orders.
    """
    seconds = list[float]()
    quoted = written.quotes(names)
    for group in _together(rankings):
        with store.begin() as tx:
            alive = storage.scores.living(tx)
            touched: dict[str, tuple[str, ...]] = {}
            whole: dict[str, Scored] = {}
            for one in group:
                started, slug, people = time.monotonic(), one.specialism.slug, moved(len(seconds))
                scores = written.scored(one, quoted, alive)
                made = storage.scores.put_columns(
                    tx, slug, one.specialism.version, scores, run, as_of, alive=alive, flags=one.flags,
                    flagged=flagged, people=people,
                )  # fmt: skip
                touched[slug] = made.touched
                if people is None:
                    whole[slug] = scores
                seconds.append(time.monotonic() - started)
            storage.order.follow(tx, touched, whole=whole)
    with store.begin() as tx:
        storage.order.refresh_best(tx)
    return seconds


def _together(rankings: Sequence[Ranking]) -> Iterator[list[Ranking]]:
    """Yield rankings whose scores are few enough for one transaction, others alone."""
    group, size = list[Ranking](), 0
    for one in rankings:
        if group and size + len(one.persons) > TOGETHER_MAX:
            yield group
            group, size = [], 0
        group.append(one)
        size += len(one.persons)
    if group:
        yield group
