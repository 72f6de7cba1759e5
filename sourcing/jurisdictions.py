"""What laws ask, as numbers: notices, days to answer, records, human review; of several profiles the strictest."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import ConfigError, UnknownName
from sourcing.settings import Settings
from spiders.spec import merge
from storage.notices import Rules, business_days_after

_FILE = "jurisdictions.toml"


class Profile(BaseModel):
    """One jurisdiction as its file says; days of 0 are not asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    notice_days: int = Field(default=30, ge=1, le=30)
    from_collection: bool = False
    answer_days: int = Field(ge=1, le=45)
    confirm_business_days: int = Field(default=0, ge=0, le=30)
    advance_business_days: int = Field(default=0, ge=0, le=30)
    records_days: int = Field(default=183, ge=183)
    human_review: bool = False
    impact_report: bool = False
    opt_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What applies to one installation. names: of the profiles, as chosen. Days as in `Profile`."""

    names: tuple[str, ...]
    notice_days: int
    from_collection: bool
    answer_days: int
    confirm_business_days: int
    advance_business_days: int
    records_days: int
    human_review: bool
    impact_report: bool
    opt_out: bool

    @property
    def rules(self) -> Rules:
        """Return what the notices are counted by."""
        return Rules(
            notice_days=self.notice_days,
            from_collection=self.from_collection,
            advance_business_days=self.advance_business_days,
        )


def load(roots: Sequence[Path]) -> dict[str, Profile]:
    """Return every profile by name, the operator's own laid over the shipped ones. Raises ConfigError."""
    table: dict[str, Any] = {}
    for path in (root / _FILE for root in roots):
        if path.is_file():
            table = merge(table, tomllib.loads(path.read_text(encoding="utf-8")))
    try:
        return {name: Profile.model_validate(table[name]) for name in sorted(table) if name != "title"}
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"], path=_FILE, key=key) from error


def duties(settings: Settings) -> Duties:
    """Return what applies: of the chosen profiles the strictest, and never less than the settings promise.

    Raises UnknownName for a profile there is none of, ConfigError where records are kept for too short a time (P14).
    """
    known, privacy = load(settings.roots), settings.privacy
    for name in privacy.profiles:
        if name not in known:
            raise UnknownName("profile", name, known)
    chosen = [known[name] for name in privacy.profiles]
    longest = max(chosen, key=lambda one: one.records_days)
    if privacy.keep_log_days < longest.records_days:
        raise ConfigError(
            f"{longest.name} wants records of {longest.records_days} days, the event log is kept for "
            f"{privacy.keep_log_days}; raise it or choose other profiles",
            path="sourcer.toml",
            key="privacy.keep_log_days",
        )
    confirm = [one.confirm_business_days for one in chosen if one.confirm_business_days]
    return Duties(
        names=privacy.profiles,
        notice_days=min(privacy.notice_days, *(one.notice_days for one in chosen)),
        from_collection=any(one.from_collection for one in chosen),
        answer_days=min(one.answer_days for one in chosen),
        confirm_business_days=min(confirm, default=0),
        advance_business_days=max(one.advance_business_days for one in chosen),
        records_days=longest.records_days,
        human_review=privacy.human_review or any(one.human_review for one in chosen),
        impact_report=any(one.impact_report for one in chosen),
        opt_out=any(one.opt_out for one in chosen),
    )


def answer_by(found: Duties, opened: datetime) -> datetime:
    """Return until when a request must be answered."""
    return opened + timedelta(days=found.answer_days)


def confirm_by(found: Duties, opened: datetime) -> datetime | None:
    """Return until when its receipt must be confirmed; None where nothing asks for it."""
    days = found.confirm_business_days
    return business_days_after(opened, days) if days else None
