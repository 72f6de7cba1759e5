"""One source's file: overlays, and one sentence for whatever is wrong with it."""

import pytest

from spiders.errors import SourceChanged
from spiders.records import Task
from spiders.spec import load_spec, missing_secrets, started

TEXT = """
title = "Plain"
reader = "plain"
engine = "api"
home = "https://api.example/docs"
terms = "https://api.example/terms"
purpose = "tests"
basis = "none"
balance = "invented people"
requests_per_hour = 60
requests_per_run = 10
[expect]
signals_min = 5
[seeds]
pages = ["https://api.example/1"]
"""


def test_a_file_laid_over_another_changes_only_what_it_names(tmp_path):
    base, over = tmp_path / "plain.toml", tmp_path / "over.toml"
    base.write_text(TEXT)
    over.write_text("requests_per_hour = 7\n[expect]\nunreadable_max = 0.5\n[seeds]\npages = []\n")
    spec = load_spec(base, over, tmp_path / "missing.toml")
    assert (spec.name, spec.requests_per_hour, spec.requests_per_run) == ("plain", 7, 10)
    assert (spec.expect.signals_min, spec.expect.unreadable_max, spec.seeds) == (5, 0.5, {"pages": []})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda text: text + "colour = 1\n[more]\n", "more"),
        (lambda text: text.replace('engine = "api"', 'engine = "browser"'), "engine"),
        (lambda text: text.replace("requests_per_hour = 60", "requests_per_hour = 0"), "requests_per_hour"),
        (lambda text: text.replace('purpose = "tests"', 'purpose = ""'), "purpose"),
        (lambda text: text.replace('basis = "none"\n', ""), "basis"),
        (lambda text: text + '[auth]\nsecret = "GITHUB_TOKEN"\n', "auth.secret"),
        (
            lambda text: text + '[auth]\nsecret = "SOURCER_KEY"\nscheme = "query"\n',
            "auth: scheme 'query' needs `name`",
        ),
        (lambda text: text + '[auth]\nsecret = "SOURCER_KEY"\nscheme = "login"\n', "needs `user` and `url`"),
        (
            lambda text: text + '[auth]\nsecret = "SOURCER_KEY"\nuser = "SOURCER_ME"\n',
            "needs `user` and `url`",
        ),
        (lambda text: text + '[auth]\nsecret = "SOURCER_KEY"\ntoken = "x"\n', "auth.token"),
        (lambda text: "accept = true\n" + text, "sourcer source enable plain --accept-terms"),
        (lambda text: text[:30], "plain.toml"),
        (lambda text: None, "plain.toml"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path, change, named):
    path = tmp_path / "plain.toml"
    if (text := change(TEXT)) is not None:
        path.write_text(text)
    with pytest.raises(SourceChanged, match=r"plain\.toml") as caught:
        load_spec(path)
    assert named in str(caught.value) and "\n" not in str(caught.value)


def test_a_source_whose_terms_want_accepting_is_off_until_the_operator_did(tmp_path):
    base, over = tmp_path / "plain.toml", tmp_path / "over.toml"
    base.write_text("accept = true\nenabled = false\n" + TEXT)
    assert not load_spec(base).enabled
    over.write_text("enabled = true\n")
    with pytest.raises(SourceChanged, match=r"read https://api\.example/terms and accept them"):
        load_spec(base, over)
    over.write_text("enabled = true\naccepted_on = 2026-11-22\n")
    spec = load_spec(base, over)
    assert (spec.enabled, str(spec.accepted_on)) == (True, "2026-11-22")


@pytest.mark.parametrize(
    ("auth", "known", "missing"),
    [
        ("", {}, ()),
        ('[auth]\nsecret = "SOURCER_KEY"\n', {}, ("SOURCER_KEY",)),
        ('[auth]\nsecret = "SOURCER_KEY"\n', {"SOURCER_KEY": "x"}, ()),
        ('[auth]\nsecret = "SOURCER_KEY"\nrequired = false\n', {}, ()),
        (
            '[auth]\nsecret = "SOURCER_KEY"\nuser = "SOURCER_ME"\nscheme = "login"\nurl = "https://api.example/login"\n',
            {"SOURCER_KEY": "x"},
            ("SOURCER_ME",),
        ),
    ],
)
def test_what_a_source_cannot_be_asked_without_is_named(tmp_path, auth, known, missing):
    path = tmp_path / "plain.toml"
    path.write_text(TEXT + auth)
    assert missing_secrets(load_spec(path), known.get) == missing


def test_a_reader_may_serve_several_sources(tmp_path, reader):
    path = tmp_path / "second.toml"
    path.write_text(TEXT)
    spec = load_spec(path)
    [task] = started(spec, reader, reader.Seeds(pages=["https://api.example/1"]), {})
    assert task == Task(source="second", kind="list", url="https://api.example/1")
