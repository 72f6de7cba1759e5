"""The table above a post: one shape is read, everything else is refused, and nothing takes long."""

import contextlib

import pytest
from costs import cost_s

from spiders.clients import frontmatter
from spiders.errors import SkipRecord


def table(inner):
    return frontmatter.read(f"---\n{inner}\n---\nbody\n")


@pytest.mark.parametrize(
    ("inner", "read"),
    [
        ("a: plain:text#1\n  goes on", {"a": "plain:text#1 goes on"}),
        ("a: 'it''s\n  two\n\n  paragraphs'", {"a": "it's two\nparagraphs"}),
        ('a: "\\u0141 \\"x\\" \\\n  \\ y"', {"a": 'Ł "x"  y'}),
        ("a: |-\n  one\n  two", {"a": "one\ntwo"}),
        ("a: >\n  one\n  two\n\n  three", {"a": "one two\nthree"}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: No\nb: 0x10\nc: '202'", {"a": "No", "b": "0x10", "c": "202"}),
        ("a: []\nb:\n- x\n- y", {"a": [], "b": ["x", "y"]}),
        ("a:\n- b: 1\n  c: 2\n- b: 3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a:\n  b:\n  - 1\n  - 2\n# remark\nc: d", {"a": {"b": ["1", "2"]}, "c": "d"}),
        ("a: line\u2028separator\u0085kept", {"a": "line\u2028separator\u0085kept"}),
    ],
)
def test_the_shapes_of_posts_are_read(inner, read):
    assert table(inner) == read


@pytest.mark.parametrize(
    "inner",
    [
        "", "just text", "a: &x 1", "a: *x", "a: !!python/object x", "a: {b: c}", "a: [b]", "a: 'open", 'a: "open',
        "a: 'x' y", 'a: "\\q"', "a: 1\na: 2", "a: b: c", "a: b # c", "a: 1\n   b: 2\n c: 3", "? a\n: b", "\ta: 1",
        "a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n       h: 1",
    ],
)  # fmt: skip
def test_any_other_shape_is_refused(inner):
    with pytest.raises(SkipRecord, match="front matter"):
        table(inner)


@pytest.mark.parametrize("text", ["", "a: 1", "---\na: 1\n", "--- \n---x"])
def test_a_text_without_a_table_is_refused(text):
    with pytest.raises(SkipRecord):
        frontmatter.read(text)


@pytest.mark.parametrize(
    "inner",
    ["a: '" + "x\n  " * 4_900, 'a: "' + "\\\\\n  " * 4_900, "a: '" + "''" * 50_000, "a: b\n" + "  c\n" * 4_900,
     "a:\n" + "- b\n" * 4_900, 'a: "' + "\\" * 50_000, "a" * 50_000],
)  # fmt: skip
def test_near_misses_take_no_time(inner):
    def read() -> None:
        with contextlib.suppress(SkipRecord):
            table(inner)

    assert cost_s(read, enough_s=0.5) <= 0.5
