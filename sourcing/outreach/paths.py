"""Warm paths: who of our own people worked with somebody, or with one who did, and on what.

Each step is a work that both had a part in, with a link. At most two steps: a third would be nobody's acquaintance.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sourcing import marking
from spiders.records import SignalKind
from storage import meetings, persons
from storage.errors import NotFound
from storage.meetings import Part

PATHS_MAX = 3
_DID = {
    SignalKind.AUTHORED: "wrote it",
    SignalKind.CO_AUTHORED: "wrote part of it",
    SignalKind.MERGED: "took it in",
    SignalKind.REVIEWED: "reviewed it",
    SignalKind.TESTED: "tested it",
    SignalKind.SIGNED_OFF: "signed it off",
    SignalKind.PRESENTED: "presented it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Two people, by living key, and a work of both. left_did, right_did: in words. at: the later part, None = unknown.

    left_name, right_name: None if nobody names them.
    """

    left: str
    right: str
    left_did: str
    right_did: str
    work: str
    title: str
    url: str
    at: datetime | None
    left_name: str | None = None
    right_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Ways to somebody, shortest first, then by the newest meeting; at most `PATHS_MAX`, each from another colleague.

    why_none: in words, None if there is a way. unknown: who is named in the settings and not in the store.
    """

    paths: tuple[tuple[Step, ...], ...]
    why_none: str | None
    unknown: tuple[str, ...]


def to(tx: Any, key: str, team: Sequence[str]) -> Paths:
    """Return the ways from a team to a person. team: keys or accounts. Raises NotFound for the person.

    Nobody who asked to be left alone is a step. Costs a few queries.
    """
    goal = persons.resolve_key(tx, key)
    ours, unknown = _ours(tx, team)
    if not ours:
        return Paths(
            paths=(), why_none="no team: name your own people under [team] in sourcer.toml", unknown=unknown
        )
    if goal in ours:
        return Paths(paths=(), why_none="this is one of the team", unknown=unknown)
    near = _beside(tx, goal, leave_out=())
    found: list[tuple[Step, ...]] = [(step,) for other, step in near.items() if other in ours]
    met = {path[0].left for path in found}
    if len(found) < PATHS_MAX:
        silent = marking.silent(tx, sorted(near.keys() - ours), blind=True)
        for colleague in sorted(ours - met):
            first = _beside(tx, colleague, leave_out=(goal,))
            ways = [
                (_turned(first[other]), near[other])
                for other in first.keys() & near.keys()
                if other not in ours and other not in silent
            ]
            found += [min(ways, key=_order)] if ways else []
    best = sorted(found, key=_order)[:PATHS_MAX]
    why = None if best else "none of the team had a part in one work with them, nor with anybody who had"
    return Paths(paths=_named(tx, best), why_none=why, unknown=unknown)


def _ours(tx: Any, team: Sequence[str]) -> tuple[set[str], tuple[str, ...]]:
    """Return the living keys of a team, and who of it is not in the store."""
    found, unknown = set[str](), []
    for one in team:
        try:
            known = persons.find_by_identity(tx, one) or persons.get(tx, one)
            found.add(known.key)
        except NotFound:
            unknown.append(one)
    return found, tuple(unknown)


def _beside(tx: Any, key: str, *, leave_out: Collection[str]) -> Mapping[str, Step]:
    """Return who had a part in a work with somebody, by living key, each with the newest such work; they are right."""
    best: dict[str, Step] = {}
    for several in meetings.parts(tx, meetings.works_of(tx, key)).values():
        own = [one for one in several if one.person == key]
        for other in several:
            if not own or other.person == key or other.person in leave_out:
                continue
            step = _step(other, own[-1])
            if other.person not in best or _order((step,)) < _order((best[other.person],)):
                best[other.person] = step
    return best


def _step(left: Part, right: Part) -> Step:
    times = [one.at for one in (left, right) if one.at is not None]
    return Step(
        left=left.person,
        right=right.person,
        left_did=_DID[left.kind],
        right_did=_DID[right.kind],
        work=right.work,
        title=right.title,
        url=right.url,
        at=max(times, default=None),
    )


def _turned(step: Step) -> Step:
    """Return a step told from its other end."""
    return replace(step, left=step.right, right=step.left, left_did=step.right_did, right_did=step.left_did)


def _order(path: tuple[Step, ...]) -> tuple[int, float, tuple[str, ...]]:
    """Sorts the shortest first, then by the newest of the oldest meetings on the way, ties by keys and works."""
    weakest = min(step.at.timestamp() if step.at is not None else 0.0 for step in path)
    return (len(path), -weakest, tuple(part for step in path for part in (step.left, step.right, step.work)))


def _named(tx: Any, paths: Sequence[tuple[Step, ...]]) -> tuple[tuple[Step, ...], ...]:
    keys = {key for path in paths for step in path for key in (step.left, step.right)}
    names = {key: one.name for key, one in persons.get_many(tx, sorted(keys)).items()}
    return tuple(
        tuple(
            replace(step, left_name=names.get(step.left), right_name=names.get(step.right)) for step in path
        )
        for path in paths
    )
