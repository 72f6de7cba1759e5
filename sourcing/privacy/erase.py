"""Erasing a person: a plan with counts, then one transaction, then the files outside the database."""

import math
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sourcing.settings import Settings, pepper
from spiders.archive import Archive
from storage import audit, exports, persons, scores, statements, subjects
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.subjects import Erased, PepperKeyer

ACTION = "privacy.erase"


class Stage(StrEnum):
    """How far an erasure is, as the audit log says."""

    INTENDED = "intended"
    ROWS = "rows"
    DONE = "done"


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
    """What erasing removed. told: files handed over earlier that hold the person and cannot be called back.

    pages, mirrors: cached answers and clones; all of them go, because a page can spell a person in any way.
    """

    person: str
    rows: int
    suppressed: int
    pages: int
    mirrors: int
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

    The intent is logged and the person hidden first: a crash in between leaves nobody visible, and `resume` goes on.
    Rows go in one transaction; pages, snapshots, mirrors and free database pages go after it. Raises NotFound.
    """
    with store.begin() as tx:
        living = persons.get(tx, key).key
        log(tx, living, Stage.INTENDED, actor=actor, now=now)
        marks.hide(tx, living, actor=actor, reason="erasure under way", now=now)
    return _act(store, settings, living, actor=actor, now=now)


def resume(store: Store, settings: Settings, *, actor: str, now: datetime) -> int:
    """Finish the erasures that were cut short, and return how many."""
    with store.read() as tx:
        stages = {one.subject: one.detail.get("stage") for one in audit.of_action(tx, ACTION)}
    cut = [subject for subject, stage in stages.items() if stage != Stage.DONE]
    for subject in cut:
        _act(store, settings, subject, actor=actor, now=now)
    return len(cut)


def _act(store: Store, settings: Settings, living: str, *, actor: str, now: datetime) -> EraseReport:
    keyer = PepperKeyer(pepper(settings))
    erased = Erased(rows={}, exports=(), suppressed=0)
    told: list[str] = []
    with store.begin() as tx:
        log(tx, living, Stage.ROWS, actor=actor, now=now)
        with suppress(NotFound):  # the rows went before the last attempt was cut short
            erased = subjects.erase(tx, living, now, keyer=keyer)
            told = [exports.get(tx, one).destination for one in erased.exports]
    pages, mirrors = _remove_files(settings.home)
    store.vacuum()
    with store.begin() as tx:
        log(tx, living, Stage.DONE, actor=actor, now=now)
    return EraseReport(
        person=living,
        rows=sum(erased.rows.values()),
        suppressed=erased.suppressed,
        pages=pages,
        mirrors=mirrors,
        told=tuple(dict.fromkeys(told)),
    )


def log(tx: Any, living: str, stage: Stage, *, actor: str, now: datetime) -> None:
    """Write how far the erasure of a person is into the audit log."""
    audit.append(tx, at=now, actor=actor, action=ACTION, subject=living, detail={"stage": stage})


def _remove_files(home: Path) -> tuple[int, int]:
    """Remove every cache below home and return the number of pages and mirrors; the next night fills them again.

    Pages, snapshots, clones and what the linkage keeps between nights hold whole answers about everybody. Losing them
    loses no record.
    """
    pages = Archive(home).sweep(math.inf)
    mirrors = [path for path in (home / "mirrors").glob("*") if path.is_dir()]
    from storage import snapshot

    snapshot.remove(home)
    for directory in mirrors:
        shutil.rmtree(directory, ignore_errors=True)
    return pages, len(mirrors)
