"""Words in the full-text index of each database: FTS5 or a tsvector, the same answer from both."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, text

from storage.words import COLUMNS

_WEIGHTS = dict(zip(COLUMNS, "ABCD", strict=True))
_FTS5 = text("SELECT rowid FROM search_index WHERE search_index MATCH :wanted")
_TSVECTOR = text("SELECT no FROM search_index WHERE document @@ to_tsquery('simple', :wanted)")
_POSITIONS = text(
    "SELECT no, lexeme, positions, weights FROM search_index, unnest(document) "
    "WHERE document @@ to_tsquery('simple', :wanted) AND lexeme = ANY(:words)"
)


def find(
    tx: Connection,
    words: Sequence[str],
    columns: Collection[str],
    *,
    prefix: bool = False,
    within: int | None = None,
) -> Iterable[int]:
    """Return the places of people with some words in some columns: side by side in this order, or near each other.

    words: as `words.tokens` cuts them, at least one. prefix: the last may go on. within: in any order, with so many
    other words between the first and the last at most.
    """
    if tx.dialect.name == "sqlite":
        return tx.execute(_FTS5, {"wanted": _fts5(words, columns, prefix, within)}).scalars().all()
    weights = "".join(_WEIGHTS[name] for name in columns)
    joint = " <-> " if within is None else " & "
    terms = [f"'{word}':{weights}" for word in words[:-1]]
    terms.append(f"'{words[-1]}':{'*' if prefix else ''}{weights}")
    wanted = joint.join(terms)
    if within is None or len(words) == 1:
        return tx.execute(_TSVECTOR, {"wanted": wanted}).scalars().all()
    return _near(tx, wanted, words, weights, within)


def _fts5(words: Sequence[str], columns: Collection[str], prefix: bool, within: int | None) -> str:
    # Only letters and digits are left in the words, so quoting them makes them plain terms whatever they spell.
    star = " *" if prefix else ""
    where = f"{{{' '.join(columns)}}} : "
    if within is None:
        return f'{where}"{" ".join(words)}"{star}'
    terms = " ".join(f'"{word}"' for word in words)
    return f"{where}NEAR({terms}{star}, {within})"


def _near(tx: Connection, wanted: str, words: Sequence[str], weights: str, within: int) -> list[int]:
    """Return whose words lie as near as FTS5 wants them: tsquery knows only exact distances."""
    found: defaultdict[tuple[int, str], defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    asked = {"wanted": wanted, "words": sorted(set(words))}
    for place, word, positions, given in tx.execute(_POSITIONS, asked):
        for position, weight in zip(positions, given, strict=True):
            if weight in weights:
                found[place, weight][word].append(position)
    return sorted({place for (place, _), said in found.items() if _are_near(said, words, within)})


def _are_near(said: defaultdict[str, list[int]], words: Sequence[str], within: int) -> bool:
    """Return whether some stretch of text holds every word, with so many other words inside at most."""
    met = sorted((position, word) for word in set(words) for position in said.get(word, ()))
    latest: dict[str, int] = {}
    for position, word in met:
        latest[word] = position
        if len(latest) == len(set(words)) and position - min(latest.values()) - 1 <= within:
            return True
    return False
