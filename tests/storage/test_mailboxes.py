"""What is kept of a mailbox stays with its identity and goes with it, as e-mail digests do."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from spiders.clients import mailboxes
from spiders.redact import Pepper, digest
from storage import intake, persons, snapshot, statements, subjects
from storage.engine import Store
from storage.tables import statement

PEPPER = Pepper(b"p" * 32)
ADDRESS = "mira.okafor@lab.example"


def taken(store: Store, make: Any, now: datetime, keyer: Any) -> None:
    box = mailboxes.mailbox(PEPPER, ADDRESS, "Mira Okafor")
    one = make.identity("git:a", name="Mira Okafor", emails=(digest(PEPPER, ADDRESS),), mailboxes=(box,))
    with store.begin() as tx:
        intake.take(tx, make.visit(one), now=now, run=None, keyer=keyer)


def kept(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(statement.c.value).where(statement.c.attribute == "mailbox")).scalars())


def test_a_mailbox_is_read_back_as_it_came_and_stands_in_the_snapshot(
    store: Store, make: Any, now: datetime, keyer: Any, tmp_path: Any
) -> None:
    taken(store, make, now, keyer)
    with store.read() as tx:
        [view] = statements.iter_identities(tx)
        written = snapshot.write(tx, tmp_path, "resolving", as_of=now)
    assert view.mailboxes == (mailboxes.mailbox(PEPPER, ADDRESS, "Mira Okafor"),)
    assert written.rows("identities") == 1 and written.rows("around") == 0


def test_erasing_a_person_leaves_no_mailbox_and_a_crawl_does_not_bring_it_back(
    store: Store, make: Any, now: datetime, keyer: Any
) -> None:
    taken(store, make, now, keyer)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset(["git:a"])], now, keyer=keyer)
        person = persons.find_by_identity(tx, "git:a")
        assert person is not None and len(kept(store)) == 1
        subjects.erase(tx, person.key, now, keyer=keyer)
    assert kept(store) == []
    taken(store, make, now, keyer)
    assert kept(store) == []
