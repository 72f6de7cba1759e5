"""The ACL Anthology's XML, in which authors carry curated ids and ORCIDs.

Source: https://github.com/acl-org/acl-anthology, data/xml (read 2026-11)
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from spiders.clients import links, markup, names, papers
from spiders.clients.arxiv import Answer

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def numbers(root: Any) -> Iterator[str]:
    """Yield the number of every paper of a collection, `2025.acl-long.12`."""
    for volume in root.iterfind("volume"):
        for entry in volume.iterfind("paper"):
            yield _number(root, volume, entry)


def withdrawn(root: Any) -> Iterator[str]:
    """Yield the numbers of papers that were retracted or removed; the Anthology keeps their entries."""
    for volume in root.iterfind("volume"):
        yield from (
            _number(root, volume, entry) for entry in volume.iterfind("paper") if _is_withdrawn(entry)
        )


def read(root: Any) -> Answer:
    """Return the papers of a collection that stand; editors of front matter are no authors."""
    found: list[papers.Paper] = []
    unreadable: list[tuple[str, str]] = []
    for volume in root.iterfind("volume"):
        venue, day = _venue(root, volume), _day(volume)
        for entry in volume.iterfind("paper"):
            if _is_withdrawn(entry):
                continue
            number = _number(root, volume, entry)
            title = names.title(markup.text_of(entry.find("title")))
            byline = tuple(
                author for each in entry.iterfind("author") if (author := _author(each)) is not None
            )
            if title is None or not byline:
                unreadable.append((number, "title or author is missing"))
                continue
            paper = papers.Paper(
                id=f"acl:{number}",
                title=title,
                url=f"https://aclanthology.org/{number}",
                authors=byline,
                text=names.plain(markup.text_of(entry.find("abstract"))),
                venue=venue,
                published_on=day,
            )
            found.append(paper)
    return Answer(papers=tuple(found), unreadable=tuple(unreadable))


def _number(root: Any, volume: Any, entry: Any) -> str:
    return f"{root.get('id')}-{volume.get('id')}.{entry.get('id')}"


def _is_withdrawn(entry: Any) -> bool:
    return entry.find("retracted") is not None or entry.find("removed") is not None


def _venue(root: Any, volume: Any) -> str | None:
    year = volume.findtext("meta/year", "")
    short = volume.findtext("meta/venue") or (root.get("id") or "").partition(".")[2]
    return papers.venue(short, int(year)) if short and year.isdecimal() else None


def _day(volume: Any) -> date | None:
    """Return the first day of the month the volume is dated, of mid-year where it names none."""
    year = volume.findtext("meta/year", "")
    if not (year.isdecimal() and 1950 <= int(year) <= 2100):
        return None
    month = volume.findtext("meta/month", "").strip()[:3].lower()
    return date(int(year), _MONTHS.index(month) + 1 if month in _MONTHS else 7, 1)


def _author(element: Any) -> papers.Author | None:
    parts = [markup.text_of(element.find(part)) for part in ("first", "last")]
    name = names.person(" ".join(part for part in parts if part))
    if name is None:
        return None
    orcid = links.orcid(element.get("orcid"))
    return papers.Author(
        name=name,
        id=_curated(element.get("id"), name, orcid),
        orcid=orcid,
        affiliation=names.plain(markup.text_of(element.find("affiliation")), 300),
    )


def _curated(slug: str | None, name: str, orcid: str | None) -> str | None:
    """Return the Anthology's own id for an author, None where it may stand for several people.

    Namesakes have a suffix (`mira-okafor-quay`); the bare name as id is, by the Anthology's own comments, often what is
    left over of several (`may refer to several people`), so it is believed only beside an ORCID.
    """
    if not slug or slug.endswith("/unverified"):
        return None
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    bare = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"acl-author:{slug}" if slug != bare or orcid is not None else None
