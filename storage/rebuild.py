"""Clusters to persons with keys that stay.

A key stays with its anchor, the strongest identity of the cluster it was minted for, of equals the earliest. When
clusters join, the person minted first stays and the other keys become aliases; when they part again, the aliases live
again. An anchor moves only when its identity is gone: a key that followed a newcomer could not be given back. An alias
whose identity is gone leads on to the person it led to.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from storage import statements
from storage.engine import upsert
from storage.identifiers import Keyer
from storage.model import IdentityView, Rebuilt
from storage.tables import person, person_alias, person_identity

_KEY_LENGTH = 12
# An account with a number of its own says most; a place in a byline says least.
_STRENGTH = {site: rank for rank, site in enumerate(("github", "orcid", "openreview", "hf", "page", "git"))}


def weakness(identity: str) -> int:
    """Return how little an identity says of who it is, 0 for a GitHub account; places in a byline come last."""
    if identity.rpartition(":")[2].isdecimal() and identity.count(":") > 1:
        return len(_STRENGTH)
    return _STRENGTH.get(identity.partition(":")[0], len(_STRENGTH))


def rebuild(
    tx: Connection, clusters: Iterable[frozenset[str]], now: datetime, *, keyer: Keyer | None = None
) -> Rebuilt:
    """Make persons of clusters; changes person, person_identity, person_alias.

    Scores of merged keys stay, unseen, until the next ranking: they are there again when the merge is undone at once.

    Identities in no cluster belong to nobody afterwards. keyer: makes new keys unguessable from identity ids;
    without one they are plain digests. Call `search.reindex` and `unscored.leave_out` afterwards.
    """
    ordered = sorted((sorted(one) for one in clusters if one), key=lambda members: members[0])
    views = {view.id: view for view in statements.iter_identities(tx)}
    anchors = _anchors(tx, {one for members in ordered for one in members})
    aliases = {row.alias: row.person for row in tx.execute(select(person_alias))}
    known = set(tx.execute(select(person.c.key)).scalars())
    plan = _Plan(now=now, views=views, anchors=anchors, mint=_minter(keyer, set(known)))
    for members in ordered:
        plan.take(members)
    plan.lead_on(aliases)
    live = {row["key"] for row in plan.people}
    upsert(
        tx,
        person,
        plan.people,
        change=lambda new: {name: new[name] for name in ("kind", "name", "first_seen", "last_seen")},
    )
    tx.execute(delete(person_identity))
    upsert(tx, person_identity, plan.members)
    tx.execute(delete(person_alias))
    upsert(tx, person_alias, plan.aliases)
    merged = {row["alias"] for row in plan.aliases}
    return Rebuilt(
        minted=len(live - known),
        kept=len(live & known),
        merged=len(merged - aliases.keys()),
        split=len(live & aliases.keys()),
    )


def shown_name(views: Iterable[IdentityView]) -> str | None:
    """Return the name to show: one of at least two words that most identities use, the longest, the first."""
    votes = Counter(view.names[0] for view in views if view.names)
    if not votes:
        return None
    return min(votes, key=lambda name: (len(name.split()) < 2, -votes[name], -len(name), name))


def _anchors(tx: Connection, present: set[str]) -> dict[str, Row[Any]]:
    """Return persons by anchor; one whose anchor is gone moves to the strongest identity that is left of it."""
    rows = tx.execute(select(person)).all()
    adrift = {row.key for row in rows if row.anchor not in present}
    held = {row.anchor for row in rows}
    rest: dict[str, str] = {}
    members = tx.execute(select(person_identity).order_by(person_identity.c.identity)).all()
    for row in sorted(members, key=lambda row: (weakness(row.identity), row.identity)):
        if row.person in adrift and row.identity in present and row.identity not in held:
            rest.setdefault(row.person, row.identity)
    for key, anchor in sorted(rest.items()):
        tx.execute(update(person).where(person.c.key == key).values(anchor=anchor))
    return {rest.get(row.key, row.anchor): row for row in rows}


class _Plan:
    """The rows a rebuild will leave."""

    def __init__(
        self,
        *,
        now: datetime,
        views: Mapping[str, IdentityView],
        anchors: Mapping[str, Row[Any]],
        mint: Callable[[str], str],
    ) -> None:
        self._now = now
        self._views = views
        self._anchors = anchors
        self._mint = mint
        self.people: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.aliases: list[dict[str, Any]] = []

    def take(self, members: Sequence[str]) -> None:
        """Give one cluster its key: of the oldest person anchored in it, else a new one. members: sorted."""
        seen = [self._views[one] for one in members if one in self._views]
        held = [(self._anchors[one], one) for one in members if one in self._anchors]
        if held:
            held.sort(key=lambda pair: (pair[0].minted_at, *self._order(pair[1])))
            key, anchor = held[0][0].key, held[0][1]
            self.aliases.extend({"alias": row.key, "person": key} for row, _ in held[1:])
        else:
            anchor = min(members, key=self._order)
            key = self._mint(anchor)
        self.people.append(
            {
                "key": key,
                "anchor": anchor,
                "kind": str(statements.strictest(view.kind for view in seen)),
                "name": shown_name(seen),
                "minted_at": self._now,
                "first_seen": min((view.first_seen for view in seen), default=self._now),
                "last_seen": max((view.last_seen for view in seen), default=self._now),
            }
        )
        self.members.extend({"identity": one, "person": key} for one in members)

    def lead_on(self, aliases: Mapping[str, str]) -> None:
        """Keep the aliases of before, by living key, whose own identity is gone: lists and marks are under them."""
        leads = {row["key"]: row["key"] for row in self.people}
        leads |= {row["alias"]: row["person"] for row in self.aliases}
        for alias, living in sorted(aliases.items()):
            if alias not in leads and living in leads:
                self.aliases.append({"alias": alias, "person": leads[living]})

    def _order(self, identity: str) -> tuple[int, datetime, str]:
        """Sorts the identity that a key is best kept with first."""
        return (weakness(identity), self._first_seen(identity), identity)

    def _first_seen(self, identity: str) -> datetime:
        view = self._views.get(identity)
        return view.first_seen if view is not None else self._now


def _minter(keyer: Keyer | None, taken: set[str]) -> Callable[[str], str]:
    def mint(anchor: str) -> str:
        bump = 0
        while True:
            text = anchor if not bump else f"{anchor}\0{bump}"
            if keyer is not None:
                raw = bytes.fromhex(keyer.digest("person", text))
            else:
                raw = hashlib.sha256(f"person\0{text}".encode()).digest()
            key = "p_" + base64.b32encode(raw).decode().lower()[:_KEY_LENGTH]
            if key not in taken:
                taken.add(key)
                return key
            bump += 1

    return mint
