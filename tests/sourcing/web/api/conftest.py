"""Sixty invented people with scores in two specialisms, and a program that calls the API about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from visiting import client_of, let_end, make_desk

from sourcing import access
from sourcing.access import Scope
from sourcing.settings import Settings
from sourcing.web.desk import Desk
from spiders.records import WorkKind
from storage import index, intake, order, persons, scores
from storage.engine import Store, open_store
from storage.model import Points, Score

SIZE = 60
SPECS = ("inference-performance", "llm-rag-agents")
FIRST = ("Ona", "Ben", "Ida", "Wim", "Vera", "Xenia")
LAST = (
    "Quillmoor",
    "Sedgewick",
    "Tarnbrook",
    "Umberfield",
    "Vexholm",
    "Wrenloft",
    "Yarrowdale",
    "Zephyrcross",
)
TOPICS = (
    "paged attention kernels",
    "speculative decoding",
    "retrieval for agents",
    "int8 quantisation",
    "flash scheduler",
)
PLACES = (("de", "berlin"), ("gb", "london"), ("ca", "toronto"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A filled store at which somebody works. url: of the store. keys: of the people by number."""

    desk: Desk
    url: str
    keys: list[str]

    def caller(self, scope: Scope = Scope.ADMIN, *, blind: bool = False) -> "Caller":
        return Caller(self.desk, scope, blind=blind)


class Caller:
    """A program with a key."""

    def __init__(self, desk: Desk, scope: Scope, *, blind: bool = False) -> None:
        self.desk = desk
        key, secret = access.create_key(
            desk.store, "a program", scope=scope, days=None, actor="ana", now=desk.now()
        )
        self.actor = f"key:{key.id}"
        headers = {"authorization": f"Bearer {secret}"}
        self.client = client_of(desk, headers=headers)

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self.ask("GET", path, status, **more)

    def post(self, path: str, content: Any = None, status: int = 201, **more: Any) -> Any:
        return self.ask("POST", path, status, json=content, **more)

    def ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        answer = self.client.request(method, f"/api/v1{path}", **more)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text[:2000])
        return answer


def name_of(number: int) -> str:
    return f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"


def fill(store: Store, make: Any, now: datetime, keyer: Any) -> list[str]:
    """Bring people, works and scores into an empty store and return the keys of the people by number."""
    records: list[Any] = []
    for number in range(SIZE):
        account, handle = f"github:{1000 + number}", f"{FIRST[number % 6].lower()}-{number}"
        records.append(make.identity(account, handle=handle, name=name_of(number), source="github_people"))
        for at in range(1 + number % 3):
            native = 10 * number + at
            work, url = f"github:orbit/engine#{native}", f"https://code.example/orbit/{native}"
            title = f"Rework {TOPICS[(number + at) % len(TOPICS)]}"
            records.append(make.work(work, title=title, kind=WorkKind.PULL_REQUEST, url=url))
            day = now - timedelta(days=number + at)
            records.append(make.signal(account, work, id=signal_of(number, at), occurred_at=day))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({f"github:{1000 + number}"}) for number in range(SIZE)], now)
        index.reindex(tx, None, shared=5)
        owners = persons.owners(tx, [f"github:{1000 + number}" for number in range(SIZE)])
        keys = [owners[f"github:{1000 + number}"] for number in range(SIZE)]
        for at, slug in enumerate(SPECS):
            mine = [number for number in range(SIZE) if at == 0 or number % 2]
            rows = [_score(number, keys[number], slug, now) for number in mine]
            scores.put(tx, slug, f"{slug}@1", rows, None, now)
        order.refresh(tx)
        facets = [
            (keys[number], field, value)
            for number in range(SIZE)
            for field, value in zip(("country", "city"), PLACES[number % 3], strict=True)
        ]
        index.put_facets(tx, keys, facets)
    return keys


def signal_of(number: int, at: int) -> str:
    return f"git:work-{number}-{at}"


def _score(number: int, key: str, slug: str, now: datetime) -> Score:
    parts = (
        (40.0 - number / 2, "Systems code", "merged_work"),
        (20.0 + number % 7, "Reviews", "review_work"),
    )
    points = tuple(
        Points(
            factor=factor, feature=feature, value=worth, unit="pull requests", points=worth, rising=worth / 2,
            evidence=tuple(signal_of(number, at) for at in range(1 + number % 3)),
        )
        for worth, factor, feature in parts
    )  # fmt: skip
    value = sum(part.points for part in points)
    return Score(
        person=key, specialism=slug, version=f"{slug}@1", value=value, lower=round(value * 0.9, 3),
        upper=min(100.0, value + 10), confidence=0.9, level=("senior", "mid", "staff")[number % 3], as_of=now,
        points=points, rising=value / 2, rising_lower=value / 3,
    )  # fmt: skip


@pytest.fixture(scope="session")
def once() -> dict[str, Any]:
    """The filled SQLite store of this process as bytes, and the keys in it: filling it takes longer than most tests."""
    return {}


@pytest.fixture
def town(
    settings: Settings, new_url: Callable[[], str], now: datetime, make: Any, keyer: Any, once: dict[str, Any]
) -> Iterator[Town]:
    url = new_url()
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path is None or not once:
        store = open_store(url)
        keys = fill(store, make, now, keyer)
        store.close()
        if path is not None:
            once.update(content=path.read_bytes(), keys=keys)
    else:
        path.write_bytes(once["content"])
        keys = once["keys"]
    store = open_store(url)
    yield Town(desk=make_desk(settings, store, now), url=url, keys=keys)
    let_end()
    store.close()


@pytest.fixture
def caller(town: Town) -> Caller:
    """A program that may do everything."""
    return town.caller()
