"""TRUST T24–T27: pages of a history on this disk, and the names, addresses and mirrors that are refused."""

from datetime import UTC, datetime

import pytest
from histories import NOW, PEPPER, lines_of

from spiders import git
from spiders.engines import repository
from spiders.engines.repository import local_pages
from spiders.errors import SourceChanged, SourceRefused
from spiders.gitrun import Remote


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
    assert fused["trailers"][0][1] | {"digest": None, "mailbox": None} == {
        "name": "Ota", "digest": None, "account": "github:7", "login": "ota", "shared": False, "machine": False,
        "mailbox": None,
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
