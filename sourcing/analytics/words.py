"""Statements that a linkage writes for DuckDB, in the words of Spark."""

from collections.abc import Collection

import sqlglot as sg
import sqlglot.expressions as sge

_LISTS = frozenset({"list_intersect", "array_intersect", "transform"})


class Words:
    """Spark's words for ours. lists: names of columns that hold lists, without `_l` and `_r`."""

    def __init__(self, lists: Collection[str]) -> None:
        self._lists = frozenset(lists)

    def read(self, sql: str) -> sge.Expression:
        """Return a statement or condition as it is written for DuckDB, read."""
        return sg.parse_one(sql, read="duckdb")

    def of(self, tree: sge.Expression) -> str:
        """Return what was read as Spark says it."""
        whole = tree.copy()
        for node in reversed(list(whole.dfs())):  # parts before what they are part of
            worded = self._worded(node)
            if worded is not node and node is not whole:
                node.replace(worded)
            elif worded is not node:
                whole = worded
        return whole.sql(dialect="spark")

    def _worded(self, node: sge.Expression) -> sge.Expression:
        """Return one part of a statement in Spark's words, where these differ and nobody else knows."""
        match node:
            case sge.ArrayOverlaps():
                return _called("arrays_overlap", node.this, node.expression)
            case sge.Length() if self._is_list(node.this):
                return _called("size", node.this)
            case sge.Bracket() if not self._is_list(node.this):
                # a letter of a text; DuckDB's first is 1, the parser counts from 0
                return _called(
                    "substring", node.this, sge.convert(int(node.expressions[0].name) + 1), sge.convert(1)
                )
            case sge.Anonymous(this=str() as name):
                return self._function(name.lower(), node)
            case sge.Array(expressions=[sge.Comprehension() as made]):
                return _transformed(made)
        return node

    def _function(self, name: str, node: sge.Anonymous) -> sge.Expression:
        match name:
            case "list_intersect":
                return _called("array_intersect", *node.expressions)
            case "list_has_all":
                whole, part = node.expressions
                return _called("size", _called("array_except", part, whole)).eq(0)
            case "list_sum":
                (numbers,) = node.expressions
                names = [sg.to_identifier("x"), sg.to_identifier("y")]
                adding = sge.Lambda(
                    this=sge.Add(this=names[0].copy(), expression=names[1].copy()), expressions=names
                )
                summed = _called("aggregate", numbers, sg.cast(sge.convert(0), "bigint"), adding)
                return sge.If(this=_called("size", numbers) > 0, true=summed, false=sge.Null())
        return node

    def _is_list(self, node: sge.Expression) -> bool:
        match node:
            case sge.Column():
                return (
                    node.name in self._lists or node.name.removesuffix("_l").removesuffix("_r") in self._lists
                )
            case sge.Array():
                return True
            case sge.Anonymous():
                return str(node.this).lower() in _LISTS
        return False


def _called(name: str, *arguments: sge.Expression) -> sge.Anonymous:
    return sge.Anonymous(this=name, expressions=list(arguments))


def _transformed(node: sge.Comprehension) -> sge.Expression:
    """Return `[this for word in words if condition]` as Spark says it."""
    word, condition = node.expression, node.args.get("condition")
    listed = node.args["iterator"]
    if condition is not None:
        listed = _called("filter", listed, sge.Lambda(this=condition, expressions=[word]))
    return _called("transform", listed, sge.Lambda(this=node.this, expressions=[word]))
