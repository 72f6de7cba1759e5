"""Versions that a mirror's tags mark: who tagged which, and that a plain name for a commit releases nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from spiders.engines.tags import tag_pages
from spiders.errors import SourceChanged
from spiders.records import Task
from spiders.redact import Pepper
from spiders.sandbox import label_for, read_page
from spiders.sources import git_history
from spiders.spec import load_spec

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
DAY_S = 86_400


def tag(made, name, *, by="Zoe Quist", mail="7+zq@users.noreply.github.com", days=10):
    at = f"{int(NOW.timestamp()) - days * DAY_S} +0000"
    who = {"GIT_COMMITTER_NAME": by, "GIT_COMMITTER_EMAIL": mail, "GIT_COMMITTER_DATE": at}
    made.run("tag", "-a", name, "-m", "Out", **who)


def pages(made, until=None):
    return list(tag_pages(made.path, "lab/engine", until=until, pepper=Pepper(b"p" * 32), fetched_at=NOW))


def told(page):
    label = label_for(load_spec(ROOT / "config" / "sources" / "git_history.toml"), git_history)
    return read_page(git_history, label, Task(kind="import", url=page.url), page)


def test_annotated_versions_are_releases_of_who_tagged_them(made):
    made.commit("Begin")
    assert pages(made) == []
    made.run("tag", "v0.1.0")
    tag(made, "v1.0.0", days=20)
    tag(made, "v1.1.0rc1")
    tag(made, "runner/v2.0")
    tag(made, "before-the-move")
    tag(made, "v9.0.0", days=-3)
    tag(made, "v1.1.0", by="shipit[bot]", mail="9+shipit[bot]@users.noreply.github.com")
    [page] = pages(made)
    assert b"users.noreply" not in page.body
    reading = told(page)
    found = {one.work: (one.note, one.occurred_at.date()) for one in reading.records if one.type == "signal"}
    release = "github:lab/engine:release:"
    assert found == {
        f"{release}v1.0.0": (None, date(2026, 11, 2)),
        f"{release}v1.1.0rc1": ("prerelease", date(2026, 11, 12)),
        f"{release}runner/v2.0": (None, date(2026, 11, 12)),
    }
    assert reading.counted == {"machine_release": 1}
    claims = {(one.kind, one.right) for one in reading.records if one.type == "claim"}
    assert claims == {("noreply", "github:7")}, "the tagger is an author line as any other"


def test_later_tags_are_left_out_and_a_page_cut_short_is_refused(made):
    made.commit("Begin")
    tag(made, "v1.0.0", days=20)
    tag(made, "v1.1.0", days=10)
    [page] = pages(made, until=datetime(2026, 11, 5, tzinfo=UTC))
    assert page.body.count(b'"tag"') == 1
    cut = page.__class__(
        **{name: getattr(page, name) for name in page.__slots__} | {"body": page.body.splitlines()[0]}
    )
    with pytest.raises(SourceChanged):
        told(cut)
