"""The lead/1 record: what leaves for a CRM or ATS about one person, and nothing else.

No e-mail address is in it: none of the sources of this release publishes one for contact (TRUST P21).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing.ranking import why
from storage.model import Evidence, IdentityView, Mark, MarkKind, Person, Score

FORMAT = "lead/1"
EVIDENCE_MAX = 5
_CODE = "https://github.com/"
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
_FAMILY_FIRST = re.compile(
    r"[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_PAPERS = ("arxiv.org/", "openreview.net/", "aclanthology.org/", "scholar.google.", "orcid.org/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address a person may open. kind: homepage, code, papers, other."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadEvidence:
    """One piece of evidence. date: day it became public, None = unknown."""

    date: str | None
    type: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSource:
    """Where something about the person was read."""

    name: str
    url: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the receiver must know. notice_due_at: when the person is to be told; keep_until: when to erase."""

    legal_basis: str
    notice_due_at: datetime
    keep_until: datetime
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead. why: sentences, strongest first. factors: name and points. list, stage, tags: as marked here."""

    lead_key: str
    full_name: str | None
    first_name: str | None
    last_name: str | None
    org: str | None
    location: str | None
    links: tuple[Link, ...]
    specialism: str
    specialism_version: str | None
    score: float | None
    confidence: float | None
    level: str
    why: tuple[str, ...]
    misses: tuple[str, ...]
    factors: tuple[tuple[str, float], ...]
    evidence: tuple[LeadEvidence, ...]
    sources: tuple[LeadSource, ...]
    shortlist: str | None
    stage: str | None
    tags: tuple[str, ...]
    privacy: Terms
    run_id: str | None
    exported_at: datetime
    format: str = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is the same for every lead of one export. keep_days, notice_days: from `now`."""

    specialism: str
    now: datetime
    keep_days: int
    notice_days: int
    shortlist: str | None = None
    legal_basis: str = "legitimate interest (GDPR Art. 6(1)(f))"


def lead(
    person: Person,
    occasion: Occasion,
    *,
    score: Score | None,
    evidence: Sequence[Evidence],
    identities: Sequence[IdentityView],
    marks: Sequence[Mark] = (),
) -> Lead:
    """Return the lead of one person. identities: all of the person's. evidence: of the score's points, any order."""
    first, last = split_name(person.name)
    now = occasion.now
    points = score.points if score is not None else ()
    return Lead(
        lead_key=person.key,
        full_name=person.name,
        first_name=first,
        last_name=last,
        org=_newest(identities, "affiliations"),
        location=next((view.location for view in _by_age(identities) if view.location), None),
        links=links(identities),
        specialism=occasion.specialism,
        specialism_version=score.version if score is not None else None,
        score=round(score.value, 1) if score is not None else None,
        confidence=round(score.confidence, 2) if score is not None else None,
        level=score.level if score is not None else "unknown",
        why=tuple(why.sentences(points, evidence, now)),
        misses=tuple(why.misses(points)),
        factors=tuple((part.factor, round(part.points, 1)) for part in points),
        evidence=strongest(score, evidence),
        sources=tuple(
            LeadSource(name=view.source, url=view.url, first_seen=view.first_seen, last_seen=view.last_seen)
            for view in sorted(identities, key=lambda view: view.id)
            if view.url
        ),
        shortlist=occasion.shortlist,
        stage=next((mark.value for mark in marks if mark.kind is MarkKind.STAGE), None),
        tags=tuple(sorted(mark.value for mark in marks if mark.kind is MarkKind.TAG)),
        privacy=Terms(
            legal_basis=occasion.legal_basis,
            notice_due_at=now + timedelta(days=occasion.notice_days),
            keep_until=now + timedelta(days=occasion.keep_days),
        ),
        run_id=score.run if score is not None else None,
        exported_at=now,
    )


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Return first and last name as address books want them; what cannot be told apart is all last name.

    Told apart by writing alone, never by guessing where somebody is from: `Family, Given` by its comma; small
    words inside a name (van, de la, bin) and suffixes (Jr., III) go with the last name. Scripts that may write the
    family name first (Han, Hangul, Kana) are not cut.
    """
    before, comma, after = (name or "").partition(",")
    if comma and after.strip() and before.strip() and not _is_suffix(after.strip()):
        return " ".join(after.split()), " ".join(before.split())
    parts = (name or "").split()
    if len(parts) < 2 or any(_FAMILY_FIRST.search(part) for part in parts):
        return None, " ".join(parts) or None
    end = len(parts) - 1
    while end > 1 and _is_suffix(parts[end]):
        end -= 1
    small = (at for at in range(1, end) if parts[at].islower() and parts[end] != parts[end].lower())
    start = next(small, end)
    return " ".join(parts[:start]), " ".join(parts[start:])


def _is_suffix(word: str) -> bool:
    return word.rstrip(".").replace(".", "").lower() in _SUFFIXES


def strongest(score: Score | None, evidence: Sequence[Evidence]) -> tuple[LeadEvidence, ...]:
    """Return at most five pieces, from the factors that earned most, each work once."""
    known = {item.signal: item for item in evidence}
    points = sorted(score.points if score is not None else (), key=lambda part: (-part.points, part.factor))
    ranked = [
        (at, -part.points, known[name])
        for part in points
        for at, name in enumerate(part.evidence)
        if name in known
    ]
    chosen: dict[str, LeadEvidence] = {}
    # the strongest of every factor first, then the second of every factor: five of a kind would say less
    for _, _, item in sorted(ranked, key=lambda entry: entry[:2]):
        day = item.published_on or (item.occurred_at.date() if item.occurred_at is not None else None)
        chosen.setdefault(
            item.counts_as or item.work,
            LeadEvidence(
                date=day.isoformat() if day is not None else None,
                type=item.kind.value,
                title=item.title or item.work,
                url=item.url,
            ),
        )
    return tuple(chosen.values())[:EVIDENCE_MAX]


def links(identities: Sequence[IdentityView]) -> tuple[Link, ...]:
    """Return the addresses a person published, web addresses only, each once: homepage, code, papers, other."""
    found: dict[str, str] = {}
    for view in _by_age(identities):
        for url in view.homepages:
            found.setdefault(url, "homepage")
        if view.id.startswith("github:") and view.handles:
            found[f"{_CODE}{view.handles[0]}"] = "code"
        for url in view.links:
            found.setdefault(url, _kind(url))
        for orcid in view.orcids:
            found.setdefault(f"https://orcid.org/{orcid}", "papers")
    order = ("homepage", "code", "papers", "other")
    pairs = [(kind, url) for url, kind in found.items() if url.startswith(("https://", "http://"))]
    return tuple(
        Link(kind=kind, url=url)
        for kind, url in sorted(pairs, key=lambda pair: (order.index(pair[0]), pair[1]))
    )


def _kind(url: str) -> str:
    if url.startswith(_CODE):
        return "code"
    return "papers" if any(place in url for place in _PAPERS) else "other"


def _by_age(identities: Sequence[IdentityView]) -> list[IdentityView]:
    return sorted(identities, key=lambda view: (-view.last_seen.timestamp(), view.id))


def _newest(identities: Sequence[IdentityView], attribute: str) -> str | None:
    values: list[tuple[str, ...]] = [getattr(view, attribute) for view in _by_age(identities)]
    return next((value[0] for value in values if value), None)


def as_mapping(record: Lead) -> Mapping[str, Any]:
    """Return a lead as lead/1 names it: factors as objects, times as ISO 8601."""
    from dataclasses import asdict

    table = asdict(record)
    table["factors"] = [{"name": name, "points": points} for name, points in record.factors]
    return table
