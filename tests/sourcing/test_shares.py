"""A link hands a ranking over: it is asked what an export is asked, when it is made and whenever it opens."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import town

from sourcing import lists, oversight, shares
from sourcing.errors import ExportBlocked, NotAllowed
from sourcing.fairness import reported
from sourcing.privacy import notices as telling
from sourcing.settings import Privacy, Settings
from storage import lists as stored
from storage import scores
from storage.engine import Store
from storage.errors import NotFound
from storage.notices import business_days_after

DAY = timedelta(days=1)


@pytest.mark.row("P13")
@pytest.mark.row("P20")
def test_a_link_shows_nobody_whom_an_export_would_not_take(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any, tmp_path: Path
) -> None:
    keys = town.fill(store, make, now, keyer, settings)
    here = settings.model_copy(update={"privacy": Privacy(profiles=("new-york-city",))})
    with store.read() as tx:
        on = [item.person for item in stored.show(tx, town.LIST).items]

    def made(at: datetime) -> shares.Made:
        return shares.make(store, here, town.LIST, days=90, blind=True, notes=False, actor="ana", now=at)

    with pytest.raises(NotAllowed, match="bias report"):
        made(now)
    answers = town.answers(tmp_path / "answers.csv")
    reported.report(store, town.LIST, answers, home=here.home, actor="ana", now=now)
    with pytest.raises(ExportBlocked, match="10 business days"):
        made(now)
    added = keys[-1]
    for key in [*on[1:], added]:
        telling.told(store, here, key, language=None, actor="ana", now=now)
    ready = business_days_after(now, 10)
    with pytest.raises(NotAllowed, match="you were not shown yet"):
        made(ready)
    link = town.share(store, here, now=ready)
    assert shares.open_(store, here, link.token, now=ready).left_out == {on[0]}, "nobody told them"
    lists.add(store, town.LIST, [added], actor="ben", now=ready)
    assert shares.open_(store, here, link.token, now=ready).left_out == {on[0], added}, "ana saw no reasons"
    later = town.share(store, here, now=now + 360 * DAY)
    assert shares.open_(store, here, later.token, now=now + 364 * DAY).left_out == {on[0]}
    with pytest.raises(NotFound, match="does not open any more"):
        shares.open_(store, here, later.token, now=now + 366 * DAY)


@pytest.mark.row("P13")
def test_a_decision_stands_in_for_a_look_unless_it_was_no_or_about_other_scores(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    town.fill(store, make, now, keyer, settings)
    with store.read() as tx:
        on = [item.person for item in stored.show(tx, town.LIST).items]
        held = scores.scores_of(tx, on)
    for key in on:
        oversight.looked(store, key, held[key], actor="ben", now=now)

    def move(stage: str) -> None:
        lists.set_stage(store, town.LIST, on[:1] if stage == "rejected" else on, stage, reason="x", **by)

    def shared() -> bool:
        """Return whether ana, who looked at nobody, may make a link."""
        try:
            shares.make(store, settings, town.LIST, days=1, blind=True, notes=False, actor="ana", now=now)
        except NotAllowed as error:
            assert "P13" in str(error) and on[0] in str(error)
            return False
        return True

    by: dict[str, Any] = {"actor": "ben", "now": now}
    move("reviewing")
    assert not shared()
    move("shortlisted")
    assert shared()
    move("rejected")
    assert not shared()
    move("shortlisted")
    with store.begin() as tx:
        for slug in town.SPECS:
            again = [replace(one, version="2") for key in on for one in held[key] if one.specialism == slug]
            scores.put(tx, slug, "2", again, None, now, people=on)
    assert not shared()
