"""What happens in a watched repository day by day: pull requests with reviews, and direct pushes.

Each repository has one random stream, read in the order of days, and a pull request's whole life is drawn on
the day it is opened. A later last day therefore only adds; nothing that happened before it changes.
"""

import random
from dataclasses import dataclass, field
from datetime import date

from invented.accounts import AGENT_TRAILERS, AGENTS, Account
from invented.moments import DAY_S, at, days, end_of, stream
from invented.people import Person
from invented.repositories import Repository
from invented.vocabulary import AREAS, CHIPS, CHORES, VERBS


@dataclass(slots=True, kw_only=True, eq=False)
class Review:
    """One review. by: the reviewer. state: as GitHub spells it."""

    by: Person | Account
    state: str
    at: int


@dataclass(slots=True, kw_only=True, eq=False)
class Change:
    """Something done to a repository: a pull request if `number` is set on planning, else a direct push."""

    by: Person | Account
    title: str
    paths: list[str]
    opened_at: int
    done_at: int | None  # merged, pushed or closed; None while nobody touches it
    style: str  # squash, merge, push, closed
    chore: bool
    steps: list[str] = field(default_factory=list)  # subjects of the commits of a merged branch
    helpers: list[Person] = field(default_factory=list)
    trailers: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    merged_by: Person | Account | None = None
    draft: bool = False
    number: int = 0
    size: tuple[int, int] = (0, 0)

    def shown(self, now: int) -> "Change":
        """Return the change as it stands at `now`: later reviews and a later end have not happened yet."""
        if self.done_at is not None and self.done_at > now:
            self.done_at, self.merged_by = None, None
        self.reviews = [review for review in self.reviews if review.at <= now]
        return self

    @property
    def merged(self) -> bool:
        """Whether it is in the main branch."""
        return self.done_at is not None and self.style != "closed"

    @property
    def updated_at(self) -> int:
        """When it was last touched."""
        return max([self.opened_at, self.done_at or 0, *(review.at for review in self.reviews)])


def _active(person: Person, moment: int) -> bool:
    return person.active_from <= moment <= person.active_until


class Planner:
    """Draws the changes of one watched repository. rate: events a day beyond its turn. turn: (place, of)."""

    def __init__(
        self, seed: int, repo: Repository, machines: list[Account], *, rate: float, turn: tuple[int, int]
    ) -> None:
        self.rng = stream(seed, "activity", repo.number)
        self.repo, self.machines, self.rate, self.turn = repo, machines, rate, turn
        self.authors = [(person, weight) for person, weight in repo.crew if person.role == "author"]
        self.reviewers = repo.maintainers + [person for person, weight in repo.crew if weight == 3]
        self.reviewers += [person for person in repo.maintainers if person.role == "reviewer"] * 3

    def changes(self, until: date) -> list[Change]:
        """Return every change opened by the end of `until`, in the order of opening, numbered."""
        out: list[Change] = []
        number = 0
        for index, day in enumerate(days(until)):
            count = (
                int(self.rate) + (self.rng.random() < self.rate % 1) + (index % self.turn[1] == self.turn[0])
            )
            today = [
                self._one(at(day, second))
                for second in sorted(self.rng.randrange(DAY_S) for _ in range(count))
            ]
            if self.repo.number == 0 and day > date(2026, 11, 22):
                moment = at(
                    day, DAY_S // 2
                )  # so that a second night of the usual world always finds a commit
                today.append(self._push(self._steady(moment), moment))
            for change in today:
                step = self.rng.randrange(1, 4)  # issues take numbers too
                if change.style != "push":
                    number += step
                    change.number = number
            out.extend(today)
        return [change.shown(end_of(until)) for change in out]

    def _who(self, moment: int, pool: list[tuple[Person, int]]) -> Person:
        people, weights = [person for person, _ in pool], [weight for _, weight in pool]
        drawn = self.rng.choices(people, weights, k=6)
        return next((person for person in drawn if _active(person, moment)), self._steady(moment))

    def _steady(self, moment: int) -> Person:
        active = [
            person for person in self.repo.maintainers if person.role == "author" and _active(person, moment)
        ]
        return (active or [person for person in self.repo.maintainers if person.role == "author"])[0]

    def _one(self, moment: int) -> Change:
        rng = self.rng
        roll = rng.random()
        if roll < 0.07:
            return self._by_machine(moment)
        author = self._who(moment, self.authors)
        if roll < 0.9 and author.strength == "strong" and author in self.repo.maintainers:
            return self._push(author, moment)
        return self._pull(author, moment)

    def _subject(self, author: Person) -> tuple[str, list[str], bool]:
        rng = self.rng
        casual = author.strength == "casual" or author.specialism != self.repo.specialism
        if rng.random() < (0.75 if casual else 0.12):
            paths, title = rng.choice(CHORES)
            return title.format(n=rng.randrange(2, 90)), list(paths), True
        areas = AREAS[self.repo.specialism]
        area = areas[rng.choice(author.areas) if rng.random() < 0.85 else rng.randrange(len(areas))]
        title = rng.choice(area.subjects).format(
            n=rng.randrange(2, 90), verb=rng.choice(VERBS), chip=rng.choice(CHIPS)
        )
        return title, sorted(rng.sample(area.paths, rng.randrange(1, len(area.paths) + 1))), False

    def _push(self, author: Person, moment: int) -> Change:
        title, paths, chore = self._subject(author)
        change = Change(
            by=author, title=title, paths=paths, opened_at=moment, done_at=moment, style="push", chore=chore
        )
        self._credit(change, moment)
        return change

    def _pull(self, author: Person, moment: int) -> Change:
        rng = self.rng
        title, paths, chore = self._subject(author)
        style = rng.choices(("squash", "merge", "closed"), (58, 30, 12))[0]
        ends = moment + int(rng.expovariate(1 / (4 * DAY_S))) + 1_800
        change = Change(
            by=author,
            title=title,
            paths=paths,
            opened_at=moment,
            chore=chore,
            style=style,
            done_at=None if rng.random() < 0.02 else ends,
            draft=rng.random() < 0.03,
            size=(rng.randrange(1, 30) if chore else rng.randrange(10, 700), rng.randrange(0, 200)),
        )
        merger = self._who(ends, [(person, 1) for person in self.repo.maintainers])
        change.merged_by = merger
        if style == "merge":
            change.steps = [
                title,
                *rng.sample(("Address review", "Add tests", "Fix lint", "Rename argument"), rng.randrange(2)),
            ]
        pool = [person for person in self.reviewers if person is not author and _active(person, moment)]
        for reviewer in dict.fromkeys(rng.choices(pool, k=rng.randrange(1, 4))) if pool else ():
            seen = moment + int((ends - moment) * rng.random())
            if rng.random() < 0.3:
                change.reviews.append(
                    Review(by=reviewer, state="CHANGES_REQUESTED", at=moment + (seen - moment) // 2)
                )
            state = rng.choices(("APPROVED", "COMMENTED", "DISMISSED"), (70, 27, 3))[0]
            change.reviews.append(Review(by=reviewer, state=state, at=seen))
        change.reviews.sort(key=lambda review: review.at)
        self._credit(change, moment)
        return change

    def _credit(self, change: Change, moment: int) -> None:
        """Add helpers and trailers, in the spellings people use."""
        rng = self.rng
        others = [person for person, _ in self.authors if person is not change.by and _active(person, moment)]
        if others and rng.random() < 0.16:
            change.helpers = [rng.choice(others)]
        roll = rng.random()
        if roll < 0.08:
            change.trailers.append(rng.choice(AGENT_TRAILERS))
        if change.style == "push" and others:
            for key, chance in (("Reviewed-by", 0.3), ("Tested-by", 0.1), ("Acked-by", 0.05)):
                if rng.random() < chance:
                    name, address = rng.choice(others).git_lines[0]
                    spelled = rng.choice((key, key, key.lower(), key.title()))
                    change.trailers.append(f"{spelled}: {name} <{address}>")
            if rng.random() < 0.4 and isinstance(change.by, Person):
                name, address = change.by.git_lines[0]
                change.trailers.append(f"Signed-off-by: {name} <{address}>")

    def _by_machine(self, moment: int) -> Change:
        rng = self.rng
        machine = rng.choice(self.machines)
        if machine.login in AGENTS:
            area = rng.choice(AREAS[self.repo.specialism])
            title = rng.choice(area.subjects).format(
                n=rng.randrange(2, 90), verb=rng.choice(VERBS), chip=rng.choice(CHIPS)
            )
            paths = [area.paths[0]]
        else:
            title, paths = (
                f"Bump tidywire from {rng.randrange(1, 5)}.{rng.randrange(9)} to 5.{rng.randrange(9)}",
                ["requirements.txt"],
            )
        ends = moment + rng.randrange(600, 3 * DAY_S)
        merger = self._steady(ends)
        reviews = [Review(by=merger, state="APPROVED", at=ends - 60)] if rng.random() < 0.6 else []
        return Change(
            by=machine,
            title=title,
            paths=paths,
            opened_at=moment,
            done_at=ends,
            style="squash",
            chore=True,
            merged_by=merger,
            reviews=reviews,
            size=(1, 1),
        )


def planner(seed: int, repo: Repository, machines: list[Account], *, size: int, watched: int) -> Planner:
    """Return the planner of a watched repository; all together about 1.1 changes a day per hundred people."""
    rate = max(0.01, 1.1 * size / 100 / watched - 1 / watched)
    return Planner(seed, repo, machines, rate=rate, turn=(repo.number % watched, watched))


def jitter(rng: random.Random, moment: int) -> int:
    """Return a moment a little earlier: when a commit was written that was pushed at `moment`."""
    return moment - rng.randrange(60, DAY_S // 2)
