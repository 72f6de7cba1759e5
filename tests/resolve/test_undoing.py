"""What people decide lasts, and is taken back without a trace: over both stores, through nights of new data."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sourcing import people, resolve
from sourcing.resolve import review
from spiders.records import Record, Task
from storage import digest, intake, lists, persons, scores
from storage import people as marks
from storage.engine import Store
from storage.model import Judgement, Points, Score
from storage.tables import flag, mark, person, person_alias, person_identity, points, score, shortlist_item

WHO = (person, person_identity, person_alias, score, points, flag, mark, shortlist_item)


class World:
    """A store with what a test does to it; by identities, since keys are the store's own."""

    def __init__(self, store: Store, make: Any, now: Any, keyer: Any) -> None:
        self.store, self.make, self.now, self.keyer = store, make, now, keyer
        self.by = {"actor": "ana", "keyer": keyer}

    def night(self, *records: Record) -> None:
        self.now += timedelta(days=1)
        task = Task(source="git_history", kind="history", url=f"https://code.example/{self.now.isoformat()}")
        with self.store.begin() as tx:
            intake.take(tx, self.make.visit(*records, task=task), now=self.now, run=None, keyer=self.keyer)
        resolve.run(self.store, now=self.now, run=None, keyer=self.keyer)

    def key(self, identity: str) -> str:
        with self.store.read() as tx:
            found = persons.find_by_identity(tx, identity)
        assert found is not None
        return found.key

    def groups(self) -> set[frozenset[str]]:
        with self.store.read() as tx:
            return {frozenset(one.identities) for one in persons.list_people(tx, limit=100)}

    def is_one(self, left: str, right: str) -> bool:
        return self.key(left) == self.key(right)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.store.read() as tx:
            return {table.name: sorted(map(repr, map(tuple, tx.execute(select(table))))) for table in WHO}

    def asked(self) -> set[frozenset[str]]:
        with self.store.read() as tx:
            return {frozenset((pair.left, pair.right)) for pair in review.queue(persons.edges(tx))}

    def mark(self, *identities: str) -> None:
        with self.store.begin() as tx:
            for one in identities:
                marks.tag(tx, self.key(one), add=["kernels"], actor="ana", now=self.now)

    def merge(self, left: str, right: str) -> people.Decided:
        return people.merge(self.store, left, right, reason="one homepage", now=self.now, **self.by)

    def undo(self, pair: tuple[str, str] | None) -> people.Decided:
        assert pair is not None
        return people.undo(self.store, *pair, now=self.now, **self.by)


@pytest.fixture
def new_world(new_store: Callable[[], Store], make: Any, now: Any, keyer: Any) -> Callable[[], World]:
    return lambda: World(new_store(), make, now, keyer)


@pytest.fixture
def world(new_world: Callable[[], World], make: Any) -> World:
    """Amina with an account and a line, and a second account that may be hers."""
    found = new_world()
    found.night(*start(make))
    return found


def start(make: Any) -> tuple[Record, ...]:
    return (
        make.identity("git:a", name="Amina Okonjo", emails=("d1",)),
        make.identity("github:1", handle="amina-o", name="Amina Okonjo"),
        make.identity("github:2", handle="aokonjo", name="A. Okonjo"),
        make.claim("git:a", "github:1"),
    )


def test_two_people_with_an_account_each_become_one_and_two_again(new_world: Any, make: Any) -> None:
    world = new_world()
    hers = (make.identity("git:b", name="A. Okonjo", emails=("d2",)), make.claim("git:b", "github:2"))
    world.night(*start(make), *hers)
    world.mark("github:1", "github:2")
    before = world.rows()
    done = world.merge("github:1", "github:2")
    assert world.groups() == {frozenset({"git:a", "git:b", "github:1", "github:2"})}, "one of them was torn"
    world.undo(done.pair)
    assert world.rows() == before


@pytest.mark.row("T33")
def test_a_merge_undone_leaves_every_row_as_it_was(world: World) -> None:
    one, other = world.key("github:1"), world.key("github:2")
    part = Points(factor="f", feature="merged", value=2.0, unit="works", points=40.0)
    with world.store.begin() as tx:
        ranked = [
            Score(
                person=key,
                specialism="s",
                version="1",
                value=40.0,
                lower=30.0,
                confidence=0.5,
                as_of=world.now,
                points=(part,),
            )
            for key in (one, other)
        ]
        scores.put(tx, "s", "1", ranked, None, world.now)
        lists.create(tx, "role", actor="ana", now=world.now)
        lists.add(tx, "role", [other], actor="ana", now=world.now)
        marks.note(tx, other, "met at a workshop", actor="ana", now=world.now)
    before = world.rows()
    done = world.merge("github:1", "github:2")
    with world.store.read() as tx:
        assert [each.person for each in scores.ranking(tx, "s", limit=9)] == [done.person], (
            "one person, one line"
        )
    world.undo(done.pair)
    assert world.rows() == before


def test_merged_for_weeks_and_undone_is_as_never_merged(new_world: Callable[[], World], make: Any) -> None:
    merged, never = new_world(), new_world()
    for one in (merged, never):
        one.night(*start(make), make.identity("git:c", name="A. Okonjo", emails=("d2",)))
        one.mark("github:1", "git:c")
    pair = merged.merge("github:1", "git:c").pair
    assert merged.is_one("git:a", "git:c")
    nights = [
        (make.identity("git:b", name="amina", emails=("d1",)),),
        (make.identity("git:d", name="okonjo", emails=("d2",)),),
        # Somebody's mailmap says what the recruiter said: of two marked people it is asked about, not believed.
        (make.claim("git:a", "git:c", "mailmap"),),
    ]
    for records in nights:
        for one in (merged, never):
            one.night(*records)
    merged.undo(pair)
    parts = {
        frozenset({"git:a", "git:b", "github:1"}),
        frozenset({"git:c", "git:d"}),
        frozenset({"github:2"}),
    }
    assert merged.groups() == never.groups() == parts
    for one in ("git:a", "git:b", "git:c", "git:d", "github:1", "github:2"):
        assert merged.key(one) == never.key(one)
    with merged.store.read() as tx, never.store.read() as other:
        assert digest.store_digests(tx) == digest.store_digests(other)
    assert merged.asked() == never.asked() == {frozenset({"git:a", "git:c"})}


def test_what_is_said_of_a_merged_person_stays_with_both(world: World) -> None:
    with world.store.begin() as tx:
        marks.stage(tx, world.key("github:2"), "reviewing", actor="ana", reason=None, now=world.now)
    done = world.merge("github:1", "github:2")
    with world.store.begin() as tx:
        marks.stage(tx, done.person, "contacted", actor="ana", reason=None, now=world.now)
        assert [each.value for each in marks.marks(tx, done.person)] == ["contacted"]
    world.undo(done.pair)
    with world.store.read() as tx:
        for one in ("github:1", "github:2"):
            assert [each.value for each in marks.marks(tx, world.key(one))] == ["contacted"]


def test_two_people_somebody_works_with_are_asked_about(world: World, make: Any) -> None:
    line = make.identity("git:c", name="A. Okonjo", emails=("d2",))
    world.night(line)
    world.mark("git:a", "git:c")
    before = {one: world.key(one) for one in ("git:a", "git:c")}
    world.night(make.claim("git:a", "git:c", "mailmap"))
    assert {one: world.key(one) for one in before} == before
    assert world.asked() == {frozenset({"git:a", "git:c"})}
    with world.store.begin() as tx:
        for one in before:
            marks.tag(tx, world.key(one), remove=["kernels"], actor="ana", now=world.now)
    world.night()
    assert not world.is_one("git:a", "git:c"), "what was asked once stays asked"
    world.night(make.identity("git:d", name="Amina Okonjo", emails=("d2",)), make.claim("git:c", "github:1"))
    assert world.is_one("git:a", "git:c"), "the platform's word is new certain evidence"
    with world.store.read() as tx:
        assert {persons.get(tx, key).key for key in before.values()} == {world.key("git:a")}, (
            "both keys lead there"
        )


def test_people_nobody_knows_of_are_joined_by_testimony(world: World, make: Any) -> None:
    world.night(make.identity("git:c", name="A. Okonjo", emails=("d2",)))
    world.night(make.claim("git:a", "git:c", "mailmap"))
    assert world.is_one("git:a", "git:c")
    world.mark("git:a")
    world.night()
    assert world.is_one("git:a", "git:c"), "who is one already is not parted by a mark"


def test_a_part_stays_one_where_only_the_other_part_held_it(world: World, make: Any) -> None:
    world.night(
        make.identity("git:b", name="Amina Okonjo", emails=("d3",)),
        make.claim("git:b", "github:1"),
    )
    whole = frozenset({"git:a", "git:b", "github:1"})
    assert whole in world.groups()
    key = world.key("git:a")
    done = people.split(world.store, key, ["github:1"], reason="a borrowed laptop", now=world.now, **world.by)
    assert {frozenset({"git:a", "git:b"}), frozenset({"github:1"})} <= world.groups()
    assert world.key("github:1") == key, "the key was made for the account"
    world.now += timedelta(days=20)
    world.merge(done.person, "github:1")
    assert whole in world.groups() and world.key("git:a") == key
    with world.store.read() as tx:
        assert not [edge for edge in persons.edges(tx) if edge.decided_by == "recruiter:ana"]


def test_no_survives_a_rename_a_new_crawl_and_new_lines(world: World, make: Any) -> None:
    people.apart(world.store, "github:1", "github:2", reason="namesakes", now=world.now, **world.by)
    world.now += timedelta(days=30)
    later = world.now + timedelta(days=1)
    world.night(
        make.identity("github:1", handle="amina-renamed", name="Amina Okonjo", at=later),
        make.identity("github:2", handle="aokonjo", name="A. Okonjo", at=later),
        make.identity("git:c", name="A. Okonjo", emails=("d2",), at=later),
        make.claim("git:c", "github:2", at=later),
        make.claim("git:a", "git:c", "mailmap", at=later),
        make.claim("email:d1", "github:2", "platform", at=later),
    )
    assert not world.is_one("github:1", "github:2") and not world.is_one("git:a", "git:c")
    assert world.asked() == set(), "the two are not asked about again under other ids"


def test_where_much_hangs_on_it_is_asked_first(world: World, make: Any) -> None:
    records: list[Record] = []
    for number, login in ((3, "busy"), (4, "idle")):
        page = f"page:https://{login}.pages.example"
        records += [
            make.identity(
                f"github:{number}", handle=login, name="Ona Vale", homepage=page.removeprefix("page:")
            ),
            make.identity(page, name="Ona Vale"),
        ]
    records += [make.signal("github:3", f"github:orbit/engine#{n}", id=f"s{n}") for n in range(5)]
    records += [make.signal("page:https://busy.pages.example", "github:orbit/engine#9", id="s9")]
    world.night(*records)
    with world.store.read() as tx:
        edges = list(persons.edges(tx))
        pairs = review.queue(edges)
        counts = persons.evidence_counts(tx, [side for pair in pairs for side in (pair.left, pair.right)])
    assert counts["github:3"] == 5 and "github:4" not in counts
    first, second = review.queue(edges, evidence=counts)
    assert "busy" in first.right and (first.moves, second.moves) == (1, 0) and first.stake > second.stake
    assert review.queue(reversed(edges), evidence=counts, limit=1) == [first]
    assert len({first.id, second.id}) == 2
    assert Judgement.UNSURE in {edge.judgement for edge in first.edges}
