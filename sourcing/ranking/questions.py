"""A neutral folder read: its questions, and its histories or papers as works and signals (see EVALUATION).

Folder: `signals.jsonl.gz` or `papers.jsonl.gz`, and `queries.jsonl`. What a night reads from a source is here read
from a file; nothing else of the way to a ranking is here.
"""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sourcing.errors import BadInput
from spiders import redact
from spiders.clients.machines import is_machine
from spiders.redact import Pepper

KINDS: Final[Mapping[str, str]] = {
    "commit": "authored", "coauthor": "co_authored", "review": "reviewed", "signoff": "signed_off", "merge": "merged",
}  # fmt: skip
_PAPERS: Final = "papers.jsonl.gz"
COMMON = 0.35  # share of a venue's papers from which a label of them says nothing
_MERGE: Final = re.compile(r"^Merge pull request #\d+ from [^/\s]+/")
_LABEL: Final = re.compile(r"oral|talk|award|spotlight|top.?\d", re.I)
_KEY: Final = Pepper(secret=b"neutral files, nothing of them is kept")

Resolver = Callable[[Sequence[Mapping[str, Any]]], Mapping[str, str]]
"""Of neutral records: the cluster of each `record_id`."""
Rows = list[dict[str, Any]]


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


def is_of_papers(folder: Path) -> bool:
    """Return whether a folder's questions are asked of papers, not of histories."""
    return (folder / _PAPERS).is_file()


def load(folder: Path, resolver: Resolver) -> tuple[list[Query], Rows, Rows]:
    """Return a folder's questions in their order, its works and its signals. Raises BadInput.

    resolver: asked only if every account is a single name and address, as then nobody has said who is who.
    """
    queries = list(_queries(folder / "queries.jsonl"))
    if is_of_papers(folder):
        return queries, *_papers(folder / _PAPERS)
    rows = [row for row in _lines(folder / "signals.jsonl.gz") if not _is_machine(row["name"], row["email"])]
    accounts = _named(rows, resolver(_records(rows))) if _are_aliases(rows) else {}
    return queries, *_changes(rows, accounts)


def _changes(rows: Sequence[Mapping[str, Any]], accounts: Mapping[str, str]) -> tuple[Rows, Rows]:
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


def _papers(path: Path) -> tuple[Rows, Rows]:
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
