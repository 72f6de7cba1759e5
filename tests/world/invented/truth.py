"""What is true of the invented world, for tests: people, cases, who is strong at what."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from invented.accounts import AGENTS, bots
from invented.activity import Change
from invented.moments import DAY_S, end_of
from invented.papers import Paper
from invented.people import Person
from invented.planted import Case
from invented.repositories import Repository
from invented.vocabulary import SPECIALISMS

LATELY_DAYS = 540


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth, as plain JSON types.

    people: by key. cases: name → {says, people, facts}. strong: specialism → keys, those with
    most recent merged work and reviews first; without the opted-out and the long silent. namesakes:
    lists of keys that share a plain name.
    machines: logins of bots. repositories: watched full names by specialism. renamed_repositories: old → new.
    """

    people: dict[str, dict[str, Any]]
    cases: dict[str, dict[str, Any]]
    strong: dict[str, list[str]]
    namesakes: list[list[str]]
    opted_out: list[str]
    machines: list[str]
    agents: list[str]
    repositories: dict[str, list[str]]
    renamed_repositories: dict[str, str]
    papers: dict[str, list[str]]
    deleted_papers: list[str]
    counts: dict[str, int]
    events: list[dict[str, Any]] = field(default_factory=list)  # what `life` did, oldest first

    def person_of_account(self, account: int) -> str | None:
        """Return whose GitHub account number this is."""
        return next(
            (key for key, person in self.people.items() if (person["github"] or {}).get("id") == account),
            None,
        )


class Tally:
    """Counts what each person did while the world is being written."""

    def __init__(self, until: date) -> None:
        self.since = end_of(until) - LATELY_DAYS * DAY_S
        self.done: dict[str, Counter[str]] = defaultdict(Counter)
        self.counts: Counter[str] = Counter()

    def changes(self, changes: list[Change]) -> None:
        """Count changes and reviews of one repository."""
        for change in changes:
            self.counts["pulls"] += change.number > 0
            self.counts["merged_pulls"] += change.number > 0 and change.merged
            self.counts["reviews"] += len(change.reviews)
            for review in change.reviews:
                if isinstance(review.by, Person):
                    self.done[review.by.key]["reviews"] += 1
                    self.done[review.by.key]["recent"] += 0.3 * (review.at >= self.since)  # type: ignore[assignment]
            if change.merged and isinstance(change.by, Person):
                tally = self.done[change.by.key]
                tally["pushed" if change.style == "push" else "merged"] += 1
                tally["chores"] += change.chore
                tally["recent"] += (change.done_at or 0) >= self.since and not change.chore

    def papers(self, papers: list[Paper]) -> None:
        """Count papers."""
        for paper in papers:
            self.counts["papers"] += 1
            for person in paper.authors:
                self.done[person.key]["papers"] += 1


def _person(person: Person, done: Counter[str]) -> dict[str, Any]:
    account = person.account
    return {
        "key": person.key,
        "name": person.name.display,
        "roman": person.name.roman,
        "native": person.name.native,
        "kind": person.kind,
        "specialism": person.specialism,
        "strength": person.strength,
        "github": None
        if account is None
        else {
            "id": account.id,
            "node": account.node,
            "login": account.login,
            "former": account.former_logins,
            "deleted": account.deleted,
        },
        "git": [list(line) for line in person.git_lines],
        "emails": person.emails,
        "verified": person.verified,
        "arxiv_names": [list(form) for form in person.paper_forms] if person.publishes else [],
        "homepage": person.homepage,
        "both_sided": bool(person.homepage and account and account.website and person.page_links_back),
        "orcid": person.orcid,
        "openreview": person.openreview,
        "scholar": person.scholar,
        "opted_out": person.opted_out,
        "cases": person.cases,
        "did": {key: round(value, 1) for key, value in sorted(done.items())},
    }


def truth(
    people: list[Person], cases: list[Case], repos: list[Repository], papers: list[Paper], tally: Tally
) -> Truth:
    """Return the truth about a finished world."""
    strong: dict[str, list[str]] = {}
    for topic in SPECIALISMS:
        able = [
            person
            for person in people
            if person.specialism == topic
            and person.strength == "strong"
            and not person.opted_out
            and tally.done[person.key]["recent"] >= 3
        ]
        strong[topic] = [
            person.key
            for person in sorted(able, key=lambda person: (-tally.done[person.key]["recent"], person.key))
        ]
    by_name: dict[str, list[str]] = defaultdict(list)
    for person in people:
        by_name[person.name.plain.casefold()].append(person.key)
    machines = bots()
    return Truth(
        people={person.key: _person(person, tally.done[person.key]) for person in people},
        cases={case.name: {"says": case.says, "people": case.people, "facts": case.facts} for case in cases},
        strong=strong,
        namesakes=[keys for keys in by_name.values() if len(keys) > 1],
        opted_out=[person.key for person in people if person.opted_out],
        machines=[bot.rest_login for bot in machines],
        agents=[bot.rest_login for bot in machines if bot.login in AGENTS],
        repositories={
            topic: [repo.full_name for repo in repos if repo.kind == "watched" and repo.specialism == topic]
            for topic in SPECIALISMS
        },
        renamed_repositories={repo.former: repo.full_name for repo in repos if repo.former},
        deleted_papers=[paper.id for paper in papers if paper.deleted_at is not None],
        papers={paper.id: [person.key for person in paper.authors] for paper in papers if paper.on_arxiv},
        counts={**tally.counts, "people": len(people), "repositories": len(repos)},
    )


def as_json(made: Truth) -> dict[str, Any]:
    """Return the truth as a JSON object."""
    return asdict(made)
