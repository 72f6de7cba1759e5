"""A night with changes: only pairs with a changed row are looked for and scored, all others are taken over.

A pair's score hangs on its two rows alone, and whether it is compared on its keys and on how many mentions share them.
So the outcome is that of comparing everything anew, with the same counts.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from sourcing.resolve import keeping
from sourcing.resolve.comparing import PAIR, Run

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def changed(run: Run, ids: Sequence[str], digests: Sequence[bytes]) -> set[str]:
    """Return the ids of mentions that are new or another than the file knows. Makes `now` of all."""
    run.put("now", keeping.listed(ids, digests))
    found = run.database.execute(
        "SELECT n.id FROM now n ANTI JOIN state.mention m ON m.id = n.id AND m.digest = n.digest"
    ).fetchall()
    return {one for (one,) in found}


def gone(run: Run) -> set[str]:
    """Return the ids that the file knows and `now` does not have."""
    found = run.database.execute("SELECT id FROM state.mention ANTI JOIN now USING (id)").fetchall()
    return {one for (one,) in found}


def known(run: Run, ids: Sequence[str]) -> list[str]:
    """Return those of some ids that the file knows."""
    run.put("asked_ids", keeping.named(ids))
    found = run.database.execute("SELECT id FROM state.mention SEMI JOIN asked_ids USING (id) ORDER BY id")
    return [one for (one,) in found.fetchall()]


def size(run: Run) -> int:
    """Return how many mentions the file knows."""
    return int(run.database.execute("SELECT count(*) FROM state.mention").fetchall()[0][0])


def reached(run: Run, ids: Collection[str], *, touched: bool) -> frozenset[str]:
    """Return the ids of mentions that pairs lead to, step by step, and keep their numbers as `reached`.

    ids: where to begin. touched: from what this night changed, too.
    """
    execute = run.database.execute
    run.put("asked_ids", keeping.named(sorted(ids)))
    execute("CREATE TABLE begun AS SELECT rid FROM named_now SEMI JOIN asked_ids USING (id)")
    if touched:
        execute("INSERT INTO begun SELECT DISTINCT rid FROM touched")
    run.put("reached", _spread(run, execute("SELECT rid FROM begun").fetchnumpy()["rid"]))
    found = execute("SELECT id FROM named_now SEMI JOIN reached USING (rid)").fetchall()
    return frozenset(one for (one,) in found)


def _spread(run: Run, begun: "np.ndarray[Any, Any]") -> "pa.Table":
    """Return the numbers of rows and of all that pairs lead to from them. One pass over all pairs a step."""
    import numpy as np
    import pyarrow as pa

    pairs = run.database.execute("SELECT low, high FROM scored_now").fetchnumpy()
    low, high = pairs["low"], pairs["high"]
    is_in = np.zeros(
        int(max((one.max() for one in (begun, low, high) if len(one)), default=-1)) + 1, dtype=bool
    )
    is_in[begun] = True
    while (met := is_in[low] != is_in[high]).any():
        is_in[low[met]] = is_in[high[met]] = True
    return pa.table({"rid": pa.array(np.flatnonzero(is_in), pa.int64())})


def number(run: Run, ids: "pa.Table", gone: "pa.Table") -> None:
    """Make `changed` of ids with the number each row has or gets, `gone` of numbers, and `moved` of both.

    ids, gone: tables with a column `id`.
    """
    run.put("coming", ids)
    run.put("leaving", gone)
    run.database.execute(
        "CREATE TABLE changed AS SELECT c.id, coalesce(m.rid, (SELECT coalesce(max(rid), -1) FROM state.mention) "
        "+ count(*) FILTER (m.rid IS NULL) OVER (ORDER BY c.id ROWS UNBOUNDED PRECEDING)) AS rid "
        "FROM coming c LEFT JOIN (SELECT rid, id FROM state.mention) m ON m.id = c.id"
    )
    run.database.execute("CREATE TABLE gone AS SELECT rid FROM state.mention SEMI JOIN leaving USING (id)")
    run.database.execute("CREATE TABLE moved AS SELECT rid FROM changed UNION SELECT rid FROM gone")


def compare(run: Run, table: "pa.Table") -> None:
    """Make `fresh`, `gone` and `moved` by comparing rows, all made anew, with the file's.

    table: every row there is, with `id` and `digest`.
    """
    run.put("whole", table.drop_columns(["rid"]))
    named = ", ".join(f'"{name}"' for name in table.column_names if name != "rid")
    execute = run.database.execute
    execute(
        f"CREATE TABLE differing AS SELECT id FROM (SELECT {named} FROM whole EXCEPT "  # noqa: S608
        f"SELECT {named} FROM state.mention)"
    )
    number(
        run,
        run.database.sql("FROM differing").to_arrow_table(),
        run.database.sql("SELECT id FROM state.mention ANTI JOIN whole USING (id)").to_arrow_table(),
    )
    execute("CREATE TABLE fresh AS SELECT c.rid, w.* FROM whole w JOIN changed c USING (id)")
    execute("DROP TABLE whole")


def renew(run: Run) -> None:
    """Look for pairs and score them; `scored_now` and its like show what the file will have after `commit`.

    The tables there: `fresh`, the rows that differ as the file has them; `gone`; `moved`, the numbers of both.
    """
    _key(run)
    _pair(run)
    if run.database.execute("SELECT count(*) FROM pair").fetchall()[0][0]:
        run.weigh(run.model.thresholds.review)
        run.database.execute(f"CREATE TABLE scored AS {keeping.scored(run)}")
    else:
        run.database.execute("CREATE TABLE scored AS SELECT * FROM state.scored LIMIT 0")
    execute = run.database.execute
    execute(
        "CREATE TABLE scored_before AS SELECT * FROM state.scored WHERE low IN (SELECT rid FROM paired) "
        "OR high IN (SELECT rid FROM paired)"
    )
    execute(
        "CREATE TABLE differing_pair AS (FROM scored EXCEPT FROM scored_before) "
        "UNION ALL (FROM scored_before EXCEPT FROM scored)"
    )
    execute(
        "CREATE TABLE touched AS SELECT rid FROM changed UNION SELECT low FROM differing_pair "
        "UNION SELECT high FROM differing_pair"
    )
    keeping.show(
        run,
        "scored_now",
        "SELECT * FROM state.scored WHERE low NOT IN (SELECT rid FROM paired) "
        "AND high NOT IN (SELECT rid FROM paired) UNION ALL BY NAME SELECT * FROM scored",
    )
    keeping.show(
        run,
        "named_now",
        "SELECT rid, id FROM state.mention ANTI JOIN moved USING (rid) UNION ALL SELECT rid, id FROM fresh",
    )
    for number in range(len(run.model.block)):
        keeping.show(
            run,
            f"block_now_{number}",
            f"SELECT * FROM state.block_{number} ANTI JOIN shared_{number} USING (world, key) "  # noqa: S608
            f"UNION ALL BY NAME SELECT * FROM block_{number}",
        )


def _key(run: Run) -> None:
    """Note the keys of fresh rows, what becomes of the blocks they share, and `paired`: rows whose pairs are anew.

    A key that too many share now, or no longer, lets go or lets in pairs of rows that are as they were.
    """
    execute = run.database.execute
    execute("CREATE TABLE paired AS FROM moved")
    for number, rule in enumerate(run.model.block):
        with run.applying(rule):
            run.key(rule, "fresh", f"fresh_{number}")
            execute(
                f"CREATE VIEW after_{number} AS SELECT * FROM state.keyed_{number} ANTI JOIN moved USING (rid) "  # noqa: S608
                f"UNION ALL SELECT * FROM fresh_{number}"
            )
            execute(
                f"CREATE TABLE shared_{number} AS SELECT world, key FROM state.keyed_{number} "  # noqa: S608
                f"SEMI JOIN moved USING (rid) UNION SELECT world, key FROM fresh_{number}"
            )
            execute(
                f"CREATE VIEW key_{number} AS SELECT * FROM after_{number} "  # noqa: S608
                f"SEMI JOIN shared_{number} USING (world, key)"
            )
            execute(f"CREATE TABLE block_{number} AS {run.blocks(f'key_{number}')}")
            execute(
                f"INSERT INTO paired SELECT DISTINCT a.rid FROM after_{number} a SEMI JOIN ("  # noqa: S608
                f"SELECT world, key FROM shared_{number} LEFT JOIN state.block_{number} b USING (world, key) "
                f"LEFT JOIN block_{number} n USING (world, key) "
                f"WHERE (coalesce(b.n, 0) > {rule.cap}) <> (coalesce(n.n, 0) > {rule.cap})) USING (world, key) "
                "ANTI JOIN paired USING (rid)"
            )


def _pair(run: Run) -> None:
    """Make `pair` of the pairs with a row of `paired`, and `mention` of the rows that they are of."""
    execute = run.database.execute
    for number, rule in enumerate(run.model.block):
        execute(
            f"CREATE TABLE meeting_{number} AS SELECT a.* FROM after_{number} a SEMI JOIN (SELECT world, key FROM "  # noqa: S608
            f"(SELECT DISTINCT world, key FROM after_{number} SEMI JOIN paired USING (rid)) SEMI JOIN (SELECT * FROM "
            f"(SELECT world, key, n FROM state.block_{number} ANTI JOIN shared_{number} USING (world, key) UNION ALL "
            f"SELECT world, key, n FROM block_{number}) WHERE n <= {rule.cap}) USING (world, key)) USING (world, key)"
        )
        execute(
            f"CREATE TABLE near_{number} AS SELECT DISTINCT least(l.rid, r.rid) AS low, "  # noqa: S608
            f"greatest(l.rid, r.rid) AS high FROM (SELECT * FROM meeting_{number} SEMI JOIN paired USING (rid)) l "
            f"JOIN meeting_{number} r ON l.key = r.key AND l.world = r.world AND l.rid <> r.rid "
            f"AND (l.own OR r.own){run.across}"
        )
    ends = " UNION ".join(
        f"SELECT {end} AS rid FROM near_{number}"  # noqa: S608
        for number in range(len(run.model.block))
        for end in ("low", "high")
    )
    execute(f"CREATE TABLE compared AS {ends}")
    execute(
        "CREATE TABLE mention AS SELECT row_number() OVER (ORDER BY id) - 1 AS rid, * FROM ("
        "SELECT rid AS origin, * EXCLUDE (rid) FROM fresh SEMI JOIN compared USING (rid) UNION ALL BY NAME "
        "SELECT rid AS origin, * EXCLUDE (rid) FROM state.mention SEMI JOIN compared USING (rid) "
        "ANTI JOIN moved USING (rid))"
    )
    execute(PAIR)
    for number, rule in enumerate(run.model.block):
        with run.applying(rule):
            execute(
                "CREATE OR REPLACE TABLE found AS SELECT least(l.rid, r.rid) AS join_key_l, "  # noqa: S608
                f"greatest(l.rid, r.rid) AS join_key_r FROM near_{number} n "
                "JOIN mention l ON l.origin = n.low JOIN mention r ON r.origin = n.high"
            )
            run.pair_up(number, rule)


def commit(run: Run) -> None:
    """Change the attached file, within a transaction: rows, keys, blocks and pairs of this night for the last's."""
    execute = run.database.execute
    execute("DELETE FROM state.mention WHERE rid IN (SELECT rid FROM moved)")
    execute("INSERT INTO state.mention BY NAME SELECT * FROM fresh")
    for number in range(len(run.model.block)):
        execute(f"DELETE FROM state.keyed_{number} WHERE rid IN (SELECT rid FROM moved)")  # noqa: S608
        execute(f"INSERT INTO state.keyed_{number} BY NAME SELECT * FROM fresh_{number}")  # noqa: S608
        execute(
            f"DELETE FROM state.block_{number} b USING shared_{number} s "  # noqa: S608
            "WHERE s.world = b.world AND s.key = b.key"
        )
        execute(f"INSERT INTO state.block_{number} BY NAME SELECT * FROM block_{number}")  # noqa: S608
    execute(
        "DELETE FROM state.scored WHERE low IN (SELECT rid FROM paired) OR high IN (SELECT rid FROM paired)"
    )
    execute("INSERT INTO state.scored BY NAME SELECT * FROM scored")
