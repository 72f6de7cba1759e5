"""From a snapshot to stored rankings: everybody is scored at once for all specialisms, and what changed is written.

Ages count from Monday, so within a week only new evidence moves a score: facts that are as they were the night before
are not measured again. What is kept for that lies in the home; deleting it costs one whole ranking and nothing else.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

import storage.moves
import storage.order
import storage.scores
from sourcing.features import changed, facts, flagged
from sourcing.features.fits import Fits
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking import acts, banded, written
from sourcing.ranking.columns import (
    DECIMALS,
    GATES,
    HEARSAY_COST,
    ITEMS_SCALE,
    THIN_MAX,
    THIN_WORKS,
    UNKNOWN_COST,
    Earned,
    Ranking,
    confidence,
    points,
    ranked,
)
from sourcing.ranking.kept import Kept
from sourcing.ranking.specialism import Specialism
from storage.engine import Store

__all__ = [
    "DECIMALS", "GATES", "HEARSAY_COST", "ITEMS_SCALE", "THIN_MAX", "THIN_WORKS", "UNKNOWN_COST", "Earned",
    "RankReport", "Ranking", "as_called_now", "confidence", "evaluate", "evaluate_all", "points", "rank", "rank_all",
    "ranked",
]  # fmt: skip

TOGETHER_MAX = 100_000  # scores stored in one transaction: a few seconds in which others wait to write


@dataclass(frozen=True, slots=True, kw_only=True)
class RankReport:
    """What a ranking did. gated: people not listed, by gate. left_out: works that count little, by reason.

    moved: people whose score was computed anew. seconds: of storing it, and its share of what was measured for all.
    """

    specialism: str
    version: str
    as_of: datetime
    scored: int
    listed: int
    moved: int
    gated: Mapping[str, int]
    left_out: Mapping[str, int]
    seconds: float


def rank(
    store: Store, specialism: Specialism, *, snapshot_dir: Path, as_of: datetime, run: str | None, home: Path
) -> RankReport:
    """Score everybody in a ranking snapshot for one specialism; see `rank_all`."""
    (report,) = rank_all(store, [specialism], snapshot_dir=snapshot_dir, as_of=as_of, run=run, home=home)
    return report


def rank_all(
    store: Store,
    wanted: Sequence[Specialism],
    *,
    snapshot_dir: Path,
    as_of: datetime,
    run: str | None,
    home: Path,
) -> list[RankReport]:
    """Score everybody in a ranking snapshot and make it the stored ranking of each specialism.

    home: where the analysis may spill to disk, and where fits and digests are kept between nights. Changes score,
    points and flag rows, of one specialism in one transaction, and last the order of everybody's best scores.
    """
    started = time.monotonic()
    called = [as_called_now(store, one) for one in wanted]
    kept = Kept.load(store, home, called, as_of=as_of)
    rankings, everybody = _evaluated(
        snapshot_dir,
        called,
        as_of=as_of,
        spill=home / "spill",
        run=run,
        kept=kept,
        fits=Fits(home / "ranked"),
    )
    measured_s = (time.monotonic() - started) / max(1, len(wanted))
    kept.clear()
    seconds = [measured_s + each for each in _store(store, rankings, kept, run=run, as_of=as_of)]
    gates = kept.save(store, everybody, rankings)
    return [
        RankReport(
            specialism=one.slug,
            version=one.version,
            as_of=as_of,
            scored=sum(gates[number].values()),
            listed=gates[number].get(0, 0),
            moved=len(ranking.persons),
            gated={name: gates[number].get(place, 0) for place, name in enumerate(GATES, start=1)},
            left_out=ranking.left_out,
            seconds=seconds[number],
        )
        for number, (one, ranking) in enumerate(zip(wanted, rankings, strict=True))
    ]


def _store(
    store: Store, rankings: Sequence[Ranking], kept: Kept, *, run: str | None, as_of: datetime
) -> list[float]:
    """Store rankings, several in a transaction as long as that is short, and return the seconds each one took."""
    seconds = []
    quoted = written.quotes(rankings[0].names) if rankings and rankings[0].names is not None else pa.array([])
    for numbers in _together(rankings):
        with store.begin() as tx:
            alive = storage.scores.living(tx)
            touched: dict[str, tuple[str, ...]] = {}
            for number in numbers:
                started, one = time.monotonic(), rankings[number]
                made = storage.scores.put_columns(
                    tx, one.specialism.slug, one.specialism.version, written.scored(one, quoted), run, as_of,
                    alive=alive, flags=one.flags, people=kept.moved(number),
                )  # fmt: skip
                touched[one.specialism.slug] = made.touched
                seconds.append(time.monotonic() - started)
            storage.order.follow(tx, touched)
    with store.begin() as tx:
        storage.order.refresh_best(tx)
    return seconds


def _together(rankings: Sequence[Ranking]) -> Iterator[list[int]]:
    """Yield the numbers of rankings whose scores are few enough for one transaction, others alone."""
    group, size = list[int](), 0
    for number, one in enumerate(rankings):
        if group and size + len(one.persons) > TOGETHER_MAX:
            yield group
            group, size = [], 0
        group.append(number)
        size += len(one.persons)
    if group:
        yield group


def as_called_now(store: Store, specialism: Specialism) -> Specialism:
    """Return a specialism that looks at the repositories it names under the names they bear now, too."""
    with store.read() as tx:
        names = storage.moves.Names.load(tx)
    overlay = specialism.overlay
    return replace(
        specialism,
        look=_called_now(specialism.look, names),
        overlay=None if overlay is None else _called_now(overlay, names),
    )


def _called_now(look: Look, names: storage.moves.Names) -> Look:
    whole = {*look.repositories, *(names.path(name).lower() for name in look.repositories)}
    shared = {**{names.path(name).lower(): below for name, below in look.shared.items()}, **look.shared}
    if len(whole) == len(look.repositories) and len(shared) == len(look.shared):
        return look
    return replace(look, repositories=tuple(sorted(whole)), shared=shared)


def evaluate(
    directory: Path, specialism: Specialism, *, as_of: datetime, spill: Path, run: str | None = None
) -> Ranking:
    """Return the ranking of a snapshot for one specialism; touches no store. See `evaluate_all`."""
    (found,) = evaluate_all(directory, [specialism], as_of=as_of, spill=spill, run=run)
    return found


def evaluate_all(
    directory: Path, wanted: Sequence[Specialism], *, as_of: datetime, spill: Path, run: str | None = None
) -> list[Ranking]:
    """Return the ranking of a snapshot for each specialism, in their order; touches no store.

    One pass for all. People without any work on topic are in none. spill: where the analysis may spill to disk.
    """
    rankings, _ = _evaluated(directory, wanted, as_of=as_of, spill=spill, run=run, kept=None, fits=None)
    return rankings


def _evaluated(
    directory: Path,
    wanted: Sequence[Specialism],
    *,
    as_of: datetime,
    spill: Path,
    run: str | None,
    kept: Kept | None,
    fits: Fits | None,
) -> tuple[list[Ranking], pa.Table]:
    """Return rankings, of those alone whose facts moved if `kept` knows the others, and everybody's digests."""
    looks: list[Look] = []
    for look in (each for one in wanted for each in (one.look, one.overlay) if each is not None):
        if look not in looks:
            looks.append(look)
    reads = [_reads(one, looks) for one in wanted]
    with facts.snapshot(directory, spill=spill) as (signals, documents):
        asked = [facts.Asked(look=look, as_of=as_of) for look in looks]
        gathered = facts.gather(signals, documents, asked, fits=fits)
        names = gathered.names
        flags = flagged.flags(gathered)
        levels = banded.of(acts.gather(gathered, looks, as_of=as_of))
        left_out: dict[int, dict[str, int]] = {}
        for row in gathered.left_out.order_by("spec", "reason").to_pyarrow().to_pylist():
            left_out.setdefault(row["spec"], {})[row["reason"]] = row["works"]
        everybody = pa.table({"number": [], "person": [], "digest": []})
        if kept is not None:
            everybody = changed.digests(gathered, reads, levels.grounds())
            people = kept.compare(everybody)
            gathered = gathered if people is None else changed.narrowed(gathered, reads, people)
        features = sorted({factor.feature for one in wanted for factor in one.factors})
        table = measure(gathered, features, named=False)
    by_look = [table.filter(pc.equal(table["spec"], spec)) for spec in range(len(looks))]
    found = []
    for number, one in enumerate(wanted):
        own = looks.index(one.look)
        rows = by_look[own]
        people = kept.moved(number) if kept is not None else None
        if people is not None:  # somebody may have moved for another specialism of the same look
            rows = rows.filter(pc.is_in(rows["person"], pa.array(sorted(people), pa.string())))
        ranking = ranked(
            rows, one, as_of=as_of, run=run, left_out=left_out.get(own, {}), flags=flags.get(own, {}),
            levels=levels, names=names, overlay=None if one.overlay is None else by_look[looks.index(one.overlay)],
        )  # fmt: skip
        found.append(ranking)
    return found, everybody


def _reads(one: Specialism, looks: Sequence[Look]) -> dict[int, int]:
    found = {} if one.overlay is None else {looks.index(one.overlay): changed.OVERLAY}
    return found | {looks.index(one.look): changed.OWN}
