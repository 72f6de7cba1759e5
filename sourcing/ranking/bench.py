"""Questions of a neutral folder, answered by the program's own features and scoring.

Folder: `signals.jsonl.gz` or `papers.jsonl.gz`, and `queries.jsonl` (see EVALUATION). Reading and
writing these files is all that is here; looks come from `ask`, facts, features and scores from where a night has them.
"""

import gzip
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sourcing.errors import BadInput
from sourcing.features import facts
from sourcing.features.measured import measure
from sourcing.features.topic import Look
from sourcing.ranking import ask, specialism
from sourcing.ranking.score import ranked
from spiders import redact
from spiders.clients.machines import is_machine
from spiders.redact import Pepper
from storage import snapshot

ANSWERS_MAX = 1000  # people of an answer that are read
RISING = "B"  # the task that asks who will be; the others ask who is
AS_GIVEN = 10**6  # days: no gate on what a question asks about
KINDS: Final[Mapping[str, str]] = {
    "commit": "authored", "coauthor": "co_authored", "review": "reviewed", "signoff": "signed_off", "merge": "merged",
}  # fmt: skip
COMMON = 0.35  # share of a venue's papers from which a label of them says nothing
_MERGE: Final = re.compile(r"^Merge pull request #\d+ from [^/\s]+/")
_LABEL: Final = re.compile(r"oral|talk|award|spotlight|top.?\d", re.I)
_KEY: Final = Pepper(secret=b"neutral files, nothing of them is kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. at: nothing later is read. area: a pattern of an owner file, "" for none. exclude: left out."""

    qid: str
    task: str
    at: datetime
    repos: tuple[str, ...]
    area: str
    text: str
    exclude: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """People of a question, best first."""

    qid: str
    ranking: tuple[str, ...]


Resolver = Callable[[Sequence[Mapping[str, Any]]], Mapping[str, str]]
"""Of neutral records: the cluster of each `record_id`."""


def answers(folder: Path, resolver: Resolver) -> list[Answer]:
    """Return the answers to a folder's questions, in their order. Raises BadInput.

    resolver: asked only if every account is a single name and address, as then nobody has said who is who.
    """
    queries = list(_queries(folder / "queries.jsonl"))
    if (folder / "papers.jsonl.gz").is_file():
        works, signals = _papers(folder / "papers.jsonl.gz")
        accounts: Mapping[str, str] = {}
    else:
        rows = [
            row for row in _lines(folder / "signals.jsonl.gz") if not _is_machine(row["name"], row["email"])
        ]
        accounts = _named(rows, resolver(_records(rows))) if _are_aliases(rows) else {}
        works, signals = _changes(rows, accounts)
        del rows
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for table, schema, file in ((works, snapshot.WORKS, "works"), (signals, snapshot.SIGNALS, "signals")):
            pq.write_table(pa.Table.from_pylist(table, schema=schema), home / f"{file}.parquet")
        with facts.snapshot(home, spill=home / "spill") as (told, docs):
            looks = _looks(queries, docs, told, works)
            found: dict[str, Answer] = {}
            for is_rising in (False, True):  # one after the other: half the memory
                chosen = [
                    (query, look)
                    for query, look in zip(queries, looks, strict=True)
                    if (query.task == RISING) == is_rising
                ]
                found |= {one.qid: one for one in _answered(told, docs, chosen, is_rising=is_rising)}
    return [found[query.qid] for query in queries]


def write(path: Path, found: Iterable[Answer]) -> None:
    """Write answers as JSON Lines."""
    lines = (json.dumps({"qid": one.qid, "ranking": list(one.ranking)}) + "\n" for one in found)
    path.write_text("".join(lines), encoding="utf-8")


def _answered(
    told: Any, docs: Any, chosen: Sequence[tuple[Query, Look]], *, is_rising: bool
) -> Iterator[Answer]:
    """Yield the answers of one order: what only the other one looks at is not measured."""
    if not chosen:
        return
    order = "rising" if is_rising else "weight"
    every = ask.PAPER_FACTORS if chosen[0][0].task == "D" else ask.CODE_FACTORS
    factors = [factor for factor in every if getattr(factor, order) > 0]
    asked = [facts.Asked(look=look, as_of=query.at) for query, look in chosen]
    table = measure(facts.gather(told, docs, asked), [factor.feature for factor in factors], evidence=False)
    for spec, (query, _) in enumerate(chosen):
        yield _answer(table.filter(pc.equal(table["spec"], spec)), query, factors)


def _answer(table: pa.Table, query: Query, factors: Sequence[specialism.Factor]) -> Answer:
    gates = specialism.Gates(works_min=0, active_within_days=AS_GIVEN)
    chosen = specialism.Specialism(
        slug="question", version="question@1", title=query.text or query.qid, summary=query.qid,
        look=Look(), gates=gates, factors=tuple(factors),
    )  # fmt: skip
    found = ranked(table, chosen, as_of=query.at)
    # by the score itself: how sure it is depends on how much there is, and is no part of who is better
    score = found.rising if query.task == RISING else found.value
    order = sorted(range(len(found.persons)), key=lambda place: (-score[place], found.persons[place]))
    kept = [found.persons[place] for place in order if found.persons[place] not in query.exclude]
    return Answer(qid=query.qid, ranking=tuple(kept[:ANSWERS_MAX]))


def _looks(
    queries: Sequence[Query], docs: Any, signals: Any, works: Sequence[Mapping[str, Any]]
) -> list[Look]:
    texts = [
        (place, ask.Text(text=query.text, as_of=query.at))
        for place, query in enumerate(queries)
        if query.task == "D" or not query.repos
    ]
    make = ask.papers if queries[0].task == "D" else ask.repositories
    looks = (
        dict(
            zip([place for place, _ in texts], make(docs, signals, [text for _, text in texts]), strict=True)
        )
        if texts
        else {}
    )
    files: dict[str, set[str]] = defaultdict(set)
    for work in works:
        if work["part_of"] is not None:
            files[work["part_of"].removeprefix("github:")].update(work["paths"])
    for place, query in enumerate(queries):
        if place not in looks:
            repo = query.repos[0]
            looks[place] = ask.area(repo, query.area, files[repo]) if query.area else ask.repository(repo)
    return [looks[place] for place in range(len(queries))]


def _changes(
    rows: Sequence[Mapping[str, Any]], accounts: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return works and signals of a history. accounts: who an account is, itself if not said.

    What others did to a change is told in rows of their own, with its subject; a merge names only a branch.
    """
    works: dict[tuple[str, int, str], dict[str, Any]] = {}
    named: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["repo"], row["date"], row["text"])
        if row["kind"] == "commit" or (row["kind"] == "merge" and row["paths"]):
            work = works.setdefault(key, _work(row, len(works)))
            if row["text"]:
                named[row["repo"], row["text"]] = work
    signals: list[dict[str, Any]] = []
    for row in rows:
        if row["kind"] not in KINDS:
            continue
        key = (row["repo"], row["date"], row["text"])
        work = (
            works.get(key)
            or named.get((row["repo"], row["text"]))
            or works.setdefault(key, _work(row, len(works)))
        )
        person = accounts.get(row["account"], row["account"])
        signals.append(
            _signal(person, work["work"], KINDS[row["kind"]], len(signals), at=_moment(row["date"]))
        )
    return list(works.values()), signals


def _work(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "work": f"{row['repo']}@{number}", "kind": "commit", "title": _MERGE.sub("", row["text"]).replace("-", " "),
        "paths": [path for path, _ in row["paths"]], "tags": [], "part_of": f"github:{row['repo']}",
    }  # fmt: skip


def _signal(person: str, work: str, kind: str, number: int, **more: Any) -> dict[str, Any]:
    signal = {
        "person": person,
        "signal": f"{work}:{number}:{kind}",
        "kind": kind,
        "work": work,
        "said_of": work,
    }
    fixed = {"value": 1.0, "unit": "items", "confidence": 1.0, "own": False}
    return {**signal, **fixed, "occurred_at": more.pop("at"), **more}


def _papers(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return works and signals of papers; a label that most papers of a venue bear says nothing."""
    rows = list(_lines(path))
    sizes = Counter((row["venue"], row["year"]) for row in rows)
    labels = Counter((row["venue"], row["year"]) for row in rows if _LABEL.search(row["status"]))
    works, signals = list[dict[str, Any]](), list[dict[str, Any]]()
    for row in rows:
        place = (row["venue"], row["year"])
        work = f"paper:{row['paper']}"
        day = date(row["year"], 7, 1)
        works.append(
            {
                "work": work, "kind": "paper", "title": row["title"], "text": row["abstract"], "paths": [],
                "tags": [word.strip() for word in row["keywords"].split(";")],
                "venue": f"{row['venue']} {row['year']}", "published_on": day, "part_of": None,
            }
        )  # fmt: skip
        note = row["status"] if labels[place] < COMMON * sizes[place] else None
        for position, person in enumerate(row["authors"], start=1):
            if person:
                at = datetime(day.year, day.month, day.day, tzinfo=UTC)
                more = {"position": position, "of_": len(row["authors"]), "note": note}
                signals.append(_signal(person, work, "authored", len(signals), at=at, **more))
    return works, signals


def _are_aliases(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether no account has two names or addresses: then nobody has said yet who is who."""
    named: dict[str, tuple[str, str]] = {}
    return all(
        named.setdefault(row["account"], (row["name"], row["email"])) == (row["name"], row["email"])
        for row in rows
    )


def _named(rows: Iterable[Mapping[str, Any]], clusters: Mapping[str, str]) -> dict[str, str]:
    """Return who each account is: of its cluster the account that did most."""
    often = Counter(row["account"] for row in rows)
    most: dict[str, str] = {}
    for account in sorted(often, key=lambda account: (-often[account], account)):
        most.setdefault(clusters[account], account)
    return {account: most[clusters[account]] for account in often}


def _records(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the neutral records of accounts, as `eval resolve` reads them."""
    found: dict[str, dict[str, Any]] = {}
    together: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for row in rows:
        day = _moment(row["date"]).date().isoformat()
        one = found.setdefault(
            row["account"],
            {
                "record_id": row["account"], "source": "git", "name": row["name"], "email": row["email"],
                "repos": set(), "coauthors": set(), "commits": 0, "first_seen": day, "last_seen": day,
            },
        )  # fmt: skip
        one["repos"].add(row["repo"])
        one["commits"] += 1
        one["first_seen"], one["last_seen"] = min(one["first_seen"], day), max(one["last_seen"], day)
        if row["text"]:
            together[row["repo"], row["date"], row["text"]].add(row["account"])
    for people in together.values():
        for account in people:
            found[account]["coauthors"].update(found[other]["name"] for other in people if other != account)
    return [
        {**one, "repos": sorted(one["repos"]), "coauthors": sorted(one["coauthors"])}
        for one in found.values()
    ]


@lru_cache(maxsize=50_000)
def _is_machine(name: str, email: str) -> bool:
    address = redact.address(_KEY, email)
    return is_machine(name, address.login, machine=address.machine)


def _queries(path: Path) -> Iterator[Query]:
    for row in _lines(path):
        at = datetime(row["t"], 1, 1, tzinfo=UTC) if row["task"] == "D" else _moment(row["t"])
        yield Query(
            qid=row["qid"], task=row["task"], at=at, repos=tuple(row["repos"]), area=row["area"], text=row["text"],
            exclude=frozenset(row["exclude"]),
        )  # fmt: skip


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
