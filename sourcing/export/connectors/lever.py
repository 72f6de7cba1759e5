"""Lever opportunities, one at a time, found again by a tag with the lead's key. Contract-tested, never run against it.

Source: https://hire.lever.co/developer/documentation (opportunities, contacts, notes), read 2026-11-24
Sends: an opportunity of origin sourced, its contact's fields, links and tags; reads stages
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from sourcing.errors import ConfigError
from sourcing.export.connectors.base import FAILED, GONE, OK, Became, ByHand, Line, Parcel, Result
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.wire import Refused, Wire, basic, identifier, listed, sentence, table
from storage.recalls import ERASED, Recall

_CONTACT: Final = ("name", "headline", "location")
_NOT_FOUND: Final = 404
_ERASE: Final = "Erase this person: they asked for it, or what is held of them may not be kept any longer."
_SILENCE: Final = "Do not contact: the person asked not to be approached."


class Lever:
    """The opportunities of one account."""

    batch_max = 1
    bulk_above: int | None = None
    bytes_max: int | None = None
    is_keyed = False

    def __init__(self, fields: Fields, wire: Wire, perform_as: str) -> None:
        self.fields, self._wire = fields, wire
        self._as = f"perform_as={quote(perform_as, safe='')}"

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make one opportunity, or add to one what is new."""
        (one,) = parcels
        known = one.external_id or (self.find(one.person) if one.is_unsure else None)
        try:
            if known is None:
                reply = self._wire.ask("POST", f"/v1/opportunities?{self._as}", _body(one), is_safe=False)
                known = identifier(_data(reply.body), "an opportunity")
            else:
                known = self._change(known, one)
        except Refused as error:
            is_gone = one.external_id is not None and self.is_gone(error)
            return [Result(person=one.person, state=GONE if is_gone else FAILED, said=str(error))]
        return [Result(person=one.person, state=OK, external_id=known)]

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the opportunity that is tagged with a lead's key."""
        asked = urlencode({"tag": tag(person), "limit": 1})
        found = table(self._wire.ask("GET", f"/v1/opportunities?{asked}").body, "opportunities")
        rows = listed(found.get("data"), "opportunities")
        return identifier(rows[0], "an opportunity") if rows else None

    def is_gone(self, error: Refused) -> bool:
        """Return whether there is no such opportunity."""
        return error.status == _NOT_FOUND

    def withdraw(self, owed: Recall) -> str:
        """Leave a note: nothing can be deleted through this interface, so a person there has to."""
        text = _ERASE if owed.event == ERASED else _SILENCE
        path = f"/v1/opportunities/{owed.external_id}/notes?{self._as}"
        self._wire.ask("POST", path, {"value": text, "notifyFollowers": True}, is_safe=False)
        return "a note there asks for it; somebody has to do it in Lever"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Archive an opportunity with the configured reason. Raises ByHand without one."""
        reason = self.fields.options.get("undone_reason")
        if reason is None:
            raise ByHand("archive the opportunity in Lever, or set `undone_reason` under [options]")
        path = f"/v1/opportunities/{external_id}/archived?{self._as}"
        self._wire.ask("PUT", path, {"reason": reason})
        return "archived there"

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield the stage of each opportunity, and how it ended if it did."""
        for one in ids:
            try:
                reply = self._wire.ask("GET", f"/v1/opportunities/{one}?expand=stage")
            except Refused as error:
                if self.is_gone(error):
                    continue
                raise
            row = _data(reply.body)
            stage, archived = row.get("stage"), row.get("archived")
            reason = str(archived.get("reason") or "") if isinstance(archived, dict) else None
            ended = "hired" if reason == self.fields.options.get("hired_reason") else "rejected"
            at = archived.get("archivedAt") if isinstance(archived, dict) else row.get("lastAdvancedAt")
            yield Became(
                external_id=one,
                stage=sentence(stage.get("text")) if isinstance(stage, dict) else None,
                outcome="open" if reason is None else ended,
                changed_at=datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else None,
            )

    def check(self) -> str:
        """Return that the key may see opportunities."""
        self._wire.ask("GET", "/v1/opportunities?limit=1")
        return "the key may read opportunities"

    def _change(self, known: str, parcel: Parcel) -> str:
        """Add links and tags, change the contact's fields, and return the opportunity's id of today."""
        row = _data(self._wire.ask("GET", f"/v1/opportunities/{known}").body)
        body = _body(parcel)
        changed = {name: body[name] for name in _CONTACT if name in body and name not in self.fields.once}
        if changed:
            self._wire.ask("PUT", f"/v1/contacts/{quote(str(row.get('contact')), safe='')}", changed)
        for what in ("links", "tags"):
            if body.get(what):
                path = f"/v1/opportunities/{known}/add{what.title()}?{self._as}"
                self._wire.ask("POST", path, {what: body[what]})
        return str(row.get("id", known))  # another id after a merge there


def tag(person: str) -> str:
    """Return the tag by which a lead is found again."""
    return f"sourcer {person}"


def _body(parcel: Parcel) -> dict[str, Any]:
    links = [value for name, value in parcel.fields.items() if name.startswith("link.") and value]
    tags = [str(value) for name, value in parcel.fields.items() if name.startswith("tag.") and value]
    plain = {name: value for name, value in parcel.fields.items() if "." not in name and value is not None}
    made = {"origin": "sourced", "sources": ["Sourcer"]} if parcel.external_id is None else {}
    return plain | made | {"links": links, "tags": [tag(parcel.person), *tags]}


def _data(body: Any) -> dict[str, Any]:
    return table(table(body, "an answer").get("data"), "an opportunity")


def open_(line: Line) -> Lever:
    """Return the connector. Raises ConfigError without somebody to act for."""
    perform_as = line.fields.options.get("perform_as")
    if perform_as is None:
        raise ConfigError("Lever wants to know for whom: set `perform_as` under [options]", key="perform_as")
    return Lever(
        line.fields, Wire(line.door, line.fields.url, basic(line.secret), sleep=line.sleep), perform_as
    )
