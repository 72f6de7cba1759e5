"""What rankings are made of, read from the store in columns: signals of people, and works as one description each.

Two million signals are read here every night, so nothing is done row by row where a column will do: rows come as the
driver gives them and are joined with people, twins and platforms' answers as Arrow arrays.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Row,
    Select,
    Text,
    case,
    cast,
    func,
    or_,
    select,
    true,
    type_coerce,
)

from spiders.records import IdentityKind, WorkKind
from storage import attribution, bulk, feedback, statements, twins
from storage.engine import batched
from storage.statements import taken_back
from storage.tables import person, person_identity, signal, withdrawal, work, work_twin

BATCH = 50_000
_PIECE = 2_000
_FEW = 500
_PARTS_MAX = 20  # commits whose titles tell of a pull request
_PATHS_MAX = 100  # files, as many as the platform tells of one
_MARK = "\x1f"  # in no id
_OWNER = r"^(?:github|git):(?P<owner>[^/]*)/"
_MOMENT = pa.timestamp("us", tz="UTC")
_SIGNAL = ("id", "kind", "work", "occurred_at", "confidence", "position", "of", "note", "identity")
_WORK = ("id", "kind", "title", "text", "tags", "paths", "venue", "published_on", "part_of")
_NUMBERS = {"confidence": pa.float64(), "position": pa.int32(), "of": pa.int32()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What of a signal's row does not tell: whose its identity is, what the platform says of it, what counts nowhere.

    people: by identity, people only. told: by identity. owned: person and login, of accounts of theirs. fallen: ids
    of signals that were taken back or excluded.
    """

    people: "_Lookup"
    told: "_Lookup"
    owned: pa.Array
    fallen: pa.Array

    @classmethod
    def load(cls, tx: Connection) -> "Around":
        """Read it all: a row per identity, and what was taken back."""
        logins = attribution.logins(tx).items()
        owned = [f"{one}{_MARK}{login}" for one, names in logins for login in sorted(names)]
        return cls(
            people=_Lookup(
                bulk.rows(
                    tx,
                    select(person_identity.c.identity, person_identity.c.person)
                    .join(person, person.c.key == person_identity.c.person)
                    .where(person.c.kind.in_([str(IdentityKind.PERSONAL), str(IdentityKind.AUTHOR)])),
                )
            ),
            told=_Lookup(attribution.told(tx).items()),
            owned=pa.array(owned, pa.string()),
            fallen=pa.array(sorted(_fallen(tx) | feedback.excluded(tx)), pa.string()),
        )

    def identities(self) -> pa.Table:
        """Return (identity, person, told, owned) of people; owned: a digest of the logins of their accounts."""
        keys = pc.struct_field(pc.extract_regex(self.owned, f"^(?P<key>[^{_MARK}]*)"), "key")
        marks: dict[str, int] = {}
        for key, pair in zip(keys.to_pylist(), self.owned.to_pylist(), strict=True):
            marks[key] = marks.get(key, 0) ^ int.from_bytes(blake2b(pair.encode(), digest_size=7).digest())
        persons = self.people.values
        return pa.table(
            [
                self.people.keys,
                persons,
                self.told.of(self.people.keys),
                pa.array([marks.get(one) for one in persons.to_pylist()], pa.int64()),
            ],
            names=["identity", "person", "told", "owned"],
        )


def signals(
    tx: Connection, schema: pa.Schema, around: Around, *, only: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the signals of people in batches of this schema, in the store's order; see `snapshot.write`.

    only: ids; None for all.
    """
    twins_of = select(work_twin.c.work, work_twin.c.canonical)
    counts_as = _Lookup(tx.execute(twins_of)) if only is None else None

    def twins_among(works: pa.Array) -> _Lookup:
        return counts_as or _Lookup(tx.execute(twins_of.where(work_twin.c.work.in_(set(works.to_pylist())))))

    rows = _columns(tx, [signal.c[name] for name in _SIGNAL], signal.c.id, only)
    told = ((read, twins_among(read["work"])) for read in rows)
    yield from bulk.meanwhile(lambda each: _signals(each[0], each[1], schema, around), told)


def _signals(
    read: Mapping[str, pa.Array], counts_as: "_Lookup", schema: pa.Schema, around: Around
) -> pa.RecordBatch:
    key, of_work = around.people.of(read["identity"]), read["work"]
    owner = pc.utf8_lower(pc.struct_field(pc.extract_regex(of_work, _OWNER), "owner"))
    mine = pc.is_in(pc.binary_join_element_wise(key, owner, _MARK), around.owned)
    arrays = dict(read) | {
        "person": key,
        "signal": read["id"],
        "work": pc.coalesce(counts_as.of(of_work), of_work),
        "occurred_at": _moments(read["occurred_at"]),
        "of_": read["of"],
        "told": around.told.of(read["identity"]),
        "own": pc.fill_null(mine, False),
        "said_of": of_work,
    }
    batch = pa.record_batch([arrays[field.name] for field in schema], schema=schema)
    return batch.filter(pc.and_(pc.is_valid(key), pc.invert(pc.is_in(read["id"], around.fallen))))


def works(
    tx: Connection, schema: pa.Schema, *, only: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield one row per work in batches of this schema; several sources' and twins' descriptions become one.

    only: ids, with all that count as the same; None for all.
    """
    several = _several(tx, only)
    others = pa.array(sorted(several), pa.string())
    read = _columns(tx, [work.c[name] for name in _WORK], work.c.id, only)
    yield from bulk.meanwhile(lambda columns: _works(columns, schema, others), read)
    rows = list(_together(tx, several))
    arrays = {name: [row[name] for row in rows] for name in schema.names}
    yield pa.record_batch([pa.array(arrays[field.name], field.type) for field in schema], schema=schema)


def _works(read: Mapping[str, pa.Array], schema: pa.Schema, others: pa.Array) -> pa.RecordBatch:
    arrays = dict(read) | {
        "work": read["id"],
        "tags": _tags(read["tags"]),
        "paths": _lists(read["paths"]),
        "published_on": read["published_on"].cast(pa.date32()),
        "part_of": _said(pc.replace_substring_regex(read["part_of"], "(?s)#.*", "")),
        **{name: _said(read[name]) for name in ("text", "venue")},
    }
    batch = pa.record_batch([arrays[field.name] for field in schema], schema=schema)
    return batch.filter(pc.invert(pc.is_in(read["id"], others)))


class _Lookup:
    """Values by key, for whole columns at once."""

    def __init__(self, pairs: Iterable[Any]) -> None:
        columns = list(zip(*pairs, strict=True)) or [(), ()]
        self.keys, self.values = (pa.array(column, pa.string()) for column in columns)

    def of(self, keys: pa.Array) -> pa.Array:
        """Return the value of each key, null where there is none."""
        return self.values.take(pc.index_in(keys, self.keys))


def _plain(tx: Connection, column: Any) -> tuple[Any, pa.DataType]:
    """Return a column as its driver gives it best, with its type: SQLite knows moments and lists as text only."""
    if column.name in _NUMBERS:
        return column, _NUMBERS[column.name]
    if tx.dialect.name == "sqlite":
        return type_coerce(column, Text), pa.string()
    if column.name in ("tags", "paths"):
        return cast(column, Text), pa.string()
    if column.name == "occurred_at":  # not our own type, which looks at each
        return type_coerce(column, DateTime(timezone=True)), _MOMENT
    return column, pa.date32() if isinstance(column.type, Date) else pa.string()


def _columns(
    tx: Connection, columns: Sequence[Any], key: ColumnElement[str], only: Collection[str] | None
) -> Iterator[Mapping[str, pa.Array]]:
    """Yield the columns of a table by name, a batch of rows at a time: of all rows, or of those with some keys."""
    plain = [_plain(tx, column) for column in columns]
    query, names = select(*(column for column, _ in plain)), [column.name for column in columns]
    schema = pa.schema([(name, kind) for name, (_, kind) in zip(names, plain, strict=True)])
    queries = (
        [query] if only is None else (query.where(key.in_(some)) for some in batched(sorted(only), _FEW))
    )
    pieces: list[pa.RecordBatch] = []
    for one in queries:
        for rows in _pieces(tx, one):
            arrays = [
                pa.array(each, kind) for each, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
            ]
            pieces.append(pa.record_batch(arrays, schema=schema))
            if sum(piece.num_rows for piece in pieces) >= BATCH:
                yield _joined(pieces)
                pieces = []
    if pieces:
        yield _joined(pieces)


def _joined(pieces: Sequence[pa.RecordBatch]) -> Mapping[str, pa.Array]:
    whole = pa.concat_batches(pieces)
    return dict(zip(whole.schema.names, whole.columns, strict=True))


def _pieces(tx: Connection, query: Select[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield rows, few at a time: of many, the values lie so far apart that making columns takes twice as long."""
    if tx.dialect.name == "sqlite":
        with tx.execute(query) as result:
            cursor = result.cursor  # rows as the driver gives them, without an object around each
            while cursor is not None and (found := cursor.fetchmany(_PIECE)):
                yield found
        return
    with tx.execute(query, execution_options={"yield_per": BATCH}) as result:
        yield from result.partitions(_PIECE)


def _said(column: pa.Array) -> pa.Array:
    """Return texts, null for the empty ones."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _moments(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("us")).cast(_MOMENT) if pa.types.is_string(column.type) else column


def _tags(column: pa.Array) -> pa.Array:
    """Return stored lists of tags, each tag once; most works have one of few lists."""
    known = column.dictionary_encode()
    lists = [list(dict.fromkeys(json.loads(text))) for text in known.dictionary.to_pylist()]
    return pa.array(lists, pa.list_(pa.string())).take(known.indices)


def _lists(column: pa.Array) -> pa.Array:
    """Return stored lists of texts, which are JSON, all at once."""
    if not len(column):
        return pa.array([], pa.list_(pa.string()))
    lines = pc.binary_join_element_wise('{"list":', pc.fill_null(column, "[]"), "}\n", "")
    text = lines.buffers()[2]
    read = pj.read_json(
        pa.BufferReader(text),
        read_options=pj.ReadOptions(use_threads=False, block_size=max(text.size, 1)),
        parse_options=pj.ParseOptions(explicit_schema=pa.schema([("list", pa.list_(pa.string()))])),
    )
    return read["list"].combine_chunks()


def _fallen(tx: Connection) -> set[str]:
    """Return the signals that were taken back, or whose works were."""
    gone = select(withdrawal.c.id)
    found = set[str]()
    for key in (signal.c.id, signal.c.work):
        query = select(signal.c.id).where(key.in_(gone), taken_back(signal, key))
        found.update(tx.execute(query).scalars())
    return found


def _several(tx: Connection, only: Collection[str] | None) -> set[str]:
    """Return works of which there is more to say than one row: twins, several sources, taken back by one."""
    found = set[str]()
    told = select(work.c.id).group_by(work.c.id).having(func.count() > 1)
    pairs = select(work_twin.c.work, work_twin.c.canonical)
    gone = select(work.c.id).where(work.c.id.in_(select(withdrawal.c.id)))
    for some in [None] if only is None else batched(sorted(only), _FEW):
        of_some = true() if some is None else work.c.id.in_(some)
        found.update(tx.execute(told.where(of_some)).scalars())
        found.update(tx.execute(gone.where(of_some)).scalars())
        either = or_(*(side.in_(some) for side in pairs.selected_columns)) if some is not None else true()
        for row in tx.execute(pairs.where(either)):
            found |= {row.work, row.canonical}
    return found


def _together(tx: Connection, several: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the works of which several things are told, by what they count as."""
    fullness = sum(
        (
            case((work.c[name].is_not(None), 1), else_=0)
            for name in ("text", "venue", "published_on", "part_of")
        ),
        start=case((work.c.title != "", 1), else_=0),
    )
    counted = func.coalesce(work_twin.c.canonical, work.c.id)
    query = (
        select(work, counted.label("counted"), work_twin.c.reason, fullness.label("fullness"))
        .join(work_twin, work_twin.c.work == work.c.id, isouter=True)
        .where(~taken_back(work, work.c.id))
    )
    rows: list[Row[Any]] = []
    for batch in batched(sorted(several), _FEW):
        rows += tx.execute(query.where(work.c.id.in_(batch)))
    # what stands for all comes first, then its twins, then its parts; the fullest of them, the earliest
    rows.sort(
        key=lambda row: (
            row.counted, 0 if row.reason is None else 1 if row.reason != twins.PART else 2, -row.fullness,
            row.published_on is None, row.published_on or date.min, row.id, row.source,
        )
    )  # fmt: skip
    for one, versions in groupby(rows, key=lambda row: row.counted):
        yield _coalesced(str(one), list(versions))


def _coalesced(one: str, versions: list[Row[Any]]) -> Mapping[str, Any]:
    """Return one work of several sources' and its twins' descriptions: the fullest first, gaps filled from the next.

    A paper was published on its earliest day. A pull request of which a history alone tells has the title of its first
    commit, as the merge names only a branch; the titles of its other commits are its text.
    """
    first = versions[0]
    parts = [row for row in versions if row.reason == twins.PART]
    whole = [row for row in versions if row.reason != twins.PART] or parts

    def filled(name: str) -> Any:
        return next((value for row in whole if (value := getattr(row, name))), None)

    title, text, paths = first.title, filled("text"), filled("paths") or []
    if parts and all(row.source in statements.HEARSAY for row in whole):
        titles = list(dict.fromkeys(row.title for row in parts))
        title = titles[0]
        text = text or "\n".join(titles[1:_PARTS_MAX]) or None
        paths = paths or list(dict.fromkeys(path for row in parts for path in row.paths or ()))[:_PATHS_MAX]
    days = [row.published_on for row in whole if row.published_on is not None]
    part_of = filled("part_of")
    return {
        "work": one,
        "kind": first.kind,
        "title": title,
        "text": text,
        "tags": list(dict.fromkeys(tag for row in whole for tag in row.tags)),
        "paths": paths,
        "venue": filled("venue"),
        "published_on": min(days) if days and first.kind == WorkKind.PAPER else filled("published_on"),
        "part_of": part_of.partition("#")[0] if part_of is not None else None,
    }
