"""What is printed as a name in an author line: the words of a name, a nickname in brackets, or a handle.

Names here are whatever somebody once typed into a tool. `mira-okafor` and `MiraOkafor` are handles until something
else says whose; only a name with a space, or initials as in `M.Okafor`, has words.
"""

import email.header
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sourcing.resolve.nicknames import NICKNAMES
from spiders.clients import spellings

_TITLES: Final = frozenset({"jr", "sr", "ii", "iii", "phd", "dr", "mr", "prof"})
_PARTICLES: Final = _TITLES | frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "al"}
    | {"bin", "ibn", "ter", "ten", "zu", "af"}
)
_ENCODED: Final = re.compile(r"\?[qQbB]\?")
_BRACKETS: Final = re.compile(r"[(\[\"“]\s*@?([^)\]\"”]{2,40}?)\s*[)\]\"”]")
_ASIDE: Final = re.compile(r"\s+(?:via|from|at)\s+|\s+[-–|/]\s+")
_NO_LETTERS: Final = re.compile(r"[\d_]+")
_APOSTROPHES: Final = re.compile(r"['`´]")
_SPACED: Final = re.compile(r"\w[.,]?\s+\(?\w")
_INITIALS: Final = re.compile(r"\s*([A-Z]\.)+-?[A-Z]\w+\s*")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_HANDLE_LIKE: Final = re.compile(r"\d|\w[-_.]\w|[a-z][A-Z]")
_NICK_MIN: Final = 4  # letters of what stands in brackets
_SINGLE_MIN: Final = 3
_NAME_MAX: Final = 200  # characters
_ANY_WORD: Final = re.compile(r"\w")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One printed name, romanised. words: as printed, without digits and titles; one at most if it is no full name.

    given, surname: first and last word without particles, None unless it is a full name of two or more. single: letters
    and digits of a name that is no full one. handle: of the whole. umlauts: words with ä written ae. looks_made: it has
    the marks of a handle: digits, inner marks, inner capitals.
    """

    raw: str
    words: tuple[str, ...]
    is_full: bool
    given: str | None
    surname: str | None
    single: str | None
    nick: str | None
    handle: str
    umlauts: tuple[str, ...]
    looks_made: bool

    @property
    def key(self) -> str:
        """Return the words in any order."""
        return " ".join(sorted(self.words))

    def handles(self) -> tuple[set[str], set[str], set[str]]:
        """Return the handles it yields, surest first, none twice.

        Of whole names (firstlast, lastfirst; 5 letters and more), of a surname with initials (flast, lastf; 4 and
        more), of a given name with letters of the surname and of cut surnames (4 and more).
        """
        if not self.is_full:
            return set(), set(), set()
        words, given, surname, umlauts = self.words, self.given, self.surname, self.umlauts
        whole = {"".join(words), "".join(reversed(words))}
        if len(umlauts) > 1:
            whole.add(umlauts[0] + umlauts[-1])
        if given is None or surname is None:
            return {one for one in whole if len(one) >= 5}, set(), set()
        whole |= {given + surname, surname + given}
        whole = {one for one in whole if len(one) >= 5}
        real = [word for word in words if word not in _PARTICLES] or words
        initials = [word[0] for word in real]
        first, last = given[0], surname[0]
        short = {
            first + surname,
            surname + first,
            "".join(initials[:-1]) + surname,
            first + "".join(words[1:]),
        }
        if len(umlauts) > 1:
            short.add(umlauts[0][0] + umlauts[-1])
        cut = {given + last, last + given, given + "".join(initials[1:])}
        if len(given) > 1 and len(surname) > 3:
            cut |= {first + surname[:7], given[:2] + surname, given[:3] + surname}
            cut |= {given + surname[:2], given + surname[:3], given + surname[:4]}
        short = {one for one in short if len(one) >= 4} - whole
        return whole, short, {one for one in cut if len(one) >= 4} - whole - short


def printed(raw: str | None) -> Printed:
    """Return what a printed name says; nothing of an empty one."""
    raw = (raw or "")[:_NAME_MAX]
    text, nick = _told(raw)
    folded = spellings.romanised(text)
    words = _WORD.findall(_APOSTROPHES.sub("", _NO_LETTERS.sub(" ", folded)))
    real = [word for word in words if word not in _TITLES] or words
    handle = spellings.unmarked(text)
    if not (_SPACED.search(text.strip()) or _INITIALS.fullmatch(text)):
        real = ["".join(words)] if words else []
    is_full = len(real) > 1 and any(len(word) > 1 for word in real)
    bare = [word for word in real if word not in _PARTICLES] or real
    has_both = is_full and len(bare) > 1
    single = handle if handle and not is_full and "@" not in raw else None
    if single is not None and len(single) < _SINGLE_MIN and not _is_unspaced(real):
        single = None
    return Printed(
        raw=raw.strip(),
        words=tuple(real),
        is_full=is_full,
        given=bare[0] if has_both else None,
        surname=bare[-1] if has_both else None,
        single=single,
        nick=nick,
        handle=handle,
        umlauts=_with_umlauts(raw) if is_full and not raw.isascii() else (),
        looks_made=_HANDLE_LIKE.search(raw) is not None,
    )


def nickname(given: str | None) -> str | None:
    """Return the group of names that a given name is a form of, None for none."""
    return None if given is None else NICKNAMES.get(given)


def is_unspaced(name: Printed) -> bool:
    """Whether a name is one word of a script that writes full names without a space."""
    return _is_unspaced(name.words)


def _told(raw: str) -> tuple[str, str | None]:
    """Return a name without what is said beside it, surname last, and the nickname in brackets."""
    if _ENCODED.search(raw):  # an undecoded mail header
        with suppress(LookupError, ValueError):  # what cannot be decoded stays as it is
            part = "=?" + raw.lstrip("=?").split("?=")[0] + "?="
            raw = str(email.header.make_header(email.header.decode_header(part)))
    nick = None
    if found := _BRACKETS.search(raw[:_NAME_MAX]):
        nick = spellings.unmarked(found[1])
        rest = f"{raw[: found.start()]} {raw[found.end() :]}"
        raw = rest if _ANY_WORD.search(rest) else raw
    if "@" in raw:  # a mailbox for a name
        raw = raw.split("@")[0] if raw.split("@")[0].strip() else raw.replace("@", " ")
    raw = _ASIDE.split(raw[:_NAME_MAX])[0] or raw
    if raw.count(",") == 1:
        surname, given = raw.split(",")
        raw = f"{given} {surname}" if given.strip() else surname
    return raw, nick if nick is not None and len(nick) >= _NICK_MIN else None


def _with_umlauts(raw: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFC", raw).lower().translate(_UMLAUTS)
    return tuple(spellings.romanised(word) for word in _WORD.findall(_NO_LETTERS.sub(" ", text)))


def _is_unspaced(words: tuple[str, ...] | list[str]) -> bool:
    return (
        len(words) == 1
        and len(words[0]) >= 2
        and any("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" for char in words[0])
    )
