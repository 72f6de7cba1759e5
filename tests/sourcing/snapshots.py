"""Invented work as a ranking snapshot, and a specialism that looks at it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sourcing.features.genuine import KNOWN_WORKS
from sourcing.ranking import specialism
from sourcing.ranking.score import Ranking
from storage import renewal
from storage.model import Score

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
ENGINE = "example-org/serving-engine"
WORKS = pa.schema(
    [(name, pa.string()) for name in ("work", "kind", "title", "text")]
    + [("tags", pa.list_(pa.string())), ("paths", pa.list_(pa.string())), ("venue", pa.string())]
    + [("published_on", pa.date32())]
    + [(name, pa.string()) for name in ("part_of", "url", "source")]
)
SIGNALS = pa.schema(
    [(name, pa.string()) for name in ("person", "signal", "kind", "work")]
    + [("occurred_at", pa.timestamp("us", tz="UTC")), ("value", pa.float64()), ("unit", pa.string())]
    + [("confidence", pa.float64()), ("position", pa.int32()), ("of_", pa.int32())]
    + [(name, pa.string()) for name in ("note", "url", "source", "told")]
    + [("own", pa.bool_()), ("said_of", pa.string())]
)


class World:
    """Invented work, written as a ranking snapshot."""

    def __init__(self) -> None:
        self.works: dict[str, dict[str, Any]] = {}
        self.signals: list[dict[str, Any]] = []
        self._numbers = count()  # a store has one signal of an id, also where another one went

    def change(
        self,
        person: str,
        *,
        days: float = 30,
        repo: str = ENGINE,
        title: str = "Rework the block allocator",
        paths: Sequence[str] = ("engine/memory/blocks.py",),
        kind: str = "authored",
        work: str | None = None,
        platform: bool = True,
        at: datetime | None = None,
        **more: Any,
    ) -> str:
        """Add a signal on a pull request; without `work`, on a new one. days: before the moment asked for."""
        key = work or f"github:{repo}#{len(self.works) + 1}"
        self.works.setdefault(
            key,
            {
                "work": key,
                "kind": "pull_request",
                "title": title,
                "paths": list(paths),
                "part_of": f"github:{repo}",
                "tags": [],
            },
        )
        self.sign(person, key, kind, at or AS_OF - timedelta(days=days), platform=platform, **more)
        return key

    def known(self, *people: str) -> None:
        """Make people known from a listed repository, long ago."""
        for person in people:
            for number in range(KNOWN_WORKS):
                self.change(person, days=3_000 + number)

    def paper(
        self, person: str, *, title: str, days: float = 200, venue: str | None = "MLSys 2026", text: str = "",
        tags: Sequence[str] = (), position: int = 1, of: int = 4, work: str | None = None, **more: Any,
    ) -> str:  # fmt: skip
        """Add a paper, or a place in its byline."""
        key = work or f"arxiv:26{len(self.works):02d}.00001"
        at = AS_OF - timedelta(days=days)
        self.works.setdefault(
            key,
            {
                "work": key,
                "kind": "paper",
                "title": title,
                "text": text,
                "tags": list(tags),
                "paths": [],
                "venue": venue,
                "published_on": at.date(),
            },
        )
        self.sign(person, key, "authored", at, position=position, of_=of, **more)
        return key

    def sign(
        self, person: str, work: str, kind: str, at: datetime | None, *, platform: bool = True, **more: Any
    ) -> None:
        """Add one signal. platform: told by GitHub, not read from a history."""
        prefix = "github" if platform else "git"
        row = {
            "person": person,
            "signal": f"{prefix}:{next(self._numbers)}:{kind}",
            "kind": kind,
            "work": work,
            "occurred_at": at,
            "value": 1.0,
            "unit": "items",
            "confidence": 1.0,
            "url": f"https://example.org/{work}",
            "source": "github_pulls",
            "own": False,
            "said_of": work,
        }
        self.signals.append(row | more)

    def write(self, directory: Path) -> Path:
        """Write both files and return the directory."""
        directory.mkdir(exist_ok=True)
        filled = [
            {"url": "https://example.org", "source": "github_pulls"} | work for work in self.works.values()
        ]
        pq.write_table(pa.Table.from_pylist(filled, schema=WORKS), directory / "works.parquet")
        pq.write_table(pa.Table.from_pylist(self.signals, schema=SIGNALS), directory / "signals.parquet")
        return directory

    def write_upon(self, before: Path | None, directory: Path) -> Path:
        """Write what differs from a snapshot beside it, as a night does, and return the directory."""
        if before is None:
            self.write(directory)
        else:
            directory.mkdir()
            for path in before.glob("*.parquet"):
                (directory / path.name).hardlink_to(path)
            number = 1 + len(renewal.parts(before, "signals"))
            for name, (key, _) in renewal.KEYS.items():
                rows, schema = (self.signals, SIGNALS) if name == "signals" else (self.works.values(), WORKS)
                then = {row[key]: row for row in renewal.read(before, name).to_pylist()}
                now = {row[key]: row for row in pa.Table.from_pylist(list(rows), schema=schema).to_pylist()}
                told = [row for one, row in now.items() if then.get(one) != row]
                told += [{key: one} for one in then.keys() - now.keys()]
                pq.write_table(
                    pa.Table.from_pylist(told, schema=schema), directory / f"{name}-{number}.parquet"
                )
        manifest = {"upon": None if before is None else before.name}
        (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return directory


def pack(**look: Any) -> specialism.Specialism:
    weights = {"merged_work": 40, "steadiness": 10, "areas": 10, "review_work": 20, "papers_on_topic": 20}
    halves = {"merged_work": 12, "steadiness": 6, "areas": 3, "review_work": 12, "papers_on_topic": 0.8}
    table = {
        "title": "Inference",
        "summary": "Serving engines.",
        "version": 1,
        "look": {
            "repositories": [ENGINE],
            "keywords": ["paged attention", "KV cache", "speculative decoding"],
            "paths": ["example-org/everything:serving/"],
            "hints": ["latency"],
            "arxiv": ["cs.DC"],
            "venues": ["MLSys"],
            "negative": ["benchmark table only"],
        }
        | look,
        "factors": [
            {"name": name, "feature": name, "weight": weight, "half": halves[name]}
            for name, weight in weights.items()
        ],
    }
    return specialism.read("inference", table, where="inference.toml")


def by_person(ranking: Ranking) -> Mapping[str, Score]:
    return {score.person: score for score in ranking.scores}


def value(score: Score, feature: str) -> float | None:
    return next(part.value for part in score.points if part.feature == feature)
