"""What the files of packs, overlays and presets may say, and how a broken one is told.

A pack is one role (`config/specialisms`), an overlay a field of application (`config/overlays`), a preset a hiring
context (`config/presets`). `specialism` puts them together.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sourcing.errors import ConfigError, UnknownName
from sourcing.features.allowed import FEATURES
from spiders.spec import merge

WEIGHTS_SUM = 100
OVERLAY_MAX = 50  # points: the role stays the larger half of a score
REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
NAME = re.compile(r"[a-z][a-z0-9-]*")

_Words = tuple[Annotated[str, Field(min_length=1, max_length=300)], ...]
_Model = TypeVar("_Model", bound=BaseModel)
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    """What a file of the configuration is; the value is its folder."""

    PACK = "specialisms"
    OVERLAY = "overlays"
    PRESET = "presets"
    BRIEF = "briefs"


class Gates(BaseModel):
    """Who is listed; gates never give or take points."""

    model_config = _STRICT

    works_min: int = Field(default=3, ge=0)  # distinct works on topic
    active_within_days: int = Field(default=730, gt=0)


class Factor(BaseModel):
    """How a specialism uses a feature. half: the value that earns half of the points at saturation.

    weight: points at saturation in the order "established". rising: in the order "rising"; the same if not said.
    """

    model_config = _STRICT

    name: str = Field(min_length=1)
    feature: str
    weight: float = Field(ge=0, le=WEIGHTS_SUM)
    rising: float = Field(ge=0, le=WEIGHTS_SUM)
    half: float = Field(gt=0)

    @model_validator(mode="before")
    @classmethod
    def _same_in_both_orders(cls, table: Any) -> Any:
        return (
            {"rising": table["weight"], **table}
            if isinstance(table, Mapping) and "weight" in table
            else table
        )

    @model_validator(mode="after")
    def _counts_somewhere(self) -> Self:
        if not self.weight and not self.rising:
            raise ValueError("a factor without weight in either order")
        return self


class LookFile(BaseModel):
    """Where to look and what counts as on topic, as a file says it."""

    model_config = _STRICT

    repositories: _Words = ()
    paths: _Words = ()
    arxiv: _Words = ()
    venues: _Words = ()
    keywords: _Words = ()
    hints: _Words = ()
    negative: _Words = ()


class PackFile(BaseModel):
    """One role. ranked: False where public work says too little to order people by it."""

    model_config = _STRICT

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    version: int = Field(ge=1)
    adjacent: _Words = ()
    ranked: bool = True
    look: LookFile
    gates: Gates = Gates()
    factors: tuple[Factor, ...] = Field(min_length=1)


class OverlayFile(BaseModel):
    """One field of application. factors: points of the 100 that evidence of this field earns."""

    model_config = _STRICT

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    version: int = Field(ge=1)
    look: LookFile
    factors: tuple[Factor, ...] = Field(min_length=1)


class GatesChange(BaseModel):
    """What a preset asks of who is listed; None leaves it to the pack."""

    model_config = _STRICT

    works_min: int | None = Field(default=None, ge=0)
    active_within_days: int | None = Field(default=None, gt=0)


class PresetFile(BaseModel):
    """One hiring context: rules that change any pack.

    times: by feature, what a weight is multiplied with before all are brought back to 100. keywords_of: packs whose
    keywords count, too. query: what a search adds, in the query language.
    """

    model_config = _STRICT

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    version: int = Field(ge=1)
    times: Mapping[str, Annotated[float, Field(ge=0, le=10)]] = {}
    keywords_of: _Words = ()
    gates: GatesChange = GatesChange()
    query: str = ""


class OffLimits(BaseModel):
    """Whom a role leaves out. lists, tags: names of lists and tags; people are never named in a file."""

    model_config = _STRICT

    organisations: _Words = ()
    lists: _Words = ()
    tags: _Words = ()


class BriefFile(BaseModel):
    """One role to fill: which pack, overlay and preset, whom, where, and who is off limits.

    levels: bands. places: as people state them. query: anything else, in the query language.
    """

    model_config = _STRICT

    title: str = Field(min_length=1)
    specialism: str = Field(min_length=1)
    overlay: str | None = None
    preset: str | None = None
    levels: _Words = ()
    places: _Words = ()
    query: str = ""
    off_limits: OffLimits = OffLimits()

    @property
    def name(self) -> str:
        """What its specialism is called when put together."""
        return "+".join(part for part in (self.specialism, self.overlay, self.preset) if part is not None)


def found(kind: Kind, roots: Sequence[Path]) -> list[str]:
    """Return the names there are of a kind, sorted. roots: configuration directories."""
    return sorted({path.stem for root in roots for path in (root / kind).glob("*.toml")})


def table(kind: Kind, name: str, roots: Sequence[Path]) -> tuple[dict[str, Any], Path]:
    """Return a file's table, later roots' files laid over the first one's, and the last file read.

    Raises UnknownName, or ConfigError if a file is no TOML.
    """
    files = [path for root in roots if (path := root / kind / f"{name}.toml").is_file()]
    if not files or not NAME.fullmatch(name):
        raise UnknownName(_said(kind), name, found(kind, roots))
    whole: dict[str, Any] = {}
    for path in files:
        try:
            whole = merge(whole, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read {_said(kind)} '{name}': {error}", path=path) from error
    return whole, files[-1]


def checked(model: type[_Model], kind: Kind, name: str, content: Mapping[str, Any], *, where: str) -> _Model:
    """Return a file's content as its model. where: the file as named in errors. Raises ConfigError with key."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"][:1].lower() + first["msg"][1:]
        raise ConfigError(f"{_said(kind)} '{name}': {reason}", path=where, key=key) from error


def check_factors(factors: Sequence[Factor], where: str) -> None:
    """Raise ConfigError for a feature that is unknown, and for a name or a feature used twice."""
    for number, factor in enumerate(factors):
        check_feature(factor.feature, where, f"factors.{number}.feature")
    for what in ("name", "feature"):
        given = [getattr(factor, what) for factor in factors]
        twice = sorted({value for value in given if given.count(value) > 1})
        if twice:
            reason = f"{what} '{twice[0]}' is used twice; each factor needs its own"
            raise ConfigError(reason, path=where, key="factors")


def check_feature(name: str, where: str, key: str) -> None:
    """Raise ConfigError naming the known features if there is no such one."""
    if name not in FEATURES:
        near = get_close_matches(name, FEATURES, n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        reason = f"unknown feature '{name}'; known: {', '.join(sorted(FEATURES))}{hint}"
        raise ConfigError(reason, path=where, key=key)


def sums(factors: Sequence[Factor]) -> tuple[tuple[str, float], ...]:
    """Return what the weights sum to, in each order, with its name in errors."""
    return (
        ("weights", sum(factor.weight for factor in factors)),
        ("rising weights", sum(factor.rising for factor in factors)),
    )


def _said(kind: Kind) -> str:
    return "specialism" if kind is Kind.PACK else kind.value.rstrip("s")
