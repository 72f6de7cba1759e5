"""What may leave: one table of field, source terms, place, use and the person's own wish (`config/policy.toml`).

Strict by default: what no rule allows stays here, and so does everything from a source without terms. What a program
works out itself (a score, its sentences) and what recruiters wrote is under no source's terms.
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sourcing import places
from sourcing.errors import ConfigError
from spiders.spec import merge

FILE = "policy.toml"
ANY = "*"
UNKNOWN_SOURCE, UNLISTED = "unknown-source", "not-listed"
ELSEWHERE, UNKNOWN = "elsewhere", "unknown"


class Part(StrEnum):
    """What people publish and a lead may hold."""

    NAME = "name"
    HEADLINE = "headline"
    ORG = "org"
    LOCATION = "location"
    HOMEPAGE = "homepage"
    CODE = "code"
    PAPERS = "papers"
    OTHER = "other"
    CONTACT = "contact"
    EMAIL = "email"
    EVIDENCE = "evidence"
    SOURCE = "source"


class Use(StrEnum):
    """What the receiver is for: a record of the team's own, or a list made for writing to people."""

    RECORD = "record"
    MAIL = "mail"


class Wish(StrEnum):
    """What a person says in public of being approached."""

    SILENT = "silent"
    OPENED = "opened"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Whose field, and for what. place: a name of the table's places, `elsewhere` or `unknown`."""

    place: str = UNKNOWN
    use: Use = Use.RECORD
    wish: Wish = Wish.SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a value may leave. rule: id of the rule that decided. terms: their address, None for a source without."""

    allowed: bool
    rule: str
    why: str
    terms: str | None


class Terms(BaseModel):
    """What some sources ask of whoever uses what they publish."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https://")
    sources: tuple[str, ...] = Field(min_length=1)


class Rule(BaseModel):
    """One row of the table; a list that is left out means every one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z-]{2,40}$")
    fields: tuple[Part | Literal["*"], ...] = ("*",)
    terms: tuple[str, ...] = (ANY,)
    places: tuple[str, ...] = (ANY,)
    uses: tuple[Use | Literal["*"], ...] = ("*",)
    wishes: tuple[Wish | Literal["*"], ...] = ("*",)
    allow: bool
    why: str = Field(min_length=10)

    def fits(self, field: Part, terms: str, case: Case) -> bool:
        """Return whether this row speaks of a field under some terms."""
        return all(
            ANY in said or one in said
            for one, said in (
                (field, self.fields),
                (terms, self.terms),
                (case.place, self.places),
                (case.use, self.uses),
                (case.wish, self.wishes),
            )
        )


class Table(BaseModel):
    """The whole table. places: countries (ISO 3166-1, or 3166-2 for a part of one) by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    places: dict[str, tuple[str, ...]]
    terms: dict[str, Terms]
    rule: tuple[Rule, ...]

    @model_validator(mode="after")
    def _names_what_is_there(self) -> "Table":
        ids = [one.id for one in self.rule]
        if len(ids) != len(set(ids)):
            raise ValueError("two rules bear one id")
        known = {*self.places, ELSEWHERE, UNKNOWN, ANY}
        for one in self.rule:
            if unknown := (set(one.terms) - {*self.terms, ANY}) | (set(one.places) - known):
                raise ValueError(
                    f"rule {one.id!r} names {sorted(unknown)[0]!r}, which is no terms and no place"
                )
        return self

    @cached_property
    def _by_source(self) -> dict[str, str]:
        return {source: name for name, terms in self.terms.items() for source in terms.sources}

    def decide(self, field: Part, source: str, case: Case) -> Verdict:
        """Return whether a field that a source tells of may leave: the first rule that fits says."""
        name = self._by_source.get(source)
        if name is None:
            why = f"nothing is written of the terms of {source!r}: name it under [terms] in {FILE}"
            return Verdict(allowed=False, rule=UNKNOWN_SOURCE, why=why, terms=None)
        url = self.terms[name].url
        for one in self.rule:
            if one.fits(field, name, case):
                return Verdict(allowed=one.allow, rule=one.id, why=one.why, terms=url)
        return Verdict(allowed=False, rule=UNLISTED, why="no rule allows it", terms=url)

    def best(self, field: Part, sources: Collection[str], case: Case) -> Verdict:
        """Return the verdict on a value that several sources tell alike: one that allows it is enough."""
        found = [self.decide(field, source, case) for source in sorted(sources)]
        return next((one for one in found if one.allowed), found[0])

    def place_of(self, locations: Sequence[str]) -> str:
        """Return the place of whoever says these locations of themselves; `unknown` unless they agree on a country."""
        spot = places.together(places.parse(text) for text in locations)
        if spot.country is None:
            return UNKNOWN
        inner = {spot.country, *([spot.region] if spot.region is not None else [])}
        # a part of a country is told apart before the country is
        rows = sorted(self.places.items(), key=lambda row: not any("-" in code for code in row[1]))
        return next((name for name, codes in rows if inner & set(codes)), ELSEWHERE)


def load(roots: Sequence[Path]) -> Table:
    """Return the shipped table with the operator's own laid over it. Raises ConfigError naming file and key."""
    table: dict[str, Any] = {}
    for path in (root / FILE for root in roots):
        try:
            table = merge(table, tomllib.loads(path.read_text(encoding="utf-8"))) if path.is_file() else table
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read the policy: {error}", path=path) from error
    try:
        return Table.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"].removeprefix("Value error, "), path=FILE, key=key) from error
