"""Erasing and do-not-contact through the doors an operator uses."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sourcing import resolve
from sourcing.errors import BadInput, NotAllowed
from sourcing.privacy import erase, retention, sources, suppression
from sourcing.settings import Settings, load_specs
from spiders import redact
from storage import audit, intake, people, persons, search, statements, subjects
from storage.engine import Store
from storage.errors import NotFound
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
PEPPER = "a pepper for tests"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOURCER_PEPPER", PEPPER)
    return Settings(home=tmp_path)


@pytest.fixture
def amina(make: Any) -> Any:
    """Everything a source says about one invented person."""
    email = redact.address(redact.Pepper(secret=PEPPER.encode()), "Amina@mail.example").digest
    return make.visit(
        make.identity(
            "github:1001", handle="amina-o", name="Amina Okonjo", homepage="https://amina.example/",
            orcid="0000-0002-1825-0097", emails=(email,),
        ),
        make.work(),
        make.signal(),
    )  # fmt: skip


def kept(store: Store, visit: Any, keyer: PepperKeyer) -> int:
    with store.begin() as tx:
        intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    return resolve.run(store, now=NOW, run=None, keyer=keyer).persons


@pytest.mark.parametrize(
    "what",
    [
        "amina@mail.example", "amina-o", "@Amina-O", "https://github.com/amina-o", "0000-0002-1825-0097",
        "https://orcid.org/0000-0002-1825-0097", "https://amina.example", "github:1001",
    ],
)  # fmt: skip
def test_any_identifier_keeps_a_person_out(
    store: Store, settings: Settings, amina: Any, keyer: PepperKeyer, what: str
) -> None:
    done = suppression.add(store, settings, [what], reason="asked", now=NOW, actor="operator")
    assert done.added >= 1
    assert kept(store, amina, keyer) == 0
    assert suppression.add(store, settings, [what], reason="asked", now=NOW, actor="operator").added == 0


def test_a_bad_line_is_named_and_nothing_is_added(store: Store, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# people who asked\n\namina-o\nnot an identifier\n")
    lines = suppression.read_file(tmp_path / "list.txt")
    with pytest.raises(BadInput, match=r"line 2.*nothing was added"):
        suppression.add(store, settings, lines, reason="imported", now=NOW, actor="operator")
    with store.read() as tx:
        assert not subjects.has_suppressed(tx)
        assert audit.verify(tx).entries == 0


def test_the_erased_leave_no_row_no_page_no_snapshot_and_stay_away(
    store: Store, settings: Settings, amina: Any, keyer: PepperKeyer, tmp_path: Path
) -> None:
    assert kept(store, amina, keyer) == 1
    with store.read() as tx:
        (person,) = persons.list_people(tx, limit=10)
    with store.begin() as tx:
        people.note(tx, person.key, "call in spring", actor="operator", now=NOW)
    page = tmp_path / "pages" / "00" / f"{'0' * 64}.gz"
    unlinked = tmp_path / "pages" / "ab" / f"ab{'0' * 62}.gz"  # an older answer of which no fact is left
    snapshot = tmp_path / "snapshots" / "ranking-1" / "signals.parquet"
    mirror = tmp_path / "mirrors" / ("0" * 32) / "packed"
    for path in (page, unlinked, snapshot, mirror):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"amina")
    planned = erase.plan(store, person.key)
    assert (planned.identities, planned.marks) == (1, 1)
    report = erase.erase(store, settings, person.key, actor="operator", now=NOW)
    assert report.rows > 0 and not page.exists() and not unlinked.exists()
    assert not snapshot.exists() and not mirror.exists() and (report.pages, report.mirrors) == (2, 1)
    with pytest.raises(NotFound):
        erase.plan(store, person.key)
    for _ in range(3):
        assert kept(store, amina, keyer) == 0
    with store.read() as tx:
        assert audit.verify(tx).ok
        assert [one.action for one in audit.entries(tx, limit=9)] == ["privacy.erase"] * 3


@pytest.mark.parametrize("point", ["before the rows", "before the files"])
def test_an_erasure_cut_short_is_finished_by_the_next_sweep(
    store: Store, settings: Settings, amina: Any, keyer: PepperKeyer, tmp_path: Path, point: str
) -> None:
    kept(store, amina, keyer)
    page = tmp_path / "pages" / "00" / f"{'0' * 64}.gz"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"amina")
    with store.begin() as tx:
        (person,) = persons.list_people(tx, limit=10)
        erase.log(tx, person.key, erase.Stage.INTENDED, actor="operator", now=NOW)
        if point == "before the files":
            erase.log(tx, person.key, erase.Stage.ROWS, actor="operator", now=NOW)
            subjects.erase(tx, person.key, NOW, keyer=keyer)
    swept = retention.sweep(store, settings, [], actor="operator", now=NOW)
    assert swept.erasures == 1 and not page.exists()
    with store.read() as tx:
        assert persons.list_people(tx, limit=10) == [] and audit.verify(tx).ok
    assert retention.sweep(store, settings, [], actor="operator", now=NOW).erasures == 0
    assert kept(store, amina, keyer) == 0


def test_people_already_here_are_hidden_at_once_and_strangers_leave_the_store(
    store: Store, settings: Settings, amina: Any, make: Any, keyer: PepperKeyer
) -> None:
    kept(store, amina, keyer)
    with store.begin() as tx:  # came after the last resolving: belongs to nobody yet
        intake.take(tx, make.visit(make.identity("github:7", handle="late")), now=NOW, run=None, keyer=keyer)
        (person,) = persons.list_people(tx, limit=10)
    done = suppression.add(store, settings, ["amina-o", "late"], reason="asked", now=NOW, actor="operator")
    assert done.hidden == (person.key,)
    with store.read() as tx:
        assert search.find(tx, None, specialism=None, limit=9) == []
        assert set(statements.identities(tx, ["github:7", "github:1001"])) == {"github:1001"}
        assert audit.verify(tx).ok
    again = suppression.add(store, settings, ["amina-o"], reason="asked", now=NOW, actor="operator")
    assert again.hidden == ()


def test_a_store_brought_back_from_a_backup_hides_whom_the_list_names(
    store: Store, settings: Settings, amina: Any, keyer: PepperKeyer
) -> None:
    kept(store, amina, keyer)
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest("orcid", "0000-0002-1825-0097")}, "asked", NOW)
    assert retention.sweep(store, settings, [], actor="operator", now=NOW).hidden == 1
    with store.read() as tx:
        assert search.find(tx, None, specialism=None, limit=9) == []


@pytest.mark.row("P03")
def test_a_source_is_given_up_only_when_it_is_off_and_the_log_says_so(
    store: Store, settings: Settings, amina: Any, keyer: PepperKeyer, tmp_path: Path
) -> None:
    kept(store, amina, keyer)
    page = tmp_path / "pages" / "00" / f"{'0' * 64}.gz"
    snapshot = tmp_path / "snapshots" / "ranking-1" / "works.parquet"
    mirror = tmp_path / "mirrors" / ("0" * 32) / "packed"
    for path in (page, snapshot, mirror):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"amina")
    (spec,) = load_specs(settings, ["git_history"])
    with pytest.raises(NotAllowed, match="sourcer source disable git_history"):
        sources.forget(store, settings, spec, actor="operator", now=NOW)
    off = spec.model_copy(update={"enabled": False})
    assert sources.plan(store, off)["work"] == 1 and snapshot.exists()
    sources.forget(store, settings, off, actor="operator", now=NOW)
    assert set(sources.plan(store, off).values()) == {0}
    assert not (snapshot.exists() or mirror.exists())
    with store.read() as tx:
        assert audit.verify(tx).ok
        (entry,) = audit.of_action(tx, sources.ACTION)
    assert (entry.subject, entry.actor) == ("git_history", "operator")
