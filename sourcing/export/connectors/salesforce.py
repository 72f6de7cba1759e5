"""Salesforce leads, two hundred at a time or all as a job, known by `Sourcer_Key__c`. Contract-tested, never run there.

Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest (composite/sobjects), read 2026-11-24
Sends: an upsert by external id with a result for each row, a delete; reads Status and the opt-outs. Jobs: see `bulk`
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from sourcing.errors import ConfigError
from sourcing.export.connectors.base import FAILED, GONE, OK, UNSURE, Became, Line, Parcel, Result
from sourcing.export.connectors.bulk import Jobs
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.wire import Refused, Reply, Token, Unsure, Wire, identifier, listed, sentence, table
from storage.recalls import ERASED, Recall

_COMPOSITE: Final = "/services/data/v62.0/composite/sobjects"
_LEAD: Final = "/services/data/v62.0/sobjects/Lead"
_KEY: Final = "Sourcer_Key__c"
_NOT_FOUND: Final = 404
_READ: Final = "Id,Status,HasOptedOutOfEmail,DoNotCall,IsConverted"
_DELETED: Final = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
_OUTCOMES: Final = {"hired": "hired", "closed - converted": "hired", "closed - not converted": "rejected"}


class Salesforce:
    """The leads of one organisation."""

    batch_max = 200
    bulk_above: int | None = 2_000
    bytes_max: int | None = None
    is_keyed = True

    def __init__(self, fields: Fields, wire: Wire, jobs: Jobs) -> None:
        self.fields, self._wire, self._jobs = fields, wire, jobs

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make leads by their key, or change them by their id; each row stands or falls alone. Many go as a job."""
        if len(parcels) > self.batch_max:
            return list(self._jobs.push(parcels))
        known = parcels[0].external_id is not None
        records = [_record(one) for one in parcels]
        path = _COMPOSITE if known else f"{_COMPOSITE}/Lead/{_KEY}"
        reply = self._wire.ask("PATCH", path, {"allOrNone": False, "records": records})
        answers = listed(reply.body, "results")
        return [
            _result(one, said, is_known=known) for one, said in zip(parcels, answers, strict=False)
        ]  # a row without an answer is unsure

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the id of the lead that bears a key."""
        try:
            reply = self._wire.ask("GET", f"{_LEAD}/{_KEY}/{quote(person, safe='')}?fields=Id")
        except Refused as error:
            if self.is_gone(error):
                return None
            raise
        return identifier({"id": table(reply.body, "a lead").get("Id")}, "a lead")

    def is_gone(self, error: Refused) -> bool:
        """Return whether there is no such lead."""
        return error.status == _NOT_FOUND

    def withdraw(self, owed: Recall) -> str:
        """Delete a lead, or set the two flags by which Salesforce itself stops calls and mail."""
        if owed.event == ERASED:
            return self._deleted(str(owed.external_id))
        flags = {
            "attributes": {"type": "Lead"},
            "id": owed.external_id,
            "HasOptedOutOfEmail": True,
            "DoNotCall": True,
        }
        _require_done(self._wire.ask("PATCH", _COMPOSITE, {"allOrNone": False, "records": [flags]}))
        return "marked there as not to be contacted"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Delete a lead: Salesforce keeps it in its recycle bin for 15 days."""
        return self._deleted(external_id)

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield the status of leads, and who opted out there."""
        for at in range(0, len(ids), self.batch_max):
            asked = urlencode({"ids": ",".join(ids[at : at + self.batch_max]), "fields": _READ})
            for one in listed(self._wire.ask("GET", f"{_COMPOSITE}/Lead?{asked}").body, "leads"):
                status = str(one.get("Status") or "")
                yield Became(
                    external_id=str(one["Id"]),
                    stage=sentence(status) or None,
                    outcome="hired"
                    if one.get("IsConverted") is True
                    else _OUTCOMES.get(status.lower(), "open"),
                    opted_out=one.get("HasOptedOutOfEmail") is True or one.get("DoNotCall") is True,
                )

    def check(self) -> str:
        """Return that the credentials may see leads."""
        self._wire.ask("GET", f"{_LEAD}/describe")
        return "the credentials may read leads"

    def _deleted(self, external_id: str) -> str:
        _require_done(self._wire.ask("DELETE", f"{_COMPOSITE}?{urlencode({'ids': external_id})}"))
        return "deleted there"


def _record(parcel: Parcel) -> dict[str, Any]:
    fields = {name: value for name, value in parcel.fields.items() if name != _KEY}
    bound = {"id": parcel.external_id} if parcel.external_id is not None else {}
    return {"attributes": {"type": "Lead"}, **bound, _KEY: parcel.person, **fields}


def _result(parcel: Parcel, said: dict[str, Any], *, is_known: bool) -> Result:
    if said.get("success") is True:
        if said.get("id") is None:
            return Result(person=parcel.person, state=UNSURE, said="answered a lead without an id")
        return Result(person=parcel.person, state=OK, external_id=str(said["id"]))
    no = _refused(said)
    is_gone = is_known and no.status == _NOT_FOUND
    return Result(person=parcel.person, state=GONE if is_gone else FAILED, said=str(no))


def _require_done(reply: Reply) -> None:
    """Raise Refused unless every row of an answer says that it succeeded, Unsure if there is none."""
    answers = listed(reply.body, "results")
    if not answers:
        raise Unsure("answered without saying whether it succeeded")
    for said in answers:
        if said.get("success") is not True:
            raise _refused(said)


def _refused(said: dict[str, Any]) -> Refused:
    """Return the no in a row of an answer, with the status that such a no has where it comes alone."""
    errors = listed(said.get("errors", []), "errors")
    text = sentence("; ".join(str(one.get("message", "no reason")) for one in errors) or "no reason")
    is_gone = any(one.get("statusCode") in _DELETED for one in errors)
    return Refused(text, status=_NOT_FOUND if is_gone else 0)


def open_(line: Line) -> Salesforce:
    """Return the connector. Raises ConfigError without an address."""
    url = line.fields.url
    if not url:
        raise ConfigError("no address: set `url` in connectors/salesforce.toml of your config_dir", key="url")
    token = Token(line.door, url + "/services/oauth2/token", line.secret, sleep=line.sleep)
    wire = Wire(line.door, url, token, sleep=line.sleep)
    return Salesforce(line.fields, wire, Jobs(wire, line.sleep, key=_KEY, deleted=_DELETED))
