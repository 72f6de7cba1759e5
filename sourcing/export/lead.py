"""The lead/1 record: what leaves for a CRM or ATS about one person, and nothing else.

No e-mail address is in it: none is kept (TRUST P21); where somebody published one for work is said by its address.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sourcing.export.chosen import Chosen, Contact, Link, Source, Spot, Withheld
from sourcing.limits import Outreach
from sourcing.ranking import why
from storage.model import Evidence, Mark, MarkKind, Person, Score
from storage.notices import Clock, Rules, due_at

FORMAT = "lead/1"
EVIDENCE_MAX = 5
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
_FAMILY_FIRST = re.compile(
    r"[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadEvidence:
    """One piece of evidence. date: day it became public, None = unknown."""

    date: str | None
    type: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the receiver must know. notice_due_at: when the person is to be told; keep_until: when to erase.

    notice_sent_at: None = they were not told yet.
    """

    legal_basis: str
    notice_due_at: datetime
    keep_until: datetime
    notice_sent_at: datetime | None = None
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead. why: sentences, strongest first. factors: name, points and pieces. stage, tags: as marked here.

    former_keys: keys of people who turned out to be this one.

    What the policy keeps back is None or left out, and named in `withheld`. profile_url: the page about the person in
    this installation, None if browsers cannot reach it. note_summary: None unless notes were asked for.
    """

    lead_key: str
    former_keys: tuple[str, ...]
    full_name: str | None
    first_name: str | None
    last_name: str | None
    headline: str | None
    org: str | None
    location: Spot | None
    links: tuple[Link, ...]
    specialism: str
    specialism_version: str | None
    score: float | None
    confidence: float | None
    level: str
    why: tuple[str, ...]
    misses: tuple[str, ...]
    factors: tuple[tuple[str, float, int], ...]
    evidence: tuple[LeadEvidence, ...]
    sources: tuple[Source, ...]
    contact: Contact | None
    profile_url: str | None
    shortlist: str | None
    stage: str | None
    tags: tuple[str, ...]
    note_summary: str | None
    privacy: Terms
    run_id: str | None
    exported_at: datetime
    withheld: tuple[Withheld, ...] = ()
    format: str = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is the same for every lead of one export. keep_days, notice_days: from `now`.

    base: where browsers reach this installation, None if only this machine does. notes: take recruiters' notes along.
    limits: how often people are approached. rules: when they must have been told before, None = no profile asks it.
    """

    specialism: str
    now: datetime
    keep_days: int
    notice_days: int
    shortlist: str | None = None
    base: str | None = None
    notes: bool = False
    limits: Outreach = field(default_factory=Outreach)
    rules: Rules | None = None
    legal_basis: str = "legitimate interest (GDPR Art. 6(1)(f))"


def lead(
    person: Person,
    chosen: Chosen,
    occasion: Occasion,
    *,
    score: Score | None,
    marks: Sequence[Mark] = (),
    clock: Clock | None = None,
) -> Lead:
    """Return the lead of one person, of what may leave. clock: of the notice they are due, None = it did not begin."""
    first, last = split_name(chosen.name)
    now = occasion.now
    points = score.points if score is not None else ()
    notes = [mark.value for mark in marks if mark.kind is MarkKind.NOTE] if occasion.notes else []
    return Lead(
        lead_key=person.key,
        former_keys=person.aliases,
        full_name=chosen.name,
        first_name=first,
        last_name=last,
        headline=chosen.headline,
        org=chosen.org,
        location=chosen.location,
        links=chosen.links,
        specialism=occasion.specialism,
        specialism_version=score.version if score is not None else None,
        score=round(score.value, 1) if score is not None else None,
        confidence=round(score.confidence, 2) if score is not None else None,
        level=score.level if score is not None else "unknown",
        why=tuple(why.sentences(points, chosen.evidence, now)),
        misses=tuple(why.misses(points)),
        factors=tuple((part.factor, round(part.points, 1), len(part.evidence)) for part in points),
        evidence=strongest(score, chosen.evidence),
        sources=chosen.sources,
        contact=chosen.contact,
        profile_url=f"{occasion.base}/people/{person.key}" if occasion.base else None,
        shortlist=occasion.shortlist,
        stage=next((mark.value for mark in marks if mark.kind is MarkKind.STAGE), None),
        tags=tuple(sorted(mark.value for mark in marks if mark.kind is MarkKind.TAG)),
        note_summary="\n".join(notes) or None,
        privacy=Terms(
            legal_basis=occasion.legal_basis,
            notice_due_at=_due(clock, occasion) or now + timedelta(days=occasion.notice_days),
            notice_sent_at=clock.told_at if clock is not None else None,
            keep_until=now + timedelta(days=occasion.keep_days),
        ),
        run_id=score.run if score is not None else None,
        exported_at=now,
        withheld=chosen.withheld,
    )


def _due(clock: Clock | None, occasion: Occasion) -> datetime | None:
    if clock is None or occasion.rules is None:
        return None
    return due_at(clock, occasion.rules)


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


def as_mapping(record: Lead) -> dict[str, Any]:
    """Return a lead as lead/1 names it: factors as objects, the shortlist as `list`, points of evidence."""
    table = asdict(record)
    table["factors"] = [
        {"name": name, "points": points, "items": items} for name, points, items in record.factors
    ]
    table["list"] = table.pop("shortlist")
    return table
