"""Contestants in turn, a process each, and what came of it: medians, ratios against goals, one table of every bench.

    python tests/bench/turns.py OUT [--record]

prints the rows that the benches left in OUT, writes them as one file and compares each ratio with the recorded one,
by processor seconds where both sides have some:
exit 1 if one got worse by more than 15 %. --record: what is in OUT is the measure from now on.
CPU seconds stand beside the clock's because these machines are shared; those of a process count what it started.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path
from statistics import median
from typing import Any, Final

RECORDED: Final = Path(__file__).with_name("recorded.json")
PEERS: Final = Path(__file__).resolve().parents[2] / "build" / "peers"
"""Where `make bench` puts what only a measurement needs (peers.txt)."""
WORSE: Final = 1.15
_ROWS: Final = ".rows.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One run of one contestant. units: how much it did, of whatever is counted. memory: bytes at the peak."""

    seconds: float
    cpu: float
    memory: int = 0
    units: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ratio. job, against, size: its name. ours, theirs: what was divided, in `unit`; None for what has no peer.

    goal: the bound, and whether it is the least (`is_least`) or the most; None for a figure without a goal.
    cpu: the same ratio by processor seconds, where the clock's is the goal.
    """

    job: str
    against: str
    size: str
    ratio: float
    goal: float | None = None
    is_least: bool = False
    ours: float | None = None
    theirs: float | None = None
    unit: str = "s"
    cpu: float | None = None

    @property
    def name(self) -> str:
        """Return the name under which a ratio is recorded."""
        return f"{self.job} / {self.against} / {self.size}"

    @property
    def is_met(self) -> bool:
        """Return whether the goal is reached."""
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.is_least else self.ratio <= self.goal

    @property
    def is_ratio(self) -> bool:
        """Return whether another machine would give about the same: a figure of ours alone is a time of this one."""
        return (self.ours is None) == (self.theirs is None)

    @property
    def steady(self) -> float:
        """Return the ratio that is recorded: by processor seconds where there are some; others at work move it less."""
        return self.ratio if self.cpu is None else self.cpu

    def is_worse(self, recorded: float) -> bool:
        """Return whether the ratio is worse than the recorded one by more than is put down to chance."""
        return self.steady < recorded / WORSE if self.is_least else self.steady > recorded * WORSE


def run(command: Sequence[str], *, cwd: Path | None = None, is_json: bool = True) -> tuple[Cost, Any]:
    """Run a command to its end and return what it took and the JSON it printed, or its bytes.

    Raises SystemExit if it fails.
    """
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=cwd, env=environment())
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"failed with {child.returncode}: {' '.join(command)}")
    spent = used.ru_utime + used.ru_stime
    cost = Cost(seconds=time.monotonic() - started, cpu=spent, memory=used.ru_maxrss * 1024)
    return cost, json.loads(said) if is_json else said


def environment() -> dict[str, str]:
    """Return the environment in which contestants find their peers."""
    paths = [str(PEERS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def timed(work: Callable[[], float]) -> Cost:
    """Return what a piece of work took in this process and those it started and waited for."""
    before, started = os.times(), time.perf_counter()
    units = work()
    seconds, after = time.perf_counter() - started, os.times()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(seconds=seconds, cpu=sum(after[:4]) - sum(before[:4]), memory=own, units=units)


def family_cpu(parent: int) -> float:
    """Return the processor seconds of a server and the processes it started, those that have ended as well."""
    spent = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = path.read_text().partition(" ")
        except OSError:  # it has ended
            continue
        fields = rest.rpartition(")")[2].split()
        if int(number) == parent:
            spent += sum(map(int, fields[11:15]))
        elif int(fields[1]) == parent:
            spent += sum(map(int, fields[11:13]))
    return spent / os.sysconf("SC_CLK_TCK")


def contest(script: str, names: Sequence[str], words: Sequence[str], rounds: int) -> dict[str, Cost]:
    """Run contestants in turn, so many rounds, and return the median cost of each.

    script: a file that prints the cost of one, as `tell` does, when it is given `--one NAME` after `words`.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            _, said = run([sys.executable, script, *words, "--one", name])
            costs[name].append(Cost(**said))
    return {name: middle(found) for name, found in costs.items()}


def tell(work: Callable[[], float]) -> None:
    """Do a piece of work and print its cost for `contest`."""
    print(json.dumps(asdict(timed(work))))


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        seconds=median(one.seconds for one in costs),
        cpu=median(one.cpu for one in costs),
        memory=int(median(one.memory for one in costs)),
        units=median(one.units for one in costs),
    )


def speed(ours: Cost, theirs: Cost, *, job: str, against: str, size: str, goal: float | None = None) -> Row:
    """Return how many times as fast as a peer we are, by the clock."""
    return Row(
        job=job, against=against, size=size, goal=goal, is_least=True, ratio=theirs.seconds / ours.seconds,
        ours=ours.seconds, theirs=theirs.seconds, cpu=theirs.cpu / ours.cpu,
    )  # fmt: skip


def growth(costs: Mapping[int, float]) -> float:
    """Return the exponent of a cost over the size of the input, between the smallest and the largest."""
    (small, cheap), *_, (large, dear) = sorted(costs.items())
    return log(dear / cheap) / log(large / small)


def keep(out: Path, bench: str, rows: Sequence[Row]) -> None:
    """Write a bench's rows beside those of the others and print them."""
    out.mkdir(parents=True, exist_ok=True)
    told = {"load": os.getloadavg(), "rows": [asdict(row) for row in rows]}
    (out / f"{bench}{_ROWS}").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(table(rows), flush=True)


def table(rows: Sequence[Row]) -> str:
    """Return rows for reading."""
    lines = [f"{'':58}{'ours':>10}{'peer':>10}{'':5}{'ratio':>8}{'by CPU':>8}  goal"]
    for row in rows:
        goal = "" if row.goal is None else f"{'≥' if row.is_least else '≤'} {row.goal:g}"
        sides = "".join(f"{'' if one is None else format(one, '.3g'):>10}" for one in (row.ours, row.theirs))
        cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
        missed = "" if row.is_met else "  missed"
        lines.append(f"{row.name:58}{sides} {row.unit:4}{row.ratio:>8.2f}{cpu:>8}  {goal}{missed}")
    return "\n".join(lines)


def main() -> None:
    """Print every row in a folder, write them as one file, and exit 1 if one got worse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    told = {
        path.name.removesuffix(_ROWS): json.loads(path.read_text("utf-8"))
        for path in sorted(given.out.glob(f"*{_ROWS}"))
    }
    rows = [Row(**row) for one in told.values() for row in one["rows"]]
    loads = {bench: one["load"][0] for bench, one in told.items()}
    (given.out / "bench.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    print("load: " + ", ".join(f"{bench} {load:.1f}" for bench, load in loads.items()))
    recorded: dict[str, float] = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    if given.record:
        recorded |= {row.name: round(row.steady, 3) for row in rows if row.is_ratio}
        RECORDED.write_text(
            json.dumps(recorded, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8"
        )
        return
    worse = [row for row in rows if row.name in recorded and row.is_worse(recorded[row.name])]
    for row in worse:
        print(f"worse than recorded: {row.name}: {row.steady:.2f}, was {recorded[row.name]:.2f}")
    sys.exit(bool(worse))


if __name__ == "__main__":
    main()
