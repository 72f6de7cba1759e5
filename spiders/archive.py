"""Recent pages by digest, on disk, for days: `<home>/pages/<sha[:2]>/<sha>.gz`.

A cache that lets readers be replayed; losing it loses no record. Bodies are redacted before they come here.
"""

import gzip
import os
import tempfile
import zlib
from pathlib import Path


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
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(gzip.compress(body, 6, mtime=0))
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        return path

    def find(self, sha256: str) -> bytes | None:
        """Return a stored body, None if it is not there or damaged."""
        try:
            return gzip.decompress(self.path(sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None

    def drop(self, sha256: str) -> bool:
        """Remove one page; True if it was there."""
        path = self.path(sha256)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def sweep(self, before: float) -> int:
        """Remove pages not seen since `before` (seconds since 1970) and left-over parts; return how many."""
        gone = 0
        for path in self._pages.glob("??/*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone
