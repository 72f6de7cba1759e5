"""Model files: blocking rules, levels and weights of one family, as plain text that a person can read.

A comparison's levels are tried from the top; the first that holds counts, and its weight (log2 of how much likelier it
is for one person than for two) is added to the prior. Where none holds, nothing is added.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sourcing.errors import ConfigError, UnknownName
from sourcing.resolve.columns import SETS, ColumnSet

_NAME: Final = r"^[a-z][a-z0-9_]{0,39}$"
_SIDED: Final = re.compile(r"\b([lr])\.([a-z_][a-z0-9_]*)")
_PAIRED: Final = re.compile(r"\b([a-z_][a-z0-9_]*)_([lr])\b")
_STRINGS: Final = re.compile(r"'(?:[^']|'')*'")
_FORBIDDEN: Final = re.compile(
    r"[;]|--|/\*|\b(?:select|from|read_\w+|copy|attach|install|load|pragma|glob)\b", re.I
)
Sql = Annotated[str, Field(min_length=1, max_length=2_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Block(_Strict):
    """One way to find pairs worth comparing: mentions that share a key.

    keys: DuckDB expression over the columns that gives a list of texts. others: keys that meet those of `keys`, never
    each other: what a name might be against what somebody uses. cap: a key of more mentions is not followed.
    where: what a pair must fulfil beside, over `l.column` and `r.column`.
    """

    name: str = Field(min_length=1, max_length=80)
    keys: Sql
    others: Sql | None = None
    cap: int = Field(ge=2, le=5_000)
    where: Sql | None = None


class Level(_Strict):
    """when: condition over `l.column`, `r.column` and features. says: for people. weight: log2 odds.

    tag: what grounds and doubts call it by; several levels may share one. fixed: a fit leaves the weight as it is.
    shift: what a fit adds to the weight it finds, so that pairs of the level are joined at odds of their own.
    """

    when: Sql
    says: str = Field(min_length=1, max_length=200)
    weight: float = Field(default=0.0, ge=-40, le=40)
    tag: str | None = Field(default=None, pattern=_NAME)
    fixed: Literal[True] | None = None
    shift: float | None = Field(default=None, ge=-40, le=40)


class Ground(_Strict):
    """Levels that mean something together. when: by comparison, tags of which one must hold, in each of them.

    unless: where any of these holds it means nothing. says: for people.
    """

    says: str = Field(min_length=1, max_length=200)
    when: Mapping[str, tuple[str, ...]] = Field(min_length=1)
    unless: Mapping[str, tuple[str, ...]] = {}

    def holds(self, tags: Mapping[str, str | None]) -> bool:
        """Return whether it holds of a pair. tags: of the level of each comparison."""
        return all(tags.get(name) in listed for name, listed in self.when.items()) and not any(
            tags.get(name) in listed for name, listed in self.unless.items()
        )


class Comparison(_Strict):
    """One question asked of a pair."""

    name: str = Field(pattern=_NAME)
    level: tuple[Level, ...] = Field(min_length=1, max_length=40)


class Thresholds(_Strict):
    """Probabilities. link: joined unasked. review: asked. bridge: joined though nothing else joins two groups."""

    link: float = Field(gt=0, le=1)
    review: float = Field(gt=0, le=1)
    bridge: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> "Thresholds":
        if not self.review <= self.link <= self.bridge:
            raise ValueError("expected review <= link <= bridge")
        return self


class Model(_Strict):
    """One versioned model. columns: the set of columns it was made for, `plain@1`. prior: log2 odds before any level.

    sides: families whose mentions are compared; two sides are compared with each other only, cluster by cluster.
    feature: expressions over `l.column` and `r.column` that conditions call by name. precision: what thresholds are
    chosen for when it is fitted. settles: whether it may link without asking at all. ridge: how strongly a fit draws
    weights to nothing. evened: how far pairs of a name or person that has many count less then; 0 not at all, 1: each
    counts as one.

    ground: what may join two mentions at all; where any are listed, one of them must hold of a pair, or it is asked
    however probable it is. doubt: where one of them holds, the pair is asked. strangers_max: how many names that do not
    fit each other one person may bear; groups of which no name fits are asked, unless a mailbox joins them. None: any.
    """

    title: str
    name: str = Field(pattern=_NAME)
    version: int = Field(ge=1)
    columns: str
    sides: tuple[Literal["git", "author", "page"], ...] = Field(min_length=1, max_length=2)
    prior: float = Field(ge=-60, le=60)
    precision: float = Field(default=0.99, gt=0.5, lt=1)
    settles: bool = True
    ridge: float = Field(default=1.0, gt=0, le=1_000)
    evened: float = Field(default=0.0, ge=0, le=1)
    strangers_max: int | None = Field(default=None, ge=1)
    feature: Mapping[str, Sql] = {}
    thresholds: Thresholds
    block: tuple[Block, ...] = Field(min_length=1, max_length=40)
    comparison: tuple[Comparison, ...] = Field(min_length=1, max_length=40)
    ground: tuple[Ground, ...] = ()
    doubt: tuple[Ground, ...] = ()

    @property
    def decided_by(self) -> str:
        """Return how its edges are signed."""
        return f"model:{self.name}@{self.version}"

    def objection(self, levels: Sequence[int | None]) -> str | None:
        """Return why a pair of these levels is asked about however probable it is, None if it is not."""
        tags = {
            one.name: None if place is None else one.level[place].tag
            for one, place in zip(self.comparison, levels, strict=True)
        }
        for one in self.doubt:
            if one.holds(tags):
                return one.says
        if self.ground and not any(one.holds(tags) for one in self.ground):
            return "likely, but nothing that joins two people by itself"
        return None

    @property
    def column_set(self) -> ColumnSet:
        """Return the columns it compares."""
        return SETS[self.columns.partition("@")[0]]

    def plain(self, sql: str) -> str:
        """Return a condition with its features written out, over `column_l` and `column_r`."""
        parts = _STRINGS.split(sql)
        words = [*_STRINGS.findall(sql), ""]
        return "".join(self._written_out(part) + word for part, word in zip(parts, words, strict=True))

    @property
    def is_featured(self) -> bool:
        """Whether its levels speak of features alone: these are then computed once a pair, however many levels."""
        bare = [
            _STRINGS.sub("''", level.when) for comparison in self.comparison for level in comparison.level
        ]
        return bool(self.feature) and not any(_SIDED.search(sql) or self._columns_of(sql) for sql in bare)

    def of_left(self, sql: str) -> str:
        """Return a condition over features with each as a column of the left row."""
        parts = _STRINGS.split(sql)
        words = [*_STRINGS.findall(sql), ""]
        listed = "|".join(sorted(self.feature, key=len, reverse=True))
        named = (re.sub(rf"(?<![\w.])({listed})(?!\w)", r"\1_l", part) for part in parts)
        return "".join(part + word for part, word in zip(named, words, strict=True))

    def _columns_of(self, sql: str) -> set[str]:
        return {name for name, _ in _PAIRED.findall(sql)} & self.column_set.columns

    def _written_out(self, sql: str) -> str:
        if self.feature:
            listed = "|".join(sorted(self.feature, key=len, reverse=True))
            sql = re.sub(rf"(?<![\w.])({listed})(?!\w)", lambda found: f"({self.feature[found[1]]})", sql)
        return _SIDED.sub(r"\2_\1", sql)

    @model_validator(mode="after")
    def _sound(self) -> "Model":
        known = self.column_set.columns
        for sql in map(self.plain, self._conditions()):
            bare = _STRINGS.sub("''", sql)
            if found := _FORBIDDEN.search(bare):
                raise ValueError(f"a condition may compare columns and nothing else, not {found[0]!r}")
            unknown = {name for name, _ in _PAIRED.findall(bare)} - known
            if unknown:
                raise ValueError(f"unknown column {sorted(unknown)[0]!r}")
        for named in (self.block, self.comparison):
            listed = [one.name for one in named]
            if len(set(listed)) < len(listed):
                raise ValueError("two blocks or two comparisons bear one name")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> "Model":
        tags = {one.name: {level.tag for level in one.level if level.tag} for one in self.comparison}
        for one in (*self.ground, *self.doubt):
            for listed in (one.when, one.unless):
                for name, wanted in listed.items():
                    if missing := sorted(set(wanted) - tags.get(name, set())):
                        raise ValueError(f"comparison {name!r} has no level tagged {missing[0]!r}")
        return self

    def _conditions(self) -> Iterable[str]:
        yield from self.feature.values()
        yield from (sql for one in self.block for sql in (one.keys, one.others, one.where) if sql is not None)
        yield from (level.when for one in self.comparison for level in one.level)


def load(path: Path) -> Model:
    """Return the model of a file. Raises ConfigError for a broken one, or one made for other columns."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the model: {error}; mend it or choose another", path=path) from error
    made_for, there = table.get("columns"), sorted(one.signature for one in SETS.values())
    if made_for not in there:
        raise ConfigError(
            f"the model was made for columns {made_for!r}, this program has {', '.join(there)}; nothing was merged: "
            "fit it anew with `sourcer eval resolve --fit`",
            path=path,
        )
    try:
        return Model.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"].removeprefix("Value error, "), path=path, key=key or None) from error


def shipped(roots: Sequence[Path], only: str | None = None) -> list[Model]:
    """Return the models of `models/` below the configuration, by name; the operator's own replace shipped ones.

    only: one of them. Raises UnknownName, ConfigError.
    """
    found: dict[str, Path] = {
        path.stem: path for root in roots for path in sorted((root / "models").glob("*.toml"))
    }
    if only is not None and only not in found:
        raise UnknownName("model", only, found)
    return [load(found[name]) for name in sorted(found) if only is None or name == only]


def prior_shares(roots: Sequence[Path]) -> dict[str, float]:
    """Return the shipped shares of common words of names, 0–1. Raises ConfigError for a broken file."""
    shares: dict[str, float] = {}
    for path in (root / "namesakes.toml" for root in roots):
        if not path.is_file():
            continue
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            for culture in table["per_thousand"].values():
                for word, value in culture.items():
                    shares[word] = shares.get(word, 0.0) + float(value) / 1000
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"not a table of shares per thousand: {error}", path=path) from error
    return shares


def dump(model: Model) -> str:
    """Return a model as the TOML that `load` reads; the same model gives the same text."""
    table = model.model_dump(mode="json", exclude_none=True)
    blocks, comparisons, thresholds = table.pop("block"), table.pop("comparison"), table.pop("thresholds")
    features = table.pop("feature")
    grounds = [(kind, one) for kind in ("ground", "doubt") for one in table.pop(kind)]
    lines = [_pair(key, value) for key, value in table.items()]
    lines += ["", "[feature]", *(_pair(key, value) for key, value in features.items())] if features else []
    lines += ["", "[thresholds]", *(_pair(key, value) for key, value in thresholds.items())]
    for block in blocks:
        lines += ["", "[[block]]", *(_pair(key, value) for key, value in block.items())]
    for one in comparisons:
        lines += ["", "[[comparison]]", _pair("name", one["name"])]
        for level in one["level"]:
            lines += ["", "[[comparison.level]]", *(_pair(key, value) for key, value in level.items())]
    for kind, one in grounds:
        lines += ["", f"[[{kind}]]", _pair("says", one["says"])]
        for key in ("when", "unless"):
            lines += ["", f"[{kind}.{key}]", *map(_pair, one[key], one[key].values())] if one[key] else []
    return "\n".join(lines) + "\n"


def _pair(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        raise TypeError(f"{key} is a table")
    if isinstance(value, float):
        return f"{key} = {value:.6g}" if value % 1 else f"{key} = {value:.1f}"
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def asking_all(model: Model) -> Model:
    """Return the model as it compares every pair it is given, and leaves none out."""
    block = Block(name="all", keys="['all']", cap=5_000)
    thresholds = Thresholds(review=1e-12, link=model.thresholds.link, bridge=model.thresholds.bridge)
    return model.model_copy(update={"block": (block,), "thresholds": thresholds})
