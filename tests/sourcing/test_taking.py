"""What the parent of a crawl does with a visit beyond storing it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing.crawl.child import Running
from sourcing.crawl.parent import _Crawl
from sourcing.settings import Settings, load_specs
from spiders.records import Gone, Outcome, Page
from storage import frontier, runs, vanish
from storage.engine import Store
from storage.subjects import PepperKeyer


def crawl(store: Store, home: Path, now: Any, keyer: PepperKeyer, **expect: float) -> tuple[_Crawl, Running]:
    settings = Settings(home=home)
    (spec,) = load_specs(settings, ["git_history"])
    spec = spec.model_copy(update={"expect": spec.expect.model_copy(update=expect)})
    with store.begin() as tx:
        run = runs.start(tx, "crawl", now=now, actor="test")
    made = _Crawl(store, settings, [spec], now=now, run=run, keyer=keyer)
    return made, Running(spec=spec, report=made.reports[spec.name])


@pytest.mark.row("F33")
def test_what_the_law_took_away_leaves_the_snapshots_as_well(
    store: Store, make: Any, now: Any, keyer: PepperKeyer, tmp_path: Path
) -> None:
    made, running = crawl(store, tmp_path, now, keyer)
    snapshot = tmp_path / "snapshots" / "ranking-1" / "works.parquet"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_bytes(b"a title")
    for status, stays in ((404, True), (451, False)):
        question = make.task(status)
        with store.begin() as tx:
            frontier.add(tx, [question], now=now, every_hours={})
            (leased,) = frontier.lease(tx, question.source, 1, now=now, owner="a", for_s=60)
        page = Page(
            url=question.url,
            status=status,
            media_type="text/plain",
            body=b"",
            sha256="5" * 64,
            fetched_at=now,
        )
        made._take(running, make.visit(task=leased, outcome=Outcome.GONE, page=page))
        assert snapshot.exists() is stays


@pytest.mark.row("F34")
@pytest.mark.parametrize(("most", "held"), [(0.05, 1), (0.5, 0)])
def test_how_much_may_vanish_is_the_sources_own_limit(
    store: Store, make: Any, now: Any, keyer: PepperKeyer, tmp_path: Path, most: float, held: int
) -> None:
    made, running = crawl(store, tmp_path, now, keyer, vanished_max=most)
    works = [make.work(f"github:orbit/engine#{number}") for number in range(100)]
    via = make.via(now + timedelta(days=1))
    gone = [Gone(id=one.id, via=via) for one in works[:40]]
    for number, records in enumerate((works, gone)):
        made._take(running, replace(make.visit(*records), task=make.task(number)))
    with store.read() as tx:
        assert len(vanish.waiting(tx)) == held
