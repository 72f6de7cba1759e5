"""The same store on DuckDB and on a Spark cluster: the same links, people and scores, and what each engine takes.

    python tests/spark OUT [--people 10000] [--signals 200000] [--records 10000] [--seed 4] [--specialisms a,b]
        [--only links,people,scores]

Ends with 1 if anything differs. Compared are: of every pair its level in each comparison and its probability to nine
places, the clusters, and of every specialism all scores, bands, gates and evidence, as they are stored. Nine places
because Java's power, logarithm and sum of products may differ from C's in the sixteenth.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for beside in (HERE, HERE.parent / "bench"):
    sys.path.insert(0, str(beside))
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what Spark's workers run functions with

import mentions  # noqa: E402
import rank  # noqa: E402
from cluster import cluster, spent  # noqa: E402
from invented import lines  # noqa: E402

from sourcing.analytics.engine import HERE as DUCKDB  # noqa: E402
from sourcing.analytics.engine import Analytics  # noqa: E402
from sourcing.ranking import score, specialism  # noqa: E402
from sourcing.resolve import linkage, models, namesakes, neutral  # noqa: E402
from sourcing.resolve.comparing import Limits  # noqa: E402
from sourcing.resolve.decide import decide  # noqa: E402
from sourcing.resolve.probable import Linking  # noqa: E402
from sourcing.settings import config_root  # noqa: E402
from storage import renewal  # noqa: E402
from storage.engine import open_store  # noqa: E402

ROOTS = [config_root()]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACES = 9


def main() -> int:
    """Make what is missing, compute it on both engines, print a table; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--signals", type=int, default=200_000)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--specialisms", default=",".join(specialism.names(ROOTS)))
    parser.add_argument("--only", default="links,people,scores")
    parser.add_argument("--memory", default="3g", help="of each of the two workers")
    given = parser.parse_args()
    given.out = given.out.resolve()
    given.out.mkdir(parents=True, exist_ok=True)
    known = {"links": _links, "people": _people, "scores": _scores}
    jobs = {name: known[name](given) for name in given.only.split(",")}
    here = {name: _timed(job, DUCKDB) for name, job in jobs.items()}
    peak = spent()[1]
    with cluster(given.out / "cluster", workers=2, memory=given.memory) as address:
        options = {
            "spark.executor.memory": given.memory,
            "spark.executor.cores": "1",
            "spark.sql.shuffle.partitions": "4",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
        there = {
            name: _timed(job, Analytics(engine="spark", master=address, spark=options))
            for name, job in jobs.items()
        }
    print(f"{'':8} {'DuckDB':>22} {'Spark':>22}  same  digest")
    for name, one in here.items():
        other, same = there[name], "yes" if one.digest == there[name].digest else "NO"
        print(f"{name:8} {one.cost:>22} {other.cost:>22}  {same:4}  {one.digest}")
    print(f"peak of all processes: DuckDB {peak >> 20} MiB, with Spark {spent()[1] >> 20} MiB")
    return int(any(one.digest != there[name].digest for name, one in here.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a job gave and took. cpu: seconds of all processes."""

    digest: str
    seconds: float
    cpu: float

    @property
    def cost(self) -> str:
        """Return seconds and CPU seconds in words."""
        return f"{self.seconds:.1f} s, {self.cpu:.1f} CPU s"


def _timed(job: Callable[[Analytics], str], engine: Analytics) -> Done:
    started, before = time.monotonic(), spent()[0]
    digest = job(engine)
    done = Done(digest=digest, seconds=time.monotonic() - started, cpu=spent()[0] - before)
    print(engine.engine, digest, done.cost, flush=True)
    return done


def _digest(told: Any) -> str:
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _records(given: argparse.Namespace) -> neutral.Bundle:
    """Return invented bylines and author lines of the same people, half of each."""
    papers = given.out / f"bylines-{given.records}-{given.seed}.jsonl"
    if not papers.is_file():
        mentions.write(papers, given.records // 2, given.seed)
    records = list(neutral.load_records(papers))
    written = lines(papers, given.records - len(records), given.seed)
    return neutral.bundle([*records, *(neutral.Record(**one) for one in written)], now=NOW)


def _linking(bundle: neutral.Bundle, engine: Analytics) -> Linking:
    shares = namesakes.count(
        (name for one in bundle.mentions for name in one.names), models.prior_shares(ROOTS)
    )
    limits = Limits(engine=engine)
    return Linking(models=models.shipped(ROOTS), namesakes=shares, digest=bundle.digest, limits=limits)


def _links(given: argparse.Namespace) -> Callable[[Analytics], str]:
    bundle = _records(given)

    def links(engine: Analytics) -> str:
        linking = _linking(bundle, engine)
        told = []
        for model in linking.models:
            pairs, blocked = linkage.score(
                bundle.mentions, model, linking.namesakes, linking.digest, linking.limits
            )
            rows = [(one.left, one.right, round(one.probability, PLACES), one.levels) for one in pairs]
            told.append(
                [model.name, rows, [(one.rule, one.pairs, one.cut, one.cut_pairs) for one in blocked]]
            )
            print(engine.engine, model.name, len(rows), "pairs", flush=True)
        return _digest(told)

    return links


def _people(given: argparse.Namespace) -> Callable[[Analytics], str]:
    bundle = _records(given)

    def people(engine: Analytics) -> str:
        found = decide(bundle.known, bundle.mentions, _linking(bundle, engine))
        return _digest(sorted(sorted(one) for one in found.clusters.persons))

    return people


def _scores(given: argparse.Namespace) -> Callable[[Analytics], str]:
    """Return what ranks a snapshot of a store of the ranking bench."""
    size = f"{given.people}:{given.signals}"
    home = given.out / f"rank-{given.people}-{given.signals}-{given.seed}"
    if not (home / "snapshot" / "manifest.json").is_file():
        made = [
            sys.executable,
            str(rank.__file__),
            str(given.out),
            "--sizes",
            size,
            "--seed",
            str(given.seed),
        ]
        subprocess.run([*made, "--step", "make"], check=True)
        renewal.renew(open_store(f"sqlite:///{home / 'store.db'}"), home / "snapshot", as_of=rank.NOW)
    wanted = [specialism.load(name, ROOTS) for name in given.specialisms.split(",")]

    def scores(engine: Analytics) -> str:
        found = score.evaluate_all(
            home / "snapshot", wanted, as_of=rank.NOW, spill=home / "spill", engine=engine
        )
        told = [
            [one.specialism.slug, one.scores, one.gate, dict(one.left_out), sorted(one.flags.items())]
            for one in found
        ]
        return _digest(told)

    return scores


if __name__ == "__main__":
    sys.exit(main())
