"""SOURCES §2.3: histories of a host, fetched, paged, continued, and told again after a force-push."""

import os
import shutil

import pytest
from histories import history, lines_of

from spiders import git, gitrun
from spiders.engines import repository
from spiders.engines.repository import RepositoryEngine
from spiders.errors import SourceRefused
from spiders.gitrun import Limits, Remote, TooLarge
from spiders.records import Outcome


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
