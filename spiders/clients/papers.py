"""A paper with its byline, and the records it becomes: shared by every reader of publications."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from spiders.clients import names
from spiders.records import Identity, IdentityKind, Provenance, Signal, SignalKind, Work, WorkKind

_VENUES: Final = {
    "aaai": "AAAI", "aistats": "AISTATS", "acl": "ACL", "acml": "ACML", "asplos": "ASPLOS",
    "bmvc": "BMVC", "colm": "COLM", "colt": "COLT", "conll": "CoNLL", "corl": "CoRL", "cvpr": "CVPR",
    "eccv": "ECCV", "eacl": "EACL", "emnlp": "EMNLP", "eurosys": "EuroSys", "hpca": "HPCA",
    "iccv": "ICCV", "iclr": "ICLR", "icml": "ICML", "icra": "ICRA", "ijcai": "IJCAI",
    "interspeech": "Interspeech", "iros": "IROS", "isca": "ISCA", "jmlr": "JMLR", "kdd": "KDD",
    "miccai": "MICCAI", "mlsys": "MLSys", "naacl": "NAACL", "neurips": "NeurIPS", "nips": "NeurIPS",
    "nsdi": "NSDI", "osdi": "OSDI", "rlc": "RLC", "rss": "RSS", "siggraph": "SIGGRAPH",
    "sigir": "SIGIR", "sosp": "SOSP", "tacl": "TACL", "tmlr": "TMLR", "uai": "UAI", "usenix": "USENIX",
    "wacv": "WACV", "www": "WWW", "3dv": "3DV", "acmmm": "ACM MM", "coling": "COLING",
    "findings": "Findings of ACL",
}  # fmt: skip
# Month of the meeting in a usual year, from the venues' own calendars; any other venue is taken at mid-year.
_MONTHS: Final = {
    "AAAI": 2, "AISTATS": 5, "ACL": 7, "ASPLOS": 4, "COLM": 10, "CoRL": 11, "CVPR": 6, "ECCV": 9, "EMNLP": 11,
    "ICCV": 10, "ICLR": 5, "ICML": 7, "KDD": 8, "MLSys": 5, "NAACL": 6, "NeurIPS": 12, "OSDI": 7, "SOSP": 10,
    "WACV": 2, "3DV": 3, "ACM MM": 10, "IROS": 10, "RSS": 7, "EACL": 4, "COLING": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """One place in a byline. id: an identity the source itself curates, None when it only prints a name."""

    name: str
    id: str | None = None
    affiliation: str | None = None
    orcid: str | None = None
    homepage: str | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source tells it. authors: in printed order. note: `oral`, `spotlight`, `award`."""

    id: str
    title: str
    url: str
    authors: tuple[Author, ...]
    text: str | None = None
    tags: tuple[str, ...] = ()
    venue: str | None = None
    published_on: date | None = None
    note: str | None = None


def records(paper: Paper, via: Provenance) -> Iterator[Work | Identity | Signal]:
    """Yield the work, one identity per place in the byline and one authored signal for each."""
    yield Work(
        id=paper.id,
        kind=WorkKind.PAPER,
        title=paper.title,
        url=paper.url,
        text=paper.text,
        tags=paper.tags,
        venue=paper.venue,
        published_on=paper.published_on,
        via=via,
    )
    at = datetime.combine(paper.published_on, time(), UTC) if paper.published_on is not None else None
    for position, author in enumerate(paper.authors, 1):
        identity = author.id or f"{paper.id}:{position}"
        group = names.is_collective(author.name)
        yield Identity(
            id=identity,
            kind=IdentityKind.ORGANISATION if group else IdentityKind.AUTHOR,
            name=author.name,
            affiliation=author.affiliation,
            orcid=author.orcid,
            homepage=author.homepage,
            links=author.links,
            via=via,
        )
        yield Signal(
            id=f"{paper.id}:authored:{position}",
            identity=identity,
            work=paper.id,
            kind=SignalKind.AUTHORED,
            occurred_at=at,
            position=position,
            of=len(paper.authors),
            note=paper.note,
            via=via,
        )


def venue(short: str, year: int | None) -> str:
    """Return a venue in its own spelling with the year: `nips`, 2024 as `NeurIPS 2024`."""
    name = _VENUES.get(short.lower(), short.upper() if short.islower() else short)
    return f"{name} {year}" if year is not None else name


def is_venue(short: str) -> bool:
    """Whether a short name is a venue we know."""
    return short.lower() in _VENUES


def meeting_on(venue_and_year: str) -> date | None:
    """Return the first day of the month a venue usually meets, for sources that print only `ICML 2025`."""
    name, _, year = venue_and_year.rpartition(" ")
    if not (year.isdecimal() and 1950 <= int(year) <= 2100):
        return None
    return date(int(year), _MONTHS.get(name, 7), 1)


def note(text: str | None) -> str | None:
    """Return how a paper was presented when the source says so: `award`, `oral`, `spotlight`; else None."""
    words = (text or "").lower()[:200]
    if "award" in words or "best paper" in words or "outstanding" in words:
        return "award"
    if "oral" in words.split() or words == "oral" or "notable-top-5" in words or "top-5%" in words:
        return "oral"
    return "spotlight" if any(word in words for word in ("spotlight", "highlight", "top-25%")) else None
