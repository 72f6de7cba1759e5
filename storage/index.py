"""The look-up tables behind search, built from facts at any time; and words as both databases see them.

Words are cut here, not in the databases: folded to one spelling, scripts without spaces cut into single characters.
So the same query finds the same people in FTS5 and in a tsvector.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, select, text

from spiders.records import IdentityKind
from storage.engine import batched, upsert
from storage.statements import stands
from storage.tables import (
    person,
    person_identity,
    search_facet,
    search_person,
    signal,
    statement,
    work,
)

_BATCH = 500
_NOBODY = (str(IdentityKind.BOT), str(IdentityKind.ORGANISATION))
# A title says what a person does; the newest few hundred say it often enough.
_TITLES_MAX = 400
_WORDS_MAX = 6_000
_UNSPACED = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x0E00, 0x0EFF), (0x20000, 0x3FFFF))
_DIGITS = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")
# A character no query can contain, between two texts, so that a phrase does not run from one into the next.
_BREAK = "\ue000"
_HAS_BY_WORK = {
    "paper": "papers",
    "commit": "code",
    "pull_request": "code",
    "repository": "repos",
    "post": "posts",
    "talk": "talks",
    "model": "models",
    "package": "packages",
}


def words(value: str) -> list[str]:
    """Return the words of a text: case and accents folded, letters and digits only, unspaced scripts by character."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", value).casefold())
    found: list[str] = []
    current: list[str] = []
    for char in unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c))):
        if _is_unspaced(char):
            found.extend(filter(None, ["".join(current), char]))
            current = []
        elif char.isalnum():
            current.append(char)
        elif current:
            found.append("".join(current))
            current = []
    return [*found, "".join(current)] if current else found


def tokens(value: str) -> list[str]:
    """Return the words of a text as the full-text indexes keep them: ASCII only, a word's beginning as its own.

    What counts as a letter depends on the age of a database and on its server's locale; these depend on neither.
    """
    return [_token(word) for word in words(value)]


def folded(value: str) -> str:
    """Return a text as its words, one space between: for looking up a part."""
    return " ".join(words(value))


def row_number(key: str) -> int:
    """Return the FTS5 row of a person: the 60 bits of the key."""
    return int(key.removeprefix("p_").translate(_DIGITS), 32)


def reindex(tx: Connection, keys: Collection[str] | None) -> int:
    """Rebuild the look-up rows of some living people, or of all (None), and return how many there are now.

    Bots and organisations have none. Changes search_person, search_facet and the full-text index only.
    """
    if keys is None:
        for table in (search_person, search_facet):
            tx.execute(delete(table))
        tx.execute(text("DELETE FROM search_index"))
        keys = list(tx.execute(select(person.c.key)).scalars())
    else:
        remove(tx, keys)
    total = 0
    for batch in batched(sorted(keys), _BATCH):
        documents = _documents(tx, batch)
        _write(tx, documents)
        total += len(documents)
    return total


def remove(tx: Connection, keys: Collection[str]) -> None:
    """Remove people from everything search looks at."""
    for batch in batched(sorted(keys), _BATCH):
        tx.execute(delete(search_person).where(search_person.c.person.in_(batch)))
        tx.execute(delete(search_facet).where(search_facet.c.person.in_(batch)))
        if tx.dialect.name == "sqlite":
            tx.execute(
                text("DELETE FROM search_index WHERE rowid = :row"),
                [{"row": row_number(key)} for key in batch],
            )
        else:
            tx.execute(text("DELETE FROM search_index WHERE person = :key"), [{"key": key} for key in batch])


@dataclass(slots=True, kw_only=True)
class _Document:
    name: str | None = None
    names: dict[str, None] = field(default_factory=dict)
    handles: dict[str, None] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    orgs: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    facets: set[tuple[str, str]] = field(default_factory=set)
    active_on: date | None = None


def _documents(tx: Connection, keys: Collection[str]) -> Mapping[str, _Document]:
    found: defaultdict[str, _Document] = defaultdict(_Document)
    people = (
        select(person.c.key, person.c.name)
        .where(person.c.key.in_(keys), person.c.kind.not_in(_NOBODY))
        .where(exists().where(person_identity.c.person == person.c.key))
    )
    for row in tx.execute(people):
        found[row.key].name = row.name
    living = person_identity.c.person.in_(sorted(found))
    said = (
        select(person_identity.c.person, statement.c.attribute, statement.c.value, statement.c.source)
        .select_from(person_identity.join(statement, statement.c.identity == person_identity.c.identity))
        .where(living, stands(statement, statement.c.identity))
        .order_by(person_identity.c.person, statement.c.attribute, statement.c.value)
    )
    for one, attribute, value, source in tx.execute(said):
        _say(found[one], attribute, value, source)
    _add_works(tx, found, living)
    return found


def _say(one: _Document, attribute: str, value: str, source: str) -> None:
    one.facets.add(("source", source))
    match attribute:
        case "name":
            one.names[value] = None
        case "handle":
            one.handles[value] = None
        case "affiliation":
            one.orgs[folded(value)] = None
        case "location":
            one.places[folded(value)] = None
        case "homepage" | "orcid":
            one.facets.add(("has", attribute))


def _add_works(tx: Connection, found: Mapping[str, _Document], living: ColumnElement[bool]) -> None:
    done = (
        select(
            person_identity.c.person,
            signal.c.id,
            signal.c.kind,
            signal.c.source,
            signal.c.occurred_at,
            work.c.kind.label("work_kind"),
            work.c.title,
        )
        .join(signal, signal.c.identity == person_identity.c.identity)
        .join(work, work.c.id == signal.c.work, isouter=True)
        .where(living, stands(signal, signal.c.id), stands(signal, signal.c.work))
        .order_by(
            person_identity.c.person,
            signal.c.occurred_at.desc().nulls_last(),
            signal.c.id,
            work.c.source,
        )
    )
    last = None
    for row in tx.execute(done):
        if row.id == last:
            continue  # a second source's description of the same work
        last = row.id
        one = found[row.person]
        one.facets.add(("source", row.source))
        if row.kind == "reviewed":
            one.facets.add(("has", "reviews"))
        elif row.work_kind in _HAS_BY_WORK:
            one.facets.add(("has", _HAS_BY_WORK[row.work_kind]))
        if row.title is not None and len(one.titles) < _TITLES_MAX:
            one.titles.append(row.title)
        if row.occurred_at is not None:
            day = row.occurred_at.date()
            one.active_on = day if one.active_on is None else max(one.active_on, day)


def _write(tx: Connection, documents: Mapping[str, _Document]) -> None:
    upsert(tx, search_person, (_person_row(key, one) for key, one in documents.items()))
    facets = (
        {"person": key, "field": name, "value": value}
        for key, one in documents.items()
        for name, value in one.facets
    )
    upsert(tx, search_facet, facets, change=lambda _: {})
    rows = [
        {
            "row": row_number(key),
            "person": key,
            "names": _joined(one.names),
            "handles": _joined(one.handles),
            "works": _joined(one.titles),
        }
        for key, one in sorted(documents.items())
    ]
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(
            text(
                "INSERT INTO search_index (rowid, person, names, handles, works) "
                "VALUES (:row, :person, :names, :handles, :works)"
            ),
            rows,
        )
    else:
        tx.execute(
            text(
                "INSERT INTO search_index (person, document) VALUES (:person, "
                "setweight(to_tsvector('simple', :names), 'A') || "
                "setweight(to_tsvector('simple', :handles), 'B') || "
                "setweight(to_tsvector('simple', :works), 'C'))"
            ),
            rows,
        )


def _person_row(key: str, one: _Document) -> dict[str, Any]:
    return {
        "person": key,
        "name": one.name,
        "orgs": "\n".join(one.orgs) or None,
        "places": "\n".join(one.places) or None,
        "active_on": one.active_on,
    }


def _joined(values: Iterable[str]) -> str:
    """Return all words of some texts with a break after each."""

    def spaced() -> Iterator[str]:
        for value in values:
            yield from tokens(value)
            yield _token(_BREAK)

    found = [word for word, _ in zip(spaced(), range(_WORDS_MAX), strict=False)]
    return " ".join(found)


def _token(word: str) -> str:
    return word if word.isascii() else "".join(c if c.isascii() else f"x{ord(c):x}q" for c in word)


def _is_unspaced(char: str) -> bool:
    code = ord(char)
    return code > 0x0DFF and any(low <= code <= high for low, high in _UNSPACED)
