"""From the text of a location to a place: cut into parts, look each up, keep what the parts agree on."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sourcing.places.gazetteer import Gazetteer, Spot, fold, shipped

TEXT_MAX_CHARS = 200
"""A longer text is a story, not a place."""

_ALTERNATIVES = re.compile(r"[/|&;\n+·•→⇄↔➡]|<?[-=]>")
_WORDS_BETWEEN = re.compile(r"\s(?:and|or|und|et)\s", re.IGNORECASE)
_PARTS = re.compile(r"[,，、()\[\]{}]|\s[-–—]+\s|[–—]|\s@\s|^@|:")
_CITY_STATES = frozenset({"SG", "HK", "MO", "MC", "VA", "GI"})
_CITY_AS_REGION = (
    1_000.0  # thousand people: from there on the city of a region's name is the region, or more of it
)
_DOMINANT, _SMALL, _OVERWHELMING = (
    4.0,
    250.0,
    20.0,
)  # times the next, whose people are below this, or times alone
_CANDIDATES_MAX = 10
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody says they are. city: its usual name. region: ISO 3166-2. country: ISO 3166-1. hub: its name.

    ambiguous: what the text may mean, likeliest first, at most 10; then city, region and hub are None, and the country
    too unless the text names it. All None and empty: the text names no place.
    """

    city: str | None = None
    region: str | None = None
    country: str | None = None
    hub: str | None = None
    ambiguous: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether the text says anything about a place."""
        return bool(self.country or self.ambiguous)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one name may mean. is_code: it is a short code, which may be a local one that no table has."""

    spots: Sequence[Spot]
    is_code: bool = False


_NOWHERE = Place()
_Spots = Sequence[Spot]


def parse(text: str, gazetteer: Gazetteer | None = None) -> Place:
    """Return what a location says; an empty place for no place. gazetteer: None = the shipped one.

    Linear in a text of at most 200 characters; longer ones are not read.
    """
    if len(text) > TEXT_MAX_CHARS:
        return _NOWHERE
    return _read(text, gazetteer or shipped())


def together(found: Iterable[Place]) -> Place:
    """Return the place that several accounts of one person agree on, the narrowest; what they may mean if they do not.

    What is ambiguous at one account and told at another is told.
    """
    spots, unsure, countries = list[Spot](), dict[str, None](), set[str]()
    for one in found:
        countries |= {one.country} if one.country is not None else set()
        if one.ambiguous:
            unsure |= dict.fromkeys(one.ambiguous)
        elif one.country is not None:
            spot = Spot(country=one.country, region=one.region, city=one.city, hub=one.hub, weight=1.0)
            both = next((at for at, other in enumerate(spots) if _both(other, spot) is not None), None)
            if both is None:
                spots.append(spot)
            else:
                spots[both] = _both(spots[both], spot) or spot
    if len(spots) == 1:
        (one_spot,) = spots
        return Place(city=one_spot.city, region=one_spot.region, country=one_spot.country, hub=one_spot.hub)
    labels = [spot.label for spot in spots] + list(unsure)
    sure = countries.pop() if len(countries) == 1 else None
    return Place(country=sure, ambiguous=tuple(dict.fromkeys(labels))[:_CANDIDATES_MAX])


def canonical(field: str, text: str, gazetteer: Gazetteer | None = None) -> str | None:
    """Return the value of a facet that a word in a query means: `country`, `Germany` → `de`; None if it means none.

    field: country, region, city or hub. Facets are lower case: codes for country and region, names for the others.
    """
    table = gazetteer or shipped()
    spots = [*table.codes.get(text.strip().upper(), ()), *table.names.get(fold(text), ())]
    kinds = {
        "country": [s.country for s in spots if s.city is None and s.region is None and s.hub is None],
        "region": [s.region for s in spots if s.city is None and s.region and s.hub is None],
        "city": [s.city for s in spots if s.city],
        "hub": [s.hub for s in spots if s.hub],
    }
    if field == "region" and text.strip().upper() in table.regions:
        return text.strip().lower()
    return next((one.casefold() for one in kinds.get(field, ()) if one is not None), None)


@lru_cache(maxsize=100_000)
def _read(text: str, table: Gazetteer) -> Place:
    plain = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "So", "Sk", "Cs", "Co") and char != "\n" else char
        for char in unicodedata.normalize("NFKC", text)
    )
    if fold(plain) in table.names:  # also what holds a word that parts others: Trinidad and Tobago
        return _decided([table.names[fold(plain)]], [])
    found: list[_Spots] = []
    named: list[Spot] = []
    for alternative in _alternatives(plain, table):
        spots, countries = _folded(_spots(alternative, table))
        if spots:
            found.append(spots)
            named += countries
    return _decided(found, named)


def _alternatives(text: str, table: Gazetteer) -> Iterator[str]:
    for one in _ALTERNATIVES.split(text):
        if any(fold(part) in table.names for part in _PARTS.split(one) if _WORDS_BETWEEN.search(part)):
            yield one
        else:
            yield from _WORDS_BETWEEN.split(one)


def _spots(text: str, table: Gazetteer) -> list[_Said]:
    """Return what each name in one alternative may mean, in the order of the text."""
    found: list[_Said] = []
    is_elsewhere = False
    for part in _PARTS.split(text):
        words = re.findall(r"[^\s-]+", part)
        folded = {fold(word) for word in words}
        if folded & table.elsewhere:
            is_elsewhere = True
            continue
        is_elsewhere = is_elsewhere and not folded & table.here
        if not is_elsewhere:
            found += _named(words, table)
    return found


def _named(words: list[str], table: Gazetteer) -> list[_Said]:
    """Return what the names in a part may mean; nothing if the part says more than names and noise."""
    text = " ".join(words)
    if _UNSPACED.search(text):
        return _unspaced(text, table)
    while len(words) > 1 and fold(words[0]) in table.noise and fold(text) not in table.names:
        words = words[1:]
        text = " ".join(words)
    found: list[_Said] = []
    at = 0
    while at < len(words):
        for length in range(min(table.longest, len(words) - at), 0, -1):
            said = _meant(words[at : at + length], table, is_alone=len(words) == 1, is_after=bool(found))
            if said.spots:
                found.append(said)
                at += length
                break
        else:
            rest = fold(words[at])
            if rest and rest not in table.noise and not rest.isdigit():
                return []
            at += 1
    return found


def _meant(words: list[str], table: Gazetteer, *, is_alone: bool, is_after: bool) -> _Said:
    """Return what some words may mean. Short codes are read in capitals, alone, or behind a name: `in` is a word."""
    name = fold(" ".join(words))
    code = words[0].strip(".!?*").replace(".", "") if len(words) == 1 else ""
    is_code = 2 <= len(code) <= 3 and code.isascii() and code.isalpha()
    if is_code and code.upper() in table.codes:
        if code.isupper() or is_after or (is_alone and name not in table.everyday):
            names = table.names.get(name, ())
            return _Said(spots=list(dict.fromkeys([*table.codes[code.upper()], *names])), is_code=not names)
        return _Said(spots=())
    return _Said(spots=table.names.get(name, ()))


def _unspaced(text: str, table: Gazetteer) -> list[_Said]:
    """Return what a text without spaces between words may mean: names from its beginning; what follows is finer."""
    whole = re.sub(r"\W+", "", fold(text))
    if any(house in whole for house in table.houses):
        return []
    found: list[_Said] = []
    at = 0
    while at < len(whole):
        for end in range(min(len(whole), at + table.longest_unspaced), at, -1):
            if (spots := table.names.get(whole[at:end])) and (end - at > 1 or len(whole) == 1):
                found.append(_Said(spots=spots))
                at = end
                break
        else:
            if not found or whole[at] not in "市省都府県县":
                break
            at += 1
    return found


def _folded(parts: Sequence[_Said]) -> tuple[_Spots, list[Spot]]:
    """Return what parts that qualify each other may mean together, and the countries they name outright.

    A region or country behind a city, or a region behind a country, that does not contain it stands alone: another
    town of that name. A country's code behind a city abroad is some local code (Belo Horizonte, MG) and says nothing.
    """
    current: _Spots = ()
    named = [said.spots[0] for said in parts if len(said.spots) == 1 and _is_country(said.spots[0])]
    for said in parts:
        joined = _joined(current, said.spots)
        if joined or not current:
            current = joined or said.spots
        elif all(map(_is_country, said.spots)) and said.is_code and any(spot.city for spot in current):
            continue
        elif _is_other_town(current, said.spots):
            current = said.spots
        else:
            current = _apart(current, said.spots)
    return current, named


def _is_other_town(names: _Spots, behind: _Spots) -> bool:
    if not all(spot.city is None and spot.hub is None for spot in behind):
        return False
    is_region = all(spot.region is not None for spot in behind)
    return all(spot.city is not None or (_is_country(spot) and is_region) for spot in names)


def _is_country(spot: Spot) -> bool:
    return spot.city is None and spot.region is None and spot.hub is None


def _joined(left: Iterable[Spot], right: _Spots) -> list[Spot]:
    found = [both for one in left for other in right if (both := _both(one, other)) is not None]
    return list(dict.fromkeys(sorted(found, key=lambda spot: -spot.weight)))


def _both(one: Spot, other: Spot) -> Spot | None:
    """Return the narrower of two meanings of which one contains the other; None if neither does."""
    if one.country != other.country or (one.region and other.region and one.region != other.region):
        return None
    if one.city and other.city and one.city != other.city:
        if one.hub is None or one.hub != other.hub:
            return None
        region = one.region if one.region == other.region else None
        return Spot(country=one.country, region=region, hub=one.hub, weight=min(one.weight, other.weight))
    if (one.hub or other.hub) and (one.city or other.city or one.hub != other.hub):
        narrow, wide = (one, other) if one.city or (one.hub and not other.hub) else (other, one)
        if wide.hub and wide.hub != narrow.hub:
            return None
    narrow = one if one.city else other if other.city else min(one, other, key=lambda spot: spot.weight)
    return Spot(
        country=one.country,
        region=one.region or other.region,
        city=narrow.city,
        hub=one.hub or other.hub,
        weight=narrow.weight,
    )


def _decided(found: Sequence[_Spots], named: Sequence[Spot]) -> Place:
    """Return the place that all alternatives agree on, else what they may mean."""
    if not found:
        return _NOWHERE
    current = list(found[0])
    for spots in found[1:]:
        joined = _joined(current, spots)
        current = joined or _apart(current, spots)
    one = _likeliest(current)
    if one is not None:
        return Place(city=one.city, region=one.region, country=one.country, hub=one.hub)
    countries = {spot.country for spot in current}
    sure = countries.pop() if named and len(countries) == 1 else None
    labels = dict.fromkeys(spot.label for spot in sorted(current, key=lambda spot: -spot.weight))
    return Place(country=sure, ambiguous=tuple(labels)[:_CANDIDATES_MAX])


def _apart(*meanings: _Spots) -> list[Spot]:
    """Return the likeliest of several things of which none contains another: together they decide nothing."""
    found: list[Spot] = []
    for spots in meanings:
        one = _likeliest(spots)
        found += [one] if one is not None else spots
    return [replace(spot, is_unclear=True) for spot in found]


def _likeliest(spots: Sequence[Spot]) -> Spot | None:
    """Return the meaning that stands out; None if none does."""
    first, *rest = sorted(spots, key=lambda spot: -spot.weight)
    if any(spot.is_unclear for spot in spots):
        return None
    if not rest:
        return first
    if len(spots) == 2 and (both := _both(first, rest[0])) is not None:
        inner = next((spot for spot in spots if spot.city), both)
        is_city = inner.hub or inner.country in _CITY_STATES or inner.weight >= _CITY_AS_REGION
        return (
            inner if is_city else min(spots, key=lambda spot: (spot.city is not None, spot.hub is not None))
        )
    ratio = first.weight / max(rest[0].weight, 1.0)
    is_dominant = ratio >= _OVERWHELMING or (ratio >= _DOMINANT and rest[0].weight < _SMALL)
    return first if is_dominant else None
