"""Mappings: which of a lead's values goes into which field of theirs (`config/connectors/<name>.toml`)."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sourcing.errors import ConfigError, UnknownName
from sourcing.export.lead import EVIDENCE_MAX, Lead
from sourcing.export.policy import Use
from sourcing.settings import Settings
from spiders.spec import merge

FOLDER: Final = "connectors"
Value = str | float | None


class Kind(StrEnum):
    """How leads get there: as a file somebody imports, or through the system's own interface."""

    FILE = "file"
    SYSTEM = "system"


class Mapping(BaseModel):
    """One target. fields: theirs to ours, in their order. once: written when a record is made, never again.

    reserved: what the system knows a lead by and what recruiters decide there: no field is called so, in whatever case.
    needs: values without which a lead cannot go there. rows_max: rows of one file. secret: the variable it is in.
    whole: it takes leads as they are, so that whatever changes in one is sent, mapped or not.
    options: what the system needs to know beside, as the id of a source; a mapping's own connector reads them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    title: str = Field(min_length=1)
    kind: Kind
    version: int = Field(ge=1)
    use: Use = Use.RECORD
    fields: dict[str, str] = Field(min_length=1)
    once: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    warns: str | None = None
    whole: bool = False
    rows_max: int | None = Field(default=None, ge=1)
    chars_max: int = Field(default=30_000, ge=100)
    url: str = Field(default="", pattern=r"^(https://[^\s]+)?$")
    secret: str | None = Field(default=None, pattern=r"^SOURCER_[A-Z_]+$")
    options: dict[str, str] = {}

    @model_validator(mode="after")
    def _names_what_is_there(self) -> "Mapping":
        for one in (*self.fields.values(), *self.needs):
            if one not in VALUES:
                raise ValueError(f"unknown value {one!r}; known: {', '.join(sorted(VALUES))}")
        kept = {one.casefold() for one in self.reserved}
        for one in self.fields:
            if one.casefold() in kept:
                raise ValueError(
                    f"{one!r} is no field to fill: leads are known by it, or recruiters decide it there"
                )
        for one in self.once:
            if one not in self.fields:
                raise ValueError(f"`once` names {one!r}, which is no field")
        if self.kind is Kind.SYSTEM and self.secret is None:
            raise ValueError("a system needs the name of the variable that holds its secret")
        return self

    @property
    def label(self) -> str:
        """Return it as a plan names it: `hubspot v2`."""
        return f"{self.name} v{self.version}"

    def row(self, lead: Lead) -> dict[str, Value]:
        """Return a lead as this target has it: every field in order, texts cut at `chars_max`."""
        return {theirs: _cut(VALUES[ours](lead), self.chars_max) for theirs, ours in self.fields.items()}

    def missing(self, lead: Lead) -> str | None:
        """Return the first value a lead cannot go there without and does not have."""
        return next((one for one in self.needs if VALUES[one](lead) is None), None)

    def digests(self, lead: Lead) -> dict[str, str]:
        """Return what tells a changed field from an unchanged one, by field; those written once are left out."""
        return {
            theirs: digest_of(_grounds(lead) if ours in _COUNTING else VALUES[ours](lead))
            for theirs, ours in self.fields.items()
            if theirs not in self.once
        }


def digest_of(value: Any) -> str:
    """Return 16 hex digits that tell a value from another."""
    text = json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def places(settings: Settings) -> list[Path]:
    """Return where mappings are read from: shipped, the operator's own, and what was saved on the page, below home."""
    return [*settings.roots, saved(settings)]


def saved(settings: Settings) -> Path:
    """Return where what is saved on the page lies: apart from the operator's own files, which hold addresses, too."""
    return settings.home / "edited"


def of(settings: Settings, name: str) -> Mapping:
    """Return a target as it is in force in this installation. Raises as `load`."""
    return load(name, places(settings))


def names(roots: Sequence[Path], kind: Kind | None = None) -> list[str]:
    """Return the names of all targets, of one kind if given, in order of names."""
    found = sorted({path.stem for root in roots for path in (root / FOLDER).glob("*.toml")})
    return [name for name in found if kind is None or load(name, roots).kind is kind]


def load(name: str, roots: Sequence[Path]) -> Mapping:
    """Return a target, the shipped file with the operator's own laid over it.

    Raises UnknownName, ConfigError naming file and key.
    """
    paths = [path for root in roots if (path := root / FOLDER / f"{name}.toml").is_file()]
    if not paths or "/" in name:
        raise UnknownName("connector", name, names(roots))
    table: dict[str, Any] = {}
    try:
        for path in paths:
            table = merge(table, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the mapping: {error}", path=path) from error
    return made({**table, "name": name}, paths[-1])


def made(table: dict[str, Any], path: Path) -> Mapping:
    """Return a target of what its files say; a field that a later one empties is none. Raises ConfigError naming key.

    path: the file to name.
    """
    fields = table.get("fields")
    if isinstance(fields, dict):
        table = {**table, "fields": {theirs: ours for theirs, ours in fields.items() if ours != ""}}
    try:
        return Mapping.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"].removeprefix("Value error, "), path=path, key=key) from error


def _cut(value: Value, chars_max: int) -> Value:
    if isinstance(value, str) and len(value) > chars_max:
        return value[: chars_max - 1] + "…"
    return value


def _link(kind: str) -> Callable[[Lead], Value]:
    return lambda lead: next((link.url for link in lead.links if link.kind == kind), None)


def _spot(part: str) -> Callable[[Lead], Value]:
    return lambda lead: getattr(lead.location, part) if lead.location is not None else None


def _attribute(name: str) -> Callable[[Lead], Value]:
    return lambda lead: getattr(lead, name)


def _evidence(number: int, *, is_url: bool) -> Callable[[Lead], Value]:
    def value(lead: Lead) -> Value:
        if number >= len(lead.evidence):
            return None
        one = lead.evidence[number]
        return one.url if is_url else f"{one.date} {one.title}" if one.date else one.title

    return value


def _source(part: str) -> Callable[[Lead], Value]:
    def value(lead: Lead) -> Value:
        first = min(lead.sources, key=lambda one: (one.first_seen, one.name), default=None)
        if first is None:
            return None
        return first.first_seen.date().isoformat() if part == "first_seen" else str(getattr(first, part))

    return value


def _name_as_last(lead: Lead) -> Value:
    """Return a last name for a system that refuses a record without one: never an invented one, but the key."""
    return lead.last_name or lead.full_name or lead.lead_key


def _band(lead: Lead) -> Value:
    """Return Hot, Warm or Cold, as Salesforce rates leads: by the thirds of the scale."""
    if lead.score is None:
        return None
    return "Hot" if lead.score >= 66 else "Warm" if lead.score >= 33 else "Cold"


def _story(lead: Lead) -> Value:
    """Return why and where to look, several lines, for a description or a note."""
    lines = [*lead.why, *(f"{one.date or 'undated'} {one.title} {one.url}" for one in lead.evidence)]
    lines += [link.url for link in lead.links] + ([lead.profile_url] if lead.profile_url else [])
    return "\n".join(lines) or None


def _grounds(lead: Lead) -> Any:
    return [lead.factors, [one.url for one in lead.evidence], [one.url for one in lead.links]]


_COUNTING = frozenset({"why", "story"})
"""Values whose sentences count days: they change every night by themselves, so their grounds are compared."""

VALUES: Final[dict[str, Callable[[Lead], Value]]] = {
    "lead_key": _attribute("lead_key"),
    "first_name": _attribute("first_name"),
    "last_name": _attribute("last_name"),
    "last_name_needed": _name_as_last,
    "full_name": _attribute("full_name"),
    "full_name_needed": lambda lead: lead.full_name or lead.lead_key,
    "headline": _attribute("headline"),
    "org": _attribute("org"),
    "city": _spot("city"),
    "region": _spot("region"),
    "country": _spot("country"),
    "location": _spot("text"),
    "homepage": _link("homepage"),
    "code": _link("code"),
    "papers": _link("papers"),
    "other": lambda lead: " ".join(link.url for link in lead.links if link.kind == "other") or None,
    "contact_url": lambda lead: lead.contact.published_at_url if lead.contact is not None else None,
    "email": lambda lead: None,  # no address is kept (TRUST P21); a mapping may name the field all the same
    "specialism": _attribute("specialism"),
    "score": _attribute("score"),
    "confidence": _attribute("confidence"),
    "level": _attribute("level"),
    "rating": _band,
    "why": lambda lead: "; ".join(lead.why) or None,
    "story": _story,
    "source": _source("name"),
    "source_url": _source("url"),
    "first_seen": _source("first_seen"),
    "shortlist": _attribute("shortlist"),
    "stage": _attribute("stage"),
    "tags": lambda lead: ", ".join(lead.tags) or None,
    "notes": _attribute("note_summary"),
    "profile_url": _attribute("profile_url"),
    "legal_basis": lambda lead: lead.privacy.legal_basis,
    "notice_due": lambda lead: lead.privacy.notice_due_at.date().isoformat(),
    "notice_sent": lambda lead: (
        lead.privacy.notice_sent_at.date().isoformat() if lead.privacy.notice_sent_at is not None else None
    ),
    "keep_until": lambda lead: lead.privacy.keep_until.date().isoformat(),
    "exported_at": lambda lead: lead.exported_at.isoformat(timespec="seconds"),
    **{f"evidence_{at + 1}": _evidence(at, is_url=False) for at in range(EVIDENCE_MAX)},
    **{f"evidence_{at + 1}_url": _evidence(at, is_url=True) for at in range(EVIDENCE_MAX)},
}
