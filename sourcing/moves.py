"""What changed under a saved search since it was last shown, each change with what caused it (W2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sourcing import blind as blind_mode
from sourcing import people, searches
from sourcing.people import Reason
from sourcing.query.said import said
from sourcing.ranking import diff
from storage import named, persons, rankings, saved, scores, search
from storage.errors import NotFound
from storage.model import Evidence
from storage.query import And, Field, FieldName
from storage.rankings import Since
from storage.saved import Saved

PROOFS_MAX = 2


class Way(StrEnum):
    """What happened to somebody under a search."""

    NEW = "new"
    RISEN = "risen"
    FALLEN = "fallen"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One change. before, after: what the search is sorted by, None where they were not or are not listed.

    why: the largest cause first. links: of the evidence that is new to the search, the strongest.
    """

    person: str
    name: str | None
    way: Way
    before: float | None
    after: float | None
    why: tuple[str, ...]
    links: tuple[str, ...]


def of(tx: Any, name: str, *, limit: int, now: datetime, blind: bool = False) -> list[Moved]:
    """Return who is new under a saved search, who rose, fell and left it, at most `limit` of each way.

    New people come best first, others with the largest change first. blind: without names, and without what tells in
    causes and links who somebody is. Raises NotFound.
    """
    one = saved.get(tx, name)
    moves = searches.moves(tx, name)
    found = [_came(hit, one) for hit in searches.new(tx, name, limit=limit, now=now)]
    for way, told in ((Way.RISEN, moves.risen), (Way.FALLEN, moves.fallen)):
        found += _stands(tx, one, way, told[:limit])
    found += [_went(tx, one, key) for key in moves.gone[:limit]]
    known = persons.get_many(tx, [each.person for each in found])
    covers = blind_mode.covers(tx, [each.person for each in found]) if blind else {}
    return [_called(each, known, covers) for each in found]


def _came(hit: people.Hit, one: Saved) -> Moved:
    reasons: Sequence[Reason] = hit.reasons[:1]
    return Moved(
        person=hit.person,
        name=None,
        way=Way.NEW,
        before=None,
        after=hit.lower if one.sort == "established" else None,
        why=tuple(reason.text for reason in reasons) or ("matches the search now",),
        links=tuple(link for reason in reasons for link in reason.links),
    )


def _stands(tx: Any, one: Saved, way: Way, told: Sequence[Since]) -> list[Moved]:
    """Return those who stand otherwise than when they were displayed, with what is between the two rankings."""
    if not told or one.specialism is None:
        return []
    kept = {each.number: each for each in rankings.ls(tx, one.specialism)}
    newest, why = kept[max(kept)], dict[str, tuple[str, ...]]()
    old: dict[str, frozenset[int]] = {}
    for number in {each.number for each in told}:
        those = [each.person for each in told if each.number == number]
        why |= diff.causes(tx, kept[number], newest, those)
        old |= {key: stood.evidence for key, stood in rankings.rows(tx, kept[number], people=those).items()}
    fresh = _fresh(tx, one.specialism, old) if way is Way.RISEN else {}
    return [
        Moved(
            person=each.person,
            name=None,
            way=way,
            before=each.before,
            after=each.after,
            why=why.get(each.person, ()),
            links=tuple(dict.fromkeys(item.url for item in fresh.get(each.person, ()) if item.url))[
                :PROOFS_MAX
            ],
        )
        for each in told
    ]


def _fresh(tx: Any, specialism: str, old: Mapping[str, frozenset[int]]) -> dict[str, list[Evidence]]:
    """Return the evidence of people that was not behind their score then, strongest factor first."""
    signals = {
        key: [
            signal
            for part in sorted(parts, key=lambda part: (-part.points, part.factor))
            for signal in part.evidence
            if rankings.mark_of(signal) not in old[key]
        ]
        for key, parts in scores.points_of(tx, list(old), specialism).items()
    }
    known = {
        one.signal: one
        for one in scores.evidence(tx, sorted({one for each in signals.values() for one in each}))
    }
    return {key: [known[one] for one in each if one in known] for key, each in signals.items()}


def _went(tx: Any, one: Saved, key: str) -> Moved:
    """Say what keeps out somebody who was under a search: their score's gates, or parts of the query, each alone."""
    why: list[str] = []
    if one.specialism is not None:
        try:
            if not scores.get(tx, key, one.specialism).listed:
                why.append("no longer passes the gates of the specialism")
        except NotFound:
            why.append("has no work on topic any more")
    everyone = Field(name=FieldName.HIDDEN, value="all")
    for part in search.conjuncts(searches.tree(one)):
        asked = search.everybody(tx, And(parts=(part, everyone)), specialism=one.specialism)
        if not named.is_in(tx, key, asked):
            why.append(f"left out by {said(part)} of the query")
    return Moved(
        person=key, name=None, way=Way.GONE, before=None, after=None,
        why=tuple(why) or ("does not match the search any more",), links=(),
    )  # fmt: skip


def _called(one: Moved, known: Mapping[str, Any], covers: Mapping[str, blind_mode.Cover]) -> Moved:
    cover = covers.get(one.person)
    if cover is None:
        return replace(one, name=known[one.person].name if one.person in known else None)
    links = tuple(each for each in one.links if cover.address(each) is not None)
    return replace(one, why=tuple(cover.text(each) for each in one.why), links=links)
