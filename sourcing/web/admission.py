"""Who of those a team's sign-in service knows may come in, and as what: asked at sign-in and at every request after."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sourcing.access import Scope
from sourcing.settings import SignIn

CLAIMS = ("sub", "email", "email_verified")
"""What of a service's word is asked about, and kept with a session."""
_ACTOR_MAX = 64
_DIGITS = 8  # 32 bits tell apart those who share a name before the @


class Refused(Exception):
    """Nobody is signed in, and why, in a sentence without personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who came and what they may do. actor: as the audit log names them, nobody else's. claims: those of `CLAIMS`."""

    actor: str
    scope: Scope
    claims: Mapping[str, Any]


def admitted(claims: Mapping[str, Any], sign_in: SignIn) -> Known:
    """Return who somebody is here and what they may do. Raises Refused for who is not on any list."""
    subject = str(claims["sub"])
    address = claims.get("email") if claims.get("email_verified") is True else None
    address = address.lower() if isinstance(address, str) else None
    domain = address.rpartition("@")[2] if address is not None else None
    names = {subject, *([address] if address is not None else [])}
    lists = {one.lower() for one in (*sign_in.subjects, *sign_in.administrators, *sign_in.managers)}
    is_known = bool({one.lower() for one in names} & lists)
    if not is_known and domain not in {one.lower() for one in sign_in.domains}:
        raise Refused("your account is on no list of this installation; ask its administrator")
    kept = {name: claims[name] for name in CLAIMS if name in claims}
    return Known(actor=_actor(subject, address, sign_in), scope=_scope(names, sign_in), claims=kept)


def scope_now(claims: Mapping[str, Any], sign_in: SignIn) -> Scope | None:
    """Return what somebody who signed in earlier may do by the lists of now; None for nothing any more."""
    try:
        return admitted(claims, sign_in).scope
    except Refused:
        return None


def _scope(names: set[str], sign_in: SignIn) -> Scope:
    lowered = {one.lower() for one in names}
    if lowered & {one.lower() for one in sign_in.administrators}:
        return Scope.ADMIN
    if lowered & {one.lower() for one in sign_in.managers}:
        return Scope.READ
    return Scope.EXPORT


def _actor(subject: str, address: str | None, sign_in: SignIn) -> str:
    """Return what the audit log calls somebody: the beginning of their address, and a digest that is theirs alone.

    The digest is of the service and its number of the account: an address given to somebody else later, another
    domain's bearer of the name, or a sign that cannot be written make nobody another one.
    """
    told = subject if address is None else address.partition("@")[0]
    digest = sha256(f"{sign_in.issuer}\0{subject}".encode()).hexdigest()[:_DIGITS]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', told)[: _ACTOR_MAX - _DIGITS - 1]}-{digest}"
