"""Briefs in plain words: what the rules make of them, and what they hand back."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sourcing import brief
from sourcing.query import parse

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def words() -> brief.Words:
    return brief.known([Path(__file__).resolve().parents[2] / "config"])


@pytest.mark.parametrize(
    ("text", "query", "specialism"),
    [
        (
            "senior CUDA kernel engineer in London who also publishes, not at Example Labs",
            '-org:"Example Labs" hub:london level:senior has:papers skill:cuda',
            "kernels-compilers",
        ),
        (
            "Staff or principal inference engineer, Berlin or Zurich, strong C++, active in the last 6 months",
            "(hub:berlin OR hub:zurich) level:staff active:2026-05-27.. skill:cpp",
            "inference-performance",
        ),
        (
            "trains reward models with PyTorch in the SF Bay Area, not from Orbit Labs or Example Works",
            '-org:"Orbit Labs" -org:"Example Works" hub:"sf bay area" skill:pytorch',
            "post-training",
        ),
        ("at least senior, based in Germany", "country:de (level:senior OR level:staff OR level:lead)", None),
        ("Toronto-based, gives talks and blogs", "hub:toronto has:talks has:posts", None),
        ("currently at Example Labs, public email", 'org:"Example Labs" has:published-email', None),
        ("Rust without java", "-lang:java skill:rust", None),
        ("", "", None),
    ],
)
def test_a_brief_becomes_the_query_a_recruiter_would_write(
    text: str, query: str, specialism: str | None, words: brief.Words
) -> None:
    reading = brief.read(text, words, today=TODAY)
    assert (reading.query, reading.specialism) == (query, specialism)
    parse(reading.query)


@pytest.mark.parametrize(
    ("text", "specialism"),
    [
        ("senior engineer, not at Quietfield AI", None),
        ("at Quantum Robotics, blogs", None),
        ("engineer from Speech Works", None),
        ("engineer from Speech Works for retrieval-augmented generation", "llm-rag-agents"),
        ("CUDA kernel engineer, not from Orbit Speech or Quietfield AI", "kernels-compilers"),
        ("senior AI engineer", None),
        ("AI product lead", "ai-product"),
    ],
)
def test_an_employer_called_after_a_topic_chooses_no_specialism(
    text: str, specialism: str | None, words: brief.Words
) -> None:
    assert brief.read(text, words, today=TODAY).specialism == specialism


def test_every_chip_says_which_words_it_was_made_of(words: brief.Words) -> None:
    text = "senior Triton developer near Paris who reviews code, not at Orbit"
    for chip in brief.read(text, words, today=TODAY).chips:
        assert chip.said
        assert all(part in text for part in chip.said.split(", "))


def test_words_no_rule_understands_are_handed_back(words: brief.Words) -> None:
    reading = brief.read("senior zorgle of the flimflam in Nowhereville", words, today=TODAY)
    assert reading.query == "level:senior"
    assert reading.left == ("zorgle", "flimflam", "Nowhereville")


def test_a_place_of_several_meanings_is_searched_as_written(words: brief.Words) -> None:
    assert brief.read("engineer in Cambridge", words, today=TODAY).query == "loc:Cambridge"


@given(st.text(alphabet="abIN ot,.-+\"'()*:~ \\\n\x00é森", max_size=80))
@example('at":"')
def test_whatever_a_brief_says_its_query_can_be_read(text: str) -> None:
    reading = brief.read(text, brief.Words(specialisms={}, skills={}, place=lambda _: None), today=TODAY)
    assert parse(reading.query) is not None
