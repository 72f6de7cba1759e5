"""What a cluster is told means there what it means here; what runs on one is compared by `make spark-test`."""

import sys
from pathlib import Path

import pytest

from sourcing.analytics.dialect import java_pattern
from sourcing.analytics.engine import Analytics, connect
from sourcing.analytics.words import Words
from sourcing.errors import ConfigError


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a_l[1] = 'x'", "SUBSTRING(a_l, 1, 1) = 'x'"),  # a letter of a text
        ("len(words_l) > length(a_r)", "SIZE(words_l) > LENGTH(a_r)"),
        ("list_has_any(words_l, words_r)", "ARRAYS_OVERLAP(words_l, words_r)"),
        ("list_has_all(words_l, words_r)", "SIZE(ARRAY_EXCEPT(words_r, words_l)) = 0"),
        ("len(list_intersect(words_l, words_r))", "SIZE(ARRAY_INTERSECT(words_l, words_r))"),
        (
            "[a || word for word in words if length(word) > 2]",
            "TRANSFORM(FILTER(words, word -> LENGTH(word) > 2), word -> a || word)",
        ),
        (
            "list_sum(list_intersect(words_l, words_r))",
            "IF(SIZE(ARRAY_INTERSECT(words_l, words_r)) > 0, AGGREGATE(ARRAY_INTERSECT(words_l, words_r), "
            "CAST(0 AS BIGINT), (x, y) -> x + y), NULL)",
        ),
        ("n * (n - 1) // 2", "n * (n - 1) DIV 2"),
    ],
)
def test_a_condition_is_said_in_sparks_words(ours: str, theirs: str) -> None:
    words = Words(["words"])
    assert words.of(words.read(ours)) == theirs


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (r"^a.*b$", r"(?d)^a.*b\z"),  # Java's $ is also before a last newline
        (r"[$]\$", r"(?d)[$]\$"),
        (r"(?mi)\.md$", r"(?d)(?mi)\.md$"),
    ],
)
def test_a_pattern_means_the_same_in_java(ours: str, theirs: str) -> None:
    assert java_pattern(ours) == theirs


def test_without_pyspark_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyspark", "pyspark.errors"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=r"sourcing\[spark\]"):
        connect(Analytics(engine="spark"), spill=tmp_path)


def test_a_master_is_an_address_that_spark_knows() -> None:
    with pytest.raises(ValueError, match="master"):
        Analytics(master="http://example.org")
