"""Git histories of the invented world: what commits a change becomes, in whose name, with which trailers."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from invented.accounts import Account
from invented.activity import Change, jitter
from invented.bare import Commit, Line
from invented.moments import DAY_S, at, days, end_of, stream
from invented.people import Person
from invented.repositories import Repository
from invented.vocabulary import TOYS

GITHUB = ("GitHub", "noreply@github.com")
REBASED = 3  # commits that a force-push rewrites


def _zone(person: Person | Account) -> str:
    if isinstance(person, Account):
        return "+0000"
    hours = (int(person.key[1:]) * 7) % 19 - 8
    return f"{'-' if hours < 0 else '+'}{abs(hours):02d}{'30' if hours == 5 else '00'}"


class Story:
    """Collects the commits of one repository in the order they reach its main branch. Marks count from 1."""

    def __init__(self, seed: int, repo: Repository) -> None:
        self.repo, self.rng = repo, stream(seed, "history", repo.number)
        self.commits: list[Commit] = []
        self.main: list[int] = []
        self.revisions: dict[str, int] = {}

    def line(self, person: Person | Account) -> Line:
        """Return an author line somebody uses: mostly their usual one."""
        if isinstance(person, Account):
            return person.rest_login, person.noreply
        lines = person.git_lines
        return self.rng.choices(lines, [6, 3, 2, 1][: len(lines)])[0]

    def files(self, paths: Iterable[str]) -> dict[str, str]:
        """Return new contents for paths; each revision differs."""
        out = {}
        for path in paths:
            self.revisions[path] = self.revisions.get(path, 0) + 1
            out[path] = f"# {path}\nrevision = {self.revisions[path]}\n"
        return out

    def add(self, commit: Commit, *, main: bool = True) -> int:
        """Append a commit and return its mark."""
        self.commits.append(commit)
        if main:
            self.main.append(len(self.commits))
        return len(self.commits)

    def rewrite(self, moment: int) -> None:
        """Rebase the last few commits of the main line: same authors, dates and texts, another committing."""
        tail: list[int] = []
        while (
            len(tail) < REBASED and len(self.main) > 1 and len(self.commits[self.main[-1] - 1].parents) == 1
        ):
            tail.insert(0, self.main.pop())
        for mark in tail:
            self.add(replace(self.commits[mark - 1], committed_at=moment, parents=self.tip()))

    def tip(self) -> tuple[int, ...]:
        """Return the parents of the next commit on the main line."""
        return (self.main[-1],) if self.main else ()

    def direct(self, author: Line, moment: int, message: str, files: dict[str, str], **more: object) -> int:
        """Append a commit pushed straight to the main branch."""
        given = {"author_at": moment, "committer": author, "committed_at": moment, **more}
        return self.add(Commit(author=author, message=message, files=files, parents=self.tip(), **given))  # type: ignore[arg-type]

    def first(self) -> None:
        """Write the first commit of a watched repository: README, mail map, owner file."""
        repo = self.repo
        lead = repo.maintainers[0]
        files = self.files(("pyproject.toml", ".github/workflows/ci.yml"))
        files["README.md"] = f"# {repo.name}\n\n{repo.description}\n"
        files[".mailmap"] = self._mailmap()
        files |= self.owner_file(repo.maintainers)
        self.direct(self.line(lead), max(repo.created_at, at(date(2023, 1, 2))), "Initial commit", files)

    def owner_file(self, people: list[Person]) -> dict[str, str]:
        """Return the file that says who owns what, in one of the three customary forms."""
        logins = [f"@{person.account.login}" for person in people if person.account]
        form = self.repo.number % 3
        if form == 0:
            return {
                ".github/CODEOWNERS": f"* {' '.join(logins[:2])}\n/csrc/ {logins[0]}\n/engine/ {logins[-1]}\n"
            }
        if form == 1:
            return {"OWNERS": "approvers:\n" + "".join(f"  - {login[1:]}\n" for login in logins)}
        names = [person.name.roman for person in people if person.account]
        return {
            "MAINTAINERS": "".join(f"{name} ({login})\n" for name, login in zip(names, logins, strict=True))
        }

    def _mailmap(self) -> str:
        lines = ["# proper name <proper address> name <address>"]
        for person, _ in self.repo.crew:
            if "mailmap" in person.cases or ("role_box" not in person.cases and int(person.key[1:]) % 5 == 0):
                (name, address), *others = person.git_lines
                lines += [f"{name} <{address}> {old} <{was}>" for old, was in others if "@" in was]
        return "\n".join(dict.fromkeys(lines)) + "\n"

    def land(self, change: Change) -> None:
        """Write a merged or pushed change."""
        assert change.done_at is not None
        tail = [*change.trailers]
        for helper in change.helpers:
            name, address = self.line(helper)
            spelled = self.rng.choice(
                ("Co-authored-by", "Co-authored-by", "co-authored-by", "Co-Authored-By")
            )
            tail.append(f"{spelled}: {name} <{address}>")
        done, zone = change.done_at, _zone(change.by)
        if change.style == "push":
            author = self.line(change.by)
            self.direct(
                author,
                done,
                _message(change.title, "", tail),
                self.files(change.paths),
                author_at=jitter(self.rng, done),
                zone=zone,
                change=change,
            )
        elif change.style == "squash":
            self.direct(
                self._web(change.by),
                done,
                _message(f"{change.title} (#{change.number})", "", tail),
                self.files(change.paths),
                author_at=done,
                committer=GITHUB,
                zone=zone,
                change=change,
            )
        else:
            self._merge(change, tail, zone)

    def _web(self, person: Person | Account) -> Line:
        """Return the line GitHub writes for commits made on its site."""
        if isinstance(person, Account):
            return person.rest_login, person.noreply
        assert person.account is not None
        return person.account.name or person.account.login, person.web_email

    def _merge(self, change: Change, tail: list[str], zone: str) -> None:
        assert change.done_at is not None and change.merged_by is not None
        author, files = self.line(change.by), self.files(change.paths)
        parent = self.main[-min(len(self.main), self.rng.randrange(1, 4))]
        for number, step in enumerate(change.steps):
            when = change.opened_at + (change.done_at - change.opened_at) * number // (len(change.steps) + 1)
            body = _message(step, "", tail if number == 0 else [])
            parent = self.add(
                Commit(
                    author=author,
                    author_at=when,
                    committer=author,
                    committed_at=when,
                    message=body,
                    files=files if number == 0 else self.files(change.paths[:1]),
                    parents=(parent,),
                    zone=zone,
                ),
                main=False,
            )
        whose = (
            change.by.login
            if isinstance(change.by, Account)
            else change.by.account.login
            if change.by.account
            else "ghost"
        )
        title = f"Merge pull request #{change.number} from {whose}/topic-{change.number}"
        merged = {path: self.commits[parent - 1].files.get(path, text) for path, text in files.items()}
        self.add(
            Commit(
                author=self._web(change.merged_by),
                author_at=change.done_at,
                committer=GITHUB,
                committed_at=change.done_at,
                message=_message(title, change.title, []),
                files=merged,
                parents=(*self.tip(), parent),
                change=change,
            )
        )


def _message(title: str, body: str, trailers: list[str]) -> str:
    return "\n\n".join(part for part in (title, body, "\n".join(trailers)) if part) + "\n"


def watched(seed: int, repo: Repository, changes: list[Change], *, rewritten_at: int | None = None) -> Story:
    """Return the history of a watched repository. rewritten_at: when its last commits were force-pushed anew."""
    story = Story(seed, repo)
    story.first()
    landed = [change for change in changes if change.merged and change.done_at is not None]
    for change in sorted(landed, key=lambda change: (change.done_at, change.opened_at)):
        if rewritten_at is not None and (change.done_at or 0) > rewritten_at:
            story.rewrite(rewritten_at)
            rewritten_at = None
        story.land(change)
        if len(story.main) == 60:
            person = repo.maintainers[0]
            story.direct(
                story.line(person),
                change.done_at or 0,
                "Update owners\n",
                story.owner_file(repo.maintainers[::-1]),
            )
        if repo.wild_dates and len(story.main) in (20, 40):
            person = repo.maintainers[0]
            when = 0 if len(story.main) == 20 else at(date(2098, 1, 1))
            story.direct(
                story.line(person),
                change.done_at or 0,
                "Fix clock of the build host\n",
                story.files(("setup.cfg",)),
                author_at=when,
            )
    if rewritten_at is not None:
        story.rewrite(rewritten_at)
    return story


def personal(seed: int, repo: Repository, until: date, forged: Line | None = None) -> Story:
    """Return the history of a small repository. forged: the author line an impostor writes."""
    story = Story(seed, repo)
    owner = repo.crew[0][0]
    if repo.kind == "empty":
        return story
    if repo.kind == "padded":
        pushed = at(date(2026, 11, 18), 75_000)
        for number, day in enumerate(days(until)):
            if day.year < 2026 and pushed <= end_of(until):
                story.direct(
                    owner.git_lines[0],
                    pushed + number % 900,
                    f"Daily progress {number}\n",
                    {"progress.txt": f"{number}\n"},
                    author_at=at(day, 40_000),
                )
        return story
    rng = story.rng
    path, says = {
        "code": ("src/train_{n}.py", "Experiment {n}"),
        "site": ("index.html", "Update page, take {n}"),
        "forged": ("engine/scheduler/batch.py", "Paged attention: speed up block table lookup, part {n}"),
        "fork": ("README.md", "Add my name {n}"),
    }.get(repo.kind, TOYS[repo.number % len(TOYS)][2:])
    moment = at(date(2024, rng.randrange(1, 12), 3))
    for number in range(rng.randrange(5, 30)):
        moment += rng.randrange(3_600, 25 * DAY_S)
        who, _ = rng.choice(repo.crew)
        author = forged if forged and number % 2 else story.line(who if rng.random() < 0.3 else owner)
        if moment <= end_of(until):
            story.direct(
                author,
                moment,
                says.format(n=number) + "\n",
                story.files((path.format(n=number),)),
                zone=_zone(owner),
            )
    return story
