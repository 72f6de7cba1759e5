"""Random histories of crawls, renames, judgements, undoings and erasures: what holds after every step."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from sourcing import people, resolve
from sourcing.errors import BadInput
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import is_judged
from spiders.records import Record, Task
from storage import intake, persons, statements, subjects
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Judgement
from storage.tables import mark, person, person_alias, person_identity

ACCOUNTS = ("github:1001", "github:1002", "github:1003")
LINES = ("git:aaaa", "git:bbbb", "git:cccc", "git:dddd", "git:eeee")
NAMES = {
    "github:1001": "Ona Vale", "github:1002": "Ona Vale", "github:1003": "Bo Adeyemi",
    "git:aaaa": "Ona Vale", "git:bbbb": "O. Vale", "git:cccc": "ona", "git:dddd": "Bo Adeyemi", "git:eeee": "Ona Vale",
}  # fmt: skip
BOXES = {
    "git:aaaa": "box-1",
    "git:bbbb": "box-1",
    "git:cccc": "box-2",
    "git:dddd": "box-3",
    "git:eeee": "box-2",
}
CLAIMS = (
    ("git:aaaa", "github:1001", "noreply"),
    ("git:cccc", "github:1002", "noreply"),
    ("git:dddd", "github:1003", "noreply"),
    ("git:aaaa", "git:eeee", "mailmap"),
    ("git:bbbb", "git:eeee", "mailmap"),
    ("email:box-2", "github:1001", "platform"),
)
IDS = st.sampled_from(ACCOUNTS + LINES)


class Histories(RuleBasedStateMachine):
    """One store and what must be true of it."""

    def __init__(self, store: Store, make: Any, now: Any, keyer: Any) -> None:
        super().__init__()
        self.store, self.make, self.now, self.keyer = store, make, now, keyer
        self.by = {"actor": "ana", "keyer": keyer}
        self.erased: set[str] = set()
        self.keys: dict[str, set[str]] = {}  # every key an identity was ever found under
        self.dead: set[str] = set()
        self.logins = 0

    @initialize()
    def begin(self) -> None:
        self._night([self._record(one) for one in (*ACCOUNTS, *LINES[:3])])

    @rule(some=st.lists(IDS, max_size=4), claims=st.lists(st.sampled_from(CLAIMS), max_size=2))
    def crawl(self, some: list[str], claims: list[tuple[str, str, str]]) -> None:
        at = self.now + timedelta(days=1)
        self._night([*map(self._record, some), *(self.make.claim(*one, at=at) for one in claims)])

    @rule(account=st.sampled_from(ACCOUNTS))
    def rename(self, account: str) -> None:
        self.logins += 1
        self._night([self._record(account)])

    @rule()
    def quiet_night(self) -> None:
        before = self._owners()
        self._night([])
        assert self._owners() == before, "nothing new, and somebody's key changed"

    @rule(one=IDS)
    def put_mark(self, one: str) -> None:
        key = self._owners().get(one)
        if key is not None:
            with self.store.begin() as tx:
                marks.tag(tx, key, add=["kernels"], actor="ana", now=self.now)

    @rule(left=IDS, right=IDS)
    def merge(self, left: str, right: str) -> None:
        self._judge(lambda: people.merge(self.store, left, right, reason="r", now=self.now, **self.by))

    @rule(left=IDS, right=IDS)
    def apart(self, left: str, right: str) -> None:
        self._judge(lambda: people.apart(self.store, left, right, reason="r", now=self.now, **self.by))

    @rule(left=IDS, right=IDS)
    def undo(self, left: str, right: str) -> None:
        self._judge(lambda: people.undo(self.store, left, right, now=self.now, **self.by))

    @rule(one=IDS)
    def split(self, one: str) -> None:
        key = self._owners().get(one)
        if key is not None:
            self._judge(lambda: people.split(self.store, key, [one], reason="r", now=self.now, **self.by))

    @rule(left=IDS, right=IDS)
    def there_and_back(self, left: str, right: str) -> None:
        """A merge or a "not the same" that is undone at once leaves every row about people as it was."""
        for act in (people.merge, people.apart):
            before = self._rows()
            done = self._judge(
                lambda act=act: act(self.store, left, right, reason="r", now=self.now, **self.by)
            )
            if done is None or done.taken_back:
                return
            assert done.pair is not None
            people.undo(self.store, *done.pair, now=self.now, **self.by)
            assert self._rows() == before

    @rule(one=IDS)
    def erase(self, one: str) -> None:
        key = self._owners().get(one)
        if key is None or len(self.erased) > 3:
            return
        with self.store.begin() as tx:
            gone = persons.get(tx, key)
            self.dead |= {gone.key, *gone.aliases}
            self.erased |= set(gone.identities)
            subjects.erase(tx, key, self.now, keyer=self.keyer)
        self._night([])

    @invariant()
    def the_erased_stay_away(self) -> None:
        with self.store.read() as tx:
            assert not {view.id for view in statements.iter_identities(tx)} & self.erased
        assert not self._owners().keys() & self.erased

    @invariant()
    def every_key_ever_given_leads_to_somebody(self) -> None:
        owners = self._owners()
        for identity, key in owners.items():
            self.keys.setdefault(identity, set()).add(key)
        with self.store.read() as tx:
            for key in {key for keys in self.keys.values() for key in keys} - self.dead:
                try:
                    assert persons.get(tx, key).identities
                except NotFound:
                    pytest.fail(f"{key} leads nowhere")

    @invariant()
    def the_log_replayed_in_any_order_gives_the_people_there_are(self) -> None:
        with self.store.read() as tx:
            identities = {view.id: view for view in statements.iter_identities(tx)}
            edges = list(persons.edges(tx))
        random.Random(len(edges)).shuffle(edges)
        found: dict[str, set[str]] = {}
        for identity, key in self._owners().items():
            found.setdefault(key, set()).add(identity)
        assert {*cluster(identities, edges).persons} == {frozenset(one) for one in found.values()}

    @invariant()
    def what_was_called_different_is_apart(self) -> None:
        owners = self._owners()
        with self.store.read() as tx:
            said = [edge for edge in persons.edges(tx) if is_judged(edge)]
        for edge in said:
            if edge.left in owners and edge.right in owners:
                joined = owners[edge.left] == owners[edge.right]
                assert joined is (edge.judgement is Judgement.SAME)

    def _judge(self, act: Callable[[], people.Decided]) -> people.Decided | None:
        self.now += timedelta(minutes=1)
        try:
            return act()
        except (
            BadInput,
            NotFound,
        ):  # one person already, nobody judged them, not there: told, and nothing changed
            return None

    def _record(self, one: str) -> Record:
        at = self.now + timedelta(days=1)
        box = (BOXES[one],) if one in BOXES else ()
        login = f"login{one[-1]}-{self.logins}" if one in ACCOUNTS else None
        found: Record = self.make.identity(one, name=NAMES[one], emails=box, handle=login, at=at)
        return found

    def _night(self, records: list[Record]) -> None:
        self.now += timedelta(days=1)
        task = Task(source="git_history", kind="history", url=f"https://code.example/{self.now.isoformat()}")
        with self.store.begin() as tx:
            intake.take(
                tx,
                self.make.visit(*records, task=task, at=self.now),
                now=self.now,
                run=None,
                keyer=self.keyer,
            )
        resolve.run(self.store, now=self.now, run=None, keyer=self.keyer)

    def _owners(self) -> dict[str, str]:
        with self.store.read() as tx:
            return persons.owners(tx, ACCOUNTS + LINES)

    def _rows(self) -> list[list[str]]:
        with self.store.read() as tx:
            tables = (person, person_identity, person_alias, mark)
            return [sorted(repr(tuple(row)) for row in tx.execute(select(table))) for table in tables]


@pytest.mark.slow
def test_random_histories(new_store: Callable[[], Store], make: Any, now: Any, keyer: Any) -> None:
    few = new_store().dialect == "postgresql"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Histories(new_store(), make, now, keyer),
        settings=settings(
            max_examples=3 if few else 25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
