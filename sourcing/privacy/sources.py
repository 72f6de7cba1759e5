"""Giving up a source: what it told is removed from the store and from every cache, and the log says so."""

import shutil
from dataclasses import dataclass
from datetime import datetime

from sourcing.errors import NotAllowed
from sourcing.settings import Settings
from spiders.archive import Archive
from spiders.spec import SourceSpec
from storage import audit, snapshot, sources
from storage.engine import Store

ACTION = "privacy.forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What giving up a source removed. rows: by table. pages: cached answers."""

    source: str
    rows: dict[str, int]
    pages: int


def plan(store: Store, spec: SourceSpec) -> dict[str, int]:
    """Return how many facts of a source would go, by table; changes nothing.

    Raises NotAllowed while the source is on: the next night would bring it all back.
    """
    _require_off(spec)
    with store.read() as tx:
        return sources.facts_of(tx, spec.name)


def forget(store: Store, settings: Settings, spec: SourceSpec, *, actor: str, now: datetime) -> Forgotten:
    """Remove what a source told, in one transaction with its entry in the log, then pages, clones and snapshots.

    Pages left by a crash in between are nobody's, and go after their days with the nightly sweep.
    Raises NotAllowed while the source is on.
    """
    _require_off(spec)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action=ACTION, subject=spec.name)
        rows, digests = sources.forget_source(tx, spec.name)
    archive = Archive(settings.home)
    pages = sum(archive.drop(sha256) for sha256 in sorted(digests))
    if spec.engine == "git":
        shutil.rmtree(settings.home / "mirrors", ignore_errors=True)  # shared by sources; filled again
    snapshot.remove(settings.home)
    store.vacuum()
    return Forgotten(source=spec.name, rows=rows, pages=pages)


def _require_off(spec: SourceSpec) -> None:
    if spec.enabled:
        raise NotAllowed("P03", f"source {spec.name!r} is on: `sourcer source disable {spec.name}` first")
