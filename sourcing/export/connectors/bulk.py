"""Salesforce's bulk jobs: a file of rows handed in, worked off there in its own time, and its results read back.

Source: https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html (Bulk API 2.0), read
    2026-11-24
Sends: a job, its CSV, that it is complete; reads its state and its successful and failed rows
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from sourcing.export.connectors.base import FAILED, GONE, OK, Parcel, Result
from sourcing.export.mapping import Value
from sourcing.export.wire import CSV, Expect, Unsure, Wire, identifier, sentence, table

_JOBS: Final = "/services/data/v62.0/jobs/ingest"
_NULL: Final = "#N/A"  # an empty cell changes nothing
FILE_MAX_BYTES: Final = 6 * 1024 * 1024
"""Of one job's rows: its results repeat them, and an answer of ours is 8 MB at most."""
_WAITS_S: Final = (2.0, 4.0, 8.0, *[15.0] * 40)
"""How long a job is looked at again: ten minutes in all. Then its rows are unsure, and sent again by their key."""
_OVER: Final = frozenset({"JobComplete", "Failed", "Aborted"})


class Jobs:
    """The jobs of one organisation. key: the field by which it knows a lead. deleted: codes of rows that are gone."""

    def __init__(
        self, wire: Wire, sleep: Callable[[float], None], *, key: str, deleted: frozenset[str]
    ) -> None:
        self._wire, self._sleep, self._key, self._deleted = wire, sleep, key, deleted

    def push(self, parcels: Sequence[Parcel]) -> Iterator[Result]:
        """Yield what became of each lead that was spoken of: rows a failed job did not come to are in no result.

        All of them are known there, or none is. Raises as `Connector.push`.
        """
        for some in _cut(parcels, self._key):
            yield from self._one(some, is_known=some[0].external_id is not None)

    def _one(self, parcels: Sequence[Parcel], *, is_known: bool) -> Iterator[Result]:
        job: dict[str, Any] = {"object": "Lead", "contentType": "CSV", "lineEnding": "LF"}
        how = (
            {"operation": "update"} if is_known else {"operation": "upsert", "externalIdFieldName": self._key}
        )
        made = self._wire.ask("POST", _JOBS, job | how)
        path = f"{_JOBS}/{quote(identifier(made.body, 'a job'), safe='')}"
        self._wire.ask("PUT", f"{path}/batches", raw=_rows(parcels, self._key), kind=CSV, expect=Expect.ANY)
        self._wire.ask("PATCH", path, {"state": "UploadComplete"})
        self._wait(path)
        for row in self._results(f"{path}/successfulResults/"):
            if row.get("sf__Id"):
                yield Result(person=row[self._key], state=OK, external_id=row["sf__Id"])
        for row in self._results(f"{path}/failedResults/"):
            said = row.get("sf__Error") or "no reason"
            is_gone = is_known and any(code in said for code in self._deleted)
            yield Result(person=row[self._key], state=GONE if is_gone else FAILED, said=sentence(said))

    def _wait(self, path: str) -> None:
        """Wait for a job to end, well or not. Raises Unsure if it does not while we wait."""
        for wait_s in _WAITS_S:
            state = str(table(self._wire.ask("GET", path).body, "a job").get("state"))
            if state in _OVER:
                return
            self._sleep(wait_s)
        raise Unsure("the job is still at work there")

    def _results(self, path: str) -> list[dict[str, str]]:
        text = self._wire.ask("GET", path, expect=Expect.CSV).body
        return [row for row in csv.DictReader(io.StringIO(text, newline="")) if row.get(self._key)]


def _cut(parcels: Sequence[Parcel], key: str) -> Iterator[list[Parcel]]:
    """Yield parcels as jobs, none with a larger file than is taken."""
    some: list[Parcel] = []
    size = 0
    for one in parcels:
        weight = sum(len(str(value).encode()) + 3 for value in _row(one, key).values())
        if some and size + weight > FILE_MAX_BYTES:
            yield some
            some, size = [], 0
        some.append(one)
        size += weight
    if some:
        yield some


def _rows(parcels: Sequence[Parcel], key: str) -> bytes:
    """Return leads as CSV: all columns that any of them has; what one has not stays as it is there."""
    rows = [_row(one, key) for one in parcels]
    text = io.StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _row(parcel: Parcel, key: str) -> Mapping[str, Value]:
    bound = {"Id": parcel.external_id} if parcel.external_id is not None else {}
    cleared = _NULL if parcel.external_id is not None else ""
    fields = {name: cleared if value is None else value for name, value in parcel.fields.items()}
    return {**bound, key: parcel.person, **fields}
