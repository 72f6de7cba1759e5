"""A CRM's own file read for one purpose: to know whom it knows already. Nothing of it is kept but keyed digests."""

import csv
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import BadInput, ConfigError
from sourcing.privacy import suppression
from sourcing.settings import Settings, pepper
from storage import audit, known
from storage.engine import Store
from storage.known import Known
from storage.subjects import PepperKeyer

FILE_MAX = 100 * 2**20  # bytes: a CRM with a million rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What reading a CRM's file did. rows: in it. unread: rows without any identifier we can compare.

    digests: identifiers kept, as keyed digests. people: in the store who are known there.
    """

    system: str
    rows: int
    unread: int
    digests: int
    people: int


class Map(BaseModel):
    """Which columns of a CRM's file say what. identifiers: columns with e-mails, profile addresses, ORCIDs, logins.

    contacted: column with the day of the last contact. off_limits: column and the values in it that mean off limits.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(min_length=1)
    system: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    identifiers: list[str] = Field(min_length=1)
    ref: str | None = None
    contacted: str | None = None
    off_limits: str | None = None
    off_limits_values: list[str] = []
    delimiter: str = Field(default=",", min_length=1, max_length=1)


def load_map(path: Path) -> Map:
    """Return the mapping in a TOML file. Raises ConfigError naming file and key."""
    try:
        return Map.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{first['msg'].lower()}", path=path, key=key) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the mapping: {error}", path=path) from error


def read(
    store: Store, settings: Settings, file: Path, mapping: Map, *, actor: str, now: datetime
) -> Imported:
    """Take whom a CRM knows from its CSV file: all its earlier rows are replaced; writes the audit log, known tables.

    Names and addresses of the file are kept nowhere. Raises BadInput naming what is wrong with the file.
    """
    rows: list[tuple[Collection[str], Known]] = []
    unread = total = 0
    for digests, said in _rows(file, mapping, settings, now):
        total += 1
        if digests:
            rows.append((digests, said))
        unread += not digests
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        detail = {"rows": total, "system": mapping.system}
        audit.append(tx, at=now, actor=actor, action="crm.import", subject="known", detail=detail)
        kept = known.put(tx, rows, system=mapping.system)
        known.match(tx, keyer)
        people = {system: count for system, count, _ in known.systems(tx)}.get(mapping.system, 0)
    return Imported(system=mapping.system, rows=total, unread=unread, digests=kept, people=people)


def match(store: Store, settings: Settings) -> int:
    """Find who came into the store since the last import and is known elsewhere; return how many are known."""
    with store.begin() as tx:
        return known.match(tx, PepperKeyer(pepper(settings)))


def _rows(file: Path, mapping: Map, settings: Settings, now: datetime) -> Iterator[tuple[set[str], Known]]:
    if not file.is_file() or file.stat().st_size > FILE_MAX:
        raise BadInput(f"cannot read {file.name!r}: give a CSV file of at most {FILE_MAX // 2**20} MB")
    keyer = PepperKeyer(pepper(settings))
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines, delimiter=mapping.delimiter, strict=True)
            _check(file, mapping, table.fieldnames or ())
            for row in table:
                digests: set[str] = set()
                for column in mapping.identifiers:
                    for text in (row.get(column) or "").replace(";", " ").split():
                        try:
                            digests |= suppression.digests_of(text, settings, keyer)
                        except BadInput:
                            continue  # a name or a telephone number: nothing we compare
                yield digests, _said(row, mapping, now)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"cannot read {file.name!r}: {error}; give CSV in UTF-8") from error


def _check(file: Path, mapping: Map, columns: Sequence[str]) -> None:
    named = [*mapping.identifiers, mapping.ref, mapping.contacted, mapping.off_limits]
    missing = [one for one in named if one is not None and one not in columns]
    if missing:
        raise BadInput(f"{file.name!r} has no column {missing[0]!r}; it has: {', '.join(columns)}")


def _said(row: Mapping[str, Any], mapping: Map, now: datetime) -> Known:
    told = (row.get(mapping.contacted) or "").strip() if mapping.contacted else ""
    status = (row.get(mapping.off_limits) or "").strip() if mapping.off_limits else ""
    out = status.casefold() in {one.casefold() for one in mapping.off_limits_values}
    ref = (row.get(mapping.ref) or "").strip() if mapping.ref else ""
    return Known(
        person="",
        system=mapping.system,
        state=known.OFF_LIMITS if out else "contacted" if told else "known",
        ref=ref or None,
        contacted_on=_day(told),
        reason=status if out else None,
        at=now,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
