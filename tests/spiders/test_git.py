"""TRUST T24–T27 and SOURCES §2.3: hostile repositories and names, pages of histories, force-pushes."""

import json
import os
import shutil
from datetime import UTC, datetime

import pytest

from spiders import git, gitrun
from spiders.engines import repository
from spiders.engines.repository import RepositoryEngine, local_pages
from spiders.errors import SourceChanged, SourceRefused
from spiders.gitrun import Limits, Remote, TooLarge
from spiders.records import Outcome, Task
from spiders.redact import Pepper

PEPPER = Pepper(b"p" * 32)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def lines_of(page):
    return [json.loads(line) for line in page.body.splitlines()]


def test_a_page_tells_who_did_what_without_an_address(made):
    made.commit("Start", path="engine/core.py")
    made.commit(
        "Fuse kernels (#12)\n\n* part\n\nCo-authored-by: Ota <7+ota@users.noreply.github.com>\n\n* rest\n\n"
        "CO-AUTHORED-BY: Ota <7+ota@users.noreply.github.com>\n"
        "Reviewed-by: Ines <ines@lab.example>\nReported-by: X <x@y.example>",
        name="Ota Ö", mail="OTA+git@gmail.com", path="csrc/a.cu", by=("GitHub", "noreply@github.com"),
    )  # fmt: skip
    made.run("checkout", "-q", "-b", "side", "HEAD~1")
    made.commit("Side", path="side.py", mail="no-at-sign")
    made.run("checkout", "-q", "main")
    made.run(
        "-c",
        "user.name=Mira",
        "-c",
        "user.email=mira@pages.example",
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Merge side",
        "side",
    )
    [page] = local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW)
    header, first, *rest = lines_of(page)
    assert header == {
        "repository": "lab/engine",
        "base": None,
        "head": made.run("rev-parse", "HEAD"),
        "skip": 0,
        "count": 4,
        "total": 4,
        "since": None,
        "gone": 0,
    }
    fused = next(line for line in rest if line["subject"] == "Fuse kernels (#12)")
    merge = rest[-1]
    side = next(line for line in rest if line["subject"] == "Side")
    assert (first["subject"], first["paths"], first["files"], first["mapped"]) == (
        "Start",
        ["engine/core.py"],
        1,
        None,
    )
    assert first["committed_at"] == "2023-11-14T22:14:20+00:00"
    assert [key for key, _ in fused["trailers"]] == ["co-authored-by", "reviewed-by"]
    assert fused["trailers"][0][1] | {"digest": None} == {
        "name": "Ota", "digest": None, "account": "github:7", "login": "ota", "shared": False, "machine": False,
    }  # fmt: skip
    assert (fused["committer"]["machine"], fused["committer"]["digest"]) == (True, None)
    assert (side["author"]["digest"], side["author"]["shared"]) == (None, True)
    assert (merge["paths"], merge["files"], len(merge["parents"])) == (None, None, 2)
    assert b"@" not in page.body
    assert page.media_type == "application/x-git-log+json"


def test_no_address_survives_in_names_subjects_or_paths(made):
    made.commit("For mira@lab.example", name="mira@lab.example", path="people/mira@lab.example.md")
    made.commit("Two", name="Ota <ota@laptop>", mail="x@y", by=("ota@laptop", "ota@lab.example"))
    [page] = local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW)
    one, two = lines_of(page)[1:]
    assert b"@" not in page.body
    assert (one["author"]["name"], one["paths"]) == ("", ["people/[address removed]"])
    assert two["committer"]["name"] == ""


def test_until_keeps_what_was_committed_by_then(made):
    for number in range(3):
        made.commit(f"c{number}")
    until = datetime.fromtimestamp(made.clock - 60, UTC)
    [page] = local_pages(made.path, "lab/engine", until=until, pepper=PEPPER, fetched_at=NOW)
    assert [line["subject"] for line in lines_of(page)[1:]] == ["c0", "c1"]


def test_long_histories_come_in_pages(made, monkeypatch):
    monkeypatch.setattr(repository, "PAGE_COMMITS", 2)
    shas = [made.commit(f"c{number}") for number in range(5)]
    pages = list(local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW))
    assert [lines_of(page)[0]["skip"] for page in pages] == [0, 2, 4]
    assert [line["sha"] for page in pages for line in lines_of(page)[1:]] == shas


def test_the_mailmap_of_the_head_names_another_line(made):
    made.commit("Start", name="M", mail="old@pages.example")
    made.commit("Map", path=".mailmap")
    (made.path / ".mailmap").write_text("Mira <mira@pages.example> <old@pages.example>\n")
    made.commit("Mapped")
    first, *_ = lines_of(
        next(local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW))
    )[1:]
    assert (first["author"]["name"], first["mapped"]["name"]) == ("M", "Mira")
    assert first["mapped"]["digest"] != first["author"]["digest"]


def test_odd_words_in_a_history_stay_words(made):
    sha = made.commit(
        "x" * 900 + "\nwrite to mira@pages.example", name="A\x1b[31m B", path="sp ace\nnew\tline.py"
    )
    fake = "f" * 40
    made.commit("--upload-pack=touch x", path=fake)
    one, two = lines_of(
        next(local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW))
    )[1:]
    assert (one["sha"], len(one["subject"]), one["author"]["name"]) == (sha, 500, "A[31m B")
    assert one["paths"] == ["sp ace\nnew\tline.py"]
    assert (two["paths"], two["files"]) == ([fake], 1)


@pytest.mark.parametrize("name", [
    "..", "../..", "a/..", "a/b/c", "a", "%2e%2e/x", "--upload-pack=touch x;/y", "-c/x", "a/-x", "a/" + "b" * 300,
    "ext::sh -c id", "a b/c", "a/b\n", "a/", "/a", ".", "a/.", "https://github.com/a/b", "a/b?x", "a/b;id",
])  # fmt: skip
def test_names_that_are_none_are_refused(made, name):
    with pytest.raises(SourceRefused):
        git.repository_name(name)
    with pytest.raises(SourceRefused):
        next(local_pages(made.path, name, until=None, pepper=PEPPER, fetched_at=NOW))


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "file:///etc", "--upload-pack=x", "http://github.com/a/b", "https://u:p@x.org/a"]
)
def test_other_protocols_are_never_fetched(tmp_path, url):
    with pytest.raises(SourceRefused):
        git.fetch(Remote(url=url), tmp_path / "m", trees=False)
    assert not (tmp_path / "m").exists()


def test_a_directory_that_is_no_repository_is_one_sentence(tmp_path, made):
    with pytest.raises(SourceChanged, match="is no git repository"):
        next(local_pages(tmp_path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW))
    with pytest.raises(SourceChanged, match="has no commits"):
        next(local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW))


def test_nothing_inside_a_mirror_can_run_or_change_its_reading(made, tmp_path):
    marker = tmp_path / "ran"
    first = made.commit("Start", name="Mira")
    forged = made.commit("Forged", name="Impostor")
    made.run("replace", first, forged)
    (made.path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (made.path / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c id\n')
    (made.path / "link").symlink_to("/etc/passwd")
    made.commit("Traps")
    inner = made.path / ".git"
    (inner / "config").write_text(
        f'[core]\n\tfsmonitor = "touch {marker}"\n\tsshCommand = touch {marker}\n\tpager = touch {marker}\n'
        f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = touch {marker}\n"
        f'[diff "evil"]\n\ttextconv = touch {marker}\n[filter "evil"]\n\tsmudge = touch {marker}\n'
        f"[diff]\n\texternal = touch {marker}\n[mailmap]\n\tfile = /etc/passwd\n"
        f'[alias]\n\tlog = "!touch {marker}"\n[log]\n\tmailmap = false\n[core]\n\thooksPath = {tmp_path}\n'
    )
    (inner / "info").mkdir(exist_ok=True)
    (inner / "info" / "grafts").write_text(f"{forged}\n")
    before = sorted(str(path) for path in inner.rglob("*"))
    [page] = local_pages(made.path, "lab/engine", until=None, pepper=PEPPER, fetched_at=NOW)
    assert [line["author"]["name"] for line in lines_of(page)[1:]] == ["Mira", "Impostor", "Mira"]
    assert not marker.exists()
    assert sorted(str(path) for path in inner.rglob("*")) == before


def history(**changed):
    params = {"repository": "lab/engine", "paths": False} | changed.pop("params", {})
    return Task(
        **{
            "source": "plain",
            "kind": "history",
            "url": "https://github.com/lab/engine.git",
            "params": params,
            **changed,
        }
    )


@pytest.fixture
def engine(kit_for, served):
    kit = kit_for(engine="git", hosts=("github.com",), pins={"github.com": served.pin}, drop=("/x",))
    return RepositoryEngine(kit)


def test_a_history_is_fetched_paged_and_continued(engine, served, monkeypatch):
    monkeypatch.setattr(repository, "PAGE_COMMITS", 2)
    served.made.commit("Map", path=".mailmap")
    shas = [served.made.run("rev-parse", "HEAD")] + [served.made.commit(f"c{n}") for n in range(2)]
    first = engine.visit(history())
    assert first.outcome is Outcome.OK, first.detail
    asked = len(served.log)
    assert {host for host, _ in served.log} == {"github.com"}
    [following] = first.tasks
    assert (following.params["skip"], following.params["head"], first.cursor) == (2, shas[-1], {})
    second = engine.visit(following)
    assert (second.cursor, len(served.log), second.counted) == (
        {"lab/engine": shas[-1]},
        asked,
        {"commits": 1},
    )
    assert [
        record.id.rpartition("@")[2]
        for visit in (first, second)
        for record in visit.records
        if record.type == "work"
    ] == shas
    assert all(record.paths == () for record in first.records if record.type == "work")
    assert engine.visit(history(cursor=shas[-1])).outcome is Outcome.UNCHANGED
    new = served.made.commit("New")
    assert engine.visit(history(cursor=shas[-1])).cursor == {"lab/engine": new}


def test_a_git_that_looks_names_up_again_fetches_nothing(monkeypatch, tmp_path):
    assert gitrun.version() >= (2, 0)
    monkeypatch.setattr(gitrun, "version", lambda: (2, 34))
    remote = Remote(url="https://github.com/a/b", resolved="github.com:443:203.0.113.9")
    with pytest.raises(SourceRefused, match=r"git 2\.34 .* update it"):
        git.fetch(remote, tmp_path / "m", trees=False)
    assert not (tmp_path / "m").exists()


def test_what_a_killed_fetch_left_behind_is_cleared(engine, served):
    served.made.commit("One")
    engine.visit(history())
    [mirror] = (engine.kit.home / "mirrors").iterdir()
    left = [
        mirror / "refs" / "sourcer" / "head.lock",
        mirror / "objects" / "pack" / "tmp_pack_x",
        mirror / "config.lock",
    ]
    for path in left:
        path.write_bytes(b"half")
    new = served.made.commit("Two")
    assert engine.visit(history()).cursor == {"lab/engine": new}
    assert not any(path.exists() for path in left)


def test_paths_are_told_when_asked_for(engine, served):
    served.made.commit("Start", path="engine/core.py")
    visit = engine.visit(history(params={"paths": True}))
    assert [record.paths for record in visit.records if record.type == "work"] == [("engine/core.py",)]


def test_after_a_force_push_only_what_changed_is_told(engine, served):
    one = served.made.commit("One")
    old = served.made.commit("Two")
    engine.visit(history())
    served.made.run("checkout", "-q", "--orphan", "fresh")
    served.made.commit("Rewritten")
    served.made.run("branch", "-M", "fresh", "main")
    visit = engine.visit(history(cursor=old))
    assert [record.title for record in visit.records if record.type == "work"] == ["Rewritten"]
    gone = [record.id.rpartition("@")[2] for record in visit.records if record.type == "gone"]
    assert gone == [one, old]
    served.made.commit("Next")
    after = engine.visit(history(cursor=visit.cursor["lab/engine"]))
    assert [record.type for record in after.records] == ["work", "signal"]


def test_what_an_unfinished_walk_told_is_taken_back_too(engine, served, monkeypatch):
    monkeypatch.setattr(repository, "PAGE_COMMITS", 1)
    first = served.made.commit("One")
    served.made.commit("Two")
    engine.visit(history())  # the second page is never asked for, so there is no cursor
    served.made.run("checkout", "-q", "--orphan", "fresh")
    served.made.commit("Rewritten")
    served.made.run("branch", "-M", "fresh", "main")
    visit = engine.visit(history())
    assert [(record.type, record.id.rpartition("@")[2]) for record in visit.records] == [("gone", first)]


def test_a_rewritten_history_is_told_even_without_the_mirror(engine, served):
    served.made.commit("One")
    old = served.made.commit("Two")
    engine.visit(history())
    for mirror in (engine.kit.home / "mirrors").iterdir():
        shutil.rmtree(mirror)
    who = {"GIT_COMMITTER_NAME": "Mira", "GIT_COMMITTER_EMAIL": "mira@pages.example"}
    served.made.run("commit", "-q", "--amend", "-m", "Two again", **who)
    visit = engine.visit(history(cursor=old))
    assert [(record.type, record.id.rpartition("@")[2] == old) for record in visit.records] == [
        ("gone", True), ("work", False), ("signal", False),
    ]  # fmt: skip


def test_a_quiet_night_costs_one_request_and_no_git(engine, served, monkeypatch):
    head = served.made.commit("One")
    first = engine.visit(history())
    assert first.cost.requests == len(served.log)
    asked = len(served.log)
    monkeypatch.setattr(git, "fetch", None)
    visit = engine.visit(history(cursor=head))
    assert (visit.outcome, visit.cost.requests, len(served.log) - asked) == (Outcome.UNCHANGED, 1, 1)


def test_what_arrives_late_is_told_with_the_night_before(engine, served):
    head = served.made.commit("One")
    first = engine.visit(history())
    assert lines_of(first.page)[0]["since"] is None
    served.made.commit("Two")
    second = engine.visit(history(cursor=head))
    assert lines_of(second.page)[0]["since"] == engine.kit.clock().isoformat()


def test_gone_empty_moved_and_too_large_repositories(engine, served):
    assert (
        engine.visit(
            history(params={"repository": "lab/none"}, url="https://github.com/lab/none.git")
        ).outcome
        is Outcome.GONE
    )
    assert engine.visit(history()).outcome is Outcome.NONE_YET
    served.made.commit("One")
    served.moved["lab/old"] = "lab/engine"
    assert engine.visit(history(params={"repository": "lab/old"})).outcome is Outcome.OK
    mirrors = engine.kit.home / "mirrors"
    before = len(list(mirrors.iterdir()))
    (served.made.path / "noise").write_bytes(os.urandom(300_000))
    served.made.commit("Big")
    engine.max_bytes = 20_000
    assert engine.visit(history(params={"paths": True})).outcome in {Outcome.TOO_LARGE, Outcome.OK}
    for bad in ("../x", "--upload-pack=touch x"):
        assert engine.visit(history(params={"repository": bad})).outcome is Outcome.REFUSED
    assert engine.visit(history(url="https://elsewhere.org/a/b")).outcome is Outcome.REFUSED
    assert len(list(mirrors.iterdir())) <= before + 1


@pytest.mark.parametrize(
    ("said", "outcome", "after_s"),
    [
        ("403 Forbidden", Outcome.REFUSED, None),  # a no to us withdraws nobody's work
        ("403 Forbidden\r\nRetry-After: 90", Outcome.LIMITED, 90.0),
        ("429 Slow\r\nDate: Sun, 22 Nov 2026 02:00:00 GMT\r\nRetry-After: Sun, 22 Nov 2026 02:05:00 GMT",
         Outcome.LIMITED, 300.0),
        ("429 Slow", Outcome.LIMITED, 900.0),
        ("503 Busy", Outcome.BROKEN, None),
        ("404 None", Outcome.GONE, None),
    ],
)  # fmt: skip
def test_what_a_host_of_histories_answers(kit_for, hostile, said, outcome, after_s):
    hostile.scripts["/lab/engine.git/info/refs?service=git-upload-pack"] = (
        f"HTTP/1.1 {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    visit = RepositoryEngine(kit_for(engine="git", hosts=("github.com",))).visit(history())
    assert (visit.outcome, visit.retry_after_s) == (outcome, after_s)


def test_no_variable_reaches_git(engine, served, hostile, monkeypatch, tmp_path):
    marker = tmp_path / "ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f'[url "{hostile.pin}/"]\n\tinsteadOf = https://github.com/\n')
    (tmp_path / ".netrc").write_text("machine github.com login x password y\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, hostile.pin)
    for name in (
        "GIT_SSH_COMMAND",
        "GIT_PROXY_COMMAND",
        "GIT_ASKPASS",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "GIT_EDITOR",
    ):
        monkeypatch.setenv(name, str(script))
    settings = {
        "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(tmp_path / ".gitconfig"),
        "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": f"url.{hostile.pin}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "http", "GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": str(script),
        "GIT_CONFIG_PARAMETERS": f"'core.sshCommand'='{script}'", "GIT_EXEC_PATH": str(tmp_path),
        "GIT_ALLOW_PROTOCOL": "ext:file:ssh", "GIT_DIR": str(tmp_path), "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_TRACE": str(marker), "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/", "GIT_SSL_NO_VERIFY": "1",
    }  # fmt: skip
    served.made.commit("One")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert engine.visit(history(params={"paths": True})).outcome is Outcome.OK
    assert (hostile.log, marker.exists()) == ([], False)


def test_a_mirror_above_its_cap_is_removed(served, tmp_path):
    for number in range(30):
        served.made.commit("x" * 5000 + str(os.urandom(3000)) + str(number))
    mirror = tmp_path / "mirror"
    remote = Remote(url="https://github.com/lab/engine.git", rewrite=served.pin)
    with pytest.raises(TooLarge):
        git.fetch(remote, mirror, trees=False, limits=Limits(max_bytes=20_000))
    assert not mirror.exists()
