"""One source's file: overlays, and one sentence for whatever is wrong with it."""

import pytest

from spiders.errors import SourceChanged
from spiders.spec import load_spec

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
