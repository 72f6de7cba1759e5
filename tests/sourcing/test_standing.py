"""What a model joined stands: strangers of the name part nobody, certain evidence and people do."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from identities import NOW, identity, judged, known

from sourcing.resolve import models, namesakes
from sourcing.resolve.clusters import cluster
from sourcing.resolve.decide import Decided, decide
from sourcing.resolve.linkage import Limits
from sourcing.resolve.mentions import of_identities
from sourcing.resolve.models import Model
from sourcing.resolve.probable import Linking
from storage.model import Edge, IdentityView, Judgement

MODEL = """
title = "Invented"
name = "toy"
version = 1
columns = "plain@1"
sides = ["git"]
prior = -4.0
[thresholds]
review = 0.3
link = 0.9
bridge = 0.99
[[block]]
name = "same full name"
keys = "name_keys"
cap = 3
[[comparison]]
name = "names"
[[comparison.level]]
when = "name_l = name_r"
says = "the same full name"
weight = 9.0
"""
ONE, OTHER = identity("git:a", "Ona Vale"), identity("git:b", "Ona Vale")


@pytest.fixture
def model(tmp_path: Path) -> Model:
    path = tmp_path / "toy.toml"
    path.write_text(MODEL, encoding="utf-8")
    return models.load(path)


def night(model: Model, found: Sequence[IdentityView], stored: Sequence[Edge] = ()) -> Decided:
    linking = Linking(
        models=[model],
        namesakes=namesakes.count((), {}),
        digest=lambda kind, value: f"{kind}:{value}",
        limits=Limits(memory="500MB", threads=1),
        known={model.decided_by: {one.id: one.id for one in found}} if stored else {},
    )
    return decide(known(*found), of_identities(found, {}, {}), linking, stored=stored)


def joined(decided: Decided, *ids: str) -> bool:
    return any(set(ids) <= person for person in decided.clusters.persons)


def test_strangers_of_a_name_part_nobody_whom_a_model_joined(model: Model) -> None:
    first = night(model, [ONE, OTHER])
    assert joined(first, "git:a", "git:b")
    strangers = [identity(f"git:s{n}", "Ona Vale") for n in range(3)]  # more than the block compares
    assert not joined(night(model, [ONE, OTHER, *strangers]), "git:a", "git:b"), "nothing joins them by now"
    later = night(model, [ONE, OTHER, *strangers], [*first.edges.values()])
    assert joined(later, "git:a", "git:b")
    assert later.edges == first.edges, "and nothing was decided anew"


def test_certain_evidence_people_and_another_model_part_them(model: Model) -> None:
    stored = [*night(model, [ONE, OTHER]).edges.values()]
    orcids = ("0000-0002-1825-0097",), ("0000-0001-5109-3700",)
    stated = [replace(one, orcids=orcid) for one, orcid in zip((ONE, OTHER), orcids, strict=True)]
    assert not joined(night(model, stated, stored), "git:a", "git:b")
    no = judged("git:a", "git:b", Judgement.DIFFERENT)
    assert not joined(night(model, [ONE, OTHER], [*stored, no]), "git:a", "git:b")
    back = [replace(one, retracted_at=NOW, retracted_by="ana") for one in stored]
    assert not joined(night(model, [ONE, OTHER], back), "git:a", "git:b")
    strangers = [identity(f"git:s{n}", "Ona Vale") for n in range(3)]
    newer = model.model_copy(update={"version": 2})
    assert not joined(night(newer, [ONE, OTHER, *strangers], stored), "git:a", "git:b")


def test_a_standing_pair_comes_before_a_likelier_newcomer() -> None:
    found = {
        one.id: one for one in (ONE, identity("paper:p:1", "Ona Vale"), identity("paper:p:2", "O. Vale"))
    }

    def pair(right: str, chance: float) -> Edge:
        return Edge(
            left="git:a", right=right, judgement=Judgement.SAME, decided_by="model:toy@1", decided_at=NOW,
            probability=chance,
        )  # fmt: skip

    edges = [pair("paper:p:1", 0.93), pair("paper:p:2", 0.99)]
    assert frozenset({"git:a", "paper:p:2"}) in cluster(found, edges).persons
    standing = {("git:a", "paper:p:1")}
    assert frozenset({"git:a", "paper:p:1"}) in cluster(found, edges, standing=standing).persons
