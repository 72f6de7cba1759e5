"""Links that show a shortlist to a manager: signed, read only, expiring, taken back at will, every view logged.

A link hands a ranking over, so it is asked what an export is asked (TRUST P04, P13, P20): a bias report, notices in
time, and reasons that were looked at. All of it is asked again whenever the link opens: the list goes on, and so do the
clocks. Whoever may not be shown then is left out, and counted.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing import jurisdictions, oversight
from sourcing.errors import BadInput, ExportBlocked, NotAllowed
from sourcing.lists import opaque, stage_in
from sourcing.marking import silent, stage_of
from sourcing.settings import Settings, pepper
from storage import audit, lists, notices, scores, shares, views
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.model import MarkKind, Shortlist
from storage.shares import Share
from storage.views import Viewed

DAYS = 14
DAYS_MAX = 90
_ID_BYTES = 8
_GONE = "this link does not open any more; ask whoever sent it for a new one"
_NOBODY: Mapping[str, Viewed] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new link. token: the secret part of its address; kept nowhere, made anew from the link by `token`."""

    share: Share
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A link that opened. left_out: who is on the list and may not be shown for now, by living key."""

    share: Share
    left_out: frozenset[str]


def make(
    store: Store,
    settings: Settings,
    name: str,
    *,
    days: int,
    blind: bool,
    notes: bool,
    actor: str,
    now: datetime,
    shown: Mapping[str, Viewed] = _NOBODY,
) -> Made:
    """Make a link to a shortlist; writes the audit log, the link and viewed.

    shown: whose reasons pages displayed to the actor. Raises NotFound, BadInput for a time outside 1–90 days,
    NotAllowed where a bias report lacks or the actor was not shown the reasons of everybody, ExportBlocked if nobody on
    the list was told of it in time.
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
        found = lists.show(tx, name)
        people = _people(tx, found)
        _expect_reports(tx, settings, found, people, now=now)
        late = _late(tx, settings, people, now=now)
        if people and len(late) == len(people):
            raise ExportBlocked(f"nobody on this list may be shown: {people[0]} {late[people[0]]} (rule P04)")
        decided = _decided(tx, found, people)
        oversight.expect_seen(tx, settings, people, decided=decided, actor=actor, now=now, shown=shown)
        detail = {"share": one.id, "days": days, "blind": blind, "notes": notes}
        audit.append(tx, at=now, actor=actor, action="share.make", subject=opaque(name), detail=detail)
        shares.put(tx, one)
    return Made(share=one, token=token(one, pepper(settings)))


def open_(store: Store, settings: Settings, given: str, *, now: datetime) -> Opening:
    """Return what a link shows, and log that it was looked at.

    Raises NotFound for one that is not ours, not open, or whose ranking may not be handed over any more.
    """
    share_id = given.partition(".")[0]
    with store.begin() as tx:
        try:
            one = shares.get(tx, share_id)
        except NotFound as error:
            raise NotFound(_GONE) from error
        if not hmac.compare_digest(token(one, pepper(settings)).encode(), given.encode()):
            raise NotFound(_GONE)
        if not one.is_open(now):
            raise NotFound(_GONE)
        found = lists.show(tx, one.shortlist)
        people = _people(tx, found)
        try:
            _expect_reports(tx, settings, found, people, now=now)
        except NotAllowed as error:  # what this installation lacks is no stranger's to read
            raise NotFound(_GONE) from error
        left_out = _late(tx, settings, people, now=now).keys() | _unapproved(tx, settings, found, people, one)
        audit.append(
            tx,
            at=now,
            actor=f"share:{one.id}",
            action="share.view",
            subject=opaque(one.shortlist),
            detail={"left_out": len(left_out)} if left_out else {},
        )
        shares.viewed(tx, one.id, now=now)
    return Opening(share=one, left_out=frozenset(left_out))


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


def _people(tx: Any, found: Shortlist) -> list[str]:
    """Return who is on a list and shown at all, by living key, in its order."""
    keys = [item.person for item in found.items]
    left_alone = silent(tx, keys, blind=True)
    return [key for key in keys if key not in left_alone]


def _expect_reports(
    tx: Any, settings: Settings, found: Shortlist, people: list[str], *, now: datetime
) -> None:
    """Raise NotAllowed where a bias report lacks of a ranking the list shows: its own, or else everybody's best."""
    slugs = {found.specialism}
    if found.specialism is None:
        slugs = {held[0].specialism for held in scores.scores_of(tx, people).values() if held}
    for slug in sorted(filter(None, slugs)):
        oversight.expect_report(tx, settings, slug, now=now)


def _late(tx: Any, settings: Settings, people: list[str], *, now: datetime) -> dict[str, str]:
    return notices.blocks(tx, people, rules=jurisdictions.duties(settings).rules, now=now)


def _decided(tx: Any, found: Shortlist, people: Collection[str]) -> set[str]:
    """Return whom somebody decided on already, for this role or everywhere."""
    held = marks.marks_of(tx, people, (MarkKind.STAGE,))
    stages = {item.person: stage_in(item, stage_of(held.get(item.person, ()))) for item in found.items}
    return {key for key in people if oversight.is_approved(stages[key])}


def _unapproved(
    tx: Any, settings: Settings, found: Shortlist, people: Collection[str], one: Share
) -> set[str]:
    """Return who came onto the list since and whose reasons the link's maker was never shown."""
    if not jurisdictions.duties(settings).human_review:
        return set()
    return set(people) - views.of(tx, one.actor, people).keys() - _decided(tx, found, people)
