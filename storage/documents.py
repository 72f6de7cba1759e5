"""What search knows of people, read from the facts: names, handles, titles, what they state, values of fields."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Connection, exists, select

from spiders.records import IdentityKind
from storage.statements import HEARSAY, stands
from storage.tables import person, person_identity, signal, statement, work
from storage.traits import TOLD, Traits

_NOBODY = (str(IdentityKind.BOT), str(IdentityKind.ORGANISATION))
# A title says what a person does; the newest few hundred say it often enough.
_TITLES_MAX = 400
_HAS_BY_WORK = {
    "paper": "papers",
    "commit": "code",
    "pull_request": "code",
    "repository": "repos",
    "post": "posts",
    "talk": "talks",
    "model": "models",
    "package": "packages",
}


@dataclass(slots=True, kw_only=True)
class Document:
    """Everything search knows of one person. titles: newest first. Days: of the newest signal, of what was read."""

    name: str | None = None
    names: dict[str, None] = field(default_factory=dict)
    handles: dict[str, None] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    orgs: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    facets: set[tuple[str, str]] = field(default_factory=set)
    active_on: date | None = None
    seen_on: date | None = None
    new_on: date | None = None


def read(tx: Connection, keys: Collection[str]) -> Mapping[str, Document]:
    """Return what search knows of living people by key; bots and organisations are left out."""
    found: defaultdict[str, Document] = defaultdict(Document)
    people = (
        select(person.c.key, person.c.name, person.c.first_seen, person.c.last_seen)
        .where(person.c.key.in_(keys), person.c.kind.not_in(_NOBODY))
        .where(exists().where(person_identity.c.person == person.c.key))
    )
    for row in tx.execute(people):
        found[row.key] = Document(name=row.name, seen_on=row.last_seen.date(), new_on=row.first_seen.date())
    living = person_identity.c.person.in_(sorted(found))
    said = (
        select(person_identity.c.person, statement.c.attribute, statement.c.value, statement.c.source)
        .select_from(person_identity.join(statement, statement.c.identity == person_identity.c.identity))
        .where(living, stands(statement, statement.c.identity))
        .order_by(person_identity.c.person, statement.c.attribute, statement.c.value)
    )
    for one, attribute, value, source in tx.execute(said):
        _say(found[one], attribute, value, source)
    _add_works(tx, found, living)
    return found


def _say(one: Document, attribute: str, value: str, source: str) -> None:
    one.facets.add(("source", source))
    match attribute:
        case "name":
            one.names[value] = None
        case "handle":
            one.handles[value] = None
        case "affiliation":
            one.orgs[value] = None
        case "location":
            one.places[value] = None
        case "homepage" | "orcid":
            one.facets.add(("has", attribute))
        case "email" if source not in HEARSAY:  # an address in a history was not put up to be written to
            one.facets.add(("has", "published-email"))


def _add_works(tx: Connection, found: Mapping[str, Document], living: ColumnElement[bool]) -> None:
    done = (
        select(
            person_identity.c.person,
            signal.c.id,
            signal.c.kind,
            signal.c.source,
            signal.c.occurred_at,
            work.c.kind.label("work_kind"),
            work.c.title,
            *TOLD,
        )
        .join(signal, signal.c.identity == person_identity.c.identity)
        .join(work, work.c.id == signal.c.work, isouter=True)
        .where(living, stands(signal, signal.c.id), stands(signal, signal.c.work))
        .order_by(
            person_identity.c.person,
            signal.c.occurred_at.desc().nulls_last(),
            signal.c.id,
            work.c.source,
        )
    )
    told: defaultdict[str, Traits] = defaultdict(Traits)
    last = None
    for row in tx.execute(done):
        if row.id == last:
            continue  # a second source's description of the same work
        last = row.id
        one = found[row.person]
        one.facets.add(("source", row.source))
        if row.kind == "reviewed":
            one.facets.add(("has", "reviews"))
        elif row.work_kind in _HAS_BY_WORK:
            one.facets.add(("has", _HAS_BY_WORK[row.work_kind]))
        told[row.person].add(row)
        if row.title is not None and len(one.titles) < _TITLES_MAX:
            one.titles.append(row.title)
        if row.occurred_at is not None:
            day = row.occurred_at.date()
            one.active_on = day if one.active_on is None else max(one.active_on, day)
    for key, traits in told.items():
        found[key].facets.update(traits.pairs())
