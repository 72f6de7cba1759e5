"""Files of git repositories as pages: those that changed since the last night, never a history.

A task with `files` is answered with a list, JSON lines: a header, then one file a line in the order of paths, texts
included. Formats that attack their reader (XML, HTML) are only named: a task with a `blob` is answered with that one
file as a page of its own type, which is read in the sandbox. All contents of a walk are fetched in one batch.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from spiders import gitfiles, redact
from spiders.engines.remotes import Found, address_of, find, packs
from spiders.engines.turn import Kit, trouble, visit_of
from spiders.errors import RetryLater, SourceRefused
from spiders.gitfiles import Changed
from spiders.gitrun import Limits, size
from spiders.records import Cost, Outcome, Page, Task, Visit

FILES_PAGE = "application/x-git-files+json"
FETCH_MAX_BYTES = 512 * 1024 * 1024  # of one visit; the ACL Anthology's three last years are about 60 MB
MIRROR_KEEP_BYTES = 1024**3  # a mirror of files is a cache: above this it is begun anew
PAGE_FILES, PAGE_BYTES = 200, 4 * 1024 * 1024
FILE_MAX_BYTES = 16 * 1024 * 1024
OF_THEIR_OWN = {".xml": "application/xml", ".html": "text/html", ".htm": "text/html"}


@dataclass(slots=True)
class _Walk:
    """One visit under way: where its mirror is and what it has cost. found: the remote, once it was asked."""

    kit: Kit
    url: str
    mirror: Path
    max_bytes: int
    found: Found | None = None
    requests: int = 0
    began: tuple[int, int] = (0, 0)

    def remote(self) -> Found:
        """Return the remote, asked for once a visit."""
        if self.found is None:
            self.found = find(self.kit, self.url)
            self.requests += self.found.requests
        return self.found

    def limits(self) -> Limits:
        """Return what a fetch may add to the mirror."""
        return Limits(max_bytes=self._before + self.max_bytes, is_stopped=lambda: self.kit.stop.asked)

    @property
    def _before(self) -> int:
        return self.began[1] + 1024 * 1024  # what a mirror holds beside its packs

    def cost(self) -> Cost:
        """Return what the visit has used: a pack is the result of one exchange of two or three requests."""
        count, bytes_ = packs(self.mirror)
        made = max(0, count - self.began[0])
        return Cost(requests=self.requests + 2 * made, bytes=max(0, bytes_ - self.began[1]))


def visit(kit: Kit, task: Task, *, max_bytes: int | None = None) -> Visit:
    """Return how a list of files, or one file, was got. Raises what stands in the way."""
    name, url = address_of(kit, task)
    mirror = kit.home / "mirrors" / sha256(f"{url} files".encode()).hexdigest()[:32]
    if "blob" not in task.params and not task.params.get("skip") and size(mirror) > MIRROR_KEEP_BYTES:
        shutil.rmtree(mirror, ignore_errors=True)
    walk = _Walk(kit, url, mirror, max_bytes or FETCH_MAX_BYTES, began=packs(mirror))
    return _one(walk, task, name) if "blob" in task.params else _list(walk, task, name)


def _list(walk: _Walk, task: Task, name: str) -> Visit:
    """Return the visit of a list of changed files."""
    globs = [str(one) for one in task.params["files"]]
    base, head, skip = (
        task.params.get("base", task.cursor),
        task.params.get("head"),
        int(task.params.get("skip", 0)),
    )
    if not isinstance(head, str):
        if isinstance(base, str) and walk.remote().head == base:
            return trouble(walk.kit, task, Outcome.UNCHANGED, None, cost=walk.cost())
        head = gitfiles.fetch_tree(walk.remote().remote, walk.mirror, limits=walk.limits())
        walk.requests += 1  # git asks for the newest commit once more
        if head is None:
            return trouble(walk.kit, task, Outcome.NONE_YET, "repository is empty", cost=walk.cost())
    elif not _has_tree(walk, head):
        raise RetryLater("the commit this walk began with is gone; it is walked again from the newest one")
    if base == head:
        return trouble(walk.kit, task, Outcome.UNCHANGED, None, cost=walk.cost())
    if not isinstance(base, str) or not _has_tree(walk, base):
        base = None  # the first visit, or a force-push took it away: all files are read
    files = gitfiles.changed(walk.mirror, base, head, globs)
    wanted = files[skip : skip + PAGE_FILES] if skip else files  # all at once, or what was lost since
    _bring(walk, [one.blob for one in wanted if one.blob is not None])
    body = _page_body(walk, files[skip:], {
        "repository": name, "base": base, "head": head, "skip": skip, "total": len(files),
    })  # fmt: skip
    page = _page(f"{walk.url}/tree/{head}", FILES_PAGE, body, walk.kit)
    return visit_of(walk.kit, task, page, cost=walk.cost(), counted={})


def _one(walk: _Walk, task: Task, name: str) -> Visit:
    """Return the visit of one file, a page of its own."""
    path, blob, head = (str(task.params[key]) for key in ("path", "blob", "head"))
    media = OF_THEIR_OWN.get(PurePosixPath(path).suffix.lower())
    if media is None:
        raise SourceRefused(f"{path[:80]!r} is of no format that is read by itself")
    if not (walk.mirror / "HEAD").is_file() or blob not in gitfiles.sizes(walk.mirror, [blob]):
        _bring(walk, [blob])
    length = gitfiles.sizes(walk.mirror, [blob]).get(blob)
    if length is None:
        raise RetryLater(f"{path[:80]!r} could not be fetched at {head[:12]}")
    if length > FILE_MAX_BYTES:
        detail = f"file of {length / 1024**2:.0f} MiB; at most {FILE_MAX_BYTES // 1024**2} are read"
        return trouble(walk.kit, task, Outcome.TOO_LARGE, detail, cost=walk.cost())
    [(_, found)] = gitfiles.contents(walk.mirror, [blob])
    page = _page(f"{walk.url}/blob/{head}/{path}", media, redact.body(found or b""), walk.kit)
    return visit_of(walk.kit, task, page, cost=walk.cost(), counted={})


def _has_tree(walk: _Walk, sha: str) -> bool:
    """Return whether a commit's files can be told, fetching it if need be: a mirror may have been removed."""
    if gitfiles.has_tree(walk.mirror, sha):
        return True
    return gitfiles.fetch_tree_of(walk.remote().remote, walk.mirror, sha, limits=walk.limits())


def _bring(walk: _Walk, blobs: Sequence[str]) -> None:
    """Fetch what the mirror has not of some contents; the remote is only asked if something is missing."""
    known = gitfiles.sizes(walk.mirror, blobs) if (walk.mirror / "HEAD").is_file() else {}
    if missing := [blob for blob in blobs if blob not in known]:
        gitfiles.fetch_blobs(walk.remote().remote, walk.mirror, missing, limits=walk.limits())


def _page_body(walk: _Walk, files: Sequence[Changed], header: dict[str, Any]) -> bytes:
    """Return the JSON lines of one page: as many files as fit, at least one."""
    part = files[:PAGE_FILES]
    sizes = gitfiles.sizes(walk.mirror, [one.blob for one in part if one.blob is not None])
    inline: list[str] = []
    total = count = 0
    for one in part:
        length = sizes.get(one.blob or "", 0)
        if _is_inline(one, length):
            if total + length > PAGE_BYTES and count:
                break
            total += length
            inline.append(str(one.blob))
        count += 1
    texts = dict(gitfiles.contents(walk.mirror, inline))
    lines = [json.dumps({**header, "count": count})]
    for one in part[:count]:
        length = sizes.get(one.blob or "", 0)
        found = texts.get(one.blob or "")
        line = {
            "path": redact.plain(one.path), "blob": one.blob, "was": one.was, "bytes": length if one.blob else None,
            "text": redact.body(found).decode("utf-8", "replace") if found is not None else None,
        }  # fmt: skip
        lines.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(lines).encode("utf-8", "replace") + b"\n"


def _is_inline(one: Changed, length: int) -> bool:
    """Return whether a file's text stands in the list: there, no archive of its own, and not endless."""
    suffix = PurePosixPath(one.path).suffix.lower()
    return one.blob is not None and suffix not in OF_THEIR_OWN and length <= PAGE_BYTES


def _page(url: str, media_type: str, body: bytes, kit: Kit) -> Page:
    return Page(
        url=url,
        status=200,
        media_type=media_type,
        fetched_at=kit.clock(),
        sha256=sha256(body).hexdigest(),
        body=body,
    )
