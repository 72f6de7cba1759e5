"""The metrics: what a night leaves is told, as Prometheus reads it, to whom may read it, and names nobody."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from visiting import Visitor, client_of, make_desk

from sourcing import access, metrics
from sourcing.access import Scope
from sourcing.settings import Settings, Web
from sourcing.today import Questions
from storage import frontier, intake, runs
from storage.engine import Store

LINE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+)')


def read(text: str) -> dict[tuple[str, str], float]:
    """Every sample by name and labels; each line is one, or says of the next ones what they are."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    declared: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# "):
            declared.add(line.split()[2])
            continue
        match = LINE.fullmatch(line)
        assert match is not None and match[1] in declared, line
        found[match[1], match[2] or ""] = float(match[3])
    return found


def lived(store: Store, make: Any, keyer: Any, now: datetime) -> None:
    """A night that was partly done yesterday, and one that runs."""
    with store.begin() as tx:
        before = now - timedelta(days=1)
        run = runs.start(tx, "nightly", now=before, actor="timer")
        visit = make.visit(make.identity(name="Ona Vale", handle="ona-vale"), make.work(), make.signal())
        taken = intake.take(tx, visit, now=before, run=run, keyer=keyer)
        assert taken.new
        frontier.add(tx, [make.task(7)], now=before, every_hours={})
        runs.finish(tx, run, now=before, status="partial", detail={"seconds": 90.0})
        runs.start(tx, "nightly", now=now, actor="timer")


def test_what_a_night_leaves_is_told_without_a_name(
    store: Store, settings: Settings, make: Any, keyer: Any, now: datetime
) -> None:
    lived(store, make, keyer, now)
    with store.read() as tx:
        text = metrics.text(tx, settings, Questions(), now=now)
    found = read(text)
    ended = (now - timedelta(days=1)).timestamp() + 90
    assert found["sourcer_night_last_success_timestamp_seconds", ""] == ended
    assert found["sourcer_night_duration_seconds", ""] == 90
    assert found["sourcer_night_status", 'status="running"'] == 1
    assert found["sourcer_night_begun_timestamp_seconds", ""] == now.timestamp()
    assert found["sourcer_night_next_timestamp_seconds", ""] == (now + timedelta(days=1)).timestamp()
    assert found["sourcer_source_visits", 'source="git_history",outcome="used"'] == 1
    assert found["sourcer_source_visits", 'source="git_history",outcome="error"'] == 0
    assert found["sourcer_queue_tasks", 'source="git_history",state="due"'] == 1
    assert found["sourcer_store_bytes", ""] > 100_000
    assert not re.search("ona|vale|1001", text, flags=re.IGNORECASE)


def test_a_store_in_which_nothing_ran_tells_only_what_it_knows(
    store: Store, settings: Settings, now: datetime
) -> None:
    with store.read() as tx:
        found = read(metrics.text(tx, settings, Questions(), now=now))
    names = {name for name, _ in found}
    assert "sourcer_night_last_success_timestamp_seconds" not in names
    assert found["sourcer_people", ""] == found["sourcer_night_at_work", ""] == 0


def test_only_this_machine_and_keys_may_read_them(store: Store, settings: Settings, now: datetime) -> None:
    desk = make_desk(settings, store, now)
    beside, other = client_of(desk, client=("127.0.0.1", 1)), client_of(desk, client=("192.0.2.1", 1))
    answer = beside.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"] == metrics.MEDIA_TYPE
    assert other.get("/metrics").status_code == 401
    key = access.create_key(store, "watch", scope=Scope.READ, days=None, actor="ana", now=now)[1]
    assert other.get("/metrics", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert Visitor(desk).get("/metrics").status_code == 200
    public = settings.model_copy(update={"web": Web(public_url="https://sourcer.example")})
    behind = client_of(make_desk(public, store, now), client=("127.0.0.1", 1))
    assert behind.get("/metrics").status_code == 401


def test_every_metric_is_in_the_readme_and_no_other() -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(sourcer_\w+)`", text, flags=re.MULTILINE)) == set(metrics.SAYS)
