"""Whom what was written since the night before concerns: whose facts may be others, and what must be read to say so.

First all who did it, share a work or a commit with it, or share one with what became public since. When these are
judged, whoever shares something that came out otherwise with them: a repository by its contributors, a file's first
change, a project's beginning, an author who counts, a ring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from sourcing.features import flagged
from sourcing.features.base import Facts
from sourcing.features.begun import among, differing
from sourcing.features.genuine import CROWD, VOUCHES
from sourcing.features.ledger import Ledger
from sourcing.features.others import Apart
from sourcing.ranking.acts import SEEN_BEFORE_DAYS
from sourcing.ranking.level import WINDOW_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What there is now, and what of it was written since. signals, works: of everybody, as in `Ledger`.

    touched: works that are others, or about which something else is said. people: whom it concerns at first sight.
    """

    signals: pa.Table
    works: pa.Table
    touched: pa.Array
    people: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read to judge some people. works: all of whose signals are read. signals, documents: what is read."""

    works: pa.Array
    signals: pa.Array
    documents: pa.Array


def written(
    ledger: Ledger, signals: pa.Table, works: pa.Table, *, before: datetime, now: datetime
) -> Written:
    """Return what was written since the ledger was made.

    signals, works: rows that may be others, see `ledger`; of those that are gone all but the first column is null.
    before, now: between these moments something becomes public that was there already.
    """
    times = (int(before.timestamp() * 1e6), int(now.timestamp() * 1e6))
    all_signals, others = _replaced(ledger.signals, signals, "signal", "person")
    others = pa.concat_tables([others, _due(all_signals, "at", times)])
    all_works, other_works = _replaced(ledger.works, works, "work", "is_repository")
    other_works = pa.concat_tables([other_works, _due(all_works, "published", times)])
    touched = _unique(others["work"], other_works["work"])
    commits = _unique(others["commit"])
    repos = _unique(other_works.filter(other_works["is_repository"])["repo"])
    either = (ledger.signals, all_signals)
    people = [others["person"], among(ledger.pairs, "repo", repos)["person"]]
    people += [among(each, "work", touched)["person"] for each in either]
    people += [among(each, "commit", commits)["person"] for each in either]
    return Written(signals=all_signals, works=all_works, touched=touched, people=_unique(*people))


def reading(found: Written, people: pa.Array) -> Reading:
    """Return what must be read to judge some people."""
    works = _unique(among(found.signals, "person", people)["work"], found.touched)
    rows = among(found.signals, "work", works)
    # which of several copies of a commit counts is seen from all of them
    copies = among(found.signals, "commit", _unique(rows["commit"]))
    documents = _unique(rows["work"], copies["work"], found.touched)
    repos = _unique(among(found.works, "work", documents)["repo"])
    homes = found.works.filter(found.works["is_repository"])
    return Reading(
        works=works,
        signals=_unique(rows["signal"], copies["signal"]),
        documents=_unique(documents, among(homes, "repo", repos)["work"]),
    )


def apart(ledger: Ledger, people: pa.Array, works: pa.Array) -> Apart:
    """Return what is kept of everybody but some people. works: all of whose signals are read."""
    return Apart(
        people=people,
        works=works,
        pairs=among(ledger.pairs, "person", people, is_in=False),
        starts=among(ledger.starts, "person", people, is_in=False),
        papers=among(ledger.papers, "person", people, is_in=False).select(["spec", "age"]),
        files=ledger.files,
    )


def joined(
    ledger: Ledger,
    read: Mapping[str, pa.Table],
    facts: Facts,
    found: Written,
    *,
    people: pa.Array,
    works: pa.Array,
) -> Ledger:
    """Return the ledger with some people and works read anew. read: of `ledger.of`. facts: of these people."""

    def with_(name: str, key: str, keys: pa.Array) -> pa.Table:
        old, new = getattr(ledger, name), read[name]
        kept = among(old, key, keys, is_in=False)
        return pa.concat_tables([kept, among(new, key, keys).select(old.column_names).cast(old.schema)])

    if facts.basis.files is None:
        raise ValueError("facts of everybody are no part of a ledger, but a new one")
    return Ledger(
        signals=found.signals,
        works=found.works,
        pairs=with_("pairs", "person", people),
        written=with_("written", "work", works),
        starts=with_("starts", "person", people),
        papers=with_("papers", "person", people),
        merges=with_("merges", "work", works),
        left=with_("left", "work", works),
        files=facts.basis.files,
    )


def moved(then: Ledger, now: Ledger, facts: Facts, *, people: pa.Array, works: pa.Array) -> pa.Array | None:
    """Return everybody behind something that came out otherwise; None if that is everybody.

    people, works: who was judged, some of whom are among those returned; all of whose signals were read.
    """
    if _reach(then) != _reach(now):
        return None
    elsewhere = _other_reaches(then.starts, now.starts)
    other = _unique(
        differing(among(then.written, "work", works), among(now.written, "work", works), "work"),
        facts.basis.moved,
        differing(among(then.starts, "person", people), among(now.starts, "person", people), "work"),
        elsewhere["work"],
    )
    return _unique(
        among(now.pairs, "repo", _other_repositories(then, now))["person"],
        among(now.signals, "work", other)["person"],
        elsewhere["person"],
        _other_rings(then.merges, now.merges),
    )


def rings(merges: pa.Table) -> dict[int, int]:
    """Return the sizes of rings by the digest of each of their people."""
    pairs = zip(merges["person"].to_pylist(), merges["author"].to_pylist(), strict=True)
    return flagged.ring_members(set(pairs))


def _other_rings(then: pa.Table, now: pa.Table) -> pa.Array:
    if not len(differing(then, now, "work")):
        return pa.array([], pa.int64())
    sizes = rings(then), rings(now)
    people = {one for each in sizes for one in each}
    return pa.array(sorted(one for one in people if sizes[0].get(one) != sizes[1].get(one)), pa.int64())


def _reach(one: Ledger) -> dict[int, bool]:
    """Return of each look whether its papers reach back far enough to call one somebody's first."""
    oldest = _oldest(one.papers, "spec")
    return dict(
        zip(oldest["spec"].to_pylist(), pc.greater(oldest["age_max"], WINDOW_DAYS).to_pylist(), strict=True)
    )


def _other_reaches(then: pa.Table, now: pa.Table) -> pa.Table:
    """Return first changes that are called so now and were not, or were: the project is known from another day."""
    keys = ["spec", "repo"]
    was, is_ = (
        _oldest(each, *keys).rename_columns([*keys, name]) for each, name in ((then, "was"), (now, "reach"))
    )
    both = is_.join(was, keys, join_type="inner")
    rows = now.join(both.filter(pc.not_equal(both["was"], both["reach"])), keys, join_type="inner")
    called = [
        pc.greater_equal(pc.subtract(rows[name], rows["age"]), SEEN_BEFORE_DAYS) for name in ("was", "reach")
    ]
    return rows.filter(pc.not_equal(*called))


def _oldest(table: pa.Table, *by: str) -> pa.Table:
    return table.group_by(list(by)).aggregate([("age", "max")])


def _other_repositories(then: Ledger, now: Ledger) -> pa.Array:
    """Return the repositories that may count otherwise for somebody who did nothing there.

    A larger crowd than counts whole is as good as that.
    """
    most = CROWD + 2

    def told(one: Ledger) -> pa.Table:
        said = one.pairs.append_column("said", one.pairs["answered"].cast(pa.int8()))
        sums = [("wrote", "sum"), ("known", "sum"), ("said", "max"), ("last", "max")]
        homes = (
            one.works.filter(one.works["is_repository"]).group_by("repo").aggregate([("published", "min")])
        )
        whole = said.group_by("repo").aggregate(sums).join(homes, "repo", join_type="left outer")
        created = whole["published_min"].cast(pa.timestamp("us")).cast(pa.date32())
        columns = [
            whole["repo"],
            pc.min_element_wise(whole["wrote_sum"], most),
            pc.min_element_wise(pc.multiply(whole["known_sum"], VOUCHES), most + VOUCHES),
            whole["said_max"],
            pc.fill_null(pc.less(whole["last_max"].cast(pa.date32()), created), False),
        ]
        return pa.table(columns, names=["repo", "all", "known", "said", "is_old"])

    return differing(told(then), told(now), "repo")


def _replaced(table: pa.Table, newer: pa.Table, key: str, alive: str) -> tuple[pa.Table, pa.Table]:
    """Return a table with newer rows in the place of older ones, and the rows that are in one of the two only."""
    newer = newer.select(table.column_names).cast(table.schema)
    there = newer.filter(pc.is_valid(newer[alive]))
    old = among(table, key, newer[key])
    whole = pa.concat_tables([among(table, key, newer[key], is_in=False), there])
    names = [key, "row"]
    others = [one.join(other, names, join_type="left anti") for one, other in ((old, there), (there, old))]
    return whole, pa.concat_tables([each.select(table.column_names) for each in others])


def _due(table: pa.Table, name: str, times: tuple[int, int]) -> pa.Table:
    """Return the rows whose moment lies between two, or on the last."""
    return table.filter(pc.and_(pc.greater(table[name], times[0]), pc.less_equal(table[name], times[1])))


def _unique(*columns: pa.Array | pa.ChunkedArray) -> pa.Array:
    chunks = [
        chunk for one in columns for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])
    ]
    return pc.unique(pa.concat_arrays([pa.array([], pa.int64()), *chunks])).drop_null()
