"""Sentences from stored points and evidence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sourcing.features.allowed import FEATURES
from sourcing.ranking import specialism, why
from sourcing.ranking.score import points as earn
from spiders.records import SignalKind, WorkKind
from storage.model import Evidence, Points

AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
FACTORS = (
    ("Systems code", "merged_work", 28, 10),
    ("Steady work", "steadiness", 12, 6),
    ("Review and merging", "review_work", 25, 8),
    ("Owned areas", "areas", 10, 2),
    ("Breadth", "repositories", 5, 1.5),
    ("Publications", "papers_on_topic", 15, 0.5),
    ("Years of writing", "paper_years", 5, 1.5),
)
CHOSEN = specialism.read(
    "inference",
    {
        "title": "Inference",
        "summary": "Serves models.",
        "version": 1,
        "look": {"keywords": ["KV cache"]},
        "factors": [
            dict(zip(("name", "feature", "weight", "half"), factor, strict=True)) for factor in FACTORS
        ],
    },
    where="inference.toml",
)


def evidence(signal: str, work: str, days: float, **over: object) -> Evidence:
    found = Evidence(
        signal=signal,
        identity="github:1",
        kind=SignalKind.AUTHORED,
        work=work,
        work_kind=WorkKind.PULL_REQUEST,
        title="Fuse int8 attention",
        url=f"https://example.org/{signal}",
        occurred_at=AS_OF - timedelta(days=days),
        value=1.0,
        unit="items",
        note=None,
        venue=None,
        published_on=None,
        source="github_pulls",
    )
    return replace(found, **over)  # type: ignore[arg-type]


def points(**values: float | None) -> list[Points]:
    out = []
    for factor in CHOSEN.factors:
        value = values.get(factor.feature)
        earned = 0.0 if value is None else earn(value, weight=factor.weight, half=factor.half)
        shown = ("s1", "s2", "s3") if value else ()
        unit = FEATURES[factor.feature].unit
        out.append(
            Points(
                factor=factor.name,
                feature=factor.feature,
                value=value,
                unit=unit,
                points=earned,
                evidence=shown,
            )
        )
    return out


PROOF = [
    evidence("s1", "github:example-org/serving-engine#12", 3),
    evidence("s2", "github:example-org/serving-engine#9", 40),
    evidence("s3", "git:other-org/cache@abc", 400),
]


def test_the_strongest_factor_speaks_first_and_names_place_and_freshness() -> None:
    first, second = why.sentences(points(merged_work=23.4, review_work=2.0), PROOF, AS_OF)
    assert first == (
        "3 merged changes on topic in example-org/serving-engine and other-org/cache, latest 3 days ago (20)"
    )
    assert second.startswith("3 changes of other people reviewed or merged in") and second.endswith("(5)")


def test_a_sentence_counts_what_can_be_opened() -> None:
    """A decayed value such as 8.8 is no number of changes; kept evidence is, up to the limit it is kept to."""
    many = [evidence(f"s{number}", f"github:org-{number % 3}/a#{number}", number) for number in range(50)]
    (part,) = (one for one in points(merged_work=8.8) if one.feature == "merged_work")
    for count, says in (
        (1, "1 merged change on topic in org-0/a, "),
        (50, "50 or more merged changes on topic"),
    ):
        shown = replace(part, evidence=tuple(item.signal for item in many[:count]))
        (sentence,) = why.sentences([shown], many, AS_OF)
        assert sentence.startswith(says)
    assert " in org-0/a, org-1/a and others, latest today" in sentence


def test_a_paper_is_placed_by_venue_and_dated_by_publication() -> None:
    paper = evidence(
        "s1",
        "arxiv:2611.00001",
        5,
        work_kind=WorkKind.PAPER,
        venue="MLSys 2026",
        published_on=date(2026, 5, 1),
    )
    (sentence,) = why.sentences(points(papers_on_topic=1.2), [paper], AS_OF)
    assert "in MLSys 2026, latest 6 months ago" in sentence


def test_a_release_is_placed_by_its_project_whatever_its_tag() -> None:
    part = Points(
        feature="releases", factor="Releases", value=2.0, unit="", points=4.0, evidence=("s1", "s2")
    )
    proof = [
        evidence(f"s{n}", f"github:lab/kiln:release:{tag}", 9) for n, tag in ((1, "v1.0"), (2, "oven@2.0"))
    ]
    (sentence,) = why.sentences([part], proof, AS_OF)
    assert sentence.startswith("2 releases published in lab/kiln, latest 9 days ago")


@pytest.mark.parametrize(
    ("days", "says"),
    [(0, "today"), (1, "1 day ago"), (59, "59 days ago"), (61, "2 months ago"), (800, "2 years ago")],
)
def test_ages_are_told_in_words(days: int, says: str) -> None:
    (sentence,) = why.sentences(points(merged_work=9.0), [evidence("s1", "github:a/b#1", days)], AS_OF)
    assert f"latest {says} (" in sentence


def test_the_same_measured_twice_says_for_which_factor() -> None:
    own = points(merged_work=9.0)
    both = [*own, *(replace(part, factor=f"Health: {part.factor}", points=part.points / 2) for part in own)]
    first, second = why.sentences(both, [evidence("s1", "github:a/b#1", 3)], AS_OF)
    assert first.startswith("Systems code: 3 merged changes") and second.startswith(
        "Health: Systems code: 3 merged"
    )


def test_what_counts_in_the_other_order_only_is_no_miss() -> None:
    current = [replace(part, points=0.0, rising=20.0) for part in points(merged_work=9.0)]
    assert why.misses(current) == []


def test_unknown_is_said_apart_from_nothing() -> None:
    said = why.misses(points(merged_work=20, papers_on_topic=0))
    assert "Publications: nothing on topic" in said
    assert "Review and merging: not observed" in said
    assert not any("Systems code" in text for text in said)
    little = [replace(part, points=0.2) for part in points(papers_on_topic=0.01)]
    assert "Publications: nothing on topic" not in why.misses(little), "there is something, if little"


def test_what_would_change_the_score_is_the_largest_gain_first() -> None:
    said = why.changes(CHOSEN, points(merged_work=200, steadiness=30, papers_on_topic=0))
    assert len(said) == why.CHANGES_MAX
    assert said[0] == "no evidence was seen for Review and merging (up to +25)"
    assert not any("Systems code" in text for text in said), "saturated: more of it changes little"


def test_a_factor_that_was_renamed_since_the_ranking_is_passed_over() -> None:
    old = [replace(part, factor=f"Old {part.factor}") for part in points(merged_work=2.0)]
    assert why.changes(CHOSEN, old) == []
