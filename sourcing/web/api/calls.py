"""One call of the API: who asks, what with, and how it is answered: with an ETag, and once for a key."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from sourcing.access import Who
from sourcing.errors import BadInput
from sourcing.web import desk as desks
from sourcing.web.api.shapes import Problem
from sourcing.web.auth import Asking, desk_of
from storage import answered

MEDIA = "application/json"
KEY_MAX = 200
_CHANGED = "somebody changed it since you read it; read it again and send its new ETag in If-Match"
_NEEDED = "a change replaces what is there: send the ETag of what you read in If-Match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. now: one moment for all that is done in it."""

    request: Request
    desk: desks.Desk
    who: Who
    now: datetime

    @property
    def actor(self) -> str:
        """Return who is written beside what is done."""
        return self.who.actor

    @property
    def blind(self) -> bool:
        """Return whether names are left out."""
        return self.who.preferences.blind

    @contextmanager
    def read(self) -> Iterator[Any]:
        """Open a transaction that sees one state of the store."""
        with self.desk.store.read() as tx:
            yield tx

    def answer(self, shape: BaseModel, *, status: int = 200, only: Any = None) -> Response:
        """Return an answer with its ETag; 304 without a body if the caller holds it already.

        only: what of the shape is sent, as pydantic's `include` has it; None = all.
        """
        content = written(shape, only)
        tag = etag(content)
        headers = {"etag": tag, "vary": "authorization, cookie"}
        if self.request.method in ("GET", "HEAD") and _holds(self.request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return Response(content, status_code=status, media_type=MEDIA, headers=headers)

    def expect(self, current: BaseModel) -> None:
        """Refuse, 412 or 428, unless the caller read what is there now."""
        sent = self.request.headers.get("if-match")
        if sent is None:
            raise HTTPException(428, _NEEDED)
        if not _holds(sent, etag(written(current))):
            raise HTTPException(412, _CHANGED)

    def once(
        self,
        asked: BaseModel | None,
        act: Callable[[], BaseModel],
        *,
        status: int = 201,
        erases: bool = False,
        unkept: Sequence[str] = (),
    ) -> Response:
        """Do something and answer; with an Idempotency-Key, the same request sent again gets the first answer.

        An answer is kept for 24 hours; none if somebody was erased meanwhile, but for the answer to that (`erases`),
        and nothing of what failed. unkept: fields that are sent once, and are null when the answer is sent again.
        Raises BadInput for a key that another request had, Conflict while the first is under way.
        """
        sent = self.request.headers.get("idempotency-key")
        if sent is None:
            return self._made(written(act()), status)
        key = _digest([self.actor, sent])
        path, query = self.request.url.path, self.request.url.query
        content = None if asked is None else asked.model_dump_json(exclude_unset=True)
        request = _digest([self.request.method, path, query, content])
        store = self.desk.store
        with store.begin() as tx:
            known = answered.begin(tx, key, request, now=self.now)
        if known is not None:
            if known.request != request:
                raise BadInput(
                    "this Idempotency-Key came with another request; take a new key for a new request"
                )
            return self._made(known.body.encode(), known.status, {"idempotent-replayed": "true"})
        try:
            made = act()
        except BaseException:
            with store.begin() as tx:
                answered.forget(tx, key)
            raise
        kept = written(made.model_copy(update=dict.fromkeys(unkept)))
        with store.begin() as tx:
            answered.finish(tx, key, status=status, body=kept.decode(), erases=erases)
        return self._made(written(made), status)

    def _made(self, content: bytes, status: int, more: Mapping[str, str] | None = None) -> Response:
        headers = {"etag": etag(content), **(more or {})}
        return Response(content, status_code=status, media_type=MEDIA, headers=headers)


def _call(request: Request, who: Asking) -> Call:
    desk = desk_of(request)
    return Call(request=request, desk=desk, who=who, now=desk.now())


def known_parameters(request: Request) -> None:
    """Refuse parameters an operation does not have, and those sent twice: a slip of the pen changes no answer."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    allowed = _parameters(route.dependant)
    sent = [name for name, _ in request.query_params.multi_items()]
    wrong = [
        _error("unknown parameter; known: " + (", ".join(sorted(allowed)) or "none"), name)
        for name in dict.fromkeys(sent)
        if name not in allowed
    ]
    wrong += [_error("given twice", name) for name in dict.fromkeys(sent) if sent.count(name) > 1]
    if wrong:
        raise RequestValidationError(wrong)


def etag(content: bytes) -> str:
    """Return the tag of an answer: equal for equal bytes."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def written(shape: BaseModel, only: Any = None) -> bytes:
    """Return an answer as it is sent."""
    return shape.model_dump_json(include=only).encode()


def _parameters(dependant: Dependant) -> set[str]:
    own = {one.alias for one in dependant.query_params}
    return own.union(*(_parameters(one) for one in dependant.dependencies))


def _error(message: str, name: str) -> dict[str, Any]:
    return {"type": "value_error", "loc": ("query", name), "msg": message, "input": None}


def _holds(sent: str | None, tag: str) -> bool:
    if sent is None:
        return False
    tags = [part.strip().removeprefix("W/") for part in sent.split(",")]
    return "*" in tags or tag in tags


def _digest(parts: list[Any]) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()


Asked = Annotated[Call, Depends(_call)]
"""Parameter of an operation: its call."""
Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_MAX,
        description="The same request sent again under this key within 24 hours is not done again.",
    ),
]
"""Parameter of an operation that makes something; `Call.once` reads it."""
Match = Annotated[
    str | None, Header(alias="If-Match", max_length=KEY_MAX, description="The ETag of what you read.")
]
NoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", max_length=2_000, description="ETags of answers you hold.")
]
Key = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f/]+$",
        description="A person's key, as p_7lmjyz7a72m2.",
    ),
]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": told}
    for status, told in {
        400: "The query cannot be read; `column` says where.",
        401: "No key, or none that is good.",
        403: "The key may not do this, or a rule forbids it.",
        404: "There is nothing of this name.",
        409: "Somebody was faster, or nothing may leave.",
        422: "What was sent cannot be used.",
        429: "Too many wrong keys.",
        503: "The store is busy.",
    }.items()
}
