"""Wishes about recruiting in what people write of themselves: bios, profile READMEs, homepages.

Source: invented phrases in tests/spiders/wish_phrases.toml; the languages are those most bios and READMEs of the
places we read are written in: English, Chinese, Japanese, German, French and Spanish. What is a refusal is put
together from the tables of words of each (`spiders.clients.wordings`).

A wish overlooked breaks somebody's word, a wish imagined costs us one person: where a sentence can be read both ways
it counts as a wish. Not wished: plain facts ("not looking for a job"), other channels ("no mail about bugs"), words of
others (quotations, code). The convention beats all prose: a line `recruiting: no`, `recruiting: yes` or
`sourcer: opt-out`, or `<meta name="recruiting" content="no">`.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from spiders.clients.wordings import refusals
from spiders.clients.wordings_asia import CHINESE, JAPANESE
from spiders.clients.wordings_english import ENGLISH, OPEN
from spiders.clients.wordings_europe import FRENCH, GERMAN
from spiders.clients.wordings_spanish import SPANISH
from spiders.records import Claim, Provenance

CHARS_MAX: Final = 15_000  # of a text: its beginning and its last part, where such lines stand
_TAIL: Final = 5_000
_QUOTE_MAX: Final = 200


class WishKind(StrEnum):
    """What somebody asks for. The first three keep a person out alike; OPTED_IN says the opposite."""

    NO_RECRUITERS = "no_recruiters"
    NO_CONTACT = "no_contact"
    NOT_LISTED = "not_listed"
    OPTED_IN = "opted_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A wish found in a text. at: where, in characters of the text as compared; the text itself is not kept.

    is_line: said by the convention, not in prose. language: `*` for the convention.
    """

    kind: WishKind
    at: int
    language: str
    is_line: bool = False

    @property
    def word(self) -> str:
        """Return the wish as one machine word, all that is kept of a text that is not ours to keep."""
        return f"{self.kind}{'!' if self.is_line else ''}"


def wish(text: str | None) -> Wish | None:
    """Return the wish a text speaks, None for none; a line of the convention first, then a refusal, then an opening.

    Linear in the text, which is read up to 15,000 characters: 10,000 of its beginning and 5,000 of its end.
    """
    if not text:
        return None
    said = _folded(text)
    if (line := _line(said)) is not None:
        return line
    own = _own_words(said)
    if (refusal := _refusal(own)) is not None:
        return refusal
    opening = OPEN.search(own)
    if opening is not None:
        return Wish(kind=WishKind.OPTED_IN, at=opening.start(), language="en")
    return None


def meta(content: str | None) -> Wish | None:
    """Return the wish of the content of `<meta name="recruiting">`, None if it is no word of the convention."""
    return _line(f"recruiting: {_folded(content or '')[:40]}".rstrip())


def word(text: str) -> str | None:
    """Return the machine word of the wish in a text, None for none: what redaction leaves of a README."""
    found = wish(text)
    return None if found is None else found.word


def of_word(said: str | None) -> Wish | None:
    """Return the wish a machine word stands for, None for anything else."""
    kind = (said or "").removesuffix("!")
    if kind not in set(WishKind):
        return None
    return Wish(kind=WishKind(kind), at=0, language="*", is_line=kind != said)


def strongest(found: Iterable[Wish | None]) -> Wish | None:
    """Return the one of several wishes of one person that counts: by convention before prose, no before yes."""
    said = [one for one in found if one is not None]
    return min(said, key=lambda one: (not one.is_line, one.kind is WishKind.OPTED_IN), default=None)


def claim(identity: str, found: Wish | None, via: Provenance, *, place: str | None = None) -> Claim:
    """Return what a reading of somebody's own words says of their wish, to be yielded whenever they were read whole.

    place: the id of the page it stands on where an identity speaks on several; each page is believed until it is read
    again. Kinds: `opt_out` and `opt_out_line` (prose, convention), `opted_in` (convention only: prose that welcomes
    recruiters opens nothing that is not open), `no_wish` (nothing said, which ends an earlier wish of that place).
    """
    kind = "no_wish"
    if found is not None and found.kind is not WishKind.OPTED_IN:
        kind = "opt_out_line" if found.is_line else "opt_out"
    elif found is not None and found.is_line:
        kind = "opted_in"
    return Claim(left=identity, right=place or identity, kind=kind, via=via)


_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u2032\u02b9", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u30fb\u00b7\u2022|", "-"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f", '"'),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u00ad", None),
        **dict.fromkeys(
            "\U0001f6ab\u26d4\u274c\U0001f645\U0001f6d1\U0001f515\U0001f6b7\U0001f4f5\U0001f645\u2716\u2718",
            " nono ",
        ),
        **dict.fromkeys("*_~", None),  # emphasis in Markdown
    }
)
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")  # of Latin letters; the voicing marks of kana are others
_EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]+")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_TAG: Final = re.compile(r"<(?!!--)/?[a-z][^<>\n]{0,300}>")
_LINE: Final = re.compile(
    r"^[ \t\r\xa0\u3000>#+\-<!`(\[]{0,20}(?:recruiting|recruiters?|recruitment|sourcer|sourcing) ?[:=] ?\"?"
    r"(?:(?P<no>no|none|never|off|false|opt[- ]?out)|(?P<yes>yes|ok|on|true|welcome|opt[- ]?in))\"?"
    r"[\s.!`>)\]\-]{0,20}$",
    re.M,
)
_COMMENT: Final = re.compile(r"^ {0,8}(?://|>)[^\n]*$", re.M)
_INLINE_CODE: Final = re.compile(rf"`[^`\n]{{0,{_QUOTE_MAX}}}`")
_QUOTED: Final = re.compile(rf'"[^"\n]{{1,{_QUOTE_MAX}}}"')
_OFFERED: Final = re.compile(
    r"opportun|oportunid|\bfit\b|challenge|requirement|rockstar|ninja|herausforderung|sourc|talent"
    r"|hire me|hiring|likely to|面談|転職|机会|機會|career|\bretos?\b"
)
_REPORTS: Final = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]++[^\w\n]++){3}|[\u3040-\u9fff]{4}")


def _folded(text: str) -> str:
    """Return a text as compared: one case, one apostrophe, one dash, no accents, emphasis or emoji."""
    cut = text if len(text) <= CHARS_MAX else f"{text[: CHARS_MAX - _TAIL]}\n{text[-_TAIL:]}"
    if "&" in cut:  # descriptions and posts come as HTML: `don&#39;t`
        cut = html.unescape(cut)
    if cut.isascii():
        plain = cut.lower().translate(_SAME)
    else:
        plain = unicodedata.normalize("NFKC", cut.translate(_SAME))[:CHARS_MAX].casefold().translate(_SAME)
        plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", plain)))
        plain = _EMOJI.sub(" ", plain)
    return _BLANKS.sub(" ", _TAG.sub(" ", plain))


def _line(said: str) -> Wish | None:
    """Return the first line of the convention outside code blocks; several must agree, else the refusal counts."""
    lines = list(_LINE.finditer(_unfenced(said)))
    if not lines:
        return None
    no = next((one for one in lines if one["no"]), None)
    kind = WishKind.OPTED_IN if no is None else WishKind.NO_RECRUITERS
    return Wish(kind=kind, at=(no or lines[0]).start(), language="*", is_line=True)


def _unfenced(said: str) -> str:
    return "\n".join(said.split("```")[::2]) if "```" in said else said


def _own_words(said: str) -> str:
    """Return a text without code, quoted paragraphs and quotations inside a sentence that reports them."""
    own = _COMMENT.sub("", _unfenced(said))
    if "`" in own:
        own = _INLINE_CODE.sub(" x ", own)
    return "\n".join(_unquoted(line) for line in own.split("\n")) if '"' in own else own


def _unquoted(line: str) -> str:
    """Return a line without its quotations if what is left is a sentence of its own."""
    left = _QUOTED.sub(_stand_in, line) if '"' in line else line
    return left if left != line and _REPORTS.search(left) else line


def _stand_in(quoted: re.Match[str]) -> str:
    """Return what stands for a quotation: `xo` where somebody quotes what they are offered, else `x`."""
    return " xo " if _OFFERED.search(quoted.group()) else " x "


def _refusal(own: str) -> Wish | None:
    """Return the first refusal in somebody's own words."""
    languages = (ENGLISH, GERMAN, FRENCH, SPANISH, *(() if own.isascii() else (CHINESE, JAPANESE)))
    found = [one for language in languages for one in refusals(language, own)]
    first = min(found, key=lambda one: one.at, default=None)
    return None if first is None else Wish(kind=WishKind(first.kind), at=first.at, language=first.language)
