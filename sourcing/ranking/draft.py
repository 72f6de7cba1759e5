"""A first draft of a pack from a job description, by rules: words that some pack knows, and nothing invented.

Levels, employers and places in the text are left alone: they belong into a brief. A person edits the draft.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sourcing.errors import BadInput
from sourcing.features import terms
from sourcing.ranking import pack
from sourcing.ranking.pack import Kind

TEXT_MAX = 50_000  # characters: ten times the longest advertisement
HINT = 0.25  # what a hint says of a pack, beside a keyword
NEAR_MIN = 2  # keywords of another pack from which it is adjacent
UNKNOWN_MAX = 20
WIDTH = 110

_LEVELS = re.compile(
    r"(?i)\b(junior|senior|staff|principal|distinguished|lead|head|intern|graduate|(?:entry|mid)[ -]level|sr|jr)\b\.?"
)
_TECHNICAL = re.compile(r"\b(?:[A-Z][a-z0-9]*[A-Z][A-Za-z0-9]*|[A-Z]{2,}[0-9]*|[a-z]+[0-9]+)\b")
_REPOSITORY = re.compile(r"github\.com/([A-Za-z0-9._-]+/[A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    slug: str
    table: Mapping[str, Any]
    keywords: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def strength(self) -> float:
        return len(self.keywords) + HINT * len(self.hints)


def draft(text: str, roots: Sequence[Path], *, slug: str) -> str:
    """Return a pack as TOML with comments, made of what the text says in words that a pack knows.

    slug: what the file will be called. Raises BadInput if the text says no keyword of any pack.
    """
    if len(text) > TEXT_MAX:
        raise BadInput(f"{len(text):,} characters of text, expected at most {TEXT_MAX:,}")
    said = readable(text)
    matches = [_match(name, roots, said) for name in pack.found(Kind.PACK, roots) if name != slug]
    matches = sorted(
        (match for match in matches if match.keywords), key=lambda match: (-match.strength, match.slug)
    )
    if not matches:
        raise BadInput(
            "the text says no keyword of any specialism; `sourcer specialism show NAME` lists them"
        )
    near, others = matches[0], [match for match in matches[1:] if len(match.keywords) >= NEAR_MIN]
    keywords = tuple(dict.fromkeys(word for match in (near, *others) for word in match.keywords))
    look = near.table["look"]
    title = _title(text)
    lines = [
        f"# A draft from a text, by words that packs know; nearest: {near.slug}. Read every line before use.",
        *_asides(text, said, matches),
        f"title = {_quoted(title)}",
        f"summary = {_quoted(f'Draft after {near.slug}: say in one sentence what these people do.')}",
        "version = 1",
        f"adjacent = {_listed([near.slug, *(match.slug for match in others[:2])])}",
        "",
        "[look]",
        f"repositories = {_listed(_repositories(text, said, matches))}",
        f"arxiv = {_listed(look.get('arxiv', ()))}",
        f"venues = {_listed(look.get('venues', ()))}",
        f"keywords = {_listed(keywords)}",
        f"hints = {_listed(near.hints)}",
        f"negative = {_listed(look.get('negative', ()))}",
        "",
        "[gates]",
        *(f"{key} = {value}" for key, value in near.table.get("gates", {}).items()),
        "",
        f"# Weights of {near.slug}.",
        *_factors(near.table["factors"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _match(name: str, roots: Sequence[Path], said: str) -> _Match:
    table, _ = pack.table(Kind.PACK, name, roots)
    look = table.get("look", {})
    return _Match(
        slug=name,
        table=table,
        keywords=tuple(word for word in look.get("keywords", ()) if says(word, said)),
        hints=tuple(word for word in look.get("hints", ()) if says(word, said)),
    )


def readable(text: str) -> str:
    """Return text as `says` reads it: lower case words parted by a space, camel case also taken apart."""
    apart = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text))
    both = (" ".join(re.findall(r"[a-z0-9+]+", one.lower())) for one in (text, apart))
    return f" {' | '.join(both)} "


def says(term: str, text: str) -> bool:
    """Return whether readable text says a term of a look in one of its spellings, by the rules of `terms`."""
    spellings = filter(None, (terms.normalise(one) for one in term.split("|")))
    return any(re.search(_pattern(spelling), text) for spelling in spellings)


@cache
def _pattern(spelling: str) -> str:
    words = " ?".join(re.escape(word.rstrip("*")) for word in spelling.split(" "))
    return f" {words}" if spelling.endswith("*") else f" {words}(?:e?s)? "


def _repositories(text: str, said: str, matches: Iterable[_Match]) -> list[str]:
    """Return repositories whose address or project name the text says; a short name proves nothing."""
    linked = _REPOSITORY.findall(text)
    listed = [entry for match in matches for entry in match.table["look"].get("repositories", ())]
    named = [
        entry for entry in listed if len(part := entry.partition("/")[2]) >= 4 and f" {_flat(part)} " in said
    ]
    return list(dict.fromkeys((*linked, *named)))


def _flat(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9+]+", name.lower()))


def _asides(text: str, said: str, matches: Sequence[_Match]) -> list[str]:
    out = []
    levels = sorted({word.lower().rstrip(".") for word in _LEVELS.findall(text)})
    if levels:
        out.append(
            f"# Levels belong into a brief or a search (`level:senior`), so left out: {', '.join(levels)}."
        )
    known = readable(" ".join(word for match in matches for word in (*match.keywords, *match.hints)))
    unknown = Counter(word for word in _TECHNICAL.findall(text) if f" {word.lower()} " not in known)
    if unknown:
        words = sorted(unknown, key=lambda word: (-unknown[word], word))[:UNKNOWN_MAX]
        out.append(f"# Said and in no keyword found; add what matters: {', '.join(words)}.")
    return out


def _title(text: str) -> str:
    first = next((line.strip(" #*-:\t") for line in text.splitlines() if line.strip(" #*-:\t")), "")
    return " ".join(_LEVELS.sub("", first).split())[:80] or "Draft"


def _factors(factors: Iterable[Mapping[str, Any]]) -> list[str]:
    out = []
    for factor in factors:
        out += ["[[factors]]", *(f"{key} = {_value(value)}" for key, value in factor.items()), ""]
    return out


def _value(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    safe = "".join(char for char in text if char.isprintable()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe}"'


def _listed(items: Iterable[str]) -> str:
    quoted = [_quoted(item) for item in items]
    line = f"[{', '.join(quoted)}]"
    return line if len(line) <= WIDTH - 16 else "".join(["[\n", *(f"  {one},\n" for one in quoted), "]"])
