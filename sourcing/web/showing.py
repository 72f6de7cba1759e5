"""How an answer leaves: a page, or the way back to one after something was done."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sourcing import marking
from sourcing.access import KEYS, Scope, Who
from sourcing.web import desk as desks
from sourcing.web import words
from sourcing.web.auth import desk_of
from storage import persons

NOTICE = "sourcer_notice"
NOTICE_S = 60  # how long what was done may wait for the page that tells it
UNDO_S = 10  # PRODUCT §2 rule 6
_NOTICE_MAX = 3_000  # browsers keep cookies of 4 KiB


def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page. values: what its template names, beside `who`, `blind`, `now`, `path` and the functions it has."""
    desk = desk_of(request)
    who: Who | None = getattr(request.state, "who", None)
    now = values.pop("now", None) or desk.now()
    blind = values.pop("blind", None)
    if blind is None:
        blind = who.preferences.blind if who is not None else desk.settings.web.blind
    notice = _notice(request.cookies.get(NOTICE))
    given = {
        "who": who,
        "may": who.may if who is not None else (lambda wanted: False),
        "Scope": Scope,
        "blind": blind,
        "now": now,
        "path": request.url.path,
        "here": _here(request),
        "notice": notice,
        "undo_s": UNDO_S,
        "shortcuts": KEYS,
        "specialisms": desk.specialisms if who is not None else {},
        "chosen_specialism": request.query_params.get("spec"),
        "asked_query": request.query_params.get("q") or "",
        "name": lambda key, told: words.name(key, told, blind=blind),
        "when": lambda value: words.moment(value, now),
    }
    page = desk.templates.get_template(template).render({**given, **values})
    answer = HTMLResponse(page, status_code=status)
    if request.cookies.get(NOTICE) is not None:
        answer.delete_cookie(NOTICE, path="/", httponly=True, samesite="strict")
    return answer


def done(
    request: Request,
    to: str,
    told: str,
    *,
    undo: str | None = None,
    undo_fields: Mapping[str, str] | None = None,
) -> Response:
    """Return the way back (303) to a page of ours, which tells what was done and may offer to undo it.

    to: a path of ours; anything else leads to Today. told: one sentence, plain text. undo: path a POST undoes it at.
    undo_fields: what that POST brings along.
    """
    answer = RedirectResponse(local(to), status_code=303)
    content: dict[str, Any] = {"text": told}
    if undo is not None:
        content |= {"undo": undo, "fields": dict(undo_fields or {})}
    packed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    if len(packed) <= _NOTICE_MAX:
        answer.set_cookie(
            NOTICE,
            packed,
            max_age=NOTICE_S,
            httponly=True,
            samesite="strict",
            secure=desk_of(request).is_secure,
        )
    return answer


def called(desk: desks.Desk, who: Who, keys: Sequence[str]) -> str:
    """Return whom something was done to: a name; a key in blind mode or of who is not shown; a number for several."""
    if len(keys) != 1:
        return words.plural(len(keys), "person", "people")
    with desk.store.read() as tx:
        known = persons.get_many(tx, keys).get(keys[0])
        is_silent = who.preferences.blind or bool(marking.kept_out(tx, keys))
    return keys[0] if is_silent or known is None or known.name is None else known.name


def local(to: str) -> str:
    """Return a path of ours as it is; `/` for an address of somebody else's."""
    try:
        parts = urlsplit(to)
    except ValueError:  # brackets that hold no address
        return "/"
    is_ours = (
        to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return to if is_ours and to.isprintable() else "/"


def _here(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _notice(packed: str | None) -> Mapping[str, Any] | None:
    if packed is None:
        return None
    try:
        content = json.loads(base64.urlsafe_b64decode(packed.encode()))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("text"), str):
        return None
    undo, fields = content.get("undo"), content.get("fields")
    if undo is not None and (
        not isinstance(undo, str) or local(undo) != undo or not isinstance(fields, dict)
    ):
        return None
    return {"text": content["text"], "undo": undo, "fields": fields or {}}
