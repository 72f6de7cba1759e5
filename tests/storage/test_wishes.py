"""Wishes on both databases: who asks is gone at once, and comes back when the wish is withdrawn."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sourcing import lists as shortlists
from sourcing import people as sheets
from sourcing.errors import NotAllowed
from sourcing.export import mapping, policy
from sourcing.export.lead import Occasion
from sourcing.export.plan import Action, Target, plan
from sourcing.settings import config_root
from spiders.records import IdentityKind, Record
from storage import intake, lists, persons, scores, search, subjects, wishes
from storage import people as marks
from storage.engine import Store
from storage.model import Edge, Judgement, Score
from storage.query import Field, FieldName

MIRA, PAGE, OTHER = "github:1001", "page:https://mira.example", "github:1002"
SPECIALISM = "inference-performance"


class House:
    """A store with two people: Mira with an account and a page, and somebody else."""

    def __init__(self, store: Store, make: Any, keyer: Any, now: datetime) -> None:
        self.store, self.make, self.keyer, self.now = store, make, keyer, now
        self.reading(make.identity(MIRA, name="Mira Okafor"), make.identity(PAGE), make.identity(OTHER))
        self.resolved({MIRA, PAGE}, {OTHER})
        self.ranked()

    def reading(self, *records: Record, day: int = 0) -> None:
        visit = self.make.visit(*records, task=self.make.task(day), at=self.now + timedelta(days=day))
        with self.store.begin() as tx:
            intake.take(tx, visit, now=self.now, run=None, keyer=self.keyer)

    def says(
        self, identity: str, kind: str, *, day: int, place: str | None = None, source: str = "x"
    ) -> None:
        at = self.now + timedelta(days=day)
        self.reading(self.make.claim(identity, place or identity, kind, at=at, source=source), day=day)

    def resolved(self, *clusters: set[str]) -> None:
        with self.store.begin() as tx:
            persons.rebuild(tx, [frozenset(one) for one in clusters], self.now)
            search.reindex(tx, None)

    def ranked(self) -> None:
        with self.store.begin() as tx:
            given = [
                Score(
                    person=one.key, specialism=SPECIALISM, version="1", value=50.0, lower=40.0, confidence=0.8,
                    level="unknown", listed=True, as_of=self.now,
                )
                for one in persons.list_people(tx, limit=10)
            ]  # fmt: skip
            scores.put(tx, SPECIALISM, "1", given, None, self.now)

    def gives(self, identity: str, page: str, rule: str) -> None:
        one = Edge(
            left=identity, right=page, judgement=Judgement.UNSURE, decided_by=rule, decided_at=self.now
        )
        with self.store.begin() as tx:
            persons.put_edges(tx, [one], self.now)

    def key(self, identity: str) -> str:
        with self.store.read() as tx:
            found = persons.find_by_identity(tx, identity)
        assert found is not None
        return found.key

    def shown(self) -> set[str]:
        """Who is in the ranking and in search; both must agree."""
        with self.store.read() as tx:
            ranking = {one.person for one in scores.ranking(tx, SPECIALISM, limit=10)}
            found = {one.person for one in search.find(tx, None, specialism=SPECIALISM, limit=10)}
            assert search.count(tx, None, specialism=SPECIALISM) == len(found)
        assert ranking == found
        return found


@pytest.fixture
def house(store: Store, make: Any, keyer: Any, now: datetime) -> House:
    return House(store, make, keyer, now)


def test_a_person_who_asks_is_gone_at_once_and_back_when_the_wording_is(house: House) -> None:
    mira, other = house.key(MIRA), house.key(OTHER)
    assert house.shown() == {mira, other}
    house.says(MIRA, "opt_out", day=1)
    assert house.shown() == {other}
    house.says(MIRA, "opt_out", day=2)
    assert house.shown() == {other}
    house.says(MIRA, "no_wish", day=3)
    assert house.shown() == {mira, other}


def test_the_order_in_which_readings_arrive_does_not_matter(house: House) -> None:
    house.says(MIRA, "no_wish", day=3)
    house.says(MIRA, "opt_out", day=1)
    assert house.key(MIRA) in house.shown()


def test_each_page_of_a_site_is_believed_until_that_page_is_read_again(house: House) -> None:
    house.says(PAGE, "opt_out", place=f"{PAGE}/contact", day=1)
    house.says(PAGE, "no_wish", day=2)
    assert house.key(MIRA) not in house.shown()
    house.says(PAGE, "no_wish", place=f"{PAGE}/contact", day=3)
    assert house.key(MIRA) in house.shown()


def test_a_line_that_says_yes_outweighs_prose_but_no_line_that_says_no(house: House) -> None:
    mira = house.key(MIRA)
    house.says(MIRA, "opt_out", day=1)
    house.says(PAGE, "opted_in", day=2)
    assert mira in house.shown()
    house.says(MIRA, "opt_out_line", day=3)
    assert mira not in house.shown()


def test_one_identity_hides_the_merged_person_and_unmerging_shows_the_other(house: House) -> None:
    mira, other = house.key(MIRA), house.key(OTHER)
    house.says(PAGE, "opt_out", day=1)
    assert house.shown() == {other}
    house.resolved({MIRA, PAGE, OTHER})
    house.ranked()
    assert house.shown() == set()
    house.resolved({MIRA}, {PAGE}, {OTHER})
    house.ranked()
    assert house.shown() == {mira, other}


def test_a_wish_of_nobody_we_know_binds_nobody(house: House) -> None:
    house.reading(house.make.identity("github:77", kind=IdentityKind.ORGANISATION))
    house.says("github:77", "opt_out", day=1)
    assert len(house.shown()) == 2


def test_no_query_brings_back_who_asked(house: House) -> None:
    house.says(MIRA, "opt_out", day=1)
    with house.store.read() as tx:
        for value in ("yes", "no", "any"):
            tree = Field(name=FieldName.HIDDEN, value=value)
            assert house.key(MIRA) not in {
                one.person for one in search.find(tx, tree, specialism=None, limit=10)
            }


def test_a_new_ranking_has_no_score_of_who_asked(house: House) -> None:
    house.says(MIRA, "opt_out", day=1)
    house.ranked()
    with house.store.read() as tx:
        assert scores.of_person(tx, house.key(MIRA)) == []
        assert len(scores.of_person(tx, house.key(OTHER))) == 1


def test_what_an_operator_hides_or_suppresses_stays_when_the_wish_goes(house: House) -> None:
    mira, now = house.key(MIRA), house.now
    digest = house.keyer.digest("id", OTHER)
    with house.store.begin() as tx:
        marks.hide(tx, mira, actor="ana", reason="asked by mail", now=now)
        subjects.suppress(tx, {digest}, "asked by mail", now)
    house.says(MIRA, "opt_out", day=1)
    house.says(MIRA, "no_wish", day=2)
    assert mira not in house.shown()
    with house.store.read() as tx:
        assert subjects.is_suppressed(tx, {digest}) == {digest}


def test_lists_exports_and_the_person_say_who_asked_when_and_where(house: House, tmp_path: Any) -> None:
    mira, now = house.key(MIRA), house.now
    with house.store.begin() as tx:
        lists.create(tx, "leads", actor="ana", now=now)
        lists.add(tx, "leads", [mira], actor="ana", now=now)
    house.says(MIRA, "opt_out", day=1, source="github_people")
    sentence = "asked not to be approached (github_people, 2026-11-23, https://code.example/1)"
    with house.store.read() as tx:
        roots = [config_root()]
        target = Target(
            connector="csv", destination=str(tmp_path / "leads.csv"), what="list leads",
            fields=mapping.load("generic", roots), policy=policy.load(roots),
        )  # fmt: skip
        occasion = Occasion(specialism=SPECIALISM, now=now, keep_days=180, notice_days=30)
        (row,) = plan(tx, [mira], target, occasion, keyer=house.keyer).rows
        assert (row.action, row.reason, row.lead) == (Action.BLOCKED, sentence, None)
        sheet = sheets.sheet(tx, mira)
        assert [one.sentence for one in sheet.asked] == [sentence]
        assert (sheet.scores, sheet.evidence) == ((), ())
    with pytest.raises(NotAllowed, match="asked not to be approached"):
        shortlists.add(house.store, "leads", [mira], actor="ana", now=now)


def test_where_somebody_asked_is_told_for_prose_only_while_it_counts(house: House) -> None:
    house.says(MIRA, "opt_out", day=1)
    house.says(PAGE, "opted_in", day=2)
    with house.store.read() as tx:
        assert wishes.of(tx, [house.key(MIRA)]) == {}
        assert wishes.keys(tx) == set()


def test_a_homepage_refuses_for_the_one_who_gives_it_even_without_pointing_back(house: House) -> None:
    mira, other = house.key(MIRA), house.key(OTHER)
    house.resolved({MIRA}, {PAGE}, {OTHER})
    house.ranked()
    house.says(PAGE, "opt_out", day=1)
    assert mira in house.shown()
    house.gives(MIRA, PAGE, "rule:homepage@1")
    assert house.shown() == {other}
    house.gives(OTHER, PAGE, "rule:homepage@1")  # now it may be anybody's
    assert house.shown() == {mira, other}


def test_a_page_that_names_somebody_refuses_for_nobody_else(house: House) -> None:
    house.resolved({MIRA}, {PAGE}, {OTHER})
    house.ranked()
    house.says(PAGE, "opt_out", day=1)
    house.gives(MIRA, PAGE, "rule:link@1")
    assert house.key(MIRA) in house.shown()
    house.gives(MIRA, PAGE, "rule:homepage@1")
    with house.store.begin() as tx:
        persons.judge(tx, MIRA, PAGE, Judgement.DIFFERENT, "recruiter:ana", "another person", house.now)
    assert house.key(MIRA) in house.shown()
