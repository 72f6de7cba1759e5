"""A brief in plain words as a query: each rule takes the words it understands and says what it made of them.

"senior CUDA kernel engineer in London who also publishes, not at Example Labs" becomes
`level:senior lang:cuda hub:london has:papers -org:"Example Labs"` and a specialism. What no rule understands is handed
back as it is, for a person to add or leave out: nothing is guessed, nothing is dropped unseen.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sourcing import places, vocabulary
from sourcing.places import Place
from sourcing.ranking import specialism

TEXT_MAX = 2_000
_PLACE_WORDS_MAX = 4
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_LEVELS = {
    "early": r"early[- ]career|entry[- ]level|junior|graduates?",
    "mid": r"mid[- ]level|mid[- ]career|intermediate",
    "senior": r"senior|sr\.?|experienced",
    "staff": r"staff|principal|distinguished",
    "lead": r"tech(?:nical)? leads?|team leads?|leads?|heads? of|director",
}
_ABOVE = {
    "senior": ("senior", "staff", "lead"),
    "staff": ("staff", "lead"),
    "mid": ("mid", "senior", "staff", "lead"),
}
_HAS = {
    "papers": r"publish(?:es|ed|ing)?|publications?|papers?|authors? of papers",
    "reviews": r"review(?:s|ed|ing)? (?:code|changes|pull requests|prs)|code review(?:s|er|ers)?",
    "talks": r"speak(?:s|er|ers|ing)?(?: at conferences)?|gives talks|talks at conferences",
    "models": r"(?:releases?|released|publishe[sd]) models|models on (?:the )?hugging ?face",
    "packages": r"(?:releases?|maintains?) packages|packages on pypi",
    "posts": r"blogs?|blogging|writes posts",
    "published-email": r"(?:public|published) e-?mail(?: address)?|can be (?:e-?mailed|contacted)|contactable",
    "homepage": r"(?:own |personal )?(?:home ?page|website)",
}
_NOT = (
    r"(?:\b(?:not|never|but not|nobody|no ?one|excluding|except(?: for)?|other than)\s+"
    r"(?:(?:currently |now )?(?:at|from|with|working at|employed by|of)\s+)?)"
)
_AT = r"(?:\b(?:(?:currently |now |previously |formerly )?(?:at|working at|worked at|employed by)|ex-)\s*)"
_NAME = r"(?:\"[^\"]+\"|[A-Z0-9][\w&.+-]*(?:\s+(?:of\s+)?[A-Z0-9][\w&.+-]*)*)"
_NAMES = rf"({_NAME}(?:\s*(?:,|\bor\b|\band\b|\bnor\b)\s*(?:at\s+)?{_NAME})*)"
_FROM = rf"(?i:\bfrom)\s+{_NAMES}"
_IN = r"\b(?:based in|located in|living in|in or near|in|near|around|within|from)\s+"
_FILLING = frozenset(
    re.findall(
        "[a-z]+",
        "a also an and any anybody anyone are as at based be but can candidate candidates developer developers do does "
        "engineer engineers engineering experience expert experts find for from good great has have having he in is it "
        "knows least level like looking me need of on one or our people person programmer researcher researchers role "
        "scientist scientists she should skilled some somebody someone strong team that the their them they this to us "
        "want we well who whose will with work working works would years you",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A part of a query and the words of the brief it was made of. query: in the query language."""

    said: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a brief says. specialism: the one its words fit best, None if none. left: words no rule understood."""

    chips: tuple[Chip, ...]
    specialism: str | None
    left: tuple[str, ...]

    @property
    def query(self) -> str:
        """Return the query the chips make, to be edited by a person."""
        return " ".join(chip.query for chip in self.chips)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the rules know. specialisms: terms by name. skills: (field, value) by name as written, lower case.

    place: what a text says of a place.
    """

    specialisms: Mapping[str, Sequence[str]]
    skills: Mapping[str, tuple[str, str]]
    place: Callable[[str], Place | None]


def known(roots: Sequence[Path]) -> Words:
    """Return the words of all packs and vocabularies. Raises ConfigError."""
    lists = vocabulary.load(roots)
    skills: dict[str, tuple[str, str]] = {}
    for field, titles in (
        ("target", lists.targets.titles),
        ("framework", lists.frameworks.titles),
        ("lang", lists.languages.titles),
    ):
        for slug, title in titles.items():
            skills |= {slug.replace("-", " "): (field, slug), title.casefold(): (field, slug)}
    packs = {}
    for name in specialism.names(roots):
        pack = specialism.load(name, roots)
        terms = [spelling.strip() for term in pack.look.keywords for spelling in term.split("|")]
        packs[name] = (pack.title, name.replace("-", " "), *terms)
    return Words(specialisms=packs, skills=skills, place=places.parse)


def read(text: str, words: Words, *, today: date) -> Reading:
    """Return what a brief says as chips, in the order of the rules. Text behind 2,000 characters is not read."""
    sheet = _Sheet(text[:TEXT_MAX])
    chips: list[Chip] = []
    for rule in (_without, _places, _employers):
        chips += rule(sheet, words, today)

    # an employer may be called after a topic: its name says nothing of the role, whether wanted or not
    topics = re.sub(_FROM, " ", sheet.text)
    for rule in (_levels, _has, _active, _skills):
        chips += rule(sheet, words, today)
    name, used = _specialism(topics, words)
    left = [
        word
        for word in re.findall(r"[^\W_][\w+#.-]*", sheet.text)
        if word.casefold().strip(".-") not in _FILLING and not _said(word) & used
    ]
    return Reading(chips=tuple(chips), specialism=name, left=tuple(dict.fromkeys(left)))


class _Sheet:
    """The brief while rules read it: what one understood, the next does not see."""

    def __init__(self, text: str) -> None:
        self.text = " ".join("".join(char if char.isprintable() else " " for char in text).split())

    def find(self, pattern: str, *, flags: int = re.IGNORECASE) -> list[re.Match[str]]:
        """Return matches from left to right."""
        return list(re.finditer(pattern, self.text, flags))

    def take(self, start: int, end: int) -> str:
        """Return a part that was understood, and blank it out."""
        said = self.text[start:end]
        self.text = self.text[:start] + "\n" * (end - start) + self.text[end:]
        return said.strip(" ,;")


def _without(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    """Who or what is not wanted: organisations by capital letters, places and skills by the lists."""
    for match in sheet.find(rf"(?i:{_NOT}){_NAMES}", flags=0):
        said = sheet.take(*match.span())
        for name in _split(match.group(1)):
            skill = words.skills.get(name.casefold())
            place = None if skill else _place_query(words.place(name))
            query = f"{skill[0]}:{skill[1]}" if skill else place or _field("org", name)
            yield Chip(said=said, query=f"-{query}")
    for match in sheet.find(r"\b(?:without|no)\s+([\w+#-]+)"):
        skill = words.skills.get(match.group(1).casefold())
        if skill is not None:
            yield Chip(said=sheet.take(*match.span()), query=f"-{skill[0]}:{skill[1]}")


def _places(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    """Places behind "in" and its like, in front of "based", or alone between commas: any of them will do."""
    all_said, chosen = list[str](), list[str]()
    for match in sheet.find(_IN):
        at, found = match.end(), list[str]()
        end = at
        while (span := _place_at(sheet.text, at, words)) is not None:
            end = span[0]
            found.append(span[1])
            further = re.compile(r"\s*(?:,\s*or\b|\bor\b|,|/)\s*", re.IGNORECASE).match(sheet.text, end)
            if further is None:
                break
            at = further.end()
        if found:
            all_said.append(sheet.take(match.start(), end))
            chosen += found
    for match in sheet.find(r"((?:[^\W\d_]+[ ]?){1,3})[- ]based\b"):
        named = match.group(1).split()
        for start in range(len(named)):
            query = _place_query(words.place(" ".join(named[start:])))
            if query is not None:
                begin = match.start() + match.group(1).index(named[start])
                all_said.append(sheet.take(begin, match.end()))
                chosen.append(query)
                break

    # a name alone between commas: only where nothing else can be meant
    for match in sheet.find(rf"(?<!\w)({_NAME})(?=\s*(?:[,;.]|$|\bor\b))", flags=0):
        place = None if match.group(1).casefold() in words.skills else words.place(match.group(1))
        query = _place_query(place) if place and not place.ambiguous else None
        if query is not None and _stands_alone(sheet.text, match):
            all_said.append(sheet.take(*match.span()))
            chosen.append(query)
    if chosen:
        yield Chip(said=", ".join(all_said), query=_any(chosen))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip(" \n")
    return not before or before[-1] in ",;" or before.endswith(" or")


def _place_at(text: str, at: int, words: Words) -> tuple[int, str] | None:
    ends = [one.end() for one in re.finditer(r"[^\s,;/]+,?", text[at : at + 80])][:_PLACE_WORDS_MAX]
    for end in reversed(ends):
        said = text[at : at + end].rstrip(",.;")
        if re.search(r"\b(?:or|and|who|with)\b", said, re.IGNORECASE) or not said.strip():
            continue
        query = _place_query(words.place(said))
        if query is not None:
            return at + len(said), query
    return None


def _place_query(place: Place | None) -> str | None:
    """Return the narrowest sure part of a place; a metropolitan hub stands for its city."""
    if not place:
        return None
    for field, value in (
        ("hub", place.hub),
        ("city", place.city),
        ("region", place.region),
        ("country", place.country),
    ):
        if value is not None:
            return _field(field, value.casefold())
    names = sorted({label.split(",")[0] for label in place.ambiguous})
    return _field("loc", names[0]) if len(names) == 1 else None


def _employers(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    for match in sheet.find(rf"(?i:{_AT}){_NAMES}", flags=0):
        if names := [_field("org", name) for name in _split(match.group(1))]:
            yield Chip(said=sheet.take(*match.span()), query=_any(names))


def _levels(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    said, found = list[str](), dict[str, None]()
    for level, pattern in _LEVELS.items():
        for match in sheet.find(
            rf"\b(?:(at least )\s*)?(?:{pattern})(?!\w)(\s*(?:\+|or above|or higher|and above))?"
        ):
            above = match.group(1) or match.group(2)
            said.append(sheet.take(*match.span()))
            found |= dict.fromkeys(_ABOVE.get(level, (level,)) if above else (level,))
    if found:
        yield Chip(said=", ".join(said), query=_any([f"level:{level}" for level in found]))


def _has(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    for value in sorted(_HAS, key=lambda name: name == "papers"):  # "publishes models" is no paper
        said = [sheet.take(*match.span()) for match in sheet.find(rf"\b(?:{_HAS[value]})\b")]
        if said:
            yield Chip(said=", ".join(said), query=f"has:{value}")


def _active(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    unit = "|".join(_DAYS)
    pattern = (
        rf"\bactive(?: (?:in|within|over))?(?: the)?(?: (?:last|past))?(?: (\d{{1,3}}))? ?({unit})s?\b"
        r"|\b(?:recently|currently|still) active\b"
    )
    for match in sheet.find(pattern):
        days = int(match.group(1) or 1) * _DAYS[match.group(2).lower()] if match.group(2) else 90
        since = today - timedelta(days=days)
        yield Chip(said=sheet.take(*match.span()), query=f"active:{since.isoformat()}..")


def _skills(sheet: _Sheet, words: Words, today: date) -> Iterator[Chip]:
    """Languages, frameworks and targets by name. One letter is a language only where it is written large."""
    for name in sorted(words.skills, key=lambda name: (-len(name), name)):
        is_short = len(name) < 3 or name in _FILLING
        written = f"(?:{name.upper()}|{name.capitalize()})" if is_short else re.escape(name)
        found = sheet.find(rf"(?<![\w+#.-]){written}(?![\w+#-])", flags=0 if is_short else re.IGNORECASE)
        said = [sheet.take(*match.span()) for match in found]
        if said:
            field, value = words.skills[name]
            yield Chip(said=said[0], query=f"skill:{value}" if field != "target" else f"target:{value}")


def _specialism(text: str, words: Words) -> tuple[str | None, frozenset[str]]:
    """Return the specialism whose terms the brief names best, and the words of the brief that it covers."""
    said = _said(text)
    best: tuple[float, str] | None = None
    for name, terms in sorted(words.specialisms.items()):
        whole = [_said(term) for term in terms]
        named = sum(len(term) for term in {frozenset(term) for term in whole} if term and term <= said)
        vocabulary_of = frozenset[str]().union(*whole)
        if not (said & vocabulary_of) - _EVERYWHERE:
            continue
        weight = 3 * named + len(said & vocabulary_of)
        title = len(_said(terms[0]) & said) + len(_said(terms[1]) & said) if len(terms) > 1 else 0
        weight += 2 * title
        if weight and (best is None or weight > best[0]):
            best = (weight, name)
    if best is None or best[0] < _SURE:
        return None, frozenset()
    return best[1], said & frozenset[str]().union(*(_said(term) for term in words.specialisms[best[1]]))


_EVERYWHERE = frozenset({"ai", "ml", "data"})
"""Words of every role here: alone they choose none, or an "AI engineer" would be one for AI products."""

_SURE = 3
"""Weight from which on a specialism is named: a term as a whole, or several of its words."""


def _said(text: str) -> frozenset[str]:
    """Return the words of a text that say something, without their plural."""
    found = re.findall(r"[a-z0-9+#]+", text.casefold())
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in found
        if word not in _FILLING
    )


def _split(names: str) -> list[str]:
    parts = (part.strip(' "') for part in re.split(r",|\bor\b|\band\b|\bnor\b", names))
    parts = (part.removeprefix("at ").strip(' "') for part in parts)
    return [part for part in parts if any(char.isalnum() for char in part)]


def _field(name: str, value: str) -> str:
    plain = value.replace('"', " ").strip()
    return f"{name}:{plain}" if re.fullmatch(r"[\w.-]+", plain) else f'{name}:"{plain}"'


def _any(parts: Iterable[str]) -> str:
    chosen = list(dict.fromkeys(parts))
    return chosen[0] if len(chosen) == 1 else f"({' OR '.join(chosen)})"
