"""Handing people over as files: checked once more, recorded, then given their names."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sourcing.errors import ExportBlocked
from sourcing.export import plan
from sourcing.export.connectors.files import Staged, digest_of, parts, stage, stage_manifest, written
from sourcing.export.plan import Action, Plan, Planned
from storage import audit, exports
from storage.engine import Store
from storage.model import Export, ExportRow
from storage.subjects import Keyer


def push(store: Store, prepared: Plan, *, actor: str, now: datetime, keyer: Keyer, keep_days: int) -> str:
    """Write the files of a plan and remember what left; return the export's id.

    Suppression is checked again in the transaction that records the export. The bytes are on the disk before that
    transaction commits, under their names only after it: nothing leaves unrecorded, nothing is recorded in vain.
    Raises ExportBlocked if no row may leave.
    """
    destination = Path(prepared.destination)
    staged: list[Staged] = []
    try:
        with store.begin() as tx:
            rows = plan.rechecked(tx, prepared.rows, prepared.occasion, keyer, now=now)
            leads = [row.lead for row in rows if row.lead is not None]
            if not leads:
                raise ExportBlocked("nothing to export: every row is blocked or there is none; see --dry-run")
            for path, held in parts(destination, leads, prepared.fields.rows_max):
                staged.append(stage(path, prepared.connector, held, prepared.fields))
            digest = staged[0].digest
            number = f"export-{now:%Y%m%dT%H%M%S}-{digest[:6]}"
            record(tx, prepared, rows, number=number, digest=digest, actor=actor, now=now, finished_at=now)
            told = _manifest(prepared, staged, number=number, actor=actor, now=now, keep_days=keep_days)
            staged.append(stage_manifest(destination, told))
    except BaseException:
        for one in staged:
            one.path.unlink(missing_ok=True)
        raise
    kept = {one.destination for one in staged}
    *leads_files, manifest = staged
    for one in leads_files:
        one.publish()
    for path, sha in written(
        destination
    ).items():  # parts of the one before that this one does not write again
        if path not in kept and path.is_file() and digest_of(path) == sha:
            path.unlink()
    manifest.publish()  # last: until then the one before names what is to be removed
    return number


def record(
    tx: Any,
    prepared: Plan,
    rows: list[Planned],
    *,
    number: str,
    digest: str,
    actor: str,
    now: datetime,
    finished_at: datetime | None,
) -> None:
    """Write an export and its rows into the ledger and the audit log. finished_at: None = its rows are only planned."""
    counts = dict(Counter(row.action.value for row in rows))
    detail = {"connector": prepared.connector, "specialism": prepared.specialism, **counts}
    audit.append(tx, at=now, actor=actor, action="export.run", subject=number, detail=detail)
    exports.put(
        tx,
        Export(
            id=number,
            what=prepared.what,
            connector=prepared.connector,
            destination=prepared.destination,
            actor=actor,
            at=now,
            digest=digest,
            specialism=prepared.specialism,
            counts=counts,
            mapping=prepared.fields.label,
            shortlist=prepared.shortlist,
            finished_at=finished_at,
            rows=tuple(
                _row(row, is_done=finished_at is not None) for row in rows if row.reason != plan.NOT_HERE
            ),  # nobody's key is written of who was erased
        ),
    )


def _row(row: Planned, *, is_done: bool) -> ExportRow:
    if row.action is Action.BLOCKED:
        return ExportRow(person=row.person, action=row.action, state="blocked", result=row.reason)
    is_over = is_done or row.action is Action.SKIP
    return ExportRow(
        person=row.person,
        action=row.action,
        payload=row.payload,
        state="ok" if is_over else "planned",
        result="unchanged" if row.action is Action.SKIP and not is_done else "ok" if is_over else None,
    )


def _manifest(
    prepared: Plan, staged: list[Staged], *, number: str, actor: str, now: datetime, keep_days: int
) -> dict[str, Any]:
    """Return what whoever opens the files must know (TRUST P24); it names nobody."""
    return {
        "export": number,
        "what": prepared.what,
        "by": actor,
        "at": now,
        "format": prepared.connector,
        "fields": prepared.fields.label,
        "specialism": prepared.specialism,
        "rows": sum(one.rows for one in staged),
        "files": [{"name": one.destination.name, "rows": one.rows, "sha256": one.digest} for one in staged],
        "erase_by": (now + timedelta(days=keep_days)).date().isoformat(),
        "withheld": [
            {"field": held.field, "rule": held.rule, "terms": held.terms, "people": count}
            for held, count in prepared.withheld
        ],
    }
