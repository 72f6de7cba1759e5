"""Ashby candidates, one at a time. Contract-tested, never run against it.

Source: https://developers.ashbyhq.com/reference (candidate.create, .update, .search, .info, .createNote, .addTag,
    .anonymize; application.list; customField.setValue), read 2026-11-24
Sends: a candidate with their links, custom fields and one note; reads applications
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sourcing.export.connectors.base import FAILED, GONE, OK, Became, ByHand, Line, Parcel, Result
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.mapping import Value
from sourcing.export.wire import Refused, Unsure, Wire, basic, identifier, listed, sentence, table
from storage.recalls import ERASED, Recall

_CUSTOM: Final = "custom."
_NOTE: Final = "note"
_KEY: Final = "custom.key"
_MISSING: Final = ("not_found", "candidate_not_found")
_OUTCOMES: Final = {"Hired": "hired", "Archived": "rejected", "Active": "open", "Lead": "open"}


class Ashby:
    """The candidates of one organisation. It says no inside an answer of 200."""

    batch_max = 1
    bulk_above: int | None = None
    bytes_max: int | None = None
    is_keyed = False

    def __init__(self, fields: Fields, wire: Wire) -> None:
        self.fields, self._wire = fields, wire

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make or change one candidate."""
        (one,) = parcels
        may_be_there = one.is_unsure or self._is_namesake(one)
        known = one.external_id or (self.find(one.person, one.lead) if may_be_there else None)
        plain = {name: value for name, value in one.fields.items() if not self._is_extra(name)}
        try:
            if known is None:
                made = self._ask("candidate.create", plain | self._source(), is_safe=False)
                known = identifier(made, "a candidate")
            else:
                changed = {name: value for name, value in plain.items() if name not in self.fields.once}
                told = {"candidateId": known, **changed} if changed else {"id": known}
                found = self._ask("candidate.update" if changed else "candidate.info", told)
                known = str(table(found, "a candidate").get("id", known))  # another id after a merge there
        except Refused as error:
            is_gone = one.external_id is not None and self.is_gone(error)
            return [Result(person=one.person, state=GONE if is_gone else FAILED, said=str(error))]
        try:
            self._extras(known, one)
        except (Refused, Unsure) as error:
            said = f"made there, but not whole: {error}"
            return [Result(person=one.person, state=FAILED, external_id=known, said=said)]
        return [Result(person=one.person, state=OK, external_id=known)]

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the candidate who bears a lead's key, or its name and one of its links; None for a mere namesake."""
        if lead is None:  # it searches names and addresses alone
            raise Refused("cannot be asked for a key: somebody has to look for the lead there")
        found = self._ask("candidate.search", {"name": lead.full_name or person})
        ours = {link.url.rstrip("/").lower() for link in lead.links}
        for one in listed(found, "candidates"):
            theirs = {str(link.get("url", "")).rstrip("/").lower() for link in one.get("socialLinks") or ()}
            keys = {str(field.get("value")) for field in one.get("customFields") or ()}
            if person in keys or ours & theirs:
                return identifier(one, "a candidate")
        return None

    def is_gone(self, error: Refused) -> bool:
        """Return whether there is no such candidate."""
        return any(word in str(error) for word in _MISSING)

    def withdraw(self, owed: Recall) -> str:
        """Anonymise a candidate, or say in a note that they must not be contacted."""
        if owed.event == ERASED:
            self._ask("candidate.anonymize", {"candidateId": owed.external_id})
            return "anonymised there"
        note = {"type": "text/plain", "value": "Do not contact: the person asked not to be approached."}
        self._ask("candidate.createNote", {"candidateId": owed.external_id, "note": note}, is_safe=False)
        return "a note there says not to contact them"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Raise ByHand: candidates can only be anonymised through this interface, for good."""
        raise ByHand("archive the candidate in Ashby")

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield how far each candidate's newest application is."""
        for one in ids:
            told = listed(self._ask("application.list", {"candidateId": one}), "applications")
            newest = max(told, key=lambda row: str(row.get("updatedAt", "")), default=None)
            if newest is not None:
                stage = newest.get("currentInterviewStage")
                yield Became(
                    external_id=one,
                    stage=sentence(stage.get("title")) if isinstance(stage, dict) else None,
                    outcome=_OUTCOMES.get(str(newest.get("status")), "open"),
                )

    def check(self) -> str:
        """Return what the key may do."""
        self._ask("apiKey.info", {})
        return "the key is known"

    def _extras(self, candidate: str, parcel: Parcel) -> None:
        """Write custom fields whose ids are configured, and the note."""
        values: dict[str, Value] = {_KEY: parcel.person, **parcel.fields}  # first what it is found again by
        for name, value in values.items():
            field = self.fields.options.get(name)
            if name.startswith(_CUSTOM) and field is not None and value is not None:
                asked = {
                    "objectId": candidate,
                    "objectType": "Candidate",
                    "fieldId": field,
                    "fieldValue": value,
                }
                self._ask("customField.setValue", asked)
        if (text := parcel.fields.get(_NOTE)) is not None:
            note = {"candidateId": candidate, "note": {"type": "text/plain", "value": text}}
            self._ask("candidate.createNote", note, is_safe=False)

    def _is_namesake(self, parcel: Parcel) -> bool:
        """Return whether a candidate there may be the same: only then is it looked for before one is made."""
        return parcel.external_id is None and parcel.lead.full_name is not None

    def _is_extra(self, name: str) -> bool:
        return name == _NOTE or name.startswith(_CUSTOM)

    def _source(self) -> dict[str, str]:
        source = self.fields.options.get("sourceId")
        return {"sourceId": source} if source is not None else {}

    def _ask(self, what: str, content: dict[str, Any], *, is_safe: bool = True) -> Any:
        body = table(self._wire.ask("POST", f"/{what}", content, is_safe=is_safe).body, "an answer")
        if body.get("success") is not True:
            if "success" not in body:
                raise Unsure("answered without saying whether it succeeded")
            raise Refused(sentence(", ".join(str(one) for one in body.get("errors") or ["no reason"])))
        return body.get("results")


def open_(line: Line) -> Ashby:
    """Return the connector."""
    return Ashby(line.fields, Wire(line.door, line.fields.url, basic(line.secret), sleep=line.sleep))
