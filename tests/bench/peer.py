"""The yardstick: the same file resolved by Splink alone, as its own tutorial would have it.

Columns in SQL, every pair of one full name, four comparisons with made-up weights, clusters by probability. It asks
nobody, explains nothing and contradicts nothing; it is here for what it costs.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any, Final

_COLUMNS: Final = """
    SELECT row_number() OVER () AS rid, record_id, name_key, coauthors AS co, affiliation,
        year(first_seen::DATE) AS year, list_filter(string_split(lower(titles[1]), ' '), lambda x: len(x) > 3) AS topic
    FROM (SELECT *, list_sort(string_split(lower(name), ' ')).array_to_string(' ') AS name_key
        FROM read_json($path, format = 'newline_delimited'))
"""


def main(source: str, out: str) -> None:
    """Write (record, cluster) as JSON Lines and print how many pairs were compared."""
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    base = duckdb.connect(":memory:")
    base.execute("SET memory_limit = '4GB'; SET threads = 2; SET preserve_insertion_order = false")
    base.execute(f"CREATE TABLE byline AS {_COLUMNS}", {"path": source})
    api = DuckDBAPI(connection=base)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rid",
        probability_two_random_records_match=0.3,
        blocking_rules_to_generate_predictions=[block_on("name_key")],
        comparisons=[
            _shared("co", ((3, 12.0), (2, 8.0), (1, 4.0))),
            _shared("topic", ((4, 3.0), (2, 1.0), (1, 0.2))),
            _levels(
                "affiliation",
                ("affiliation_l IS NULL OR affiliation_r IS NULL", 0.0),
                ("affiliation_l = affiliation_r", 5.0),
            ),
            _levels("year", ("abs(year_l - year_r) <= 1", 0.5), ("abs(year_l - year_r) <= 3", 0.0)),
        ],
    )
    linker = Linker(api.register("byline"), settings, log_level=None, validate_settings=False)
    scored = linker.inference.predict(threshold_match_probability=0.5, warning_mode="never")
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(
        scored, threshold_match_probability=0.93
    )
    base.execute(
        f"COPY (SELECT b.record_id, c.cluster_id AS cluster FROM {found.physical_name} c JOIN byline b USING (rid) "
        f"ORDER BY 1) TO '{out}' (FORMAT json)"
    )
    pairs = base.execute(
        "SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM byline GROUP BY name_key)"
    ).fetchall()[0][0]
    print(json.dumps({"pairs": int(pairs)}))


def _shared(column: str, steps: tuple[tuple[int, float], ...]) -> dict[str, Any]:
    shared = f"len(list_intersect({column}_l, {column}_r))"
    return _levels(column, *((f"{shared} >= {least}", bits) for least, bits in steps))


def _levels(column: str, *steps: tuple[str, float]) -> dict[str, Any]:
    odds = [
        {
            "sql_condition": sql,
            "label_for_charts": sql,
            "m_probability": 0.5,
            "u_probability": 0.5 * 2.0**-bits,
        }
        for sql, bits in (*steps, ("ELSE", -2.0))
    ]
    for one in odds[-1:]:
        one |= {"m_probability": 0.125, "u_probability": 0.5}
    return {"output_column_name": column, "comparison_levels": odds}


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), str(Path(sys.argv[2]).resolve()))
