"""How long the event log takes to check: a million invented entries, then `audit verify` (TRUST §7: 5 s).

    python tests/bench/audit.py build/bench [ENTRIES]

Prints processor seconds of three checks, by the database that SOURCER_DATABASE names, else SQLite in the directory.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from storage import audit, migrate
from storage.engine import Store, open_store
from storage.tables import audit as log

ENTRIES = 1_000_000
BEGAN = datetime(2026, 11, 22, 2, 17, 0, 5, tzinfo=UTC)
ACTIONS = ("person.view", "person.stage", "person.tag", "list.add", "export.push", "access.sign_in")
GOAL_S = 5.0
_BATCH = 50_000


def main(directory: Path, entries: int) -> None:
    """Fill a log if there is none of this size, check it three times and print what that cost."""
    directory.mkdir(parents=True, exist_ok=True)
    url = os.environ.get("SOURCER_DATABASE") or f"sqlite:///{directory / f'audit-{entries}.db'}"
    migrate.upgrade(url)
    store = open_store(url)
    try:
        with store.read() as tx:
            there = len(audit.entries(tx, limit=1, after=entries - 1))
        if not there:
            _fill(store, entries)
        taken = sorted(_checked(store, entries) for _ in range(3))
    finally:
        store.close()
    told = ", ".join(f"{one:.2f}" for one in taken)
    print(f"{url.partition(':')[0]}: {entries:,} entries, CPU s {told}, goal {GOAL_S}")


def _checked(store: Store, entries: int) -> float:
    began = time.process_time()
    with store.read() as tx:
        verdict = audit.verify(tx)
    taken = time.process_time() - began
    assert verdict.ok and verdict.entries == entries, verdict
    return taken


def _fill(store: Store, entries: int) -> None:
    rows = _entries(entries)
    for first in range(0, entries, _BATCH):
        with store.begin() as tx:
            tx.execute(log.insert(), list(islice(rows, min(_BATCH, entries - first))))


def _entries(entries: int) -> Iterator[dict[str, Any]]:
    previous = "0" * 64
    for seq in range(1, entries + 1):
        at, actor, action = BEGAN + timedelta(seconds=seq), f"key:{seq % 40}", ACTIONS[seq % len(ACTIONS)]
        subject, detail = f"p_{seq % 100_000:012d}", {"deed": f"{seq:012x}", "stage": "reviewing"}
        digest = audit.digest_of(seq, at, actor, action, subject, detail, previous)
        yield {
            "seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "detail": detail,
            "previous": previous, "digest": digest,
        }  # fmt: skip
        previous = digest


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ENTRIES)
