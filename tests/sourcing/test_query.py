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
        ("score:>70", Range(name=RangeName.SCORE, low=70.0, above=True)),
        ("confidence:<0.5", Range(name=RangeName.CONFIDENCE, high=0.5, below=True)),
        ("seen:..2026-11-01", Range(name=RangeName.SEEN, high=date(2026, 11, 1))),
        (
            "-in:crm new:",
            And(parts=(Not(part=Field(name=FieldName.IN, value="crm")), Range(name=RangeName.NEW))),
        ),
        ("new:yes", Range(name=RangeName.NEW)),
        ('"tensor rt"~2', Words(text="tensor rt", within=2)),
        ('"tensor r"*', Words(text="tensor r", phrase=True, prefix=True)),
        ('evidence:"a b"~3', Field(name=FieldName.EVIDENCE, value="a b", phrase=True, within=3)),
        ("has:published-email", Field(name=FieldName.HAS, value="published-email")),
        ("lang:c++", Field(name=FieldName.LANG, value="c++")),
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
        ("score:80..60", 7, "write score:60..80"),
        ("confidence:70", 12, "outside 0–1"),
        ("confidence:high", 12, "write confidence:>=0.5"),
        ("new:never", 5, "is no date"),
        ("in:role", 4, "or list:role"),
        ("contacted:perhaps", 11, "yes or no"),
        ('tag:"a b"~2', 5, "leave out ~2"),
        ('"a b"~99', 6, "write ~50 at most"),
        ("lang:(cuda OR c)", 6, "(lang:one OR lang:other)"),
        ("lvl:senior", 1, "did you mean level:?"),
        ("a\x00b", 2, "remove it"),
        ("AND a", 1, '"AND"'),
        ("source:--", 8, "behind the colon"),
        ("a AND", 6, "the end"),
        ("score:", 7, "needs a value"),
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


def test_a_skill_is_a_language_a_framework_a_target_or_words_of_works() -> None:
    named = [
        Field(name=field, value="cuda") for field in (FieldName.LANG, FieldName.FRAMEWORK, FieldName.TARGET)
    ]
    assert parse("skill:cuda") == Or(parts=(*named, Field(name=FieldName.EVIDENCE, value="cuda")))


@given(st.text(alphabet="ab():-\"*~ .<>='%;ORANDname\x00\ud800²", max_size=60))
def test_any_text_is_a_query_or_a_bad_query_that_says_where_and_what_instead(text: str) -> None:
    try:
        parse(text)
    except BadQuery as error:
        assert 1 <= error.column <= len(text) + 1
        assert "; " in str(error)
