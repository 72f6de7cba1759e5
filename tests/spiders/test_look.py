"""A look at a repository, as the doctor takes one: whether it answers, and nothing fetched."""

import pytest

from spiders.engines.repository import RepositoryEngine
from spiders.records import Outcome, Task


@pytest.mark.parametrize(("more", "outcome"), [({}, Outcome.NONE_YET), ({"commits": 1}, Outcome.UNCHANGED)])
def test_a_look_asks_at_most_twice_and_fetches_nothing(kit_for, served, more, outcome):
    for number in range(more.get("commits", 0)):
        served.made.commit(f"c{number}")
    kit = kit_for(engine="git", hosts=("github.com",), pins={"github.com": served.pin})
    asked = {"repository": "lab/engine", "look": True}
    task = Task(source="plain", kind="history", url="https://github.com/lab/engine.git", params=asked)
    visit = RepositoryEngine(kit).visit(task)
    assert (visit.outcome, visit.records, visit.cost.requests) == (outcome, (), 2)
    assert not (kit.home / "mirrors").exists()
    gone = Task(source="plain", kind="history", url="https://github.com/lab/none.git",
                params={**asked, "repository": "lab/none"})  # fmt: skip
    assert RepositoryEngine(kit).visit(gone).outcome is Outcome.GONE
