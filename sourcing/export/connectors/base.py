"""What every connector does: take leads, find one, let go of one, say what became of them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sourcing.errors import SourcingError
from sourcing.export.lead import Lead
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.mapping import Value
from sourcing.export.wire import Refused
from spiders.door import Door
from storage.recalls import Recall

OK, FAILED, UNSURE, GONE = "ok", "failed", "unsure", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a connector is opened with. secret: its own. sleep: waits, s."""

    fields: Fields
    door: Door
    secret: str = field(repr=False)
    now: datetime
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One lead on its way. external_id: None = not known there. fields: theirs, only what changed.

    is_unsure: it was sent before and never answered for, or not whole: look before making anything of it.
    """

    person: str
    external_id: str | None
    fields: Mapping[str, Value]
    lead: Lead
    is_unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a system said of one lead. state: ok, failed, unsure or gone (deleted there). said: a short sentence.

    external_id: although failed if the lead was made and what belongs to it was not: it is sent again, not made again.
    """

    person: str
    state: str
    external_id: str | None = None
    said: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of a lead. outcome: one of `storage.placements.OUTCOMES`. opted_out: wants no more, said there."""

    external_id: str
    stage: str | None
    outcome: str
    changed_at: datetime | None = None
    opted_out: bool = False


class ByHand(SourcingError):
    """The system's interface cannot do it: a person has to, there. The message says what."""


class Connector(Protocol):
    """One system. batch_max, bytes_max: of one message. bulk_above: with more leads than that, all of them are one, as
    they go there as a job; None = it has none. is_keyed: it knows a lead by our key, so that sending twice
    makes nothing twice.
    """

    fields: Fields
    batch_max: int
    bulk_above: int | None
    bytes_max: int | None
    is_keyed: bool

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Make or change some leads, and return what was said of each. message: the same when sent again.

        Raises Refused for the whole message, Unsure, NoCredentials, RetryLater.
        """

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the system's id of a lead it may hold already, by our key. lead: None once the person is erased.

        Raises as `push`; Refused if it cannot be asked for the key alone.
        """

    def is_gone(self, error: Refused) -> bool:
        """Return whether a no says that the lead it was about is not there any more."""

    def withdraw(self, owed: Recall) -> str:
        """Erase a lead there or mark it as not to be contacted, and return what was done. Raises as `push`.

        owed: with the system's id.
        """

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Remove a lead that we made there, so that it can be brought back there for a while; return what was done.

        message: the same when asked again. Raises ByHand if the interface has no such thing, and as `push`.
        """

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield what became of some leads; one the system no longer has is left out. Raises as `push`."""

    def check(self) -> str:
        """Return who we are there, in a sentence; writes nothing. Raises as `push`."""
