"""Shortlists: each act is an audit entry and one transaction."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sourcing.errors import BadInput, NotAllowed
from storage import audit, lists, persons, wishes
from storage.engine import Store

NAME_MAX = 80


def create(store: Store, name: str, *, specialism: str | None, actor: str, now: datetime) -> None:
    """Make an empty shortlist; writes the audit log and the list. Raises BadInput for a name that cannot be kept."""
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable() or "/" in name:
        raise BadInput(f"a shortlist's name has 1 to {NAME_MAX} visible characters and no slash")
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="list.create", subject=_opaque(name), detail={})
        lists.create(tx, name, specialism=specialism, actor=actor, now=now)


def add(store: Store, name: str, keys: Sequence[str], *, actor: str, now: datetime) -> int:
    """Put people at the end of a shortlist and return how many were new to it.

    Raises NotFound, NotAllowed if one of them asked not to be approached.
    """
    with store.begin() as tx:
        for key, asked in wishes.of(tx, {persons.resolve_key(tx, key) for key in keys}).items():
            raise NotAllowed("O4", f"{key} {asked[0].sentence}")
        audit.append(
            tx, at=now, actor=actor, action="list.add", subject=_opaque(name), detail={"people": len(keys)}
        )
        return lists.add(tx, name, keys, actor=actor, now=now)


def remove(store: Store, name: str, keys: Sequence[str], *, actor: str, now: datetime) -> int:
    """Take people off a shortlist and return how many were on it. Raises NotFound."""
    with store.begin() as tx:
        audit.append(
            tx, at=now, actor=actor, action="list.remove", subject=_opaque(name), detail={"people": len(keys)}
        )
        return lists.remove(tx, name, keys)


def _opaque(name: str) -> str:
    # a list may be named after somebody: the log holds a digest
    return f"list:{sha256(name.encode()).hexdigest()[:16]}"
