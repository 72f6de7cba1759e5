"""Histories of git repositories as pages: fetched into a mirror, or read from an operator's own.

A page is JSON lines: a header, then at most 2,000 commits, oldest first. Names stay, addresses leave as digests.
Commits arrive through one `git log` a page; 37,554 of them take seconds (google/jax, measured).
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from spiders import git, redact
from spiders.clients import mailboxes
from spiders.door import DoorClosed
from spiders.engines import files
from spiders.engines.remotes import Found, Withheld, address_of, find, packs
from spiders.engines.turn import GIT_PAGE, Kit, trouble, visit_of
from spiders.errors import RetryLater, SourceChanged, SourceRefused
from spiders.gitrun import MIRROR_MAX_BYTES, Limits, TooLarge
from spiders.gitrun import head as head_of
from spiders.records import Cost, Outcome, Page, Task, Visit
from spiders.redact import Pepper

PAGE_COMMITS = 2_000
HEADS_KEPT = 60  # two months of nights: a history rewritten later than that is compared with its cursor alone
_HEADS = "sourcer-heads.json"  # beside git's own files, which it does not look at
_NAME_MAX_CHARS = 200
_SUBJECT_MAX_CHARS = 500
_HOME = "https://github.com"
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of a history a page is: the commits of `head` that `base` has not, from `skip` on.

    gone: commits seen before that a force-push or rebase left behind; they come first. since: when `base` was last
    seen as the newest commit, so what is new arrived later, whatever its own dates say. brought: see `git.brought`.
    """

    repository: str
    base: str | None
    head: str
    skip: int = 0
    gone: Sequence[str] = ()
    since: str | None = None
    brought: Mapping[str, git.Brought] = field(default_factory=dict)


@dataclass(slots=True)
class RepositoryEngine:
    """Visits the tasks of one `git` source: fetch, then one page; the reader asks for the next page itself."""

    kit: Kit
    max_bytes: int = MIRROR_MAX_BYTES
    _people: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _known: dict[tuple[Path, str], Mapping[str, git.Brought]] = field(default_factory=dict)

    def run(self, tasks: Iterable[Task], emit: Callable[[Visit], None]) -> None:
        """Visit every task in turn; ends early when asked to stop."""
        for task in tasks:
            emit(self.visit(task))
            if self.kit.stop.asked:
                return

    def visit(self, task: Task) -> Visit:
        """Return how one page of one history, or of files, went; never raises for what a source or git does."""
        started, after_s, page = self.kit.clock(), None, None
        try:
            if task.params.get("look"):
                return self._look(task)
            if "files" in task.params or "blob" in task.params:
                return files.visit(self.kit, task, max_bytes=min(self.max_bytes, files.FETCH_MAX_BYTES))
            return self._visit(task)
        except DoorClosed as error:
            outcome, detail = error.outcome, str(error)
            page = error.page if isinstance(error, Withheld) else None
        except TooLarge as error:
            outcome, detail = Outcome.TOO_LARGE, str(error)
        except RetryLater as error:
            outcome = Outcome.LIMITED if error.after_s is not None else Outcome.BROKEN
            after_s, detail = error.after_s, str(error)
        except SourceRefused as error:
            outcome, detail = Outcome.REFUSED, str(error)
        except SourceChanged as error:
            outcome, detail = Outcome.UNREADABLE, str(error)
        cost = Cost(seconds=(self.kit.clock() - started).total_seconds())
        return trouble(self.kit, task, outcome, detail, after_s=after_s, cost=cost, page=page)

    def _look(self, task: Task) -> Visit:
        """Return whether a repository is there and has anything; nothing is fetched. Costs two requests at most."""
        found = find(self.kit, address_of(self.kit, task)[1])
        outcome = Outcome.UNCHANGED if found.head is not None else Outcome.NONE_YET
        return trouble(self.kit, task, outcome, None, cost=Cost(requests=found.requests))

    def _visit(self, task: Task) -> Visit:
        """Return the visit of one page. Raises what stands in the way."""
        name, url = address_of(self.kit, task)
        paths = bool(task.params.get("paths", False))
        mirror = self.kit.home / "mirrors" / sha256(f"{url} {paths}".encode()).hexdigest()[:32]
        before, found = packs(mirror), None
        head, skip = task.params.get("head"), int(task.params.get("skip", 0))
        base = task.params.get("base", task.cursor)
        if not isinstance(head, str) or not _holds(mirror, head):
            found = find(self.kit, url, is_known=isinstance(base, str))
            known = found.head is not None and found.head == base
            newest = found.head if known else self._fetch(found, mirror, paths)
            if newest is None:
                cost = _cost(found, mirror, before)
                return trouble(self.kit, task, Outcome.NONE_YET, "repository is empty", cost=cost)
            _note(mirror, newest, self.kit.clock())
            if not isinstance(head, str):
                head, skip = newest, 0
            elif not _holds(mirror, head):
                raise SourceChanged("the history walked so far was rewritten: it is walked again next time")
        if base == head:
            return trouble(self.kit, task, Outcome.UNCHANGED, None, cost=_cost(found, mirror, before))
        if isinstance(base, str) and not _holds(mirror, base):
            found = found or find(self.kit, url)
            base = base if git.fetch_commit(found.remote, mirror, base, limits=self._limits()) else None
        span = _span(mirror, name, base if isinstance(base, str) else None, head, skip)
        if isinstance(task.params.get("since"), str):  # the walk began with it
            span = replace(span, since=task.params["since"])
        try:
            shas = [*span.gone, *git.commits(mirror, span.base, head)]
            span = replace(span, brought=self._brought(mirror, head))
        except TooLarge:
            shutil.rmtree(mirror, ignore_errors=True)
            raise
        part = shas[span.skip : span.skip + PAGE_COMMITS]
        mailmap = _mailmap(mirror, head)
        shown = git.show(mirror, part, paths=paths, mailmap=mailmap) if part else iter(())
        is_mapped = mailmap is not None
        body = _page_body(span, shas, shown, self.kit.pepper, is_mapped=is_mapped, people=self._people)
        page = _page(url, body, self.kit.clock())
        return visit_of(self.kit, task, page, cost=_cost(found, mirror, before), counted={})

    def _brought(self, mirror: Path, head: str) -> Mapping[str, git.Brought]:
        """Return how the commits of a history came; kept while its pages are asked for."""
        if (mirror, head) not in self._known:
            self._known = {(mirror, head): git.brought(mirror, head)}
        return self._known[mirror, head]

    def _limits(self) -> Limits:
        return Limits(max_bytes=self.max_bytes, is_stopped=lambda: self.kit.stop.asked)

    def _fetch(self, found: Found, mirror: Path, paths: bool) -> str | None:
        """Bring a mirror up to date and return its newest commit, None if the repository is empty."""
        return git.fetch(found.remote, mirror, trees=paths, limits=self._limits())


def _span(mirror: Path, name: str, base: str | None, head: str, skip: int) -> Span:
    """Return what to tell of a history: what is new, and first what is in it no more.

    As long as the history only grows nothing was left behind. Otherwise every newest commit of earlier nights is
    compared, so that what an unfinished walk told of is taken back as well.
    """
    heads = _heads(mirror)
    gone: list[str] = []
    if base is None or not git.is_ancestor(mirror, base, head):
        seen = [sha for sha in {*heads, *([base] if base else [])} if _holds(mirror, sha)]
        gone = git.unreachable(mirror, sorted(seen), head)
    since = heads.get(base) if base is not None else None
    return Span(repository=name, base=base, head=head, skip=skip, gone=gone, since=since)


def _heads(mirror: Path) -> dict[str, str]:
    """Return the newest commits of earlier fetches and when each was last found to be it."""
    try:
        told = json.loads((mirror / _HEADS).read_text(encoding="ascii"))
        return {str(sha): str(at) for sha, at in told.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _note(mirror: Path, head: str, at: datetime) -> None:
    """Note that a commit is the newest one now; a mirror that is not there has nothing to remember."""
    if not mirror.is_dir():
        return
    heads = sorted((_heads(mirror) | {head: at.isoformat()}).items(), key=lambda one: one[1])[-HEADS_KEPT:]
    beside = mirror / f"{_HEADS}.new"
    beside.write_text(json.dumps(dict(heads)), encoding="ascii")
    beside.replace(mirror / _HEADS)


def _cost(found: Found | None, mirror: Path, before: tuple[int, int]) -> Cost:
    """Return what a visit used: our own questions, those of git, and two more for every pack that came."""
    count, bytes_ = packs(mirror)
    made = max(0, count - before[0])
    asked = 0 if found is None else found.requests + (1 if made else 0)
    return Cost(requests=asked + 2 * made, bytes=max(0, bytes_ - before[1]))


def local_pages(
    directory: Path, name: str, *, until: datetime | None, pepper: Pepper, fetched_at: datetime
) -> Iterator[Page]:
    """Yield an operator's own mirror page by page, oldest commit first; writes nothing into it.

    until: only commits committed at or before it. Paths are told if the trees are at hand.
    Raises SourceChanged if the directory is no repository or its history cannot be read, SourceRefused for a name
    that is none.
    """
    git.repository_name(name)
    head = head_of(directory)
    if head is None:
        raise SourceChanged(f"{str(directory)!r} has no commits; give a mirror with a HEAD")
    latest = None if until is None else int(until.timestamp())
    shas = git.commits(directory, None, head, until=latest)
    brought = git.brought(directory, head, until=latest)
    paths = git.has_trees(directory, head)
    people: dict[tuple[str, str], dict[str, Any]] = {}
    mailmap = _mailmap(directory, head)
    shown = git.show(directory, shas, paths=paths, mailmap=mailmap)  # one git for all pages reads ahead of us
    for skip in range(0, len(shas), PAGE_COMMITS):
        span = Span(repository=name, base=None, head=head, skip=skip, brought=brought)
        part = islice(shown, PAGE_COMMITS)
        body = _page_body(span, shas, part, pepper, is_mapped=mailmap is not None, people=people)
        yield _page(f"{_HOME}/{name}", body, fetched_at)


def _mailmap(mirror: Path, head: str) -> str | None:
    """Return the commit whose map of authors applies to a history, None if it has none."""
    return head if git.has_mailmap(mirror, head) else None


def _holds(mirror: Path, sha: str) -> bool:
    """Return whether a mirror is there and has a commit."""
    return (mirror / "HEAD").is_file() and git.is_ancestor(mirror, sha, sha)


def _page(url: str, body: bytes, fetched_at: datetime) -> Page:
    """Return a body as a page."""
    return Page(
        url=url,
        status=200,
        media_type=GIT_PAGE,
        fetched_at=fetched_at,
        sha256=sha256(body).hexdigest(),
        body=body,
    )


def _page_body(
    span: Span,
    shas: Sequence[str],
    shown: Iterator[dict[str, Any]],
    pepper: Pepper,
    *,
    is_mapped: bool,
    people: dict[Any, dict[str, Any]],
) -> bytes:
    """Return the JSON lines of one part of a history.

    shown: the commits of this part, as `git.show` tells them. people: author lines seen, each is digested once.
    """
    left = set(span.gone)
    count = min(PAGE_COMMITS, max(0, len(shas) - span.skip))
    header = {
        "repository": span.repository, "base": span.base, "head": span.head, "skip": span.skip, "count": count,
        "total": len(shas), "since": span.since, "gone": len(span.gone),
    }  # fmt: skip
    lines = [json.dumps(header)]

    def person(name: str, address: str) -> dict[str, Any]:
        known = people.get((name, address))
        if known is None:
            known = people[name, address] = author_line(pepper, name, address)
        return known

    for commit in shown:
        author, mapped = person(*commit["author"]), None
        if is_mapped and commit["mapped"] != commit["author"]:
            mapped = person(*commit["mapped"])
        line = {
            "sha": commit["sha"], "author": author, "mapped": mapped, "committer": person(*commit["committer"]),
            "authored_at": _moment(commit["authored_at"]), "committed_at": _moment(commit["committed_at"]),
            "zone": commit["zone"], "parents": commit["parents"],
            "subject": redact.plain(commit["subject"])[:_SUBJECT_MAX_CHARS],
            "trailers": [[key, person(name, address)] for key, name, address in commit["trailers"]],
            "paths": None if commit["paths"] is None else [redact.plain(path) for path in commit["paths"]],
            "files": commit["files"],
        }  # fmt: skip
        if commit["sha"] in span.brought:
            came = span.brought[commit["sha"]]
            line["brought_by"] = redact.plain(came.subject or "")[:_SUBJECT_MAX_CHARS]
            line |= {"imported": came.is_import, "copy": came.is_copy}
        if commit["sha"] in left:
            line["gone"] = True
        lines.append(_JSON.encode(line))
    return "\n".join(lines).encode("utf-8", "replace") + b"\n"


def author_line(pepper: Pepper, name: str, address: str) -> dict[str, Any]:
    """Return what a page says of an author line; the address itself ends here."""
    known = redact.address(pepper, address)
    printed = (redact.name(name) or "")[:_NAME_MAX_CHARS].strip()
    return {
        "name": printed, "digest": known.digest, "account": known.account,
        "login": known.login, "shared": known.shared, "machine": known.machine or "[bot]" in name.casefold(),
        "mailbox": asdict(mailboxes.mailbox(pepper, address, printed)),
    }  # fmt: skip


def _moment(seconds: int | None) -> str | None:
    """Return a moment in ISO 8601, UTC; None for none, and for one outside any calendar."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None
