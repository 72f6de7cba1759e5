"""Six invented systems, each as strict as PRODUCT §6.4 asks: see `wired` for what they share."""

import base64
from collections.abc import Callable
from typing import Any

from salesforces import Salesforce
from wired import Asked, Granting, Record, Said, System

from sourcing.export.connectors.webhook import key_of, signature
from sourcing.export.mapping import Mapping


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
        elif "lead_key" in data:
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
        if asked.method == "DELETE":
            if self.records.pop(what, None) is None:
                raise Said(404, {"status": "error", "message": "no such contact"})
            return None
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
        if path == "notes" and asked.json["candidate_id"] not in self.records:
            raise Said(404, {"message": "no such candidate"})
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
        if path[-1] == "archived":
            assert asked.method == "PUT" and asked.json == {"reason": "reason-undone"}
            del self.records[number]
            return {"data": {"id": number}}
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
    "lever": '[options]\nperform_as = "user-1"\nhired_reason = "reason-hired"\nundone_reason = "reason-undone"\n',
    "salesforce": 'url = "https://orbit.my.salesforce.com"\n',
    "webhook": 'url = "https://hooks.example.org/leads"\n',
}
