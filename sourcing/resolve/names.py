"""Whether two names may belong to one person: never evidence alone, only the absence of a contradiction."""

import unicodedata
from collections.abc import Iterable

from spiders.clients.names import folded


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, sorted: folded in case, width and accents, without marks and digits."""
    return tuple(sorted(folded(name)))


def is_full(name: str) -> bool:
    """Whether a name is more than a given name or a handle: two words, or a script without spaces."""
    parts = words(name)
    if len(parts) == 1:
        return len(parts[0]) >= 2 and _is_unspaced(parts[0])
    return any(len(part) > 1 for part in parts)


def compatible(left: str, right: str) -> bool:
    """Whether one name can be a spelling of the other: word order, accents, initials, missing words aside.

    False when either is a bare given name or a handle: such names contradict nothing and so prove nothing.
    At least one written-out word must be shared; an initial stands for one word that begins with it.
    """
    if not (is_full(left) and is_full(right)):
        return False
    short, long = sorted((words(left), words(right)), key=len)
    rest = list(long)
    initials = []
    shared = 0
    for word in short:
        if word in rest:
            rest.remove(word)
            shared += len(word) > 1
        else:
            initials.append(word)
    for word in initials:
        match = next((other for other in rest if _abbreviates(word, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return shared > 0


def any_compatible(left: Iterable[str], right: Iterable[str]) -> bool:
    """Whether some name of one side is compatible with some name of the other."""
    others = tuple(right)
    return any(compatible(name, other) for name in left for other in others)


def _abbreviates(word: str, other: str) -> bool:
    return (len(word) == 1 or len(other) == 1) and (other.startswith(word) or word.startswith(other))


def _is_unspaced(word: str) -> bool:
    """Whether a single word is of a script that writes full names without a space."""
    return all(
        unicodedata.name(char, "").startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA")) for char in word
    )
