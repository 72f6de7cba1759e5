"""Recent pages by digest, on disk, for days: `<home>/pages/<sha[:2]>/<sha>.gz`.

Beside a body stands a slip for each time it was the answer: what had been asked, when, and which reader read it.
A cache that lets pages be read again; losing it loses no record. Bodies are redacted before they come here.
"""

import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from spiders.records import Page, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """That a page was the answer to a task. page: without its body. reader: as `module@version`."""

    task: Task
    page: Page
    reader: str


_SLIP: TypeAdapter[Slip] = TypeAdapter(Slip)


class Archive:
    """The pages below one home."""

    def __init__(self, home: Path) -> None:
        self._pages = home / "pages"

    def path(self, sha256: str) -> Path:
        """Return where the page with this digest is or would be."""
        return self._pages / sha256[:2] / f"{sha256}.gz"

    def put(self, sha256: str, body: bytes) -> Path:
        """Store a body under its digest and return its file; a body already there is left alone.

        Whole or not at all: written beside, then renamed. The same body gives the same file bytes.
        """
        path = self.path(sha256)
        if path.exists():
            os.utime(path)  # still in use: the sweep counts days from the last visit that saw it
            return path
        self._write(path, gzip.compress(body, 6, mtime=0))
        return path

    def note(self, slip: Slip) -> None:
        """Keep what a page was the answer to; noted again, the newer reader stays."""
        bare = replace(slip, page=replace(slip.page, body=b""))
        page = slip.page
        self._write(self._beside(page.sha256, f"{slip.task.key} {page.fetched_at}"), _SLIP.dump_json(bare))

    def slips(self, source: str) -> Iterator[Slip]:
        """Yield what the pages of a source were answers to, in no particular order; damaged slips are left out."""
        for path in sorted(self._pages.glob("??/*.json")):
            try:
                told = path.read_bytes()
                if json.loads(told)["task"]["source"] == source:
                    yield _SLIP.validate_json(told)
            except (OSError, ValueError, KeyError, TypeError, ValidationError):
                continue

    def find(self, sha256: str) -> bytes | None:
        """Return a stored body, None if it is not there or damaged."""
        try:
            return gzip.decompress(self.path(sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None

    def drop(self, sha256: str) -> bool:
        """Remove one page with its slips; True if it was there."""
        path = self.path(sha256)
        there = path.exists()
        path.unlink(missing_ok=True)
        for slip in path.parent.glob(f"{sha256}-*.json"):
            slip.unlink(missing_ok=True)
        return there

    def sweep(self, before: float) -> int:
        """Remove pages not seen since `before` (seconds since 1970) and left-over parts; return how many."""
        gone = 0
        for path in self._pages.glob("??/*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += path.suffix != ".json"
        return gone

    def _beside(self, digest: str, what: str) -> Path:
        return self.path(digest).with_name(f"{digest}-{sha256(what.encode()).hexdigest()[:16]}.json")

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
