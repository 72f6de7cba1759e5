"""Words as both databases see them.

Words are cut here, not in the databases: folded to one spelling, scripts without spaces cut into single characters.
So the same query finds the same people in FTS5 and in a tsvector.
"""

import re
import unicodedata
from collections.abc import Iterable

_UNSPACED = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x0E00, 0x0EFF), (0x20000, 0x3FFFF))
# A character no query can contain, between two texts, so that a phrase does not run from one into the next.
_BREAK = "\ue000"
_WORDS_MAX = 6_000
_PLAIN = re.compile("[a-z0-9]+")
NAMES, HANDLES, WORKS, STATED = "names", "handles", "works", "stated"
COLUMNS = (NAMES, HANDLES, WORKS, STATED)
"""The columns of the full-text index. `stated` holds affiliations and locations, their words marked as such."""
ORG, LOC = "o", "p"
"""What stands before each word of an affiliation and of a location, so that one column holds both."""
BEGINNING_MAX = 6


def words(value: str) -> list[str]:
    """Return the words of a text: case and accents folded, letters and digits only, unspaced scripts by character."""
    if value.isascii():
        return _PLAIN.findall(value.lower())
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


def joined(values: Iterable[str], mark: str = "") -> str:
    """Return all words of some texts with a break after each. mark: put before each word, as in `stated`."""

    found: list[str] = []
    for value in values:
        found += [mark + word for word in tokens(value)]
        found.append(_BROKEN)
        if len(found) >= _WORDS_MAX:
            break
    return " ".join(found[:_WORDS_MAX])


def distinct(text: str) -> set[str]:
    """Return the words of a text made by `joined`, each once, without the breaks."""
    return set(text.split()) - {_BROKEN}


def beginnings(column: str, word: str) -> list[str]:
    """Return the beginnings of a word of a column that people are kept under as under words, the shortest first.

    Longer ones than `BEGINNING_MAX` letters, what stands before a word counted, are left to the full-text index.
    """
    shortest = 2 if column == STATED else 1
    return [beginning(word[:length]) for length in range(shortest, min(len(word), BEGINNING_MAX) + 1)]


def beginning(word: str) -> str:
    """Return what the people whose words begin so are kept under: no word has a star."""
    return f"{word}*"


def _token(word: str) -> str:
    return word if word.isascii() else "".join(c if c.isascii() else f"x{ord(c):x}q" for c in word)


def _is_unspaced(char: str) -> bool:
    code = ord(char)
    return code > 0x0DFF and any(low <= code <= high for low, high in _UNSPACED)


_BROKEN = _token(_BREAK)
