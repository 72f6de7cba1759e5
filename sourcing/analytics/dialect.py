"""Ibis on Apache Spark, with the meaning that the same expressions have on DuckDB.

Ibis' own PySpark backend (12.0) lacks ordered aggregates, hashes to 32 bits, drops fractions of a second and hands
patterns over as they are. Each method here closes one such gap; drop it when Ibis does.
"""

import re
from collections.abc import Sequence
from typing import Any

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_GROUP = re.compile(r"\\(\d)")
_NEWLINES = "(?d)"  # only \n ends a line, as RE2 has it; Java knows five more


def java_pattern(pattern: str) -> str:
    """Return an RE2 pattern as Java reads it: `$` is the very end, unless (?m) makes it that of a line.

    No class of letters in it may begin with `]`.
    """
    if re.match(r"\(\?[a-z]*m", pattern):
        return _NEWLINES + pattern
    found, in_class, is_escaped = [], False, False
    for letter in pattern:
        is_end = letter == "$" and not in_class and not is_escaped
        found.append(r"\z" if is_end else letter)
        if not is_escaped:
            in_class = letter == "[" or (in_class and letter != "]")
        is_escaped = letter == "\\" and not is_escaped
    return _NEWLINES + "".join(found)


class SparkCompiler(PySparkCompiler):
    """Spark SQL that answers as DuckDB does."""

    __slots__ = ()

    SIMPLE_OPS = {ops.Hash: "xxhash64"}  # noqa: RUF012 (Ibis reads it when the class is made)

    def visit_NonNullLiteral(self, op: ops.Literal, *, value: Any, dtype: Any) -> Any:
        """Write floats as such: a bare 0.5 is a decimal to Spark."""
        return (
            _double(value)
            if dtype.is_floating()
            else super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        )

    def visit_RegexSearch(self, op: ops.RegexSearch, *, arg: Any, pattern: Any) -> Any:
        """Match anywhere in the text."""
        return self.f.regexp_like(arg, _java(op.pattern, pattern))

    def visit_RegexExtract(self, op: ops.RegexExtract, *, arg: Any, pattern: Any, index: Any) -> Any:
        """Return a group of the first match, an empty text without one."""
        return self.f.regexp_extract(arg, _java(op.pattern, pattern), index)

    def visit_RegexReplace(self, op: ops.RegexReplace, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        r"""Replace every match; a group is `$1` here, not `\1`."""
        text = op.replacement.value.replace("$", r"\$")
        return self.f.regexp_replace(arg, _java(op.pattern, pattern), sge.convert(_GROUP.sub(r"$\1", text)))

    def visit_Strip(self, op: ops.Strip, *, arg: Any) -> Any:
        r"""Take blanks from both ends; in a text of Spark's own `\v` and `\f` are letters."""
        blanks = self.f.anon.concat(sge.convert(" \t\n\r"), self.f.anon.char(11), self.f.anon.char(12))
        return self.f.anon.btrim(arg, blanks)

    def visit_ExtractEpochSeconds(self, op: ops.ExtractEpochSeconds, *, arg: Any) -> Any:
        """Return seconds with their fraction."""
        return self.f.anon.unix_micros(sg.cast(arg, "timestamp", dialect="spark")) / _double(1e6)

    def visit_ArrayIndex(self, op: ops.ArrayIndex, *, arg: Any, index: Any) -> Any:
        """Return an element, none where there is none."""
        return self.f.anon.get(arg, index)

    def visit_First(self, op: ops.First, *, arg: Any, where: Any, order_by: Any, include_null: Any) -> Any:
        """Return the value of the first row in an order."""
        if not order_by:
            return super().visit_First(op, arg=arg, where=where, order_by=order_by, include_null=include_null)
        return self.f.anon.get(self._ordered(arg, where, order_by), 0)

    def visit_ArrayCollect(
        self, op: ops.ArrayCollect, *, arg: Any, where: Any, order_by: Any, include_null: Any, distinct: Any
    ) -> Any:
        """Return the values of the rows in an order."""
        if not order_by:
            return super().visit_ArrayCollect(
                op, arg=arg, where=where, order_by=order_by, include_null=include_null, distinct=distinct
            )
        return self._ordered(arg, where, order_by)

    def _ordered(self, arg: Any, where: Any, order_by: Sequence[Any]) -> Any:
        """Collect values with their keys, sort them by the keys, nulls last, and drop the keys."""
        keys = [f"k{place}" for place in range(len(order_by))]
        parts = [one for name, key in zip(keys, order_by, strict=True) for one in (name, key.this)]
        row = self.f.anon.named_struct("v", arg, *parts)
        known = arg.is_(sg.not_(sge.Null()))
        wanted = known if where is None else sg.and_(known, where)
        listed = sge.Filter(this=self.f.anon.collect_list(row), expression=sge.Where(this=wanted))
        ifs = []
        for name, key in zip(keys, order_by, strict=True):
            one, two = (
                sge.Dot(this=sg.to_identifier(side), expression=sg.to_identifier(name)) for side in "xy"
            )
            before, after = (1, -1) if key.args.get("desc") else (-1, 1)
            ifs += [
                self.if_(one < two, before), self.if_(one > two, after),
                self.if_(sg.and_(one.is_(sge.Null()), two.is_(sg.not_(sge.Null()))), 1),
                self.if_(sg.and_(two.is_(sge.Null()), one.is_(sg.not_(sge.Null()))), -1),
            ]  # fmt: skip
        compare = sge.Lambda(
            this=sge.Case(ifs=ifs, default=sge.convert(0)),
            expressions=[sg.to_identifier("x"), sg.to_identifier("y")],
        )
        value = sge.Dot(this=sg.to_identifier("x"), expression=sg.to_identifier("v"))
        taken = sge.Lambda(this=value, expressions=[sg.to_identifier("x")])
        return self.f.anon.transform(self.f.anon.array_sort(listed, compare), taken)


def _double(value: float) -> sge.Expression:
    return sg.cast(sge.convert(float(value)), "double")


def _java(op: ops.Value, pattern: Any) -> Any:
    return sge.convert(java_pattern(op.value)) if isinstance(op, ops.Literal) else pattern
