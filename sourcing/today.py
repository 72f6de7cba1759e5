"""What somebody opens in the morning: the night, what is new, what is to do, how the shortlists stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing import health, insights, review, searches
from sourcing.health import Night
from sourcing.insights import Counted
from sourcing.marking import STAGES, silent, stage_of
from sourcing.privacy import due
from sourcing.query import parse
from sourcing.searches import Fresh
from sourcing.settings import Settings
from storage import halts, lists, people, standing, vanish
from storage.halts import Halt
from storage.model import MarkKind, Shortlist
from storage.vanish import Held

SOON_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A shortlist and how many of its people are in which stage, in the order of stages."""

    shortlist: Shortlist
    stages: Mapping[str, int]

    @property
    def new(self) -> int:
        """Return how many nobody looked at yet."""
        return self.stages[STAGES[0]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on Today. night: None if nothing ever ran. people: in the store. counted: those that may be told of.

    duplicates: open questions in the review queue. notices, requests: people to be told, and requests of people about
    themselves to be answered, overdue or within ten business days. expiries: people handed over who are to be erased
    within a week. halt: that the ranking is switched off. held: withdrawals too many at once to be believed.
    """

    night: Night | None
    people: int
    counted: Counted
    searches: Sequence[Fresh]
    roles: Sequence[Role]
    duplicates: int
    notices: int
    requests: int
    expiries: int
    halt: Halt | None
    held: Sequence[Held]


class Questions:
    """How many questions the review queue holds: counted again only after a decision or a night. One a process."""

    def __init__(self) -> None:
        self._stamp: str | None = None
        self._count = 0

    def count(self, tx: Any, *, now: datetime) -> int:
        """Return the number, as the queue shows it. Reads every edge when something changed."""
        stamp = standing.questions_stamp(tx, now)
        if stamp != self._stamp:
            _, self._count = review.questions(tx, limit=0, now=now)
            self._stamp = stamp
        return self._count


def board(tx: Any, settings: Settings, questions: Questions, *, now: datetime) -> Board:
    """Return what Today shows."""
    soon, keep = timedelta(days=SOON_DAYS), timedelta(days=settings.privacy.keep_exports_days)
    owed = due.soon(tx, settings, now=now)
    return Board(
        night=health.night(tx, now=now),
        people=standing.people(tx),
        counted=insights.counted(tx, parse(""), specialism=None),
        searches=searches.ls(tx, now=now),
        roles=roles(tx),
        duplicates=questions.count(tx, now=now),
        notices=sum(one.what is due.What.NOTICE for one in owed),
        requests=len({one.subject for one in owed if one.what is not due.What.NOTICE}),
        expiries=standing.handed_over(tx, since=now - keep, until=now - keep + soon, last=True),
        halt=halts.standing(tx),
        held=vanish.waiting(tx),
    )


def roles(tx: Any) -> list[Role]:
    """Return every shortlist by name with its people by stage; who is silent is not counted."""
    listed = standing.listed(tx)
    everybody = list(dict.fromkeys(person for _, person, _ in listed))
    asked = silent(tx, everybody, blind=True)
    marked = people.marks_of(tx, everybody, (MarkKind.STAGE,))
    counts: dict[str, Counter[str]] = {}
    for name, person, stage in listed:
        if person not in asked:
            counts.setdefault(name, Counter())[stage or stage_of(marked.get(person, [])) or STAGES[0]] += 1
    return [
        Role(shortlist=one, stages={stage: counts.get(one.name, Counter())[stage] for stage in STAGES})
        for one in lists.ls(tx)
    ]
