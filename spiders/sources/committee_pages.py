"""Who organises, reviews for and speaks at a conference or workshop, from its own pages.

Source: a page an event publishes about its committees and speakers, as its robots file allows
Yields: Work (talk, the event), Identity per name and event, Signal (maintains, reviewed, presented, with the role)
Cursor: none; the engine asks again only for what changed
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import links, markup, papers, rosters
from spiders.errors import SourceChanged
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1
ACCEPTS = frozenset({"text/html", "application/xhtml+xml"})

_ROLES: Final = {  # the first that fits a heading; the innermost heading that fits any
    "keynote": (SignalKind.PRESENTED, r"keynotes?"),
    "speaker": (SignalKind.PRESENTED, r"speakers?|panel(l?ists?)?|invited talks?|presenters?"),
    "area_chair": (SignalKind.REVIEWED, r"(senior )?area chairs?|meta-?reviewers?|action editors?"),
    "steering": (SignalKind.MAINTAINS, r"steering|board"),
    "general_chair": (SignalKind.MAINTAINS, r"general (co-?)?chairs?"),
    "program_chair": (SignalKind.MAINTAINS, r"(program(me)?|technical) (co-?)?chairs?"),
    "committee": (
        SignalKind.REVIEWED,
        r"(program(me)?|technical|scientific) committee|reviewers?|pc members?",
    ),
    "organiser": (SignalKind.MAINTAINS, r"organi[sz](ers?|ing|ation)|chairs?"),
}
_WORDS: Final = {note: re.compile(rf"\b(?:{words})\b", re.I) for note, (_, words) in _ROLES.items()}
_NO_ROLE: Final = re.compile(
    r"\b(sponsors?|volunteers?|staff|attendees|past|previous|alumni|authors)\b", re.I
)


class Event(BaseModel, extra="forbid"):
    """A page about a meeting. venue: with its year, as `MLSys 2026`. held_on: its first day, if known.

    role: what the page is a list of, where no heading says it.
    """

    page: str
    venue: str
    held_on: date | None = None
    role: str | None = None


class Seeds(BaseModel, extra="forbid"):
    """events: one entry per page; several may speak of one event."""

    events: list[Event] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one task per page."""
    for event in seeds.events:
        params = {
            "venue": event.venue,
            "held_on": event.held_on.isoformat() if event.held_on else None,
            "role": event.role,
        }
        yield Task(kind="page", url=event.page, params=params)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the event and everybody a heading gives a role in it; names are people of this event, of no other.

    Raises SourceChanged if the page names nobody.
    """
    found = rosters.entries(markup.page(page.body), page.url, is_home=False)
    if not found:
        raise SourceChanged(f"{page.url} names nobody: has the page another shape now?")
    venue = str(task.params["venue"])
    short, _, year = venue.rpartition(" ")
    venue = papers.venue(short, int(year)) if short and year.isdecimal() else venue
    day = _day(task, venue)
    at = datetime.combine(day, time(), UTC) if day is not None and day <= page.fetched_at.date() else None
    event = "event:" + re.sub(r"[\W_]+", "-", venue.casefold()).strip("-")
    seen, home = via(page.url), f"https://{links.host_of(page.url)}/"  # several pages speak of one event
    yield Work(id=event, kind=WorkKind.TALK, title=venue, url=home, venue=venue, published_on=day, via=seen)
    told: set[str] = set()
    for entry in found:
        role = _role(entry.sections, task.params.get("role"))
        if role is None:
            yield Counted(what="role_unknown")
            continue
        kind, note = role
        one = f"{event}:{entry.slug}"
        if one not in told:
            told.add(one)
            yield Identity(
                id=one,
                kind=IdentityKind.AUTHOR,
                name=entry.name,
                homepage=entry.homepage,
                affiliation=entry.affiliation,
                via=seen,
            )
        if f"{one}:{note}" in told:
            continue
        told.add(f"{one}:{note}")
        yield Signal(
            id=f"{one}:{note}", identity=one, work=event, kind=kind, occurred_at=at, note=note, via=seen
        )


def _role(sections: tuple[str, ...], given: str | None) -> tuple[SignalKind, str] | None:
    """Return what the innermost telling heading makes of somebody; what the seeds say if none tells."""
    for heading in (*reversed(sections), *([given] if given else ())):
        if _NO_ROLE.search(heading):
            return None
        for note, (kind, _) in _ROLES.items():
            if _WORDS[note].search(heading):
                return kind, note
    return None


def _day(task: Task, venue: str) -> date | None:
    held = task.params.get("held_on")
    return date.fromisoformat(held) if held else papers.meeting_on(venue)
