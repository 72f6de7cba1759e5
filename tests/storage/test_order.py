"""Stored orders: best first, who cannot be placed behind everybody else, and in step with the scores."""

import random
from typing import Any

from sqlalchemy import insert, select

from storage import order, scores
from storage.engine import Store
from storage.model import WIDTH_MAX, Score
from storage.scored import FIGURES, Scored
from storage.tables import person_identity, search_order, search_person, search_set

NAMES = ("inference", "training")
PEOPLE = [f"p_{number:03}" for number in range(60)]


def everybody(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(insert(person_identity), [{"identity": f"github:{one}", "person": one} for one in PEOPLE])
        tx.execute(insert(search_person), [{"person": one, "no": no} for no, one in enumerate(PEOPLE)])


def made(draw: random.Random, name: str, now: Any, people: list[str]) -> list[Score]:
    """Return scores of which some are too wide to say anything, and some alike."""
    found = []
    for one in people:
        lower = draw.choice([2.0, 5.0, 5.0, draw.uniform(0, 60)])
        width = draw.choice([10.0, 30.0, WIDTH_MAX, WIDTH_MAX + 5])
        found.append(
            Score(
                person=one, specialism=name, version="1", value=lower + 5, lower=lower, upper=lower + width,
                rising=70 - lower, rising_lower=60 - lower, confidence=0.5, listed=draw.random() < 0.8, as_of=now,
                level=draw.choice(["unknown", "mid"]),
            )
        )  # fmt: skip
    return found


def stands(tx: Any, name: str, sort: str) -> list[tuple[str, bool]]:
    """Return who stands where, and whether they cannot be placed."""
    return [
        (PEOPLE[place], unsure)
        for part in order.stretches(tx, name, sort)
        for place, unsure in zip(part.places.tolist(), part.unsure.tolist(), strict=True)
    ]


def rows(tx: Any) -> list[Any]:
    """Return everything that is stored of orders; the mark that every change leaves is another each time."""
    tables = (select(search_order), select(search_set).where(search_set.c.value != ""))
    best = select(search_set).where(search_set.c.value == "", search_set.c.field.in_(("listed", "unlisted")))
    return [sorted(tuple(row) for row in tx.execute(query)) for query in (*tables, best)]


def test_who_cannot_be_placed_stands_behind_everybody_else(store: Store, now: Any) -> None:
    everybody(store)
    draw = random.Random(4)
    found = {name: made(draw, name, now, PEOPLE) for name in NAMES}
    with store.begin() as tx:
        for name in NAMES:
            scores.put(tx, name, "1", found[name], None, now)
    with store.read() as tx:
        for sort in order.SORTS:
            for name in NAMES:
                wanted = sorted(
                    (one.upper - one.lower > WIDTH_MAX, -getattr(one, sort), one.person)
                    for one in found[name]
                )
                assert stands(tx, name, sort) == [(person, unsure) for unsure, _, person in wanted]
            best = stands(tx, order.ANY, sort)
            assert [unsure for _, unsure in best] == sorted(unsure for _, unsure in best) and len(best) == 60
            told = {one.person for each in found.values() for one in each if one.listed and not wide(one)}
            assert told <= {person for person, unsure in best if not unsure}, (
                "a listed, sure score is the best"
            )


def wide(one: Score) -> bool:
    return one.upper - one.lower > WIDTH_MAX


def test_orders_that_follow_a_few_are_those_made_anew(store: Store, now: Any) -> None:
    everybody(store)
    draw = random.Random(5)
    with store.begin() as tx:
        for name in NAMES:
            scores.put(tx, name, "1", made(draw, name, now, PEOPLE), None, now)
    few = draw.sample(PEOPLE, 5)
    with store.begin() as tx:
        for name in NAMES:
            again = made(draw, name, now, few[:4])  # and one has no score any more
            scores.put(tx, name, "1", again, None, now, people=few)
            order.refresh(tx, [name], people=few)
        order.follow(tx, dict.fromkeys(NAMES, few))
        order.refresh_best(tx)
        followed = rows(tx)
        order.refresh(tx)
        assert rows(tx) == followed
        assert {one for one, _ in stands(tx, NAMES[0], order.LOWER)} == {*PEOPLE} - {few[4]}


def test_orders_of_whole_rankings_are_those_read_from_the_store(store: Store, now: Any) -> None:
    everybody(store)
    draw = random.Random(6)
    for people in (PEOPLE, PEOPLE[:7], []):
        with store.begin() as tx:
            found = {name: columns(made(draw, name, now, people)) for name in NAMES}
            living = scores.living(tx)
            touched = {
                name: scores.put_columns(tx, name, "1", each, None, now, alive=living).touched
                for name, each in found.items()
            }
            order.follow(tx, touched, whole=found)
            order.refresh_best(tx)
            followed = rows(tx)
            order.refresh(tx)
            assert rows(tx) == followed, len(people)


def columns(found: list[Score]) -> Scored:
    return Scored(
        persons=[one.person for one in found],
        figures=[[getattr(one, name) for one in found] for name in FIGURES],
        parts=lambda places: ["[]" for _ in places],
        factors=[],
    )
