"""Would the ranking have known? People ranked by what was public at a past moment, against who was given charge later.

The works, their texts and who is who are as known now: what was merged since stays merged, and what was taken back
since is missing. Signals later than the moment are not read, except as the truth. Whoever held charge already is
taken out of every order: the question is who comes next. All orders are of the same people, those with changes of
their own in the projects that a specialism names whole.

Beside that, where a CRM or ATS says what became of leads, of these: whether those who were hired stood above those who
were turned down. It is of whom somebody chose to hand over, and says nothing of the others.
"""

import random
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sourcing.features import facts
from sourcing.ranking import measure, score
from sourcing.ranking.measure import Compared, Interval
from sourcing.ranking.specialism import Specialism
from storage import placements, snapshot
from storage.engine import Store

WINDOW_DAYS = 730  # in which charge counts as given after the moment
MERGES_MIN = 3  # others' changes merged that show the right to merge; fewer may be an accident of the history
SHUFFLE = 11  # fixed: the same backtest draws the same random order
OWNER, MERGER = 2, 1  # grades
DEPTH = 20
CHARGE, OUTCOMES = "charge", "outcomes"
"""What an order is held against: who was given charge, who was hired of those handed over."""
ORDERS = ("established", "rising", "changes", "random")
_ROLES = ("codeowner", "approver", "maintainer", "governance", "reviewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How good the orders were in one specialism. wanted: who was given charge later, or hired. ranked: whom we listed
    then. against: `CHARGE` or `OUTCOMES`.

    hit, ndcg: by the name of an order; the intervals are over people.
    """

    specialism: str
    wanted: int
    ranked: int
    hit: Mapping[str, float]
    ndcg: Mapping[str, Compared]
    against: str = CHARGE


def run(
    store: Store,
    wanted: Sequence[Specialism],
    *,
    as_of: datetime,
    home: Path,
    window_days: int = WINDOW_DAYS,
    outcomes: bool = False,
) -> list[Past]:
    """Return how well each specialism's ranking at a past moment foresaw who was given charge; changes nothing.

    outcomes: then the same of who was hired, of leads that were decided on since.

    Writes a snapshot of the store beside the others and removes it. Specialisms of whose projects nobody was given
    charge are in the answer with `wanted` 0.
    """
    home.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="backtest-", dir=home))
    try:
        with store.read() as tx:
            snapshot.write(tx, directory, "ranking", as_of=as_of)
            decided = placements.decided(tx, after=as_of) if outcomes else {}
        return of_snapshot(
            directory, wanted, as_of=as_of, spill=home / "spill", window_days=window_days, decided=decided
        )
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def of_snapshot(
    directory: Path,
    wanted: Sequence[Specialism],
    *,
    as_of: datetime,
    spill: Path,
    window_days: int = WINDOW_DAYS,
    decided: Mapping[str, Mapping[str, bool]] | None = None,
) -> list[Past]:
    """Return the same of a ranking snapshot that reaches beyond the moment; touches no store.

    decided: whether leads were hired, by specialism and person; specialisms without any are left out of that part.
    """
    rankings = score.evaluate_all(directory, wanted, as_of=as_of, spill=spill)
    with facts.snapshot(directory, spill=spill) as (signals, documents):
        doings = _doings(signals, documents, [one for each in wanted for one in _repositories(each)])
    until = as_of + timedelta(days=window_days)
    found: dict[str, list[Past]] = {CHARGE: [], OUTCOMES: []}
    for one, ranking in zip(wanted, rankings, strict=True):
        truth = _truth(one, doings, as_of=as_of, until=until)
        found[CHARGE].append(_past(one, ranking, truth))
        if hired := (decided or {}).get(one.slug):
            found[OUTCOMES].append(_past(one, ranking, _hired(truth, hired)))
    return [*found[CHARGE], *found[OUTCOMES]]


def overall(found: Sequence[Past], against: str = CHARGE) -> dict[str, Interval]:
    """Return each order's nDCG@20 over the specialisms in which somebody was wanted, with its interval."""
    every = [one for one in found if one.wanted and one.against == against]
    return {name: measure.interval([one.ndcg[name].value.mean for one in every]) for name in ORDERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Truth:
    """grades: of those wanted. pool: of whom the orders are. changes: own changes by the moment."""

    grades: Mapping[str, int]
    pool: frozenset[str]
    changes: Mapping[str, int]
    against: str = CHARGE


def _repositories(one: Specialism) -> tuple[str, ...]:
    """Return the projects that are all of the topic: charge of one that is shared says nothing about a part of it."""
    return one.look.repositories


def _doings(signals: Any, documents: Any, repositories: Sequence[str]) -> list[dict[str, Any]]:
    """Return (person, repo, kind, note, at, works) of what shows charge, and of own changes, by day."""
    repo = documents.part_of.fill_null(documents.work).re_replace("^github:", "").re_replace("[#:@].*$", "")
    places = documents.select("work", repo=repo.lower())
    places = places.filter(places.repo.isin(sorted(set(repositories)))) if repositories else places.limit(0)
    rows = signals.filter(signals.kind.isin(["maintains", "released", "merged", "authored"]))
    rows = rows.filter(rows.occurred_at.notnull()).inner_join(places, "work")
    day = rows.occurred_at.cast("timestamp").truncate("D")
    counted = rows.group_by(
        "person", "repo", "kind", rows.note.fill_null("").name("note"), day.name("day")
    ).agg(works=rows.work.nunique())
    found: list[dict[str, Any]] = (
        counted.order_by("person", "repo", "kind", "note", "day").to_pyarrow().to_pylist()
    )
    return found


def _truth(
    one: Specialism, doings: Sequence[Mapping[str, Any]], *, as_of: datetime, until: datetime
) -> _Truth:
    mine = frozenset(_repositories(one))
    grades: dict[str, int] = {}
    before, merges, changes = set[str](), dict[str, int](), dict[str, int]()
    merged_before: dict[str, int] = {}
    for row in doings:
        if row["repo"] not in mine:
            continue
        at, person = row["day"].replace(tzinfo=UTC), row["person"]
        is_past = at <= as_of
        if row["kind"] == "authored":
            changes[person] = changes.get(person, 0) + (row["works"] if is_past else 0)
        elif row["kind"] == "merged":
            count = merged_before if is_past else merges if at <= until else {}
            count[person] = count.get(person, 0) + row["works"]
        elif row["kind"] == "maintains" and row["note"] not in _ROLES:
            continue
        elif is_past:
            before.add(person)
        elif at <= until:
            grades[person] = OWNER if row["kind"] == "maintains" else max(MERGER, grades.get(person, 0))
    before |= {person for person, number in merged_before.items() if number >= MERGES_MIN}
    for person, number in merges.items():
        if number >= MERGES_MIN:
            grades.setdefault(person, MERGER)
    kept = {person: grade for person, grade in grades.items() if person not in before and changes.get(person)}
    pool = frozenset(person for person, number in changes.items() if number and person not in before)
    return _Truth(grades=kept, pool=pool, changes=changes)


def _hired(truth: _Truth, hired: Mapping[str, bool]) -> _Truth:
    """Return who was hired of those decided on, with the same changes."""
    grades = {person: int(was) for person, was in hired.items() if was}
    return _Truth(grades=grades, pool=frozenset(hired), changes=truth.changes, against=OUTCOMES)


def _past(one: Specialism, ranking: Any, truth: _Truth) -> Past:
    pool = sorted(truth.pool)
    # whoever works on the topic elsewhere cannot be given charge here: all orders are of the same people
    listed = [score for score in ranking.scores if score.listed and score.person in truth.pool]
    shuffled = list(pool)
    random.Random(SHUFFLE).shuffle(shuffled)
    orders = {
        "established": [score.person for score in listed],
        "rising": [
            each.person for each in sorted(listed, key=lambda each: (-each.rising_lower, each.person))
        ],
        "changes": sorted(pool, key=lambda person: (-truth.changes.get(person, 0), person)),
        "random": shuffled,
    }
    return Past(
        specialism=one.slug,
        wanted=len(truth.grades),
        ranked=len(listed),
        hit={name: measure.hit(measure.graded(order, truth.grades), 10) for name, order in orders.items()},
        ndcg=measure.over_people(
            orders, truth.grades, lambda grades, ideal: measure.ndcg(grades, ideal, DEPTH), depth=DEPTH
        ),
        against=truth.against,
    )
