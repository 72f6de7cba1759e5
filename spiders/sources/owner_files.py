"""Who is named in a project's owner and maintainer files, from when and until when.

Source: https://docs.github.com/graphql/reference/objects#commit, every version of the files below (2026-07)
Yields: Work (repository, one per owned area), Identity per account or ORCID, Signal (maintains), Claim (profile_link,
    owner_address, owner_branch, owner_spelling), next Task
Cursor: the blob last read, per repository and path; an unchanged file is not walked again
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import fields, github, ownership, rows, upkeep
from spiders.clients.histories import author_line
from spiders.clients.ownership import WHOLE, Naming
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Request,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1
ACCEPTS = frozenset({"application/json"})

_MIRRORED: Final = "application/x-git-owners+json"

_FIRST: Final = 25  # versions a page: a large CODEOWNERS has 30 kB
_PAGES_MAX: Final = 40  # a file changed a thousand times is read back that far
_CERTAINTY: Final = {"codeowner": 1.0, "approver": 1.0, "maintainer": 1.0, "reviewer": 0.9, "governance": 0.8}
_CITED: Final = 0.5  # a citation file names who wrote it, not always who keeps it
_GONE: Final = "gone"
_SKEW: Final = timedelta(hours=2)  # a clock of a contributor may be ahead; further ahead is no date


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`. more: further files to read, for instance governance pages, by repository."""

    repositories: list[str] = Field(default_factory=list)
    more: dict[str, list[str]] = Field(default_factory=dict)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question per repository: which of its files changed since they were last read."""
    for name in seeds.repositories:
        read_before = {
            key.removeprefix(f"{name}:"): value for key, value in cursor.items() if key.startswith(f"{name}:")
        }
        paths = list(dict.fromkeys([*ownership.FILES, *seeds.more.get(name, ())]))
        yield Task(
            kind="files",
            url=github.GRAPHQL,
            params={"repository": name, "paths": paths},
            cursor=json.dumps(read_before, sort_keys=True) if read_before else None,
        )


def ask(task: Task) -> Request:
    """Return the question of a task: which files there are, the versions of one, or whose login it is."""
    params = task.params
    if task.kind == "files":
        return upkeep.files_query(params["repository"], params["paths"])
    if task.kind == "owner":
        return github.post(upkeep.OWNER, {"login": params["login"]})
    asked = {
        "head": params.get("head", "HEAD"),
        "path": params["path"],
        "aliases": _aliases_beside(params["path"]),
    }
    window = {"first": params["first"], "after": params.get("after")}
    return github.post(upkeep.VERSIONS, {**upkeep.place(params["repository"]), **window, **asked})


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the files that changed, what changed between two versions, or what an account was named for.

    A page of an operator's own mirror holds all versions of a file at once.
    """
    if page.media_type == _MIRRORED:
        yield from _read_mirrored(page, via)
        return
    data, _ = github.answer(page)
    if task.kind == "owner":
        yield from _read_owner(task, data.get("user"), via)
        return
    repository = data.get("repository")
    if repository is None:
        yield Counted(what="repository_not_found")
    elif task.kind == "files":
        yield from _read_files(task, repository)
    else:
        yield from _read_versions(task, repository.get("object"), page.fetched_at, via)


def _read_files(task: Task, repository: Mapping[str, Any]) -> Iterator[Yield]:
    known = json.loads(task.cursor or "{}")
    for number, path in enumerate(task.params["paths"]):
        blob = (repository.get(f"f{number}") or {}).get("oid")
        now = blob or (_GONE if path in known else None)
        if now is None:
            continue
        if known.get(path) == now:
            yield Counted(what="file_unchanged")
            continue
        params = {"repository": task.params["repository"], "path": path, "blob": now, "first": _FIRST}
        yield Task(source=task.source, kind="versions", url=task.url, params=params)


def _read_versions(
    task: Task, head: Mapping[str, Any] | None, read_at: datetime, via: Via
) -> Iterator[Yield]:
    """Compare each version with the one before it; pages overlap by one, so that no page needs another's memory."""
    repository, path = task.params["repository"], task.params["path"]
    history = (head or {}).get("history")
    if head is None or not isinstance(history, dict) or not isinstance(history.get("edges"), list):
        raise RetryLater("GitHub left the history of a file out of its answer")
    edges: list[fields.Table] = []
    versions: list[tuple[fields.Table, Naming | None]] = []
    for number, edge in enumerate(history["edges"]):
        for found in rows.guarded(f"version {number} of {repository}:{path}", _version(path, edge)):
            if isinstance(found, Quarantined):
                yield found
                continue
            edges.append(edge)
            versions.append(found)
    readable = [(node, naming) for node, naming in versions if naming is not None]
    if len(readable) < len(versions):
        yield Counted(what="owner_version_unreadable", times=len(versions) - len(readable))
    if readable and not task.params.get("after"):
        for what, times in sorted(readable[0][1].left_out.items()):
            yield Counted(what=what, times=times)
    more = bool((history.get("pageInfo") or {}).get("hasNextPage"))
    pages = task.params.get("pages", 1)
    facts, called = _changes(readable, read_at, is_whole=not more)
    yield from _tell(task, facts, called, via)
    if more and len(edges) > 1 and pages < _PAGES_MAX:
        last = max((n for n, (_, naming) in enumerate(versions) if naming is not None), default=0)
        after = edges[last - 1 if last else -2].get(
            "cursor"
        )  # the next page begins with our last readable version
        if not after or after == task.params.get("after"):
            raise SourceChanged("the paging cursor of a history repeats itself")
        params = {**task.params, "head": head.get("oid"), "after": after, "pages": pages + 1}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
        return
    if more:
        yield Counted(what="history_cut")
    yield Cursor(key=f"{repository}:{path}", value=task.params["blob"])


def _read_mirrored(page: Page, via: Via) -> Iterator[Yield]:
    """Yield what changed between all versions of a file of a mirror, newest first.

    An account's number is known where a noreply address of the same history tells it. Any other login is an identity
    of its own, `owner:login`, whose link to the login's bearer of today a person must confirm. Which author lines of
    the history are whose is said as claims.
    """
    try:
        header, *lines = [json.loads(line) for line in page.body.splitlines()]
        repository, path, known = str(header["repository"]), str(header["path"]), dict(header["accounts"])
        borne = _borne(header.get("bearers", ()), repository)  # pages from before they were told have none
        versions = [
            ({"committedDate": line["at"], "oid": line["sha"]}, _mirrored(path, line)) for line in lines
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceChanged(f"not the versions of a file: {type(error).__name__} {error}") from error
    readable = [(node, naming) for node, naming in versions if naming is not None]
    if len(readable) < len(versions):
        yield Counted(what="owner_version_missing", times=len(versions) - len(readable))
    if readable:
        for what, times in sorted(readable[0][1].left_out.items()):
            yield Counted(what=what, times=times)
    facts, called = _changes(readable, page.fetched_at, is_whole=not header["cut"])
    for who, found in facts.items():
        if who.startswith("orcid:"):
            yield from _cited(who, repository, path, found, called, via)
            continue
        account, seen = known.get(who, f"owner:{who}"), via(_blob(repository, path, found[0][4]))
        yield Identity(id=account, kind=IdentityKind.PERSONAL, handle=who, via=seen)
        if who not in known:
            yield Claim(left=account, right=f"github-login:{who}", kind="profile_link", via=seen)
        for line, how, sha in borne.get(who, ()):
            commit = f"https://github.com/{repository}/commit/{sha}"
            yield Claim(left=account, right=line, kind=how, via=via(commit))
        yield from _signals(account, repository, path, found, via)


def _borne(told: Iterable[Mapping[str, Any]], repository: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return (author line, how it is known, commit) by login."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in told:
        line = author_line(one["line"], repository).id
        found.setdefault(str(one["login"]), []).append((line, str(one["how"]), str(one["sha"])))
    return found


def _mirrored(path: str, line: Mapping[str, Any]) -> Naming | None:
    """Return who a version names; nobody in one that removed the file, None for one that is not at hand."""
    if not line["is_there"]:
        return Naming()
    return ownership.read(path, line["text"], line["aliases"]) if isinstance(line["text"], str) else None


def _version(path: str, edge: Any) -> Iterator[tuple[fields.Table, Naming | None]]:
    """Yield the commit of a version and who is named in it; nothing for one that GitHub left out (null)."""
    node = None if edge is None else fields.within(fields.as_table(edge, "edges"), "node")
    if node is not None:
        fields.needed(node, "oid")
        yield node, _naming(path, node)


def _naming(path: str, node: fields.Table) -> Naming | None:
    """Return who a version names; nobody in one that removed the file, None for one that cannot be read.

    Raises SkipRecord if it is of another shape than GitHub documents.
    """
    if "file" not in node:
        raise SkipRecord("file is missing")
    file = fields.within(node, "file")
    if file is None:
        return Naming()
    blob = fields.within(file, "object") or {}
    if blob.get("isBinary") or blob.get("isTruncated") or not isinstance(blob.get("text"), str):
        return None
    beside = fields.within(fields.within(node, "aliases") or {}, "object") or {}
    return ownership.read(path, blob["text"], fields.text(beside, "text"))


def _changes(
    readable: Sequence[tuple[Mapping[str, Any], Naming]], read_at: datetime, *, is_whole: bool
) -> tuple[dict[str, list[list[str]]], dict[str, str]]:
    """Return what changed between versions, newest first, by who is named, and printed names.

    is_whole: nothing comes before the last one, so that whoever it names was first named there.
    """
    facts: dict[str, list[list[str]]] = {}
    called: dict[str, str] = {}
    first: list[tuple[Mapping[str, Any], Naming]] = [({}, Naming())] if is_whole and readable else []
    for (newer, now), (_, before) in pairwise([*readable, *first]):
        _compare(facts, newer, now, before, read_at)
        called |= before.called | now.called
    return facts, called


def _compare(
    facts: dict[str, list[list[str]]],
    newer: Mapping[str, Any],
    now: Naming,
    before: Naming,
    read_at: datetime,
) -> None:
    """Note who is named in a version and was not in the one before it, and the other way round.

    The date of a commit is its author's to choose: one that is none, or lies ahead, is left empty.
    """
    at, sha = str(newer.get("committedDate")), str(newer["oid"])
    moment = fields.moment(at)
    if moment is None or moment > read_at + _SKEW:
        at = ""
    for entry, word in (
        *((entry, "from") for entry in sorted(now.entries - before.entries)),
        *((entry, "until") for entry in sorted(before.entries - now.entries)),
    ):
        facts.setdefault(entry.who, []).append([entry.role, entry.area, word, at, sha])


def _tell(
    task: Task, facts: Mapping[str, list[list[str]]], called: Mapping[str, str], via: Via
) -> Iterator[Yield]:
    """Yield what is known of ORCIDs at once; a login is first asked for its number, one by one.

    One task a login: a person who asked to be left out takes nobody else's facts along.
    """
    repository, path = task.params["repository"], task.params["path"]
    for who, found in facts.items():
        if not who.startswith("orcid:"):
            params = {"repository": repository, "path": path, "login": who, "facts": found}
            yield Task(source=task.source, kind="owner", url=task.url, params=params)
            continue
        yield from _cited(who, repository, path, found, called, via)


def _cited(
    who: str, repository: str, path: str, found: list[list[str]], called: Mapping[str, str], via: Via
) -> Iterator[Yield]:
    """Yield somebody a citation file names by ORCID, and what for."""
    number = who.removeprefix("orcid:").upper()
    one, seen = f"citation:{repository}:{number}", via(_blob(repository, path, found[0][4]))
    yield Identity(id=one, kind=IdentityKind.AUTHOR, name=called.get(who), orcid=number, via=seen)
    yield from _signals(one, repository, path, found, via)


def _read_owner(task: Task, user: Mapping[str, Any] | None, via: Via) -> Iterator[Yield]:
    if user is None:
        yield Counted(what="owner_not_found")
        return
    account = github.actor(user, via(f"https://github.com/{user.get('login')}"))
    if account is None:
        yield Counted(what="owner_without_account")
        return
    created = fields.moment(str(user.get("createdAt")))
    if created is None:
        yield Quarantined(where=str(task.params["login"]), reason="createdAt is missing or no moment")
        return
    dated = [fact for fact in task.params["facts"] if fact[3]]
    if len(dated) < len(task.params["facts"]):  # who bore the login then cannot be told
        yield Counted(what="owner_fact_undated", times=len(task.params["facts"]) - len(dated))
    believed = [fact for fact in dated if upkeep.moment(fact[3]) >= created]
    if len(believed) < len(dated):  # somebody else bore the login then
        yield Counted(what="login_changed_hands", times=len(dated) - len(believed))
    if believed:
        yield account
        yield from _signals(account.id, task.params["repository"], task.params["path"], believed, via)


def _signals(who: str, repository: str, path: str, facts: list[list[str]], via: Via) -> Iterator[Yield]:
    home = f"https://github.com/{repository}"
    yield Work(id=f"github:{repository}", kind=WorkKind.REPOSITORY, title=repository, url=home, via=via(home))
    told: set[str] = set()
    for role, area, word, at, sha in facts:
        seen = via(_blob(repository, path, sha))
        work = f"github:{repository}" if area == WHOLE else f"github:{repository}:{area}"
        if area != WHOLE and work not in told:
            told.add(work)
            yield Work(
                id=work,
                kind=WorkKind.REPOSITORY,
                title=f"{repository}: {area}",
                url=_blob(repository, path, "HEAD"),
                paths=() if area.startswith("@") else (area.lstrip("/"),),
                part_of=f"github:{repository}",
                via=seen,
            )
        yield Signal(
            id=f"github:maintains:{repository}:{path}:{area}:{role}:{who.removeprefix('github:')}:{word}:{sha[:12]}",
            identity=who,
            work=work,
            kind=SignalKind.MAINTAINS,
            occurred_at=fields.moment(at),
            confidence=_CERTAINTY.get(role, _CITED),
            note=role if word == "from" else f"{role}_until",
            via=seen,
        )


def _blob(repository: str, path: str, sha: str) -> str:
    return f"https://github.com/{repository}/blob/{sha}/{quote(path)}"


def _aliases_beside(path: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}OWNERS_ALIASES"
