"""A connection of Ibis to Spark: with our dialect, Arrow both ways, and tables that are computed once and for all."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis
    import ibis.expr.operations as ops
    import ibis.expr.types as ir
    from pyspark.sql import SparkSession


def connect(session: "SparkSession") -> "ibis.BaseBackend":
    """Return a connection over a session."""
    from ibis.backends.pyspark import Backend  # here: it needs PySpark, which few installations have
    from ibis.formats.pyarrow import PyArrowData

    from sourcing.analytics.dialect import SparkCompiler

    class SparkBackend(Backend):
        compiler = SparkCompiler()

        def _register_in_memory_table(self, op: "ops.InMemoryTable") -> None:
            rows = op.data.to_pyarrow(op.schema)
            session.createDataFrame(rows).createOrReplaceTempView(op.name)

        def to_pyarrow(
            self,
            expr: "ir.Expr",
            /,
            *,
            params: "Mapping[ir.Scalar, Any] | None" = None,
            limit: Any = None,
            **kwargs: Any,
        ) -> Any:
            self._run_pre_execute_hooks(expr)
            table = expr.as_table()
            found = session.sql(self.compile(table, params=params, limit=limit, **kwargs)).toArrow()
            return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))

        def _create_cached_table(self, name: str, expr: "ir.Table") -> "ir.Table":
            # computed now, and forgotten how: the plan of a table of ten others, each used five times, never ends
            self._run_pre_execute_hooks(expr)
            kept = session.sql(self.compile(expr)).localCheckpoint()
            kept.createTempView(name)
            self._cached_dataframes[name] = kept
            return self.table(name)

        def _drop_cached_table(self, name: str) -> None:
            session.catalog.dropTempView(name)
            self._cached_dataframes.pop(name)

    SparkBackend.register_options()
    backend: Any = SparkBackend()
    backend.do_connect(session)
    return backend
