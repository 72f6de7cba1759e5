"""One person's evidence and identities as they are read: what stands behind which factor, when, and how it is known."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sourcing.hours import month
from sourcing.people import Sheet
from spiders.records import WorkKind
from storage import proofs
from storage.model import Edge, Evidence, IdentityView

YEARS = 3  # of the drawing: what is older stands in its first column
_QUARTER = 3


class Sort(StrEnum):
    """The order of evidence."""

    STRONGEST = "strongest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One work and what its person did with it. on: when it became public, None = unknown.

    factors: those it stands behind, most points first.
    """

    evidence: Evidence
    on: date | None
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody states of themselves, and where. what: organisation or place."""

    what: str
    value: str
    source: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How one identity is known to be the person's. by: who decided; None for one that stands alone.

    probability: 0–1, 1 for what rules or people decided.
    """

    identity: IdentityView
    by: str | None
    probability: float | None
    reasons: tuple[str, ...]


def pieces(
    sheet: Sheet, specialism: str | None, *, sort: Sort = Sort.STRONGEST, factor: str | None = None
) -> list[Piece]:
    """Return the evidence behind a person's score in a specialism; strongest first, or newest first.

    factor: only what stands behind this one. Nothing without a score.
    """
    known = {one.signal: one for one in sheet.evidence}
    factors: dict[str, list[str]] = {}
    for score in sheet.scores:
        if score.specialism == specialism:
            for part in sorted(score.points, key=lambda part: (-part.points, part.factor)):
                for signal in part.evidence:
                    factors.setdefault(signal, []).append(part.factor)
    found = [
        Piece(evidence=known[signal], on=on(known[signal]), factors=tuple(named))
        for signal, named in factors.items()
        if signal in known and (factor is None or factor in named)
    ]
    if sort is Sort.NEWEST:
        found.sort(key=lambda one: (one.on or date.min, one.evidence.signal), reverse=True)
    return found


def on(item: Evidence) -> date | None:
    """Return when something became public: a paper when it was published, anything else when it was done."""
    if item.work_kind is WorkKind.PAPER and item.published_on is not None:
        return item.published_on
    return item.occurred_at.date() if item.occurred_at is not None else item.published_on


def quarters(found: Sequence[Piece], now: datetime) -> dict[str, int]:
    """Return how many pieces there are in each quarter of the last years, oldest first; the first has all before."""
    counted: Counter[str] = Counter(
        _quarter(one.on.year, one.on.month) for one in found if one.on is not None
    )
    last = month(now)
    year, number = int(last[:4]), int(last[5:])
    names = []
    for back in range(YEARS * 12 - _QUARTER, -1, -_QUARTER):
        at = year * 12 + number - 1 - back
        names.append(_quarter(at // 12, at % 12 + 1))
    before = sum(count for name, count in counted.items() if name < names[0])
    return {f"before {names[0]}": before, **{name: counted[name] for name in names}}


def identities(tx: Any, sheet: Sheet) -> list[Proof]:
    """Return each identity of a person with the best reason why it is theirs, the surest first."""
    strongest: dict[str, Edge] = {}
    for edge in proofs.among(tx, sheet.person.identities):
        for side in (edge.left, edge.right):
            held = strongest.get(side)
            if held is None or _sureness(edge) > _sureness(held):
                strongest[side] = edge
    found = [_proof(one, strongest) for one in sheet.identities]
    return sorted(found, key=lambda one: (-(one.probability or 0), one.identity.id))


def stated(views: Collection[IdentityView]) -> list[Said]:
    """Return the organisation and the place somebody states, each as the account that was read last has it."""
    found: dict[str, Said] = {}
    for one in sorted(views, key=lambda one: (one.last_seen, one.id), reverse=True):
        if one.affiliations:
            url = one.urls.get("affiliation")
            said = Said(what="organisation", value=one.affiliations[0], source=one.source, url=url)
            found.setdefault(said.what, said)
        if one.location is not None:
            url = one.urls.get("location")
            found.setdefault("place", Said(what="place", value=one.location, source=one.source, url=url))
    return [found[what] for what in ("organisation", "place") if what in found]


def links(views: Collection[IdentityView]) -> Mapping[str, str]:
    """Return addresses people publish as theirs, with what each is: homepage, code, papers, ORCID."""
    found: dict[str, str] = {}
    for one in views:
        for url in one.homepages:
            found.setdefault(url, "homepage")
        for number in one.orcids:
            found.setdefault(f"https://orcid.org/{number}", "ORCID")
        if one.id.startswith("github:") and one.handles:
            found.setdefault(f"https://github.com/{one.handles[0]}", "code")
        if one.id.startswith("hf:") and one.handles:
            found.setdefault(f"https://huggingface.co/{one.handles[0]}", "models")
    return found


def _proof(one: IdentityView, strongest: Mapping[str, Edge]) -> Proof:
    edge = strongest.get(one.id)
    if edge is None:
        return Proof(identity=one, by=None, probability=None, reasons=())
    chance = edge.probability if edge.probability is not None else 1.0
    return Proof(identity=one, by=edge.decided_by, probability=chance, reasons=edge.reasons)


def _sureness(edge: Edge) -> tuple[float, str]:
    return (edge.probability if edge.probability is not None else 1.0, edge.decided_by)


def _quarter(year: int, number: int) -> str:
    return f"{year} Q{(number - 1) // _QUARTER + 1}"
