"""The access report (GDPR Art. 15): everything that is held about one person, why, from where, and who received it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sourcing import explained, jurisdictions, people
from sourcing.explained import Explained
from sourcing.privacy.held import HAND_OVER, LEFT_OUT
from sourcing.settings import Settings, pepper
from storage import audit, disclosure, persons
from storage.engine import Store
from storage.subjects import PepperKeyer

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who holds it, why, how long, and what the person may do."""

    controller: str | None
    contact: str | None
    purpose: str
    legal_basis: str
    balancing: str
    keep_pool_days: int
    keep_contacted_days: int
    profiles: tuple[str, ...]
    answer_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One table. purposes: by column, why it is kept. rows: every one about the person."""

    table: str
    purposes: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is handed over. scores: with their reasons. left_out: what is held beside and not in here, in words."""

    person: str
    made_at: datetime
    terms: Terms
    scores: Sequence[Explained]
    held: Sequence[Held]
    left_out: str


def make(store: Store, settings: Settings, key: str, *, actor: str, now: datetime) -> Report:
    """Return the report of a person, whoever hides them; writes the audit log. Raises NotFound."""
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        living = persons.resolve_key(tx, key)
        audit.append(tx, at=now, actor=actor, action=HAND_OVER, subject=living, detail={})
    with store.read() as tx:
        sheet = people.sheet(tx, living, to_themselves=True)
        rows = disclosure.rows(tx, disclosure.whose(tx, living, keyer=keyer))
    columns = disclosure.exportable()
    return Report(
        person=living,
        made_at=now,
        terms=_terms(settings),
        scores=explained.explain(sheet, roots=settings.roots, now=now),
        held=[
            Held(
                table=name,
                purposes={one.name: str(one.info["purpose"]) for one in columns[name]},
                rows=told,
            )
            for name, told in rows.items()
        ],
        left_out=LEFT_OUT,
    )


def as_json(report: Report) -> str:
    """Return the report for machines."""
    return json.dumps(asdict(report), default=_plain, ensure_ascii=False, indent=1) + "\n"


def as_html(report: Report) -> str:
    """Return the report for people: one page without scripts, everything in it escaped."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return made.get_template("report.html").render(report=report)


def _terms(settings: Settings) -> Terms:
    privacy, operator = settings.privacy, settings.operator
    return Terms(
        controller=operator.controller,
        contact=operator.contact,
        purpose=privacy.purpose,
        legal_basis=privacy.legal_basis,
        balancing=privacy.balancing,
        keep_pool_days=privacy.keep_pool_days,
        keep_contacted_days=privacy.keep_contacted_days,
        profiles=privacy.profiles,
        answer_days=jurisdictions.duties(settings).answer_days,
    )


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
