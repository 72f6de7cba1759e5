"""A week unattended on a living world with faults: the store equals the model of the world (TRUST §4).

`make month` does the same for thirty nights of two thousand people.
"""

import json
from collections.abc import Callable
from pathlib import Path

import month
import pytest

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("month")]


def week(root: Path, *houses: month.House) -> month.Month:
    """Return a week of a world of a hundred, whose last two nights go well."""
    return month.Month(
        root=root, houses=[*houses], size=100, nights=6, quiet=3, calm=2, ttl_days=1, ranks=False
    )


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> month.Month:
    """A week in which nothing fails; one for both databases: what they know has the same digest."""
    root = tmp_path_factory.mktemp("month")
    lived = week(root, month.House(root / "clean", 0.0))
    lived.run()
    return lived


@pytest.mark.row("F31", "F32", "F35", "F41")
def test_after_a_week_of_life_and_faults_the_store_equals_the_world(
    clean: month.Month, new_url: Callable[[], str], tmp_path: Path
) -> None:
    faulty = month.House(tmp_path / "faulty", 0.05, url=new_url())
    week(clean.root, faulty).run()
    events = json.loads((clean.root / "world" / "truth.json").read_text())["events"]
    assert {"account_renamed", "account_deleted", "repository_renamed", "page_wish", "paper_withdrawn"} <= {
        event["kind"] for event in events
    }
    assert sum(sum(night.faults.values()) for night in faulty.nights) > 5
    assert not any(night.faults for night in clean.houses[0].nights)
    assert month.differences(week(clean.root, *clean.houses, faulty)) == []
