"""Theory and practice: two axes over the points a ranking stored, never added up; and who stands high on both.

Theory is what papers earned, practice what code, areas and reviews earned. A bridge is the same person on the paper and
in the code (SPECIALISMS, presets): above the middle of those who have anything on each axis.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any

from sourcing.features.allowed import FEATURES
from sourcing.features.base import Family
from sourcing.ranking.specialism import Specialism
from storage import scores
from storage.model import Evidence, Points, Score

_PAGE = 500
_PROOFS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """One person on both axes. theory, practice: points. theory_share, practice_share: 0–1 of what the pack can give,
    None if it gives nothing there. is_bridge: above the medians of both.
    """

    person: str
    theory: float
    practice: float
    theory_share: float | None
    practice_share: float | None
    is_bridge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Everybody listed in a specialism, by person key. medians: points of those who have any there, None if nobody.

    Medians place people beside each other; they move no score.
    """

    specialism: str
    people: tuple[Axes, ...]
    theory_median: float | None
    practice_median: float | None

    def bridges(self) -> list[Axes]:
        """Return who is above both medians: the smaller of the two shares first in order, ties by key."""
        found = [one for one in self.people if one.is_bridge]
        return sorted(
            found, key=lambda one: (-min(one.theory_share or 0, one.practice_share or 0), one.person)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The evidence of one axis. latest: None if none of it is dated. links: newest first, at most three."""

    latest: datetime | None
    links: tuple[str, ...]


def plane(tx: Any, pack: Specialism) -> Plane:
    """Return all listed people of a ranking on two axes. Costs a page of scores and points per 500 people."""
    theory_most, practice_most = _most(pack, is_theory=True), _most(pack, is_theory=False)
    found: list[Axes] = []
    for page in _pages(tx, pack.slug):
        points = scores.points_of(tx, [one.person for one in page], pack.slug)
        for one in page:
            theory, practice = split(points.get(one.person, ()))
            found.append(
                Axes(
                    person=one.person,
                    theory=theory,
                    practice=practice,
                    theory_share=theory / theory_most if theory_most else None,
                    practice_share=practice / practice_most if practice_most else None,
                )
            )
    middle = [_median(one.theory for one in found), _median(one.practice for one in found)]
    return Plane(
        specialism=pack.slug,
        people=tuple(sorted((_judged(one, *middle) for one in found), key=lambda one: one.person)),
        theory_median=middle[0],
        practice_median=middle[1],
    )


def split(points: Sequence[Points]) -> tuple[float, float]:
    """Return the points of theory and of practice; together they are the score."""
    theory = sum(part.points for part in points if _is_theory(part.feature))
    return theory, sum(part.points for part in points if not _is_theory(part.feature))


def sides(tx: Any, person: str, specialism: str) -> tuple[Side, Side]:
    """Return the evidence of theory and of practice, with dates."""
    points = scores.points(tx, person, specialism)
    wanted = [signal for part in points for signal in part.evidence]
    evidence = {one.signal: one for one in scores.evidence(tx, wanted)}

    def side(*, is_theory: bool) -> Side:
        parts = [part for part in points if _is_theory(part.feature) is is_theory]
        return _side({signal for part in parts for signal in part.evidence}, evidence)

    return side(is_theory=True), side(is_theory=False)


def _side(signals: Collection[str], evidence: dict[str, Evidence]) -> Side:
    found = sorted(
        (evidence[one] for one in signals if one in evidence),
        key=lambda one: (one.occurred_at is not None, one.occurred_at, one.signal),
        reverse=True,
    )
    latest = next((one.occurred_at for one in found if one.occurred_at is not None), None)
    return Side(latest=latest, links=tuple(dict.fromkeys(one.url for one in found))[:_PROOFS_MAX])


def _pages(tx: Any, specialism: str) -> Iterator[list[Score]]:
    after: tuple[float, str] | None = None
    while page := scores.ranking(tx, specialism, limit=_PAGE, after=after):
        yield page
        after = (page[-1].lower, page[-1].person)


def _judged(one: Axes, theory: float | None, practice: float | None) -> Axes:
    is_bridge = (
        theory is not None and practice is not None and one.theory > theory and one.practice > practice
    )
    return replace(one, is_bridge=is_bridge)


def _median(values: Iterator[float]) -> float | None:
    some = [value for value in values if value > 0]
    return median(some) if some else None


def _most(pack: Specialism, *, is_theory: bool) -> float:
    return sum(float(one.weight) for one in pack.factors if _is_theory(one.feature) is is_theory)


def _is_theory(feature: str) -> bool:
    """Return whether a feature measures papers; one that no release knows any more measured something else."""
    return feature in FEATURES and FEATURES[feature].family is Family.PAPERS
