"""What resolution costs beside Splink alone on the same pairs: seconds, CPU seconds, memory, growth with the input.

    python tests/bench/resolve.py OUT [--sizes 100000,1000000] [--seed 4] [--rounds 1]

Ours is the command itself, from the file to the answer; and again for some records that come to those it kept, whole
and what it says of itself: the resolving without reading and writing. Two yardsticks: Splink by hand from the same
file to clusters (`peer.py`), and Splink alone over our own columns and pairs, for the part of the work that is its own.
Ours and the peer run in turn, a process each; CPU seconds are the figure to compare where machines are shared.
"""

import argparse
import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import mentions
import turns

_HERE: Final = Path(__file__).resolve().parent
_ROOTS: Final = (_HERE.parents[1] / "config",)
_NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
_NEW: Final = 5_000  # records that come to those that are known
_GOAL_FROM: Final = 100_000  # records; of fewer the start of a process is most
_BESIDE: Final = {
    "whole": ("resolution", "Splink by hand"),
    "scoring": ("our scoring", "Splink alone, scoring"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One run of one contestant. memory: bytes at the peak, of scoring alone that of the process around it."""

    what: str
    records: int
    pairs: int
    seconds: float
    cpu: float
    memory: int


def main() -> None:
    """Measure, print one table and write one JSON file, anew after each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--stage", type=Path, help="measure scoring alone on this file, in this process")
    given = parser.parse_args()
    if given.stage is not None:
        print(json.dumps(_stages(given.stage)))
        return
    given.out = given.out.resolve()  # contestants run in a folder of their own
    given.out.mkdir(parents=True, exist_ok=True)
    costs = []
    for size in map(int, given.sizes.split(",")):
        records, new = (given.out / f"{name}-{size}-{given.seed}.jsonl" for name in ("known", "new"))
        if not records.is_file() or not new.is_file():
            _write(records, new, size, given.seed)
        costs += _measured(records, size, given.out, given.rounds)
        costs += _added(records, new, size, given.out)
        report = _report(costs, given.seed, given.rounds)
        (given.out / "resolve.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(_table(costs, report), flush=True)  # the largest take long: what is known by now
        turns.keep(given.out, "resolve", _rows(costs))


def _report(costs: Sequence[Cost], seed: int, rounds: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "rounds": rounds,
        "costs": [asdict(one) for one in costs],
        "growth": _growth(costs),
        "ratio": _ratios(costs),
    }


def _measured(records: Path, size: int, out: Path, rounds: int) -> list[Cost]:
    answer = out / "answer.jsonl"
    ours = [sys.executable, "-m", "sourcing", "--json", "eval", "resolve"]
    ours += ["--records", str(records), "--out", str(answer)]
    peer = [sys.executable, str(_HERE / "peer.py"), str(records), str(answer)]
    stages = [sys.executable, __file__, str(out), "--stage", str(records)]
    runs: dict[str, list[Cost]] = {"resolution": [], "Splink by hand": []}
    for _ in range(rounds):
        runs["resolution"].append(_run("resolution", ours, size, out, _own_pairs))
        runs["Splink by hand"].append(
            _run("Splink by hand", peer, size, out, lambda said: int(said["pairs"]))
        )
    told: list[Cost] = []
    _run("scoring", stages, size, out, lambda said: told.extend(_parts(said, size)) or 0)
    return [_middle(found) for found in runs.values()] + told


def _write(records: Path, new: Path, size: int, seed: int) -> None:
    """Write so many records, and those of the same people who come after them."""
    whole = records.with_suffix(".all")
    mentions.write(whole, size + _NEW, seed)
    with whole.open(encoding="utf-8") as lines:
        for path, count in ((records, size), (new, _NEW)):
            with path.open("w", encoding="utf-8") as file:
                file.writelines(islice(lines, count))
    whole.unlink()


def _added(records: Path, new: Path, size: int, out: Path) -> list[Cost]:
    """Return what a run costs that keeps what it found, and one that adds some records to it."""
    state, answer = out / "state", out / "answer.jsonl"
    shutil.rmtree(state, ignore_errors=True)
    command = [sys.executable, "-m", "sourcing", "--json", "eval", "resolve"]
    command += ["--out", str(answer), "--state", str(state)]
    kept = _run("resolution, kept", [*command, "--records", str(records)], size, out, _own_pairs)
    told: list[dict[str, Any]] = []

    def noted(said: Any) -> int:
        told.append(said[0] if isinstance(said, list) else said)
        return _own_pairs(said)

    whole = _run(f"{_NEW:,} more, whole", [*command, "--add", "--records", str(new)], size, out, noted)
    shutil.rmtree(state)
    resolving = replace(whole, what=f"{_NEW:,} more, resolving", seconds=told[0]["resolving"])
    return [kept, whole, resolving]


def _own_pairs(said: Any) -> int:
    blocked = (said[0] if isinstance(said, list) else said)["blocked"]
    return sum(rule["pairs"] for rules in blocked.values() for rule in rules)


def _parts(said: Any, size: int) -> list[Cost]:
    return [
        Cost(what=what, records=size, memory=said["memory"], **cost) for what, cost in said["parts"].items()
    ]


def _run(what: str, command: Sequence[str], size: int, out: Path, pairs: Callable[[Any], int]) -> Cost:
    """Run a command to its end and return what it took."""
    took, said = turns.run(command, cwd=out)
    return Cost(
        what=what, records=size, pairs=pairs(said), seconds=took.seconds, cpu=took.cpu, memory=took.memory
    )


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        what=costs[0].what,
        records=costs[0].records,
        pairs=costs[0].pairs,
        seconds=median(one.seconds for one in costs),
        cpu=median(one.cpu for one in costs),
        memory=int(median(one.memory for one in costs)),
    )


def _stages(records: Path) -> dict[str, Any]:
    """Return what our scoring takes on our columns and pairs, and what Splink alone does on the same."""
    from sourcing.resolve import comparing, models, namesakes, neutral

    model = next(one for one in models.shipped(_ROOTS) if one.sides == ("author",))
    bundle = neutral.bundle(neutral.load_records(records), now=_NOW)
    shares = namesakes.count(
        {name for one in bundle.mentions for name in one.names}, models.prior_shares(_ROOTS)
    )
    table = model.column_set.make(bundle.mentions, shares, bundle.digest)
    parts = {}
    with comparing.Run(table, model, comparing.Limits()) as run:
        parts["our scoring"] = _timed(lambda: sum(1 for _ in run.scored(model.thresholds.review)))
        pairs = run.database.execute("SELECT count(*) FROM pair").fetchall()[0][0]
    # the same levels written out over the columns of both sides: what its own user would give Splink
    levels = [
        one.model_copy(
            update={
                "level": tuple(
                    level.model_copy(update={"when": model.plain(level.when)}) for level in one.level
                )
            }
        )
        for one in model.comparison
    ]
    bare = model.model_copy(update={"comparison": tuple(levels), "feature": {}})
    with comparing.Run(table, bare, comparing.Limits()) as run:
        run.block()
        parts["Splink alone, scoring"] = _timed(
            lambda: run.predict("mention", "pair", bare.thresholds.review)
        )
    for cost in parts.values():
        cost["pairs"] = pairs
    return {"parts": parts, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    started, before = time.monotonic(), time.process_time()
    work()
    return {"seconds": time.monotonic() - started, "cpu": time.process_time() - before}


def _growth(costs: Sequence[Cost]) -> dict[str, float]:
    """Return the exponent of CPU seconds over records between the smallest and the largest input."""
    found = {}
    for what in dict.fromkeys(one.what for one in costs):
        mine = {one.records: one.cpu for one in costs if one.what == what}
        if len(mine) > 1:
            found[what] = turns.growth(mine)
    return found


def _rows(costs: Sequence[Cost]) -> list[turns.Row]:
    """Return what has a goal: our CPU by Splink's, and its growth (EVALUATION §4)."""
    cpu = {(one.what, one.records): one.cpu for one in costs}
    rows = [
        turns.Row(
            job=f"resolution, {what}", against="Splink", size=f"{size:,} records", ratio=ratio,
            goal=1.15 if size >= _GOAL_FROM else None,
            ours=cpu[ours, size], theirs=cpu[peer, size], unit="CPU s",
        )
        for what, (ours, peer) in _BESIDE.items()
        for size, ratio in _ratios(costs)[what].items()
    ]  # fmt: skip
    sizes = sorted({one.records for one in costs})
    if len(sizes) > 1:
        size, grown = f"{sizes[0]:,} to {sizes[-1]:,}", _growth(costs)["resolution"]
        rows.append(turns.Row(job="resolution", against="growth", size=size, ratio=grown, goal=1.0, unit=""))
    return rows


def _ratios(costs: Sequence[Cost]) -> dict[str, dict[int, float]]:
    """Return our CPU seconds by Splink's, whole and scoring alone, by size of input."""
    cpu = {(one.what, one.records): one.cpu for one in costs}
    sizes = sorted({one.records for one in costs})
    return {
        what: {size: cpu[ours, size] / cpu[peer, size] for size in sizes}
        for what, (ours, peer) in _BESIDE.items()
    }


def _table(costs: Sequence[Cost], report: dict[str, Any]) -> str:
    lines = [f"{'':24}{'records':>10}{'pairs':>11}{'seconds':>9}{'CPU s':>9}{'GB':>7}"]
    lines += [
        f"{one.what:24}{one.records:>10,}{one.pairs:>11,}{one.seconds:>9.1f}{one.cpu:>9.1f}{one.memory / 1e9:>7.2f}"
        for one in costs
    ]
    lines += [f"growth of CPU, {what}: {found:.2f}" for what, found in report["growth"].items()]
    for what, found in report["ratio"].items():
        lines += [f"CPU by Splink's, {what}, {size:,} records: {ratio:.2f}" for size, ratio in found.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
