"""What changed between two rankings, and why: each cause brought about by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from scenes import PACK

from sourcing.ranking import diff, past
from sourcing.ranking.diff import Diff, Move, Moved
from sourcing.ranking.score import points as earn
from sourcing.ranking.specialism import Specialism
from storage import intake, persons, rankings, scores
from storage.engine import Store
from storage.model import Points, Score

PEOPLE = [f"github:{number}" for number in range(1, 6)]
Proof = Sequence[str]


class Told:
    """Rankings told by hand, kept as the nightly keeps them. keys: of five people."""

    def __init__(self, store: Store, make, now: datetime, keyer) -> None:
        self.store, self.make, self.now, self.keyer = store, make, now, keyer
        self.runs = 0
        with store.begin() as tx:
            visit = make.visit(*(make.identity(one, handle=f"h{one[-1]}") for one in PEOPLE))
            intake.take(tx, visit, now=now, run=None, keyer=keyer)
        self.part([[one] for one in PEOPLE])
        with store.read() as tx:
            owners = persons.owners(tx, PEOPLE)
        self.keys = [owners[one] for one in PEOPLE]

    def part(self, clusters: Sequence[Sequence[str]]) -> None:
        with self.store.begin() as tx:
            persons.rebuild(tx, [frozenset(one) for one in clusters], self.now, keyer=self.keyer)

    def rank(
        self, found: dict[str, tuple[float, Proof]], pack: Specialism = PACK, *, days: int = 0
    ) -> rankings.Ranked:
        """Keep a ranking. found: by key, the measured work and its signals. days: after the first."""
        self.runs += 1
        now = self.now + timedelta(days=days)
        ranked = []
        for key, (value, signals) in found.items():
            work, *others = pack.factors
            parts = [
                Points(factor=factor.name, feature=factor.feature, value=None, unit="changes", points=0.0)
                for factor in others
            ]
            earned = earn(value, weight=work.weight, half=work.half)
            parts.insert(0, Points(factor=work.name, feature=work.feature, value=value, unit="changes",
                                   points=earned, evidence=tuple(signals)))  # fmt: skip
            total = sum(part.points for part in parts)
            ranked.append(
                Score(person=key, specialism=pack.slug, version=pack.version, value=total, lower=total * 0.9,
                      rising=total, rising_lower=total * 0.9, confidence=0.9, as_of=now, points=tuple(parts))
            )  # fmt: skip
        with self.store.begin() as tx:
            scores.put(tx, pack.slug, pack.version, ranked, f"r{self.runs}", now)
            rankings.keep(tx, run=f"r{self.runs}", specialism=pack.slug, version=pack.version, as_of=now,
                          content=past.content_of(pack), files={}, formula="f")  # fmt: skip
            return rankings.of_run(tx, f"r{self.runs}")[0]

    def diff(self, before: rankings.Ranked, after: rankings.Ranked, most: int = 50) -> Diff:
        with self.store.read() as tx:
            return diff.compare(tx, before, after, most=most)


@pytest.fixture
def told(store: Store, make, now, keyer) -> Told:
    return Told(store, make, now, keyer)


def by_key(found: Diff) -> dict[str, Moved]:
    return {one.person: one for one in found.moved}


def test_new_gone_and_aged_evidence_are_told_apart(told: Told) -> None:
    one, two, three, four, five = told.keys
    first = told.rank({one: (30, "ab"), two: (20, "cd"), three: (15, "ef"), four: (10, "gh"), five: (2, "i")})
    again = told.rank({one: (8, "a"), two: (18, "cd"), three: (25, "efj"), four: (10, "gh"), five: (2, "i")})
    found = by_key(told.diff(first, again))
    assert {key: (each.move, each.before, each.after) for key, each in found.items()} == {
        three: (Move.ROSE, 3, 1), one: (Move.FELL, 1, 4), four: (Move.ROSE, 4, 3)
    }  # fmt: skip
    assert found[three].why[0].startswith("merged_work: 1 new item of evidence (+")
    assert found[one].why[0].startswith("merged_work: 1 item of evidence gone (-")
    assert found[four].why == ("others moved",)
    later = told.rank(
        {one: (8, "a"), two: (18, "cd"), three: (16, "efj"), four: (9, "gh"), five: (2, "i")}, days=7
    )
    assert by_key(told.diff(again, later))[three].why[0].startswith("merged_work: evidence aged (-")


def test_a_changed_weight_is_named_with_what_it_did_to_each(told: Told) -> None:
    """RANKING K1: a new version, and both results comparable: the part of the weight apart from that of evidence."""
    one, two, *_ = told.keys
    first = told.rank({one: (20, "ab"), two: (19, "cd")})
    factors = tuple(
        factor.model_copy(update={"weight": weight, "rising": weight})
        for factor, weight in zip(PACK.factors, (60, 20, 20), strict=True)
    )
    heavier = replace(PACK, version="inference@2+1", factors=factors)
    second = told.rank({one: (20, "ab"), two: (24, "cdx")}, heavier)
    found = told.diff(first, second)
    assert (
        "weight of merged_work: 50 → 60" in found.changed
        and "weight of review_work: 30 → 20" in found.changed
    )
    why = by_key(found)[two].why
    weights = earn(19, weight=60, half=12) - earn(19, weight=50, half=12)
    evidence = earn(24, weight=60, half=12) - earn(19, weight=60, half=12)
    assert why == (
        f"merged_work: other weights ({weights:+.1f})", f"merged_work: 1 new item of evidence ({evidence:+.1f})"
    )  # fmt: skip


def test_a_look_that_changed_is_told_by_its_words(told: Told) -> None:
    one, two, *_ = told.keys
    first = told.rank({one: (20, "ab"), two: (19, "cd")})
    look = replace(PACK.look, keywords=("paged attention", "roofline"))
    second = told.rank({one: (3, "a"), two: (19, "cd")}, replace(PACK, look=look, version="inference@2+2"))
    found = told.diff(first, second)
    assert found.changed == ("keywords: +roofline, -KV cache, -speculative decoding",)
    assert "the specialism looks elsewhere" in by_key(found)[one].why[0]


def test_who_came_and_went_is_told_with_merges_and_splits(told: Told) -> None:
    one, two, three, four, _ = told.keys
    first = told.rank({one: (30, "ab"), two: (20, "cde"), three: (15, "fg")})
    told.part([PEOPLE[:2], *([each] for each in PEOPLE[2:])])
    with told.store.read() as tx:
        living = persons.resolve_key(tx, one)
    other = two if living == one else one
    merged = told.rank({living: (40, "abcde"), four: (5, "h")})
    found = told.diff(first, merged)
    moves = by_key(found)
    assert moves[other].why == (f"merged into {living}",) and moves[three].why == (
        "has no work on topic any more",
    )
    assert moves[four].why == ("passes the gates now: newly collected, or new evidence",)
    assert found.counts["went"] == 2 and found.counts["came"] == 1
    told.part([[each] for each in PEOPLE])
    parted = told.rank({one: (30, "ab"), two: (20, "cde"), four: (5, "h")})
    assert by_key(told.diff(merged, parted))[other].why == (f"split from {living}",)


def test_who_asks_not_to_be_approached_is_in_no_diff_and_the_highest_come_first(told: Told, make) -> None:
    one, two, three, four, five = told.keys
    first = told.rank({one: (30, "a"), two: (20, "b"), three: (15, "c"), four: (10, "d"), five: (5, "e")})
    second = told.rank({five: (31, "ex"), four: (21, "dx"), three: (15, "c"), two: (10, "b"), one: (5, "a")})
    with told.store.begin() as tx:
        visit = make.visit(make.claim(PEOPLE[4], PEOPLE[4], "opt_out_line"), task=make.task(9))
        intake.take(tx, visit, now=told.now, run=None, keyer=told.keyer)
    found = told.diff(first, second, most=2)
    assert five not in str(found.moved) and [each.person for each in found.moved] == sorted([one, four])
    assert found.counts == {"rose": 2, "fell": 2, "came": 0, "went": 0, "stayed": 0}
