"""The ACL Anthology's XML, in which authors carry curated ids and ORCIDs.

Source: https://github.com/acl-org/acl-anthology, data/xml (read 2026-11)
"""

from datetime import date
from typing import Any, Final

from spiders.clients import links, markup, names, papers
from spiders.clients.arxiv import Answer

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read(root: Any) -> Answer:
    """Return the papers of a collection; editors of front matter are no authors."""
    found: list[papers.Paper] = []
    unreadable: list[tuple[str, str]] = []
    for volume in root.iterfind("volume"):
        where = f"{root.get('id')}-{volume.get('id')}"
        venue, day = _venue(root, volume), _day(volume)
        for entry in volume.iterfind("paper"):
            number = f"{where}.{entry.get('id')}"
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
    slug = element.get("id")
    return papers.Author(
        name=name,
        id=f"acl-author:{slug}" if slug else None,
        orcid=links.orcid(element.get("orcid")),
        affiliation=names.plain(markup.text_of(element.find("affiliation")), 300),
    )
