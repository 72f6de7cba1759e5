"""A request that bears a key is done once: sent again it gets the answer of the first time."""

from datetime import timedelta

import pytest

from storage import answered, intake, persons, subjects
from storage.engine import Store
from storage.errors import Conflict

KEY, ASKED = "a" * 64, "b" * 64


def test_a_key_gives_the_first_answer_again_for_a_day(store: Store, now) -> None:
    with store.begin() as tx:
        assert answered.begin(tx, KEY, ASKED, now=now) is None
        answered.finish(tx, KEY, status=201, body="{}")
    with store.begin() as tx:
        again = answered.begin(tx, KEY, "c" * 64, now=now + timedelta(hours=23))
        assert again == answered.Answer(request=ASKED, status=201, body="{}")
        assert answered.begin(tx, KEY, ASKED, now=now + timedelta(hours=25)) is None


def test_an_answer_made_while_somebody_is_erased_is_not_kept(store: Store, make, now, keyer) -> None:
    with store.begin() as tx:
        intake.take(tx, make.visit(make.identity("github:1")), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({"github:1"})], now)
        person = persons.find_by_identity(tx, "github:1")
        answered.begin(tx, KEY, ASKED, now=now)
        subjects.erase(tx, person.key, now, keyer=keyer)
        answered.finish(tx, KEY, status=201, body=f'{{"person": "{person.key}"}}')
        assert answered.begin(tx, KEY, ASKED, now=now) is None


def test_a_request_under_way_is_not_begun_twice_until_it_was_cut_off(store: Store, now) -> None:
    with store.begin() as tx:
        answered.begin(tx, KEY, ASKED, now=now)
    with store.begin() as tx, pytest.raises(Conflict):
        answered.begin(tx, KEY, ASKED, now=now + timedelta(minutes=9))
    with store.begin() as tx:
        assert answered.begin(tx, KEY, ASKED, now=now + timedelta(minutes=11)) is None
        answered.forget(tx, KEY)
        assert answered.begin(tx, KEY, ASKED, now=now + timedelta(minutes=11)) is None
