"""From a snapshot to stored rankings: everybody is scored at once for all specialisms, and what changed is written.

Ages count from Monday, so within a week only new evidence moves a score: facts that are as they were the night before
are not measured again. What is kept for that lies in the home; deleting it costs one whole ranking and nothing else.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

import storage.moves
import storage.scores
from sourcing.analytics.engine import HERE, Analytics
from sourcing.features import changed, facts, flagged, topic
from sourcing.features.base import Facts
from sourcing.features.fits import Fits
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking import acts, banded, reading, storing
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
from sourcing.ranking.reading import Night
from sourcing.ranking.specialism import Specialism
from storage.engine import Store
from storage.model import Flag
from storage.snapshot import RANKED

__all__ = [
    "DECIMALS", "GATES", "HEARSAY_COST", "ITEMS_SCALE", "THIN_MAX", "THIN_WORKS", "UNKNOWN_COST", "Earned",
    "RankReport", "Ranking", "as_called_now", "confidence", "evaluate", "evaluate_all", "points", "rank", "rank_all",
    "ranked",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RankReport:
    """What a ranking did. gated: people not listed, by gate. left_out: works that count little, by reason.

    moved: people whose score was computed anew. read: whose work was read to know, None for everybody's. seconds: of
    storing it, and its share of what was measured for all.
    """

    specialism: str
    version: str
    as_of: datetime
    scored: int
    listed: int
    moved: int
    read: int | None
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
    engine: Analytics = HERE,
) -> list[RankReport]:
    """Score everybody in a ranking snapshot and make it the stored ranking of each specialism.

    home: where the analysis may spill to disk, and where fits and digests are kept between nights; a cluster keeps
    none and reads everybody. Changes score, points and flag rows, of one specialism in one transaction, and last the
    order of everybody's best scores.
    """
    started = time.monotonic()
    called = [as_called_now(store, one) for one in wanted]
    kept = Kept.load(store, home, called, as_of=as_of)
    known = None if engine.is_cluster else kept
    fits = None if engine.is_cluster else Fits(home / RANKED)
    with _read(
        snapshot_dir, called, as_of=as_of, spill=home / "spill", kept=known, fits=fits, engine=engine
    ) as read:
        night = read.night
        rankings = _measured(read, called, as_of=as_of, run=run, kept=known)
    measured_s = (time.monotonic() - started) / max(1, len(wanted))
    kept.clear()
    with store.read() as tx:
        flagged_before = storage.scores.flagged(tx)
    seconds = storing.put(
        store, rankings, names=read.facts.names, moved=kept.moved,
        flagged=None if night is None else night.known_of(flagged_before), run=run, as_of=as_of,
    )  # fmt: skip
    if night is not None:
        kept.keep(night.ledger, snapshot_dir, as_of=as_of)
    gates = [Counter(one.gate) for one in rankings] if engine.is_cluster else kept.save(store, rankings)
    return [
        RankReport(
            specialism=one.slug,
            version=one.version,
            as_of=as_of,
            scored=sum(gates[number].values()),
            listed=gates[number].get(0, 0),
            moved=len(ranking.persons),
            read=None if night is None or night.people is None else len(night.people),
            gated={name: gates[number].get(place, 0) for place, name in enumerate(GATES, start=1)},
            left_out=ranking.left_out,
            seconds=measured_s + seconds[number],
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
    directory: Path,
    wanted: Sequence[Specialism],
    *,
    as_of: datetime,
    spill: Path,
    run: str | None = None,
    engine: Analytics = HERE,
) -> list[Ranking]:
    """Return the ranking of a snapshot for each specialism, in their order; touches no store.

    One pass for all. People without any work on topic are in none. spill: where the analysis may spill to disk.
    """
    with _read(directory, wanted, as_of=as_of, spill=spill, kept=None, fits=None, engine=engine) as read:
        return _measured(read, wanted, as_of=as_of, run=run, kept=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What rankings are measured from.

    facts: of the looks, of those alone whose facts moved if the others' are known. reads: the looks of each
    specialism, as `_reads` has them. night: what was read to know, None if nothing is kept.
    """

    facts: Facts
    looks: Sequence[Look]
    reads: Sequence[Mapping[int, int]]
    flags: Mapping[int, Mapping[str, tuple[Flag, ...]]]
    levels: banded.Levels
    left_out: Mapping[int, Mapping[str, int]]
    night: Night | None


@contextmanager
def _read(
    directory: Path,
    wanted: Sequence[Specialism],
    *,
    as_of: datetime,
    spill: Path,
    kept: Kept | None,
    fits: Fits | None,
    engine: Analytics,
) -> Iterator[_Read]:
    """Read a snapshot; rankings must be measured before leaving."""
    looks = _looks(wanted)
    reads = [_reads(one, looks) for one in wanted]
    asked = [facts.Asked(look=look, as_of=as_of) for look in looks]
    night: Night | None = None
    with facts.opened(directory, spill=spill, engine=engine) as (signals, works):
        if kept is None or fits is None:
            gathered, rings = facts.gather(signals, topic.documents(works), asked, fits=fits), None
        else:
            night = reading.read(directory, signals, works, asked, fits=fits, known=kept.known(directory))
            gathered, rings = night.facts, night.rings
        flags = flagged.flags(gathered, rings=rings)
        levels = banded.of(acts.gather(gathered, looks, as_of=as_of))
        left_out = _left_out(gathered.left_out.to_pyarrow() if night is None else night.ledger.left)
        if kept is not None and night is not None:
            everybody = changed.digests(gathered, reads, levels.grounds())
            people = kept.compare(everybody, night.people)
            gathered = gathered if people is None else changed.narrowed(gathered, reads, people)
        yield _Read(
            facts=gathered, looks=looks, reads=reads, flags=flags, levels=levels, left_out=left_out, night=night
        )  # fmt: skip


def _measured(
    read: _Read, wanted: Sequence[Specialism], *, as_of: datetime, run: str | None, kept: Kept | None
) -> list[Ranking]:
    features = sorted({factor.feature for one in wanted for factor in one.factors})
    table = measure(read.facts, features, named=False)
    by_look = [table.filter(pc.equal(table["spec"], spec)) for spec in range(len(read.looks))]
    moved = [None if kept is None else kept.moved(number) for number in range(len(wanted))]
    return [
        _ranked(read, by_look, one, as_of=as_of, run=run, people=people)
        for one, people in zip(wanted, moved, strict=True)
    ]


def _ranked(
    read: _Read,
    by_look: Sequence[pa.Table],
    one: Specialism,
    *,
    as_of: datetime,
    run: str | None,
    people: set[str] | None,
) -> Ranking:
    """Return a ranking of what was measured. people: who moved, None for everybody."""
    own = read.looks.index(one.look)
    rows = by_look[own]
    if people is not None:  # somebody may have moved for another specialism of the same look
        rows = rows.filter(pc.is_in(rows["person"], pa.array(sorted(people), pa.string())))
    return ranked(
        rows, one, as_of=as_of, run=run, left_out=read.left_out.get(own, {}), flags=read.flags.get(own, {}),
        levels=read.levels, names=read.facts.names,
        overlay=None if one.overlay is None else by_look[read.looks.index(one.overlay)],
    )  # fmt: skip


def _looks(wanted: Sequence[Specialism]) -> list[Look]:
    """Return the looks of specialisms and their overlays, each once."""
    looks: list[Look] = []
    for look in (each for one in wanted for each in (one.look, one.overlay) if each is not None):
        if look not in looks:
            looks.append(look)
    return looks


def _left_out(works: pa.Table) -> dict[int, dict[str, int]]:
    """Return how many works count little, by look and reason. works: (spec, reason, work)."""
    counted = works.group_by(["spec", "reason"]).aggregate([([], "count_all")])
    found: dict[int, dict[str, int]] = {}
    for row in counted.sort_by([("spec", "ascending"), ("reason", "ascending")]).to_pylist():
        found.setdefault(row["spec"], {})[row["reason"]] = row["count_all"]
    return found


def _reads(one: Specialism, looks: Sequence[Look]) -> dict[int, int]:
    found = {} if one.overlay is None else {looks.index(one.overlay): changed.OVERLAY}
    return found | {looks.index(one.look): changed.OWN}
