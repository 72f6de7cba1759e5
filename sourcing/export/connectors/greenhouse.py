"""Greenhouse prospects through Harvest v3, one at a time. Contract-tested, never run against it.

Source: https://harvestdocs.greenhouse.io (Harvest v3: candidates, applications, notes; OAuth client credentials), read
    2026-11-24
Sends: a candidate and their prospect application in a configured pool; reads applications
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from sourcing.export.connectors.base import FAILED, GONE, OK, Became, ByHand, Line, Parcel, Result
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.wire import Refused, Token, Unsure, Wire, identifier, listed, sentence, table
from storage.recalls import ERASED, Recall

_AUTH: Final = "https://auth.greenhouse.io/token"
_KEY: Final = "sourcer_key"
_ADDRESSES: Final = {"website": "website_addresses", "social": "social_media_addresses"}
_OUTCOMES: Final = {"hired": "hired", "rejected": "rejected", "active": "open"}
_NOT_FOUND: Final = 404


class Greenhouse:
    """The prospects of one organisation."""

    batch_max = 1
    bulk_above: int | None = None
    bytes_max: int | None = None
    is_keyed = False

    def __init__(self, fields: Fields, wire: Wire) -> None:
        self.fields, self._wire = fields, wire

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make or change one prospect."""
        (one,) = parcels
        known = one.external_id or (self.find(one.person) if one.is_unsure else None)
        is_entered = known is not None and (not one.is_unsure or self._is_entered(known))
        body = _body(one)
        try:
            if known is None:
                reply = self._wire.ask("POST", "/v3/candidates", body, is_safe=False)
                known = identifier(reply.body, "a candidate")
            else:
                once = set(self.fields.once)
                changed = {name: value for name, value in body.items() if name not in once}
                reply = self._wire.ask("PATCH", f"/v3/candidates/{known}", changed)
                known = str(
                    table(reply.body, "a candidate").get("id", known)
                )  # another id after a merge there
        except Refused as error:
            is_gone = one.external_id is not None and self.is_gone(error)
            return [Result(person=one.person, state=GONE if is_gone else FAILED, said=str(error))]
        try:
            if not is_entered:
                self._enter(known)
        except (Refused, Unsure) as error:
            said = f"made there, but in no pool: {error}"
            return [Result(person=one.person, state=FAILED, external_id=known, said=said)]
        return [Result(person=one.person, state=OK, external_id=known)]

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the candidate who bears a lead's key."""
        asked = urlencode({"custom_field_option": f"{_KEY}:{person}", "per_page": 5})
        for one in listed(self._wire.ask("GET", f"/v3/candidates?{asked}").body, "candidates"):
            fields = one.get("custom_fields")
            if isinstance(fields, dict) and fields.get(_KEY) == person:
                return identifier(one, "a candidate")
        return None

    def is_gone(self, error: Refused) -> bool:
        """Return whether there is no such candidate."""
        return error.status == _NOT_FOUND

    def withdraw(self, owed: Recall) -> str:
        """Anonymise a candidate, or say in a note that they must not be contacted."""
        path = f"/v3/candidates/{owed.external_id}"
        if owed.event == ERASED:
            self._wire.ask("POST", f"{path}/anonymize", {"fields": "all"})
            return "anonymised there"
        note = {
            "candidate_id": owed.external_id,
            "body": "Do not contact: the person asked not to be approached.",
        }
        self._wire.ask("POST", "/v3/notes", note, is_safe=False)
        return "a note there says not to contact them"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Raise ByHand: candidates can only be anonymised through this interface, for good."""
        raise ByHand("delete the prospect in Greenhouse")

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield the status of each candidate's newest application."""
        for one in ids:
            asked = urlencode({"candidate_ids": one})
            told = listed(self._wire.ask("GET", f"/v3/applications?{asked}").body, "applications")
            newest = max(told, key=lambda row: str(row.get("last_activity_at", "")), default=None)
            if newest is not None:
                stage = newest.get("current_stage")
                yield Became(
                    external_id=one,
                    stage=sentence(stage.get("name")) if isinstance(stage, dict) else None,
                    outcome=_OUTCOMES.get(str(newest.get("status")), "open"),
                )

    def check(self) -> str:
        """Return that the credentials may see candidates."""
        self._wire.ask("GET", "/v3/candidates?per_page=1")
        return "the credentials may read candidates"

    def _enter(self, candidate: str) -> None:
        """Put a candidate into the pool of prospects that is configured; into none without one."""
        pool = self.fields.options.get("prospect_pool_id")
        if pool is not None:
            entered = {"candidate_id": candidate, "prospect": True, "prospect_pool_id": pool}
            self._wire.ask("POST", "/v3/applications", entered, is_safe=False)

    def _is_entered(self, candidate: str) -> bool:
        """Return whether a candidate has an application: what an answer that never came has made."""
        asked = urlencode({"candidate_ids": candidate})
        return bool(listed(self._wire.ask("GET", f"/v3/applications?{asked}").body, "applications"))


def _body(parcel: Parcel) -> dict[str, Any]:
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {_KEY: parcel.person}
    for name, value in parcel.fields.items():
        if name.startswith("custom."):
            custom[name.removeprefix("custom.")] = value
        elif name in _ADDRESSES:
            body[_ADDRESSES[name]] = [{"value": value, "type": "personal"}] if value is not None else []
        else:
            body[name] = value
    return body | {"custom_fields": custom}


def open_(line: Line) -> Greenhouse:
    """Return the connector."""
    token = Token(line.door, _AUTH, line.secret, sleep=line.sleep)
    return Greenhouse(line.fields, Wire(line.door, line.fields.url, token, sleep=line.sleep))
