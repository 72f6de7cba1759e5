"""How a refusal is put together, whatever the language: classes of words, and the orders in which they refuse.

A language is a table (`wordings_english`, `_europe`, `_spanish`, `_asia`): which words name a recruiter, an offer,
a refusal, an act. A text is read once per language into a string of class letters, one per word or phrase, and the
rules are short patterns over that string. Everybody says it in words of their own, but out of the same few parts.

Texts are compared as `spiders.clients.wishes` folds them: lower case, one apostrophe and dash, no accents. Every
repetition is bounded, so that no text takes longer than its length warrants (TRUST T12), and only the neighbourhood of
a word of the subject is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

CLASSES: Final[Mapping[str, str]] = {
    "H": "welcome: makes a refusal none",
    "G": "the trade or another subject, not the writer: nothing near it counts",
    "U": "what follows when 'no recruiter' is a fact and no wish",
    "V": "the writer hires: agencies are kept from a vacancy, not from a person",
    "T": "all but",
    "P": "take off, remove",
    "X": "object, do not consent",
    "K": "not interested in, not open to",
    "E": "not looking for a job: a fact, a wish only with what follows",
    "W": "stop asking, do not bother: makes a wish of E",
    "R": "what becomes of them: unwelcome, blocked, go away",
    "I": "what I do to them, before its object: ignore, am tired of",
    "Q": "if you are, whoever",
    "O": "an offer, or a message with one",
    "A": "recruiters and agencies",
    "S": "where candidates are kept",
    "D": "my data, my address",
    "B": "other things one may not write about",
    "J": "work: about recruiting only with a refusal of contact",
    "Z": "no, none",
    "N": "do not, stop",
    "F": "want, read, answer",
    "C": "contact",
    "L": "list, store, rank",
    "M": "me",
    "Y": "you, your",
}
"""The classes in the order in which they are tried on a word. Also: w any word, q a quotation, `,` `:` `?` `.`."""

ENGLISH_COMMON: Final = (
    r"the|and|with|for|this|that|are|is|was|were|you|your|my|of|to|in|who|we|there|have|has|from|at|please|not|do|don't"
    r"|on|if|or|what|why|an?|i|about|any|ever|me|it|i'm|needed|needs?|used"
)
_NEAR: Final = 160  # characters before and behind a word of the subject that are read
_READ_MAX: Final = 4_500  # characters of such neighbourhoods in one text: the first two thirds and the last
_STRETCH_MAX: Final = 1_500
_TRIES_MAX: Final = 20  # of one rule in one stretch; nobody says it more often and means other things
_ENGLISH_MIN: Final = 3
_VACANCY: Final = 60  # words before a refusal in which a vacancy explains it


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of a language by class, alternatives parted by `|`: `*` stands for any ending, a blank for `-` too.

    common: its most frequent words, by which a sentence is told from an English one. subject: what a text must hold to
    be read at all. spaced: whether words are parted by blanks. rules: kind of wish (as in `WishKind`) and pattern over
    the class letters.
    """

    code: str
    common: str
    subject: str
    words: Mapping[str, str]
    rules: tuple[tuple[str, str], ...]
    spaced: bool = True

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A refusal found: its kind, where, and in which language."""

    kind: str
    at: int
    language: str


def refusals(language: Language, own: str) -> Iterator[Found]:
    """Yield the first refusal of each stretch of a text that speaks of the subject, in the order of the text."""
    parts = _stretches(_subject(language), own)
    if not parts:
        return
    word, rules = _compiled(language)
    for begin, end in parts:
        if _is_foreign(language, own[begin:end]):
            continue
        letters, starts = _letters(word, own, begin, end)
        found = []
        for kind, rule in rules:
            for span in islice(_spans(rule, letters), _TRIES_MAX):
                if _is_in(language, own, _sentence(letters, starts, span, end)):
                    found.append(Found(kind=kind, at=starts[span[0]], language=language.code))
                    break
        if not found:
            found = [
                Found(kind=kind, at=starts[span[0]], language=language.code)
                for kind, span in _loosely(letters)
                if _is_in(language, own, _sentence(letters, starts, span, end))
            ]
        if found:
            yield min(found, key=lambda one: one.at)


@cache
def _subject(language: Language) -> re.Pattern[str]:
    return re.compile(language.subject)


@cache
def _compiled(language: Language) -> tuple[re.Pattern[str], list[tuple[str, re.Pattern[str]]]]:
    before, after = (r"\b", r"(?:(?<=')|(?!\w))") if language.spaced else ("", "")
    classes = "|".join(
        f"(?P<{name}>{_alternatives(language.words[name])})" for name in CLASSES if name in language.words
    )
    rest = [
        r"(?P<q>\bx\b)",
        r"(?P<abbreviated>\b(?:art|abs|nr|ca|bzw|inc|e\.g|i\.e|z\.b)\.)",
        r"(?P<w>\w+(?:\.\w+)*'?)" if language.spaced else r"(?P<w>[a-z0-9_]+|[^\W_])",
        r"(?P<end>[.!;\n\u3002\uff01\uff1b]+)",
        r"(?P<ask>[?\uff1f]+)",
        r"(?P<colon>[:=>\uff1a\u2192\u21d2]+)",
        r"(?P<comma>[,/()&+\u3001\uff0c-]+)",
    ]
    word = re.compile("|".join((f"{before}(?:{classes}){after}", *rest)))
    return word, [(kind, re.compile(rule)) for kind, rule in language.rules]


def _alternatives(words: str) -> str:
    return words.replace(r"\w*", "*").replace("*", r"\w{0,20}").replace(" ", "[ -]")


def _stretches(subject: re.Pattern[str], own: str) -> list[tuple[int, int]]:
    """Return the parts of a text near words of the subject, in order; of very many those nearest to its ends."""
    parts: list[tuple[int, int]] = []
    first, last, most = 0, -1, len(own)
    for match in subject.finditer(own):
        begin, end = match.span()
        begin, end = begin - _NEAR if begin > _NEAR else 0, end + _NEAR if end + _NEAR < most else most
        if last < begin or end - first > _STRETCH_MAX:
            if last >= 0:
                parts.append((first, last))
            first = begin
        last = end
    if last >= 0:
        parts.append((first, last))
    read, kept = 0, []
    for begin, end in sorted(parts, key=lambda part: min(part[0], len(own) - part[1])):
        if (read := read + end - begin) > _READ_MAX:
            break
        kept.append((_between(own, begin), _between(own, end)))
    return sorted(kept)


def _between(own: str, at: int) -> int:
    """Return the nearest place before `at` between two words, `at` itself if there is none within 30 characters."""
    if at in (0, len(own)):
        return at
    blank = max(own.rfind(" ", at - 30, at), own.rfind("\n", at - 30, at))
    return at if blank < 0 else blank + 1


_SIGNS: Final = {"end": ".", "ask": "?", "colon": ":", "comma": ",", "abbreviated": "w"}


def _letters(word: re.Pattern[str], own: str, begin: int, end: int) -> tuple[str, list[int]]:
    read, starts = [], []
    for match in word.finditer(own, begin, end):
        name = match.lastgroup or "w"
        read.append(_SIGNS.get(name, name))
        starts.append(match.start())
    return "".join(read), starts


def _sentence(letters: str, starts: list[int], span: tuple[int, int], end: int) -> tuple[int, int]:
    """Return where in the text the sentence of a match begins and ends."""
    first = letters.rfind(".", 0, span[0]) + 1
    last = letters.find(".", span[1])
    return starts[first], end if last < 0 else starts[last]


def _is_in(language: Language, own: str, span: tuple[int, int]) -> bool:
    """Return whether a sentence is in a language rather than in English, with which it shares 'recruiter' and 'no'."""
    if language.code == "en" or not language.spaced:
        return True
    said = own[span[0] : span[1]]
    return len(_common(ENGLISH_COMMON).findall(said)) <= len(_common(language.common).findall(said))


def _is_foreign(language: Language, said: str) -> bool:
    """Return whether a stretch holds English and not one of the most frequent words of the language."""
    if language.code == "en" or not language.spaced or _common(language.common).search(said) is not None:
        return False
    return len(_common(ENGLISH_COMMON).findall(said)) >= _ENGLISH_MIN


@cache
def _common(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b")


def _spans(rule: re.Pattern[str], letters: str) -> Iterator[tuple[int, int]]:
    """Yield where a rule finds a refusal that nothing around it makes another thing."""
    for match in rule.finditer(letters):
        begin, end = match.span()
        said, before = match.group(), letters[letters.rfind(".", 0, begin) + 1 : begin]
        follows = letters[end : end + 2].strip(",w")
        if (
            "H" in said
            or "G" in said
            or "G" in before[-8:]
            or before.endswith("H")
            or follows.startswith(("G", "H", "U"))
        ):
            continue
        if "V" in letters[max(0, begin - _VACANCY) : end + _VACANCY // 3] and not {"M", "D"} & set(said):
            continue
        yield begin, end


# A sentence with A or O in it refuses if one of the first stands anywhere in it, one with J or S by the second; the
# third asks to be taken out of a list. The fourth and fifth are short answers to the sentence before.
_FIRM: Final = re.compile(
    r"[RWI]|X[^.]{0,30}[DMLC]|N[^.:?]{0,5}[CL](?![wFMY]{0,4}B)|P[wYF]{0,2}M|NM[OA]|N[wFYUM]{0,6}F[wFY]{0,2}A"
    r"|N[wM]{0,3}F{2,4}[OA]|Z[^.]{0,8}L[^.]{0,8}[OS]|[AO][^.:?Q]{0,5}K|N[wF]?O$"
)
_SPOKEN: Final = re.compile(
    r"W|[RX][^.]{0,12}[MY]|[MY][^.]{0,12}R|N[^.:?B]{0,4}C[^.B]{0,3}M|N[wF]{0,2}M[wF]{0,2}C"
)
_TAKEN_OUT: Final = re.compile(r"[PX].{0,40}[SD]|[SD].{0,40}[PX]|(?:Z|N).{0,12}L.{0,12}S")
_CURT: Final = re.compile(
    r"[w,MYF]{0,5}(?:[NZPX][wFM,]{0,3}|[NZ][^:BHG]{0,6}[CLWR][^:BHG]{0,8}|[^:BHGV]{0,8}[WR][^:HGV]{0,10}"
    r"|Q[wMYFC,]{0,8}[:,]w?[NZ]w?)"
)
_CURTER: Final = re.compile(r"[w,FY]{0,3}(?:[NZ][wF,]{0,3}[CW]?M?w?,?w?|W)")


def _loosely(letters: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield sentences that hold the subject and a firm refusal in any order, or end in a curt one that refers to it."""
    at, sentences = 0, []
    for said in letters.split("."):
        if said:
            sentences.append((at, said))
        at += len(said) + 1
    vacancy = "V" in letters and not {"M", "D"} & set(letters)
    for number, (begin, said) in enumerate(sentences):
        has = set(said)
        if has & set("HGV") or vacancy or not has & set("AOSJ"):
            continue
        span = (begin, begin + len(said))
        if has & set("SAO") and has & set("DMY") and _TAKEN_OUT.search(said):
            yield "not_listed", span
        elif (has & set("AO") and _FIRM.search(said)) or (has & set("JS") and _SPOKEN.search(said)):
            yield "no_recruiters", span
        elif number + 1 < len(sentences) and (has & set("AO") or (has & set("JS") and has & set("YC"))):
            answer = sentences[number + 1][1]
            is_curt = _CURT.fullmatch(answer) if has & set("AO") else _CURTER.fullmatch(answer)
            if is_curt and not set(answer) & set("HGV"):
                yield "no_recruiters", span
