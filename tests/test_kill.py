"""`kill -9` at random moments of a crawl (TRUST F24): the store ends up as if nothing had happened.

SOURCER_KILLS sets how often (default: few, for the suite; `make kill` asks for a hundred), SOURCER_KILL_SEED when.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attach
import invented
import launcher
import pytest

from storage.audit import verify
from storage.digest import store_digests
from storage.engine import open_store

KILLS = int(os.environ.get("SOURCER_KILLS", "8"))
SEED = int(os.environ.get("SOURCER_KILL_SEED", "20261123"))
PATIENCE_S = 180

pytestmark = [pytest.mark.kill, pytest.mark.slow, pytest.mark.world]


class Victim:
    """An installation pointed at the served world, crawled in a process of its own."""

    def __init__(self, night: launcher.Night, home: Path, url: str) -> None:
        self.night, self.home, self.url = night, home, url
        home.mkdir()
        (home / "sourcer.toml").write_text(
            f'home = "."\nconfig_dir = "{night.home}/config"\n'
            f'[operator]\ncontroller = "{launcher.CONTROLLER}"\ncontact = "{launcher.CONTACT}"\n'
        )

    def crawl(self) -> subprocess.Popen[bytes]:
        arguments = ["--config", str(self.home / "sourcer.toml"), "--database", self.url, "crawl", "run"]
        command = [
            sys.executable,
            str(attach.HERE),
            "attached",
            str(self.night.pins),
            self.night.now.isoformat(),
        ]
        with (self.home / "stderr.log").open("ab") as words:
            return subprocess.Popen(
                [*command, *arguments],
                env=os.environ | {"SOURCER_PEPPER": "the same for both stores"},
                stdout=subprocess.DEVNULL,
                stderr=words,
            )

    def left_open(self) -> list[tuple[str, ...]]:
        """Tasks that are not done, for a person who wonders why two stores differ."""
        store = open_store(self.url)
        try:
            with store.read() as tx:
                open_ = "SELECT source, kind, url, state, outcome, detail FROM task WHERE state <> 'done' ORDER BY 1, 3"
                return [tuple(map(str, row)) for row in tx.exec_driver_sql(open_)]
        finally:
            store.close()

    def digests(self) -> dict[str, str]:
        store = open_store(self.url)
        try:
            with store.read() as tx:
                assert verify(tx).ok
                return store_digests(tx)
        finally:
            store.close()


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def end_with(process: subprocess.Popen[bytes], victims: list[int]) -> None:
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    if process.pid in victims:
        process.wait()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[launcher.Night]:
    one = launcher.Night(tmp_path_factory.mktemp("night"), size=60, day=invented.UNTIL)
    with one.serving():
        yield one


def test_a_crawl_killed_at_random_moments_leaves_the_store_of_a_clean_run(
    night: launcher.Night, new_url: Callable[[], str], tmp_path: Path
) -> None:
    random_moments = random.Random(SEED)
    clean = Victim(night, tmp_path / "clean", new_url())
    began = time.monotonic()
    assert clean.crawl().wait(PATIENCE_S) in (0, 5), (clean.home / "stderr.log").read_text()[-2000:]
    clean_s = time.monotonic() - began
    expected = clean.digests()
    killed = rounds = 0
    while killed < KILLS:
        rounds += 1
        victim = Victim(night, tmp_path / f"killed{rounds}", new_url())
        while True:
            process = victim.crawl()
            try:
                code = process.wait(random_moments.uniform(0.2, 0.6 * clean_s))
            except subprocess.TimeoutExpired:
                offspring = children(process.pid)
                if (
                    offspring and random_moments.random() < 0.25
                ):  # a child dies alone: the parent starts another
                    end_with(process, [random_moments.choice(offspring)])
                    killed += 1
                    code = process.wait(PATIENCE_S)
                else:
                    end_with(process, [process.pid])
                    killed += 1
                    continue
            assert code in (0, 5), (victim.home / "stderr.log").read_text()[-2000:]
            break
        told = f"seed {SEED}, round {rounds}, after {killed} kills"
        assert set(victim.left_open()) ^ set(clean.left_open()) == set(), told
        assert (told, victim.digests()) == (told, expected)
    print(f"{killed} kills in {rounds} crawls, clean crawl {clean_s:.1f} s, seed {SEED}")
