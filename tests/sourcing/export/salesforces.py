"""An invented Salesforce: leads by key and by id, two hundred a call, and bulk jobs."""

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from wired import Asked, Granting, Said

from sourcing.export.mapping import Mapping


@dataclass(kw_only=True)
class Job:
    """A bulk job: its rows, and what was said of each."""

    by_key: bool
    state: str = "Open"
    rows: list[dict[str, str]] = field(default_factory=list)
    said: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def take(self, row: dict[str, str], answer: dict[str, Any]) -> None:
        self.said.append((row, answer))

    def results(self, *, failed: bool) -> bytes:
        """The rows that went well, or not, in no order, with what was sent of each."""
        text = io.StringIO(newline="")
        first = "sf__Error" if failed else "sf__Created"
        writer = csv.DictWriter(text, ["sf__Id", first, *self.rows[0]], lineterminator="\n")
        writer.writeheader()
        for row, answer in reversed(self.said):
            if answer["success"] is not failed:
                errors = [f"{one['statusCode']}:{one['message']}:--" for one in answer.get("errors", ())]
                writer.writerow({"sf__Id": answer.get("id", ""), first: "".join(errors) or "true", **row})
        return text.getvalue().encode()


class Salesforce(Granting):
    hosts = ("orbit.my.salesforce.com",)
    grants = "/services/oauth2/token"
    reads = ("/services/oauth2/token",)

    def __init__(self, fields: Mapping) -> None:
        self.jobs: dict[str, Job] = {}
        super().__init__(fields)

    def done(self, asked: Asked) -> Any:
        if "/jobs/ingest" in asked.path:
            return self._job(asked, *asked.path.partition("/jobs/ingest")[2].strip("/").split("/"))
        if asked.method == "DELETE":
            if self.records.pop(asked.query["ids"], None) is None:
                return [
                    {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "gone"}]}
                ]
            return [{"id": asked.query["ids"], "success": True, "errors": []}]
        if asked.method == "GET" and "/Sourcer_Key__c/" in asked.path:
            number = next((n for n, one in self.records.items() if asked.path.endswith(f"/{one.key}")), None)
            if number is None:
                raise Said(404, [{"errorCode": "NOT_FOUND", "message": "no such lead"}])
            return {"Id": number}
        if asked.method == "GET":
            return [self._shown(one) for one in asked.query.get("ids", "").split(",") if one in self.records]
        records = asked.json["records"]
        assert asked.method == "PATCH" and asked.json["allOrNone"] is False and 1 <= len(records) <= 200
        if self.is_bad(records, "REFUSE"):
            raise Said(400, [{"errorCode": "JSON_PARSER_ERROR", "message": "cannot be read"}])
        return [self._row(dict(one), by_key=asked.path.endswith("Sourcer_Key__c")) for one in records]

    def _row(self, one: dict[str, Any], *, by_key: bool) -> dict[str, Any]:
        assert one.pop("attributes") == {"type": "Lead"}
        if "HasOptedOutOfEmail" in one and one["id"] not in self.records:
            return {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "deleted"}]}
        if "HasOptedOutOfEmail" in one:
            self.records[one["id"]].flags.add("dnc")
            return {"id": one["id"], "success": True, "errors": []}
        if self.is_bad(one, "INVALID"):
            return {
                "success": False,
                "errors": [{"statusCode": "INVALID_FIELD", "message": "a value is wrong"}],
            }
        known, key = one.pop("id", None), one.pop("Sourcer_Key__c")
        if known is not None and self.moved.get(known, known) not in self.records:
            return {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "deleted"}]}
        assert by_key is (known is None) and (known is not None or one["Company"])
        return {"id": self.put(key, one, known=known), "success": True, "errors": []}

    def _job(self, asked: Asked, name: str, what: str = "") -> Any:
        if not name:
            assert (asked.json["object"], asked.json["contentType"], asked.json["lineEnding"]) == (
                "Lead", "CSV", "LF"
            )  # fmt: skip
            made = Job(by_key=asked.json["operation"] == "upsert")
            assert not made.by_key or asked.json["externalIdFieldName"] == "Sourcer_Key__c"
            self.jobs[f"job-{len(self.jobs)}"] = made
            return {"id": f"job-{len(self.jobs) - 1}", "state": "Open"}
        job = self.jobs[name]
        if what == "batches":
            assert asked.method == "PUT" and asked.headers["content-type"] == "text/csv"
            job.rows = list(csv.DictReader(io.StringIO(asked.body.decode(), newline="")))
        elif asked.method == "PATCH":
            assert asked.json == {"state": "UploadComplete"} and job.rows
            for row in job.rows:
                job.take(row, self._taken(dict(row), by_key=job.by_key))
            job.state = "InProgress"
        elif what:
            return job.results(failed=what == "failedResults")
        else:
            state, job.state = job.state, "JobComplete"
            return {"id": name, "state": state}
        return None

    def _taken(self, row: dict[str, str], *, by_key: bool) -> dict[str, Any]:
        """Do with a row of a job what is done with a record: an empty cell is none, #N/A empties a field."""
        known = row.pop("Id", None)
        told = {name: None if value == "#N/A" else value for name, value in row.items() if value}
        bound = {} if known is None else {"id": known}
        return self._row({"attributes": {"type": "Lead"}, **bound, **told}, by_key=by_key)

    def _shown(self, number: str) -> dict[str, Any]:
        flags = self.records[number].flags
        return {
            "Id": number, "Status": "Open", "IsConverted": "hired" in flags,
            "HasOptedOutOfEmail": "optout" in flags, "DoNotCall": False,
        }  # fmt: skip
