"""Sixty invented people with works, scores, places, a night that went half well, lists and saved searches.

What strangers wrote may be anything: `words` replaces titles and what people say of themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sourcing import feedback, lists, marking, oversight, searches, shares
from sourcing.settings import Settings
from spiders.records import WorkKind
from storage import exports, index, intake, order, persons, runs, saved, scores
from storage import lists as stored
from storage.engine import Store
from storage.model import Edge, Export, ExportRow, Judgement, Points, Score

SIZE = 60
SPECS = ("inference-performance", "llm-rag-agents")
LIST, OTHER_LIST = "Staff Inference Engineer", "Research Engineer, Toronto"
SEARCH, QUIET_SEARCH = "Inference, Europe", "Papers and code"
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
    "Rework paged attention kernels",
    "Speed up speculative decoding",
    "Retrieval for agents",
    "Fuse int8 quantisation",
    "Move the flash scheduler",
)
PLACES = (("de", "berlin"), ("gb", "london"), ("ca", "toronto"))
NEW = 12  # people of the saved search whom nobody has been shown


def name_of(number: int) -> str:
    return f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"


def fill(
    store: Store, make: Any, now: datetime, keyer: Any, settings: Settings, *, words: Sequence[str] = ()
) -> list[str]:
    """Bring everything into an empty store and return the keys of the people by number, best first."""
    size = max(SIZE, len(words))
    keys = _people(store, make, now, keyer, size, words)
    with store.begin() as tx:
        for at, slug in enumerate(SPECS):
            mine = [number for number in range(size) if at == 0 or number % 2]
            rows = [_score(number, keys[number], slug, now, size) for number in mine]
            scores.put(tx, slug, f"{slug}@1", rows, None, now)
        order.refresh(tx)
        facets = [
            (keys[number], field, value)
            for number in range(size)
            for field, value in zip(("country", "city"), PLACES[number % 3], strict=True)
        ]
        index.put_facets(tx, keys, facets)
        _night(tx, now, words)
        _question(tx, now)
        rows = tuple(ExportRow(person=key, action="create", payload="0" * 64) for key in keys[20:26])
        at = now - timedelta(days=settings.privacy.notice_days - 3)
        exports.put(
            tx,
            Export(
                id="export-1", what=LIST, connector="csv", destination="leads.csv", actor="ana", at=at,
                counts={"create": 6}, rows=rows,
            ),
        )  # fmt: skip
    _work(store, keys, now)
    return keys


def share(
    store: Store, settings: Settings, *, now: datetime, blind: bool = False, notes: bool = False
) -> shares.Made:
    """Let ana look at everybody on the list and make a link to it."""
    with store.read() as tx:
        keys = [item.person for item in stored.show(tx, LIST).items]
        held = scores.scores_of(tx, keys)
    for key in keys:
        oversight.looked(store, key, held.get(key, []), actor="ana", now=now)
    return shares.make(store, settings, LIST, days=14, blind=blind, notes=notes, actor="ana", now=now)


def answers(path: Path) -> Path:
    """Write what everybody said of themselves for a bias report: every second one each."""
    said = "".join(f"github:{1000 + number},{'fm'[number % 2]}\n" for number in range(SIZE))
    path.write_text(f"person,sex\n{said}")
    return path


def _people(store: Store, make: Any, now: datetime, keyer: Any, size: int, words: Sequence[str]) -> list[str]:
    records: list[Any] = []
    for number in range(size):
        account = f"github:{1000 + number}"
        said = words[number % len(words)] if words else None
        records.append(
            make.identity(
                account,
                handle=f"{FIRST[number % 6].lower()}-{number}",
                name=said or name_of(number),
                affiliation=said or ("Orbit Labs" if number % 2 else "Lowtide Works"),
                location=said or PLACES[number % 3][1].title(),
                summary=said or "Makes serving engines faster.",
                homepage=f"https://people.example/{number}",
                source="github_people",
            )
        )
        for at in range(1 + number % 3):
            native = 10 * number + at
            work, url = f"github:orbit/engine#{native}", f"https://code.example/orbit/{native}"
            title = said or TOPICS[(number + at) % len(TOPICS)]
            records.append(make.work(work, title=title, kind=WorkKind.PULL_REQUEST, url=url))
            day = now - timedelta(days=1 + (number * 7 + at * 40) % 700)
            records.append(make.signal(account, work, id=_signal(number, at), occurred_at=day))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
        accounts = [f"github:{1000 + number}" for number in range(size)]
        persons.rebuild(tx, [frozenset({one}) for one in accounts], now)
        index.reindex(tx, None, shared=5)
        owners = persons.owners(tx, accounts)
        return [owners[one] for one in accounts]


def _signal(number: int, at: int) -> str:
    return f"git:work-{number}-{at}"


def _score(number: int, key: str, slug: str, now: datetime, size: int) -> Score:
    high = 60.0 * (size - number) / size
    parts = ((high, "Systems code", "merged_work"), (12.0, "Reviews", "review_work"))
    points = [
        Points(
            factor=factor, feature=feature, value=round(worth, 3), unit="pull requests", points=round(worth, 3),
            rising=round(worth / 2, 3), evidence=tuple(_signal(number, at) for at in range(1 + number % 3)),
        )
        for worth, factor, feature in parts
    ]  # fmt: skip
    points.append(Points(factor="Papers", feature="papers", value=None, unit="papers", points=0.0))
    value = round(sum(part.points for part in points), 3)
    return Score(
        person=key, specialism=slug, version=f"{slug}@1", value=value, lower=round(value * 0.9, 3),
        upper=min(100.0, value + 10), confidence=0.9 if number % 3 else 0.5,
        level=("senior", "mid", "staff")[number % 3], as_of=now, points=tuple(points),
        rising=value / 2, rising_lower=round(value / 3, 3),
    )  # fmt: skip


def _night(tx: Any, now: datetime, words: Sequence[str]) -> None:
    """A night an hour ago in which one of three sources did not do all it should have."""
    began = now - timedelta(hours=1)
    run = runs.start(tx, "nightly", now=began, actor="cron")
    cut = "source 'blog_feeds': answer was cut short; it is asked again by itself"
    told = [
        {
            "source": "arxiv_papers",
            "requests": 10,
            "errors": 0,
            "detail": None,
            "stopped": None,
            "waiting": 0,
        },
        {"source": "blog_feeds", "requests": 20, "errors": 1, "detail": (words or [cut])[0], "stopped": None},
        {"source": "git_history", "requests": 40, "errors": 0, "detail": None, "stopped": None, "waiting": 0},
    ]
    detail = {"sources": told, "sentence": "first run: 70 requests, 300 records new", "seconds": 190.0}
    runs.step(tx, run, "crawl", now=began, status="partial", detail=detail)
    runs.step(tx, run, "resolve", now=began, status="done", detail={"persons": SIZE, "identities": SIZE})
    runs.step(tx, run, "rank", now=began, status="done", detail={"specialisms": []})
    runs.finish(tx, run, now=now - timedelta(minutes=12), status="partial", detail={"seconds": 2880.0})


def _question(tx: Any, now: datetime) -> None:
    """Three pairs that may be one person each, for the review queue."""
    edges = [
        Edge(
            left=f"github:{1000 + number}",
            right=f"github:{1030 + number}",
            judgement=Judgement.UNSURE,
            probability=0.5 + number / 10,
            decided_by="model:git@1",
            decided_at=now,
            reasons=("same surname", "both work on serving engines"),
        )
        for number in range(3)
    ]
    persons.put_edges(tx, edges, now)


def _work(store: Store, keys: Sequence[str], now: datetime) -> None:
    """What recruiters did: two lists, two saved searches, tags, a note, thumbs."""
    lists.create(store, LIST, specialism=SPECS[0], actor="ana", now=now)
    lists.create(store, OTHER_LIST, specialism=None, actor="ben", now=now)
    lists.add(store, LIST, keys[:8], actor="ana", now=now)
    lists.set_stage(store, LIST, keys[:2], "reviewing", actor="ana", reason="looks right", now=now)
    lists.add(store, OTHER_LIST, keys[30:32], actor="ben", now=now)
    for name, query in ((SEARCH, ""), (QUIET_SEARCH, "name:Ona")):
        searches.save(store, name, query, specialism=SPECS[0], actor="ana", now=now)
    with store.begin() as tx:
        saved.unsee(tx, SEARCH, keys[:NEW])
    marking.tag(store, keys[:3], add=["kernels"], remove=[], actor="ana", now=now)
    marking.note(store, keys[0], "spoke at a meetup", actor="ana", now=now)
    feedback.thumb(store, keys[1], "up", subject=SPECS[0], actor="ana", now=now)
