"""Pages that name many people: committees and speakers of meetings, members of a lab, a volume in CVF's shape."""

import hashlib
from collections.abc import Iterator
from datetime import date
from html import escape

from invented.moments import at
from invented.pages import PROCEEDINGS, TEXT, Row, row
from invented.papers import Paper
from invented.people import Person
from invented.vocabulary import VENUES

MEETING = "meeting.conf.example"
GROUP = "slowmachines.pages.example"
ACCESS = "openaccess.conf.example"
EVENTS = {"mlsys2026": "MLSys 2026", "colm2025": "COLM 2025"}  # folder on the host, and the event's name
VOLUME, VOLUME_NAME = "CVPR2026", "CVPR 2026"
INSTITUTE = "Institute of Slow Machines"
_OPEN = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{}</title></head><body>\n'
_ALLOWED = "User-agent: *\nDisallow:\n"


def seeds(watched: list[str]) -> dict[str, dict[str, object]]:
    """Return the seeds of the sources that read these pages and the keeping of watched projects."""
    events = [
        {"page": f"https://{MEETING}/{folder}/{page}", "venue": venue}
        for folder, venue in EVENTS.items()
        for page in ("committees", "speakers")
    ]
    lists = [
        {"page": f"https://{PROCEEDINGS}/{folder}/index.html", "venue": short}
        for folder, (_, short, _, _) in VENUES.items()
    ]
    return {
        **{name: {"repositories": watched} for name in ("owner_files", "github_releases", "github_issues")},
        "neurips_pages": {"volumes": lists},
        "cvf_pages": {"volumes": [{"page": f"https://{ACCESS}/{VOLUME}", "venue": VOLUME_NAME}]},
        "committee_pages": {"events": events},
        "lab_pages": {"groups": [{"page": f"https://{GROUP}/people.html", "name": INSTITUTE}]},
    }


def gatherings(people: list[Person], papers: list[Paper]) -> Iterator[Row]:
    """Yield every page of this module with its robots file."""
    for host in (MEETING, GROUP, ACCESS):
        yield row(host, "/robots.txt", _ALLOWED, at(date(2023, 1, 1)), kind=TEXT)
    known = [person for person in people if person.kind in ("researcher", "both") and person.name.family]
    for number, (folder, venue) in enumerate(EVENTS.items()):
        yield from _event(folder, venue, known[number::2])
    yield from _group(people)
    yield from _volume(papers)


def _event(folder: str, venue: str, known: list[Person]) -> Iterator[Row]:
    """Yield a page of organisers and a programme committee as lists, and a page of speakers as cards."""
    organisers, chairs, committee, speakers = known[:3], known[3:6], known[6:26], known[2:7]

    def listed(members: list[Person]) -> str:
        return "".join(
            f"<li>{escape(person.name.roman)} ({escape(person.affiliation or 'Independent')})</li>\n"
            for person in members
        )

    rows = "".join(
        f"<tr><td>{escape(person.name.roman)}</td><td>{escape(person.affiliation or '')}</td></tr>\n"
        for person in committee
    )
    body = (
        f"{_OPEN.format(venue + ' Committees')}<nav><ul><li>Call for Papers</li></ul></nav><h1>{venue}</h1>\n"
        f"<h2>Organizing Committee</h2><h3>General Chairs</h3><ul>\n{listed(organisers)}</ul>\n"
        f"<h3>Area Chairs</h3><ul>\n{listed(chairs)}</ul>\n<h2>Program Committee</h2><table>"
        f"<tr><th>Name</th><th>Affiliation</th></tr>\n{rows}</table>\n"
        "<h2>Sponsors</h2><ul><li>Slow Machines Ltd</li></ul></body></html>\n"
    )
    yield row(MEETING, f"/{folder}/committees", body, at(date(2025, 6, 1)))
    cards = "".join(
        f'<div class="speaker-card"><h3 class="speaker-name">'
        f'<a href="{escape(person.homepage or "#")}">{escape(person.name.roman)}</a></h3>'
        f'<p class="affiliation">{escape(person.affiliation or "")}</p><p>How we measured it.</p></div>\n'
        for person in speakers
    )
    talks = f"{_OPEN.format(venue + ' Speakers')}<h1>{venue}</h1><h2>Invited Speakers</h2>\n{cards}</body></html>\n"
    yield row(MEETING, f"/{folder}/speakers", talks, at(date(2025, 6, 1)))


def _group(people: list[Person]) -> Iterator[Row]:
    members = [person for person in people if person.affiliation == INSTITUTE and person.name.family]

    def listed(some: list[Person]) -> str:
        return "".join(
            "<li>"
            + (
                f'<a href="{escape(person.homepage)}">{escape(person.name.roman)}</a>'
                if person.homepage
                else escape(person.name.roman)
            )
            + (f' <a href="https://github.com/{person.account.login}">GitHub</a>' if person.account else "")
            + "</li>\n"
            for person in some
        )

    body = (
        f"{_OPEN.format(INSTITUTE + ': people')}<h1>{INSTITUTE}</h1><h2>Members</h2><ul>\n{listed(members[1:])}</ul>\n"
        f"<h2>Alumni</h2><ul>\n{listed(members[:1])}</ul></body></html>\n"
    )
    yield row(GROUP, "/people.html", body, at(date(2025, 9, 1)))


def _volume(papers: list[Paper]) -> Iterator[Row]:
    """Yield a volume listed by day, each paper a title in `dt` and a form for each author, as the CVF does."""
    held = [
        paper for paper in papers if paper.volume == "cvpr2026" and paper.versions[0] < at(date(2026, 10, 1))
    ]
    days = ("2026-06-07", "2026-06-08")
    links = "".join(
        f'<dd><a href="/{VOLUME}?day={day}">Day {n}: {day}</a></dd>\n' for n, day in enumerate(days, 1)
    )
    index = f'{_OPEN.format(VOLUME)}<dl>{links}<dd><a href="/{VOLUME}?day=all">All Papers</a></dd></dl></body></html>\n'
    yield row(ACCESS, f"/{VOLUME}", index, at(date(2026, 6, 1)))
    for number, day in enumerate(days):
        entries = []
        for paper in held[number::2]:
            mark = hashlib.sha256(paper.id.encode()).hexdigest()[:12]
            title = escape(" ".join(paper.title.split()))
            forms = "".join(
                f'<form action="/{VOLUME}" method="post" class="authsearch"><input type="hidden" name="query_author"'
                f' value="{escape(person.name.roman)}"><a href="#">{escape(person.name.roman)}</a>,</form>\n'
                for person in paper.authors
            )
            entries.append(
                f'<dt class="ptitle"><br><a href="/content/{VOLUME}/html/X_{mark}_CVPR_2026_paper.html">{title}</a>'
                "</dt>\n"
                f'<dd>\n{forms}</dd>\n<dd>\n[<a href="/content/{VOLUME}/papers/X_{mark}.pdf">pdf</a>]</dd>\n'
            )
        body = f"{_OPEN.format(VOLUME)}<dl>\n{''.join(entries)}</dl></body></html>\n"
        yield row(ACCESS, f"/{VOLUME}?day={day}", body, at(date(2026, 6, 1)))
