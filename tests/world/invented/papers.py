"""Papers: who wrote what when, their versions, and how each author's name came to be printed."""

import random
from dataclasses import dataclass, field
from datetime import date

from invented.moments import BEGIN, DAY_S, at, day_of, days, end_of, stream
from invented.names import fold, tex
from invented.people import Person
from invented.repositories import Repository
from invented.vocabulary import CATEGORIES, PAPERS, SPECIALISMS, VENUES

_SUFFIX = ("", "", "", ": A Measurement", ", Revisited", " in Practice", " Without Tears")


@dataclass(slots=True, kw_only=True, eq=False)
class Paper:
    """One paper. printed: (forenames, key name) per author in order; versions: moments, oldest first."""

    id: str
    specialism: str
    title: str
    abstract: str
    authors: list[Person]
    printed: list[tuple[str, str]]
    categories: tuple[str, ...]
    versions: list[int]
    comments: str | None = None
    doi: str | None = None
    deleted_at: int | None = None
    on_arxiv: bool = True
    volume: str | None = None  # folder of the proceedings volume it is in
    oral: bool = False
    affiliations: list[str | None] = field(default_factory=list)

    def stamp(self, now: int) -> date:
        """Return the OAI datestamp at `now`: the day of its last change."""
        return day_of(max(moment for moment in [*self.versions, self.deleted_at or 0] if moment <= now))


def _team(rng: random.Random, lead: Person, groups: dict[str, list[Person]]) -> list[Person]:
    """Return the authors: a lead, colleagues of the field who keep coming back, now and then a stranger."""
    group = groups[lead.specialism]
    place = group.index(lead)
    near = [group[(place + step) % len(group)] for step in (1, 2, 3, -1, -2)]
    team = [lead, *rng.sample(near, rng.randrange(0, min(5, len(near)) + 1))]
    if rng.random() < 0.15:
        team.append(rng.choice(groups[rng.choice(list(groups))]))
    unique = list(dict.fromkeys(team))
    if rng.random() < 0.3:
        unique.append(unique.pop(0))  # the senior author stands last
    return unique


def _text(rng: random.Random, specialism: str) -> tuple[str, str]:
    methods, goals, sentences = PAPERS[specialism]
    method, goal = rng.choice(methods), rng.choice(goals)
    body = [sentences[0], *rng.sample(sentences[1:], rng.randrange(2, len(sentences)))]
    words = " ".join(body).format(a=method.lower(), b=goal.lower(), n=rng.randrange(2, 90)).split()
    lines, line = [], ""
    for word in words:  # hard line breaks, as submitted
        if len(line) + len(word) > 78:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return f"{method} for {goal}{rng.choice(_SUFFIX)}", "\n".join([*lines, line])


def _printed(rng: random.Random, person: Person) -> tuple[str, str]:
    forms = person.paper_forms
    forenames, keyname = rng.choices(forms, [7, 2, 1][: len(forms)])[0]
    roll = rng.random()
    if roll < 0.08:
        return tex(forenames), tex(keyname)
    return (fold(forenames), fold(keyname)) if roll < 0.16 else (forenames, keyname)


def _one(
    rng: random.Random,
    day: date,
    number: int,
    lead: Person,
    groups: dict[str, list[Person]],
    code: dict[str, Repository],
) -> Paper:
    team = _team(rng, lead, groups)
    title, abstract = _text(rng, lead.specialism)
    first = at(day, rng.randrange(DAY_S))
    versions = [first] + [
        first + rng.randrange(5, 200) * DAY_S for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))
    ]
    pool = CATEGORIES[lead.specialism]
    volumes = [
        folder
        for folder, (_, _, year, takes) in VENUES.items()
        if lead.specialism in takes and 0 <= (year - day.year) <= 1
    ]
    volume = rng.choice(volumes) if volumes and rng.random() < 0.45 else None
    comments = []
    if volume and rng.random() < 0.7:
        comments.append(f"Accepted at {VENUES[volume][1]}")
    repo = next((code[person.key] for person in team if person.key in code), None)
    if repo is not None and rng.random() < 0.7:
        comments.append(f"code: https://github.com/{repo.full_name}")
    comments += rng.choices(("12 pages, 4 figures", "Preprint", "", ""), k=1)
    return Paper(
        id=f"{day:%y%m}.{60_000 + (day.day - 1) * 1_290 + number}",  # arXiv itself never numbers that high
        specialism=lead.specialism,
        abstract=abstract,
        authors=team,
        title=title.replace(" for ", " for\n  ", 1) if len(title) > 70 else title,
        printed=[_printed(rng, person) for person in team],
        versions=sorted(versions),
        volume=volume,
        categories=tuple(
            dict.fromkeys(
                [pool[0] if rng.random() < 0.7 else pool[1], *rng.sample(pool, rng.randrange(0, 3))]
            )
        ),
        comments="; ".join(part for part in comments if part) or None,
        oral=volume is not None and rng.random() < 0.2,
        doi=f"10.99999/inv.{day:%y%m}{number}" if rng.random() < 0.15 else None,
        on_arxiv=volume is None or rng.random() < 0.85,
        affiliations=[person.affiliation if rng.random() < 0.3 else None for person in team],
    )


def papers(seed: int, size: int, people: list[Person], repos: list[Repository], until: date) -> list[Paper]:
    """Return every paper submitted by the end of `until`, oldest first."""
    writers = [person for person in people if person.publishes]
    groups = {
        topic: [person for person in writers if person.specialism == topic]
        for topic in (*SPECIALISMS, "other")
    }
    groups = {topic: group for topic, group in groups.items() if group}
    writers = [person for person in writers if person.specialism in groups]
    code = {repo.crew[0][0].key: repo for repo in repos if repo.kind == "code"}
    rate = 0.6 * size / 1_050
    out: list[Paper] = []
    for day in days(until):
        rng = stream(seed, "papers", day)
        count = int(rate) + (rng.random() < rate % 1)
        if day == date(2026, 11, 23):
            count += 1  # so that a second night of the usual world always finds a new paper
        if day == BEGIN:
            count += 2  # one of them is withdrawn again
        for number in range(1, count + 1):
            paper = _one(rng, day, number, rng.choice(writers), groups, code)
            if day == BEGIN and number == 1:
                paper.on_arxiv, paper.volume, paper.deleted_at = True, None, at(date(2025, 3, 3))
            out.append(paper)
    bridge = next(person for person in people if "bridge" in person.cases)
    for number, day in enumerate((date(2024, 6, 11), date(2025, 5, 20), date(2026, 4, 9))):
        paper = _one(stream(seed, "bridge", number), day, 900 + number, bridge, groups, code)
        paper.on_arxiv = True
        out.append(paper)
    now = end_of(until)
    for paper in out:
        paper.versions = [moment for moment in paper.versions if moment <= now]
        paper.deleted_at = paper.deleted_at if paper.deleted_at and paper.deleted_at <= now else None
    return sorted((paper for paper in out if paper.versions), key=lambda paper: paper.id)


def arxiv_sets(paper: Paper) -> list[str]:
    """Return the OAI sets a paper is in, cross-lists included: `cs:cs:LG`, `physics:physics:geo-ph`."""
    return [f"{category.split('.')[0]}:{category.replace('.', ':')}" for category in paper.categories]
