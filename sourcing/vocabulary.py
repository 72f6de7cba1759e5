"""What languages, frameworks and deployment targets are called: versioned lists below `config/vocabulary`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import ConfigError

_SIZE = 200_000  # of paths: a few MB, and the directories people work in come again and again


class Layer(StrEnum):
    """How near to the machine a file is: compiled or device code, what others import, screens and notebooks."""

    CORE = "core"
    LIBRARY = "library"
    APPLICATION = "application"


Row = TypeVar("Row", bound=BaseModel)


class _Language(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    layer: Layer
    endings: list[str]
    within: list[str] = Field(default_factory=list)
    of: list[str] = Field(default_factory=list)


class _Term(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    words: list[str]
    repositories: list[str] = Field(default_factory=list)


@dataclass(frozen=True, eq=False, kw_only=True)
class Languages:
    """Languages by the files they are written in. titles, layers: by slug.

    endings: slug by ending. within: slug by a word of the path and the ending.
    """

    version: int
    titles: Mapping[str, str]
    layers: Mapping[str, Layer]
    endings: Mapping[str, str]
    within: Mapping[tuple[str, str], str]

    def of(self, path: str) -> str | None:
        """Return the language of a file; None for text, settings, data and what has no ending."""
        name, dot, ending = path.rpartition("/")[2].lower().rpartition(".")
        if not dot or not name:
            return None
        for word in words(path):
            if (slug := self.within.get((word, ending))) is not None:
                return slug
        return self.endings.get(ending)


@dataclass(frozen=True, eq=False, kw_only=True)
class Terms:
    """Frameworks or targets by the words and repositories they are known by. titles: by slug.

    phrases: with their slugs, by first word. repositories: patterns in lower case with their slugs.
    """

    version: int
    titles: Mapping[str, str]
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
    repositories: Sequence[tuple[str, str]]

    def of(self, text: str) -> frozenset[str]:
        """Return what a title, a tag or a path names."""
        said = words(text)
        return frozenset(
            slug
            for at, word in enumerate(said)
            if word in self.phrases
            for phrase, slug in self.phrases[word]
            if tuple(said[at : at + len(phrase)]) == phrase
        )

    def of_repository(self, repository: str) -> frozenset[str]:
        """Return what a repository stands for. repository: `owner/name`; its name's words count too."""
        return _standing_for(self, repository)


@dataclass(frozen=True, eq=False, kw_only=True)
class Vocabulary:
    """All three lists."""

    languages: Languages
    frameworks: Terms
    targets: Terms

    def of_path(self, path: str) -> tuple[str | None, frozenset[str], frozenset[str]]:
        """Return the language of a file, and the frameworks and targets its path names; remembered, as paths recur."""
        return _of_path(self, path)


def load(roots: Sequence[Path]) -> Vocabulary:
    """Return the shipped lists with the operator's laid over them, word by slug. Raises ConfigError."""
    return Vocabulary(
        languages=_languages(*_read("languages", roots, _Language)),
        frameworks=_terms(*_read("frameworks", roots, _Term)),
        targets=_terms(*_read("targets", roots, _Term)),
    )


def words(text: str) -> list[str]:
    """Return the words of a title or a path in lower case: runs of ASCII letters and digits."""
    return re.findall(r"[a-z0-9]+", text.lower())


def _read(name: str, roots: Sequence[Path], shape: type[Row]) -> tuple[int, dict[str, Row]]:
    version, rows = 0, dict[str, Row]()
    for path in (root / "vocabulary" / f"{name}.toml" for root in roots):
        if not path.is_file():
            continue
        try:
            table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
            version = max(version, int(table.pop("version")))
            table.pop("title")
            rows |= {slug: shape.model_validate(row) for slug, row in table.items()}
        except (ValidationError, ValueError, KeyError) as error:
            raise ConfigError(f"not a vocabulary: {error}", path=path) from error
    if not rows:
        raise ConfigError("the vocabulary is missing", path=f"vocabulary/{name}.toml")
    return version, rows


def _languages(version: int, rows: Mapping[str, _Language]) -> Languages:
    return Languages(
        version=version,
        titles={slug: row.title for slug, row in rows.items()},
        layers={slug: row.layer for slug, row in rows.items()},
        endings={ending: slug for slug, row in rows.items() for ending in row.endings},
        within={(w, of): slug for slug, row in rows.items() for w in row.within for of in row.of},
    )


def _terms(version: int, rows: Mapping[str, _Term]) -> Terms:
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for slug, row in rows.items():
        for phrase in row.words:
            said = tuple(words(phrase))
            phrases.setdefault(said[0], []).append((said, slug))
    return Terms(
        version=version,
        titles={slug: row.title for slug, row in rows.items()},
        phrases=phrases,
        repositories=[(name.lower(), slug) for slug, row in rows.items() for name in row.repositories],
    )


@lru_cache(maxsize=_SIZE)
def _of_path(known: Vocabulary, path: str) -> tuple[str | None, frozenset[str], frozenset[str]]:
    return known.languages.of(path), known.frameworks.of(path), known.targets.of(path)


@lru_cache(maxsize=_SIZE)
def _standing_for(known: Terms, repository: str) -> frozenset[str]:
    name = repository.lower()
    return known.of(repository) | {slug for one, slug in known.repositories if fnmatchcase(name, one)}
