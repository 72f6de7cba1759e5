"""Signed webhooks: leads, suppressions and erasures to an address of the operator's own.

Source: https://www.standardwebhooks.com (specification 1.0.0), read 2026-11-24
Sends: lead.upserted (at most 100 leads or 256 KB), lead.suppressed, lead.erased, run.finished, search.new
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sourcing.errors import ConfigError
from sourcing.export.connectors.base import OK, Became, Line, Parcel, Result
from sourcing.export.lead import Lead, as_mapping
from sourcing.export.mapping import Mapping as Fields
from sourcing.export.wire import Expect, Refused, Wire
from storage.events import KINDS
from storage.recalls import ERASED, Recall

NAME: Final = "webhook"
UPSERTED: Final = "lead.upserted"
_SECRET_MIN_BYTES: Final = 24  # of the specification
_FRAME_BYTES: Final = 1_024  # what a message has around its leads


class Webhook:
    """A receiver that keeps what it is sent by `lead_key`; the id of a message tells it one it has seen."""

    batch_max = 100
    bulk_above: int | None = None
    bytes_max: int | None = 256 * 1024 - _FRAME_BYTES
    is_keyed = True

    def __init__(self, line: Line) -> None:
        self.fields, self._now, self._key = line.fields, line.now, key_of(line.secret)
        self._opened_s = time.monotonic()
        self._message = ""
        self._wire = Wire(line.door, line.fields.url, self._signed, sleep=line.sleep)

    def push(self, parcels: Sequence[Parcel], *, message: str) -> list[Result]:
        """Send whole leads: the receiver takes them as they are now."""
        leads = [as_mapping(one.lead) for one in parcels]
        self.tell(message, UPSERTED, self._now, {"leads": leads})
        return [Result(person=one.person, state=OK, external_id=one.person) for one in parcels]

    def find(self, person: str, lead: Lead | None = None) -> str | None:
        """Return the key: a receiver knows a lead by nothing else, and cannot be asked whether it does."""
        return person

    def is_gone(self, error: Refused) -> bool:
        """Return False: whatever a receiver says no to, it was not told."""
        return False

    def withdraw(self, owed: Recall) -> str:
        """Send that a lead was erased or must not be contacted."""
        self.tell(f"msg_{owed.id}", owed.event, self._now, {"lead_key": owed.person})
        return "told"

    def take_back(self, external_id: str, person: str, *, message: str) -> str:
        """Tell the receiver to remove a lead, as one of somebody who was erased."""
        self.tell(message, ERASED, self._now, {"lead_key": person})
        return "told to remove it"

    def tell(self, message: str, event: str, at: datetime, data: Mapping[str, Any]) -> None:
        """Send one event. at: when it happened. Raises as `push`."""
        self._send(message, {"type": event, "timestamp": at.isoformat(), "data": data})

    def outcomes(self, ids: Sequence[str]) -> Iterator[Became]:
        """Yield nothing: a receiver cannot be asked."""
        yield from ()

    def check(self) -> str:
        """Return where messages would go; nothing is sent."""
        return f"messages go to {self.fields.url}, signed"

    def _send(self, message: str, content: Mapping[str, Any]) -> None:
        self._message = message
        self._wire.ask("POST", "", content, expect=Expect.ANY)

    def _signed(self, body: bytes) -> dict[str, str]:
        # a receiver takes no message five minutes old, and an export may take longer
        at = str(int(self._now.timestamp() + time.monotonic() - self._opened_s))
        return {
            "webhook-id": self._message,
            "webhook-timestamp": at,
            "webhook-signature": signature(self._key, self._message, at, body),
        }


def signature(key: bytes, message: str, at: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over id.timestamp.body, base64, behind its version."""
    signed = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def events_of(fields: Fields) -> frozenset[str]:
    """Return the events beside leads that a receiver is told of, as the mapping names them; all unless it does."""
    return frozenset(fields.options.get("events", " ".join(KINDS)).split())


def key_of(secret: str) -> bytes:
    """Return the key in a secret `whsec_…`. Raises ConfigError for one that is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SECRET_MIN_BYTES:
        raise ConfigError(
            f"a webhook's secret is whsec_ and base64 of {_SECRET_MIN_BYTES} bytes or more",
            path="SOURCER_WEBHOOK_SECRET",
        )
    return key


def open_(line: Line) -> Webhook:
    """Return the connector. Raises ConfigError without an address."""
    if not line.fields.url:
        raise ConfigError("no address: set `url` in connectors/webhook.toml of your config_dir", key="url")
    if unknown := sorted(events_of(line.fields) - set(KINDS)):
        raise ConfigError(
            f"unknown event {unknown[0]!r}; known: {', '.join(KINDS)}",
            path=f"{NAME}.toml",
            key="options.events",
        )
    return Webhook(line)
