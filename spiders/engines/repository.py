"""Histories of git repositories as pages: fetched into a mirror, or read from an operator's own.

A page is JSON lines: a header, then at most 2,000 commits, oldest first. Names stay, addresses leave as digests.
Commits arrive through one `git log` a page; 37,554 of them take seconds (google/jax, measured).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spiders import git, redact
from spiders.door import Caps, DoorClosed
from spiders.engines.pace import Bucket, Rate, retry_after
from spiders.engines.turn import GIT_PAGE, Kit, host_of, trouble, visit_of
from spiders.errors import RetryLater, SourceChanged, SourceRefused
from spiders.records import Cost, Outcome, Page, Task, Visit
from spiders.redact import Pepper

PAGE_COMMITS = 2_000
_NAME_MAX_CHARS = 200
_SUBJECT_MAX_CHARS = 500
_LIMIT_S = 900.0  # asked for without a word on how long
_HOME = "https://github.com"
_PROBE_CAPS = Caps(wire_bytes=64 * 1024 * 1024, decoded_bytes=64 * 1024 * 1024)  # old servers list every ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of a history a page is: the commits of `head` that `base` has not, from `skip` on."""

    repository: str
    base: str | None
    head: str
    skip: int = 0


@dataclass(slots=True)
class RepositoryEngine:
    """Visits the tasks of one `git` source: fetch, then one page; the reader asks for the next page itself."""

    kit: Kit
    max_bytes: int = git.MIRROR_MAX_BYTES
    _people: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def run(self, tasks: Iterable[Task], emit: Callable[[Visit], None]) -> None:
        """Visit every task in turn; ends early when asked to stop."""
        for task in tasks:
            emit(self.visit(task))
            if self.kit.stop.asked:
                return

    def visit(self, task: Task) -> Visit:
        """Return how one page of one history went; never raises for what a source or git does."""
        started = self.kit.clock()
        try:
            return self._visit(task)
        except DoorClosed as error:
            outcome, after_s = error.outcome, None
            detail = str(error)
        except git.TooLarge as error:
            outcome, after_s, detail = Outcome.TOO_LARGE, None, str(error)
        except RetryLater as error:
            outcome = Outcome.LIMITED if error.after_s is not None else Outcome.BROKEN
            after_s, detail = error.after_s, str(error)
        except SourceRefused as error:
            outcome, after_s, detail = Outcome.REFUSED, None, str(error)
        except SourceChanged as error:
            outcome, after_s, detail = Outcome.UNREADABLE, None, str(error)
        cost = Cost(seconds=(self.kit.clock() - started).total_seconds())
        return trouble(self.kit, task, outcome, detail, after_s=after_s, cost=cost)

    def _visit(self, task: Task) -> Visit:
        """Return the visit of one page. Raises what stands in the way."""
        name = git.repository_name(str(task.params.get("repository", "")))
        paths = bool(task.params.get("paths", False))
        host = host_of(task.url) or ""
        if host not in self.kit.spec.hosts:
            raise SourceRefused(f"host {host[:80]!r} is not in `hosts` of source {self.kit.spec.name!r}")
        url = f"https://{host}/{name}"
        mirror = self.kit.home / "mirrors" / sha256(f"{url} {paths}".encode()).hexdigest()[:32]
        before = git_size(mirror)
        head, skip, requests = task.params.get("head"), int(task.params.get("skip", 0)), 0
        if not isinstance(head, str) or not _holds(mirror, head):
            requests = 2
            found = self._fetch(url, mirror, paths)
            if found is None:
                return trouble(
                    self.kit, task, Outcome.NONE_YET, "repository is empty", cost=Cost(requests=requests)
                )
            if not isinstance(head, str):
                head, skip = found, 0
            elif not _holds(mirror, head):
                raise SourceChanged("the history walked so far was rewritten: it is walked again next time")
        base = task.params.get("base", task.cursor)
        if not isinstance(base, str) or not git.is_ancestor(mirror, base, head):
            base = None  # first visit, or a force-push: the whole history is walked
        cost = Cost(requests=requests, bytes=max(0, git_size(mirror) - before))
        if base == head:
            return trouble(self.kit, task, Outcome.UNCHANGED, None, cost=cost)
        span = Span(repository=name, base=base, head=head, skip=skip)
        shas = git.commits(mirror, base, head)
        body = _page_body(mirror, span, shas, self.kit.pepper, paths=paths, people=self._people)
        page = _page(url, body, self.kit.clock())
        return visit_of(self.kit, task, page, cost=cost, counted={})

    def _fetch(self, url: str, mirror: Path, paths: bool) -> str | None:
        """Bring a mirror up to date and return its newest commit, None if the repository is empty.

        Asks through the door first: for a no, for a new address, and so that git only ever connects where it leads.
        """
        spec = self.kit.spec
        bucket = Bucket(
            self.kit.home, spec.bucket or spec.name,
            Rate(requests_per_hour=spec.requests_per_hour, gap_s=spec.gap_s), sleep=self.kit.stop.sleep,
        )  # fmt: skip
        with bucket.turn(self.kit.patience_s):
            answer = self.kit.door.send(
                f"{url}.git/info/refs?service=git-upload-pack", hosts=spec.hosts, caps=_PROBE_CAPS,
                headers={"git-protocol": "version=2", "accept": "*/*"},
            )  # fmt: skip
        after_s = retry_after(answer.headers)
        if answer.status == 429 or answer.status >= 500 or (answer.status == 403 and after_s is not None):
            unsaid = _LIMIT_S if answer.status == 429 else None
            raise RetryLater(f"answer {answer.status}: asked to wait", after_s=after_s or unsaid)
        if answer.status == 403:  # a no to us, not word that the repository is gone
            raise SourceRefused("answer 403: the host refuses to serve this history; check terms and contact")
        if answer.status in {401, 404, 410, 451}:
            raise DoorClosed(Outcome.GONE, f"answer {answer.status}: repository is gone, private or renamed")
        if answer.status != 200 or "git-upload-pack" not in answer.headers.get("content-type", ""):
            raise SourceChanged(f"answer {answer.status} is no git service")
        moved = answer.url.partition("/info/refs")[0]
        parts = urlsplit(moved)
        git.repository_name(parts.path.strip("/").removesuffix(".git"))
        pin = self.kit.door.pin_for(str(parts.hostname))
        resolved = None
        if pin is None:
            port = parts.port or 443
            address = self.kit.door.addresses(str(parts.hostname), port)[0]
            resolved = f"{parts.hostname}:{port}:{f'[{address}]' if ':' in address else address}"
        return git.fetch(
            moved, mirror, trees=paths, rewrite=pin, resolved=resolved, user_agent=self.kit.door.user_agent,
            limits=git.Limits(max_bytes=self.max_bytes, is_stopped=lambda: self.kit.stop.asked),
        )  # fmt: skip


def local_pages(
    directory: Path, name: str, *, until: datetime | None, pepper: Pepper, fetched_at: datetime
) -> Iterator[Page]:
    """Yield an operator's own mirror page by page, oldest commit first; writes nothing into it.

    until: only commits committed at or before it. Paths are told if the trees are at hand.
    Raises SourceChanged if the directory is no repository or its history cannot be read, SourceRefused for a name
    that is none.
    """
    git.repository_name(name)
    head = git.head(directory)
    if head is None:
        raise SourceChanged(f"{str(directory)!r} has no commits; give a mirror with a HEAD")
    shas = git.commits(directory, None, head, until=None if until is None else int(until.timestamp()))
    paths = git.has_trees(directory, head)
    people: dict[tuple[str, str], dict[str, Any]] = {}
    for skip in range(0, len(shas), PAGE_COMMITS):
        span = Span(repository=name, base=None, head=head, skip=skip)
        yield _page(
            f"{_HOME}/{name}",
            _page_body(directory, span, shas, pepper, paths=paths, people=people),
            fetched_at,
        )


def git_size(mirror: Path) -> int:
    """Return the bytes of a mirror's packs, 0 if there is none."""
    return sum(pack.stat().st_size for pack in (mirror / "objects" / "pack").glob("*.pack"))


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
    mirror: Path,
    span: Span,
    shas: Sequence[str],
    pepper: Pepper,
    *,
    paths: bool,
    people: dict[Any, dict[str, Any]],
) -> bytes:
    """Return the JSON lines of one part of a history. people: author lines seen, so that each is digested once."""
    part = shas[span.skip : span.skip + PAGE_COMMITS]
    mailmap = span.head if git.blob(mirror, span.head, ".mailmap") is not None else None
    header = {
        "repository": span.repository, "base": span.base, "head": span.head, "skip": span.skip, "count": len(part),
        "total": len(shas),
    }  # fmt: skip
    lines = [json.dumps(header)]

    def person(name: str, address: str) -> dict[str, Any]:
        known = people.get((name, address))
        if known is None:
            known = people[name, address] = _person(pepper, name, address)
        return known

    for commit in git.show(mirror, part, paths=paths, mailmap=mailmap) if part else ():
        author, mapped = person(*commit["author"]), None
        if mailmap is not None and commit["mapped"] != commit["author"]:
            mapped = person(*commit["mapped"])
        line = {
            "sha": commit["sha"], "author": author, "mapped": mapped, "committer": person(*commit["committer"]),
            "authored_at": _moment(commit["authored_at"]), "committed_at": _moment(commit["committed_at"]),
            "parents": commit["parents"], "subject": redact.plain(commit["subject"])[:_SUBJECT_MAX_CHARS],
            "trailers": [[key, person(name, address)] for key, name, address in commit["trailers"]],
            "paths": None if commit["paths"] is None else [redact.plain(path) for path in commit["paths"]],
            "files": commit["files"],
        }  # fmt: skip
        lines.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(lines).encode("utf-8", "replace") + b"\n"


def _person(pepper: Pepper, name: str, address: str) -> dict[str, Any]:
    """Return what a page says of an author line; the address itself ends here."""
    known = redact.address(pepper, address)
    return {
        "name": (redact.name(name) or "")[:_NAME_MAX_CHARS].strip(), "digest": known.digest, "account": known.account,
        "login": known.login, "shared": known.shared, "machine": known.machine or "[bot]" in name.casefold(),
    }  # fmt: skip


def _moment(seconds: int) -> str | None:
    """Return a moment in ISO 8601, UTC; None for one outside any calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None
