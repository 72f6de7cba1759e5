"""Mappings as somebody edits them on the page: checked, tried on one lead, then laid over what their files say.

What is saved lies below home, apart from the operator's own files: fields, what is written once, and a version. Where
a target is and which secret it takes is never edited here.
"""

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sourcing.errors import BadInput, ConfigError
from sourcing.export import mapping
from sourcing.export.lead import Lead
from sourcing.export.mapping import VALUES, Mapping, Value
from sourcing.settings import Settings
from storage import audit
from storage.engine import Store

FIELDS_MAX: Final = 100
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the editor: their field, our value, and whether it is written when a record is made and never again.

    value: "" = the field is not sent.
    """

    field: str
    value: str
    once: bool = False


def lines(of: Mapping) -> list[Line]:
    """Return a mapping as rows, in its order."""
    return [Line(field=theirs, value=ours, once=theirs in of.once) for theirs, ours in of.fields.items()]


def draft(settings: Settings, name: str, rows: Sequence[Line]) -> Mapping:
    """Return the mapping that some rows would make; changes nothing. Rows without a field are left out.

    Raises UnknownName; ConfigError naming the field that is wrong, or of a target that takes leads whole.
    """
    now = mapping.of(settings, name)
    if now.whole:
        raise ConfigError("it takes leads whole: there is nothing to choose", path=name, key="fields")
    kept = [row for row in rows if row.field.strip()]
    if len(kept) > FIELDS_MAX:
        raise ConfigError(f"{len(kept)} fields, expected {FIELDS_MAX} at most", path=name, key="fields")
    named: dict[str, Line] = {}
    for row in kept:
        field = row.field.strip()
        key = f"fields.{field[:120]}"
        if not _NAME.fullmatch(field):
            raise ConfigError("the name of a field is 1 to 120 visible characters", path=name, key=key)
        if field in named:
            raise ConfigError("is there twice", path=name, key=key)
        if row.value and row.value not in VALUES:
            known = ", ".join(sorted(VALUES))
            raise ConfigError(f"unknown value {row.value!r}; known: {known}", path=name, key=key)
        named[field] = row
    table = now.model_dump() | {
        "fields": {field: row.value for field, row in named.items() if row.value},
        "once": [field for field, row in named.items() if row.once and row.value],
        "version": now.version + 1,
    }
    return mapping.made(table, path_of(settings, name))


def save(
    store: Store,
    settings: Settings,
    name: str,
    rows: Sequence[Line],
    *,
    version: int,
    actor: str,
    now: datetime,
) -> Mapping:
    """Write what some rows say and return the mapping now in force; writes the audit log first.

    version: of the mapping that was edited. Raises as `draft`, and BadInput if somebody changed it since.
    """
    with _alone(path_of(settings, name)):
        before = mapping.of(settings, name)
        if before.version != version:
            raise BadInput(f"{name} is v{before.version} by now: look at it again, then change it")
        wanted = draft(settings, name, rows)
        with store.begin() as tx:
            detail = {"version": wanted.version, "fields": len(wanted.fields)}
            audit.append(tx, at=now, actor=actor, action="export.mapping", subject=name, detail=detail)
        gone = [theirs for theirs in before.fields if theirs not in wanted.fields]
        _write(path_of(settings, name), wanted, gone=[*gone, *_gone_before(settings, name, wanted)])
        return mapping.of(settings, name)


def reset(store: Store, settings: Settings, name: str, *, actor: str, now: datetime) -> bool:
    """Forget what was saved, so that the files count again; return whether anything was. Writes the audit log first."""
    path = path_of(settings, name)
    mapping.of(settings, name)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="export.mapping", subject=name, detail={"reset": True})
    is_there = path.is_file()
    path.unlink(missing_ok=True)
    return is_there


def tried(of: Mapping, lead: Lead) -> list[tuple[str, str, Value]]:
    """Return their field, our value and what would be in it, for one lead."""
    values = of.row(lead)
    return [(theirs, ours, values[theirs]) for theirs, ours in of.fields.items()]


def path_of(settings: Settings, name: str) -> Path:
    """Return where a mapping of this name is saved."""
    return mapping.saved(settings) / mapping.FOLDER / f"{name}.toml"


def _gone_before(settings: Settings, name: str, wanted: Mapping) -> list[str]:
    """Return the fields that were taken out earlier and stay out."""
    path = path_of(settings, name)
    if not path.is_file():
        return []
    held: Table[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("fields", {})
    return [theirs for theirs, ours in held.items() if ours == "" and theirs not in wanted.fields]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep two who save the same mapping apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, wanted: Mapping, *, gone: Sequence[str]) -> None:
    """Write a mapping so that a reader sees all of it or the one before. gone: fields it has no more."""
    fields = [*wanted.fields.items(), *((theirs, "") for theirs in dict.fromkeys(gone))]
    # a JSON string is a basic string of TOML, once control characters are kept out of it
    text = [
        f"title = {json.dumps(wanted.title, ensure_ascii=False)}",
        f"version = {wanted.version}",
        f"once = {json.dumps(list(wanted.once), ensure_ascii=False)}",
        "",
        "[fields]",
        *(
            f"{json.dumps(theirs, ensure_ascii=False)} = {json.dumps(ours, ensure_ascii=False)}"
            for theirs, ours in fields
        ),
    ]
    beside = path.with_suffix(".toml.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
