"""A ranking reads the files of a snapshot that was built upon another as one table."""

from pathlib import Path

import pyarrow.parquet as pq
from snapshots import World

from sourcing.features import facts
from storage import renewal
from storage.snapshot import SIGNALS


def test_what_changed_is_read_in_the_place_of_what_was(tmp_path: Path) -> None:
    world = World()
    for person in ("p_1", "p_2", "p_3"):
        world.change(person)
    directory = world.write(tmp_path / "snapshot")
    whole = pq.read_table(directory / "signals.parquet").to_pylist()
    gone = dict.fromkeys(SIGNALS.names) | {"signal": whole[0]["signal"]}
    for number, rows in enumerate(([whole[0] | {"note": "x"}, whole[1] | {"note": "y"}], [gone]), start=1):
        table = pq.read_table(directory / "signals.parquet").schema.empty_table()
        pq.write_table(table.from_pylist(rows, schema=table.schema), directory / f"signals-{number}.parquet")
    with facts.snapshot(directory, spill=tmp_path / "spill") as (signals, _):
        found = signals.select("signal", "person", "note").order_by("signal").to_pyarrow().to_pylist()
    stored = renewal.read(directory, "signals").select(["signal", "person", "note"]).to_pylist()
    assert found == sorted(stored, key=lambda row: str(row["signal"]))
    assert [row["signal"] for row in found] == sorted(row["signal"] for row in whole[1:])
    assert "y" in {row["note"] for row in found}
