"""Every row held about one person, in the columns that are handed over when they ask; other people are left out.

A table is found by the columns it has: `person`, `identity`, or a pair of identities. What is found otherwise stands in
`_APART`, and tables without rows about one person in `NOBODYS`; a table that is in none of these fails, so that a new
one cannot be forgotten.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, false, func, or_, select

from storage import persons
from storage.forget import values_of
from storage.identifiers import Keyer
from storage.tables import (
    answered,
    changed,
    export,
    export_row,
    held,
    identity,
    known_digest,
    metadata,
    moved,
    person,
    saved_search,
    seen,
    share,
    shortlist,
    shortlist_item,
    signal,
    statement,
    visit,
    withdrawal,
    work,
    work_twin,
)

SOMEBODY: Final = "[somebody else]"
STAFF: Final = "[a member of staff]"
NOBODYS: Final = frozenset({"search_set", "search_date", "search_order"})
"""Sets and orders of everybody by place, made from the other tables: they hold no row about one person."""

_PEOPLE = frozenset({"person", "alias", "key"})
_IDENTITIES = frozenset({"left", "right", "identity", "anchor"})
_STAFF = frozenset({"actor", "owner", "reviewer", "undone_by", "retracted_by", "revoked_by", "closed_by"})
_KEY = re.compile(r"p_[a-z2-7]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """By what one person's rows are known. keys: the living one and aliases. handles: with their site."""

    keys: frozenset[str]
    identities: frozenset[str]
    handles: frozenset[str]
    digests: frozenset[str]


def whose(tx: Connection, key: str, *, keyer: Keyer) -> Whose:
    """Return by what a person's rows are known. Raises NotFound."""
    found = persons.get(tx, key)
    values = values_of(tx, found.identities)
    return Whose(
        keys=frozenset((found.key, *found.aliases)),
        identities=frozenset(found.identities),
        handles=frozenset(value for kind, value in values if kind == "handle"),
        digests=frozenset(keyer.digest(kind, value) for kind, value in values),
    )


def exportable() -> dict[str, list[Column[Any]]]:
    """Return the columns that are handed over, by table."""
    told = {
        name: [one for one in table.c if one.info["exportable"]] for name, table in metadata.tables.items()
    }
    return {name: columns for name, columns in sorted(told.items()) if columns and name not in NOBODYS}


def rows(tx: Connection, one: Whose) -> dict[str, list[dict[str, Any]]]:
    """Return what is held about a person by table, in the order of its key; other people's ids are covered."""
    return {
        name: [
            _covered(one, dict(row._mapping))
            for row in tx.execute(_query(metadata.tables[name], columns, one))
        ]
        for name, columns in exportable().items()
    }


def _query(table: Table, columns: Collection[Column[Any]], one: Whose) -> Select[Any]:
    return select(*columns).where(_where(table, one)).order_by(*table.primary_key.columns)


def _where(table: Table, one: Whose) -> ColumnElement[bool]:
    """Return the condition that a row is about a person. Raises KeyError for a table nobody thought of."""
    if (apart := _apart(one).get(table.name)) is not None:
        return apart
    if "person" in table.c:
        return table.c.person.in_(one.keys)
    if "identity" in table.c:
        return table.c.identity.in_(one.identities)
    if "left" in table.c and "right" in table.c:
        return or_(table.c.left.in_(one.identities), table.c.right.in_(one.identities))
    raise KeyError(
        f"table {table.name!r} is handed over to nobody; say in storage/disclosure.py whose its rows are"
    )


def _apart(one: Whose) -> Mapping[str, ColumnElement[bool]]:
    """Return the conditions of tables whose rows are found through others."""
    theirs = signal.c.identity.in_(one.identities)
    signals, works = select(signal.c.id).where(theirs), select(signal.c.work).where(theirs)
    lists = select(shortlist_item.c.shortlist).where(shortlist_item.c.person.in_(one.keys))
    handed = select(export_row.c.export).where(export_row.c.person.in_(one.keys))
    said = select(statement.c.visit).where(statement.c.identity.in_(one.identities))
    owned = [func.lower(moved.c.name).like(f"{handle.lower()}/%") for handle in sorted(one.handles)]
    return {
        identity.name: identity.c.id.in_(one.identities),
        person.name: person.c.key.in_(one.keys),
        work.name: work.c.id.in_(works),
        work_twin.name: or_(work_twin.c.work.in_(works), work_twin.c.canonical.in_(works)),
        withdrawal.name: or_(withdrawal.c.id.in_(signals), withdrawal.c.id.in_(one.identities)),
        held.name: or_(held.c.id.in_(signals), held.c.id.in_(one.identities)),
        visit.name: or_(visit.c.key.in_(said), visit.c.key.in_(select(signal.c.visit).where(theirs))),
        moved.name: or_(false(), *owned),
        shortlist.name: shortlist.c.name.in_(lists),
        share.name: share.c.shortlist.in_(lists),
        export.name: export.c.id.in_(handed),
        saved_search.name: saved_search.c.name.in_(select(seen.c.search).where(seen.c.person.in_(one.keys))),
        changed.name: or_(changed.c.id.in_(signals), changed.c.id.in_(works)),
        known_digest.name: known_digest.c.digest.in_(one.digests),
        answered.name: or_(*(answered.c.body.contains(key, autoescape=True) for key in sorted(one.keys))),
    }


def _covered(one: Whose, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the ids of other people, and without the names of staff."""
    about_two = {"left", "right"} <= row.keys() and not {row["left"], row["right"]} <= one.identities
    return {name: _cover(one, name, value, about_two=about_two) for name, value in row.items()}


def _cover(one: Whose, name: str, value: Any, *, about_two: bool) -> Any:
    if value is None:
        return None
    if name in _STAFF or (name == "decided_by" and not str(value).startswith(("rule:", "model:"))):
        return STAFF
    if name in _PEOPLE and isinstance(value, str) and _KEY.fullmatch(value) and value not in one.keys:
        return SOMEBODY
    if name in _IDENTITIES and value not in one.identities:
        return SOMEBODY
    if about_two and name in ("reasons", "url"):  # the sentence names the other side, the page may be theirs
        return SOMEBODY
    if isinstance(value, dict | list) or name == "body":
        return _inside(one, value)
    return value


def _inside(one: Whose, value: Any) -> Any:
    """Return what a deed or an answer holds without keys and ids of others."""
    match value:
        case dict():
            return {
                key: _ids(one, each) if key == "identities" else _inside(one, each)
                for key, each in value.items()
            }
        case list():
            return [_inside(one, each) for each in value]
        case str():
            return _KEY.sub(partial(_own_key, one), value)
    return value


def _own_key(one: Whose, found: re.Match[str]) -> str:
    return found[0] if found[0] in one.keys else SOMEBODY


def _ids(one: Whose, value: Any) -> Any:
    return (
        [each if each in one.identities else SOMEBODY for each in value] if isinstance(value, list) else value
    )
