"""The same comparing on a Spark cluster: statements, rules and levels are DuckDB's, Splink asks Spark."""

from typing import TYPE_CHECKING, Any

from sourcing.analytics.engine import Analytics, session
from sourcing.analytics.tables import Tables
from sourcing.resolve.comparing import Run
from sourcing.resolve.models import Model

if TYPE_CHECKING:
    import pyarrow as pa


class SparkRun(Run):
    """One table of mentions as tables of a session, which end with it."""

    def __init__(self, table: "pa.Table", model: Model, engine: Analytics) -> None:
        """Hand the table out. engine: of the cluster. Raises ConfigError if there is none."""
        import pyarrow as pa

        self.model = model
        self.blocked = ()
        self._keeps = False
        lists = [one.name for one in table.schema if pa.types.is_nested(one.type)]
        self.database: Any = Tables(session(engine), lists)
        self.database.put("mention", table)

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @property
    def _number(self) -> str:
        # any number of its own does, and an order would bring all pairs onto one machine
        return "monotonically_increasing_id()"

    def _parts(self) -> int:
        return 1

    def _splink(self) -> Any:
        from splink.backends.spark import SparkAPI

        # what Splink makes on the way is kept where it was made, so that no folder has to be shared
        return SparkAPI(
            spark_session=self.database.session,
            break_lineage_method="persist",
            register_udfs_automatically=False,
        )

    def _worded(self, condition: str) -> str:
        said: str = self.database.said(condition)
        return said
