"""A week unattended on a living world with faults: the store equals the model of the world (TRUST §4).

`make month` does the same for thirty nights of two thousand people.
"""

import json
from collections.abc import Callable
from pathlib import Path

import month
import pytest

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("month")]


@pytest.mark.row("F31", "F32", "F35", "F41")
def test_after_a_week_of_life_and_faults_the_store_equals_the_world(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    houses = [
        month.House(tmp_path / "clean", 0.0, url=new_url()),
        month.House(tmp_path / "faulty", 0.05, url=new_url()),
    ]
    lived = month.Month(root=tmp_path, houses=houses, size=100, nights=6, quiet=3, calm=2, ttl_days=1)
    lived.run()
    events = json.loads((tmp_path / "world" / "truth.json").read_text())["events"]
    assert {"account_renamed", "account_deleted", "repository_renamed", "page_wish", "paper_withdrawn"} <= {
        event["kind"] for event in events
    }
    assert sum(sum(night.faults.values()) for night in houses[1].nights) > 5
    assert not any(night.faults for night in houses[0].nights)
    assert month.differences(lived) == []
