"""The allow-list of a ranking, as data: what is measured, what is read for it, and which words stand nowhere (P16, F3).

The list is `config/fairness.toml`; what the program really does is held against it, so that neither changes unseen.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import ConfigError
from sourcing.features.base import Feature
from sourcing.ranking.specialism import Specialism

FILE = "fairness.toml"
_WORD = re.compile(r"[a-z]+")


class _Forbidden(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[str, ...] = Field(min_length=1)
    ranked: tuple[str, ...] = Field(min_length=1)


class Allowed(BaseModel):
    """The list. features: what each measures, by name. columns: of each file a ranking reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    features: dict[str, str]
    columns: dict[str, tuple[str, ...]]
    forbidden: _Forbidden


def load(root: Path) -> Allowed:
    """Return the shipped list; an installation cannot lay its own over it. Raises ConfigError."""
    path = root / FILE
    try:
        return Allowed.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(f"the allow-list of rankings cannot be read: {error}", path=path) from error


def problems(
    allowed: Allowed,
    *,
    features: Mapping[str, Feature],
    columns: Mapping[str, Sequence[str]],
    packs: Iterable[Specialism],
    stored: Iterable[str],
) -> list[str]:
    """Return what a ranking looks at and may not, a sentence each; empty if the list holds.

    features: all there are. columns: of the files a ranking reads. packs: whose factors are looked at. stored:
    `table.column` of the whole store.
    """
    found = [*_unequal("feature", features, allowed.features)]
    for name, file in sorted(allowed.columns.items()):
        found += _unequal(f"column of {name}", columns.get(name, ()), file)
    never = {*allowed.forbidden.words, *allowed.forbidden.ranked}
    for name, feature in sorted(features.items()):
        found += _worded(f"feature {name!r}", (name, feature.unit, feature.says), never)
    for pack in packs:
        for factor in pack.factors:
            found += _worded(f"factor {factor.name!r} of {pack.slug!r}", (factor.name,), never)
    for name in sorted(stored):
        column = name.partition(".")[2]
        found += _worded(f"column {name!r}", (column,), set(allowed.forbidden.words))
    return found


def _unequal(what: str, there: Iterable[str], listed: Iterable[str]) -> Iterator[str]:
    real, known = set(there), set(listed)
    for name in sorted(real - known):
        yield f"{what} {name!r} is not on the allow-list: say in config/{FILE} what it measures, or take it out"
    for name in sorted(known - real):
        yield f"{what} {name!r} is on the allow-list and is gone: take it out of config/{FILE}"


def _worded(what: str, texts: Iterable[str], never: set[str]) -> Iterator[str]:
    # what a sentence names in braces is a place in it, not a word of it
    words = {word for text in texts for word in _WORD.findall(re.sub(r"\{[^}]*\}", " ", text).casefold())}
    for word in sorted(words & never):
        yield f"{what} bears the word {word!r}, which nothing in a ranking may stand for"
