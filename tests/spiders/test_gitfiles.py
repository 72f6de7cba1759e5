"""Files from git without histories: the fewest bytes, one batch, removals told, limits held; F35, F36 and C4."""

import json
import random
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spiders import gitfiles
from spiders.door import Door
from spiders.engines import files, owners
from spiders.engines.repository import RepositoryEngine, local_pages
from spiders.engines.turn import make_kit
from spiders.records import Outcome, Task
from spiders.redact import Pepper
from spiders.sandbox import label_for, read_page
from spiders.sources import acl_anthology, git_history, owner_files, pmlr
from spiders.spec import load_spec
from storage import intake, persons, snapshot

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
POST = "---\ntitle: {title}\nid: {id}\nauthor:\n- given: Mira\n  family: Okafor\ndate: 2026-07-03\n---\n"


@pytest.fixture
def engine_for(served, tmp_path):
    """Makes the engine of one of our own sources, on the host of made repositories; the clock may be moved."""
    made = []

    def make(reader, name, **limits):
        spec = load_spec(ROOT / "config" / "sources" / f"{name}.toml")
        spec = spec.model_copy(update={"gap_s": 0.0, "requests_per_hour": 1_000_000})
        door = Door(user_agent="sourcer/test", pins={"github.com": served.pin})
        moment = [NOW]
        kit = make_kit(
            spec, reader, door, pepper=Pepper(b"p" * 32), home=tmp_path / "home", clock=lambda: moment[0]
        )
        engine = RepositoryEngine(kit, **limits)
        made.append(engine)
        return engine, moment

    yield make
    for engine in made:
        engine.kit.worker.close()
        engine.kit.door.close()


@pytest.fixture
def volume(served):
    """A volume of posts on the host: many files nobody wants beside the few that are."""
    made = served.new("mlresearch/v999")
    for number in range(30):
        folder = made.path / "assets" / f"p{number}"
        folder.mkdir(parents=True)
        (folder / "paper.pdf").write_bytes(bytes(range(256)) * 400)
    for name in ("anna27a", "bela27a", "cora27a"):
        put(made, name, name.title())
    made.commit("First", path="README.md")
    return made


def put(made, name, title):
    file = made.path / "_posts" / f"2026-07-03-{name}.md"
    file.parent.mkdir(exist_ok=True)
    file.write_text(POST.format(title=title, id=name))


def seeded(reader, source, cursor=None, **seeds):
    [task] = reader.start(reader.Seeds(**seeds), cursor or {})
    return replace(task, source=source)


def walked(engine, task):
    """Return all visits of a walk, one after the other."""
    waiting, done = [task], []
    while waiting:
        done.append(engine.visit(waiting.pop(0)))
        waiting += done[-1].tasks
    return done


def titles(visits):
    return sorted(one.title for visit in visits for one in visit.records if one.type == "work")


def test_only_wanted_files_come_and_then_only_what_changed(engine_for, volume, served):
    engine, _ = engine_for(pmlr, "pmlr")
    [first] = walked(engine, seeded(pmlr, "pmlr", volumes=["v999"]))
    assert first.outcome is Outcome.OK, first.detail
    assert titles([first]) == ["Anna27A", "Bela27A", "Cora27A"]
    assert (
        first.cost.requests == len(served.log) and first.cost.bytes < 6_000
    )  # 3 MB of PDFs stay where they are
    asked = len(served.log)
    again = engine.visit(seeded(pmlr, "pmlr", first.cursor, volumes=["v999"]))
    assert (again.outcome, again.cost.requests, len(served.log) - asked) == (Outcome.UNCHANGED, 2, 2)

    put(volume, "bela27a", "Bela Again")
    (volume.path / "_posts" / "2026-07-03-cora27a.md").unlink()
    volume.commit("Second", path="README.md")
    [second] = walked(engine, seeded(pmlr, "pmlr", first.cursor, volumes=["v999"]))
    assert titles([second]) == ["Bela Again"]
    assert [one.id for one in second.records if one.type == "gone"] == [
        "paper:proceedings.mlr.press/v999/cora27a"
    ]
    assert second.cost.bytes < 2_000
    assert second.cursor == {next(iter(first.cursor)): volume.run("rev-parse", "HEAD")}


def test_all_contents_of_a_walk_come_in_one_batch(engine_for, volume, served, monkeypatch):
    monkeypatch.setattr(files, "PAGE_FILES", 1)
    engine, _ = engine_for(pmlr, "pmlr")
    first, second, third = walked(engine, seeded(pmlr, "pmlr", volumes=["v999"]))
    assert titles([first, second, third]) == ["Anna27A", "Bela27A", "Cora27A"]
    assert [visit.cost.requests for visit in (first, second, third)] == [len(served.log), 0, 0]
    assert [bool(visit.cursor) for visit in (first, second, third)] == [False, False, True]


def test_a_mirror_is_a_cache_that_may_go_at_any_time(engine_for, volume, monkeypatch):
    monkeypatch.setattr(files, "PAGE_FILES", 2)
    engine, _ = engine_for(pmlr, "pmlr")
    first = engine.visit(seeded(pmlr, "pmlr", volumes=["v999"]))
    shutil.rmtree(engine.kit.home / "mirrors")
    put(volume, "anna27a", "Later")
    volume.commit("Meanwhile", path="README.md")
    second = engine.visit(first.tasks[0])
    assert titles([first, second]) == ["Anna27A", "Bela27A", "Cora27A"]  # still of the commit it began with
    shutil.rmtree(engine.kit.home / "mirrors")
    [third] = walked(engine, seeded(pmlr, "pmlr", second.cursor, volumes=["v999"]))
    assert titles([third]) == ["Later"]


def test_collections_are_read_one_by_one_in_the_sandbox(engine_for, served):
    made = served.new("acl-org/acl-anthology")
    paper = (
        '<paper id="{0}"><title>{1}</title><author><first>Mira</first><last>Okafor</last></author></paper>'
    )
    folder = made.path / "data" / "xml"
    folder.mkdir(parents=True)

    def write(name, *names):
        inner = "".join(paper.format(number, one) for number, one in enumerate(names, 1))
        (folder / name).write_text(
            f'<collection id="{name[:-4]}"><volume id="1">{inner}</volume></collection>'
        )

    write("2019.acl.xml", "Too Old")
    write("2026.acl.xml", "One", "Two")
    write("2026.ws.xml", "Workshop")
    made.commit("First", path="README.md")
    engine, _ = engine_for(acl_anthology, "acl_anthology")
    visits = walked(engine, seeded(acl_anthology, "acl_anthology", since=2025))
    assert titles(visits) == ["One", "Two", "Workshop"]
    assert [visit.cost.requests for visit in visits][1:] == [0, 0]
    (folder / "2026.ws.xml").unlink()
    write("2026.acl.xml", "One", "Two", "Three")
    made.commit("Second", path="README.md")
    again = walked(engine, seeded(acl_anthology, "acl_anthology", visits[0].cursor, since=2025))
    assert titles(again) == ["One", "Three", "Two"]
    assert [one.id for visit in again for one in visit.records if one.type == "gone"] == ["acl:2026.ws-1.1"]


def test_a_change_of_patterns_begins_from_the_beginning(engine_for, served):
    made = served.new("acl-org/acl-anthology")
    made.commit("First", path="data/xml/2024.acl.xml")
    engine, _ = engine_for(acl_anthology, "acl_anthology")
    [first, *_] = walked(engine, seeded(acl_anthology, "acl_anthology", since=2025))
    task = seeded(acl_anthology, "acl_anthology", first.cursor, since=2024)
    assert task.cursor is None
    assert len(engine.visit(task).tasks) == 1


def test_fetched_bytes_are_capped_not_what_is_there(engine_for, volume):
    engine, _ = engine_for(pmlr, "pmlr")
    [first] = walked(engine, seeded(pmlr, "pmlr", volumes=["v999"]))
    noise = random.Random(7)
    for number in range(40):
        put(volume, f"noise{number}", noise.randbytes(45_000).hex())
    volume.commit("Second", path="README.md")
    engine.max_bytes = 100
    task = seeded(pmlr, "pmlr", first.cursor, volumes=["v999"])
    visit = engine.visit(task)
    assert visit.outcome is Outcome.TOO_LARGE
    assert list((engine.kit.home / "mirrors").iterdir()) == []


def test_patterns_stay_within_folders():
    wanted = ["data/xml/2025.a.xml", "data/xml/2026.b.xml"]
    others = [
        "data/xml/2019.a.xml",
        "data/xml/deep/2025.a.xml",
        "x/data/xml/2025.a.xml",
        "data/xml/2025.a.xml.bak",
    ]
    pattern = re.compile("|".join(gitfiles._pattern(one) for one in acl_anthology.patterns(2025)))
    assert [path for path in [*wanted, *others] if pattern.fullmatch(path)] == wanted
    anywhere = re.compile(gitfiles._pattern("**/OWNERS"))
    assert (
        anywhere.fullmatch("OWNERS")
        and anywhere.fullmatch("a/b/OWNERS")
        and not anywhere.fullmatch("a/XOWNERS")
    )


@pytest.mark.row("F36")
def test_an_empty_repository_is_none_yet(engine_for, served, store, keyer):
    served.new("mlresearch/v999")
    for reader, name, task in (
        (pmlr, "pmlr", seeded(pmlr, "pmlr", volumes=["v999"])),
        (git_history, "git_history", seeded(git_history, "git_history", repositories=["mlresearch/v999"])),
    ):
        engine, _ = engine_for(reader, name)
        visit = engine.visit(task)
        assert visit.outcome is Outcome.NONE_YET
        with store.begin() as tx:
            intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    with store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM work").scalar_one() == 0


@pytest.mark.row("F35")
def test_rewritten_history_counts_once(engine_for, served, store, keyer, tmp_path):
    made, (engine, moment) = served.made, engine_for(git_history, "git_history")
    made.commit("Base")
    old = [made.commit(f"Fuse kernel {n}", path=f"k{n}.py") for n in range(3)]
    dropped = made.commit("A secret that slipped in", path="secret.py")
    take(store, keyer, engine, moment, {})
    assert stands(store, tmp_path) == {
        "Base",
        "Fuse kernel 0",
        "Fuse kernel 1",
        "Fuse kernel 2",
        "A secret that slipped in",
    }

    made.run("reset", "-q", "--hard", old[0] + "~1")  # rebased onto another beginning, one commit left out
    made.commit("Inserted", path="first.py")
    who = {"GIT_COMMITTER_NAME": "Mira", "GIT_COMMITTER_EMAIL": "mira@pages.example"}
    for sha in old:
        made.run("cherry-pick", sha, **who)
    moment[0] = NOW + timedelta(days=1)
    take(store, keyer, engine, moment, {"lab/engine": dropped})
    assert stands(store, tmp_path) == {"Base", "Inserted", "Fuse kernel 0", "Fuse kernel 1", "Fuse kernel 2"}
    rows = signals(store, tmp_path)
    assert len(rows) == 5 and not any(sha in one for one, _ in rows for sha in (*old, dropped))

    made.run("reset", "-q", "--hard", dropped)  # and back again
    moment[0] = NOW + timedelta(days=2)
    with store.read() as tx:
        cursor = intake.cursors(tx, "git_history")
    take(store, keyer, engine, moment, cursor)
    assert "A secret that slipped in" in stands(store, tmp_path) and "Inserted" not in stands(store, tmp_path)
    assert len(signals(store, tmp_path)) == 5


def take(store, keyer, engine, moment, cursor):
    task = seeded(git_history, "git_history", cursor, repositories=["lab/engine"])
    for visit in walked(engine, task):
        assert visit.outcome is Outcome.OK, visit.detail
        with store.begin() as tx:
            intake.take(tx, visit, now=moment[0], run=None, keyer=keyer)


def stands(store, tmp_path):
    """Return the titles of the commits whose work still counts."""
    with store.read() as tx:
        known = dict(tx.exec_driver_sql("SELECT id, title FROM work").fetchall())
    return {known[work] for _, work in signals(store, tmp_path)}


def signals(store, tmp_path):
    """Return (signal, work) of everything a ranking would read."""
    with store.begin() as tx:
        known = tx.exec_driver_sql("SELECT id FROM identity").scalars().all()
        persons.rebuild(tx, [frozenset([one]) for one in known], now=NOW)
    with store.read() as tx:
        snapshot.write(tx, tmp_path / "ranking", "ranking", as_of=NOW)
    table = pq.read_table(tmp_path / "ranking" / "signals.parquet").to_pylist()
    return [(row["signal"], row["work"]) for row in table]


def test_owner_files_of_a_mirror_tell_from_when_and_until_when_without_network(made):
    one = made.commit(".github/CODEOWNERS", path=".github/CODEOWNERS")
    owners_of(made, "/kernels @ines @ota\n* @lab/team someone@lab.example\n")
    two = made.commit("Owners", path="a.py")
    made.commit("Work", name="Ota", mail="7+ota@users.noreply.github.com")
    owners_of(made, "/kernels @ota\n")
    three = made.commit("Fewer", path="a.py")
    [page] = owner_pages(made.path, [".github/CODEOWNERS"])
    assert b"@lab.example" not in page.body
    reading = read_page(owner_files, label(), Task(kind="import", url=page.url), page)
    told = sorted(
        (one.identity, one.note, one.work, one.via.url.split("/blob/")[1][:40])
        for one in reading.records
        if one.type == "signal"
    )
    assert told == [
        ("github:7", "codeowner", "github:lab/engine:/kernels", two),
        ("owner:ines", "codeowner", "github:lab/engine:/kernels", two),
        ("owner:ines", "codeowner_until", "github:lab/engine:/kernels", three),
    ]
    assert one != two
    claims = [(one.left, one.right, one.kind) for one in reading.records if one.type == "claim"]
    assert claims == [("owner:ines", "github-login:ines", "profile_link")]


def test_whose_number_a_login_is_neither_a_merged_branch_nor_a_trailer_can_say(made):
    made.commit("First", path=".github/CODEOWNERS")
    owners_of(made, "/kernels @ines\n")
    forged = "13+ines@users.noreply.github.com"
    made.commit(f"Owners\n\nCo-authored-by: Eve <{forged}>\n", path="a.py")
    made.run("checkout", "-q", "-b", "hers")
    made.commit("Work", name="Eve", mail=forged)
    made.run("checkout", "-q", "main")
    made.run(
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@lab.example",
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Hers",
        "hers",
    )
    [page] = owner_pages(made.path, [".github/CODEOWNERS"])
    assert b"github:13" not in page.body
    made.commit("More work", name="Ines", mail="7+ines@users.noreply.github.com")
    [page] = owner_pages(made.path, [".github/CODEOWNERS"])
    assert b'"ines": "github:7"' in page.body


def test_owner_files_of_a_mirror_tell_whose_lines_of_the_history_are_an_owners(made):
    made.commit(".github/CODEOWNERS", path=".github/CODEOWNERS")
    owners_of(made, "/kernels @ines @zoequist\n")
    made.commit("Owners", path="a.py", name="Zoe Quist", mail="zoe@lab.example")
    sha = made.commit("Work", name="Ines", mail="ines@users.noreply.github.com")
    [page] = owner_pages(made.path, [".github/CODEOWNERS"])
    assert b"@lab.example" not in page.body and b"@users" not in page.body
    reading = read_page(owner_files, label(), Task(kind="import", url=page.url), page)
    told = {(one.left, one.kind, one.right) for one in reading.records if one.type == "claim"}
    [history] = local_pages(made.path, "lab/engine", until=None, pepper=Pepper(b"p" * 32), fetched_at=NOW)
    lines = read_page(
        git_history, label_of("git_history", git_history), Task(kind="import", url=page.url), history
    )
    known = {
        one.name: one.id for one in lines.records if one.type == "identity" and one.id.startswith("git:")
    }
    assert told == {
        ("owner:ines", "profile_link", "github-login:ines"),
        ("owner:ines", "owner_address", known["Ines"]),
        ("owner:zoequist", "profile_link", "github-login:zoequist"),
        ("owner:zoequist", "owner_spelling", known["Zoe Quist"]),
    }
    seen = {one.kind: one.via.url for one in reading.records if one.type == "claim"}
    assert seen["owner_address"] == f"https://github.com/lab/engine/commit/{sha}"


def test_a_forged_date_outside_the_calendar_costs_one_version_not_the_import(made):
    made.commit("First", path=".github/CODEOWNERS")
    owners_of(made, "* @ines\n")
    made.commit("Owners", path="a.py")
    owners_of(made, "* @ota\n")
    made.commit("Forged", path="a.py", GIT_COMMITTER_DATE="@999999999999 +0000")
    [page] = owner_pages(made.path, [".github/CODEOWNERS"])
    assert (b"@ines" in page.body, b"@ota" in page.body) == (True, False)


def owner_pages(path, wanted):
    return owners.owner_pages(
        path, "lab/engine", wanted, until=None, pepper=Pepper(b"p" * 32), fetched_at=NOW
    )


def owners_of(made, text):
    (made.path / ".github" / "CODEOWNERS").write_text(text)


def label():
    return label_of("owner_files", owner_files)


def label_of(name, reader):
    return label_for(load_spec(ROOT / "config" / "sources" / f"{name}.toml"), reader)


def test_versions_that_a_mirror_has_not_are_counted_never_fetched(made, tmp_path):
    (made.path / "MAINTAINERS").write_text("@mira\n")
    made.commit("One", path="a.py")
    (made.path / "MAINTAINERS").write_text("@mira @ines\n")
    made.commit("Two", path="a.py")
    made.run("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    made.run("clone", "-q", "--bare", "--filter=blob:none", f"file://{made.path}", str(partial))
    [page] = owner_pages(partial, ["MAINTAINERS"])
    reading = read_page(owner_files, label(), Task(kind="import", url=page.url), page)
    assert reading.counted["owner_version_missing"] == 2
    assert not reading.records
    assert not any(json.loads(line).get("text") for line in page.body.splitlines()[1:])
