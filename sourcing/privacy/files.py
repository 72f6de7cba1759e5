"""What may hold a person outside the store: cached answers, clones, snapshots, logs, files that were handed over."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spiders.archive import Archive
from storage.model import Export

_CACHES = ("spill", "robots", "logs")
"""Below home: what did not fit into memory, robots files of homepages, logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many files went: cached answers, clones, files of leads."""

    pages: int
    mirrors: int
    leads: int


def remove_caches(home: Path) -> tuple[int, int]:
    """Remove every cache below home and return the number of pages and mirrors; the next night fills them again.

    They hold whole answers about everybody, and a page can spell a person in any way. Losing them loses no record.
    """
    from storage import snapshot  # Parquet, which a crawl starts without

    pages = Archive(home).sweep(math.inf)
    mirrors = [path for path in (home / "mirrors").glob("*") if path.is_dir()]
    snapshot.remove(home)
    for directory in (*mirrors, *(home / name for name in (snapshot.RANKED, *_CACHES))):
        shutil.rmtree(directory, ignore_errors=True)
    return pages, len(mirrors)


def remove_leads(home: Path, exports: Sequence[Export]) -> int:
    """Remove the files some exports wrote, with their manifests, and return how many files of leads went."""
    from sourcing.export.connectors.files import remove  # late: as in `erase`

    return sum(remove(home, one) for one in exports)
