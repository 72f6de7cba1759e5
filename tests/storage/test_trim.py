"""A store that only sees quiet nights does not grow, and what it keeps can still be traced and taken back."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from spiders.records import Outcome
from storage import frontier, intake, runs, statements, trim
from storage.engine import Store
from storage.tables import claim, signal, statement, task, visit, work

KEEP_DAYS = 3
TASKS = 2
STEP_DAYS = 3
HOURS = {"git_history": 20.0}


def size(store: Store, tmp_path: Path) -> int:
    if store.dialect == "sqlite":
        return sum(path.stat().st_size for path in tmp_path.glob("store*.db*"))
    with store.begin() as tx:  # rows: the server gives space back in its own time
        return sum(
            int(tx.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (visit, task, statement, claim, work, signal)
        )


def night(store: Store, make, now, keyer, number: int) -> None:
    """Read the same pages again and one walk through fresh cursors; nothing has changed."""
    with store.begin() as tx:
        run = runs.start(tx, "nightly", now=now, actor="cron")
        seeds = [make.task(one) for one in range(TASKS)]
        walk = [make.task(one, kind="page", params={"after": f"{number}-{one}"}) for one in range(TASKS)]
        frontier.add(tx, [*seeds, *walk], now=now, every_hours=HOURS)
        leased = frontier.lease(tx, "git_history", 1_000, now=now, owner="a", for_s=60)
        assert len(leased) == 2 * TASKS
        for one in leased:
            person = f"github:{1000 + int(one.url.rpartition('/')[2])}"
            records = [
                make.identity(person, at=now, name="Ona Vale"),
                make.signal(person, at=now),
                make.work(at=now),
            ]
            records.append(make.claim(person, "github:9", at=now))
            page = {} if one.kind == "history" else {"page": None}
            intake.take(tx, make.visit(*records, task=one, at=now, **page), now=now, run=run, keyer=keyer)
        runs.finish(tx, run, now=now, status="done")
    with store.begin() as tx:
        trim.trim(tx, now=now, keep_pages_days=KEEP_DAYS, every_hours=HOURS)


def test_thirty_quiet_nights_leave_the_store_as_large_as_it_was(
    store: Store, make, now, keyer, tmp_path: Path
) -> None:
    before = 0
    for number in range(13 + 30):
        night(store, make, now + number * timedelta(days=STEP_DAYS), keyer, number)
        if number == 12:  # by now the first walks are forgotten, one for each new one
            before = size(store, tmp_path)
    assert before * 0.97 <= size(store, tmp_path) <= before * 1.03


def test_what_stands_keeps_its_visit_and_can_be_taken_back(store: Store, make, now, keyer) -> None:
    with store.begin() as tx:
        frontier.add(tx, [make.task(1)], now=now, every_hours=HOURS)
        (leased,) = frontier.lease(tx, "git_history", 9, now=now, owner="a", for_s=60)
        intake.take(tx, make.visit(make.identity(), task=leased), now=now, run=None, keyer=keyer)
        years = now + timedelta(days=800)
        assert trim.trim(tx, now=years, keep_pages_days=KEEP_DAYS, every_hours=HOURS).visits == 0
        known = tx.execute(select(visit.c.key).join(statement, statement.c.visit == visit.c.key)).first()
        assert known is not None
        for hours in (0, 30):
            at = years + timedelta(hours=hours)
            frontier.add(tx, [make.task(1)], now=at, every_hours=HOURS)
            (again,) = frontier.lease(tx, "git_history", 9, now=at, owner="a", for_s=60)
            gone = make.visit(task=again, outcome=Outcome.GONE, at=at, page=None)
            intake.take(tx, gone, now=at, run=None, keyer=keyer)
        assert list(statements.iter_identities(tx)) == []


def test_a_question_that_may_be_conditional_and_one_that_is_gone_stay(store: Store, make, now, keyer) -> None:
    outcomes = {1: Outcome.OK, 2: Outcome.OK, 3: Outcome.LIMITED}
    with store.begin() as tx:
        frontier.add(tx, [make.task(number) for number in outcomes], now=now, every_hours=HOURS)
        for one in frontier.lease(tx, "git_history", 9, now=now, owner="a", for_s=60):
            number = int(one.url.rpartition("/")[2])
            page = {"page": None} if number == 2 else {}
            told = make.visit(task=one, outcome=outcomes[number], **page)
            intake.take(tx, told, now=now, run=None, keyer=keyer)
        early = trim.trim(tx, now=now + timedelta(days=29), keep_pages_days=3, every_hours=HOURS)
        late = trim.trim(
            tx, now=now + timedelta(days=31), keep_pages_days=3, every_hours={"git_history": 400}
        )
        later = trim.trim(
            tx, now=now + timedelta(days=51), keep_pages_days=3, every_hours={"git_history": 400}
        )
        left = sorted(tx.execute(select(task.c.url)).scalars())
    assert (early.tasks, late.tasks, later.tasks) == (0, 0, 1)
    assert [url.rpartition("/")[2] for url in left] == ["1", "3"]
