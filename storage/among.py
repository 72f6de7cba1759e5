"""A list of values bound as one: a statement with it is the same whatever its length, and no driver sees each value.

A hundred values of their own cost SQLAlchemy and PostgreSQL more than reading the rows they name.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
    tuple_,
)

_NAME = "several"


def is_in(dialect: str, one: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of the values of `bound`; a statement has it once.

    dialect: `sqlite` or `postgresql`, by whose name a statement can be kept.
    """
    if dialect == "sqlite":
        return one.in_(select(func.json_each(bindparam(_NAME)).table_valued("value").c.value))
    return one == any_(bindparam(_NAME, type_=ARRAY(one.type)))


def are_in(dialect: str, first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that two columns of text are one of the pairs of `bound_pairs`; a statement has it once."""
    # as literal rows SQLite would look for the pairs without an index
    if dialect == "sqlite":
        pair = func.json_each(bindparam(_NAME)).table_valued("value").c.value
        told = select(func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]"))
    else:
        pair = (
            func.json_array_elements(cast(bindparam(_NAME), JSON)).table_valued(column("value", JSON)).c.value
        )
        told = select(pair[0].as_string(), pair[1].as_string())
    return tuple_(first, second).in_(told)


def bound(tx: Connection, values: Iterable[Any]) -> dict[str, Any]:
    """Return the values that `is_in` looks in, as a statement takes them."""
    listed = list(values)
    return {_NAME: json.dumps(listed) if tx.dialect.name == "sqlite" else listed}


def bound_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the pairs that `are_in` looks in, as a statement takes them."""
    return {_NAME: json.dumps(list(pairs))}
