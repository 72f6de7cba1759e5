"""Lists of changed files in a repository, as the git engine writes them, and the walk through them.

The page is JSON lines: a header, then one file a line in the order of paths. A file of a format that attacks its
reader carries no text: it is asked for by itself, as a page of its own type.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spiders.errors import SourceChanged
from spiders.records import Cursor, Page, Task

PAGE: Final = "application/x-git-files+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that differs. blob: name of its contents, None if it was removed; was: the name before, None if new.

    text: None for a removed, an own-page or a too large file. size_bytes: None for a removed one.
    """

    path: str
    blob: str | None
    was: str | None
    size_bytes: int | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a walk from base (None: all files) to head. total: files of the whole walk."""

    repository: str
    base: str | None
    head: str
    skip: int
    total: int
    files: tuple[File, ...]


def read(page: Page) -> Listing:
    """Return a list of files. Raises SourceChanged if the page is none, or cut short."""
    try:
        first, *lines = [json.loads(line) for line in page.body.rstrip(b"\n").split(b"\n")]
        found = Listing(
            repository=str(first["repository"]),
            base=first["base"],
            head=str(first["head"]),
            skip=int(first["skip"]),
            total=int(first["total"]),
            files=tuple(_file(line) for line in lines),
        )
        promised = int(first["count"])
    except (ValueError, KeyError, TypeError) as error:
        raise SourceChanged(f"not a list of files: {type(error).__name__} {error}") from error
    if promised != len(found.files):
        raise SourceChanged(f"list promises {promised} files and holds {len(found.files)}: it was cut short")
    return found


def task(repository: str, files: Sequence[str], cursor: str | None) -> Task:
    """Return the question which of some files changed. files: patterns, `*` within a folder, `**/` for any."""
    return Task(
        kind="files",
        url=f"https://github.com/{repository}.git",
        params={"repository": repository, "files": list(files)},
        cursor=cursor,
    )


def key(repository: str, files: Sequence[str]) -> str:
    """Return the cursor's key of a walk: other patterns begin from the beginning."""
    return f"{repository}:{hashlib.sha256(json.dumps(list(files)).encode()).hexdigest()[:8]}"


def onward(asked: Task, listing: Listing) -> Iterator[Task | Cursor]:
    """Yield the next page of a walk, or the commit it has arrived at."""
    done = listing.skip + len(listing.files)
    if done < listing.total and listing.files:
        params = {**asked.params, "base": listing.base, "head": listing.head, "skip": done}
        yield Task(
            source=asked.source, kind=asked.kind, url=asked.url, params=params, priority=asked.priority
        )
    else:
        yield Cursor(key=key(listing.repository, asked.params["files"]), value=listing.head)


def _file(line: Any) -> File:
    text, size = line["text"], line["bytes"]
    if not isinstance(line["path"], str) or not (text is None or isinstance(text, str)):
        raise TypeError("path or text is of another type")
    return File(path=line["path"], blob=line["blob"], was=line["was"], size_bytes=size, text=text)
