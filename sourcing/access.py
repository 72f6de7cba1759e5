"""Who may use the pages and the API: links, sessions, keys and preferences. Secrets leave once and are kept as digests.

A session ends after hours without use and after days whatever happens; a sign-in begins a new one each time, so that
a value planted in a browser before never becomes somebody's.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sourcing.errors import BadInput, UnknownName
from storage import access, audit
from storage.access import Key
from storage.engine import Store

LINK_MINUTES = 10
WAY_MINUTES = 10  # how long somebody may take at their team's sign-in service
IDLE_HOURS = 8.0  # TRUST T21
LIFE_DAYS = 7  # a cookie somebody copied while it is used every day ends nevertheless
TOUCH_S = 300  # how exactly the last use is known: a write in five minutes, not one a request
KEY_NAME_MAX = 80
_SECRET_BYTES = 32
_KEY = re.compile(r"^sk_([a-z0-9]{10})_([A-Za-z0-9_-]{43})$")
_ACTOR = re.compile(r"^[A-Za-z0-9._:-]{1,64}$")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Scope(StrEnum):
    """What somebody may do; each includes those before it."""

    READ = "read"
    WRITE = "write"
    EXPORT = "export"
    ADMIN = "admin"

    def includes(self, wanted: "Scope") -> bool:
        """Return whether whoever has this may do what is wanted."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


class Theme(StrEnum):
    """Which colours; auto follows the system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How much stands on a screen."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


KEYS: Mapping[str, tuple[str, str]] = {
    "search": ("/", "Search"),
    "next": ("j", "Next person"),
    "previous": ("k", "Previous person"),
    "open": ("o", "Open the person (or Enter)"),
    "select": ("x", "Select"),
    "shortlist": ("s", "Add to a shortlist"),
    "stage": ("e", "Set the stage"),
    "tag": ("t", "Tag"),
    "note": ("n", "Write a note"),
    "hide": ("h", "Hide"),
    "good": ("+", "Good fit"),
    "bad": ("-", "Poor fit"),
    "undo": ("u", "Undo"),
    "compare": ("c", "Compare the selected"),
    "person_before": ("[", "Person before"),
    "person_after": ("]", "Person after"),
    "go_today": ("g t", "Go to Today"),
    "go_people": ("g p", "Go to People"),
    "go_lists": ("g l", "Go to Shortlists"),
    "go_runs": ("g r", "Go to Runs"),
    "help": ("?", "Show this help"),
}
"""Every shortcut: its name, the key it has unless somebody chose another, and what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How somebody likes their pages. keys: shortcuts by name, as chosen by them, the rest as in `KEYS`."""

    theme: Theme = Theme.AUTO
    density: Density = Density.COMFORTABLE
    blind: bool = False
    shortcuts: bool = True
    keys: Mapping[str, str]

    def as_content(self) -> dict[str, Any]:
        """Return what the store keeps."""
        chosen = {name: key for name, key in self.keys.items() if key != KEYS[name][0]}
        return {
            "theme": self.theme,
            "density": self.density,
            "blind": self.blind,
            "shortcuts": self.shortcuts,
            "keys": chosen,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody who asks. actor: as written in the audit log. secret: of the cookie; None for an API key."""

    actor: str
    scope: Scope
    preferences: Preferences
    secret: str | None

    @property
    def csrf(self) -> str:
        """Return what a form of this session must bring along; no other site can know it."""
        return _digest(f"csrf:{self.secret}") if self.secret is not None else ""

    def may(self, wanted: Scope) -> bool:
        """Return whether they may do something."""
        return self.scope.includes(wanted)


def preferences(content: Mapping[str, Any], *, blind: bool = False) -> Preferences:
    """Return preferences from what the store keeps; what is not known any more is as if not chosen.

    blind: whether names are hidden for somebody who never chose.
    """
    keys = {name: key for name, (key, _) in KEYS.items()}
    keys |= {name: key for name, key in dict(content.get("keys", {})).items() if name in KEYS}
    theme, density = content.get("theme"), content.get("density")
    return Preferences(
        theme=Theme(theme) if theme in set(Theme) else Theme.AUTO,
        density=Density(density) if density in set(Density) else Density.COMFORTABLE,
        blind=bool(content.get("blind", blind)),
        shortcuts=bool(content.get("shortcuts", True)),
        keys=keys,
    )


def prefer(store: Store, who: Who, chosen: Preferences, *, now: datetime) -> None:
    """Keep how somebody likes their pages. Raises BadInput for a key that is no key, or stands for two things."""
    for name, key in chosen.keys.items():
        if name not in KEYS:
            raise UnknownName("shortcut", name, KEYS)
        if not re.fullmatch(r"[!-~]( [!-~])?", key):
            raise BadInput(f"shortcut {name!r}: expected one visible character, or two with a space between")
    used = list(chosen.keys.values())
    twice = sorted({key for key in used if used.count(key) > 1})
    if twice:
        raise BadInput(f"shortcut {twice[0]!r} stands for two things; choose another key for one of them")
    begins = {key[0] for key in used if len(key) > 1} & set(used)
    if begins:
        raise BadInput(f"shortcut {sorted(begins)[0]!r} is also how a longer one begins; choose another key")
    with store.begin() as tx:
        access.put_preferences(tx, who.actor, chosen.as_content(), now=now)


def make_link(store: Store, *, actor: str, scope: Scope, now: datetime) -> str:
    """Return the secret of a sign-in link: good once, for ten minutes. Writes the audit log and its digest."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="access.link", subject="link", detail={"scope": scope})
        access.put_sign_in(
            tx,
            _digest(secret),
            kind="link",
            content={"actor": actor, "scope": scope},
            ends_at=now + timedelta(minutes=LINK_MINUTES),
        )
    return secret


def redeem_link(store: Store, secret: str, *, now: datetime) -> str | None:
    """Sign in with a link and return the new session's secret; None if the link is unknown, used or over."""
    with store.begin() as tx:
        content = access.take_sign_in(tx, _digest(secret), kind="link", now=now)
        if content is None:
            return None
        return _begin(tx, content["actor"], Scope(content["scope"]), how="link", now=now)


def begin_session(
    store: Store,
    *,
    actor: str,
    scope: Scope,
    how: str,
    now: datetime,
    claims: Mapping[str, Any] | None = None,
) -> str:
    """Sign somebody in and return the new session's secret. how: oidc. Writes the audit log and the session.

    claims: what is asked about at every request, as `find_session` does; None: the scope stays as it is.
    Raises BadInput for an actor that the audit log cannot hold.
    """
    if not _ACTOR.fullmatch(actor):
        raise BadInput("the name to sign in with has characters other than letters, digits and . _ : -")
    with store.begin() as tx:
        return _begin(tx, actor, scope, how=how, now=now, claims=claims)


def find_session(
    store: Store,
    secret: str,
    *,
    now: datetime,
    idle_hours: float,
    blind: bool,
    admit: Callable[[Mapping[str, Any]], Scope | None] = lambda _: None,
) -> Who | None:
    """Return who is signed in with a secret; None if it is unknown or over. Writes its last use every few minutes.

    admit: what somebody may do now who signed in with claims, None for nothing: their session ends.
    """
    digest = _digest(secret)
    with store.read() as tx:
        found = access.find_session(tx, digest)
    if found is None:
        return None
    scope = Scope(found.scope) if found.claims is None else admit(found.claims)
    is_idle = now - found.used_at >= timedelta(hours=idle_hours)
    if scope is None or is_idle or now - found.made_at >= timedelta(days=LIFE_DAYS):
        end_session(store, secret)
        return None
    if now - found.used_at >= timedelta(seconds=TOUCH_S):
        with store.begin() as tx:
            access.touch_session(tx, digest, now=now)
    return Who(
        actor=found.actor,
        scope=scope,
        preferences=preferences(found.preferences, blind=blind),
        secret=secret,
    )


def end_session(store: Store, secret: str) -> None:
    """Sign somebody out."""
    with store.begin() as tx:
        access.end_session(tx, _digest(secret))


def begin_way(store: Store, content: Mapping[str, str], *, now: datetime) -> str:
    """Keep what a sign-in at a team's service must come back with; return the secret the browser keeps meanwhile."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with store.begin() as tx:
        _sweep(tx, now)
        ends_at = now + timedelta(minutes=WAY_MINUTES)
        access.put_sign_in(tx, _digest(secret), kind="oidc", content=content, ends_at=ends_at)
    return secret


def take_way(store: Store, secret: str, *, now: datetime) -> Mapping[str, str] | None:
    """Return what `begin_way` kept, once; None if it is unknown, used or over."""
    with store.begin() as tx:
        return access.take_sign_in(tx, _digest(secret), kind="oidc", now=now)


def create_key(
    store: Store, name: str, *, scope: Scope, days: float | None, actor: str, now: datetime
) -> tuple[Key, str]:
    """Make an API key; return it and its secret, which is shown once. days: how long it is good; None = until revoked.

    Writes the audit log and the key. Raises BadInput for a name that cannot be kept.
    """
    if not name.strip() or len(name) > KEY_NAME_MAX or not name.isprintable():
        raise BadInput(f"a key's name has 1 to {KEY_NAME_MAX} visible characters")
    id = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    secret = f"sk_{id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    key = Key(
        id=id,
        name=name,
        scope=scope,
        actor=actor,
        made_at=now,
        ends_at=None if days is None else now + timedelta(days=days),
        revoked_at=None,
        used_at=None,
    )
    with store.begin() as tx:
        detail = {"scope": scope, "days": days}
        audit.append(tx, at=now, actor=actor, action="access.key", subject=f"key:{id}", detail=detail)
        access.put_key(tx, key, digest=_digest(secret))
    return key, secret


def find_by_key(store: Store, secret: str, *, now: datetime, blind: bool) -> Who | None:
    """Return whose key a secret is; None if it is unknown, revoked or over. Writes the day of its last use.

    The actor is the key, not whoever made it: the audit log tells a program from a person.
    """
    parts = _KEY.fullmatch(secret)
    if parts is None:
        return None
    with store.read() as tx:
        found = access.find_key(tx, parts[1])
    if found is None or not hmac.compare_digest(found[1], _digest(secret)):
        return None
    key = found[0]
    if key.revoked_at is not None or (key.ends_at is not None and key.ends_at <= now):
        return None
    if key.used_at is None or now - key.used_at >= timedelta(days=1):
        with store.begin() as tx:
            access.touch_key(tx, key.id, now=now)
    chosen = replace(preferences({}), blind=blind)
    return Who(actor=f"key:{key.id}", scope=Scope(key.scope), preferences=chosen, secret=None)


def revoke_key(store: Store, id: str, *, actor: str, now: datetime) -> None:
    """Make a key useless; writes the audit log and the key. Raises NotFound."""
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="access.revoke", subject=f"key:{id}", detail={})
        access.revoke_key(tx, id, now=now)


def seen(store: Store, who: Who, key: str, *, owner: str, now: datetime) -> None:
    """Write into the audit log that somebody else than the owner of this installation looked at a person."""
    if who.actor == owner:
        return
    with store.begin() as tx:
        audit.append(tx, at=now, actor=who.actor, action="person.view", subject=key, detail={})


def same(given: str, expected: str) -> bool:
    """Return whether two secrets are the same, in a time that tells nothing about them."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _begin(
    tx: Any, actor: str, scope: Scope, *, how: str, now: datetime, claims: Mapping[str, Any] | None = None
) -> str:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    audit.append(
        tx,
        at=now,
        actor=actor,
        action="access.sign_in",
        subject="session",
        detail={"how": how, "scope": scope},
    )
    _sweep(tx, now)
    access.put_session(tx, _digest(secret), actor=actor, scope=scope, claims=claims, now=now)
    return secret


def _sweep(tx: Any, now: datetime) -> None:
    over = now - timedelta(days=LIFE_DAYS)
    access.sweep(tx, idle_before=over, made_before=over, now=now)


def _digest(secret: str) -> str:
    # a secret of 256 random bits needs no slow digest: there is nothing to guess
    return sha256(secret.encode()).hexdigest()
