"""Theory and practice: two numbers that are never one, and who is above the middle on both."""

import pytest

from sourcing.features.allowed import FEATURES
from sourcing.ranking import axes, specialism
from spiders.records import WorkKind
from storage import intake, persons, scores, search
from storage.engine import Store
from storage.model import Points, Score

PACK = specialism.read(
    "inference",
    {
        "title": "Inference",
        "summary": "Serving engines.",
        "version": 1,
        "look": {"repositories": ["example-org/serving-engine"], "keywords": ["paged attention"]},
        "factors": [
            {"name": "merged_work", "feature": "merged_work", "weight": 60, "half": 12},
            {"name": "papers_on_topic", "feature": "papers_on_topic", "weight": 40, "half": 3},
        ],
    },
    where="inference.toml",
)
EARNED = {1: (0, 30), 2: (0, 40), 3: (10, 0), 4: (30, 20), 5: (30, 50), 6: (20, 45)}  # theory, practice


@pytest.fixture
def ranked(store: Store, make, now, keyer) -> Store:
    """Six people: code alone, papers alone, and three with both, of whom one is above both medians."""
    records = [make.identity(f"github:{number}", name=f"Person{number} Invented") for number in EARNED]
    papers = [
        make.work(
            "arxiv:1", kind=WorkKind.PAPER, title="P", source="arxiv_papers", url="https://papers.example/1"
        )
    ]
    wrote = [make.signal("github:5", "arxiv:1", source="arxiv_papers", id="a1")]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records, *papers, *wrote), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({f"github:{number}"}) for number in EARNED], now, keyer=keyer)
        search.reindex(tx, None)
        made = []
        for number, earned in EARNED.items():
            key = persons.find_by_identity(tx, f"github:{number}").key
            parts = tuple(
                Points(
                    factor=name,
                    feature=name,
                    value=1.0,
                    unit="works",
                    points=float(points),
                    evidence=evidence,
                )
                for name, points, evidence in zip(
                    ("papers_on_topic", "merged_work"),
                    earned,
                    (("a1",) if number == 5 else (), ()),
                    strict=True,
                )
            )
            total = float(sum(earned))
            made.append(
                Score(person=key, specialism="inference", version="inference@1", value=total, lower=total / 2,
                      as_of=now, confidence=0.5, points=parts)
            )  # fmt: skip
        scores.put(tx, "inference", "inference@1", made, None, now)
    return store


def test_both_axes_together_are_the_score_and_apart_they_stay(ranked: Store) -> None:
    with ranked.read() as tx:
        plane = axes.plane(tx, PACK)
        for one in plane.people:
            assert one.theory + one.practice == pytest.approx(
                scores.get(tx, one.person, "inference").value, abs=1e-9
            )
    assert sorted((one.theory, one.practice) for one in plane.people) == sorted(EARNED.values())
    assert max(one.theory_share for one in plane.people) == pytest.approx(30 / 40)


def test_a_bridge_is_above_the_middle_of_both(ranked: Store) -> None:
    with ranked.read() as tx:
        plane = axes.plane(tx, PACK)
        (bridge,) = plane.bridges()
        theory, practice = axes.sides(tx, bridge.person, "inference")
    assert (plane.theory_median, plane.practice_median) == (25.0, 40.0)
    assert (bridge.theory, bridge.practice) == (30, 50)
    assert theory.links == ("https://code.example/1",) and theory.latest is not None
    assert practice == axes.Side(latest=None, links=())


def test_every_feature_is_on_one_of_the_axes() -> None:
    parts = [Points(factor=name, feature=name, value=1.0, unit="u", points=1.0) for name in FEATURES]
    theory, practice = axes.split(parts)
    assert theory > 0 and practice > 0 and theory + practice == len(FEATURES)
