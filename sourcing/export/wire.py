"""Asking another system through the one door: signed, retried as far as that is safe, and read with suspicion.

What a system answers is a stranger's text: only ids, states and a short sentence of it are kept, and never a secret.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

import tenacity

from sourcing.errors import NoCredentials, SourcingError
from spiders.door import Answer, Caps, Door, DoorClosed
from spiders.engines.limits import pause_s
from spiders.errors import RetryLater
from spiders.records import Outcome

TRIES_MAX: Final = 4
PATIENCE_S: Final = 60.0  # a longer wait is for another run: rows stay planned, the command says when
SAID_MAX_CHARS: Final = 200
TOKEN_S: Final = 3_000.0
_LIMITED: Final = frozenset({429, 503})
_UNSENT: Final = frozenset({Outcome.BLOCKED_ADDRESS, Outcome.GONE})  # of all others it may have been done
_JITTERED: Final = tenacity.wait_random_exponential(multiplier=1.0, min=0.5, max=20.0)
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
CSV: Final = "text/csv"
_CAPS: Final = Caps(redirects=0)  # a redirect would take leads somewhere nobody configured


class Expect(StrEnum):
    """What the body of an answer is to be."""

    JSON = "JSON"
    CSV = "CSV"
    ANY = "anything"


class Refused(SourcingError):
    """The system says no to a message or a row of it; sent again unchanged, it would say no again."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Unsure(SourcingError):
    """No answer, or none that can be read: the system may have done it or not. Look before sending again."""


class _Again(Exception):
    """Another try is worth it. after_s: as the system asks, None = soon."""

    def __init__(self, message: str, after_s: float | None = None, *, is_limit: bool = False) -> None:
        super().__init__(message)
        self.after_s, self.is_limit = after_s, is_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back with a status of 2xx. body: of its JSON, None for an empty one; the text of CSV."""

    status: int
    body: Any


Headers = Callable[[bytes], Mapping[str, str]]
"""Signs a message: from its bytes to the headers that prove who sends it."""


class Wire:
    """One system's interface. base: its address. sign: see `Headers`. sleep: waits, s."""

    def __init__(
        self, door: Door, base: str, sign: Headers, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._door, self._base, self._sign, self._sleep = door, base.rstrip("/"), sign, sleep

    def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        is_safe: bool = True,
        raw: bytes | None = None,
        kind: str = _JSON,
        expect: Expect = Expect.JSON,
    ) -> Reply:
        """Return the answer to one message. content: sent as JSON. is_safe: sending it twice does nothing twice.

        raw, kind: bytes sent as they are instead, and their media type. Raises Refused for a no (4xx), NoCredentials
        for 401 and 403, RetryLater for a limit longer than our patience, Unsure if nothing readable came back.
        """
        body = raw if raw is not None else b"" if content is None else _bytes(content)

        def wait_s(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            said = error.after_s if isinstance(error, _Again) else None
            return said if said is not None else _JITTERED(state)

        def is_over(state: tenacity.RetryCallState) -> bool:
            return state.attempt_number >= TRIES_MAX or state.idle_for + state.upcoming_sleep > PATIENCE_S

        def once() -> Reply:
            answer = self._sent(method, path, body, kind=kind, expect=expect, is_safe=is_safe)
            return _read(answer, expect, is_safe)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            wait=wait_s,
            stop=is_over,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(once)
        except _Again as error:
            if error.is_limit:
                raise RetryLater(str(error), after_s=error.after_s or PATIENCE_S) from None
            raise Unsure(str(error)) from None

    def _sent(
        self, method: str, path: str, body: bytes, *, kind: str, expect: Expect, is_safe: bool
    ) -> Answer:
        headers = {"accept": CSV if expect is Expect.CSV else _JSON} | (
            {"content-type": kind} if body else {}
        )
        try:
            answer = self._door.send(
                self._base + path,
                method=method,
                headers=headers | dict(self._sign(body)),
                content=body or None,
                caps=_CAPS,
            )
        except DoorClosed as error:
            if error.outcome in _UNSENT:
                raise Refused(f"cannot be asked: {error}") from error
            raise (_Again(str(error)) if is_safe else Unsure(str(error))) from error
        _judge(answer, is_safe)
        return answer


def _judge(answer: Answer, is_safe: bool) -> None:
    """Raise what a status other than 2xx means."""
    status = answer.status
    if status in _LIMITED and (status == 429 or "retry-after" in answer.headers):
        raise _Again(f"asks for patience ({status})", pause_s(answer), is_limit=True)
    if status >= 500:
        text = f"failed with {status}"
        raise _Again(text) if is_safe else Unsure(text)
    if status in (401, 403):
        raise NoCredentials(f"the system refused the secret ({status}): correct it, or what it may do")
    if not 200 <= status < 300:
        raise Refused(f"{status}: {_said(answer)}", status=status)


def _read(answer: Answer, expect: Expect, is_safe: bool) -> Reply:
    """Return what came with a 2xx. Raises _Again or Unsure if it cannot be read."""
    kind = answer.headers.get("content-type", "no type").partition(";")[0][:40]
    if expect is Expect.ANY or (expect is Expect.JSON and not answer.body.strip()):
        return Reply(status=answer.status, body=None)
    try:
        if expect is Expect.CSV and kind != CSV:
            raise ValueError(kind)
        body = answer.body.decode() if expect is Expect.CSV else json.loads(answer.body)
    except ValueError as error:
        text = f"answered {answer.status} with {kind} instead of {expect}"
        raise (_Again(text) if is_safe else Unsure(text)) from error
    return Reply(status=answer.status, body=body)


def bearer(secret: str) -> Headers:
    """Return what signs with a token."""
    return lambda body: {"authorization": f"Bearer {secret}"}


def basic(user: str, secret: str = "") -> Headers:
    """Return what signs with a name and a secret; several systems take their key as the name."""
    pair = b64encode(f"{user}:{secret}".encode()).decode()
    return lambda body: {"authorization": f"Basic {pair}"}


class Token:
    """Signs with a token of OAuth client credentials, asked for when it is first needed and once more when it ends.

    secret: `CLIENT_ID:CLIENT_SECRET`. A token is good for 50 minutes here, whatever it says.
    """

    def __init__(
        self, door: Door, address: str, secret: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        user, _, word = secret.partition(":")
        self._wire = Wire(door, address, basic(user, word), sleep=sleep)
        self._made_s, self._token = 0.0, ""

    def __call__(self, body: bytes) -> Mapping[str, str]:
        """Return the header that proves who sends a message."""
        if not self._token or time.monotonic() - self._made_s > TOKEN_S:
            reply = self._wire.ask(
                "POST", "", raw=urlencode({"grant_type": "client_credentials"}).encode(), kind=_FORM
            )
            self._token = str(table(reply.body, "a token").get("access_token", ""))
            self._made_s = time.monotonic()
        return {"authorization": f"Bearer {self._token}"}


def table(value: Any, what: str) -> dict[str, Any]:
    """Return an object of an answer. Raises Unsure if it is none: what was done is not known then."""
    if not isinstance(value, dict):
        raise Unsure(f"answered {what} that is {type(value).__name__}, expected an object")
    return value


def identifier(value: Any, what: str) -> str:
    """Return the id of an object in an answer. Raises Unsure if there is none: it was made, and is looked for."""
    found = table(value, what).get("id")
    if found is None or isinstance(found, dict | list) or not str(found):
        raise Unsure(f"answered {what} without an id")
    return str(found)


def listed(value: Any, what: str) -> list[dict[str, Any]]:
    """Return the objects of a list in an answer. Raises Unsure if it is none."""
    if not isinstance(value, list):
        raise Unsure(f"answered {what} that is {type(value).__name__}, expected a list")
    return [one for one in value if isinstance(one, dict)]


def sentence(value: Any) -> str:
    """Return the first of a system's own words, for the ledger: no addresses in it, and no more than a line."""
    text = " ".join(str(value).split())
    plain = " ".join("…" if "@" in word else word for word in text.split(" "))
    return plain[:SAID_MAX_CHARS]


def _said(answer: Answer) -> str:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return "no reason that can be read"
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, dict):
        found = next((found[name] for name in ("message", "error", "errors") if found.get(name)), "no reason")
    return sentence(found)


def _bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).encode()
