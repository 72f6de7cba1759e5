"""Wishes about recruiting that people published: who asks not to be approached, and where they say so.

Readers say of each bio, README and homepage they read whole what it wishes (`spiders.clients.wishes.claim`). The newest
word of a place counts, so a wish ends when the next reading no longer finds it. One refusal at any identity keeps the
whole person out of searches, rankings, lists and exports, from the moment it is stored; unmerging ends that as well.

A wish not to be approached is an objection to recruiting, not a request to be erased (TRUST P10): nothing is shown,
scored or handed over, what was collected stays until retention or an erasure, so that the wish can be recognised
every night and lifted by its author. What an operator hides or suppresses is another matter and is not touched.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    bindparam,
    exists,
    or_,
    select,
    union,
    union_all,
)

from storage.engine import batched
from storage.model import Judgement
from storage.statements import stands
from storage.tables import claim, edge, person_identity

REFUSED: Final = "opt_out"
REFUSED_LINE: Final = "opt_out_line"
OPENED: Final = "opted_in"
SILENT: Final = "no_wish"
_KINDS: Final = (REFUSED, REFUSED_LINE, OPENED, SILENT)
_HOMEPAGE: Final = "rule:homepage@"  # an account or record gives a page as its homepage; pages sort behind
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where and when somebody asked not to be approached. identity: the account or page that says so."""

    identity: str
    source: str
    url: str
    seen_at: datetime

    @property
    def sentence(self) -> str:
        """Return the reason as shown to people, with source, day and link."""
        return f"asked not to be approached ({self.source}, {self.seen_at:%Y-%m-%d}, {self.url})"

    @property
    def bare(self) -> str:
        """Return the reason without the address, which tells who it is."""
        return f"asked not to be approached ({self.seen_at:%Y-%m-%d})"


@cache
def people() -> Select[Any]:
    """Return the query for the living keys of everybody who asks not to be approached.

    A line of the convention refuses whatever else is said; prose gives way to a line that says yes anywhere. A page
    that only one person gives as their homepage refuses for that person, even if it does not point back.
    """
    opened = select(person_identity.c.person).where(
        person_identity.c.identity.in_(select(claim.c.left).where(_newest(OPENED)))
    )
    lines, prose = _refusing(REFUSED_LINE), _refusing(REFUSED)
    asked = union(
        select(lines.c.person), select(prose.c.person).where(prose.c.person.not_in(opened))
    ).subquery("asked")
    return select(asked.c.person)


def keys(tx: Connection) -> set[str]:
    """Return the living keys of everybody who asks not to be approached."""
    return set(tx.execute(people()).scalars())


def of(tx: Connection, persons: Collection[str]) -> dict[str, tuple[Asked, ...]]:
    """Return where each of some people asks not to be approached, newest first; who does not is left out.

    persons: living keys.
    """
    found: dict[str, list[Asked]] = {}
    for batch in batched(sorted(persons), _BATCH):
        for row in tx.execute(_told(), {"persons": list(batch)}):
            asked = Asked(identity=row.left, source=row.source, url=row.url, seen_at=row.seen_at)
            found.setdefault(row.person, []).append(asked)
    return {key: tuple(dict.fromkeys(told)) for key, told in found.items()}


@cache
def _told() -> Select[Any]:
    """Return the query for the refusals of some people; building it takes longer than running it, so it is kept."""
    said = _refusing(REFUSED, REFUSED_LINE)
    return (
        select(said)
        .where(said.c.person.in_(bindparam("persons", expanding=True)), said.c.person.in_(people()))
        .order_by(said.c.person, said.c.seen_at.desc(), said.c.left, said.c.url)
    )


def _refusing(*kinds: str) -> Subquery:
    """Return (person, left, source, url, seen_at) of standing refusals of some kinds, one row a person and place."""
    told = (claim.c.left, claim.c.source, claim.c.url, claim.c.seen_at)
    own = select(person_identity.c.person, *told).join_from(
        claim, person_identity, person_identity.c.identity == claim.c.left
    )
    named = (
        select(person_identity.c.person, *told)
        .join_from(claim, edge, edge.c.right == claim.c.left)
        .join(person_identity, person_identity.c.identity == edge.c.left)
        .where(_gives_alone())
    )
    return union_all(*(one.where(_newest(*kinds)) for one in (own, named))).subquery()


def _gives_alone() -> ColumnElement[bool]:
    """Return the condition that an edge says "this is my homepage", nobody else does, and no person denied it."""
    others, theirs, denied = edge.alias("others"), person_identity.alias("theirs"), edge.alias("denied")
    by_another = exists().where(
        others.c.right == edge.c.right,
        others.c.decided_by.startswith(_HOMEPAGE),
        others.c.retracted_at.is_(None),
        theirs.c.identity == others.c.left,
        theirs.c.person != person_identity.c.person,
    )
    is_denied = exists().where(
        denied.c.left == edge.c.left,
        denied.c.right == edge.c.right,
        denied.c.judgement == str(Judgement.DIFFERENT),
        denied.c.retracted_at.is_(None),
    )
    return edge.c.decided_by.startswith(_HOMEPAGE) & edge.c.retracted_at.is_(None) & ~by_another & ~is_denied


def _newest(*kinds: str) -> ColumnElement[bool]:
    """Return the condition that a claim is of some kinds and its place's last word; equally old, a refusal stays."""
    later = claim.alias("later")
    younger = later.c.seen_at > claim.c.seen_at
    if OPENED in kinds:
        younger = or_(
            younger, (later.c.seen_at == claim.c.seen_at) & later.c.kind.in_([REFUSED, REFUSED_LINE])
        )
    replaced = exists().where(
        later.c.left == claim.c.left,
        later.c.right == claim.c.right,
        later.c.source == claim.c.source,
        later.c.kind.in_(_KINDS),
        later.c.kind.not_in(kinds),
        younger,
    )
    standing = claim.c.kind.in_(kinds) & ~replaced & stands(claim, claim.c.left)
    # A yes falls with the post it stood in; a no stays: the post of somebody who refuses is taken back with it.
    return standing & stands(claim, claim.c.right) if OPENED in kinds else standing
