"""An invented store ranked and kept as a run's, as the nightly does it."""

from datetime import datetime
from pathlib import Path

from scenes import PACK, Scene

from sourcing import resolve
from sourcing.ranking import past, score
from sourcing.ranking.specialism import Specialism
from storage import rankings, snapshot


def keep(
    scene: Scene, run: str, pack: Specialism = PACK, *, home: Path, at: datetime | None = None
) -> rankings.Ranked:
    """Resolve, rank and keep the ranking; return what is kept. at: when, the scene's moment if None."""
    now = at or scene.now
    resolve.run(scene.store, now=now, run=None, keyer=scene.keyer)
    directory = home / "snapshots" / f"ranking-{run}"
    with scene.store.read() as tx:
        snapshot.write(tx, directory, "ranking", as_of=now)
    score.rank(scene.store, pack, snapshot_dir=directory, as_of=now, run=run, home=home)
    with scene.store.begin() as tx:
        past.keep(tx, pack, run=run, as_of=now, snapshot=directory)
        return rankings.of_run(tx, run)[0]
