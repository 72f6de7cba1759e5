"""Chips and text are one query: what is done to a chip is what somebody would have typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sourcing.errors import BadQuery
from sourcing.query import chips, parse
from sourcing.query.chips import Need
from sourcing.query.mend import mended
from storage.query import FieldName


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (
            'pytorch AND (vllm OR "tensor rt"~2) loc:London -in:crm new:',
            [
                (Need.MUST, "pytorch"),
                (Need.ANY, 'vllm OR "tensor rt"~2'),
                (Need.MUST, "loc:London"),
                (Need.NOT, "in:crm"),
                (Need.MUST, "new:"),
            ],
        ),
        ("a OR b c", [(Need.ANY, "a OR b c")]),
        ("(a OR b) OR c", [(Need.ANY, "(a OR b) OR c")]),
        ("-(a b) NOT x", [(Need.NOT, "a b"), (Need.NOT, "x")]),
        ("tag:OR stage:new", [(Need.MUST, "tag:OR"), (Need.MUST, "stage:new")]),
    ],
)
def test_a_chip_is_a_part_that_has_to_hold(text: str, expected: list[tuple[Need, str]]) -> None:
    assert [(chip.need, chip.label) for chip in chips.read(text)] == expected


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("cuda hub:london", "toronto", "cuda (hub:london OR hub:toronto)"),
        ("cuda (hub:london OR hub:toronto)", "london", "cuda hub:toronto"),
        ("cuda hub:london", "london", "cuda"),
        ("a OR b", "new york", '(a OR b) hub:"new york"'),
        ("-hub:london", "london", "-hub:london hub:london"),
    ],
)
def test_values_of_one_facet_are_alternatives(before: str, value: str, after: str) -> None:
    assert chips.toggled(before, FieldName.HUB, value) == after


def test_adding_never_changes_what_was_asked_before() -> None:
    assert chips.added("a OR b", "x OR y") == "(a OR b) (x OR y)"
    assert chips.added("a", "x y", need=Need.NOT) == "a -(x y)"
    assert chips.added("a x", "x") == "a x"
    assert chips.either("a b", "c") == "a (b OR c)"
    assert chips.either("a (b OR c) -d", "e f") == "a (b OR c OR (e f)) -d"
    assert chips.without("a (b OR c) -d", 1) == "a -d"


_PARTS = some.sampled_from(
    [
        '"two words"',
        "kernels",
        "tag:OR",
        "hub:london",
        "-in:crm",
        "(a OR b)",
        "NOT x",
        "score:>=70",
        "new:",
        "begin*",
    ]
)


@given(some.lists(_PARTS, max_size=6), some.sampled_from(["x OR y", "-z", "level:mid", "(p q)"]))
def test_chips_put_together_are_the_query(parts: list[str], more: str) -> None:
    text = " ".join(parts)
    assert " ".join(chip.text for chip in chips.read(text)) == text
    longer = chips.added(text, more)
    parse(longer)
    known = [chip.text for chip in chips.read(text)]
    assert [chip.text for chip in chips.read(longer)][: len(known)] == known
    for field, value in ((FieldName.HUB, "toronto"), (FieldName.LEVEL, "mid")):
        assert value in chips.chosen(chips.toggled(text, field, value), field)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("skil:cuda x", "skill:cuda x"),
        ('kernels "paged', 'kernels "paged"'),
        ("(a OR b", "(a OR b)"),
        ("a OR", "a"),
        ("a AND AND b", 'a AND "AND" b'),
    ],
)
def test_a_query_that_cannot_be_read_has_a_nearest_one_that_can(text: str, expected: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse(text)
    found = mended(text, error.value)
    assert found == expected
    parse(found)
