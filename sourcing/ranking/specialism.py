"""A specialism: one `config/specialisms/*.toml`, validated and versioned.

The look says what is on topic, the gates who is listed, the factors what earns points. Weights sum to 100.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import ConfigError, UnknownName
from sourcing.features.allowed import FEATURES
from sourcing.features.topic import Look
from spiders.spec import merge

WEIGHTS_SUM = 100
REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")

_Words = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


class Gates(BaseModel):
    """Who is listed; gates never give or take points."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    works_min: int = Field(default=3, ge=0)  # distinct works on topic
    active_within_days: int = Field(default=730, gt=0)


class Factor(BaseModel):
    """How a specialism uses a feature. weight: points at saturation. half: the value that earns half."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    feature: str
    weight: float = Field(gt=0, le=WEIGHTS_SUM)
    half: float = Field(gt=0)


class _Look(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    repositories: _Words = ()
    paths: _Words = ()
    arxiv: _Words = ()
    venues: _Words = ()
    keywords: _Words = ()
    hints: _Words = ()
    negative: _Words = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    version: int = Field(ge=1)
    adjacent: _Words = ()
    look: _Look
    gates: Gates = Gates()
    factors: tuple[Factor, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialism:
    """What is wanted, in words, gates and weights.

    version: `slug@2+1f0c9a7e`: the file's own number, then a digest of everything that can move a score, so
    that two rankings of different content never carry the same version. adjacent: slugs, nearest first.
    """

    slug: str
    version: str
    title: str
    summary: str
    look: Look
    gates: Gates
    factors: tuple[Factor, ...]
    adjacent: tuple[str, ...] = ()


def load(name: str, roots: Sequence[Path]) -> Specialism:
    """Return the specialism of this name: the file in the first root, later roots' files laid over it.

    roots: configuration directories, each with `specialisms/`; a root may lack the file, but not all of them.
    Raises UnknownName, or ConfigError with file and key.
    """
    files = [path for root in roots if (path := root / "specialisms" / f"{name}.toml").is_file()]
    if not files or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UnknownName("specialism", name, names(roots))
    table: dict[str, Any] = {}
    for path in files:
        try:
            table = merge(table, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read specialism '{name}': {error}", path=path) from error
    return read(name, table, where=str(files[-1]), watched=_watched(roots))


def names(roots: Sequence[Path]) -> list[str]:
    """Return the slugs that can be loaded, sorted."""
    return sorted({path.stem for root in roots for path in (root / "specialisms").glob("*.toml")})


def read(
    slug: str, table: Mapping[str, Any], *, where: str, watched: frozenset[str] = frozenset()
) -> Specialism:
    """Return a specialism from its table. where: the file as named in errors. Raises ConfigError with key.

    watched: repositories that other specialisms list; they tell an independent project from somebody's own.
    """
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"][:1].lower() + first["msg"][1:]
        raise ConfigError(f"specialism '{slug}': {reason}", path=where, key=key) from error
    _check_factors(slug, file.factors, where)
    return Specialism(
        slug=slug,
        version=f"{slug}@{file.version}+{_digest(file, watched)}",
        title=file.title,
        summary=file.summary,
        look=_look(file.look, where, watched),
        gates=file.gates,
        factors=file.factors,
        adjacent=file.adjacent,
    )


def _check_factors(slug: str, factors: Sequence[Factor], where: str) -> None:
    for number, factor in enumerate(factors):
        if factor.feature not in FEATURES:
            near = get_close_matches(factor.feature, FEATURES, n=1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            reason = f"unknown feature '{factor.feature}'; known: {', '.join(sorted(FEATURES))}{hint}"
            raise ConfigError(reason, path=where, key=f"factors.{number}.feature")
    for what in ("name", "feature"):
        given = [getattr(factor, what) for factor in factors]
        twice = sorted({value for value in given if given.count(value) > 1})
        if twice:
            reason = f"{what} '{twice[0]}' is used twice; each factor needs its own"
            raise ConfigError(reason, path=where, key="factors")
    total = sum(factor.weight for factor in factors)
    if abs(total - WEIGHTS_SUM) > 1e-9:
        message = f"specialism '{slug}': weights sum to {total:g}, expected {WEIGHTS_SUM}"
        raise ConfigError(message, path=where)


def _digest(file: _File, watched: frozenset[str]) -> str:
    moving = file.model_dump(mode="json", include={"look", "gates", "factors"}) | {"watched": sorted(watched)}
    return hashlib.sha256(json.dumps(moving, sort_keys=True).encode()).hexdigest()[:8]


def _watched(roots: Sequence[Path]) -> frozenset[str]:
    """Return the repositories that any specialism lists, lower case; a file that cannot be read lists none here."""
    found = set[str]()
    for path in (path for root in roots for path in sorted((root / "specialisms").glob("*.toml"))):
        try:
            look = _Look.model_validate(tomllib.loads(path.read_text(encoding="utf-8")).get("look", {}))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
            continue  # said when that specialism itself is loaded
        entries = (*look.repositories, *(entry for entry in look.paths if ":" in entry))
        found.update(entry.partition(":")[0].lower() for entry in entries)
    return frozenset(found)


def _look(look: _Look, where: str, watched: frozenset[str]) -> Look:
    whole, shared, fragments = set[str](), dict[str, tuple[str, ...]](), list[str]()
    for entry in (*look.repositories, *look.paths):
        repository, colon, prefixes = entry.partition(":")
        if not colon and entry in look.paths:
            fragments.append(entry)
            continue
        if not REPOSITORY.fullmatch(repository):
            message = f"'{repository}' is no repository, expected 'owner/name'"
            raise ConfigError(message, path=where, key="look.repositories")
        if colon:
            parts = tuple(part.strip() for part in prefixes.split(",") if part.strip())
            if not parts:
                message = f"'{entry}' names no path after the colon"
                raise ConfigError(message, path=where, key="look.repositories")
            shared[repository.lower()] = (*shared.get(repository.lower(), ()), *parts)
        else:
            whole.add(repository.lower())
    return Look(
        repositories=tuple(sorted(whole)),
        shared={name: parts for name, parts in sorted(shared.items()) if name not in whole},
        paths=tuple(fragments),
        arxiv=look.arxiv,
        venues=look.venues,
        keywords=look.keywords,
        hints=look.hints,
        negative=look.negative,
        watched=watched | whole | shared.keys(),
    )
