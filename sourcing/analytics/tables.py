"""A Spark session that takes the statements a linkage writes for DuckDB, and answers them alike."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import sqlglot.expressions as sge

from sourcing.analytics.words import Words
from sourcing.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


class Rows:
    """What a query found, row by row."""

    def __init__(self, found: "DataFrame") -> None:
        self._found = found
        self._rows: Iterator[tuple[Any, ...]] | None = None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return [tuple(row) for row in self._found.collect()]

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return the next rows, at most so many."""
        if self._rows is None:
            self._rows = map(tuple, self._found.toLocalIterator())
        return list(islice(self._rows, size))


class Tables:
    """Tables of one run, in a session of its own. lists: names of columns that hold lists, without `_l` and `_r`."""

    def __init__(self, session: "SparkSession", lists: Collection[str]) -> None:
        from pyspark.sql.functions import pandas_udf

        self.session = session.newSession()
        self._words = Words(lists)
        self.session.udf.register("damerau_levenshtein", pandas_udf(_distance, "long"))

    def close(self) -> None:
        """Forget the tables."""
        self.session.catalog.clearCache()
        for one in self.session.catalog.listTables():
            self.session.catalog.dropTempView(one.name)

    def put(self, name: str, table: "pa.Table") -> None:
        """Make a table of one in memory."""
        self.session.createDataFrame(table).createOrReplaceTempView(name)

    def execute(self, sql: str, given: Mapping[str, int] | None = None) -> Rows:
        """Run one statement: a query, or CREATE TABLE … AS, CREATE TABLE, INSERT INTO … SELECT, DROP TABLE.

        A table made by one is computed now, and forgotten how. Raises ConfigError if Spark cannot run it.
        """
        from pyspark.errors import PySparkException

        for name, value in (given or {}).items():
            sql = sql.replace(f"${name}", str(int(value)))
        statement = self._words.read(sql)
        try:
            return self._run(statement)
        except PySparkException as error:
            raise ConfigError(f"Spark cannot answer: {type(error).__name__}: {str(error)[:300]}") from error

    def said(self, sql: str) -> str:
        """Return a condition as Spark says it."""
        return self._words.of(self._words.read(sql))

    def _run(self, statement: sge.Expression) -> Rows:
        run = self.session.sql
        match statement:
            case sge.Create(this=sge.Schema() as schema):
                columns = ", ".join(self._words.of(each) for each in schema.expressions)
                found = self.session.createDataFrame([], columns)
                found.createOrReplaceTempView(schema.this.name)
            case sge.Create():
                found = run(self._words.of(statement.expression)).localCheckpoint()
                found.createOrReplaceTempView(statement.this.name)
            case sge.Insert():
                more = run(self._words.of(statement.expression))
                found = self.session.table(statement.this.name).union(more).localCheckpoint()
                found.createOrReplaceTempView(statement.this.name)
            case sge.Drop():
                self.session.catalog.dropTempView(statement.this.name)
                found = self.session.createDataFrame([], "done boolean")
            case _:
                found = run(self._words.of(statement))
        return Rows(found)


def _distance(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return DuckDB's own distance of texts, computed by DuckDB where the rows are.

    Others count letters, not bytes, or let nothing between two swapped letters.
    """
    import pyarrow as pa

    with duckdb.connect(":memory:") as database:
        texts = {
            "place": range(len(left)),
            "a": pa.array(left, pa.string()),
            "b": pa.array(right, pa.string()),
        }
        database.register("texts", pa.table(texts))
        rows = database.sql("SELECT damerau_levenshtein(a, b) AS far FROM texts ORDER BY place")
        return rows.to_arrow_table()["far"].to_pandas()
