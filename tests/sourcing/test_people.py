"""Marks, merges and lists: each is undoable, audited, and survives what happens to keys."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sourcing import lists, people, resolve
from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.query import parse
from storage import audit, digest, intake, persons
from storage import lists as stored
from storage.engine import Store
from storage.model import MarkKind
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)


@pytest.fixture
def two(store: Store, make: Any, keyer: PepperKeyer) -> tuple[Store, str, str]:
    """A store with two people; their keys."""
    records = (
        make.identity("github:1", handle="amina-o", name="Amina Okonjo"),
        make.identity("github:2", handle="aokonjo", name="A. Okonjo"),
    )
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)
    resolve.run(store, now=NOW, run=None, keyer=keyer)
    with store.read() as tx:
        keys = {one.identities[0]: one.key for one in persons.list_people(tx, limit=10)}
    return store, keys["github:1"], keys["github:2"]


def said(store: Store) -> list[str]:
    with store.read() as tx:
        assert audit.verify(tx).ok
        return [one.action for one in audit.entries(tx, limit=100)]


def test_a_merge_and_its_undoing_leave_everything_as_it_was(
    two: tuple[Store, str, str], keyer: PepperKeyer
) -> None:
    store, left, right = two
    people.note(store, right, "met at a meetup", actor="ana", now=NOW)
    with store.read() as tx:
        before = {key: people.sheet(tx, key) for key in (left, right)}
    done = people.merge(store, left, right, actor="ana", reason="same homepage", now=NOW, keyer=keyer)
    assert done.persons == 1
    with store.read() as tx:
        assert persons.get(tx, left).key == persons.get(tx, right).key == done.person
        assert [mark.value for mark in people.sheet(tx, left).marks] == ["met at a meetup"]
    people.split(store, done.person, done.identities, actor="ana", reason="a mistake", now=NOW, keyer=keyer)
    with store.read() as tx:
        assert {key: people.sheet(tx, key) for key in (left, right)} == before
    assert said(store) == ["person.note", "person.merge", "person.split"]


def test_a_split_outlives_the_next_resolving_and_a_merge_takes_it_back(
    store: Store, make: Any, keyer: PepperKeyer
) -> None:
    records = (
        make.identity("git:a", name="Amina Okonjo", emails=("e" * 64,)),
        make.identity("github:1", handle="amina-o", name="Amina Okonjo"),
        make.claim("git:a", "github:1"),
    )
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)
    assert resolve.run(store, now=NOW, run=None, keyer=keyer).persons == 1
    with store.read() as tx:
        (person,) = persons.list_people(tx, limit=10)
    people.split(store, person.key, ["git:a"], actor="ana", reason="a shared laptop", now=NOW, keyer=keyer)
    assert resolve.run(store, now=NOW, run=None, keyer=keyer).persons == 2
    people.merge(store, "git:a", "github:1", actor="ana", reason="it was not", now=NOW, keyer=keyer)
    assert resolve.run(store, now=NOW, run=None, keyer=keyer).persons == 1


def test_a_split_that_is_no_part_is_refused_and_changes_nothing(
    two: tuple[Store, str, str], keyer: PepperKeyer
) -> None:
    store, left, _ = two
    with store.read() as tx:
        before = digest.store_digest(tx)
    for part in (["github:1"], ["github:2"], []):
        with pytest.raises(BadInput, match="is not made of"):
            people.split(store, left, part, actor="ana", reason="x", now=NOW, keyer=keyer)
    with store.read() as tx:
        assert digest.store_digest(tx) == before
    assert said(store) == []


def test_marks_are_kept_with_who_made_them(two: tuple[Store, str, str]) -> None:
    store, left, _ = two
    people.set_stage(store, left, "reviewing", actor="ana", reason="strong kernels", now=NOW)
    people.set_stage(store, left, "shortlisted", actor="ana", reason="the manager agrees", now=NOW)
    people.tag(store, left, add=["kernels", "rlhf"], remove=[], actor="ana", now=NOW)
    people.tag(store, left, add=[], remove=["rlhf"], actor="ana", now=NOW)
    with store.read() as tx:
        marks = {(mark.kind, mark.value, mark.actor) for mark in people.sheet(tx, left).marks}
    assert marks == {(MarkKind.STAGE, "shortlisted", "ana"), (MarkKind.TAG, "kernels", "ana")}
    for nothing in (None, "", "  "):
        with pytest.raises(NotAllowed, match=r"say why.*P11"):
            people.set_stage(store, left, "contacted", actor="ana", reason=nothing, now=NOW)
    with pytest.raises(UnknownName, match="did you mean 'shortlisted'"):
        people.set_stage(store, left, "shortlistd", actor="ana", reason=None, now=NOW)
    assert said(store) == ["person.stage"] * 2 + ["person.tag"] * 2


def test_hidden_people_are_found_only_when_asked_for(two: tuple[Store, str, str]) -> None:
    store, left, right = two

    def found(query: str) -> set[str]:
        with store.read() as tx:
            return {hit.person for hit in people.find(tx, parse(query), specialism=None, limit=10, now=NOW)}

    people.hide(store, left, reason="left the field", scope="everywhere", actor="ana", now=NOW)
    assert found("okonjo") == {right} and found("okonjo hidden:yes") == {left}
    people.show_again(store, left, actor="ana", now=NOW)
    assert found("okonjo") == {left, right}


def test_a_list_keeps_its_order_and_the_log_keeps_its_name_out(two: tuple[Store, str, str]) -> None:
    store, left, right = two
    lists.create(store, "Staff Inference Eng", specialism=None, actor="ana", now=NOW)
    assert lists.add(store, "Staff Inference Eng", [right, left, right], actor="ana", now=NOW).people == 2
    assert lists.add(store, "Staff Inference Eng", [left], actor="ana", now=NOW).people == 0
    assert lists.remove(store, "Staff Inference Eng", [right], actor="ana", now=NOW).people == 1
    with store.read() as tx:
        assert [item.person for item in stored.show(tx, "Staff Inference Eng").items] == [left]
        assert all("Staff" not in str(entry) for entry in audit.entries(tx, limit=10))
    for name in ("", "a/b", "x" * 81, "a\nb"):
        with pytest.raises(BadInput):
            lists.create(store, name, specialism=None, actor="ana", now=NOW)


def test_what_was_joined_by_hand_is_split_and_merged_again(
    two: tuple[Store, str, str], keyer: PepperKeyer
) -> None:
    store, left, right = two

    def merge() -> people.Decided:
        return people.merge(store, left, right, actor="ana", reason="one homepage", now=NOW, keyer=keyer)

    done = merge()
    people.split(store, done.person, done.identities, actor="ana", reason="no", now=NOW, keyer=keyer)
    assert merge().persons == 1, "no rule joins them: taking the split back alone would not"
    with pytest.raises(BadInput, match="one person already"):
        merge()


def test_undoing_a_judgement_leaves_no_judgement(two: tuple[Store, str, str], keyer: PepperKeyer) -> None:
    store, left, right = two

    def live() -> list[str]:
        with store.read() as tx:
            return [edge.judgement.value for edge in persons.edges(tx)]

    done = people.merge(store, left, right, actor="ana", reason="one homepage", now=NOW, keyer=keyer)
    assert done.pair is not None and live() == ["same"]
    assert people.undo(store, *done.pair, actor="ana", now=NOW, keyer=keyer).persons == 2
    assert live() == [], "not merged any more, and not called different either"
    with pytest.raises(BadInput, match="nobody judged"):
        people.undo(store, *done.pair, actor="ana", now=NOW, keyer=keyer)
    assert said(store) == ["person.merge", "person.undo"]


def test_not_the_same_lasts_until_it_is_undone(store: Store, make: Any, keyer: PepperKeyer) -> None:
    records = [
        make.identity("git:a", name="Amina Okonjo", emails=("e" * 64,)),
        make.identity("github:1", handle="amina-o", name="Amina Okonjo"),
    ]

    def night(*more: Any) -> int:
        with store.begin() as tx:
            intake.take(tx, make.visit(*records, *more), now=NOW, run=None, keyer=keyer)
        return resolve.run(store, now=NOW, run=None, keyer=keyer).persons

    assert night() == 2
    done = people.apart(store, "git:a", "github:1", actor="ana", reason="namesakes", now=NOW, keyer=keyer)
    assert night(make.claim("git:a", "github:1")) == 2, "a certain link does not overrule a person"
    with pytest.raises(BadInput, match="nobody judged"):
        people.undo(store, "git:a", "git:a", actor="ana", now=NOW, keyer=keyer)
    assert done.pair is not None
    assert people.undo(store, *done.pair, actor="ana", now=NOW, keyer=keyer).persons == 1
    with pytest.raises(BadInput, match="resolve split"):
        people.apart(store, "git:a", "github:1", actor="ana", reason="x", now=NOW, keyer=keyer)


def test_a_person_is_shown_by_an_identity_too(two: tuple[Store, str, str]) -> None:
    store, left, _ = two
    with store.read() as tx:
        assert people.sheet(tx, "github:1") == people.sheet(tx, left)
