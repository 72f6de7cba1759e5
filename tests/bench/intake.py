"""What storing signals costs, first and again a day later when nothing changed, beside plain upserts and no key at all.

    python tests/bench/intake.py OUT [--sizes 100000,300000,1000000] [--rounds 1] [--only sqlite,postgresql]

Ours is all that a crawl does with a visit: lease, suppressions, digests, what was there before, one transaction each. A
plain upsert has the same rows ready and writes those of each visit into the same table, as SQLAlchemy's manual shows.
The append goes into a table without keys; on PostgreSQL it is a COPY. What reads and makes the signals is not counted.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import turns
from sqlalchemy.dialects import postgresql, sqlite

from spiders.records import Outcome, Provenance, Signal, SignalKind, Task, Visit
from storage import intake, migrate
from storage.engine import Store, open_store
from storage.facts import digest_of
from storage.subjects import PepperKeyer
from storage.tables import signal

_AT: Final = datetime(2026, 11, 23, tzinfo=UTC)
_KEYER: Final = PepperKeyer(b"a measurement")
_VISIT: Final = 2_000  # as many as a page of a history
_REPOSITORY: Final = 20_000
_TURNS: Final = ("first", "unchanged")
_GOALS: Final = {"sqlite": 2.5, "postgresql": 4.0}
_GROWTH: Final = 1.15
Taker = Callable[[Store, Visit, list[dict[str, Any]]], float]


def main() -> None:
    """Measure every contestant in turn on both stores and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sizes", default="100000,300000,1000000")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="sqlite,postgresql")
    parser.add_argument("--one", help="CONTESTANT:STORE:SIZE, in this process")
    given = parser.parse_args()
    if given.one is not None:
        name, kind, size = given.one.split(":")
        print(json.dumps({turn: asdict(cost) for turn, cost in taken(name, kind, int(size)).items()}))
        return
    sizes = [int(size) for size in given.sizes.split(",")]
    rows = []
    for kind in given.only.split(","):
        costs = {size: _contest(given.out, kind, size, given.rounds) for size in sizes}
        for turn in _TURNS:
            rows += [row for size in sizes for row in _beside(kind, turn, size, costs[size])]
            if len(sizes) > 1:
                spent = {size: costs[size]["ours", turn].cpu for size in sizes}
                rows.append(_growth(kind, turn, spent))
    turns.keep(given.out, "intake", rows)


def _contest(out: Path, kind: str, size: int, rounds: int) -> dict[tuple[str, str], turns.Cost]:
    costs: dict[tuple[str, str], list[turns.Cost]] = {}
    for _ in range(rounds):
        for name in CONTESTANTS:
            _, said = turns.run([sys.executable, __file__, str(out), "--one", f"{name}:{kind}:{size}"])
            for turn, cost in said.items():
                costs.setdefault((name, turn), []).append(turns.Cost(**cost))
    return {name: turns.middle(found) for name, found in costs.items()}


def _beside(kind: str, turn: str, size: int, costs: dict[tuple[str, str], turns.Cost]) -> list[turns.Row]:
    return [
        turns.speed(
            costs["ours", turn], costs[peer, turn], job=f"intake {turn}, {kind}", against=peer,
            size=f"{size:,} signals", goal=goal,
        )
        for peer, goal in (("upsert", _GOALS[kind]), ("append", None))
    ]  # fmt: skip


def _growth(kind: str, turn: str, spent: dict[int, float]) -> turns.Row:
    size = f"{min(spent):,} to {max(spent):,}"
    return turns.Row(
        job=f"intake {turn}, {kind}",
        against="growth",
        size=size,
        ratio=turns.growth(spent),
        goal=_GROWTH,
        unit="",
    )


def taken(name: str, kind: str, size: int) -> dict[str, turns.Cost]:
    """Return what one contestant took for each turn over a store of its own."""
    with STORES[kind]() as (store, served):
        if name == "append":
            with store.begin() as tx:
                tx.exec_driver_sql("CREATE TABLE bare AS SELECT * FROM signal WHERE 1 = 0")
        costs = {}
        for day, turn in enumerate(_TURNS):
            spent = []
            before = served()
            for visit in visits(size, _AT + timedelta(days=day)):
                rows = [row_of(one) for one in visit.records if isinstance(one, Signal)]
                spent.append(turns.timed(lambda: CONTESTANTS[name](store, visit, rows)))  # noqa: B023
            costs[turn] = turns.Cost(
                seconds=sum(one.seconds for one in spent),
                cpu=sum(one.cpu for one in spent) + served() - before,
                memory=max(one.memory for one in spent),
                units=size,
            )
        store.close()
        return costs


def visits(size: int, at: datetime) -> Iterator[Visit]:
    """Yield so many signals, by visits of histories: commits have random names, people come back."""
    chance = random.Random(5)
    for first in range(0, size, _VISIT):
        name = f"lab{first // _REPOSITORY}/engine"
        via = Provenance(
            source="git_history", url=f"https://github.com/{name}", page="0" * 64, fetched_at=at,
            reader="git_history@4", terms="https://terms.example",
        )  # fmt: skip
        records = []
        for number in range(first, min(size, first + _VISIT)):
            sha, who = f"{chance.getrandbits(160):040x}", f"git:{chance.randrange(size // 20 + 1):032x}"
            records.append(
                Signal(
                    id=f"git:{name}@{sha}:authored:{who}", identity=who, work=f"git:{name}@{sha}",
                    kind=SignalKind.AUTHORED, occurred_at=_AT - timedelta(minutes=number), via=via,
                )
            )  # fmt: skip
        task = Task(source="git_history", kind="history", url=via.url, params={"skip": first})
        yield Visit(
            task=task, outcome=Outcome.OK, at=at, records=tuple(records), reader=via.reader, terms=via.terms
        )


def row_of(one: Signal) -> dict[str, Any]:
    """Return a signal as a row, ready to be written."""
    content = {
        "identity": one.identity, "work": one.work, "kind": str(one.kind), "value": one.value, "unit": one.unit,
        "occurred_at": one.occurred_at, "confidence": one.confidence, "position": one.position, "of": one.of,
        "note": one.note, "source": one.via.source,
    }  # fmt: skip
    origin = {"url": one.via.url, "visit": "0" * 32, "seen_at": one.via.fetched_at}
    return {"id": one.id, **content, "hash": digest_of(one.id), **origin}


def ours(store: Store, visit: Visit, rows: list[dict[str, Any]]) -> float:
    """Take a visit."""
    with store.begin() as tx:
        done = intake.take(tx, visit, now=visit.at, run=None, keyer=_KEYER)
    return done.new + done.unchanged


def upsert(store: Store, visit: Visit, rows: list[dict[str, Any]]) -> float:
    """Write rows as the manual shows: one statement, executed for many."""
    insert: Any = (sqlite if store.dialect == "sqlite" else postgresql).insert(signal)
    changes = {
        column.name: insert.excluded[column.name] for column in signal.columns if not column.primary_key
    }
    with store.begin() as tx:
        tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changes), rows)
    return len(rows)


def append(store: Store, visit: Visit, rows: list[dict[str, Any]]) -> float:
    """Write rows where nothing is looked up: values as the driver takes them."""
    names = [column.name for column in signal.columns]
    with store.begin() as tx:
        raw: Any = tx.connection.dbapi_connection
        if store.dialect == "sqlite":
            places = ", ".join("?" * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            raw.executemany(
                f"INSERT INTO bare ({quoted}) VALUES ({places})",
                [tuple(str(v) if isinstance(v, datetime) else v for v in row.values()) for row in rows],
            )
        else:
            with raw.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(list(row.values()))
    return len(rows)


CONTESTANTS: Final[dict[str, Taker]] = {"ours": ours, "upsert": upsert, "append": append}


@contextmanager
def _sqlite() -> Iterator[tuple[Store, Callable[[], float]]]:
    """Give an empty store on this disk; nobody else works for it."""
    with tempfile.TemporaryDirectory(prefix="intake-") as home:
        yield open_store(f"sqlite:///{home}/store.db", create=True), lambda: 0.0


@contextmanager
def _postgresql() -> Iterator[tuple[Store, Callable[[], float]]]:
    """Give an empty store on a server of our own, and what the server has used of the processor."""
    home = tempfile.mkdtemp(prefix="pg-")
    os.environ["XDG_RUNTIME_DIR"] = home
    import pgserver

    server = pgserver.get_server(Path(home) / "data", cleanup_mode="stop")
    url = server.get_uri()
    migrate.upgrade(url)
    try:
        yield open_store(url), lambda: turns.family_cpu(server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


STORES: Final = {"sqlite": _sqlite, "postgresql": _postgresql}


if __name__ == "__main__":
    main()
