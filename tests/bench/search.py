"""What a search costs in the store, beside plain SQLite with FTS5 and, where it is installed, tantivy.

    python tests/bench/search.py OUT [--sizes 100000,1000000] [--questions 500] [--seed 9] [--only ours,plain,tantivy]

Everybody answers the same random questions: the best 50 by score under words, values or both, of a specialism or of
all. They are asked four times over: `first` is what the first round took, when nothing but the file is in memory, the
other figures are of a question's middle round of three, `found` how many people a page had. `first` and `cpu` are
milliseconds of processor time, `p50` and `p99` of the clock: these machines are shared. What is filled is kept for the
next run until it would be filled otherwise.
Plain SQLite has what a careful person would give it: an index per filter in the order of the scores.
"""

import argparse
import hashlib
import inspect
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import crowd as crowded
import numpy as np
import turns
from crowd import FACETS, Crowd, Question, key_of, questions

from storage import index, order, search, sets, words
from storage.engine import Store, batched, open_store
from storage.query import And, Field, FieldName, Words
from storage.tables import mark, score

PAGE: Final = 50
_ROUNDS: Final = 3
_GOAL_FROM: Final = 1_000_000  # people
_GOAL: Final = 0.6  # of the better peer's time, EVALUATION §4
_NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
Ask = Callable[[Question], list[str]]


def main() -> None:
    """Measure, print one table and write one JSON file, anew after each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--only", default="ours,plain,tantivy")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for size in map(int, given.sizes.split(",")):
        crowd = Crowd(size, given.seed)
        asked = questions(crowd, given.questions, given.seed)
        for name in given.only.split(","):
            for ask in CONTESTANTS[name](crowd, given.out):
                rows += measured(name, size, ask, asked)
        (given.out / "search.json").write_text(json.dumps(rows, indent=1))
        print(table(rows))
        turns.keep(given.out, "search", ratios(rows))


def measured(name: str, size: int, ask: Ask, asked: list[Question]) -> list[dict[str, Any]]:
    """Return the figures of one contestant by kind of question, in milliseconds."""
    rounds: list[list[float]] = []
    spent: list[list[float]] = []
    found: list[int] = []
    for _ in range(1 + _ROUNDS):
        times, cpu = [], []
        for one in asked:
            started, at_work = time.perf_counter(), time.process_time()
            found.append(len(ask(one)))
            cpu.append(1000 * (time.process_time() - at_work))
            times.append(1000 * (time.perf_counter() - started))
        rounds.append(times)
        spent.append(cpu)
    later, busy = ([median(times) for times in zip(*part[1:], strict=True)] for part in (rounds, spent))
    rows = []
    for kind in [*dict.fromkeys(one.kind for one in asked), "all"]:
        mine = [at for at, one in enumerate(asked) if kind in (one.kind, "all")]
        first, again = [spent[0][at] for at in mine], [later[at] for at in mine]
        cpu = [busy[at] for at in mine]
        rows.append(
            {
                "who": name,
                "people": size,
                "kind": kind,
                "questions": len(mine),
                "found": round(sum(found[at] for at in mine) / len(mine), 1),
                **{f"first_p{part}": _at(first, part) for part in (50, 99)},
                **{f"cpu_p{part}": _at(cpu, part) for part in (50, 99)},
                **{f"p{part}_ms": _at(again, part) for part in (50, 99)},
                "most_ms": _at(again, 100),
            }
        )
    return rows


def ratios(rows: list[dict[str, Any]]) -> list[turns.Row]:
    """Return our times by those of the better peer, by size: p50 and p99 of all questions."""
    whole = {(row["people"], row["who"]): row for row in rows if row["kind"] == "all"}
    found = []
    for size in dict.fromkeys(size for size, _ in whole):
        peers = [row for (people, who), row in whole.items() if people == size and who != "ours"]
        for part in ("p50_ms", "p99_ms"):
            best = min(peers, key=lambda row: float(row[part]), default=None)
            if best is None or (size, "ours") not in whole:
                continue
            mine = whole[size, "ours"][part]
            found.append(
                turns.Row(
                    job=f"search {part.removesuffix('_ms')}", against="the better peer", size=f"{size:,} people",
                    ratio=mine / best[part], goal=_GOAL if size >= _GOAL_FROM else None,
                    ours=mine, theirs=best[part], unit="ms",
                )
            )  # fmt: skip
    return found


def _at(times: list[float], part: int) -> float:
    return round(float(np.percentile(times, part)), 3)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the figures for reading."""
    names = list(rows[0])
    lines = [names, *([str(value) for value in row.values()] for row in rows)]
    return "\n".join("  ".join(f"{cell:>9}" for cell in line) for line in lines)


def ours(crowd: Crowd, out: Path) -> Iterator[Ask]:
    """Make a store of the crowd, or take the one made before, and yield how it is asked."""
    path = out / f"store-{crowd.size}-{_filling()}.db"
    fresh = not path.exists()
    store = open_store(f"sqlite:///{path}", create=True)
    if fresh:
        started = time.perf_counter()
        with store.begin() as tx:
            index.fill(tx, crowd.batches())
            _note(f"{crowd.size:,} people written", started)
            for batch in batched(crowd.scores(), 20_000):
                tx.execute(
                    score.insert(),
                    [
                        {
                            **row,
                            "rising": row["value"],
                            "rising_lower": row["lower"],
                            "as_of": _NOW,
                            "run": None,
                        }
                        for row in batch
                    ],
                )
            _note("scores written", started)
            order.refresh(tx)
            _note("orders written", started)
            hidden = {"kind": "hidden", "hash": "h", "value": "everywhere", "actor": "ana", "at": _NOW}
            tx.execute(
                mark.insert(),
                [{"person": key_of(number), **hidden} for number in range(0, crowd.size, 2_000)],
            )
    _into_memory(path)
    yield partial(_ours, store)
    store.close()


def _ours(store: Store, one: Question) -> list[str]:
    parts: list[Any] = [Words(text=each) for each in one.words]
    parts += [Words(text=" ".join(one.phrase), phrase=True)] if one.phrase else []
    parts += [Words(text=one.prefix, prefix=True)] if one.prefix else []
    parts += [Field(name=FieldName(name), value=value) for name, value in one.values]
    parts += [Field(name=FieldName.SPEC, value=one.specialism)] if one.specialism else []
    with store.read() as tx:  # each question in a transaction of its own, as a page asks it
        found = search.find(tx, And(parts=tuple(parts)), specialism=one.specialism, limit=PAGE)
    return [each.person for each in found]


def plain(crowd: Crowd, out: Path) -> Iterator[Ask]:
    """Yield how plain SQLite is asked: one row a person and specialism with its filters, FTS5 beside it."""
    path = out / f"plain-{crowd.size}-{_filling()}.db"
    fresh = not path.exists()
    database = sqlite3.connect(path)
    database.execute("PRAGMA cache_size = -65536")
    if fresh:
        started = time.perf_counter()
        database.execute("CREATE VIRTUAL TABLE words USING fts5(name, works, content='')")
        database.execute("CREATE TABLE person (no INTEGER PRIMARY KEY, key TEXT, name TEXT, best REAL)")
        database.execute(
            "CREATE TABLE value (field TEXT, value TEXT, no INTEGER, PRIMARY KEY (no, field, value))"
        )
        database.execute("CREATE TABLE score (specialism TEXT, lower REAL, no INTEGER)")
        best: dict[str, float] = {}
        for row in crowd.scores():
            if row["listed"]:
                best[row["person"]] = max(best.get(row["person"], 0.0), row["lower"])
        number = 0
        for batch in crowd.batches():
            for key, one in batch.items():
                name = one.name or ""
                database.execute("INSERT INTO person VALUES (?, ?, ?, ?)", (number, key, name, best.get(key)))
                said = (number, name, " ".join(one.titles))
                database.execute("INSERT INTO words (rowid, name, works) VALUES (?, ?, ?)", said)
                database.executemany(
                    "INSERT INTO value VALUES (?, ?, ?)", [(*pair, number) for pair in one.facets]
                )
                number += 1
        numbers = dict(database.execute("SELECT key, no FROM person"))
        database.executemany(
            "INSERT INTO score VALUES (?, ?, ?)",
            (
                (row["specialism"], row["lower"], numbers[row["person"]])
                for row in crowd.scores()
                if row["listed"]
            ),
        )
        database.execute("CREATE INDEX by_best ON person (best DESC, key)")
        database.execute("CREATE INDEX by_value ON value (field, value, no)")
        database.execute("CREATE INDEX by_score ON score (specialism, lower DESC, no)")
        database.execute("CREATE INDEX by_person ON score (no, specialism)")
        database.execute("ANALYZE")
        database.commit()
        _note("plain written", started)
    _into_memory(path)
    yield partial(_plain, database)
    database.close()


def _plain(database: sqlite3.Connection, one: Question) -> list[str]:
    match = [f'"{each}"' for each in one.words]
    match += [f'"{" ".join(one.phrase)}"'] if one.phrase else []
    match += [f'"{one.prefix}" *'] if one.prefix else []
    where, values = [], []
    if one.specialism:
        start, sort = "score AS s JOIN person AS p ON p.no = s.no", "s.lower"
        where.append("s.specialism = ?")
        values.append(one.specialism)
    else:
        start, sort = "person AS p", "p.best"
        where.append("p.best IS NOT NULL")
    if match:
        where.append("p.no IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(" AND ".join(match))
    for pair in one.values:
        where.append("EXISTS (SELECT 1 FROM value AS v WHERE v.no = p.no AND v.field = ? AND v.value = ?)")
        values += pair
    query = f"SELECT p.key, p.name FROM {start} WHERE {' AND '.join(where)} ORDER BY {sort} DESC, p.key LIMIT {PAGE}"
    return [row[0] for row in database.execute(query, values)]


def tantivy(crowd: Crowd, out: Path) -> Iterator[Ask]:
    """Yield how tantivy is asked, if it is installed: the best by a fast field under a query."""
    sys.path.append(str(turns.PEERS))
    try:
        import tantivy as engine
    except ImportError:
        return
    made = engine.SchemaBuilder()
    made.add_text_field("key", stored=True, tokenizer_name="raw")
    made.add_text_field("words", tokenizer_name="whitespace")
    for name in (*FACETS, "specialism"):
        made.add_text_field(name, tokenizer_name="raw", index_option="basic")
    made.add_float_field("lower", fast=True)
    schema, folder = made.build(), out / f"tantivy-{crowd.size}-{_filling()}"
    if not folder.exists():
        _fill_tantivy(engine, schema, folder, crowd)
    index = engine.Index(schema, path=str(folder))
    yield partial(_tantivy, engine, schema, index.searcher())


def _fill_tantivy(engine: Any, schema: Any, folder: Path, crowd: Crowd) -> None:
    started = time.perf_counter()
    folder.mkdir()
    writer = engine.Index(schema, path=str(folder)).writer(256_000_000, 1)
    lowers: dict[str, dict[str, float]] = {}
    for row in crowd.scores():
        if row["listed"]:
            lowers.setdefault(row["person"], {})[row["specialism"]] = row["lower"]
    for batch in crowd.batches():
        for key, one in batch.items():
            mine = lowers.get(key, {})
            # a document for each ranking: the fast field it is sorted by can hold only one value
            for specialism, lower in {"": max(mine.values(), default=-1.0), **mine}.items():
                document = engine.Document(key=key, specialism=specialism)
                document.add_float("lower", lower)
                document.add_text("words", f"{one.name} {' '.join(one.titles)}")
                for name, value in one.facets:
                    document.add_text(name, value)
                writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    _note("tantivy written", started)


def _tantivy(engine: Any, schema: Any, searcher: Any, one: Question) -> list[str]:
    query = engine.Query
    terms = [query.term_query(schema, "words", each) for each in one.words]
    terms += [query.phrase_query(schema, "words", list(one.phrase))] if one.phrase else []
    terms += [query.regex_query(schema, "words", f"{one.prefix}.*")] if one.prefix else []
    terms += [query.term_query(schema, name, value) for name, value in one.values]
    terms.append(query.term_query(schema, "specialism", one.specialism or ""))
    whole = query.boolean_query([(engine.Occur.Must, each) for each in terms])
    hits = searcher.search(whole, limit=PAGE, count=False, order_by_field="lower").hits
    return [searcher.doc(address)["key"][0] for _, address in hits]


def _into_memory(path: Path) -> None:
    """Read a file once: how fast this machine's disk is, is not what is compared."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


CONTESTANTS: Final = {"ours": ours, "plain": plain, "tantivy": tantivy}


@cache
def _filling() -> str:
    """Return what the files rest on: the code that fills them. A store is brought to the newest migration."""
    modules = [Path(inspect.getfile(one)).read_text() for one in (crowded, index, order, sets, words)]
    told = [*modules, *map(inspect.getsource, (ours, plain, _fill_tantivy))]
    return hashlib.sha256("".join(told).encode()).hexdigest()[:12]


def _note(what: str, started: float) -> None:
    print(f"{what} after {time.perf_counter() - started:,.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
