"""Six invented systems over real HTTP on loopback, each as strict as PRODUCT §6.4 asks.

A record is refused if a text in it has REFUSE (with its whole message, where one has many) or INVALID (alone), unless
`is_lenient`. `faults`: what happens to the next writes, in order. `answers`: what the next writes are told instead of
being done. `log`: every request that came.
"""

import base64
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import Loopback

from sourcing.export.connectors.webhook import key_of, signature
from sourcing.export.mapping import Mapping

CLOCK = "Sun, 22 Nov 2026 02:17:00 GMT"
LATER = "Sun, 22 Nov 2026 02:17:09 GMT"
HTML = b"<html><body>Just a moment</body></html>"


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any = None
    is_write: bool = False


@dataclass(kw_only=True)
class Record:
    """What a system holds: who it is by our key, and the values of its fields."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


class Said(Exception):
    """An answer that ends a request. status, body."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body


class System(Loopback):
    """One system. fields: the mapping it is configured with. secret: what callers must show."""

    secret = "s3cr3t-of-tests-0123456789abcdef"
    hosts: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()  # beginnings of paths that are asked, not written, by POST

    def __init__(self, fields: Mapping) -> None:
        self.fields, self.log, self.faults = fields, list[Asked](), list[str]()
        self.answers: list[tuple[int, Any]] = []
        self.records: dict[str, Record] = {}
        self.moved: dict[str, str] = {}
        self.is_lenient = False
        super().__init__()

    @property
    def writes(self) -> list[Asked]:
        return [one for one in self.log if one.is_write]

    @property
    def keys(self) -> list[str]:
        return sorted(one.key for one in self.records.values())

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> None:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        is_write = method != "GET" and not any(parts.path.startswith(one) for one in self.reads)
        is_json = headers.get("content-type") == "application/json"
        asked = Asked(
            method=method, path=parts.path, query=query, headers=headers, body=body,
            json=json.loads(body) if is_json and body else None, is_write=is_write,
        )  # fmt: skip
        self.log.append(asked)
        fault = self.faults.pop(0) if is_write and self.faults else None
        before = {
            "429s": (429, {"Retry-After": "7"}),
            "429d": (429, {"Retry-After": LATER}),
            "500": (500, {}),
            "400": (400, {}),
        }
        if fault in before:
            status, more = before[fault]
            to.sendall(said(status, b"{}", Date=CLOCK, **more))
            return
        if is_write and self.answers:
            status, content = self.answers.pop(0)
            to.sendall(said(status, json.dumps(content).encode()))
            return
        try:
            status, content = (200, self.act(asked)) if self.knows(asked) else (401, {"message": "who?"})
        except Said as error:
            status, content = error.status, error.body
        if fault == "after":  # done, and the answer never comes
            return
        if fault == "no id":
            to.sendall(said(200, json.dumps(without_ids(content)).encode()))
            return
        if fault == "html":
            to.sendall(said(200, HTML, Content_Type="text/html"))
            return
        to.sendall(said(status, b"" if content is None else json.dumps(content).encode()))

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.secret}"

    def is_bad(self, value: Any, word: str) -> bool:
        return not self.is_lenient and word in texts(value)

    def act(self, asked: Asked) -> Any:
        raise NotImplementedError

    def put(self, key: str, values: dict[str, Any], known: str | None = None) -> str:
        """Make a record, or change one; only fields of the mapping may be in it."""
        strange = set(values) - set(self.fields.fields)
        assert not strange, f"fields nobody configured: {strange}"
        if known is None:
            known = next((name for name, one in self.records.items() if one.key == key), None)
        number = self.moved.get(known, known) if known is not None else str(len(self.records) + 1001)
        one = self.records.setdefault(number, Record(key=key))
        one.key = key or one.key
        one.values |= values
        return number

    def id_of(self, key: str) -> str:
        return next(number for number, one in self.records.items() if one.key == key)

    def merge(self, key: str) -> str:
        """A recruiter merges a record into another one: it has another id from now on."""
        old, new = self.id_of(key), f"9{self.id_of(key)}"
        self.records[new] = self.records.pop(old)
        self.moved[old] = new
        return new


def said(status: int, body: bytes, **headers: str) -> bytes:
    kept = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    kept |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in kept.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items() if name != "id"}
    return value


def texts(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class Receiver(System):
    """The receiving end of webhooks: checks the signature, knows a message it has seen, keeps leads by key."""

    secret = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
    hosts = ("hooks.example.org",)

    def __init__(self, fields: Mapping) -> None:
        self.seen: set[str] = set()
        super().__init__(fields)

    def knows(self, asked: Asked) -> bool:
        one, at = asked.headers.get("webhook-id", ""), asked.headers.get("webhook-timestamp", "")
        return asked.headers.get("webhook-signature") == signature(key_of(self.secret), one, at, asked.body)

    def act(self, asked: Asked) -> Any:
        assert len(asked.body) <= 256 * 1024
        if asked.headers["webhook-id"] in self.seen:
            return None
        if self.is_bad(asked.json, "REFUSE") or self.is_bad(asked.json, "INVALID"):
            raise Said(422, {"message": "a lead cannot be taken"})
        data = asked.json["data"]
        if asked.json["type"] == "lead.upserted":
            assert 1 <= len(data["leads"]) <= 100
            for lead in data["leads"]:
                number = next((n for n, one in self.records.items() if one.key == lead["lead_key"]), None)
                self.records[number or str(len(self.records) + 1)] = Record(key=lead["lead_key"], values=lead)
        else:
            if data["lead_key"] not in self.keys:
                return None
            number = self.id_of(data["lead_key"])
            if asked.json["type"] == "lead.erased":
                del self.records[number]
            else:
                self.records[number].flags.add("dnc")
        self.seen.add(asked.headers["webhook-id"])
        return None


class HubSpot(System):
    hosts = ("api.hubapi.com",)
    reads = ("/crm/v3/objects/contacts/batch/read",)

    def act(self, asked: Asked) -> Any:
        what = asked.path.removeprefix("/crm/v3/objects/contacts").strip("/")
        if what == "gdpr-delete":
            if self.records.pop(asked.json["objectId"], None) is None:
                raise Said(404, {"status": "error", "message": "no such contact"})
            return None
        if asked.method == "GET":
            return {"results": []}
        inputs = asked.json["inputs"]
        assert 1 <= len(inputs) <= 100
        if what == "batch/read":
            key = asked.json.get("idProperty") == "sourcer_key"
            return {"results": [self._shown(n) for one in inputs for n in self._numbers(one["id"], key)]}
        if self.is_bad(inputs, "REFUSE"):
            raise Said(
                400, {"status": "error", "message": "Invalid input JSON", "category": "VALIDATION_ERROR"}
            )
        results, errors = [], []
        for one in inputs:
            trace = {"objectWriteTraceId": [one.get("objectWriteTraceId")]}
            properties = dict(one["properties"])
            if self.is_bad(properties, "INVALID"):
                errors.append(
                    {"category": "VALIDATION_ERROR", "message": "a value is wrong", "context": trace}
                )
                continue
            if what == "batch/upsert":
                assert one["idProperty"] == "sourcer_key" and properties.pop("sourcer_key") == one["id"]
                number = self.put(one["id"], properties)
            elif self.moved.get(one["id"], one["id"]) not in self.records:
                errors.append(
                    {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": [one["id"]]}}
                )
                continue
            elif "sourcer_dnc" in properties:
                number = self.moved.get(one["id"], one["id"])
                self.records[number].flags.add("dnc")
            else:
                number = self.put("", properties, known=one["id"])
            results.append(
                {"id": number, "objectWriteTraceId": one.get("objectWriteTraceId"), "properties": {}}
            )
        body = {"status": "COMPLETE", "results": results}
        if errors:
            raise Said(207, {**body, "numErrors": len(errors), "errors": errors})
        return body

    def _numbers(self, one: str, key: bool) -> list[str]:
        found = [number for number, record in self.records.items() if record.key == one]
        return found if key else [one] if one in self.records else []

    def _shown(self, number: str) -> dict[str, Any]:
        one = self.records[number]
        status = "HIRED" if "hired" in one.flags else "OPEN"
        return {
            "id": number,
            "properties": {"hs_lead_status": status, "hs_email_optout": str("optout" in one.flags).lower()},
        }


class Ashby(System):
    hosts = ("api.ashbyhq.com",)
    reads = ("/candidate.search", "/candidate.info", "/apiKey.info", "/application.list")

    def knows(self, asked: Asked) -> bool:
        pair = base64.b64encode(f"{self.secret}:".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {pair}" and asked.method == "POST"

    def act(self, asked: Asked) -> Any:
        what, told = asked.path.strip("/"), asked.json
        if self.is_bad(told, "REFUSE") or self.is_bad(told, "INVALID"):
            return (
                {"success": False, "errors": ["invalid_input"]} if what != "candidate.search" else _fine([])
            )
        if what == "candidate.search":
            rows = [(n, one) for n, one in self.records.items() if one.values.get("name") == told["name"]]
            return _fine([self._shown(n, one) for n, one in rows])
        if what == "candidate.create":
            assert told.pop("sourceId") == "source-1"
            number = str(len(self.records) + 1001)
            self.records[number] = Record(key="", values=self._plain(told))
            return _fine(self._shown(number, self.records[number]))
        named = next((told[name] for name in ("candidateId", "objectId", "id") if name in told), "")
        number = self.moved.get(named, named)
        if number not in self.records:
            return (
                {"success": False, "errors": ["candidate_not_found"]} if what != "apiKey.info" else _fine({})
            )
        one = self.records[number]
        if what == "candidate.update":
            one.values |= self._plain({name: value for name, value in told.items() if name != "candidateId"})
        elif what == "candidate.createNote":
            one.notes.append(told["note"]["value"])
            one.flags |= {"dnc"} if "Do not contact" in told["note"]["value"] else set()
        elif what == "customField.setValue":
            assert told["fieldId"] in self.fields.options.values() and told["objectType"] == "Candidate"
            one.key = told["fieldValue"] if told["fieldId"] == self.fields.options["custom.key"] else one.key
        elif what == "candidate.anonymize":
            del self.records[number]
            return _fine({})
        elif what == "application.list":
            status = "Hired" if "hired" in one.flags else "Active"
            return _fine(
                [{"status": status, "currentInterviewStage": {"title": "Call"}, "updatedAt": "2026"}]
            )
        return _fine(self._shown(number, one))

    def _plain(self, told: dict[str, Any]) -> dict[str, Any]:
        assert not set(told) - set(self.fields.fields), told
        return told

    def _shown(self, number: str, one: Record) -> dict[str, Any]:
        sites = [one.values[name] for name in ("website", "githubUrl") if one.values.get(name)]
        return {
            "id": number,
            "customFields": [{"id": "f", "value": one.key}] if one.key else [],
            "socialLinks": [{"url": url} for url in sites],
        }


def _fine(results: Any) -> dict[str, Any]:
    return {"success": True, "results": results}


class Granting(System):
    """A system whose tokens are given for client credentials."""

    secret = "client-1:word-of-tests"
    grants = ""
    reads: tuple[str, ...] = ()

    def knows(self, asked: Asked) -> bool:
        if asked.path == self.grants:
            pair = base64.b64encode(self.secret.encode()).decode()
            return asked.headers["authorization"] == f"Basic {pair}" and b"client_credentials" in asked.body
        return asked.headers.get("authorization") == "Bearer token-1"

    def act(self, asked: Asked) -> Any:
        return {"access_token": "token-1"} if asked.path == self.grants else self.done(asked)

    def done(self, asked: Asked) -> Any:
        raise NotImplementedError


class Salesforce(Granting):
    hosts = ("orbit.my.salesforce.com",)
    grants = "/services/oauth2/token"
    reads = ("/services/oauth2/token",)

    def done(self, asked: Asked) -> Any:
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

    def _shown(self, number: str) -> dict[str, Any]:
        flags = self.records[number].flags
        return {
            "Id": number, "Status": "Open", "IsConverted": "hired" in flags,
            "HasOptedOutOfEmail": "optout" in flags, "DoNotCall": False,
        }  # fmt: skip


class Greenhouse(Granting):
    hosts = ("harvest.greenhouse.io", "auth.greenhouse.io")
    grants = "/token"
    reads = ("/token",)

    def done(self, asked: Asked) -> Any:
        if self.is_bad(asked.json, "REFUSE") or self.is_bad(asked.json, "INVALID"):
            raise Said(422, {"message": "a value is wrong"})
        path = asked.path.removeprefix("/v3/")
        if asked.method == "GET" and path == "candidates":
            key = asked.query.get("custom_field_option", ":").partition(":")[2]
            return [self._shown(number) for number, one in self.records.items() if one.key == key]
        if asked.method == "GET":
            flags = self.records[asked.query["candidate_ids"]].flags
            if "entered" not in flags:
                return []
            status = "hired" if "hired" in flags else "active"
            return [{"status": status, "current_stage": {"name": "Call"}, "last_activity_at": "2026"}]
        if path == "candidates":
            return self._shown(self._put(asked.json, str(len(self.records) + 1001)))
        if path == "applications":
            assert asked.json["prospect"] is True and asked.json["prospect_pool_id"] == "pool-1"
            self.records[asked.json["candidate_id"]].flags.add("entered")
            return {"id": "a-1"}
        if path == "notes":
            self.records[asked.json["candidate_id"]].flags.add("dnc")
            return {"id": "n-1"}
        number = path.split("/")[1]
        number = self.moved.get(number, number)
        if number not in self.records:
            raise Said(404, {"message": "no such candidate"})
        if path.endswith("/anonymize"):
            del self.records[number]
            return None
        return self._shown(self._put(asked.json, number))

    def _put(self, told: dict[str, Any], number: str) -> str:
        custom = told.pop("custom_fields")
        one = self.records.setdefault(number, Record(key=custom.pop("sourcer_key")))
        flat = {f"custom.{name}": value for name, value in custom.items()}
        named = {"website_addresses": "website", "social_media_addresses": "social"}
        flat |= {named.get(name, name): value for name, value in told.items()}
        assert not set(flat) - set(self.fields.fields), flat
        one.values |= flat
        return number

    def _shown(self, number: str) -> dict[str, Any]:
        return {"id": number, "custom_fields": {"sourcer_key": self.records[number].key}}


class Lever(System):
    hosts = ("api.lever.co",)

    def knows(self, asked: Asked) -> bool:
        pair = base64.b64encode(f"{self.secret}:".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {pair}"

    def act(self, asked: Asked) -> Any:
        if self.is_bad(asked.json, "REFUSE") or self.is_bad(asked.json, "INVALID"):
            raise Said(400, {"message": "a value is wrong"})
        path = asked.path.removeprefix("/v1/").split("/")
        if asked.method != "GET" and path[0] == "opportunities":
            assert asked.query["perform_as"] == "user-1"
        if path == ["opportunities"] and asked.method == "GET":
            key = asked.query.get("tag", "").removeprefix("sourcer ")
            return {"data": [self._shown(n) for n, one in self.records.items() if one.key == key]}
        if path == ["opportunities"]:
            assert asked.json["origin"] == "sourced"
            (key,) = [
                one.removeprefix("sourcer ") for one in asked.json["tags"] if one.startswith("sourcer ")
            ]
            number = str(len(self.records) + 1001)
            self.records[number] = Record(key=key, values=self._plain(asked.json))
            return {"data": self._shown(number)}
        number = self.moved.get(path[1], path[1]).removeprefix("contact-")
        if number not in self.records:
            raise Said(404, {"message": "no such opportunity"})
        if path[-1] == "notes":
            flag = "erased" if "Erase" in asked.json["value"] else "dnc"
            self.records[number].flags.add(flag)
        elif asked.method != "GET":
            self.records[number].values |= self._plain(asked.json)
        return {"data": self._shown(number)}

    def _plain(self, told: dict[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in told.items() if name in self.fields.fields}
        assert not set(told) - set(values) - {"origin", "sources", "links", "tags"}, told
        return values | {"links": told.get("links"), "tags": told.get("tags")}

    def _shown(self, number: str) -> dict[str, Any]:
        archived = {"reason": "reason-hired", "archivedAt": 1_790_000_000_000}
        return {
            "id": number, "contact": f"contact-{number}", "stage": {"text": "Call"},
            "archived": archived if "hired" in self.records[number].flags else None,
        }  # fmt: skip


SYSTEMS: dict[str, Callable[[Mapping], System]] = {
    "ashby": Ashby,
    "greenhouse": Greenhouse,
    "hubspot": HubSpot,
    "lever": Lever,
    "salesforce": Salesforce,
    "webhook": Receiver,
}
OVERLAYS = {
    "ashby": '[options]\nsourceId = "source-1"\n"custom.key" = "field-1"\n"custom.score" = "field-2"\n',
    "greenhouse": '[options]\nprospect_pool_id = "pool-1"\n',
    "lever": '[options]\nperform_as = "user-1"\nhired_reason = "reason-hired"\n',
    "salesforce": 'url = "https://orbit.my.salesforce.com"\n',
    "webhook": 'url = "https://hooks.example.org/leads"\n',
}
