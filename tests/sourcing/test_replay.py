"""Kept pages read again by a newer reader: the store is as if it had read them at first, and nobody is asked."""

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from rounds import KEYER, NOW, Host, Round, answer, spec_of

from sourcing.__main__ import main
from sourcing.crawl.reread import Reread, Rereading, is_older
from sourcing.settings import Settings
from spiders.archive import Archive
from spiders.door import Door
from spiders.records import Task
from storage import audit, digest, runs, subjects
from storage.engine import Store, open_store
from storage.tables import statement, visit

READER = dedent(
    '''
    """Pages of a ledger: one person and what they did.

    Source: tests
    Yields: Identity, Work, Signal
    """

    import json
    from pydantic import BaseModel
    from spiders.errors import SourceChanged
    from spiders.records import *

    VERSION = {version}
    LATER = {version} > 1


    class Seeds(BaseModel, extra="forbid"):
        pages: list[str] = []


    def start(seeds, cursor):
        for url in seeds.pages:
            yield Task(kind="page", url=url)


    def read(task, page, via):
        """Yield a page; the later version knows another shape, other names, and what is no work at all."""
        table, here = json.loads(page.body), via(page.url)
        if "people" in table and not LATER:
            raise SourceChanged("another shape")
        for row in table.get("people", [table]):
            one = f"ledger:{{row['id']}}"
            if row["id"] == 9 and LATER:
                continue
            name = row["name"].upper() if LATER else row["name"]
            yield Identity(id=one, kind=IdentityKind.PERSONAL, name=name, via=here,
                           handle=row.get("login") if LATER else None)
            for did in row.get("did", []):
                if LATER and did.startswith("chat"):
                    continue
                work = f"ledger:work:{{did}}"
                yield Work(id=work, kind=WorkKind.POST, title=did.title() if LATER else did, url=here.url, via=here)
                yield Signal(id=f"{{work}}:{{one}}", identity=one, work=work, kind=SignalKind.AUTHORED, via=here)
        if LATER and "further" in table:
            yield Task(source=task.source, kind="page", url=table["further"], depth=1)
    '''
)
PAGES = {
    "/1": {"id": 1, "name": "Mira", "did": ["kernels", "chat on friday"], "login": "mira"},
    "/2": {"people": [{"id": 2, "name": "Tovi", "did": ["kernels"]}, {"id": 3, "name": "Ona"}]},
    "/3": {"id": 9, "name": "Nobody", "did": ["chat on monday"]},
    "/4": {"id": 1, "name": "Mira of late", "did": [], "further": "https://ledger.org/5"},
    "/5": {"id": 5, "name": "Ines", "did": ["review"]},
}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], ModuleType]]:
    """Installs a version of the ledger's reader, as an update of the program would."""
    folder = tmp_path / "readers"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def install(version: int, text: str = READER) -> ModuleType:
        (folder / "ledger.py").write_text(text.format(version=version))
        os.utime(folder / "ledger.py", (version, version))  # a compiled copy of another version is told by it
        sys.modules.pop("ledger", None)
        importlib.invalidate_caches()
        module = importlib.import_module("ledger")
        monkeypatch.setitem(sys.modules, "spiders.sources.ledger", module)
        return module

    yield install
    sys.modules.pop("ledger", None)


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    made.scripts |= {path: answer(json.dumps(table).encode()) for path, table in PAGES.items()}
    yield made
    made.close()


def tasks(*paths: str) -> list[Task]:
    return [Task(source="ledger", kind="page", url=f"https://ledger.org{path}") for path in paths]


def crawled(store: Store, host: Host, home: Path, reader: ModuleType) -> Round:
    """Two nights of the ledger, a day apart; what could not be read is asked again in the second."""
    spec = spec_of(name="ledger", reader="ledger", hosts=("ledger.org",))
    made = Round(store=store, home=home, spec=spec, reader=reader,
                 door=lambda: Door(user_agent="sourcer/test", pins={"ledger.org": host.pin}))  # fmt: skip
    made.ask(tasks("/1", "/2", "/3"))
    made.later(days=1)
    made.ask(tasks("/4"))
    return made


def reread(made: Round, **more: Any) -> Reread:
    settings = Settings(home=made.home)
    return Rereading(
        store=made.store, settings=settings, now=made.now, name=None, keyer=KEYER, **more
    ).source(made.spec)


def digests(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return digest.store_digests(tx)


def test_the_store_is_as_if_the_newer_reader_had_read_everything(
    new_store: Callable[[], Store], host: Host, reader: Callable[[int], ModuleType], tmp_path: Path
) -> None:
    made = crawled(new_store(), host, tmp_path / "home", reader(1))
    assert made.outcomes()["https://ledger.org/2"] == "unreadable"
    asked, old = len(host.asked), digests(made.store)
    reader(2)
    trial = reread(made, is_trial=True)
    assert digests(made.store) == old and trial.pages == 5 and trial.before > 0
    report = reread(made)
    assert (report.pages, report.lost, report.unreadable, report.named) == (5, 0, 0, 1)
    assert len(host.asked) == asked
    made.reader = sys.modules["ledger"]
    made.ask([])  # the next night asks what the newer reader named, and what the older one could not read
    made.later(days=1)
    made.ask([])
    fresh = crawled(new_store(), host, tmp_path / "fresh", sys.modules["ledger"])
    assert digests(made.store) == digests(fresh.store) != old
    with made.store.read() as tx:
        said = {(row.identity, row.attribute, row.value) for row in tx.execute(statement.select())}
        assert {row.reader for row in tx.execute(visit.select())} == {"ledger@2"}
    assert ("ledger:1", "name", "MIRA OF LATE") in said and not {one for one in said if one[0] == "ledger:9"}
    again = reread(made)
    assert (again.pages, again.lost) == (0, 0)


def test_what_is_no_longer_kept_is_counted_and_what_cannot_be_read_stays(
    store: Store, host: Host, reader: Callable[[int], ModuleType], tmp_path: Path
) -> None:
    made = crawled(store, host, tmp_path / "home", reader(1))
    gone = next(
        one.page.sha256 for one in made.visits if one.task.url.endswith("/1") and one.page is not None
    )
    assert Archive(made.home).drop(gone)
    reader(2)
    report = reread(made)
    assert (report.pages, report.lost) == (4, 1)
    with store.read() as tx:
        titles = {row[0] for row in tx.exec_driver_sql("SELECT title FROM work")}
    assert "chat on friday" in titles  # of the page that is gone, as it was read
    worse = READER.replace(
        "    for row in table",
        '    if "people" in table:\n        raise SourceChanged("worse")\n    for row in table',
    )
    reader(3, worse)
    before = digests(store)
    report = reread(made)
    assert (report.pages, report.unreadable) == (2, 2) and "worse" in str(report.detail)
    assert digests(store) == before


def test_a_suppressed_person_does_not_come_back_with_a_page(
    store: Store, host: Host, reader: Callable[[int], ModuleType], tmp_path: Path
) -> None:
    made = crawled(store, host, tmp_path / "home", reader(1))
    with store.begin() as tx:
        subjects.suppress(tx, {KEYER.digest("handle", "ledger:mira")}, "asked", NOW)
        assert audit.verify(tx).ok
    reader(2)
    report = reread(made)
    assert report.suppressed > 0
    made.later(hours=1)
    with store.read() as tx:
        rows = {row.identity for row in tx.execute(statement.select())}
    assert "ledger:1" not in rows and "ledger:2" in rows


@pytest.mark.slow
def test_any_cut_goes_on_where_it_was(
    new_store: Callable[[], Store], host: Host, reader: Callable[[int], ModuleType], tmp_path: Path
) -> None:
    whole, cut = (crawled(new_store(), host, tmp_path / name, reader(1)) for name in ("whole", "cut"))
    reader(2)
    reread(whole)

    def stop(_: Reread) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reread(cut, progress=stop)
    assert digests(cut.store) != digests(whole.store)
    assert reread(cut).pages == 3
    assert digests(cut.store) == digests(whole.store)


def test_the_command_says_what_it_did_and_notes_the_run(
    host: Host,
    reader: Callable[[int], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    monkeypatch.delenv("SOURCER_PEPPER", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    file = tmp_path / "sourcer.toml"
    file.write_text('config_dir = "own"\n' + file.read_text())
    spec = spec_of(name="ledger", reader="ledger", hosts=("ledger.org",))
    table = spec.model_dump(mode="json", exclude={"name", "expect", "seeds"}, exclude_none=True)
    (tmp_path / "own" / "sources").mkdir(parents=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    (tmp_path / "own" / "sources" / "ledger.toml").write_text("\n".join(lines))
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    crawled(store, host, tmp_path, reader(1))
    capsys.readouterr()
    assert main(["crawl", "replay"]) == 0
    assert "read by the reader as it is now" in capsys.readouterr().err
    reader(2)
    assert main(["crawl", "replay", "ledger", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["pages"] == 5
    assert main(["crawl", "replay", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["source"], row["reader"], row["pages"], row["lost"]) == ("ledger", "ledger@2", 5, 0)
    with store.read() as tx:
        last = runs.last(tx, "replay")
    assert last is not None and last.status == "done" and last.detail["sources"][0]["pages"] == 5
    store.close()


@pytest.mark.parametrize(
    ("reader", "newest", "older"),
    [
        ("a@1", "a@2", True),
        ("a@2", "a@2", False),
        ("a@3", "a@2", False),
        ("b@9", "a@2", True),
        ("", "a@2", True),
    ],
)
def test_only_an_older_reading_is_replaced(reader: str, newest: str, older: bool) -> None:
    assert is_older(reader, newest) is older
