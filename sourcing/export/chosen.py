"""What of a person may leave: each field's best value whose source, place, use and wish the policy allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sourcing import places
from sourcing.export.policy import Case, Part, Table, Use, Verdict, Wish
from storage.model import Evidence, Person
from storage.published import Opened, Said, Seen

HEADLINE_MAX_CHARS = 300
_CODE = "https://github.com/"
_PAPERS = ("arxiv.org/", "openreview.net/", "aclanthology.org/", "scholar.google.", "orcid.org/")
_LINKS = (Part.HOMEPAGE, Part.CODE, Part.PAPERS, Part.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address a person may open. kind: homepage, code, papers, other."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where somebody says they are. region: ISO 3166-2, country: ISO 3166-1; text: their own words."""

    city: str | None
    region: str | None
    country: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something about the person was read."""

    name: str
    url: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where somebody published a way to reach them, for work. No address is kept, so none can leave (TRUST P21)."""

    published_at_url: str
    published_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A field that stays here, and the rule that keeps it. terms: address of the terms, None for an unknown source."""

    field: str
    rule: str
    why: str
    terms: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that is published about one person. said, opened, seen: by identity."""

    said: Mapping[str, Sequence[Said]]
    opened: Mapping[str, Sequence[Opened]]
    seen: Mapping[str, Seen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What may leave; None and empty where nothing may. withheld: each field once, by name."""

    name: str | None
    headline: str | None
    org: str | None
    location: Spot | None
    links: tuple[Link, ...]
    contact: Contact | None
    evidence: tuple[Evidence, ...]
    sources: tuple[Source, ...]
    withheld: tuple[Withheld, ...]
    place: str


class _Sieve:
    """Holds values against the table and remembers what it kept back."""

    def __init__(self, table: Table, case: Case) -> None:
        self._table, self._case = table, case
        self._kept: dict[tuple[str, str], Withheld] = {}
        self._given: set[str] = set()

    def lets(self, field: Part, sources: Iterable[str]) -> bool:
        found: Verdict = self._table.best(field, set(sources), self._case)
        if found.allowed:
            self._given.add(field)
        else:
            self._kept.setdefault(
                (field, found.rule), Withheld(field=field, rule=found.rule, why=found.why, terms=found.terms)
            )
        return found.allowed

    def first(self, field: Part, values: Mapping[str, set[str]]) -> str | None:
        """Return the first value that some source of it allows."""
        return next((value for value, sources in values.items() if self.lets(field, sources)), None)

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """Return what was kept back; of a field with one value, only if no other value could stand in for it."""
        one = {Part.NAME, Part.HEADLINE, Part.ORG, Part.LOCATION, Part.CONTACT}
        kept = [
            held for (field, _), held in self._kept.items() if not (field in one and field in self._given)
        ]
        return tuple(sorted(kept, key=lambda held: (held.field, held.rule)))


def choose(
    person: Person, published: Published, evidence: Sequence[Evidence], *, table: Table, use: Use
) -> Chosen:
    """Return what of a person may leave for a use. evidence: of the score's points, any order; its order is kept."""
    said = sorted(
        (one for identity in person.identities for one in published.said.get(identity, ())),
        key=lambda one: (-one.seen_at.timestamp(), one.attribute, one.value, one.identity, one.source),
    )
    opened = [one for identity in person.identities for one in published.opened.get(identity, ())]
    place = table.place_of([one.value for one in said if one.attribute == "location"])
    case = Case(place=place, use=use, wish=Wish.OPENED if opened else Wish.SILENT)
    sieve = _Sieve(table, case)
    names = _values(said, "name")
    if person.name in names:  # the fullest that most sources use goes before the newest
        names = {person.name: names[person.name]} | names
    headline = sieve.first(Part.HEADLINE, _values(said, "summary"))
    told = next((one for one in opened if sieve.lets(Part.CONTACT, [one.source])), None)
    return Chosen(
        name=sieve.first(Part.NAME, names),
        headline=headline[:HEADLINE_MAX_CHARS] if headline is not None else None,
        org=sieve.first(Part.ORG, _values(said, "affiliation")),
        location=_spot(sieve.first(Part.LOCATION, _values(said, "location"))),
        links=_links(said, sieve),
        contact=Contact(published_at_url=told.url, published_seen=told.seen_at) if told is not None else None,
        evidence=tuple(one for one in evidence if sieve.lets(Part.EVIDENCE, [one.source])),
        sources=_sources(said, published.seen, sieve),
        withheld=sieve.withheld,
        place=place,
    )


def _values(said: Iterable[Said], attribute: str) -> dict[str, set[str]]:
    """Return the values of an attribute with the sources that tell each, newest first."""
    found: dict[str, set[str]] = {}
    for one in said:
        if one.attribute == attribute:
            found.setdefault(one.value, set()).add(one.source)
    return found


def _spot(text: str | None) -> Spot | None:
    if text is None:
        return None
    found = places.parse(text)
    return Spot(city=found.city, region=found.region, country=found.country, text=text)


def _links(said: Sequence[Said], sieve: _Sieve) -> tuple[Link, ...]:
    """Return the addresses a person published, web addresses only, each once: by kind, then newest first."""
    found: dict[str, tuple[Part, set[str]]] = {}
    accounts: set[str] = set()

    def add(url: str, kind: Part, source: str) -> None:
        if url.startswith(("https://", "http://")):
            found.setdefault(url, (kind, set()))[1].add(source)

    for one in said:
        if one.attribute == "homepage":
            add(one.value, Part.HOMEPAGE, one.source)
    for one in said:
        if one.attribute == "handle" and one.identity.startswith("github:") and one.identity not in accounts:
            accounts.add(one.identity)  # the newest login; its former ones lead nowhere
            add(f"{_CODE}{one.value}", Part.CODE, one.source)
        elif one.attribute == "link":
            add(one.value, _kind(one.value), one.source)
        elif one.attribute == "orcid":
            add(f"https://orcid.org/{one.value}", Part.PAPERS, one.source)
    kept = [(kind, url) for url, (kind, sources) in found.items() if sieve.lets(kind, sources)]
    ordered = sorted(kept, key=lambda pair: _LINKS.index(pair[0]))
    return tuple(Link(kind=kind.value, url=url) for kind, url in ordered)


def _kind(url: str) -> Part:
    if url.startswith(_CODE):
        return Part.CODE
    return Part.PAPERS if any(place in url for place in _PAPERS) else Part.OTHER


def _sources(said: Sequence[Said], seen: Mapping[str, Seen], sieve: _Sieve) -> tuple[Source, ...]:
    """Return where each identity was read last, one line an identity, in order of identities."""
    newest: dict[str, Said] = {}
    for one in said:
        if one.url and one.identity in seen and sieve.lets(Part.SOURCE, [one.source]):
            newest.setdefault(one.identity, one)
    return tuple(
        Source(name=one.source, url=one.url, first_seen=seen[key].first, last_seen=seen[key].last)
        for key, one in sorted(newest.items())
    )
