"""The table of places, `config/places.toml`: every spelling and the places it may mean."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import ConfigError
from sourcing.settings import config_root

FILE = "places.toml"
_MEANT_WEIGHT = 1e9
_COUNTRY_WEIGHT, _REGION_WEIGHT = 1e6, 1e5  # a country's name is never a small town's abroad
_CODES_OF_REGIONS = ("US", "CA", "AU")  # where people sign with them
_CODE = re.compile(r"[A-Z]{2,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One thing a spelling may mean. city: its shown name. region: ISO 3166-2, country: ISO 3166-1, hub: its name.

    weight: people in thousands, raised for regions and countries. is_unclear: its spelling alone decides nothing.
    """

    country: str
    region: str | None = None
    city: str | None = None
    hub: str | None = None
    weight: float
    is_unclear: bool = False

    @property
    def label(self) -> str:
        """Return what to show of a possible meaning: `Cambridge, GB-ENG`."""
        return ", ".join(filter(None, [self.city or self.hub, self.region or self.country]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gazetteer:
    """Spellings, folded, and what each may mean, heaviest first. codes: in capitals. longest: words of a spelling.

    longest_unspaced: characters of a spelling in a script without spaces. noise, houses, elsewhere, here, everyday:
    words around names, see `config/places.toml`.
    """

    names: Mapping[str, Sequence[Spot]]
    codes: Mapping[str, Sequence[Spot]]
    countries: Mapping[str, str]
    regions: Mapping[str, str]
    hubs: Collection[str]
    longest: int
    longest_unspaced: int
    noise: frozenset[str]
    houses: frozenset[str]
    elsewhere: frozenset[str]
    here: frozenset[str]
    everyday: frozenset[str]


class _Hub(BaseModel):
    model_config = ConfigDict(extra="forbid")
    within: str
    cities: list[str]
    names: list[str]


class _Around(BaseModel):
    model_config = ConfigDict(extra="forbid")
    noise: list[str] = Field(default_factory=list)
    houses: list[str] = Field(default_factory=list)
    elsewhere: list[str] = Field(default_factory=list)
    here: list[str] = Field(default_factory=list)
    everyday: list[str] = Field(default_factory=list)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    ambiguous: list[str] = Field(default_factory=list)
    meant: dict[str, str] = Field(default_factory=dict)
    words: _Around = Field(default_factory=_Around)
    countries: dict[str, list[str]] = Field(default_factory=dict)
    regions: dict[str, list[str]] = Field(default_factory=dict)
    cities: dict[str, dict[str, list[int | str]]] = Field(default_factory=dict)
    hubs: dict[str, _Hub] = Field(default_factory=dict)


def fold(text: str) -> str:
    """Return a spelling as it is compared: case, accents, dots, apostrophes and hyphens gone, single spaces."""
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(char for char in wide if not unicodedata.combining(char))
    kept = re.sub(
        r"[.'’`ʻʼ]", "", bare.replace("ß", "ss").replace("ł", "l").replace("ø", "o").replace("ı", "i")
    )
    return " ".join(re.sub(r"[^\w]+", " ", kept).split())


@cache
def shipped() -> Gazetteer:
    """Return the table that comes with the program. Reads the file once."""
    return load([config_root()])


def load(roots: Sequence[Path]) -> Gazetteer:
    """Return the table of the shipped directory with those of the operator laid over it. Raises ConfigError."""
    files = tuple((path, path.read_bytes()) for root in roots if (path := root / FILE).is_file())
    if not files:
        raise ConfigError("the table of places is missing", path=FILE)
    return _made(files)


@lru_cache(maxsize=2)  # every judgement places whom it concerns, and the table takes longer than they do
def _made(files: tuple[tuple[Path, bytes], ...]) -> Gazetteer:
    made = _Making()
    for path, content in files:
        try:
            made.add(_File.model_validate(tomllib.loads(content.decode())))
        except (ValidationError, tomllib.TOMLDecodeError, ValueError) as error:
            raise ConfigError(f"not a table of places: {error}", path=path) from error
    return made.gazetteer()


class _Making:
    """Collects spellings file by file."""

    def __init__(self) -> None:
        self.names: dict[str, dict[Spot, None]] = {}
        self.codes: dict[str, dict[Spot, None]] = {}
        self.countries: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.hubs: dict[str, None] = {}
        self.unclear: set[str] = set()
        self.meant: dict[str, str] = {}
        self.around: dict[str, frozenset[str]] = {name: frozenset() for name in _Around.model_fields}

    def add(self, file: _File) -> None:
        """Add what one file says. Raises ValueError for a hub's city that no table has."""
        self.unclear |= {fold(name) for name in file.ambiguous}
        self.meant |= {fold(name): where for name, where in file.meant.items()}
        for name, known in self.around.items():
            self.around[name] = known | {fold(word) for word in getattr(file.words, name)}
        for code, spellings in file.countries.items():
            self.countries[code] = spellings[0]
            spot = Spot(country=code, weight=_COUNTRY_WEIGHT)
            self._name([*spellings], spot)
            self._put(self.codes, code, spot)
        for code, spellings in file.regions.items():
            self.regions[code] = spellings[0]
            country, _, short = code.partition("-")
            spot = Spot(country=country, region=code, weight=_REGION_WEIGHT)
            self._name(spellings, spot)
            if country in _CODES_OF_REGIONS:
                self._put(self.codes, short, spot)
        self._cities(file)

    def _cities(self, file: _File) -> None:
        hub_of = {city: name for name, row in file.hubs.items() for city in row.cities}
        for where, cities in file.cities.items():
            for name, (people, *spellings) in cities.items():
                hub = hub_of.pop(f"{where}/{name}", None)
                spot = Spot(**_within(where), city=name, hub=hub, weight=float(people))
                self._name([name, *map(str, spellings)], spot)
        if hub_of:
            raise ValueError(f"no such city: {', '.join(sorted(hub_of))}")
        for name, row in file.hubs.items():
            self.hubs[name] = None
            self._name([name, *row.names], Spot(**_within(row.within), hub=name, weight=_COUNTRY_WEIGHT))

    def _name(self, spellings: Iterable[str], spot: Spot) -> None:
        for spelling in spellings:
            self._put(self.names, fold(spelling), spot)
            if _CODE.fullmatch(spelling):
                self._put(self.codes, spelling, spot)

    def _put(self, table: dict[str, dict[Spot, None]], key: str, spot: Spot) -> None:
        table.setdefault(key, {})[spot] = None

    def gazetteer(self) -> Gazetteer:
        """Return what was collected."""
        names = {name: self._meanings(name, spots) for name, spots in self.names.items() if name}
        unspaced = [len(name) for name in names if not name.isascii() and " " not in name]
        return Gazetteer(
            names=names,
            codes={code: self._meanings(code.casefold(), spots) for code, spots in self.codes.items()},
            countries=self.countries,
            regions=self.regions,
            hubs=tuple(self.hubs),
            longest=max((name.count(" ") + 1 for name in names), default=1),
            longest_unspaced=max(unspaced, default=1),
            **self.around,
        )

    def _meanings(self, name: str, spots: Iterable[Spot]) -> tuple[Spot, ...]:
        said = [spot for spot in spots if not (spot.city is None and spot.hub and self._has_city(name, spot))]
        found = [replace(spot, is_unclear=name in self.unclear) for spot in said]
        meant = self.meant.get(name)
        if meant is not None:
            found = [
                replace(spot, weight=_MEANT_WEIGHT) if meant in (spot.region, spot.country) else spot
                for spot in found
            ]
        return tuple(sorted(found, key=lambda spot: (-spot.weight, spot.label)))

    def _has_city(self, name: str, hub: Spot) -> bool:
        """Return whether a spelling of a hub is also that of its city: then the city is meant."""
        return any(spot.city is not None and spot.hub == hub.hub for spot in self.names.get(name, ()))


def _within(where: str) -> dict[str, Any]:
    country, _, region = where.partition("-")
    return {"country": country, "region": where if region else None}
