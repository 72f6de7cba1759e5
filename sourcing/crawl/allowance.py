"""What one run may use, per source, per bucket and in time; and in which order sources have their turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spiders.spec import SourceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. requests: per source, on top of the source's own limit. seconds: wall time.

    grace_s: past its time a run waits so long for answers under way, then children are stopped and leases returned.
    """

    requests: int | None = None
    seconds: float | None = None
    grace_s: float = 10.0


def bucket_of(spec: SourceSpec) -> str:
    """Return the name of the rate limit a source counts on."""
    return spec.bucket or spec.name


def source_requests(spec: SourceSpec, limits: Limits) -> int:
    """Return how many requests a source may make in one run."""
    return min(spec.requests_per_run, limits.requests or spec.requests_per_run)


def bucket_requests(specs: Iterable[SourceSpec], bucket: str) -> int:
    """Return how many requests the sources of a bucket may make in one run, all together.

    They share one rate limit and so one allowance: the largest of theirs.
    """
    return max((spec.requests_per_run for spec in specs if bucket_of(spec) == bucket), default=0)


def left(spec: SourceSpec, specs: Sequence[SourceSpec], used: Mapping[str, int], limits: Limits) -> int:
    """Return how many requests a source may still make. used: requests made or under way, by source."""
    bucket = bucket_of(spec)
    together = sum(used.get(one.name, 0) for one in specs if bucket_of(one) == bucket)
    own = source_requests(spec, limits) - used.get(spec.name, 0)
    return max(0, min(own, bucket_requests(specs, bucket) - together))


def in_order(specs: Iterable[SourceSpec], seconds: Mapping[str, float]) -> list[SourceSpec]:
    """Return sources as they have their turn: certain first (histories have no limit), then by what they take.

    seconds: what each is expected to take. A night that ends early has then done the most it could (SOURCES §4).
    """
    return sorted(specs, key=lambda one: (one.engine != "git", seconds.get(one.name, 0.0), one.name))


def next_ready(waiting: Sequence[SourceSpec], active: Iterable[str]) -> SourceSpec | None:
    """Return the first source whose bucket nobody else is at work on; None if all have to wait.

    active: buckets at work. Hosts ask for serial requests: different buckets go side by side, one bucket in turn.
    """
    busy = set(active)
    return next((spec for spec in waiting if bucket_of(spec) not in busy), None)
