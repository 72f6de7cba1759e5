"""Sign-ins, sessions, API keys and preferences of the people who use the pages; secrets only as digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, null, select, update

from storage.engine import upsert
from storage.errors import NotFound
from storage.tables import api_key, preference, sign_in, web_session


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in with a cookie. preferences: what they chose; empty if nothing.

    claims: what a team's service said of them; None for who came by a link.
    """

    actor: str
    scope: str
    made_at: datetime
    used_at: datetime
    preferences: Mapping[str, Any]
    claims: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One API key as shown to people; its secret is kept by nobody but its owner. None: not so."""

    id: str
    name: str
    scope: str
    actor: str
    made_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


_KEY = [one for one in api_key.c if one.name != "digest"]


def put_session(
    tx: Connection, digest: str, *, actor: str, scope: str, claims: Mapping[str, Any] | None, now: datetime
) -> None:
    """Begin a session. claims: as `Session` has them."""
    values = {"digest": digest, "actor": actor, "scope": scope, "made_at": now, "used_at": now}
    kept = null() if claims is None else dict(claims)
    tx.execute(web_session.insert().values(**values, claims=kept))


def find_session(tx: Connection, digest: str) -> Session | None:
    """Return a session with what its person prefers; None if there is none."""
    query = (
        select(
            web_session.c.actor,
            web_session.c.scope,
            web_session.c.made_at,
            web_session.c.used_at,
            web_session.c.claims,
            preference.c.content,
        )
        .join(preference, preference.c.actor == web_session.c.actor, isouter=True)
        .where(web_session.c.digest == digest)
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    return Session(
        actor=row.actor,
        scope=row.scope,
        made_at=row.made_at,
        used_at=row.used_at,
        preferences=row.content or {},
        claims=row.claims,
    )


def touch_session(tx: Connection, digest: str, *, now: datetime) -> None:
    """Record that a session was used."""
    tx.execute(update(web_session).where(web_session.c.digest == digest).values(used_at=now))


def end_session(tx: Connection, digest: str) -> None:
    """End a session; nothing happens if there is none."""
    tx.execute(delete(web_session).where(web_session.c.digest == digest))


def sweep(tx: Connection, *, idle_before: datetime, made_before: datetime, now: datetime) -> None:
    """Remove sessions not used or begun since, and sign-ins that are over."""
    tx.execute(
        delete(web_session).where(
            (web_session.c.used_at < idle_before) | (web_session.c.made_at < made_before)
        )
    )
    tx.execute(delete(sign_in).where(sign_in.c.ends_at <= now))


def put_sign_in(
    tx: Connection, digest: str, *, kind: str, content: Mapping[str, Any], ends_at: datetime
) -> None:
    """Keep a sign-in under way."""
    tx.execute(sign_in.insert().values(digest=digest, kind=kind, content=dict(content), ends_at=ends_at))


def take_sign_in(tx: Connection, digest: str, *, kind: str, now: datetime) -> Mapping[str, Any] | None:
    """Remove a sign-in and return what it holds: whoever comes second gets None, as for one that is over."""
    which = (sign_in.c.digest == digest) & (sign_in.c.kind == kind)
    row = tx.execute(delete(sign_in).where(which).returning(sign_in.c.content, sign_in.c.ends_at)).first()
    if row is None or row.ends_at <= now:
        return None
    content: Mapping[str, Any] = row.content
    return content


def put_key(tx: Connection, key: Key, *, digest: str) -> None:
    """Keep a new API key."""
    names = ("id", "name", "scope", "actor", "made_at", "ends_at", "revoked_at", "used_at")
    tx.execute(api_key.insert().values(digest=digest, **{name: getattr(key, name) for name in names}))


def find_key(tx: Connection, id: str) -> tuple[Key, str] | None:
    """Return an API key and its digest, revoked and ended ones too; None if there is none."""
    row = tx.execute(select(api_key).where(api_key.c.id == id)).first()
    if row is None:
        return None
    found = dict(row._mapping)
    digest = str(found.pop("digest"))
    return Key(**found), digest


def touch_key(tx: Connection, id: str, *, now: datetime) -> None:
    """Record that a key was used."""
    tx.execute(update(api_key).where(api_key.c.id == id).values(used_at=now))


def keys(tx: Connection) -> list[Key]:
    """Return every API key, oldest first."""
    return [
        Key(**row._mapping) for row in tx.execute(select(*_KEY).order_by(api_key.c.made_at, api_key.c.id))
    ]


def revoke_key(tx: Connection, id: str, *, now: datetime) -> None:
    """Make a key useless. Raises NotFound for one there is not, or that is revoked already."""
    which = (api_key.c.id == id) & api_key.c.revoked_at.is_(None)
    if not tx.execute(update(api_key).where(which).values(revoked_at=now)).rowcount:
        raise NotFound(f"no key {id!r} in use; see `sourcer key list`")


def preferences(tx: Connection, actor: str) -> Mapping[str, Any]:
    """Return what a person prefers; empty if nothing."""
    found = tx.execute(select(preference.c.content).where(preference.c.actor == actor)).scalar()
    return found or {}


def put_preferences(tx: Connection, actor: str, content: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what a person prefers instead of what was kept before."""
    upsert(tx, preference, [{"actor": actor, "content": dict(content), "changed_at": now}])
