"""The look-up tables behind search, built from facts at any time, and kept in step when a few people change."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from itertools import groupby, product

from sqlalchemy import Connection, delete, select, text

from storage import documents
from storage.documents import Document
from storage.engine import batched, stream, upsert
from storage.tables import person, search_facet, search_person, search_read, search_set
from storage.traits import Kind
from storage.words import (
    BEGINNING_MAX,
    COLUMNS,
    HANDLES,
    LOC,
    NAMES,
    ORG,
    STATED,
    WORKS,
    beginning,
    beginnings,
    distinct,
    joined,
)
from storage.words import words as words

_BATCH = 500
_HELD_MAX = 8 << 20  # members of sets that are made and not yet written
OWN = ("source", "has", *Kind)
"""Fields of facets that are read from the facts here; all others come with `put_facets`."""
EVERYBODY = ("all", "")
SHARED = 256
"""From so many people on a word is kept as a set; rarer ones are as fast to look up in the full-text index."""
DATES: Mapping[str, Callable[[Document], date | None]] = {
    "active": lambda one: one.active_on,
    "seen": lambda one: one.seen_on,
    "new": lambda one: one.new_on,
}
_EPOCH = date(1970, 1, 1).toordinal()
_WEIGHTS = {"A": NAMES, "B": HANDLES, "C": WORKS, "D": STATED}  # of the columns in a tsvector
_Sets = defaultdict[tuple[str, str], list[int]]


def reindex(tx: Connection, keys: Collection[str] | None, *, shared: int = SHARED) -> int:
    """Rebuild the look-up rows of some living people, or of all (None), and return how many there are now.

    Bots and organisations have none. Changes the search tables only. Facets that `put_facets` brought stay where all
    are rebuilt; of some people they go, as what they rest on may have gone, until the next night brings them again.
    shared: people who must have a word for it to be kept as a set, where all are rebuilt.
    """
    from storage import (
        order,
    )  # numpy takes a tenth of a second to import, which no crawler's child should pay

    if keys is None:
        everybody = tx.execute(select(person.c.key).order_by(person.c.key)).scalars().all()
        batches = (documents.read(tx, batch) for batch in batched(everybody, _BATCH))
        total = fill(tx, batches, shared=shared)
        order.refresh(tx)
        return total
    total = 0
    for batch in batched(sorted(set(keys)), _BATCH):
        total += _replace(tx, batch, documents.read(tx, batch))
    order.refresh(tx, people=keys)
    return total


def is_missing(tx: Connection) -> bool:
    """Return whether there are people and nobody can be looked up, as after an upgrade that made the tables anew."""
    if tx.execute(select(search_person.c.no).limit(1)).first() is not None:
        return False
    return tx.execute(select(person.c.key).limit(1)).first() is not None


def remove(tx: Connection, keys: Collection[str]) -> None:
    """Remove people from everything search looks at."""
    for batch in batched(sorted(set(keys)), _BATCH):
        _replace(tx, batch, {})


def put_facets(
    tx: Connection,
    people: Collection[str],
    rows: Iterable[tuple[str, str, str]],
    *,
    read: Mapping[str, str] | None = None,
) -> None:
    """Replace the facets of some people that are not read from the facts here.

    Changes search_facet, search_set, search_read. rows: (person, field, value); of people who are not looked up they
    are left out, and fields of `OWN`. read: a digest of what they were read from, by person, for `facets_read`.
    """
    from storage import sets

    wanted: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, name, value in rows:
        if name not in OWN:
            wanted[key].add((name, value.casefold()))
    for batch in batched(sorted(set(people)), _BATCH):
        places = _places(tx, batch)
        before = _facets(tx, batch)
        add, less = _Sets(list), _Sets(list)
        for key, place in places.items():
            old = {pair for pair in before.get(key, ()) if pair[0] not in OWN}
            _differ(add, less, place, old, wanted.get(key, set()))
        tx.execute(
            delete(search_facet).where(search_facet.c.person.in_(batch), search_facet.c.field.not_in(OWN))
        )
        _put_facets(tx, {key: wanted[key] for key in places if key in wanted})
        tx.execute(delete(search_read).where(search_read.c.person.in_(batch)))
        told = [{"person": key, "digest": read[key]} for key in places if read is not None and key in read]
        upsert(tx, search_read, told)
        sets.change(tx, add, less)


def facets_read(tx: Connection) -> dict[str, str]:
    """Return what `put_facets` was last told that each person's facets were read from, as long as they are there."""
    return {row.person: row.digest for row in stream(tx, select(search_read))}


def fill(tx: Connection, people: Iterable[Mapping[str, Document]], *, shared: int = SHARED) -> int:
    """Write everything search looks at anew from documents by key, and return how many people there are.

    people: batches in the order of their keys. Facets that `put_facets` brought stay with who is still there.
    Orders are left as they are: call `order.refresh`. Keeps four bytes in memory for each distinct word of a person.
    """
    from storage import sets

    tx.execute(delete(search_person))
    tx.execute(delete(search_facet).where(search_facet.c.field.in_(OWN)))
    tx.execute(delete(search_set))
    tx.execute(text("DELETE FROM search_index"))
    words: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    facets: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    days: dict[str, dict[int, int]] = {name: {} for name in DATES}
    total = 0
    for read in people:
        numbered = {key: (total + number, read[key]) for number, key in enumerate(sorted(read))}
        total += len(numbered)
        texts = _write(tx, numbered)
        kept = _facets(tx, list(numbered))
        for key, (place, one) in numbered.items():
            for name, said in texts[place].items():
                for word in distinct(said):
                    words[name, word].append(place)
            for pair in kept.get(key, ()):
                facets[pair].append(place)
            _say_days(days, place, one)
    for table in (search_facet, search_read):
        tx.execute(delete(table).where(table.c.person.not_in(select(search_person.c.person))))
    holders: defaultdict[str, int] = defaultdict(int)
    for (_, word), places in words.items():
        holders[word] += len(places)
    sets.put(tx, {key: places for key, places in words.items() if holders[key[1]] >= shared})
    _put_beginnings(tx, words, total, shared)
    sets.put(tx, {**facets, EVERYBODY: range(total)})
    for name, known in days.items():
        sets.put_days(tx, name, known, size=total, fresh=True)
    return total


def _put_beginnings(
    tx: Connection, words: Mapping[tuple[str, str], Collection[int]], size: int, shared: int
) -> None:
    """Write the sets of beginnings that many people share."""
    from storage import sets

    ordered = sorted((word, name) for name, word in words)
    found: dict[tuple[str, str], Collection[int]] = {}
    for length in range(1, BEGINNING_MAX + 1):
        for start, group in groupby(ordered, key=lambda one: one[0][:length]):
            theirs = list(group)
            if len(start) < length or sum(len(words[name, word]) for word, name in theirs) < shared:
                continue
            by_column: defaultdict[str, list[Collection[int]]] = defaultdict(list)
            for word, name in theirs:
                if beginning(start) in beginnings(name, word):
                    by_column[name].append(words[name, word])
            people = {name: sets.together(parts, size) for name, parts in by_column.items()}
            if sum(map(len, people.values())) >= shared:
                found.update(((name, beginning(start)), places) for name, places in people.items())
            if sum(map(len, found.values())) > _HELD_MAX or len(found) > _BATCH:
                sets.put(tx, found)
                found = {}
    sets.put(tx, found)


def _replace(tx: Connection, keys: Collection[str], read: Mapping[str, Document]) -> int:
    """Write the rows of some people anew; who is in keys and was not read goes."""
    from storage import order, sets

    places = _places(tx, keys)
    before = _pairs(tx, places)
    size = max([sets.width(tx), *(place + 1 for place in places.values())])
    new = sorted(set(read) - set(places))
    numbers = {**places, **{key: size + number for number, key in enumerate(new)}}
    for table in (search_facet, search_read):
        tx.execute(delete(table).where(table.c.person.in_(keys)))
    tx.execute(delete(search_person).where(search_person.c.person.in_(keys)))
    _unwrite(tx, places.values())
    _write(tx, {key: (numbers[key], one) for key, one in read.items()})
    after = _pairs(tx, {key: numbers[key] for key in read})
    add, less = _Sets(list), _Sets(list)
    for place in before.keys() | after.keys():
        _differ(add, less, place, before.get(place, set()), after.get(place, set()))
    kept = sets.kept(tx, {value for field, value in {*add, *less} if field in COLUMNS}, COLUMNS)
    for side in (add, less):
        for name, value in [key for key in side if key[0] in COLUMNS and key[1] not in kept]:
            del side[name, value]
    sets.change(tx, add, less)
    days: dict[str, dict[int, int]] = {name: {} for name in DATES}
    for key, one in read.items():
        _say_days(days, numbers[key], one)
    if read:
        for name, told in days.items():
            sets.put_days(tx, name, told, size=size + len(new), fresh=False)
    order.drop(tx, {place for key, place in places.items() if key not in read})
    return len(read)


def _differ(
    add: _Sets, less: _Sets, place: int, old: set[tuple[str, str]], new: set[tuple[str, str]]
) -> None:
    for pair in new - old:
        add[pair].append(place)
    for pair in old - new:
        less[pair].append(place)


def _places(tx: Connection, keys: Collection[str]) -> dict[str, int]:
    query = select(search_person.c.person, search_person.c.no).where(search_person.c.person.in_(keys))
    return {row.person: row.no for row in tx.execute(query)}


def _facets(tx: Connection, keys: Collection[str]) -> dict[str, set[tuple[str, str]]]:
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in tx.execute(select(search_facet).where(search_facet.c.person.in_(keys))):
        found[row.person].add((row.field, row.value))
    return found


def _pairs(tx: Connection, places: Mapping[str, int]) -> dict[int, set[tuple[str, str]]]:
    """Return the sets that some written people are in, if each of their words had one, by place."""
    facets = _facets(tx, list(places))
    found = {place: {*facets.get(key, ()), EVERYBODY} for key, place in places.items()}

    def say(place: int, name: str, word: str) -> None:
        found[place].add((name, word))
        found[place].update((name, start) for start in beginnings(name, word))

    if tx.dialect.name == "sqlite":
        query = text("SELECT names, handles, works, stated FROM search_index WHERE rowid = :place")
        for place in found:
            for row in tx.execute(query, {"place": place}):
                for name, said in zip(COLUMNS, row, strict=True):
                    for word in distinct(said):
                        say(place, name, word)
        return found
    query = text("SELECT no, lexeme, weights FROM search_index, unnest(document) WHERE no = ANY(:places)")
    for place, word, weights in tx.execute(query, {"places": list(found)}):
        for one, weight in product(distinct(word), set(weights)):
            say(place, _WEIGHTS[weight], one)
    return found


def _say_days(days: Mapping[str, dict[int, int]], place: int, one: Document) -> None:
    for name, known in days.items():
        on = DATES[name](one)
        known[place] = 0 if on is None else max(1, on.toordinal() - _EPOCH)


def _put_facets(tx: Connection, wanted: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    rows = (
        {"person": key, "field": name, "value": value}
        for key, pairs in wanted.items()
        for name, value in pairs
    )
    upsert(tx, search_facet, rows, change=lambda _: {})


def _unwrite(tx: Connection, places: Iterable[int]) -> None:
    row = "rowid" if tx.dialect.name == "sqlite" else "no"
    rows = [{"place": place} for place in sorted(places)]
    if rows:
        tx.execute(text(f"DELETE FROM search_index WHERE {row} = :place"), rows)  # noqa: S608 - one of two words


def _write(tx: Connection, people: Mapping[str, tuple[int, Document]]) -> dict[int, dict[str, str]]:
    """Write the rows of some people, and return their words by place and column."""
    rows = [
        {"person": key, "no": place, "name": one.name, "active_on": one.active_on}
        for key, (place, one) in people.items()
    ]
    upsert(tx, search_person, rows)
    _put_facets(tx, {key: one.facets for key, (_, one) in people.items()})
    texts = {
        place: {
            NAMES: joined(one.names),
            HANDLES: joined(one.handles),
            WORKS: joined(one.titles),
            STATED: f"{joined(one.orgs, ORG)} {joined(one.places, LOC)}",
        }
        for place, one in people.values()
    }
    written = [{"place": place, **said} for place, said in sorted(texts.items())]
    if written:
        tx.execute(text(_INSERT[tx.dialect.name]), written)
    return texts


_INSERT = {
    "sqlite": "INSERT INTO search_index (rowid, names, handles, works, stated) "
    "VALUES (:place, :names, :handles, :works, :stated)",
    "postgresql": "INSERT INTO search_index (no, document) VALUES (:place, "
    "setweight(to_tsvector('simple', :names), 'A') || setweight(to_tsvector('simple', :handles), 'B') || "
    "setweight(to_tsvector('simple', :works), 'C') || setweight(to_tsvector('simple', :stated), 'D'))",
}
