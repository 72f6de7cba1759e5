"""An overlay earns its points for people of the pack, and for nobody else; an unranked pack orders nobody."""

from dataclasses import replace
from pathlib import Path

import pytest
from snapshots import AS_OF, World, by_person, pack

from sourcing.ranking import score, specialism

FIELD = {
    "title": "Health",
    "summary": "Medicine.",
    "version": 1,
    "look": {"repositories": ["example-org/clinic"], "keywords": ["clinical trial"]},
    "factors": [{"name": "Health: code", "feature": "merged_work", "weight": 25, "half": 5}],
}
BOTH = specialism.with_overlay(pack(), "health", FIELD, where="health.toml")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    for days in (10, 40, 70, 100):
        for person in ("p_both", "p_pack"):
            world.change(person, days=days)
        for person in ("p_both", "p_field"):
            world.change(person, days=days, repo="example-org/clinic", title="Match patients to wards")
    return world.write(tmp_path_factory.mktemp("overlay"))


@pytest.mark.slow
def test_evidence_of_the_field_earns_points_for_people_of_the_pack_only(evidence: Path) -> None:
    alone, both = score.evaluate_all(evidence, [pack(), BOTH], as_of=AS_OF, spill=evidence / "spill")
    scores, plain = by_person(both), by_person(alone)
    assert set(scores) == {"p_both", "p_pack"}
    of_field = {
        key: next(part for part in one.points if part.factor == "Health: code") for key, one in scores.items()
    }
    assert of_field["p_both"].points > 0 == of_field["p_pack"].points
    assert len(of_field["p_both"].evidence) == 4 and of_field["p_pack"].evidence == ()
    assert scores["p_both"].value > scores["p_pack"].value
    assert plain["p_both"].value == plain["p_pack"].value, "the pack alone knows nothing of the field"
    for one in scores.values():
        assert sum(part.points for part in one.points) == pytest.approx(one.value, abs=1e-9)
        own = [part.points for part in one.points if part.factor != "Health: code"]
        assert sum(own) == pytest.approx(plain[one.person].value * 0.75)


@pytest.mark.slow
def test_who_is_not_ranked_is_listed_by_key(evidence: Path) -> None:
    ranking = score.evaluate(evidence, replace(pack(), ranked=False), as_of=AS_OF, spill=evidence / "spill")
    assert [one.person for one in ranking.scores] == ["p_both", "p_pack"]
    assert all(one.listed and one.value > 0 and one.lower == one.confidence == 0 for one in ranking.scores)
