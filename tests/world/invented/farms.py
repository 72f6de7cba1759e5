"""Farmed activity: back-dated, empty and copied commits, bought stars, and accounts that merge for each other."""

from datetime import date

from invented.activity import Change, Review
from invented.history import Story
from invented.moments import DAY_S, at, end_of, stream
from invented.people import Person
from invented.repositories import Repository
from invented.vocabulary import AREAS

PUSHED = at(date(2026, 11, 10), 70_000)
LATE = date(2026, 11, 23)  # when the second night finds what claims to be a year old
_RING_FROM = at(date(2026, 8, 1))
_RING_PULLS = 22
KINDS = ("backdated", "starred", "emptied", "copied")
"""Repositories whose whole history is their owner's `story`."""


def _work(repo: Repository, number: int) -> tuple[str, tuple[str, ...]]:
    areas = AREAS[repo.specialism]
    area = areas[number % len(areas)]
    title = area.subjects[number % len(area.subjects)]
    return title.format(n=number % 80 + 2, verb="rework", chip="H100"), area.paths


def story(seed: int, repo: Repository, until: date) -> Story:
    """Return the history of a farmed repository that only its owner pushes to."""
    made = Story(seed, repo)
    line = repo.crew[0][0].git_lines[0]
    moments = {
        "backdated": [PUSHED - DAY_S * (760 - 3 * turn) for turn in range(240)],
        "starred": [at(date(2025, 3, 1)) + DAY_S * 9 * turn for turn in range(50)],
        "emptied": [at(date(2026, 2, 1)) + DAY_S * 5 * turn for turn in range(40)],
        "copied": [at(date(2026, 5, 1)) + DAY_S * 6 * turn for turn in range(20)],
    }[repo.kind]
    if repo.kind == "starred" and until >= LATE:
        moments += [at(date(2025, 1, 1)) + DAY_S * 20 * turn for turn in range(12)]
    for number, moment in enumerate(moments):
        title, paths = _work(repo, number)
        files = {} if repo.kind == "emptied" else made.files(paths)
        if moment <= end_of(until):
            made.direct(line, moment, title + "\n", files)
    return made


def ring(seed: int, repo: Repository, until: date) -> list[Change]:
    """Return the pull requests of one of a ring's repositories: each by one account, merged by the next."""
    members: list[Person] = [person for person, _ in repo.crew]
    rng = stream(seed, "ring", repo.number)
    out = []
    for number in range(1, _RING_PULLS + 1):
        opened = _RING_FROM + number * 4 * DAY_S + rng.randrange(DAY_S)
        author = members[number % len(members)]
        merger, reviewer = (members[(number + step) % len(members)] for step in (1, 2))
        title, paths = _work(repo, number)
        done = opened + 3_600
        if done <= end_of(until):
            out.append(
                Change(
                    by=author,
                    title=title,
                    paths=list(paths),
                    opened_at=opened,
                    done_at=done,
                    style="squash",
                    chore=False,
                    merged_by=merger,
                    number=number,
                    reviews=[Review(by=reviewer, state="APPROVED", at=opened + 1_800)],
                    size=(40, 3),
                )
            )
    return out
