"""Whoever was erased is in no file, and comes back by no crawl, no new name, no import and no backup."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from visiting import Visitor, make_desk

from sourcing.errors import BadInput, NotAllowed
from sourcing.privacy import erase, journal, restore, retention, suppression
from sourcing.settings import Settings
from storage import audit, exports, intake, people, persons, statements, subjects
from storage.engine import Store
from storage.model import Export, ExportRow, Hiding, MarkKind

PEOPLE = int(os.environ.get("SOURCER_PEOPLE", "24"))
NEEDLES = (
    "770077", "onavale", "Ona Quill Vale", "0000-0007-7007-7007", "https://onavale.example", "Vale Institute",
    "Valetown", "quiet kernels", "onavale.example/feed", "e7" * 32, "onavale/toy", "Paper by Ona",
)  # fmt: skip


def handed_over(store: Store, settings: Settings, key: str, now: datetime, path: Path, number: str) -> bytes:
    """Write a file as an export does, and return its bytes."""
    content = "\n".join(NEEDLES).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    one = Export(
        id=number, what="role", connector="csv", destination=str(path), actor="ana", at=now,
        digest=sha256(content).hexdigest(), rows=(ExportRow(person=key, action="create"),),
    )  # fmt: skip
    with store.begin() as tx:
        exports.put(tx, one)
    return content


@pytest.mark.row("P08")
def test_no_file_holds_one_of_twelve_identifiers_after_an_erasure(
    store: Store, settings: Settings, ona: str, now: datetime, tmp_path: Path
) -> None:
    home = settings.home
    inside, outside = home / "exports" / "role.csv", tmp_path / "elsewhere" / "role.csv"
    for number, path in enumerate((inside, outside)):
        handed_over(store, settings, ona, now, path, f"e{number}")
    content = "\n".join(NEEDLES).encode()
    for place in (
        "pages/00/page.gz", "mirrors/m1/pack", "snapshots/ranking-1/works.parquet", "linkage/state", "spill/s1",
        "ranked/digests.parquet", "robots/onavale", "logs/homepages.log", "exports/role.csv.manifest.json",
    ):  # fmt: skip
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_bytes(content)
    report = erase.erase(store, settings, ona, actor="ana", now=now)
    assert report.leads == 2 and set(report.told) == {str(inside), str(outside)}
    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [(str(path), one) for path, raw in left.items() for one in NEEDLES if one.encode() in raw] == []
    with store.read() as tx:
        assert audit.verify(tx).ok


def test_a_file_outside_that_somebody_changed_is_named_and_left_alone(
    store: Store, settings: Settings, ona: str, now: datetime, tmp_path: Path
) -> None:
    theirs = tmp_path / "elsewhere" / "role.csv"
    handed_over(store, settings, ona, now, theirs, "e1")
    theirs.write_text("made into something else")
    report = erase.erase(store, settings, ona, actor="ana", now=now)
    assert report.leads == 0 and report.told == (str(theirs),) and theirs.exists()


def crowd(make: Any, at: datetime, *, renamed: bool = False) -> Any:
    """Everything sources say about many people, each with a work; renamed: all of them have new logins."""
    records: list[Any] = []
    for number in range(PEOPLE):
        handle = f"new-{number}" if renamed else f"old-{number}"
        account, work = f"github:{90_000 + number}", f"github:orbit/engine#{number}"
        records += [
            make.identity(account, at=at, handle=handle, name=f"Person {number}", homepage=f"https://p{number}.example"),
            make.work(work, at=at, title=f"Change {number}"),
            make.signal(account, work, at=at, occurred_at=at),
        ]  # fmt: skip
    return make.visit(*records, at=at)


def known(store: Store) -> set[str]:
    with store.read() as tx:
        return {view.id for view in statements.iter_identities(tx)}


def resolved(store: Store, visit: Any, keyer: Any, at: datetime) -> list[str]:
    """Take a visit and return the keys of everybody then, by account."""
    with store.begin() as tx:
        intake.take(tx, visit, now=at, run=None, keyer=keyer)
        accounts = sorted(view.id for view in statements.iter_identities(tx))
        persons.rebuild(tx, [frozenset({one}) for one in accounts], at)
        owners = persons.owners(tx, accounts)
        return [owners[one] for one in accounts]


@pytest.mark.row("P09", "P23")
def test_half_of_a_crowd_is_erased_and_nobody_comes_back(
    new_store: Callable[[], Store], settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    store, backup = new_store(), new_store()
    resolved(backup, crowd(make, now), keyer, now)
    keys = resolved(store, crowd(make, now), keyer, now)
    with store.begin() as tx:
        gone = {one for key in keys[::2] for one in persons.get(tx, key).identities}
    erase.again(store, settings, keys[::2], actor="ana", now=now)
    stay = {f"github:{90_000 + number}" for number in range(PEOPLE)} - gone
    assert len(stay) == PEOPLE // 2
    for night in range(1, 4):
        at = now + timedelta(days=night)
        resolved(store, crowd(make, at), keyer, at)
    later = now + timedelta(days=5)
    resolved(store, crowd(make, later, renamed=True), keyer, later)
    own_file = make.visit(*crowd(make, later).records, task=make.task(9, source="bulk_papers"), at=later)
    resolved(store, own_file, keyer, later)
    assert known(store) == stay

    assert gone <= known(backup)  # the backup knows nothing of the erasures, the file beside the store does
    lines = journal.missing(backup, settings)
    done = restore.catch_up(backup, settings, lines, actor="ana", now=later)
    assert done.erased == len(gone) and known(backup) == stay
    assert journal.missing(backup, settings) == [] and journal.missing(store, settings) == []
    resolved(backup, crowd(make, later), keyer, later)
    assert known(backup) == stay
    with backup.read() as tx:
        assert audit.verify(tx).ok


@pytest.mark.row("P23")
def test_a_backup_hides_whom_somebody_put_on_the_list_since(
    new_store: Callable[[], Store], settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    store, backup = new_store(), new_store()
    for one in (store, backup):
        resolved(one, crowd(make, now), keyer, now)
    suppression.add(store, settings, ["old-3"], reason="asked", now=now, actor="ana")
    restore.catch_up(backup, settings, journal.missing(backup, settings), actor="ana", now=now)
    with backup.read() as tx:
        (person,) = [one for one in persons.list_people(tx, limit=PEOPLE) if one.name == "Person 3"]
        (mark,) = people.marks_of(tx, [person.key], (MarkKind.HIDDEN,))[person.key]
    assert mark.value == Hiding.KEPT_OUT


def test_whoever_is_taken_off_the_list_is_not_put_on_it_by_the_file(
    store: Store, settings: Settings, now: datetime, keyer: Any
) -> None:
    suppression.add(store, settings, ["old-3", "old-4"], reason="asked", now=now, actor="ana")
    with pytest.raises(NotAllowed):
        suppression.remove(store, settings, ["old-3"], reason=" ", now=now, actor="ana")
    assert suppression.remove(store, settings, ["old-3"], reason="asked again", now=now, actor="ana") == 1
    lines = journal.load(settings.home / journal.FILE)
    assert set(lines) == {keyer.digest("handle", "github:old-4")}
    assert "old-" not in (settings.home / journal.FILE).read_text()


def test_a_damaged_file_beside_the_store_is_named_and_nothing_is_let_in(
    store: Store, settings: Settings, now: datetime
) -> None:
    suppression.add(store, settings, ["old-3"], reason="asked", now=now, actor="ana")
    path = settings.home / journal.FILE
    path.write_text(path.read_text() + "+ half a line\n")
    with pytest.raises(BadInput, match=r"suppressed.log, line 2"):
        journal.missing(store, settings)


def test_a_line_a_crash_cut_short_is_left_out_and_spoils_no_line_after_it(
    store: Store, settings: Settings, now: datetime, keyer: Any
) -> None:
    suppression.add(store, settings, ["old-3"], reason="asked", now=now, actor="ana")
    path = settings.home / journal.FILE
    path.write_bytes(path.read_bytes() + b"+ half a li\xc3")
    assert journal.missing(store, settings) == []
    suppression.add(store, settings, ["old-4"], reason="asked", now=now, actor="ana")
    both = {keyer.digest("handle", f"github:{one}") for one in ("old-3", "old-4")}
    assert set(journal.load(path)) == both and b"half" not in path.read_bytes()


@pytest.mark.row("P23")
def test_a_server_that_goes_on_over_a_backup_unlearns_nobody(
    new_store: Callable[[], Store], settings: Settings, now: datetime, keyer: Any
) -> None:
    store, backup = new_store(), new_store()
    suppression.add(store, settings, ["old-3"], reason="asked", now=now, actor="ana")
    suppression.add(backup, settings, ["old-4"], reason="asked", now=now, actor="ana")
    (line,) = journal.missing(backup, settings)
    assert line.digest == keyer.digest("handle", "github:old-3")
    assert len(journal.load(settings.home / journal.FILE)) == 2


@pytest.mark.row("P23")
def test_a_server_whose_store_is_brought_back_while_it_serves_forgets_before_its_next_answer(
    new_store: Callable[[], Store], settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    store, backup = new_store(), new_store()
    for one in (store, backup):
        resolved(one, crowd(make, now), keyer, now)
    visitor = Visitor(make_desk(settings, backup, now))
    with backup.read() as tx:
        (left,) = [one.key for one in persons.list_people(tx, limit=PEOPLE) if one.name == "Person 3"]
    assert visitor.get(f"/people/{left}").status_code == 200
    with store.read() as tx:
        (gone,) = [one.key for one in persons.list_people(tx, limit=PEOPLE) if one.name == "Person 3"]
    erase.erase(store, settings, gone, actor="ana", now=now)
    assert visitor.get(f"/people/{left}").status_code == 404
    assert "github:90003" not in known(backup)


@pytest.mark.row("P10")
@pytest.mark.parametrize("is_restored", [False, True])
def test_whoever_went_after_their_time_and_then_objects_comes_back_by_no_new_work(
    new_store: Callable[[], Store],
    settings: Settings,
    make: Any,
    now: datetime,
    keyer: Any,
    is_restored: bool,
) -> None:
    store, backup = new_store(), new_store()
    late = now + timedelta(days=400)
    for one in (store, backup):
        resolved(one, crowd(make, now), keyer, now)
        retention.expire(one, settings, actor="cron", now=late)
        journal.keep(one, settings)
    suppression.add(store, settings, ["github:90003"], reason="asked", now=late, actor="ana")
    if is_restored:
        store = backup
        restore.catch_up(store, settings, journal.missing(store, settings), actor="ana", now=late)
    fresh = late + timedelta(days=1)
    resolved(store, crowd(make, fresh), keyer, fresh)
    assert known(store) == {f"github:{90_000 + number}" for number in range(PEOPLE)} - {"github:90003"}


@pytest.mark.row("P10", "P23")
def test_a_backup_from_before_their_time_lets_new_work_bring_people_back_as_the_store_would(
    new_store: Callable[[], Store], settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    store, backup = new_store(), new_store()
    late = now + timedelta(days=400)
    for one in (store, backup):
        resolved(one, crowd(make, now), keyer, now)
    suppression.add(store, settings, ["old-3"], reason="asked", now=now, actor="ana")
    retention.expire(store, settings, actor="cron", now=late)
    journal.keep(store, settings)
    restore.catch_up(backup, settings, journal.missing(backup, settings), actor="ana", now=late)
    assert known(backup) == set()
    fresh = late + timedelta(days=1)
    for one in (store, backup):  # under new logins: only the reason keeps the one who objected away
        resolved(one, crowd(make, fresh, renamed=True), keyer, fresh)
        assert known(one) == {f"github:{90_000 + number}" for number in range(PEOPLE)} - {"github:90003"}


@pytest.mark.row("P22")
def test_a_list_of_plain_and_digested_identifiers_is_taken_as_a_whole(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    resolved(store, crowd(make, now), keyer, now)
    lines = [f"old-{number}" for number in range(5)] + [keyer.digest("id", "github:90007")]
    done = suppression.add(store, settings, lines, reason="imported list", now=now, actor="ana")
    assert (done.lines, done.added, len(done.hidden)) == (6, 6, 6)
    with store.read() as tx:
        assert len(subjects.suppressed(tx)) == 6
