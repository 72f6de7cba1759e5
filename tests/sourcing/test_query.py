"""The query language: what it finds, and where it points when it cannot read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.errors import BadQuery
from sourcing.query import parse
from storage.query import And, Field, FieldName, Not, Or, Range, RangeName, Words


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(parts=())),
        ("kernels", Words(text="kernels")),
        ("quant*", Words(text="quant", prefix=True)),
        ('"paged attention"', Words(text="paged attention", phrase=True)),
        ("a b", And(parts=(Words(text="a"), Words(text="b")))),
        ("a AND b", And(parts=(Words(text="a"), Words(text="b")))),
        ("a OR b c", Or(parts=(Words(text="a"), And(parts=(Words(text="b"), Words(text="c")))))),
        ("(a OR b) -c", And(parts=(Or(parts=(Words(text="a"), Words(text="b"))), Not(part=Words(text="c"))))),
        ("NOT spec:post-training", Not(part=Field(name=FieldName.SPEC, value="post-training"))),
        ('org:"two words"', Field(name=FieldName.ORG, value="two words", phrase=True)),
        ("score:>=70", Range(name=RangeName.SCORE, low=70.0)),
        ("score:60..80", Range(name=RangeName.SCORE, low=60.0, high=80.0)),
        ("active:2026-01-01..", Range(name=RangeName.ACTIVE, low=date(2026, 1, 1))),
        ("text-generation", Words(text="text-generation")),
        ("名前", Words(text="名前")),
    ],
)
def test_queries_read_as_people_mean_them(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("(kernels", 1, "close it with )"),
        ("kernels)", 8, "remove it"),
        ('a "b', 3, "without its partner"),
        ("nme:ana", 1, "did you mean name:?"),
        ("a score:abc", 9, "'abc' is no number"),
        ("score:nan", 7, "outside 0–100"),
        ("active:yesterday", 8, "is no date"),
        ("active:..", 8, "has no end"),
        ("score:>70", 7, "write >="),
        ("a AND", 6, "the end"),
        ("score:", 7, "needs a value"),
        ('a "b c"~3', 8, "leave out ~3"),
        ("(" * 30 + "a", 22, "levels of brackets"),
        ("hidden:maybe", 8, "yes, no or all"),
        ("a " * 600, 201, "more than 100 parts"),
        ("a" * 3000, 2001, "longer than"),
    ],
)
def test_errors_point_to_the_column_and_say_what_to_write(text: str, column: int, words: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(text)
    assert caught.value.column == column
    assert words in str(caught.value)


@given(st.text(alphabet="ab():-\"*~ .<>='%;ORANDname", max_size=60))
def test_any_text_is_a_query_or_a_bad_query(text: str) -> None:
    try:
        parse(text)
    except BadQuery as error:
        assert 1 <= error.column <= len(text) + 1
