"""What speaks against a link: names that contradict each other, somebody else of that name, repositories of one person.

A doubt never parts what belongs together; it sends a link to a person instead of making it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from sourcing.resolve import names
from sourcing.resolve.edges import Known
from spiders.clients.names import folded
from spiders.records import IdentityKind
from storage.model import IdentityView

PEOPLED = 6
"""Independent people in a history before its mailmap is the word of many and not of one: more than a handful."""

_SPELLING = 0.9  # Tomas and Thomas are .91 alike, the sisters Maria and Marie .80
_SPELLING_LONG = 0.75  # of six letters and more: Alexander and Aleksandr are .78 alike
_LONG = 6
_SHORT_FORM = 3  # letters of a short form that begins the long one: Alex, Tom
_COMMIT = re.compile(r"https://github\.com/([^/]+/[^/]+)/commit/")


def disagree(left: Iterable[str], right: Iterable[str]) -> bool:
    """Whether two sides have full names and none of one side can be a spelling of one of the other.

    False when either side has no full name, or when they are of different scripts: that contradicts nothing.
    """
    mine = [name for name in left if is_written_out(name)]
    theirs = [name for name in right if is_written_out(name)]
    return bool(mine and theirs) and not any(_may_be_one(one, other) for one in mine for other in theirs)


def is_written_out(name: str) -> bool:
    """Whether a name is a full one as people write it: `mira-ok` is two words and still a handle."""
    return names.is_full(name) and (" " in name.strip() or len(names.words(name)) == 1)


def _may_be_one(left: str, right: str) -> bool:
    if names.compatible(left, right):
        return True
    one, other = names.words(left), names.words(right)
    if _is_latin(one) is not _is_latin(other):
        return True
    if _is_turned(left, right):
        return True
    shared = [word for word in one if word in other]
    if not any(len(word) > 1 for word in shared):
        return False
    mine, theirs = _without(one, shared), _without(other, shared)
    return all(any(_is_spelling(word, else_) for else_ in theirs) for word in mine)


def _without(words: Iterable[str], shared: Iterable[str]) -> list[str]:
    left = list(words)
    for word in shared:
        if word in left:
            left.remove(word)
    return left


def _is_spelling(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    if len(short) == 1 or (len(short) >= _SHORT_FORM and long.startswith(short)):
        return long.startswith(short)
    alike = SequenceMatcher(None, short, long, autojunk=False).ratio()
    return alike >= (_SPELLING_LONG if len(short) >= _LONG else _SPELLING)


def _is_latin(words: Iterable[str]) -> bool:
    return all(char < "\u0250" for word in words for char in word)


def _is_turned(left: str, right: str) -> bool:
    """Whether two names are one without their spaces, in either order: Wang Xiao Ming and Xiaoming Wang."""
    one, other = "".join(folded(left)), "".join(folded(right))
    return len(one) == len(other) and other in one + one


def is_byline(identity: str) -> bool:
    """Whether an identity is a printed place in one paper's byline, as `arxiv:2611.1:3`."""
    paper, _, place = identity.rpartition(":")
    return ":" in paper and place.isdecimal()


def is_nobody(identity: IdentityView) -> bool:
    """Whether an identity is no person: a bot or an organisation."""
    return identity.kind in (IdentityKind.BOT, IdentityKind.ORGANISATION)


class Crowd:
    """Who else there is: full names across accounts and author lines, and people per repository."""

    def __init__(self, known: Known) -> None:
        self._named: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        authors: defaultdict[str, set[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(set)
        for key, one in known.identities.items():
            if not key.startswith(("git:", "github:")):
                continue
            full = [names.words(name) for name in one.names if names.is_full(name)]
            for words in full:
                self._named[words].add(key)
            repository = repository_of(one.url)
            if repository is not None and one.emails and full and not is_nobody(one):
                authors[repository].add((full[0], one.emails))
        self._people = {name: _independent(found) for name, found in authors.items()}

    def others(self, called: Iterable[str], *, aside: Iterable[str]) -> set[str]:
        """Return identities that bear one of these full names. aside: those that may."""
        found: set[str] = set()
        for name in called:
            if names.is_full(name):
                found |= self._named.get(names.words(name), set())
        return found - set(aside)

    def is_peopled(self, url: str) -> bool:
        """Whether a commit's repository is the work of more than a handful of people, each with a mailbox."""
        return self._people.get(repository_of(url) or "", 0) >= PEOPLED


def repository_of(url: str) -> str | None:
    """Return the repository of a commit's address, in lower case."""
    found = _COMMIT.match(url)
    return found[1].lower() if found is not None else None


def _independent(found: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> int:
    """Return how many there are at least: as many as there are names and as there are mailboxes."""
    pairs = tuple(found)
    return min(len({words for words, _ in pairs}), len({boxes for _, boxes in pairs}))


def claimants(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (thing, those who claim it, sorted) of (claimant, thing) pairs, by thing."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for who, thing in pairs:
        found[thing].add(who)
    for thing in sorted(found):
        yield thing, tuple(sorted(found[thing]))
