"""What is said of activity that counts as no work: flags with their evidence. No score is lowered by one."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from sourcing.features.base import REVIEW_CREDIT, Facts
from sourcing.features.numbers import Names
from storage.model import Flag

RING_MIN = 5  # accounts; fewer that merge each other's changes are a small team
FLAG_EVIDENCE = 3  # signals kept with a flag
# Works from which a flag is worth a person's reading; a rebase after a long leave is a dozen old commits.
FLAG_MIN: Mapping[str, int] = {"back_dated": 20, "empty": 5, "fork": 5, "ring": 5, "own": 5}
_ALONE = ("closed", "unproven")  # a ring, or a repository of one's own


def flags(
    facts: Facts, *, rings: Mapping[int, Mapping[int, int]] | None = None
) -> dict[int, dict[str, tuple[Flag, ...]]]:
    """Return what is to be said of people, by look and person key: kinds in the order of FLAG_MIN.

    Only of what somebody did with an account of theirs, or in a repository of theirs: whose name others forge is
    not flagged for it. People only, wherever a look finds them. rings: sizes by moment and person, where not all that
    makes rings is among these facts.
    """
    doings = _doings(facts.void)
    if rings is None:
        rings = {moment: ring_members(pairs) for moment, pairs in _by_moment(merges(facts)).items()}
    kept = doings.filter(doings.reason.isin(["back_dated", "empty", "fork", *_ALONE]))
    order = [ibis.desc("at"), ibis.asc("signal")]
    counted = kept.group_by("moment", "person", "reason").agg(
        works=kept.work.nunique(), evidence=kept.signal.collect(order_by=order)[:FLAG_EVIDENCE]
    )
    by_moment: dict[int, dict[int, list[Mapping[str, Any]]]] = {}
    for row in _rows(counted.order_by("moment", "person", "reason")):
        by_moment.setdefault(row["moment"], {}).setdefault(row["person"], []).append(row)
    on_topic = _on_topic(kept, facts)
    found: dict[int, dict[str, tuple[Flag, ...]]] = {}
    for row in _rows(facts.moments.order_by("spec")):
        spec, moment = row["spec"], row["moment"]
        theirs = on_topic.get(spec, {})
        said = {
            facts.names.people[person].as_py(): _of_person(
                rows, theirs.get(person, {}), rings.get(moment, {}).get(person), facts.names
            )
            for person, rows in by_moment.get(moment, {}).items()
        }
        found[spec] = {person: each for person, each in said.items() if each}
    return found


def _on_topic(kept: ir.Table, facts: Facts) -> dict[int, dict[int, dict[str, int]]]:
    """Return how many works in repositories of one's own are on a look's topic, by look, person and reason."""
    own = kept.filter(kept.own & kept.reason.isin(list(_ALONE)))
    rows = own.inner_join(facts.moments, "moment").inner_join(
        facts.fits.select("spec", "work"), ["spec", "work"]
    )
    counted = rows.group_by("spec", "person", "reason").agg(works=rows.work.nunique())
    found: dict[int, dict[int, dict[str, int]]] = {}
    for row in _rows(counted):
        found.setdefault(row["spec"], {}).setdefault(row["person"], {})[row["reason"]] = row["works"]
    return found


def _of_person(
    rows: Iterable[Mapping[str, Any]], on_topic: Mapping[str, int], ring: int | None, names: Names
) -> tuple[Flag, ...]:
    best: dict[str, Flag] = {}
    for row in rows:
        kind, works, accounts = row["reason"], row["works"], None
        if kind in _ALONE:
            is_ring = kind == "closed" and ring is not None
            kind, works = ("ring", works) if is_ring else ("own", on_topic.get(kind, 0))
            accounts = ring if is_ring else None
        if works >= FLAG_MIN[kind] and (kind not in best or works > best[kind].works):
            evidence = tuple(names.signals.take(row["evidence"]).to_pylist())
            best[kind] = Flag(kind=kind, works=works, evidence=evidence, accounts=accounts)
    return tuple(best[kind] for kind in FLAG_MIN if kind in best)


def _doings(void: ir.Table) -> ir.Table:
    return void.filter(void.own | ~void.told_by_history)


def merges(facts: Facts) -> ir.Table:
    """(moment, work, person, author): who merged or reviewed whose changes that count nothing, among themselves."""
    doings = _doings(facts.void)
    closed = doings.filter(doings.reason == "closed")
    authors = closed.filter(closed.kind == "authored").select("moment", "work", author=closed.person)
    acts = closed.filter(closed.kind.isin(list(REVIEW_CREDIT)))
    pairs = (
        acts.inner_join(authors, ["moment", "work"]).select("moment", "work", "person", "author").distinct()
    )
    return pairs.filter(pairs.person != pairs.author)


def _by_moment(pairs: ir.Table) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for row in _rows(pairs.select("moment", "person", "author").distinct()):
        found.setdefault(row["moment"], []).append((row["person"], row["author"]))
    return found


def _rows(table: ir.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def ring_members(merges: Collection[tuple[int, int]]) -> dict[int, int]:
    """Return the people of rings with the size of each one's ring. merges: (merger, author).

    A ring: at least RING_MIN people among whom everybody merges for and is merged by others of it. Who only
    contributes to a team, or only merges for it, is peeled off until nobody is left to peel.
    """
    pairs = set(merges)
    while True:
        both = {one for one, _ in pairs} & {other for _, other in pairs}
        kept = {(one, other) for one, other in pairs if one in both and other in both}
        if kept == pairs:
            break
        pairs = kept
    sizes: dict[int, int] = {}
    for group in _groups(pairs):
        if len(group) >= RING_MIN:
            sizes |= dict.fromkeys(group, len(group))
    return sizes


def _groups(pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    near: dict[int, set[int]] = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    groups, seen = list[set[int]](), set[int]()
    for first in near:
        if first in seen:
            continue
        group, waiting = {first}, [first]
        while waiting:
            fresh = near[waiting.pop()] - group
            group |= fresh
            waiting.extend(fresh)
        seen |= group
        groups.append(group)
    return groups
