"""Probable links: pairs that share a key are compared level by level and scored, with Splink on DuckDB.

Every choice is the model's: which pairs, which levels, which weights. The same mentions and the same model give the
same pairs in the same order, whatever order they came in.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sourcing.errors import ConfigError
from sourcing.resolve import columns
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Block, Comparison, Model
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_WORD: Final = re.compile(r"\w+")
_NONE: Final = -1
"""The level of a comparison of which none holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one linkage may use. memory: as DuckDB writes it. threads: at least 1."""

    memory: str = "4GB"
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What a blocking rule found before anything was compared. pairs: its own, those of earlier rules among them.

    cut: keys that more mentions share than the cap allows. cut_pairs: how many pairs they would have made.
    """

    rule: str
    pairs: int
    cut: int
    cut_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A compared pair, ids sorted. weight: log2 odds, prior included. levels: per comparison the place of its level
    from the top, None where none holds."""

    left: str
    right: str
    probability: float
    weight: float
    levels: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Every blocked pair as numbers. left, right: places of its mentions. levels: a row per pair, a column per
    comparison, the place of the level from the top, -1 where none holds."""

    left: "np.ndarray[Any, Any]"
    right: "np.ndarray[Any, Any]"
    levels: "np.ndarray[Any, Any]"
    blocked: tuple[Blocked, ...]


def score(
    mentions: Sequence[Mention], model: Model, namesakes: Namesakes, digest: columns.Digest, limits: Limits
) -> tuple[list[Scored], tuple[Blocked, ...]]:
    """Return the pairs at or above the model's review threshold, by ids, and what each blocking rule found."""
    ordered = _sided(mentions, model)
    if len(ordered) < 2 or {one.family for one in ordered} != set(model.sides):
        return [], ()
    with _Run(model.column_set.make(ordered, namesakes, digest, _wanted(model)), model, limits) as run:
        found = run.scored(model.thresholds.review)
        pairs = [
            Scored(
                left=ordered[left].id,
                right=ordered[right].id,
                probability=probability,
                weight=weight,
                levels=tuple(None if level == _NONE else level for level in levels),
            )
            for left, right, probability, weight, *levels in found
        ]
        return pairs, run.blocked


def vectors(
    mentions: Sequence[Mention], model: Model, namesakes: Namesakes, digest: columns.Digest, limits: Limits
) -> tuple[list[Mention], Vectors]:
    """Return the mentions in table order and the levels of every blocked pair: what weights are fitted to."""
    import numpy as np

    ordered = _sided(mentions, model)
    with _Run(model.column_set.make(ordered, namesakes, digest, _wanted(model)), model, limits) as run:
        arrays = run.compared()
        levels = np.column_stack([arrays[one.name] for one in model.comparison])
        return ordered, Vectors(
            left=arrays["left"], right=arrays["right"], levels=levels, blocked=run.blocked
        )


def _sided(mentions: Sequence[Mention], model: Model) -> list[Mention]:
    return sorted((one for one in mentions if one.family in model.sides), key=lambda one: one.id)


def _wanted(model: Model) -> set[str]:
    """Return the columns that a model speaks of, and those that blocking needs."""
    spoken = " ".join(
        [
            *model.feature.values(),
            *(level.when for comparison in model.comparison for level in comparison.level),
            *(sql for rule in model.block for sql in (rule.keys, rule.others, rule.where) if sql is not None),
        ]
    )
    return {"rid", "family", "world"} | {
        name for name in _WORD.findall(re.sub(r"_[lr]\b", "", spoken)) if name in model.column_set.columns
    }


class _Run:
    """One table of mentions in a database of its own, which ends with it."""

    def __init__(self, table: "pa.Table", model: Model, limits: Limits) -> None:
        import duckdb

        self._model = model
        self._database: DuckDBPyConnection = duckdb.connect(":memory:")
        for setting in (
            f"SET memory_limit = '{limits.memory}'",
            f"SET threads = {limits.threads}",
            "SET preserve_insertion_order = false",
            "SET enable_progress_bar = false",
        ):
            self._database.execute(setting)
        self._database.register("given", table)
        self._database.execute("CREATE TABLE mention AS SELECT * FROM given")
        self._database.unregister("given")
        self._database.execute(
            "SET enable_external_access = false"
        )  # a model file compares and reads nothing
        self.blocked: tuple[Blocked, ...] = ()

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def scored(self, review: float) -> Iterator[tuple[Any, ...]]:
        """Yield (left, right, probability, weight, level of each comparison) by left and right."""
        self.blocked = tuple(self._block())
        if self._model.is_featured:
            self._feature()
            self._database.execute(
                "CREATE TABLE kept AS SELECT f.*, match_probability, match_weight "  # noqa: S608
                f"FROM {self._predict('side', 'sided', review)} p JOIN featured f ON f.number = p.rid_l // 2"
            )
        else:
            self._database.execute(
                "CREATE TABLE kept AS SELECT rid_l AS join_key_l, rid_r AS join_key_r, match_probability, "  # noqa: S608
                f"match_weight FROM {self._predict('mention', 'pair', review)}"
            )
        rows = self._database.execute(self._levels("kept", "match_probability, match_weight"))
        while batch := rows.fetchmany(10_000):
            yield from batch

    def compared(self) -> dict[str, Any]:
        """Return left, right and the level of each comparison of every blocked pair as arrays, by left and right."""
        self.blocked = tuple(self._block())
        pairs = "pair"
        if self._model.is_featured:
            self._feature()
            pairs = "featured"
        return dict(self._database.execute(self._levels(pairs, "match_key")).fetchnumpy())

    def _feature(self) -> None:
        """Compute the features of every blocked pair once: `featured`, and for Splink as rows of which the left one
        bears them all."""
        made = ", ".join(f"({self._sided(sql)}) AS {name}" for name, sql in self._model.feature.items())
        self._run(
            # numbered first: a window would hold the columns of both mentions of every pair at once
            f"CREATE TABLE featured AS SELECT p.*, {made} FROM (SELECT row_number() OVER "  # noqa: S608
            "(ORDER BY join_key_l, join_key_r) AS number, * FROM pair) p "
            "JOIN mention ml ON ml.rid = p.join_key_l JOIN mention mr ON mr.rid = p.join_key_r"
        )
        names = ", ".join(self._model.feature)
        self._run(
            f"CREATE TABLE side AS SELECT 2 * number AS rid, {names} FROM featured "  # noqa: S608
            f"UNION ALL BY NAME SELECT 2 * number + 1 AS rid FROM featured"
        )
        self._run(
            "CREATE TABLE sided AS SELECT match_key, 2 * number AS join_key_l, 2 * number + 1 AS join_key_r "
            "FROM featured"
        )

    def _run(self, sql: str) -> None:
        try:
            self._database.execute(sql)
        except _database_errors() as error:
            raise ConfigError(
                f"model {self._model.name!r} cannot be applied: {type(error).__name__}: {str(error)[:300]}"
            ) from error

    def _levels(self, pairs: str, more: str) -> str:
        """Return the query for the levels of a table of pairs: the conditions that Splink scores by, told apart."""
        chosen = []
        featured = self._model.is_featured
        for one in self._model.comparison:
            cases = " ".join(
                f"WHEN {level.when if featured else self._sided(level.when)} THEN {place}"
                for place, level in enumerate(one.level)
            )
            chosen.append(f"CASE {cases} ELSE {_NONE} END AS {one.name}")
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
        names = "|".join(sorted(self._model.column_set.columns, key=len, reverse=True))
        return re.sub(rf"\b({names})_([lr])\b", r"m\2.\1", self._model.plain(condition))

    def _predict(self, rows: str, pairs: str, review: float) -> str:
        """Let Splink compare the pairs of rows and return the name of its table."""
        from splink import DuckDBAPI, Linker, SettingsCreator

        # it warns of every comparison that treats unknown values as nothing said, which is what ours mean
        logging.getLogger("splink").setLevel(logging.ERROR)
        api = DuckDBAPI(connection=self._database)
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="rid",
            probability_two_random_records_match=_probability(self._model.prior),
            blocking_rules_to_generate_predictions=[],
            comparisons=[_comparison(self._model, one) for one in self._model.comparison],
            retain_matching_columns=False,
        )
        linker = Linker(api.register(rows), settings, log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
        try:
            found = linker.inference.predict(threshold_match_probability=review, warning_mode="never")
        except Exception as error:  # Splink lets every error of the database through as it is
            raise ConfigError(
                f"model {self._model.name!r} cannot be applied: {type(error).__name__}: {str(error)[:300]}"
            ) from error
        return str(found.physical_name)

    def _block(self) -> Iterator[Blocked]:
        """Fill the table of pairs rule by rule, counting before anything is joined; large blocks are not followed."""
        self._database.execute("CREATE TABLE pair (match_key VARCHAR, join_key_l BIGINT, join_key_r BIGINT)")
        for number, rule in enumerate(self._model.block):
            try:
                yield self._keyed(rule)
                self._pair_up(str(number), rule)
            except _database_errors() as error:
                raise ConfigError(f"block {rule.name!r} cannot be applied: {str(error)[:300]}") from error

    def _keyed(self, rule: Block) -> Blocked:
        """Note who has which key and how many pairs each key would make."""
        run = self._database.execute
        one = f"SELECT rid, family, world, unnest({rule.keys}) AS key, true AS own FROM mention"  # noqa: S608
        if rule.others is not None:
            one += f" UNION ALL SELECT rid, family, world, unnest({rule.others}), false FROM mention"  # noqa: S608
        run(
            "CREATE OR REPLACE TABLE keyed AS SELECT rid, family, world, key, bool_or(own) AS own "  # noqa: S608
            f"FROM ({one}) WHERE key <> '' GROUP BY ALL"
        )
        pairs = "n * (n - 1) // 2 - o * (o - 1) // 2"
        if len(self._model.sides) == 2:
            pairs = "n_left * (n - n_left) - o_left * (o - o_left)"
        left = f"family = '{self._model.sides[0]}'"
        run(
            f"CREATE OR REPLACE TABLE block AS SELECT world, key, n, {pairs} AS pairs FROM (SELECT world, key, "  # noqa: S608
            f"count(*) AS n, count(*) FILTER ({left}) AS n_left, count(*) FILTER (NOT own) AS o, "
            f"count(*) FILTER (NOT own AND {left}) AS o_left FROM keyed GROUP BY world, key) WHERE n > 1"
        )
        kept, cut, cut_pairs = run(
            "SELECT coalesce(sum(pairs) FILTER (n <= $cap), 0), count(*) FILTER (n > $cap), "
            "coalesce(sum(pairs) FILTER (n > $cap), 0) FROM block",
            {"cap": rule.cap},
        ).fetchall()[0]
        return Blocked(rule=rule.name, pairs=int(kept), cut=int(cut), cut_pairs=int(cut_pairs))

    def _pair_up(self, number: str, rule: Block) -> None:
        """Add the pairs of a rule that earlier ones did not find."""
        across = "AND l.family <> r.family" if len(self._model.sides) == 2 else ""
        where = ""
        if rule.where is not None:
            where = (
                " JOIN mention ml ON ml.rid = p.join_key_l JOIN mention mr ON mr.rid = p.join_key_r "
                f"WHERE {self._sided(rule.where)}"
            )
        self._database.execute(
            f"INSERT INTO pair WITH p AS (SELECT DISTINCT '{number}' AS match_key, l.rid AS join_key_l, "  # noqa: S608
            "r.rid AS join_key_r FROM keyed l JOIN keyed r ON l.key = r.key AND l.world = r.world "
            f"AND l.rid < r.rid AND (l.own OR r.own) {across} JOIN block b ON b.key = l.key AND b.world = l.world "
            f"AND b.n <= {rule.cap}) SELECT p.* FROM p ANTI JOIN pair q ON q.join_key_l = p.join_key_l "
            f"AND q.join_key_r = p.join_key_r{where}"
        )


def _database_errors() -> type[Exception]:
    """Return what DuckDB raises, without importing it before it is needed."""
    import duckdb

    return cast("type[Exception]", duckdb.Error)


def _comparison(model: Model, one: Comparison) -> dict[str, Any]:
    write = model.of_left if model.is_featured else model.plain
    levels = [
        {"sql_condition": write(level.when), "label_for_charts": level.says, **_odds(level.weight)}
        for level in one.level
    ]
    levels.append({"sql_condition": "ELSE", "label_for_charts": "nothing of it", **_odds(0.0)})
    return {"output_column_name": one.name, "comparison_levels": levels}


def _odds(weight: float) -> dict[str, float]:
    """Return two probabilities whose ratio is the weight: Splink multiplies ratios and looks at nothing else."""
    return {"m_probability": 0.5 * 2.0 ** min(weight, 0.0), "u_probability": 0.5 * 2.0 ** -max(weight, 0.0)}


def _probability(prior: float) -> float:
    return 1.0 / (1.0 + float(2.0**-prior))
