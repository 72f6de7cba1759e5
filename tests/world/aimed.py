"""A crawl that is killed at a named point: `aimed.py PINS.json HOUR POINT TIMES SOURCER.toml DATABASE`.

Points are those of `sourcing.crawl.run`; it dies, as by `kill -9`, when it passes POINT for the TIMES-th time.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import attach

from sourcing import crawl, nightly
from sourcing.crawl import lock
from sourcing.settings import load, load_specs, pepper
from storage import runs
from storage.engine import open_store
from storage.subjects import PepperKeyer


def main(pins: str, hour: str, point: str, times: str, config: str, url: str) -> None:
    """Crawl as `sourcer crawl run` does, up to the point."""
    now, passed = datetime.fromisoformat(hour), list[str]()

    def pass_by(event: str) -> None:
        passed.append(event)
        if passed.count(point) == int(times):
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load(config=Path(config), flags={"database": url})
    store = open_store(settings.database_url)
    with lock.holding(store, settings, now=now):
        with store.begin() as tx:
            name = runs.start(tx, "crawl", now=now, actor="operator")
        report = crawl.run(
            store, settings, nightly.select(load_specs(settings), []), now=now, run=name,
            keyer=PepperKeyer(pepper(settings)), fixed_clock=True, on_event=pass_by,
            child=lambda call: [*attach.child_of(Path(pins)), *call],
        )  # fmt: skip
        with store.begin() as tx:
            runs.finish(tx, name, now=now, status=nightly.status_of(report))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
