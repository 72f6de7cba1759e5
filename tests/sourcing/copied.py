"""A town filled once, copied for every test that may change it: filling one takes longer than most tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import town

from sourcing.settings import Settings
from storage.engine import Store, open_store
from storage.subjects import PepperKeyer


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A filled store at rest. people: keys by number, best first."""

    path: Path
    people: list[str]


_KEPT = pytest.StashKey[Kept]()


def keep(request: pytest.FixtureRequest, make: Any, now: datetime, settings: Settings) -> Kept:
    """Return the town of this process; the first call fills it."""
    stash = request.config.stash
    if _KEPT not in stash:
        path = request.getfixturevalue("tmp_path_factory").mktemp("kept") / "town.db"
        shutil.copy(request.getfixturevalue("_empty_sqlite"), path)
        store = open_store(f"sqlite:///{path}")
        people = town.fill(store, make, now, PepperKeyer(b"a pepper for tests"), settings)
        store.close()
        stash[_KEPT] = Kept(path=path, people=people)
    return stash[_KEPT]


@contextmanager
def copy(kept: Kept, path: Path) -> Iterator[Store]:
    """Open a copy of a filled store."""
    shutil.copy(kept.path, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()
