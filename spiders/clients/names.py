"""People's names and titles as printed: TeX accents, stray control characters, hard line breaks."""

import re
import unicodedata
from typing import Final

_COMBINING: Final = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "k": "\u0328",
    "r": "\u030a",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ",
}  # fmt: skip
_ACCENT: Final = re.compile(
    r"""\\(?:(['`^"~=.])|([uvHcdbkr])(?=[\s{\\]))\s?(?:\{\s?(\\?[A-Za-z])\s?\}|(\\[ij](?![A-Za-z])|[A-Za-z]))"""
)
_LETTER: Final = re.compile(
    r"\\(ss|ae|AE|oe|OE|aa|AA|dh|DH|th|TH|dj|DJ|[oOlLij])(?![A-Za-z])(?:\{\}|\s(?=\S))?"
)
_NAME_MAX: Final = 200  # characters; longer is not a name, and patterns never see more
_TITLE_MAX: Final = 1_000
_NO_NAME: Final = re.compile(
    r"\d|@|https?:|\b(home|page|welcome|blog|about|lab|group|university|research|cv|resume|portfolio)\b", re.I
)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_BARE: Final = re.compile(r"[A-Za-z.'-]{1,60}(?: [A-Za-z.'-]{1,60}){0,2}")  # most names: nothing to mend
_FOLDED: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "ı": "i"}
)
_SUFFIX: Final = re.compile(r"(jr|sr|i{1,3}|iv|ph\.?d|md)\.?", re.I)
_COLLECTIVE: Final = re.compile(r"\b(collaboration|consortium|team|working group|authors)\b", re.I)


def plain(text: str | None, limit: int = 10_000) -> str | None:
    """Return text on one line without control characters, at most `limit` long; None when nothing is left."""
    if text is None:
        return None
    joined = " ".join(text[: limit * 2].split())
    if not joined.isprintable():
        joined = " ".join(_CONTROL.sub(" ", joined).encode("utf-8", "ignore").decode().split())
    if not joined.isascii():
        joined = unicodedata.normalize("NFC", joined)
    return joined[:limit].strip() or None


def untex(text: str) -> str:
    r"""Return text with TeX accents as Unicode: `G\"odel` as `Gödel`. Mathematics is left alone."""
    if "\\" not in text:
        return text

    def accent(found: re.Match[str]) -> str:
        letter = (found.group(3) or found.group(4)).lstrip("\\")
        return unicodedata.normalize("NFC", letter + _COMBINING[found.group(1) or found.group(2)])

    return _LETTER.sub(lambda found: _LETTERS[found.group(1)], _ACCENT.sub(accent, text))


def title(text: str | None) -> str | None:
    """Return a title on one line with its accents resolved; None when it is empty."""
    found = plain(text, _TITLE_MAX)
    return untex(found) if found is not None else None


def person(text: str | None) -> str | None:
    """Return a byline as first names then surname (`Okafor, Mira` is turned round); None when it is empty."""
    if text is not None and _BARE.fullmatch(text):
        return text
    found = plain(text, _NAME_MAX)
    if found is None:
        return None
    found = untex(found).replace("{", "").replace("}", "").replace("~", " ")
    parts = [part.strip() for part in found.split(",")]
    if len(parts) == 2 and all(parts) and not _SUFFIX.fullmatch(parts[1]):
        found = f"{parts[1]} {parts[0]}"
    return " ".join(found.split()) or None


def folded(name: str) -> tuple[str, ...]:
    """Return the words of a name as printed, folded in case, width and accents, without marks and digits."""
    if name.isascii():  # nothing to fold but capitals, and most names are
        return tuple(_WORDS.findall(name[:_NAME_MAX].lower()))
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name[:_NAME_MAX]).casefold())
    bare = "".join(char for char in text if not unicodedata.combining(char))
    return tuple(_WORDS.findall(unicodedata.normalize("NFC", bare).translate(_FOLDED)))


def is_collective(name: str) -> bool:
    """Whether a byline names a group (`The Lantern Collaboration`), not a person."""
    return _COLLECTIVE.search(name[:_NAME_MAX]) is not None


def looks_personal(text: str | None) -> bool:
    """Whether a heading may be somebody's name: one to five words, no digits, no words of web pages."""
    return (
        text is not None
        and 1 <= len(text.split()) <= 5
        and len(text) <= 60
        and not _NO_NAME.search(text[:60])
    )
