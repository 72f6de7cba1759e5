"""The one place that opens an engine."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sourcing.errors import ConfigError

if TYPE_CHECKING:
    import ibis
    from pyspark.sql import SparkSession

_MASTER: Final = r"^(local|local\[([1-9][0-9]*|\*)\]|spark://\S+|k8s://\S+|yarn)$"
_ALWAYS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",  # a page that anybody may open is nothing for data about people
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "FATAL",  # what fails is raised here; its log would show plans with what they compare
}


class Analytics(BaseModel):
    """Which engine computes. master: where Spark is. spark: its own settings, by their names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str = Field(default="local[2]", pattern=_MASTER)
    spark: Mapping[str, str] = {}

    @property
    def is_cluster(self) -> bool:
        """Whether Spark computes."""
        return self.engine == "spark"


HERE: Final = Analytics()
"""DuckDB in this process."""


def connect(engine: Analytics, *, spill: Path) -> "ibis.BaseBackend":
    """Return a connection for Ibis. spill: where DuckDB may put what does not fit in its memory; made when needed.

    In memory, and gone with the last table made from it: closing it under a cached table is an error.
    """
    import ibis

    if not engine.is_cluster:
        return ibis.duckdb.connect(memory_limit="2GB", threads=2, temp_directory=str(spill))
    from sourcing.analytics import backend

    return backend.connect(session(engine))


def session(engine: Analytics) -> "SparkSession":
    """Return this process's session on the cluster, begun on first use.

    Raises ConfigError without PySpark, or if no cluster answers.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError(
            "PySpark is not installed; install `sourcing[spark]` and Java 17", key="analytics.engine"
        ) from error
    builder = SparkSession.builder.master(engine.master).appName("sourcer")
    try:
        return builder.config(map={**_ALWAYS, **engine.spark}).getOrCreate()
    except PySparkException as error:
        raise ConfigError(
            f'no Spark at {engine.master!r}: {str(error)[:200]}; start it or set engine = "duckdb"',
            key="analytics.master",
        ) from error
