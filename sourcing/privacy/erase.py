"""Erasing a person: a plan with counts, then one transaction, then the files outside the database."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing.settings import Settings, pepper
from storage import audit, exports, persons, scores, statements, subjects
from storage import people as marks
from storage.engine import Store
from storage.subjects import PepperKeyer


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePlan:
    """What erasing would remove. scores, marks: counts."""

    person: str
    identities: int
    statements: int
    scores: int
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseReport:
    """What erasing removed. told: files handed over earlier that hold the person and cannot be called back."""

    person: str
    rows: int
    suppressed: int
    pages: int
    told: tuple[str, ...]


def plan(store: Store, key: str) -> ErasePlan:
    """Return what erasing a person would remove; changes nothing. Raises NotFound."""
    with store.read() as tx:
        person = persons.get(tx, key)
        views = statements.identities(tx, person.identities)
        return ErasePlan(
            person=person.key,
            identities=len(person.identities),
            statements=sum(
                len(view.names) + len(view.handles) + len(view.emails) + len(view.links)
                for view in views.values()
            ),
            scores=len(scores.of_person(tx, person.key)),
            marks=len(marks.marks(tx, person.key)),
        )


def erase(store: Store, settings: Settings, key: str, *, actor: str, now: datetime) -> EraseReport:
    """Remove everything about a person and keep keyed digests, so that they stay away.

    The intent is logged and the person hidden first: a crash in between leaves nobody visible. Rows go in one
    transaction; pages, snapshots and free database pages go after it. Raises NotFound.
    """
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        living = persons.get(tx, key).key
        audit.append(
            tx, at=now, actor=actor, action="privacy.erase", subject=living, detail={"stage": "intended"}
        )
        marks.hide(tx, living, actor=actor, reason="erasure under way", now=now)
    with store.begin() as tx:
        audit.append(
            tx, at=now, actor=actor, action="privacy.erase", subject=living, detail={"stage": "done"}
        )
        erased = subjects.erase(tx, living, now, keyer=keyer)
        told = [exports.get(tx, one).destination for one in erased.exports]
    removed = _remove_files(settings.home, erased.pages)
    store.vacuum()
    return EraseReport(
        person=living,
        rows=sum(erased.rows.values()),
        suppressed=erased.suppressed,
        pages=removed,
        told=tuple(dict.fromkeys(told)),
    )


def _remove_files(home: Path, pages: Iterable[str]) -> int:
    removed = 0
    for sha in pages:
        path = home / "pages" / sha[:2] / f"{sha}.gz"
        if path.is_file():
            path.unlink()
            removed += 1
    # snapshots are a cache of everything, so all of them go; the next ranking writes a new one
    shutil.rmtree(home / "snapshots", ignore_errors=True)
    return removed
