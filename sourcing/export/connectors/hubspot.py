"""HubSpot contacts, a hundred at a time, known by the property `sourcer_key`. Contract-tested, never run against it.

Source: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/batch/upsert-contacts, read 2026-11-24
Sends: batch/upsert for new contacts, batch/update for known ones, gdpr-delete; reads batch/read
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sourcing.export.connectors.base import FAILED, GONE, OK, Became, Line, Parcel, Result
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.mapping import Value
from sourcing.export.wire import Refused, Wire, bearer, listed, sentence, table
from storage.recalls import ERASED, Recall

_CONTACTS: Final = "/crm/v3/objects/contacts"
_KEY: Final = "sourcer_key"
_NOT_FOUND: Final = 404
_MISSING: Final = "OBJECT_NOT_FOUND"
_READ: Final = ("hs_lead_status", "lifecyclestage", "hs_email_optout")
_OUTCOMES: Final = {"customer": "hired", "hired": "hired", "unqualified": "rejected", "rejected": "rejected"}


class HubSpot:
    """The contacts of one portal."""

    batch_max = 100
    bulk_above: int | None = None
    bytes_max: int | None = None
    is_keyed = True

    def __init__(self, fields: Fields, wire: Wire) -> None:
        self.fields, self._wire = fields, wire

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make or change contacts; all of a batch are new, or all are known."""
        known = [one for one in parcels if one.external_id is not None]
        what = "update" if known else "upsert"
        inputs = [_input(one) for one in parcels]
        reply = self._wire.ask("POST", f"{_CONTACTS}/batch/{what}", {"inputs": inputs})
        body = table(reply.body, "a batch")
        by_id = {one.external_id: one.person for one in known}
        results: list[Result] = []
        for one in listed(body.get("results", []), "results"):
            person = one.get("objectWriteTraceId") or by_id.get(str(one.get("id")))
            if person is not None and one.get("id") is not None:  # a contact without an id is unsure
                results.append(Result(person=str(person), state=OK, external_id=str(one["id"])))
        for error in listed(body.get("errors", []), "errors"):
            results += _refused(error, by_id)
        return results

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the id of the contact that bears a lead's key."""
        found = self._read([person], id_property=_KEY)
        return str(found[0]["id"]) if found else None

    def is_gone(self, error: Refused) -> bool:
        """Return whether there is no such contact."""
        return error.status == _NOT_FOUND

    def withdraw(self, owed: Recall) -> str:
        """Erase a contact for good, or set `sourcer_dnc`, which is never unset from here."""
        if owed.event == ERASED:
            reply = self._wire.ask("POST", f"{_CONTACTS}/gdpr-delete", {"objectId": owed.external_id})
            _require_done(reply.body)
            return "erased there"
        flagged = {"id": owed.external_id, "properties": {"sourcer_dnc": "true"}}
        _require_done(self._wire.ask("POST", f"{_CONTACTS}/batch/update", {"inputs": [flagged]}).body)
        return "marked there as not to be contacted"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Archive a contact: HubSpot can restore it for 90 days."""
        self._wire.ask("DELETE", f"{_CONTACTS}/{external_id}")
        return "archived there"

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield the lead status of contacts, and who wants no more mail."""
        for at in range(0, len(ids), self.batch_max):
            for one in self._read(ids[at : at + self.batch_max]):
                said = table(one.get("properties"), "properties")
                status = said.get("hs_lead_status") or said.get("lifecyclestage")
                yield Became(
                    external_id=str(one["id"]),
                    stage=sentence(status) if status else None,
                    outcome=_OUTCOMES.get(str(status).lower(), "open"),
                    opted_out=str(said.get("hs_email_optout")).lower() == "true",
                )

    def check(self) -> str:
        """Return that the token may read contacts."""
        self._wire.ask("GET", f"{_CONTACTS}?limit=1&properties={_KEY}")
        return "the token may read contacts"

    def _read(self, ids: Sequence[str], id_property: str | None = None) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"inputs": [{"id": one} for one in ids], "properties": [_KEY, *_READ]}
        if id_property is not None:
            asked["idProperty"] = id_property
        body = table(self._wire.ask("POST", f"{_CONTACTS}/batch/read", asked).body, "a batch")
        return [one for one in listed(body.get("results", []), "results") if one.get("id") is not None]


def _input(parcel: Parcel) -> dict[str, Any]:
    properties = {name: _text(value) for name, value in parcel.fields.items()}
    if parcel.external_id is not None:
        return {"id": parcel.external_id, "objectWriteTraceId": parcel.person, "properties": properties}
    return {
        "id": parcel.person,
        "idProperty": _KEY,
        "objectWriteTraceId": parcel.person,
        "properties": {_KEY: parcel.person, **properties},
    }


def _text(value: Value) -> str:
    """Return a value as properties have it; an empty text clears one."""
    return "" if value is None else str(value)


def _require_done(body: Any) -> None:
    """Raise Refused if an answer that is not empty speaks of errors."""
    errors = listed(table(body, "a batch").get("errors", []), "errors") if body is not None else []
    for error in errors:
        is_gone = error.get("category") == _MISSING
        raise Refused(sentence(error.get("message", "no reason")), status=_NOT_FOUND if is_gone else 0)


def _refused(error: dict[str, Any], by_id: dict[str | None, str]) -> Iterator[Result]:
    """Yield what an error of a batch says, of each contact it speaks of."""
    context = error.get("context")
    context = context if isinstance(context, dict) else {}
    named = [str(one) for one in context.get("objectWriteTraceId") or ()]
    named += [by_id[str(one)] for one in context.get("ids") or () if str(one) in by_id]
    if not named:
        raise Refused(sentence(error.get("message", "part of the batch was refused")))
    is_gone = error.get("category") == _MISSING
    for person in dict.fromkeys(named):
        yield Result(person=person, state=GONE if is_gone else FAILED, said=sentence(error.get("message")))


def open_(line: Line) -> HubSpot:
    """Return the connector."""
    return HubSpot(line.fields, Wire(line.door, line.fields.url, bearer(line.secret), sleep=line.sleep))
