"""Links that show a shortlist to a manager: signed, read only, expiring, taken back at will, every view logged."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing.errors import BadInput
from sourcing.lists import opaque
from storage import audit, lists, shares
from storage.engine import Store
from storage.errors import NotFound
from storage.shares import Share

DAYS = 14
DAYS_MAX = 90
_ID_BYTES = 8
_GONE = "this link does not open any more; ask whoever sent it for a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new link. token: the secret part of its address; kept nowhere, made anew from the link by `token`."""

    share: Share
    token: str


def make(
    store: Store,
    name: str,
    *,
    days: int,
    blind: bool,
    notes: bool,
    secret: bytes,
    actor: str,
    now: datetime,
) -> Made:
    """Make a link to a shortlist; writes the audit log and the link. secret: of this instance.

    Raises NotFound, BadInput for a time outside 1–90 days.
    """
    if not 1 <= days <= DAYS_MAX:
        raise BadInput(f"a link opens for 1 to {DAYS_MAX} days")
    one = Share(
        id=secrets.token_hex(_ID_BYTES),
        shortlist=name,
        actor=actor,
        at=now,
        expires_at=now + timedelta(days=days),
        blind=blind,
        notes=notes,
    )
    with store.begin() as tx:
        lists.show(tx, name)
        detail = {"share": one.id, "days": days, "blind": blind, "notes": notes}
        audit.append(tx, at=now, actor=actor, action="share.make", subject=opaque(name), detail=detail)
        shares.put(tx, one)
    return Made(share=one, token=token(one, secret))


def open_(store: Store, given: str, *, secret: bytes, now: datetime) -> Share:
    """Return what a link shows, and log that it was looked at. Raises NotFound for one that is not ours or not open."""
    share_id = given.partition(".")[0]
    with store.begin() as tx:
        try:
            one = shares.get(tx, share_id)
        except NotFound as error:
            raise NotFound(_GONE) from error
        if not hmac.compare_digest(token(one, secret).encode(), given.encode()):
            raise NotFound(_GONE)
        if not one.is_open(now):
            raise NotFound(_GONE)
        lists.show(tx, one.shortlist)
        audit.append(
            tx, at=now, actor=f"share:{one.id}", action="share.view", subject=opaque(one.shortlist), detail={}
        )
        shares.viewed(tx, one.id, now=now)
    return one


def revoke(store: Store, share_id: str, *, actor: str, now: datetime) -> Share:
    """Take a link back: it does not open any more. Raises NotFound."""
    with store.begin() as tx:
        one = shares.get(tx, share_id)
        detail = {"share": share_id}
        audit.append(
            tx, at=now, actor=actor, action="share.revoke", subject=opaque(one.shortlist), detail=detail
        )
        shares.revoke(tx, share_id, actor=actor, now=now)
        return shares.get(tx, share_id)


def ls(tx: Any, name: str) -> list[Share]:
    """Return the links to a shortlist, newest first."""
    return shares.of_list(tx, name)


def token(one: Share, secret: bytes) -> str:
    """Return the last part of a link's address: signed, so that no row made by hand opens."""
    said = "\0".join(
        ["share", one.id, one.shortlist, one.expires_at.isoformat(), str(one.blind), str(one.notes)]
    )
    signed = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return f"{one.id}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"
