"""A team's sign-in service (OpenID Connect): the way there, and what it says of who comes back.

Source: https://openid.net/specs/openid-connect-core-1_0.html and RFC 7636, read 2026-11-23. Authorisation code with
PKCE; the answer's signature, issuer, audience, time and nonce are checked before a word of it is believed.
"""

import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, ValidationError

from sourcing.settings import SignIn
from sourcing.web.admission import Known, Refused, admitted
from spiders.door import Door, DoorClosed

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")  # none, and no shared secret
LEEWAY_S = 60  # by which two clocks may differ
_OK = 200


class Description(BaseModel):
    """What a service says of itself; what else it says is not needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a browser is sent. content: what must come back unchanged, and what it is exchanged with."""

    url: str
    content: Mapping[str, str]


def describe(door: Door, issuer: str) -> Description:
    """Return what a service says of itself. Raises Refused if it cannot be reached or is another one."""
    told = _json(door, issuer.rstrip("/") + "/.well-known/openid-configuration")
    try:
        found = Description.model_validate(told)
    except ValidationError as error:
        raise Refused("the sign-in service describes itself in a way we cannot read") from error
    if found.issuer.rstrip("/") != issuer.rstrip("/"):
        raise Refused("the sign-in service calls itself by another address than `issuer` under [web.sign_in]")
    return found


def begin(service: Description, sign_in: SignIn, *, back: str, to: str) -> Way:
    """Return the way to the service. back: our address it leads back to. to: our page to go on to."""
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": sign_in.client_id,
        "redirect_uri": back,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in service.authorization_endpoint else "?"
    return Way(
        url=f"{service.authorization_endpoint}{joint}{urlencode(asked)}",
        content={"state": state, "nonce": nonce, "verifier": verifier, "to": to},
    )


def finish(
    door: Door,
    service: Description,
    sign_in: SignIn,
    *,
    secret: str | None,
    code: str,
    way: Mapping[str, str],
    back: str,
    now: datetime,
) -> Known:
    """Return who came back with a code. secret: ours at the service, None without one. Raises Refused."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": way["verifier"],
        "client_id": sign_in.client_id,
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if secret is not None:
        pair = f"{quote(sign_in.client_id, safe='')}:{quote(secret, safe='')}"
        headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    told = _json(
        door, service.token_endpoint, method="POST", headers=headers, content=urlencode(asked).encode()
    )
    try:
        token = _Tokens.model_validate(told).id_token
    except ValidationError as error:
        raise Refused("the sign-in service gave no identity for this code") from error
    claims = _claims(door, service, sign_in, token, nonce=way["nonce"], now=now)
    return admitted(claims, sign_in)


def _claims(
    door: Door, service: Description, sign_in: SignIn, token: str, *, nonce: str, now: datetime
) -> Mapping[str, Any]:
    known = _json(door, service.jwks_uri)
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": service.issuer},
        aud={"essential": True, "value": sign_in.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        keys = jwk.KeySet.import_key_set(known)
        found = jwt.decode(token, keys, algorithms=ALGORITHMS)
        rules.validate(found.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"the sign-in service's answer cannot be trusted ({type(error).__name__})") from error
    audience = found.claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and found.claims.get("azp") != sign_in.client_id:
        raise Refused("the sign-in service's answer is meant for somebody else")
    return found.claims


def _json(
    door: Door,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Any:
    try:
        answer = door.send(url, method=method, headers=headers, content=content)
    except DoorClosed as error:
        raise Refused(f"the sign-in service cannot be reached ({error})") from error
    if answer.status != _OK:
        raise Refused(f"the sign-in service answered {answer.status}")
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise Refused("the sign-in service's answer cannot be read") from error
