"""Edges and persons: keys that stay through merge, split and undoing."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.records import IdentityKind
from storage import intake, lists, people, persons
from storage.digest import store_digest
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Edge, Judgement

A, B, C, D = "arxiv:1", "git:2", "github:3", "page:4"


@pytest.fixture
def four(store: Store, make, now, keyer) -> Store:
    """A store of four identities of Ona Vale and nobody else."""
    fill(store, make, now, keyer)
    return store


def fill(store: Store, make, now, keyer) -> None:
    names = {A: "O. Vale", B: "Ona Vale", C: "Ona Vale", D: "Ona van der Vale"}
    records = [make.identity(one, name=name) for one, name in names.items()]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)


def rebuild(store: Store, now, keyer, *clusters):
    with store.begin() as tx:
        return persons.rebuild(tx, [frozenset(one) for one in clusters], now, keyer=keyer)


def keys(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {one: person.key for one in (A, B, C, D) if (person := persons.find_by_identity(tx, one))}


def everything(store: Store) -> list:
    with store.read() as tx:
        return persons.list_people(tx, limit=100)


def test_a_merge_keeps_one_key_and_the_other_leads_to_it(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A}, {B}, {C, D})
    before = keys(four)
    done = rebuild(four, now, keyer, {A, B}, {C, D})
    after = keys(four)
    assert (done.minted, done.kept, done.merged, done.split) == (0, 2, 1, 0)
    assert after[A] == after[B] and after[A] in (before[A], before[B])
    other = ({before[A], before[B]} - {after[A]}).pop()
    with four.read() as tx:
        person = persons.get(tx, other)
    assert (person.key, person.aliases, person.identities) == (after[A], (other,), (A, B))


def test_a_split_leaves_the_key_with_the_strongest_identity(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A, B, C}, {D})
    before = keys(four)
    done = rebuild(four, now, keyer, {A, B}, {C}, {D})
    after = keys(four)
    assert done.minted == 1
    assert after[C] == before[A], "an account with a number of its own says more than a byline"
    assert after[A] == after[B] not in before.values()


def test_marks_and_list_items_follow_a_merge_and_return_after_its_undoing(four: Store, now, keyer) -> None:
    clusters = [{A, B}, {C, D}]
    rebuild(four, now, keyer, *clusters)
    one, other = keys(four)[A], keys(four)[C]
    with four.begin() as tx:
        lists.create(tx, "role", actor="ana", now=now)
        lists.add(tx, "role", [one, other], actor="ana", now=now)
        people.tag(tx, one, add=["kernels"], actor="ana", now=now)
        people.note(tx, other, "met at a workshop", actor="ana", now=now)
    before = everything(four)

    rebuild(four, now, keyer, {A, B, C, D})
    (merged,) = everything(four)
    with four.read() as tx:
        assert [item.person for item in lists.show(tx, "role").items] == [merged.key]
        assert lists.ls(tx)[0].size == 1
        assert {mark.value for mark in people.marks(tx, one)} == {"kernels", "met at a workshop"}

    rebuild(four, now, keyer, *clusters)
    assert everything(four) == before
    with four.read() as tx:
        assert [item.person for item in lists.show(tx, "role").items] == [one, other]
        assert [mark.value for mark in people.marks(tx, other)] == ["met at a workshop"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    between=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), max_size=3),
)
def test_whatever_happens_between_the_same_clusters_are_the_same_people(
    first, between, new_store: Callable[[], Store], make, now, keyer
) -> None:
    store = new_store()
    fill(store, make, now, keyer)

    def clusters(groups):
        return [
            {one for one, group in zip((A, B, C, D), groups, strict=True) if group == n} for n in set(groups)
        ]

    rebuild(store, now, keyer, *clusters(first))
    with store.read() as tx:
        before, digest = persons.list_people(tx, limit=9), store_digest(tx)
    for groups in between:
        rebuild(store, now, keyer, *clusters(groups))
        assert len(set(keys(store).values())) == len(set(groups))
    rebuild(store, now, keyer, *clusters(first))
    with store.read() as tx:
        after = persons.list_people(tx, limit=9)
        assert [(p.key, p.identities) for p in after] == [(p.key, p.identities) for p in before]
        assert store_digest(tx) == digest


def test_a_key_tells_nothing_without_the_pepper(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A})
    kept = keys(four)[A]
    with four.begin() as tx:
        tx.exec_driver_sql("DELETE FROM person")
        persons.rebuild(tx, [frozenset({A})], now)
    assert keys(four)[A] != kept
    assert len(kept) == 14


def test_the_person_stays_when_its_strongest_identity_goes(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A, B})
    kept = keys(four)[A]
    assert rebuild(four, now, keyer, {A}, {C}).minted == 1
    assert keys(four)[A] == kept


def test_a_merged_key_leads_on_when_the_identity_it_was_minted_for_goes(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A}, {C}, {D})
    old, kept = keys(four)[A], keys(four)[C]
    with four.begin() as tx:
        people.tag(tx, old, add=["kernels"], actor="ana", now=now)
    rebuild(four, now, keyer, {A, C}, {D})
    rebuild(four, now, keyer, {C}, {D})
    rebuild(four, now, keyer, {C, D})
    with four.read() as tx:
        found = persons.get(tx, old)
        assert (found.key, found.identities) == (persons.get(tx, kept).key, (C, D))
        assert [mark.value for mark in people.marks(tx, found.key)] == ["kernels"]
    rebuild(four, now, keyer, {A}, {C, D})
    assert keys(four)[A] == old, "it came back and has its key again"


def test_a_person_is_named_as_most_say_and_is_as_strict_as_the_strictest(
    four: Store, make, now, keyer
) -> None:
    bot = make.identity(D, kind=IdentityKind.BOT, name="Ona van der Vale", source="github_people")
    with four.begin() as tx:
        intake.take(tx, make.visit(bot, task=make.task(2)), now=now, run=None, keyer=keyer)
    rebuild(four, now, keyer, {A, B, C}, {D})
    with four.read() as tx:
        person, robot = persons.find_by_identity(tx, A), persons.find_by_identity(tx, D)
    assert person is not None and robot is not None
    assert (person.name, person.kind) == ("Ona Vale", IdentityKind.PERSONAL)
    assert robot.kind is IdentityKind.BOT


def edge(left: str, right: str, now, by: str = "rule:orcid@1", judgement: Judgement = Judgement.SAME) -> Edge:
    return Edge(
        left=left, right=right, judgement=judgement, decided_by=by, decided_at=now, reasons=("same ORCID",)
    )


def test_link_then_unlink_is_as_before(four: Store, now) -> None:
    with four.read() as tx:
        before = store_digest(tx)
    with four.begin() as tx:
        assert persons.put_edges(tx, [edge(B, A, now), edge(A, B, now)], now) == 1
        (one,) = persons.edges(tx)
        assert (one.left, one.right, one.id) == (A, B, edge(A, B, now).id)
        persons.retract(tx, one.id, "recruiter:ana", now)
    with four.read() as tx:
        assert store_digest(tx) == before
        assert [one.retracted_by for one in persons.edges(tx, retracted=True)] == ["recruiter:ana"]


def test_a_rule_does_not_bring_back_what_a_person_took_back_but_what_it_dropped_itself(
    four: Store, now
) -> None:
    with four.begin() as tx:
        persons.put_edges(tx, [edge(A, B, now), edge(B, C, now)], now, replacing="rule:")
        persons.judge(tx, C, D, Judgement.DIFFERENT, "recruiter:ana", "two people", now)
        persons.retract(tx, edge(A, B, now).id, "recruiter:ana", now)
        persons.put_edges(tx, [], now, replacing="rule:")
        assert [one.decided_by for one in persons.edges(tx)] == ["recruiter:ana"]
        assert persons.put_edges(tx, [edge(A, B, now), edge(B, C, now)], now, replacing="rule:") == 1
        assert [(one.left, one.right) for one in persons.edges(tx)] == [(B, C), (C, D)]


def test_people_are_paged_by_key_each_once(four: Store, now, keyer) -> None:
    rebuild(four, now, keyer, {A}, {B}, {C}, {D})
    seen, after = [], ""
    with four.read() as tx:
        while page := persons.list_people(tx, limit=3, after=after):
            seen += [person.key for person in page]
            after = page[-1].key
    assert seen == sorted(set(keys(four).values())) and len(seen) == 4


@pytest.mark.parametrize(
    "ask", [lambda tx: persons.get(tx, "p_none"), lambda tx: persons.keys_of(tx, "p_none")]
)
def test_an_unknown_key_is_not_found(ask, store: Store) -> None:
    with store.read() as tx, pytest.raises(NotFound, match="p_none"):
        ask(tx)


def test_an_unknown_list_names_the_nearest_known_one(store: Store, now) -> None:
    with store.begin() as tx:
        lists.create(tx, "kernel role", actor="ana", now=now)
    with store.read() as tx, pytest.raises(NotFound, match="did you mean 'kernel role'"):
        lists.show(tx, "kernel rule")
