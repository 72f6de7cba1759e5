"""A draft of a first message: one hook, what the role is, and how not to hear from us again. Somebody else sends it.

Letters are templates in `config/outreach`; what a sender must write alone stands in brackets. Nothing is sent.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from sourcing.errors import BadInput, ConfigError, NotAllowed, UnknownName
from sourcing.outreach.hooks import Hook
from sourcing.settings import Settings
from spiders.clients.names import plain

TEMPLATE = "plain"
LANGUAGE = "en"
FACT_MAX = 300
_WORDS = "words"  # the one file beside the templates


class Letter(BaseModel):
    """The parts of a letter in one language, each a Jinja template."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(min_length=1)
    greeting: str = Field(min_length=1)
    opening: str = Field(min_length=1)
    offer: str = Field(min_length=1)
    opt_out: str = Field(min_length=1)


class _Letters(RootModel[dict[str, Letter]]):
    """A template: its letters by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What somebody is asked for. name: of the role. work: the specialism in words, fact: more of the sender's own."""

    name: str
    work: str | None = None
    fact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message nobody has sent. opening: the part a language model may have reworded, `by` whom: template or model.

    note: why a model's words were not taken, None if none were asked for or they were.
    """

    subject: str
    greeting: str
    opening: str
    offer: str
    opt_out: str
    hook: Hook
    by: str = "template"
    note: str | None = None

    @property
    def body(self) -> str:
        """Return the whole message as plain text, without its subject."""
        return "\n\n".join((self.greeting, self.opening, self.offer, self.opt_out)) + "\n"


def write(
    hook: Hook,
    role: Role,
    settings: Settings,
    *,
    name: str | None,
    template: str = TEMPLATE,
    language: str = LANGUAGE,
) -> Draft:
    """Return a draft about a hook. name: of whom it is for, None leaves it out.

    Raises UnknownName for a template or a language there is none of, ConfigError for one that cannot be filled in,
    BadInput for a fact too long, NotAllowed if we do not say who we are and where people see what is held (P04).
    """
    letter = load(settings.roots, template, language)
    if role.fact is not None and len(role.fact) > FACT_MAX:
        raise BadInput(f"say of the role in at most {FACT_MAX} characters; the rest belongs into the talk")
    values = {
        "name": plain(name),
        "title": hook.title,
        "url": hook.url,
        "on": hook.on.isoformat(),
        "asks": hook.asks,
        "role": plain(role.name),
        "work": plain(role.work),
        "fact": (plain(role.fact) or "").rstrip("."),
        "controller": settings.operator.controller,
        "notice": where_held(settings),
    }
    made = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
    try:
        parts = {
            part: made.from_string(getattr(letter, part)).render(values).strip()
            for part in Letter.model_fields
        }
    except TemplateError as error:
        raise ConfigError(f"the letter {template!r} cannot be written: {error}", key=language) from error
    return Draft(hook=hook, **parts)


def where_held(settings: Settings) -> str:
    """Return where people read what is held of them. Raises NotAllowed if nobody said who is responsible (P04)."""
    place = f"{settings.web.public_url}/privacy" if settings.web.public_url else settings.operator.contact
    if settings.operator.controller is None or not place:
        raise NotAllowed(
            "P04",
            "no draft without saying who writes: set controller and contact under [operator] in sourcer.toml",
        )
    return f"{settings.operator.controller}, {place}"


def load(roots: Sequence[Path], template: str, language: str) -> Letter:
    """Return a letter; the operator's own file replaces the shipped one. Raises UnknownName, ConfigError."""
    found = {path.stem: path for root in roots for path in sorted((root / "outreach").glob("*.toml"))}
    found.pop(_WORDS, None)
    if template not in found:
        raise UnknownName("template", template, found)
    path = found[template]
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        table.pop("title", None)
        letters = _Letters.model_validate(table).root
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(f"no letter can be read: {error}", path=path) from error
    if language not in letters:
        raise UnknownName("language", language, letters)
    return letters[language]


def plain_words(roots: Sequence[Path]) -> frozenset[str]:
    """Return the words a language model may use of its own. Raises ConfigError."""
    path = next(path for root in reversed(roots) if (path := root / "outreach" / f"{_WORDS}.toml").is_file())
    try:
        return frozenset(str(tomllib.loads(path.read_text(encoding="utf-8"))["words"]).split())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(f"the list of plain words cannot be read: {error}", path=path) from error
