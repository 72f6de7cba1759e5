"""What ranking costs: seconds, CPU seconds and memory; of everybody, and after 1 % of the people did something.

Then of everybody again a week later, when all ages are others and how works fit is known.

    python tests/bench/rank.py OUT [--sizes 10000:200000,100000:2000000] [--seed 4] [--changed 0.01]

A store of invented people and signals is made in OUT, then ranked for every shipped specialism the way a night does
it, from the rows of the store to the stored scores, a process for each measurement.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from sourcing import nightly
from sourcing.ranking import specialism
from sourcing.settings import Operator, Settings, config_root
from storage import tables
from storage.engine import batched, open_store

NOW: Final = datetime(2026, 11, 25, 3, tzinfo=UTC)  # a Wednesday: yesterday's ages are today's
_ROWS: Final = 20_000
_WORDS: Final = (
    "add", "fix", "rework", "split", "cache", "buffer", "pool", "index", "loader", "parser", "queue", "batch", "stream",
    "worker", "page", "block", "layout", "tensor", "kernel", "shape", "graph", "node", "token", "layer", "weight",
    "model", "train", "sample", "score", "metric", "data", "set", "reader", "writer", "path", "config", "option",
    "flag", "error", "retry", "lock", "thread", "memory", "copy", "async", "event", "log", "trace", "test", "guard",
)  # fmt: skip
_FOLDERS: Final = (
    "core",
    "engine",
    "ops",
    "io",
    "data",
    "train",
    "serve",
    "nn",
    "tools",
    "kernels",
    "runtime",
)


def main() -> None:
    """Make the stores, measure each in processes of their own, print one table and write one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sizes", default="10000:200000,100000:2000000")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--changed", type=float, default=0.01)
    parser.add_argument("--step", choices=("make", "change", "rank"), help="do one step in this process")
    parser.add_argument("--day", type=int, default=0)
    given = parser.parse_args()
    given.out = given.out.resolve()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.step is not None:
        print(json.dumps(_step(given)))
        return
    found: dict[str, Any] = {}
    for size in given.sizes.split(","):
        home = given.out / f"rank-{size.replace(':', '-')}-{given.seed}"
        if not (home / "made").exists():
            _run(given, size, "make", 0)
        found[size] = {"all": _run(given, size, "rank", 0)}
        _run(given, size, "change", 1)
        found[size]["changed"] = _run(given, size, "rank", 1)
        found[size]["again"] = _run(given, size, "rank", 7)
        found[size]["times faster"] = {
            f"{name} than {whole}": found[size][whole][name] / found[size]["changed"][name]
            for whole in ("all", "again")
            for name in ("seconds", "cpu")
        }
        print(size, json.dumps(found[size], indent=1), flush=True)
        (given.out / "rank.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _run(given: argparse.Namespace, size: str, step: str, day: int) -> dict[str, Any]:
    command = [
        sys.executable, __file__, str(given.out), "--sizes", size, "--seed", str(given.seed),
        "--changed", str(given.changed), "--step", step, "--day", str(day),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _step(given: argparse.Namespace) -> dict[str, Any]:
    size = given.sizes
    people, signals = map(int, size.split(":"))
    home = given.out / f"rank-{size.replace(':', '-')}-{given.seed}"
    home.mkdir(exist_ok=True)
    settings = Settings(home=home, operator=Operator(controller="Example GmbH", contact="https://c.example"))
    url = f"sqlite:///{home / 'store.db'}"
    world = _World(people, signals, given.seed)
    if given.step == "make":
        (home / "store.db").unlink(missing_ok=True)
        with_store = open_store(url, create=True)
        with with_store.begin() as tx:
            for table, rows in world.rows():
                for batch in batched(rows, _ROWS):
                    tx.execute(insert(table), list(batch))
        (home / "made").write_text("", encoding="utf-8")
        return {}
    store = open_store(url)
    if given.step == "change":
        with store.begin() as tx:
            world.change(tx, given.changed, given.day)
        return {}
    started, before = time.monotonic(), time.process_time()
    reports = nightly.rank(store, settings, now=NOW + timedelta(days=given.day), run=None)
    return {
        "people": people,
        "signals": signals,
        "specialisms": len(reports),
        "scored": sum(one["scored"] for one in reports),
        "moved": sum(one["moved"] for one in reports),
        "seconds": round(time.monotonic() - started, 2),
        "cpu": round(time.process_time() - before, 2),
        "memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "cores": os.cpu_count(),
    }


class _World:
    """Invented people at invented work: in the repositories that specialisms list, in others, and on papers."""

    def __init__(self, people: int, signals: int, seed: int) -> None:
        self.people, self.signals, self.seed = people, signals, seed
        looks = [specialism.load(name, (config_root(),)).look for name in specialism.names((config_root(),))]
        self.listed = sorted({repo for look in looks for repo in (*look.repositories, *look.shared)})
        self.spoken = sorted({term.split("|")[0].strip(" *") for look in looks for term in look.keywords})
        self.venues = sorted({venue for look in looks for venue in look.venues})
        self.others = [f"org-{number}/part-{number % 7}" for number in range(max(20, people // 40))]

    def rows(self) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
        """Yield tables with their rows."""
        yield tables.identity, self._identities()
        yield tables.statement, self._statements()
        yield tables.person, self._persons()
        yield (
            tables.person_identity,
            ({"identity": f"github:{number}", "person": _key(number)} for number in range(self.people)),
        )
        yield (
            tables.search_person,
            ({"person": _key(number), "no": number} for number in range(self.people)),
        )
        yield tables.work, self._works()
        yield tables.signal, (row for _, signals in self._acts() for row in signals)

    def change(self, tx: Any, share: float, day: int) -> None:
        """Let a share of the people do something new: one change each, told the day after."""
        draw = random.Random(f"{self.seed}/{day}")
        works, signals = [], []
        for number in draw.sample(range(self.people), max(1, int(self.people * share))):
            work, acts = self._act(draw, f"d{day}n{number}", number, NOW + timedelta(days=day - 1))
            works.append(work)
            signals += acts
        for table, rows in ((tables.work, works), (tables.signal, signals)):
            tx.execute(insert(table), rows)

    def _identities(self) -> Iterator[dict[str, Any]]:
        for number in range(self.people):
            yield {"id": f"github:{number}", "first_seen": NOW, "last_seen": NOW}

    def _statements(self) -> Iterator[dict[str, Any]]:
        origin = {"source": "github_people", "url": "https://x.example", "visit": "v", "seen_at": NOW}
        for number in range(self.people):
            for attribute, value in (("handle", f"login-{number}"), ("kind", "personal")):
                yield origin | {
                    "identity": f"github:{number}", "attribute": attribute, "hash": attribute, "value": value
                }  # fmt: skip

    def _persons(self) -> Iterator[dict[str, Any]]:
        for number in range(self.people):
            yield {
                "key": _key(number), "anchor": f"github:{number}", "kind": "personal", "name": f"Person {number}",
                "minted_at": NOW, "first_seen": NOW, "last_seen": NOW,
            }  # fmt: skip

    def _works(self) -> Iterator[dict[str, Any]]:
        origin = {
            "visit": "v",
            "seen_at": NOW,
            "hash": "h",
            "tags": [],
            "paths": [],
            "text": None,
            "venue": None,
        }
        origin |= {"published_on": None, "url": "https://x.example"}
        for repo in [*self.listed, *self.others]:
            yield origin | {
                "id": f"github:{repo}", "source": "github_pulls", "kind": "repository", "title": repo,
                "published_on": date(2015, 1, 1), "part_of": None,
            }  # fmt: skip
        for work, _ in self._acts():
            yield work

    def _acts(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Yield works with their signals; half of the people do four fifths of them."""
        draw = random.Random(self.seed)
        made = number = 0
        while made < self.signals:
            number += 1
            who = int(self.people * draw.random() ** 1.6)
            at = NOW - timedelta(days=1 + 2400 * draw.random() ** 1.5)
            work, acts = self._act(draw, f"n{number}", who, at)
            made += len(acts)
            yield work, acts

    def _act(
        self, draw: random.Random, tag: str, who: int, at: datetime
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        kind = draw.random()
        home = (who * 7919) % 1000  # where somebody mostly works
        if home < 400:
            repo = self.listed[home % len(self.listed)] if draw.random() < 0.8 else draw.choice(self.others)
        else:
            repo = (
                self.others[(who * 31) % len(self.others)]
                if draw.random() < 0.9
                else draw.choice(self.listed)
            )
        title = " ".join(draw.choices(_WORDS, k=6))
        if draw.random() < 0.15:
            title += " " + draw.choice(self.spoken)
        origin = {"visit": "v", "seen_at": NOW, "hash": "h", "url": f"https://x.example/{tag}"}
        blank = {"tags": [], "text": None, "venue": None, "published_on": None, "paths": []}
        acts = [("authored", who, None, None)]
        if kind < 0.05:
            authors = [who, *(int(self.people * draw.random()) for _ in range(2))]
            text = " ".join(draw.choices(_WORDS, k=120)) + " " + " ".join(draw.sample(self.spoken, 2))
            work = blank | {
                "id": f"arxiv:{tag}", "source": "arxiv_papers", "kind": "paper", "title": title, "text": text,
                "tags": ["cs.LG", "cs.CL"], "venue": draw.choice(self.venues), "published_on": at.date(),
                "part_of": None,
            }  # fmt: skip
            acts = [("authored", one, place, 3) for place, one in enumerate(dict.fromkeys(authors), start=1)]
            source = "arxiv_papers"
        elif kind < 0.6:
            sha = f"{random.Random(tag).getrandbits(160):040x}"
            paths = [
                f"{draw.choice(_FOLDERS)}/{draw.choice(_FOLDERS)}/{draw.choice(_WORDS)}.py" for _ in range(2)
            ]
            work = blank | {
                "id": f"git:{repo}@{sha}", "source": "git_history", "kind": "commit", "title": title,
                "paths": paths, "part_of": f"github:{repo}",
            }  # fmt: skip
            source = "git_history"
        else:
            work = blank | {
                "id": f"github:{repo}#{tag}", "source": "github_pulls", "kind": "pull_request", "title": title,
                "part_of": f"github:{repo}",
            }  # fmt: skip
            others = {int(self.people * draw.random() ** 3) for _ in range(2)} - {who}
            acts += [
                (act, one, None, None)
                for act, one in zip(("reviewed", "merged"), sorted(others), strict=False)
            ]
            source = "github_pulls"
        signals = [
            origin | {
                "id": f"{work['id']}:{act}:{one}", "identity": f"github:{one}", "work": work["id"], "kind": act,
                "value": 1.0, "unit": "items", "occurred_at": at, "confidence": 1.0, "position": place,
                "of": of, "note": None, "source": source,
            }
            for act, one, place, of in acts
        ]  # fmt: skip
        return origin | work, signals


def _key(number: int) -> str:
    return f"p_{number:016x}"


if __name__ == "__main__":
    main()
