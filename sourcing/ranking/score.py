"""From a snapshot to stored rankings: everybody is scored at once for all specialisms, and what changed is written.

Ages count from Monday, so within a week only new evidence moves a score: facts that are as they were the night before
are not measured again. What is kept for that lies in the home; deleting it costs one whole ranking and nothing else.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc

import storage.moves
import storage.scores
from sourcing.features import changed, facts, flagged, terms
from sourcing.features.fits import Fits
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking import acts, level
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
from sourcing.ranking.level import Level
from sourcing.ranking.specialism import Specialism
from storage.engine import Store

__all__ = [
    "DECIMALS", "GATES", "HEARSAY_COST", "ITEMS_SCALE", "THIN_MAX", "THIN_WORKS", "UNKNOWN_COST", "Earned",
    "RankReport", "Ranking", "as_called_now", "confidence", "evaluate", "evaluate_all", "points", "rank", "rank_all",
    "ranked",
]  # fmt: skip


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
    points and flag rows, in a transaction for each specialism.
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
    seconds = []
    for number, (one, ranking) in enumerate(zip(wanted, rankings, strict=True)):
        started = time.monotonic()
        people = kept.moved(number)
        with store.begin() as tx:
            storage.scores.put(
                tx, one.slug, one.version, ranking.scores, run, as_of, flags=ranking.flags, people=people
            )
        seconds.append(measured_s + time.monotonic() - started)
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
        flags = flagged.flags(gathered)
        levels: dict[int, dict[str, Level]] = {}
        for (spec, person), done in acts.gather(gathered, signals, documents, looks, as_of=as_of).items():
            levels.setdefault(spec, {})[person] = level.of(done)
        left_out: dict[int, dict[str, int]] = {}
        for row in gathered.left_out.order_by("spec", "reason").to_pyarrow().to_pylist():
            left_out.setdefault(row["spec"], {})[row["reason"]] = row["works"]
        everybody = pa.table({"number": [], "person": [], "digest": []})
        if kept is not None:
            everybody = changed.digests(gathered, reads, _of_levels(levels)).to_pyarrow()
            people = kept.compare(everybody)
            gathered = gathered if people is None else changed.narrowed(gathered, reads, people)
        table = measure(gathered, sorted({factor.feature for one in wanted for factor in one.factors}))
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
            levels=levels.get(own, {}), overlay=None if one.overlay is None else by_look[looks.index(one.overlay)],
        )  # fmt: skip
        found.append(ranking)
    return found, everybody


def _reads(one: Specialism, looks: Sequence[Look]) -> dict[int, int]:
    found = {} if one.overlay is None else {looks.index(one.overlay): changed.OVERLAY}
    return found | {looks.index(one.look): changed.OWN}


def _of_levels(levels: Mapping[int, Mapping[str, Level]]) -> ibis.Table:
    rows = [
        (spec, person, int.from_bytes(blake2b(repr(one).encode(), digest_size=7).digest()))
        for spec, each in levels.items()
        for person, one in each.items()
    ]
    return terms.table({"spec": pa.int32(), "person": pa.string(), "digest": pa.int64()}, rows)
