"""`kill -9` at random moments and named points of a crawl (TRUST F24, F25): the store ends up as if nothing happened.

SOURCER_KILLS sets how often (default: few, for the suite; `make kill` asks for 200), SOURCER_KILL_SEED when.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import invented
import launcher
import psutil
import pytest
import victim

from storage import migrate

KILLS = int(os.environ.get("SOURCER_KILLS", "8"))
SEED = int(os.environ.get("SOURCER_KILL_SEED", "20261123"))
POINTS = ("leased", "before_commit", "after_commit")
PASSES_MAX = 40  # of a point, before the crawl dies at it: about a second's
LIFE_MAX_SHARE = 0.25  # of what a whole crawl takes: a killed one leaves most of the work to the next

pytestmark = [pytest.mark.kill, pytest.mark.slow, pytest.mark.world, pytest.mark.xdist_group("kill")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """A crawl that nobody disturbed. seconds: what it took. left: tasks it could not do."""

    night: launcher.Night
    seconds: float
    digests: dict[str, str]
    left: set[tuple[str, ...]]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clean]:
    """One for both databases: what they know has the same digest."""
    night = launcher.Night(tmp_path_factory.mktemp("night"), size=60, day=invented.UNTIL)
    home = tmp_path_factory.mktemp("clean")
    migrate.upgrade(url := f"sqlite:///{home / 'store.db'}")
    with night.serving():
        calm, began = victim.Victim(night, home / "home", url), time.monotonic()
        assert calm.run("crawl", "run") in (0, 5), calm.said[-2000:]
        seconds = time.monotonic() - began
        yield Clean(night=night, seconds=seconds, digests=calm.digests(), left=calm.left_open())


class Killer:
    """Ends crawls. killed: how often, by what was hit."""

    def __init__(self, seed: int, life_max_s: float) -> None:
        self.rng, self.life_max_s = random.Random(seed), life_max_s
        self.killed = dict.fromkeys(("crawl", "child", *POINTS), 0)

    @property
    def kills(self) -> int:
        """How many processes were killed so far."""
        return sum(self.killed.values())

    def one_life(self, one: victim.Victim) -> int | None:
        """Let a crawl live and die; return its exit code if it was done before, None if it was killed."""
        match self.rng.choices(("point", "moment", "children"), (2, 1, 1))[0]:
            case "point":
                point = self.rng.choice(POINTS)
                process = one.aimed(point, self.rng.randint(1, PASSES_MAX))
                code = process.wait(victim.PATIENCE_S)
                self.killed[point] += code == -signal.SIGKILL
                return None if code == -signal.SIGKILL else code
            case "children":
                process = one.start("crawl", "run")
                self._kill_children(process)
                life_s = self.rng.uniform(0, 2)
            case _:
                process = one.start("crawl", "run")
                life_s = self.rng.uniform(0.2, self.life_max_s)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(life_s)
        process.kill()
        process.wait()
        self.killed["crawl"] += 1
        return None

    def _kill_children(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a child of up to three sources; the parent starts others, and would put aside what kills twice."""
        hit: set[str] = set()
        while len(hit) < 3 and process.poll() is None:
            time.sleep(self.rng.uniform(0.05, 0.3))
            alive = sorted(victim.children(process.pid).items())
            if fresh := [(source, child) for source, child in alive if source not in hit]:
                source, child = self.rng.choice(fresh)
                hit.add(source)
                with suppress(psutil.NoSuchProcess):  # it was done
                    child.kill()
                    self.killed["child"] += 1


@pytest.mark.row("F24", "F25")
def test_a_crawl_killed_at_random_moments_leaves_the_store_of_a_clean_run(
    clean: Clean, new_url: Callable[[], str], tmp_path: Path
) -> None:
    killer, rounds, began = Killer(SEED, LIFE_MAX_SHARE * clean.seconds), 0, time.monotonic()
    while killer.kills < KILLS:
        rounds += 1
        one = victim.Victim(clean.night, tmp_path / f"killed{rounds}", new_url())
        code = None
        while code is None:
            code = killer.one_life(one) if killer.kills < KILLS else one.run("crawl", "run")
        told = f"seed {SEED}, round {rounds}, after {killer.killed}: {one.home}"
        assert code in (0, 5), f"{told}\n{one.said[-2000:]}"
        assert one.left_open() ^ clean.left == set(), told
        found = one.digests()
        assert [part for part in found if found[part] != clean.digests[part]] == [], told
    passed_s = time.monotonic() - began
    print(
        f"{killer.kills} kills ({', '.join(f'{what} {times}' for what, times in killer.killed.items())}) in {rounds} "
        f"crawls and {passed_s:.0f} s; a clean crawl takes {clean.seconds:.1f} s; seed {SEED}"
    )
