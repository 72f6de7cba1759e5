"""What a crawl would ask now, of whom, and what it would cost: learned from earlier runs, else from what is usual.

Its seeds and what is due are known; what pages name besides is expected as often as in the last good runs of the same
sort (a first reading, or only what is new). What an answer costs is learned for each kind of question from the last
good runs that asked it, a first reading apart from what follows. Nothing is asked and nothing changes.

Promised for every run but the first, for each source and in all: within 20 %, or by no more than 5 requests, 10 points,
100 kB and 10 s, which no budget feels: whether one quiet repository moves tonight, nobody can tell.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from urllib.parse import urlsplit

from sourcing.crawl.allowance import Limits, bucket_of, bucket_requests, source_requests
from sourcing.crawl.costs import Past, SourcePast, Tally, mode_of, size_of
from sourcing.crawl.usual import (
    LATE_SHARE,
    PER_REPOSITORY,
    SAME_BYTES,
    SAME_REQUESTS,
    SAME_SECONDS,
    START_S,
    USUAL,
    Usual,
)
from spiders.clients.watermarks import KIND as WATERMARKS
from spiders.records import Task
from spiders.spec import SourceSpec

_GOOD_RUNS = 3
_ROUNDS = 400  # of following what pages name: the longest walks are told to a percent
_BURST_SHARE = 0.04  # of an hour's requests go at once (spiders.engines.pace)
Starts = Mapping[str, Sequence[Task]]
"""By source: what is due now and what its seeds bring, each task with the lease it would get."""
_Visits = dict[tuple[str, str], dict[str, list[float]]]
"""By source and kind, by mode: how many visits, and for how many things they ask together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a source, a bucket or a whole run is expected to use. seconds: of wall time, its pace included.

    deferred: requests beyond the budget or the time, left for the next run. basis: what it is learned from.
    """

    name: str
    bucket: str = ""
    due: int = 0
    visits: float = 0
    requests: float = 0
    points: float = 0
    bytes: float = 0
    seconds: float = 0
    deferred: float = 0
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run is expected to use. due: tasks due at its beginning, by source and kind. deferrals: in sentences."""

    sources: tuple[Expected, ...]
    buckets: tuple[Expected, ...]
    total: Expected
    due: Mapping[str, Mapping[str, int]]
    deferrals: tuple[str, ...] = ()


def forecast(
    specs: Sequence[SourceSpec],
    starts: Starts,
    past: Past,
    *,
    now: datetime,
    known: Mapping[str, bool],
    limits: Limits,
    abreast: int,
) -> Forecast:
    """Return what a crawl of these sources would use. known: which were read before. abreast: children at once."""
    learned = {
        spec.name: _Learned(spec, past.get(spec.name, []), known=known.get(spec.name, False))
        for spec in specs
    }
    watched = sum(task.kind == "history" for task in starts.get("git_history", ()))
    visits = _followed(learned, starts, watched, now)
    sources = [_expected(one, visits, limits, starts.get(name, ())) for name, one in learned.items()]
    buckets = list(_buckets(sources, specs, limits))
    total = _sum("total", sources, seconds=_in_turns(sources, buckets, specs, abreast))
    return Forecast(
        sources=tuple(sources),
        buckets=tuple(buckets),
        total=replace(total, deferred=sum(one.deferred for one in (*sources, *buckets))),
        due={name: Counter(task.kind for task in tasks) for name, tasks in starts.items()},
        deferrals=tuple(_deferrals(sources, buckets)),
    )


class _Learned:
    """What earlier runs tell of a source. is_same: they were of the sort the next one will be."""

    def __init__(self, spec: SourceSpec, runs: Sequence[SourcePast], *, known: bool) -> None:
        later = [one for one in runs if one.known and one.is_good]
        first = [one for one in runs if not one.known][:1]
        self.spec, self.known = spec, known
        self.runs = later if known and later else first
        self.is_same = bool(later if known else first)
        self._every = [*later, *first]
        many = f"{len(later)} earlier run" + ("s" if len(later) > 1 else "")
        self.basis = many if known and later else "the first run" if first else "usual numbers"

    def kinds(self) -> set[str]:
        """Return every kind of question seen or usual."""
        if self._every:
            return {kind for one in self._every for kind in one.kinds}
        names = {*USUAL, *(name for one in USUAL.values() for name in one.found)}
        usual = {name.partition("/")[2] for name in names if name.startswith(f"{self.spec.name}/")}
        return usual | {kind for name, (kind, _) in PER_REPOSITORY.items() if name == self.spec.name}

    def rate(self, kind: str, mode: str) -> Usual:
        """Return what one visit of a kind uses. mode: new, again, since, or `found` on a page tonight."""
        tally = _joined(self.runs if self.is_same else (), kind, mode)
        if tally.visits:
            return _mean(tally)
        whole = _joined(self._every, kind, "found")
        base = _mean(whole) if whole.visits else USUAL.get(f"{self.spec.name}/{kind}", Usual())
        if mode in {"again", "since"}:
            share = 1.0 if kind == WATERMARKS else 0.0
            return replace(
                base,
                requests=min(base.requests, SAME_REQUESTS),
                bytes=base.bytes * SAME_BYTES,
                found=_times(base.found, share),
            )
        if mode == "found" and self.known:
            return replace(base, found={})  # a walk that only catches up ends on its first page
        return base

    def surplus(self, kind: str, runs: Sequence[SourcePast]) -> float:
        """Return how many visits of a kind nothing foretold in some runs."""
        costs = [one.kinds[kind] for one in runs if kind in one.kinds]
        return sum(max(0.0, cost.all.visits - cost.due) for cost in costs)

    def named(self) -> dict[str, float]:
        """Return how often its pages named tasks in the runs learned from, by `source/kind`."""
        out: Counter[str] = Counter()
        for one in self.runs:
            for cost in one.kinds.values():
                out.update(cost.all.found)
        return {name: float(times) for name, times in out.items()}

    def visit_s(self, mode: str) -> float | None:
        """Return the wall time of one visit, its share of waiting and storing included; None if never measured.

        How long a first reading took says little about questions that only ask what is new.
        """
        runs = self.runs if self.is_same else self._every
        measured = [one for one in runs if one.visits][:_GOOD_RUNS] or [
            one for one in self._every if one.visits
        ]
        if not measured:
            return None
        each = sum(max(0.0, one.seconds - START_S) for one in measured) / sum(one.visits for one in measured)
        is_little = mode in {"again", "since"} and not any(one.known for one in measured)
        return min(each, SAME_SECONDS) if is_little else each


def _mean(tally: Tally) -> Usual:
    each = {name: getattr(tally, name) / tally.visits for name in ("requests", "points", "bytes", "seconds")}
    return Usual(**each, found=_times({name: float(n) for name, n in tally.found.items()}, 1 / tally.size))


def _joined(runs: Sequence[SourcePast], kind: str, mode: str) -> Tally:
    """Return the sums over the newest runs that asked a kind of question in this way."""
    costs = [one.kinds[kind] for one in runs if kind in one.kinds]
    tallies = [cost.all if mode == "found" else getattr(cost, mode) for cost in costs]
    return reduce(Tally.join, [one for one in tallies if one.visits][:_GOOD_RUNS], Tally())


def _times(found: Mapping[str, float], share: float) -> dict[str, float]:
    return {name: value * share for name, value in found.items()} if share else {}


def _followed(learned: Mapping[str, _Learned], starts: Starts, watched: int, now: datetime) -> _Visits:
    """Return the visits to come: those known now, and those that their pages will name, and the pages of those."""
    visits: _Visits = {}
    for source, tasks in starts.items():
        for task in tasks:
            row = visits.setdefault((source, task.kind), {}).setdefault(mode_of(task), [0.0, 0.0])
            row[0], row[1] = row[0] + 1, row[1] + size_of(task, now)
    named: Counter[str] = Counter()
    for one in learned.values():
        named.update(one.named())
    kinds = [(source, kind) for source, one in learned.items() for kind in one.kinds()]
    share = {
        (source, kind): learned[source].surplus(kind, learned[source].runs) / named[f"{source}/{kind}"]
        if named[f"{source}/{kind}"]
        else float(not learned[source].runs)
        for source, kind in kinds
    }
    late = {key: _late(learned[key[0]], key[1], named[f"{key[0]}/{key[1]}"], watched) for key in kinds}
    rates = {(key, mode): learned[key[0]].rate(key[1], mode) for key in kinds for mode in _MODES}
    found = dict.fromkeys(kinds, 0.0)
    for _ in range(_ROUNDS):
        told: Counter[str] = Counter()
        for key in kinds:
            sizes = {mode: row[1] for mode, row in visits.get(key, {}).items()} | {"found": found[key]}
            for mode, size in sizes.items():
                for name, times in rates[key, mode].found.items():
                    told[name] += size * times  # type: ignore[assignment]
        following = {key: late[key] + share[key] * told[f"{key[0]}/{key[1]}"] for key in kinds}
        settled = all(abs(following[key] - found[key]) < 0.01 for key in kinds)
        found = following
        if settled:
            break
    for key, number in found.items():
        if number:
            visits.setdefault(key, {})["found"] = [number, number]
    return visits


_MODES = ("new", "again", "since", "found")


def _late(one: _Learned, kind: str, named: float, watched: int) -> float:
    """Return the visits of a kind that no page names: answers to what the store will want to know."""
    if named:
        return 0.0
    if not one.runs:
        usual, each = PER_REPOSITORY.get(one.spec.name, ("", 0.0))
        return each * watched if usual == kind and not one.known else 0.0
    share, newest = 1.0 if one.is_same else LATE_SHARE, one.runs[:_GOOD_RUNS]
    return share * one.surplus(kind, newest) / len(newest)


def _expected(one: _Learned, visits: _Visits, limits: Limits, due: Sequence[Task]) -> Expected:
    spec, total = (
        one.spec,
        Expected(name=one.spec.name, bucket=bucket_of(one.spec), due=len(due), basis=one.basis),
    )
    work_s = 0.0
    for (source, kind), modes in visits.items():
        if source != spec.name:
            continue
        for mode, (number, _) in modes.items():
            rate, each_s = one.rate(kind, mode), one.visit_s(mode)
            total = replace(
                total,
                visits=total.visits + number,
                requests=total.requests + number * rate.requests,
                points=total.points + number * rate.points,
                bytes=total.bytes + number * rate.bytes,
            )
            work_s += number * (rate.seconds if each_s is None else each_s)
    most = source_requests(spec, limits)
    seconds = max(_pace_s(spec, total.requests, due), START_S * min(1.0, total.visits) + work_s)
    if limits.seconds is not None and seconds > limits.seconds:
        most = min(most, int(total.requests * limits.seconds / seconds))
    return _cut(replace(total, seconds=seconds), most)


def _pace_s(spec: SourceSpec, requests: float, due: Sequence[Task]) -> float:
    """Return the seconds that a source's pace spreads so many requests over, as `spiders.engines.pace` does.

    Sites are asked side by side, each at its own pace: their gap counts for the one with the most questions.
    """
    burst = max(1, int(spec.requests_per_hour * _BURST_SHARE))
    spread_s = max(0.0, requests - burst) * 3600 / (spec.requests_per_hour - (burst - 1))
    of_host = Counter(urlsplit(task.url).hostname for task in due)
    most = max(of_host.values(), default=0) / max(1, len(due)) if spec.engine == "site" else 1.0
    return max(spread_s, max(0.0, requests * most - 1) * spec.gap_s)


def _cut(one: Expected, most: int) -> Expected:
    """Return an expectation within a budget, the rest deferred."""
    if one.requests <= most:
        return one
    share = most / one.requests
    kept = {name: getattr(one, name) * share for name in ("visits", "points", "bytes", "seconds")}
    return replace(one, **kept, requests=float(most), deferred=one.requests - most)


def _buckets(sources: Sequence[Expected], specs: Sequence[SourceSpec], limits: Limits) -> Iterator[Expected]:
    for name in dict.fromkeys(one.bucket for one in sources):
        members = [one for one in sources if one.bucket == name]
        whole = _sum(name, members, seconds=sum(one.seconds for one in members))
        most = bucket_requests(specs, name)
        if limits.seconds is not None and whole.seconds > limits.seconds:
            most = min(most, int(whole.requests * limits.seconds / whole.seconds))
        yield _cut(whole, most)


def _sum(name: str, parts: Sequence[Expected], *, seconds: float) -> Expected:
    sums = {
        field: sum(getattr(one, field) for one in parts)
        for field in ("visits", "requests", "points", "bytes")
    }
    return Expected(name=name, due=sum(one.due for one in parts), seconds=seconds, **sums)


def _in_turns(
    sources: Sequence[Expected], buckets: Sequence[Expected], specs: Sequence[SourceSpec], abreast: int
) -> float:
    """Return when a run ends: sources that want answers of others come after all of them."""
    wants = {spec.name: bool(spec.wants) for spec in specs}
    whole = Counter[str]()
    for one in sources:
        whole[one.bucket] += one.seconds  # type: ignore[assignment]
    kept = {one.name: one.seconds / whole[one.name] for one in buckets if whole[one.name]}
    end = 0.0
    for is_later in (False, True):
        seconds: Counter[str] = Counter()
        for one in sources:
            if wants[one.name] is is_later:
                seconds[one.bucket] += one.seconds * kept.get(one.bucket, 1.0)  # type: ignore[assignment]
        end += _side_by_side(list(seconds.values()), abreast)
    return end


def _side_by_side(seconds: Sequence[float], abreast: int) -> float:
    """Return when the last bucket ends if so many are at work at a time, the longest first."""
    ends = [0.0] * abreast
    for one in sorted(seconds, reverse=True):
        ends[ends.index(min(ends))] += one
    return max(ends)


def _deferrals(sources: Sequence[Expected], buckets: Sequence[Expected]) -> Iterator[str]:
    for one in sources:
        if one.deferred >= 1:
            yield f"budget ends before: {one.name} ({one.deferred:,.0f} requests are left for the next run)"
    for one in buckets:
        if one.deferred >= 1:
            yield (
                f"budget ends before: bucket {one.name} ({one.deferred:,.0f} of its sources' requests are left for "
                "the next run)"
            )
