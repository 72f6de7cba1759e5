"""Pages that name many people: committees, speakers, members of a group; who stands under which heading.

Such a page is testimony about others. Names, affiliations and links to homepages are read; links to accounts are
not, since nobody on it speaks for themselves.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

from spiders.clients import links, markup, names

_ENTRIES_MAX: Final = 20_000  # a programme committee of the largest venue has half as many
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "caption", "legend"})
_SKIPPED: Final = frozenset({"nav", "footer", "header", "script", "style", "form", "aside", "noscript"})
_BLOCKS: Final = frozenset({"div", "article", "section", "figure", "dd", "p"})
_CARD: Final = re.compile(
    r"\b(person|people-?item|member|speaker|organi[sz]er|profile|card|bio|staff)\b", re.I
)
_NAME: Final = re.compile(r"\bname\b", re.I)
_PLACE: Final = re.compile(
    r"\b(affiliation|institution|institute|university|organi[sz]ation|company)s?\b", re.I
)
_SPLIT: Final = re.compile(r"\s*(?:[,(;|:·•]|\s[\u2013\u2014-]\s)")
_WORD: Final = re.compile(r"[^\W\d_][\w'’.\u00b7-]*", re.U)
_LABELS: Final = re.compile(
    r"(personal |home)?(web)?(page|site)|github|(google )?scholar|linkedin|twitter|x|orcid|bio|cv|e-?mail|link|web",
    re.I,
)
_PARTICLES: Final = {
    "al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "ibn", "la", "le",
    "ten", "ter", "van", "von", "y", "zu",
}  # fmt: skip
_NO_PERSON: Final = re.compile(
    r"\b(committee|workshop|conference|session|chairs?|papers?|award|proceedings|schedule|program(?:me)?|sponsors?"
    r"|registration|contact|home|call|dates?|news|team|people|members?|students?|alumni|publications?|university"
    r"|institute|laborator(?:y|ies)|department|download|privacy|tba|more|view|read|organi[sz]ers?|speakers?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person on a page. sections: the headings above, innermost last. homepage: linked from the name."""

    name: str
    sections: tuple[str, ...]
    affiliation: str | None = None
    homepage: str | None = None

    @property
    def slug(self) -> str:
        """Name and affiliation as part of an id, however the page is sorted; namesakes elsewhere stay apart."""
        parts = (self.name, *([self.affiliation] if self.affiliation is not None else ()))
        return ":".join(re.sub(r"[\W_]+", "-", part.casefold()[:100]).strip("-") for part in parts)


def entries(root: Any, base: str, *, is_home: bool) -> list[Entry]:
    """Return everybody a page lists, in its order. base: its address, for relative links.

    is_home: whether a page on the same host may be a person's own. A homepage that two entries give is a group's:
    then neither has it.
    """
    found = [entry for _, entry in zip(range(_ENTRIES_MAX), _walk(root, base, is_home), strict=False)]
    given = Counter(page for page, _ in {(entry.homepage, entry.slug) for entry in found} if page is not None)
    return [
        entry
        if entry.homepage is None or given[entry.homepage] == 1
        else Entry(name=entry.name, sections=entry.sections, affiliation=entry.affiliation)
        for entry in found
    ]


def _walk(root: Any, base: str, is_home: bool) -> Iterator[Entry]:
    above: list[tuple[int, str]] = []  # (level, heading)
    skipped: set[Any] = set()
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        parent = element.getparent()
        if element.tag in _SKIPPED or parent in skipped:
            skipped.add(element)
            continue
        if _is_entry(element):
            entry = _entry(element, tuple(text for _, text in above), base, is_home)
            if entry is not None:
                skipped.add(element)
                yield entry
                continue
        if element.tag in _HEADINGS and (text := markup.text_of(element)) and len(text) <= 200:
            level = int(element.tag[1]) if element.tag[1:].isdecimal() else 7
            above = [(other, said) for other, said in above if other < level]
            above.append((level, text))


def _is_entry(element: Any) -> bool:
    if element.tag in {"li", "tr"}:
        return not any(inner is not element for inner in element.iter("li", "tr"))
    if element.tag not in _BLOCKS or not _CARD.search((element.get("class") or "").replace("_", "-")):
        return False
    cards = [inner for inner in element.iter(*_BLOCKS) if inner is not element and _is_card(inner)]
    return element.find(".//li") is None and not any(_printed(card)[0] is not None for card in cards)


def _is_card(block: Any) -> bool:
    said = (block.get("class") or "").replace("_", "-")
    return _CARD.search(said) is not None and _NAME.search(said) is None


def _entry(element: Any, sections: tuple[str, ...], base: str, is_home: bool) -> Entry | None:
    name, rest = _printed(element)
    if name is None:
        return None
    return Entry(
        name=name,
        sections=sections,
        affiliation=_affiliation(element, rest),
        homepage=_homepage(element, base, is_home),
    )


def _printed(element: Any) -> tuple[str | None, str]:
    """Return the name an entry begins with and the text after it."""
    whole = markup.text_of(element, between=" ") or ""
    if element.tag == "tr":
        cells = [markup.text_of(cell, between=" ") or "" for cell in element.iter("td")]
        if not cells:
            return None, ""
        turned = (
            names.person(cells[0]) if cells[0].count(",") == 1 else None
        )  # `Okafor, Mira` in a cell of its own
        return _person(turned or cells[0]), " , ".join(cells[1:])
    candidates = [each for each in element.iter() if isinstance(each.tag, str) and each is not element]
    marked = [each for each in candidates if _NAME.search((each.get("class") or "").replace("_", "-"))]
    marked += [each for each in candidates if each.tag in {"h2", "h3", "h4", "h5", "h6", "strong", "b"}]
    for each in [*marked[:3], *[link for link in candidates if link.tag == "a"][:1]]:
        text = markup.text_of(each) or ""
        if (name := _person(text)) is not None:
            return name, whole.partition(text)[2]
    first = _SPLIT.split(whole[:300], maxsplit=1)[0]
    return _person(first), whole[len(first) :]


def _person(text: str) -> str | None:
    """Return a text if it reads as somebody's name: two to five words, each beginning like one."""
    bare = _SPLIT.split(
        re.sub(r"^(?:(?:prof|dr|ing|mr|ms|mrs)\.?\s+)+", "", text.strip()[:200], flags=re.I), 1
    )[0]
    name = names.person(bare)
    if name is None or not names.looks_personal(name) or _NO_PERSON.search(name[:200]):
        return None
    words = name.split()
    if len(words) < 2 or len(name) > 60:
        return None
    return name if all(_WORD.fullmatch(word) and _begins_a_name(word) for word in words) else None


def _begins_a_name(word: str) -> bool:
    return word.lower() in _PARTICLES or word[:2].lower() in {"d'", "d’", "l'", "l’"} or not word[0].islower()


def _affiliation(element: Any, rest: str) -> str | None:
    for each in element.iter():
        if isinstance(each.tag, str) and each is not element and _PLACE.search(each.get("class") or ""):
            return names.plain(markup.text_of(each), 200)
    said = re.sub(r"^[\s,(;|:·•\u2013\u2014-]+", "", rest)
    first = re.split(r"\s*[)(;|·•]\s*|\s,\s|\s[\u2013\u2014-]\s", said[:500])[0].strip(" ,")
    if not 2 <= len(first) <= 120 or _LABELS.fullmatch(first) or "@" in first or "[" in first:
        return None  # a link, or what stood in an address's place
    return names.plain(first, 200)


def _homepage(element: Any, base: str, is_home: bool) -> str | None:
    """Return the first link that may be a person's own page; accounts and networks are none."""
    for link in element.iter("a"):
        href = (link.get("href") or "").strip()
        if not href or href.startswith("#") or re.match(r"(?i)(?:mailto|tel|javascript|data):", href):
            continue
        try:
            found = links.canonical(urljoin(base, href))
        except ValueError:
            continue
        if found is None or links.is_left_out(found) or links.page_id(found) == links.page_id(base):
            continue
        if links.account(found) is not None or _is_network(found):
            continue
        if not is_home and links.host_of(found) == links.host_of(base):
            continue
        return found
    return None


_NETWORKS: Final = (
    "github.com", "twitter.com", "x.com", "facebook.com", "instagram.com", "youtube.com", "arxiv.org", "doi.org",
    "scholar.google.com", "researchgate.net", "openreview.net", "orcid.org", "dblp.org", "bsky.app", "medium.com",
)  # fmt: skip


def _is_network(address: str) -> bool:
    host = links.host_of(address).removeprefix("www.")
    return any(host == one or host.endswith(f".{one}") for one in _NETWORKS)
