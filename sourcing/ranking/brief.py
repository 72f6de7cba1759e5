"""A role brief: one TOML file that fixes pack, level, places and who is off limits, as a search anybody can read."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sourcing.errors import ConfigError
from sourcing.ranking import pack, specialism
from sourcing.ranking.level import Band
from sourcing.ranking.pack import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a brief searches for. specialism: the name of pack, overlay and preset. query: in the query language."""

    title: str
    specialism: str
    query: str


def load(name: str, roots: Sequence[Path]) -> Brief:
    """Return a brief by the name of its file in `briefs/`, or by a path that ends in `.toml`.

    Raises UnknownName, or ConfigError with file and key.
    """
    if name.endswith(".toml"):
        path = Path(name)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read brief '{path.stem}': {error}", path=path) from error
    else:
        content, path = pack.table(Kind.BRIEF, name, roots)
    file = pack.checked(pack.BriefFile, Kind.BRIEF, path.stem, content, where=str(path))
    chosen = specialism.load(file.name, roots)
    known = [band.value for band in Band]
    for level in file.levels:
        if level not in known:
            message = f"brief '{path.stem}': unknown level '{level}'; known: {', '.join(known)}"
            raise ConfigError(message, path=path, key="levels")
    return Brief(title=file.title, specialism=file.name, query=_query(file, chosen.query, str(path)))


def _query(file: pack.BriefFile, context: str, where: str) -> str:
    out = file.off_limits
    parts = [
        _any("level", file.levels, where),
        _any("loc", file.places, where),
        *(f"({text.strip()})" for text in (file.query, context) if text.strip()),
        *(f"-{_is('org', name, where)}" for name in out.organisations),
        *(f"-{_is('list', name, where)}" for name in out.lists),
        *(f"-{_is('tag', name, where)}" for name in out.tags),
    ]
    return " ".join(part for part in parts if part)


def _any(field: str, values: Sequence[str], where: str) -> str:
    said = [_is(field, value, where) for value in values]
    return f"({' OR '.join(said)})" if len(said) > 1 else "".join(said)


def _is(field: str, value: str, where: str) -> str:
    if '"' in value:
        raise ConfigError(f"a quotation mark in {value!r} cannot be searched", path=where, key=field)
    return f'{field}:"{value}"' if not value.isalnum() else f"{field}:{value}"
