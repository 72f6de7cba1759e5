"""Every person made somebody else, all work as it was: for seeing that a ranking does not look at who somebody is.

Meant for a transaction that is never committed. Names, organisations and places are dealt round among those who state
them; pronouns and whole names change sides in what people say of themselves and in the texts of works.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from storage.engine import batched
from storage.facts import digest_of
from storage.tables import person, statement, work

_BATCH = 1_000
_DEALT = ("name", "affiliation", "location")
_OTHERS: Mapping[str, str] = {
    "name": "Robin Otherwise",
    "affiliation": "Elsewhere Institute",
    "location": "Elsewhere",
}
_PRONOUNS = {
    "he": "she", "she": "he", "him": "her", "his": "hers", "hers": "his", "her": "him", "himself": "herself",
    "herself": "himself",
}  # fmt: skip
_PRONOUN = re.compile(rf"\b(?:{'|'.join(_PRONOUNS)})\b", re.IGNORECASE)
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """How many statements and works are others now. values: how many different names, organisations, places moved."""

    statements: int
    works: int
    values: int


def swap(tx: Connection) -> Swapped:
    """Make everybody somebody else. Reads every statement and every work once; changes statement, person and work."""
    dealt = {attribute: _dealt(tx, attribute) for attribute in _DEALT}
    texts = _Texts(dealt["name"])
    said = _statements(tx, dealt, texts)
    tx.execute(update(person).where(person.c.name.is_not(None)).values(name=_OTHERS["name"]))
    return Swapped(statements=said, works=_works(tx, texts), values=sum(map(len, dealt.values())))


class _Texts:
    """Changes names of two words or more, and pronouns, in running text."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {tuple(_WORDS.findall(old.casefold())): new for old, new in names.items()}
        self._starts = {words[0] for words in self._names if len(words) > 1}
        self._longest = max((len(words) for words in self._names), default=0)

    def turned(self, text: str) -> str:
        """Return the text about somebody else."""
        return _PRONOUN.sub(_other_pronoun, self._renamed(text))

    def _renamed(self, text: str) -> str:
        words = list(_WORDS.finditer(text))
        folded = [word.group().casefold() for word in words]
        out, end, at = [], 0, 0
        while at < len(words):
            size = self._name_at(folded, at)
            if size:
                out += [text[end : words[at].start()], self._names[tuple(folded[at : at + size])]]
                end = words[at + size - 1].end()
            at += size or 1
        return "".join([*out, text[end:]])

    def _name_at(self, words: list[str], at: int) -> int:
        """Return how many words from a place on are somebody's name, 0 for none; a single word is no name."""
        if words[at] not in self._starts:
            return 0
        sizes = range(min(self._longest, len(words) - at), 1, -1)
        return next((size for size in sizes if tuple(words[at : at + size]) in self._names), 0)


def _other_pronoun(found: re.Match[str]) -> str:
    old = found.group()
    new = _PRONOUNS[old.casefold()]
    return new.capitalize() if old[0].isupper() else new


def _dealt(tx: Connection, attribute: str) -> dict[str, str]:
    """Return another value for each value of an attribute: one half round the table; a single one gets a stranger's."""
    query = select(statement.c.value).where(statement.c.attribute == attribute).distinct()
    values = sorted(tx.execute(query).scalars())
    if len(values) == 1:
        return {values[0]: _OTHERS[attribute]}
    half = len(values) // 2
    return {value: values[(at + half) % len(values)] for at, value in enumerate(values)}


def _statements(tx: Connection, dealt: Mapping[str, Mapping[str, str]], texts: _Texts) -> int:
    """Deal round what is stated. By two steps: a value may be on its way to where another one still stands."""
    keys = ("identity", "attribute", "hash", "source")
    rows = tx.execute(
        select(*(statement.c[key] for key in keys), statement.c.value)
        .where(statement.c.attribute.in_([*_DEALT, "summary"]))
        .order_by(*(statement.c[key] for key in keys))
    ).all()
    changes: list[tuple[dict[str, str], str]] = []
    for row in rows:
        known = dealt.get(row.attribute)
        value = texts.turned(row.value) if known is None else known[row.value]
        if value != row.value:
            changes.append((dict(row._mapping), value))
    away = [{**row, "hash": f"~{row['hash'][1:]}"} for row, _ in changes]
    _put(tx, [(row, there["hash"], row["value"]) for (row, _), there in zip(changes, away, strict=True)])
    _put(tx, [(there, digest_of(value), value) for (_, value), there in zip(changes, away, strict=True)])
    return len(changes)


def _put(tx: Connection, changes: list[tuple[Mapping[str, str], str, str]]) -> None:
    keys = ("identity", "attribute", "hash", "source")
    query = (
        update(statement)
        .where(*(statement.c[key] == bindparam(f"old_{key}") for key in keys))
        .values(hash=bindparam("new_hash"), value=bindparam("new_value"))
    )
    for batch in batched(changes, _BATCH):
        rows = [
            {f"old_{key}": row[key] for key in keys} | {"new_hash": digest, "new_value": value}
            for row, digest, value in batch
        ]
        tx.execute(query, rows)


def _works(tx: Connection, texts: _Texts) -> int:
    query = (
        update(work)
        .where(work.c.id == bindparam("old_id"), work.c.source == bindparam("old_source"))
        .values(title=bindparam("new_title"), text=bindparam("new_text"))
    )
    changed = 0
    for batch in batched(list(_turned(tx, texts)), _BATCH):
        tx.execute(query, list(batch))
        changed += len(batch)
    return changed


def _turned(tx: Connection, texts: _Texts) -> Iterator[dict[str, str | None]]:
    for row in tx.execute(select(work.c.id, work.c.source, work.c.title, work.c.text)):
        title = texts.turned(row.title)
        text = None if row.text is None else texts.turned(row.text)
        if (title, text) != (row.title, row.text):
            yield {"old_id": row.id, "old_source": row.source, "new_title": title, "new_text": text}
