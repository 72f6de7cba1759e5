"""One comparing of mentions with Splink on DuckDB: keys, pairs, features, levels, in a database that ends with it."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Self, cast

from sourcing.analytics.engine import HERE, Analytics
from sourcing.errors import ConfigError
from sourcing.resolve.models import Block, Comparison, Model

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

NONE: Final = -1
"""The level of a comparison of which none holds."""
_FEW: Final = 250_000
"""Pairs that are taken apart for threads: tables come to them in pieces of 122,880 rows."""
PAIR: Final = "CREATE TABLE pair (match_key VARCHAR, join_key_l BIGINT, join_key_r BIGINT)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one linkage may use. memory: as DuckDB writes it. threads: at least 1. engine: what compares many."""

    memory: str = "4GB"
    threads: int = 2
    engine: Analytics = HERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What a blocking rule found before anything was compared. pairs: its own, those of earlier rules among them.

    cut: keys that more mentions share than the cap allows. cut_pairs: how many pairs they would have made.
    """

    rule: str
    pairs: int
    cut: int
    cut_pairs: int


class Run:
    """One table of mentions in a database of its own, which ends with it."""

    def __init__(
        self, table: "pa.Table | None", model: Model, limits: Limits, *, state: Path | None = None
    ) -> None:
        """Open the database. table: what is compared, as `mention`. state: a database to attach as `state`; the table
        is written there and nowhere else."""
        import duckdb

        self.model = model
        self._keeps = state is not None
        self._threads = limits.threads
        self.database: DuckDBPyConnection = duckdb.connect(":memory:")
        for setting in (
            f"SET memory_limit = '{limits.memory}'",
            f"SET threads = {limits.threads}",
            "SET preserve_insertion_order = false",
            "SET enable_progress_bar = false",
        ):
            self.database.execute(setting)
        if state is not None:
            self.database.execute(f"ATTACH '{str(state).replace(chr(39), chr(39) * 2)}' AS state")
        if table is not None and state is not None:
            self.put("state.mention", table)
            self.database.execute("CREATE VIEW mention AS SELECT *, rid AS origin FROM state.mention")
        elif table is not None:
            self.put("mention", table)
        self.database.execute("SET enable_external_access = false")  # a model file compares and reads nothing
        self.blocked: tuple[Blocked, ...] = ()

    def put(self, name: str, table: "pa.Table") -> None:
        """Make a table of the database of one in memory."""
        self.database.register("given", table)
        self.database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")  # noqa: S608
        self.database.unregister("given")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def scored(self, review: float) -> Iterator[tuple[Any, ...]]:
        """Yield (left, right, probability, weight, level of each comparison) by left and right."""
        self.block()
        self.weigh(review)
        rows = self.database.execute(self.levels("kept", "match_probability, match_weight"))
        while batch := rows.fetchmany(10_000):
            yield from batch

    def block(self) -> None:
        """Fill the table of pairs, and note what each rule found."""
        self.blocked = tuple(self._block())

    def weigh(self, review: float) -> None:
        """Make the table `kept` of the pairs at or above a probability. review: that probability."""
        if self.model.is_featured:
            self._feature()
            self.database.execute(
                "CREATE TABLE kept AS SELECT f.*, match_probability, match_weight "  # noqa: S608
                f"FROM {self.predict('side', 'sided', review)} p JOIN featured f ON f.number = p.rid_l // 2"
            )
        else:
            self.database.execute(
                "CREATE TABLE kept AS SELECT rid_l AS join_key_l, rid_r AS join_key_r, match_probability, "  # noqa: S608
                f"match_weight FROM {self.predict('mention', 'pair', review)}"
            )

    def compared(self) -> dict[str, Any]:
        """Return left, right and the level of each comparison of every blocked pair as arrays, by left and right."""
        self.block()
        pairs = "pair"
        if self.model.is_featured:
            self._feature()
            pairs = "featured"
        return dict(self.database.execute(self.levels(pairs, "match_key")).fetchnumpy())

    def _feature(self) -> None:
        """Compute the features of every blocked pair once: `featured`, and for Splink as rows of which the left one
        bears them all."""
        made = ", ".join(f"({self._sided(sql)}) AS {name}" for name, sql in self.model.feature.items())
        # numbered first: a window would hold the columns of both mentions of every pair at once
        self._run(f"CREATE TABLE numbered AS SELECT {self._number} AS number, * FROM pair")  # noqa: S608
        parts = self._parts()  # the database takes up to a hundred thousand pairs with one thread
        taken = " UNION ALL ".join(
            f"SELECT p.*, {made} FROM (SELECT * FROM numbered WHERE number % {parts} = {part}) p "  # noqa: S608
            "JOIN mention ml ON ml.rid = p.join_key_l JOIN mention mr ON mr.rid = p.join_key_r"
            for part in range(parts)
        )
        self._run(f"CREATE TABLE featured AS {taken}")
        self._run("DROP TABLE numbered")
        names = ", ".join(self.model.feature)
        nothing = ", ".join("NULL" for _ in self.model.feature)
        self._run(
            f"CREATE TABLE side AS SELECT 2 * number AS rid, {names} FROM featured "  # noqa: S608
            f"UNION ALL SELECT 2 * number + 1, {nothing} FROM featured"
        )
        self._run(
            "CREATE TABLE sided AS SELECT match_key, 2 * number AS join_key_l, 2 * number + 1 AS join_key_r "
            "FROM featured"
        )

    @property
    def _number(self) -> str:
        """Return the expression that gives each pair a number of its own."""
        return "row_number() OVER (ORDER BY join_key_l, join_key_r)"

    def _parts(self) -> int:
        """Return into how many parts to take the pairs apart: one for each thread, of many pairs one."""
        few = self.database.execute("SELECT count(*) < $few FROM pair", {"few": _FEW}).fetchall()[0][0]
        return self._threads if few else 1

    def _run(self, sql: str) -> None:
        try:
            self.database.execute(sql)
        except database_errors() as error:
            raise ConfigError(
                f"model {self.model.name!r} cannot be applied: {type(error).__name__}: {str(error)[:300]}"
            ) from error

    def levels(self, pairs: str, more: str) -> str:
        """Return the query for the levels of a table of pairs: the conditions that Splink scores by, told apart."""
        chosen = []
        featured = self.model.is_featured
        for one in self.model.comparison:
            cases = " ".join(
                f"WHEN {level.when if featured else self._sided(level.when)} THEN {place}"
                for place, level in enumerate(one.level)
            )
            chosen.append(f"CASE {cases} ELSE {NONE} END AS {one.name}")
        if featured:
            return (
                f'SELECT join_key_l AS "left", join_key_r AS "right", {more}, {", ".join(chosen)} FROM {pairs} '  # noqa: S608
                "ORDER BY 1, 2"
            )
        return (
            f'SELECT join_key_l AS "left", join_key_r AS "right", {more}, {", ".join(chosen)} FROM {pairs} p '  # noqa: S608
            "JOIN mention ml ON ml.rid = p.join_key_l JOIN mention mr ON mr.rid = p.join_key_r ORDER BY 1, 2"
        )

    def _sided(self, condition: str) -> str:
        """Return a condition with the aliases of the two rows."""
        names = "|".join(sorted(self.model.column_set.columns, key=len, reverse=True))
        return re.sub(rf"\b({names})_([lr])\b", r"m\2.\1", self.model.plain(condition))

    def predict(self, rows: str, pairs: str, review: float) -> str:
        """Let Splink compare the pairs of rows and return the name of its table."""
        from splink import Linker, SettingsCreator

        # it warns of every comparison that treats unknown values as nothing said, which is what ours mean
        logging.getLogger("splink").setLevel(logging.ERROR)
        api = self._splink()
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="rid",
            probability_two_random_records_match=_probability(self.model.prior),
            blocking_rules_to_generate_predictions=[],
            comparisons=[_comparison(self.model, one, self._worded) for one in self.model.comparison],
            retain_matching_columns=False,
        )
        linker = Linker(api.register(rows), settings, log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
        try:
            found = linker.inference.predict(threshold_match_probability=review, warning_mode="never")
        except Exception as error:  # Splink lets every error of the database through as it is
            raise ConfigError(
                f"model {self.model.name!r} cannot be applied: {type(error).__name__}: {str(error)[:300]}"
            ) from error
        return str(found.physical_name)

    def _splink(self) -> Any:
        from splink import DuckDBAPI

        return DuckDBAPI(connection=self.database)

    def _worded(self, condition: str) -> str:
        """Return a condition as the database that Splink asks says it."""
        return condition

    def _block(self) -> Iterator[Blocked]:
        """Fill the table of pairs rule by rule, counting before anything is joined; large blocks are not followed."""
        self.database.execute(PAIR)
        for number, rule in enumerate(self.model.block):
            with self.applying(rule):
                keyed, block = (f"keyed_{number}", f"block_{number}") if self._keeps else ("keyed", "block")
                self.key(rule, "mention", keyed)
                self.database.execute(f"CREATE OR REPLACE TABLE {block} AS {self.blocks(keyed)}")
                yield self.counted(rule, block)
                self.database.execute(
                    f"CREATE OR REPLACE TABLE found AS SELECT DISTINCT l.rid AS join_key_l, r.rid AS join_key_r "  # noqa: S608
                    f"FROM {keyed} l JOIN {keyed} r ON l.key = r.key AND l.world = r.world AND l.rid < r.rid "
                    f"AND (l.own OR r.own){self.across} JOIN {block} b ON b.key = l.key AND b.world = l.world "
                    f"AND b.n <= {rule.cap}"
                )
                self.pair_up(number, rule)

    @contextmanager
    def applying(self, rule: Block) -> Iterator[None]:
        """Say whose fault it is if the database refuses."""
        try:
            yield
        except database_errors() as error:
            raise ConfigError(f"block {rule.name!r} cannot be applied: {str(error)[:300]}") from error

    @property
    def across(self) -> str:
        """Return the condition that parts the sides of a model of two."""
        return " AND l.family <> r.family" if len(self.model.sides) == 2 else ""

    def key(self, rule: Block, rows: str, into: str) -> None:
        """Note who of a table of rows has which key. own: whether it may meet any other, see `Block.others`."""
        one = f"SELECT rid, family, world, unnest({rule.keys}) AS key, true AS own FROM {rows}"  # noqa: S608
        if rule.others is not None:
            one += f" UNION ALL SELECT rid, family, world, unnest({rule.others}), false FROM {rows}"  # noqa: S608
        self.database.execute(
            f"CREATE OR REPLACE TABLE {into} AS SELECT rid, family, world, key, bool_or(own) AS own "  # noqa: S608
            f"FROM ({one}) WHERE key <> '' GROUP BY ALL"
        )

    def blocks(self, keyed: str) -> str:
        """Return the query for how many rows share each key, and how many pairs it would make."""
        pairs = "n * (n - 1) // 2 - o * (o - 1) // 2"
        if len(self.model.sides) == 2:
            pairs = "n_left * (n - n_left) - o_left * (o - o_left)"
        left = f"family = '{self.model.sides[0]}'"
        return (
            f"SELECT world, key, n, {pairs} AS pairs FROM (SELECT world, key, count(*) AS n, "  # noqa: S608
            f"count(*) FILTER ({left}) AS n_left, count(*) FILTER (NOT own) AS o, "
            f"count(*) FILTER (NOT own AND {left}) AS o_left FROM {keyed} GROUP BY world, key) WHERE n > 1"
        )

    def counted(self, rule: Block, block: str) -> Blocked:
        """Return what a table of blocks says of a rule."""
        kept, cut, cut_pairs = self.database.execute(
            "SELECT coalesce(sum(pairs) FILTER (n <= $cap), 0), count(*) FILTER (n > $cap), "  # noqa: S608
            f"coalesce(sum(pairs) FILTER (n > $cap), 0) FROM {block}",
            {"cap": rule.cap},
        ).fetchall()[0]
        return Blocked(rule=rule.name, pairs=int(kept), cut=int(cut), cut_pairs=int(cut_pairs))

    def pair_up(self, number: int, rule: Block) -> None:
        """Add the pairs of the table `found` that earlier rules did not find and the rule's condition lets through."""
        where = ""
        if rule.where is not None:
            where = (
                " JOIN mention ml ON ml.rid = p.join_key_l JOIN mention mr ON mr.rid = p.join_key_r "
                f"WHERE {self._sided(rule.where)}"
            )
        self.database.execute(
            f"INSERT INTO pair SELECT '{number}', p.* FROM found p ANTI JOIN pair q "  # noqa: S608
            f"ON q.join_key_l = p.join_key_l AND q.join_key_r = p.join_key_r{where}"
        )


def warm() -> Thread:
    """Begin to load Splink while others read and ask the database; return the thread that does."""
    thread = Thread(target=import_module, args=("splink",), daemon=True)
    thread.start()
    return thread


def database_errors() -> type[Exception]:
    """Return what DuckDB raises, without importing it before it is needed."""
    import duckdb

    return cast("type[Exception]", duckdb.Error)


def _comparison(model: Model, one: Comparison, worded: Callable[[str], str]) -> dict[str, Any]:
    write = model.of_left if model.is_featured else model.plain
    levels = [
        {"sql_condition": worded(write(level.when)), "label_for_charts": level.says, **_odds(level.weight)}
        for level in one.level
    ]
    levels.append({"sql_condition": "ELSE", "label_for_charts": "nothing of it", **_odds(0.0)})
    return {"output_column_name": one.name, "comparison_levels": levels}


def _odds(weight: float) -> dict[str, float]:
    """Return two probabilities whose ratio is the weight: Splink multiplies ratios and looks at nothing else."""
    return {"m_probability": 0.5 * 2.0 ** min(weight, 0.0), "u_probability": 0.5 * 2.0 ** -max(weight, 0.0)}


def _probability(prior: float) -> float:
    return 1.0 / (1.0 + float(2.0**-prior))
