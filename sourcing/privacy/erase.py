"""Erasing a person: a plan with counts, then one transaction, then the files outside the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sourcing.privacy import files, journal
from sourcing.settings import Settings, pepper
from storage import audit, exports, persons, scores, selfreports, statements, subjects
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Export, Hiding
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
    """What erasing removed. told: where the person was handed over: a copy there cannot be called back.

    pages, mirrors: cached answers and clones; all of them go, because a page can spell a person in any way.
    leads: files of leads with the person in them.
    """

    person: str
    rows: int
    suppressed: int
    pages: int
    mirrors: int
    leads: int
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
    Rows go in one transaction; pages, snapshots, mirrors, files of leads and free database pages go after it, and the
    systems that hold a copy are told. Raises NotFound.
    """
    with store.begin() as tx:
        living = persons.get(tx, key).key
        log(tx, living, Stage.INTENDED, actor=actor, now=now)
        marks.hide(tx, living, scope=Hiding.ERASURE, actor=actor, reason="erasure under way", now=now)
    return _act(store, settings, {living: subjects.ERASED}, actor=actor, now=now)[0]


def resume(store: Store, settings: Settings, *, actor: str, now: datetime) -> int:
    """Finish the erasures that were cut short, and return how many."""
    with store.read() as tx:
        stages = {one.subject: one.detail.get("stage") for one in audit.of_action(tx, ACTION)}
    cut = [subject for subject, stage in stages.items() if stage != Stage.DONE]
    _act(store, settings, dict.fromkeys(cut, subjects.ERASED), actor=actor, now=now)
    return len(cut)


def again(
    store: Store,
    settings: Settings,
    keys: Sequence[str],
    *,
    actor: str,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Erase people who came back with a backup: their rows one by one, the files outside the database once.

    reasons: by key, why they are kept away, where it is not for good.
    """
    _act(store, settings, dict.fromkeys(keys, subjects.ERASED) | dict(reasons or {}), actor=actor, now=now)


def _act(
    store: Store, settings: Settings, keys: Mapping[str, str], *, actor: str, now: datetime
) -> list[EraseReport]:
    """Remove people. keys: living ones, each with the reason it is kept away for.

    Pages and mirrors are counted once, with the first.
    """
    if not keys:
        return []
    rows = [_forget(store, settings, key, actor=actor, now=now, reason=why) for key, why in keys.items()]
    journal.keep(store, settings)
    pages, mirrors = files.remove_caches(settings.home)
    reports = []
    for number, (key, (erased, exported)) in enumerate(zip(keys, rows, strict=True)):
        reports.append(
            EraseReport(
                person=key,
                rows=sum(erased.rows.values()),
                suppressed=erased.suppressed,
                pages=0 if number else pages,
                mirrors=0 if number else mirrors,
                leads=files.remove_leads(settings.home, exported),
                told=tuple(dict.fromkeys(one.destination for one in exported)),
            )
        )
    selfreports.sweep(settings.home)
    store.vacuum()
    from sourcing.export import recall  # late: a night starts without what leads are made with

    recall.deliver(store, settings, actor=actor, now=now)
    with store.begin() as tx:
        for key in keys:
            log(tx, key, Stage.DONE, actor=actor, now=now)
    return reports


def _forget(
    store: Store, settings: Settings, key: str, *, actor: str, now: datetime, reason: str
) -> tuple[Erased, list[Export]]:
    """Remove the rows of one person and return what went, and the hand-overs that hold them."""
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        log(tx, key, Stage.ROWS, actor=actor, now=now)
        try:
            erased = subjects.erase(tx, key, now, keyer=keyer, reason=reason)
        except NotFound:  # the rows went before the last attempt was cut short
            return Erased(rows={}, exports=(), suppressed=0), []
        return erased, [exports.get(tx, one) for one in erased.exports]


def log(tx: Any, living: str, stage: Stage, *, actor: str, now: datetime) -> None:
    """Write how far the erasure of a person is into the audit log."""
    audit.append(tx, at=now, actor=actor, action=ACTION, subject=living, detail={"stage": stage})
