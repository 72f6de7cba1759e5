"""Telling people what is held about them: when it is due, in which words, and what happens if it is not done (P04)."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sourcing import jurisdictions, places
from sourcing.errors import ConfigError, UnknownName
from sourcing.settings import Settings
from storage import audit, notices, people, persons, statements
from storage.engine import Store
from storage.model import Hiding, MarkKind
from storage.notices import Clock

ACTION = "privacy.notice"
FALLBACK = "en"
_REASON = "was not told in time what is held"


class Text(BaseModel):
    """A notice in one language. countries: where it is read first. body: paragraphs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    language: str
    countries: tuple[str, ...]
    subject: str
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody who is to be told. since: first collected, or first listed, handed over or contacted."""

    person: str
    since: datetime
    due_at: datetime
    language: str
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A notice as a person reads it."""

    language: str
    subject: str
    body: tuple[str, ...]


def load(roots: Sequence[Path]) -> dict[str, Text]:
    """Return the texts by language, the operator's own in place of the shipped ones. Raises ConfigError."""
    found: dict[str, Text] = {}
    for root in roots:
        for path in sorted((root / "notices").glob("*.toml")):
            try:
                found[path.stem] = Text.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
            except (ValidationError, tomllib.TOMLDecodeError) as error:
                raise ConfigError(str(error).splitlines()[0], path=path) from error
    return found


def written(settings: Settings, language: str, *, page: str) -> Written:
    """Return the notice in a language with who answers for the collecting. page: address of the public page.

    Raises UnknownName for a language there is no text in.
    """
    texts = load(settings.roots)
    if language not in texts:
        raise UnknownName("language", language, texts)
    privacy, operator = settings.privacy, settings.operator
    values = {
        "controller": operator.controller or "–",
        "contact": operator.contact or "–",
        "page": page,
        "purpose": privacy.purpose,
        "basis": privacy.legal_basis,
        "balancing": privacy.balancing,
        "months": str(round(privacy.keep_pool_days / 30.4)),
        "days": str(jurisdictions.duties(settings).answer_days),
    }
    text = texts[language]
    return Written(
        language=language,
        subject=text.subject.format_map(values),
        body=tuple(part.format_map(values) for part in text.body),
    )


def due(store: Store, settings: Settings, *, now: datetime, overdue: bool = False) -> list[Due]:
    """Return who is to be told and was not, those due first; whoever wants to be left alone is left out.

    overdue: only whose time has passed.
    """
    rules, texts = jurisdictions.duties(settings).rules, load(settings.roots)
    with store.read() as tx:
        found = waiting(tx, settings)
        late = {key for key, (clock, _) in found.items() if notices.is_overdue(clock, rules, now)}
        chosen = sorted(late if overdue else found, key=lambda key: (found[key][1], key))
        languages = languages_of(tx, chosen, texts)
    return [
        Due(
            person=key,
            since=clock.collected_at if rules.from_collection else clock.used_at or at,
            due_at=at,
            language=languages[key],
            is_overdue=key in late,
        )
        for key in chosen
        for clock, at in (found[key],)
    ]


def waiting(tx: Any, settings: Settings) -> dict[str, tuple[Clock, datetime]]:
    """Return who is to be told and was not, by living key: their clock, and until when. Left out: who is left alone."""
    rules = jurisdictions.duties(settings).rules
    clocks = notices.clocks(tx, None if rules.from_collection else notices.used(tx))
    found = {
        key: (clock, at)
        for key, clock in clocks.items()
        if clock.told_at is None and (at := notices.due_at(clock, rules)) is not None
    }
    for key in people.kept_away(tx, found):
        del found[key]
    return found


def told(
    store: Store, settings: Settings, key: str, *, language: str | None, actor: str, now: datetime
) -> None:
    """Remember that a person was told and let them be shown again if only that was missing. language: None = theirs.

    Writes the audit log. Raises NotFound, UnknownName.
    """
    texts = load(settings.roots)
    if language is not None and language not in texts:
        raise UnknownName("language", language, texts)
    with store.begin() as tx:
        living = persons.resolve_key(tx, key)
        chosen = language or languages_of(tx, [living], texts)[living]
        audit.append(tx, at=now, actor=actor, action=ACTION, subject=living, detail={"language": chosen})
        notices.put(tx, living, language=chosen, actor=actor, now=now)
        people.unhide(tx, living, scope=Hiding.NOTICE)


def keep_out(store: Store, settings: Settings, *, actor: str, now: datetime) -> list[str]:
    """Keep everybody out of searches, shortlists and exports who should have been told by now; return who is new there.

    Whoever is hidden already stays so by whoever did it. Writes the audit log and marks.
    """
    late = [one.person for one in due(store, settings, now=now, overdue=True)]
    with store.begin() as tx:
        held = people.marks_of(tx, late, (MarkKind.HIDDEN,))
        visible = [key for key in late if key not in held]
        for key in visible:
            audit.append(tx, at=now, actor=actor, action="person.hide", subject=key, detail={"by": "notice"})
            people.hide(tx, key, scope=Hiding.NOTICE, actor=actor, reason=_REASON, now=now)
    return visible


def languages_of(tx: Any, keys: Sequence[str], texts: Mapping[str, Text]) -> dict[str, str]:
    """Return the language of each person's notice, by the country they state; English where it is not known."""
    by_country = {country: text.language for text in texts.values() for country in text.countries}
    found = persons.get_many(tx, keys)
    views = statements.identities(tx, [one for person in found.values() for one in person.identities])
    chosen: dict[str, str] = {}
    for key in keys:
        stated = (
            [views[one].location for one in found[key].identities if one in views] if key in found else []
        )
        countries = [(places.parse(text).country or "").lower() for text in stated if text]
        chosen[key] = next((by_country[one] for one in countries if one in by_country), FALLBACK)
    return chosen
