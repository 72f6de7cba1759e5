"""Who did what in a repository, from its history alone.

Source: the commits of a public repository, https://git-scm.com/docs/git-log (read 2026-11-23); a mirror's tags, too
Yields: Work (repository, pull_request, commit, package), Identity per author line, Claim (noreply, mailmap), Signal,
    Gone
Cursor: the last head read, per repository
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import machines
from spiders.clients.histories import Commit, Header, Line, author_line, read_commit, read_header
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    Gone,
    Identity,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 4
_TAGS: Final = "application/x-git-tags+json"
ACCEPTS = frozenset({"application/x-git-log+json", _TAGS})

_TRAILERS: Final = {
    "co-authored-by": (SignalKind.CO_AUTHORED, 0.9),
    "reviewed-by": (SignalKind.REVIEWED, 0.9),
    "tested-by": (SignalKind.TESTED, 0.9),
    "signed-off-by": (SignalKind.SIGNED_OFF, 0.9),
    "acked-by": (SignalKind.REVIEWED, 0.5),  # an agreement, often without a reading
}  # a trailer is the committer's word about somebody else, so a little less than certain


_PRERELEASE: Final = re.compile(
    r"(?i)\d[-._+]?(?:a|b|c|rc|alpha|beta|dev|pre|preview|nightly|snapshot|canary)[-._]?\d*\b|nightly|snapshot"
)


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`. paths: read touched file names too (a larger fetch)."""

    repositories: list[str] = Field(default_factory=list)
    paths: bool = False


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one history per repository, from where it was last read."""
    for name in seeds.repositories:
        yield Task(
            kind="history",
            url=f"https://github.com/{name}.git",
            params={"repository": name, "paths": seeds.paths},
            cursor=cursor.get(name),
        )


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page of commits says, the next page as a task, and the head once the walk is complete.

    A page of tags says who released which version. Raises SourceChanged if the page is cut short.
    """
    if page.media_type == _TAGS:
        yield from _read_tags(page, via)
        return
    lines = page.body.rstrip(b"\n").split(b"\n")
    header = read_header(lines[0])
    if len(lines) - 1 != header.count:
        raise SourceChanged(
            f"git page promises {header.count} commits and holds {len(lines) - 1}: it was cut short"
        )
    home = f"https://github.com/{header.repository}"
    repository = f"github:{header.repository}"
    yield Work(id=repository, kind=WorkKind.REPOSITORY, title=header.repository, url=home, via=via(home))
    reading = _Reading(header.repository, via)
    for number, line in enumerate(lines[1:], header.skip + 1):
        try:
            commit = read_commit(line, header, page.fetched_at)
            yield from reading.withdrawn(commit) if commit.is_gone else reading.commit(commit)
        except SkipRecord as error:
            yield Quarantined(where=f"commit {number}", reason=str(error))
    yield from reading.accounts.values()
    yield from reading.hours()
    yield from _next(task, header)


def _read_tags(page: Page, via: Via) -> Iterator[Yield]:
    """Yield the versions that somebody tagged; the work is the one that the platform's own releases name."""
    try:
        header, *lines = [json.loads(line) for line in page.body.splitlines()]
        repository = str(header["repository"])
        found = [
            (str(one["tag"]), datetime.fromisoformat(one["at"]), author_line(one["tagger"], repository))
            for one in lines
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceChanged(f"not the tags of a repository: {type(error).__name__} {error}") from error
    if len(found) != header["count"]:
        raise SourceChanged(f"page promises {header['count']} tags and holds {len(found)}: it was cut short")
    reading = _Reading(repository, via)
    for tag, at, who in found:
        if who.machine:
            yield Counted(what="machine_release")
            continue
        seen = via(f"https://github.com/{repository}/releases/tag/{quote(tag)}")
        yield from reading.people([who], seen)
        work = f"github:{repository}:release:{tag}"
        yield Work(
            id=work, kind=WorkKind.PACKAGE, title=f"{repository} {tag}", url=seen.url, published_on=at.date(),
            part_of=f"github:{repository}", via=seen,
        )  # fmt: skip
        yield Signal(
            id=f"git:{repository}@tag:{tag}:released:{who.id}",
            identity=who.id,
            work=work,
            kind=SignalKind.RELEASED,
            occurred_at=at,
            note="prerelease" if _PRERELEASE.search(tag) else None,
            via=seen,
        )
    yield from reading.accounts.values()


def _next(task: Task, header: Header) -> Iterator[Task | Cursor]:
    done = header.skip + header.count
    if done < header.total and header.count:
        since = header.since.isoformat() if header.since is not None else None
        params = {**task.params, "base": header.base, "head": header.head, "skip": done}
        params |= {"since": since} if since is not None else {}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
    else:
        yield Cursor(key=header.repository, value=header.head)


class _Reading:
    """What one page has told so far; each identity, account and claim is told once."""

    def __init__(self, repository: str, via: Via) -> None:
        self.repository = repository
        self.via = via
        self.told: set[str] = set()
        self.accounts: dict[str, Identity] = {}  # by id; the newest login of the page stands
        self.zones: dict[str, dict[str, Provenance]] = {}  # months and zones of a person's own commits

    def commit(self, commit: Commit) -> Iterator[Yield]:
        """Yield the work a commit is, its people and what they did to it."""
        if commit.is_copy:
            yield Counted(what="copied_commit")
            return
        number = commit.number
        if number is None and commit.is_merge:
            yield Counted(what="merge_commit")
            return
        merger = commit.author if machines.is_github_itself(commit.committer.name) else commit.committer
        if commit.is_merge and merger.machine:
            yield Counted(what="machine_merge")
            return
        via = self.via(f"https://github.com/{self.repository}/commit/{commit.sha}")
        work = commit.work(self.repository, via)
        yield work
        if commit.is_merge:
            yield from self._signal(commit, work, merger, SignalKind.MERGED, via)
            return
        yield from self._mapped(commit, via)
        helpers = [who for key, who in commit.trailers if key == "co-authored-by"]
        agents = sum(machines.is_agent(who.name, who.login, machine=who.machine) for who in helpers)
        if agents:
            yield Counted(what="ai_co_author", times=agents)
        note = commit.note or ("ai_assisted" if agents else None)
        yield from self._signal(commit, work, commit.author, SignalKind.AUTHORED, via, note=note)
        if commit.hours is not None and not commit.author.machine:
            self.zones.setdefault(commit.author.id, {})[commit.hours] = via
        if not merger.is_same(commit.author) and not (commit.mapped and merger.is_same(commit.mapped)):
            if merger.machine:
                yield Counted(what="machine_merge")
            else:
                yield from self._signal(commit, work, merger, SignalKind.MERGED, via)
        yield from self._trailers(commit, work, via)

    def hours(self) -> Iterator[Identity]:
        """Yield in which months each author's own clock stood in which part of the world, seen at the last commit."""
        for one, told in self.zones.items():
            *_, via = told.values()
            yield Identity(id=one, kind=IdentityKind.PERSONAL, hours=tuple(sorted(told)), via=via)

    def withdrawn(self, commit: Commit) -> Iterator[Yield]:
        """Take back what an earlier page said of a commit that a force-push or rebase left behind.

        What it says is read as then, by a reading of its own, so that the ids are the same. A rebased commit comes
        with another name and counts once: its old self goes as the new one arrives. A pull request stays a work, only
        this commit's part in it goes.
        """
        yield Counted(what="commit_left_behind")
        for told in _Reading(self.repository, self.via).commit(commit):
            if isinstance(told, Signal) or (isinstance(told, Work) and commit.number is None):
                yield Gone(id=told.id, via=told.via)

    def _trailers(self, commit: Commit, work: Work, via: Provenance) -> Iterator[Yield]:
        writers = [commit.author] + [who for key, who in commit.trailers if key == "co-authored-by"]
        known: dict[str, list[Line]] = {key: [] for key in _TRAILERS}
        for key, who in commit.trailers:
            if key not in _TRAILERS:
                yield Counted(what="trailer_ignored")
                continue
            own = writers[:1] if key == "co-authored-by" else writers  # their own sign-off is no judgement
            if any(who.is_same(other) for other in own) or any(who.is_same(other) for other in known[key]):
                continue
            known[key].append(who)
            if who.machine:
                yield from self.people([who], via)
                yield Counted(what="machine_trailer")
                continue
            kind, confidence = _TRAILERS[key]
            yield from self._signal(commit, work, who, kind, via, confidence=confidence)

    def _signal(
        self,
        commit: Commit,
        work: Work,
        who: Line,
        kind: SignalKind,
        via: Provenance,
        *,
        note: str | None = None,
        confidence: float = 1.0,
    ) -> Iterator[Yield]:
        yield from self.people([who], via)
        yield Signal(
            id=f"git:{self.repository}@{commit.sha}:{kind}:{who.id}",
            identity=who.id,
            work=work.id,
            kind=kind,
            occurred_at=commit.committed_at,
            confidence=confidence,
            note=note,
            via=via,
        )

    def _mapped(self, commit: Commit, via: Provenance) -> Iterator[Yield]:
        if commit.mapped is None or commit.mapped.id == commit.author.id:
            return
        yield from self.people([commit.author, commit.mapped], via)
        yield from self._claim(commit.author.id, commit.mapped.id, "mailmap", via)

    def people(self, people: Iterable[Line], via: Provenance) -> Iterator[Yield]:
        """Yield who some author lines are, and whose accounts their addresses name."""
        for who in people:
            kind = IdentityKind.BOT if who.machine else IdentityKind.PERSONAL
            if who.account is not None:
                self.accounts[who.account] = Identity(id=who.account, kind=kind, handle=who.login, via=via)
            if who.id in self.told:
                continue
            self.told.add(who.id)
            boxes = (who.digest,) if who.digest is not None and not who.shared else ()
            kept = (who.mailbox,) if who.mailbox is not None and not who.machine else ()
            yield Identity(id=who.id, kind=kind, name=who.name, emails=boxes, mailboxes=kept, via=via)
            if who.account is not None:
                yield from self._claim(who.id, who.account, "noreply", via)
            elif who.login is not None:
                yield from self._claim(who.id, f"github-login:{who.login}", "noreply", via)

    def _claim(self, left: str, right: str, kind: str, via: Provenance) -> Iterator[Yield]:
        if f"{left} {kind} {right}" not in self.told:
            self.told.add(f"{left} {kind} {right}")
            yield Claim(left=left, right=right, kind=kind, via=via)
