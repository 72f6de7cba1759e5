"""What the store would like to hear from other sites about papers, numbers and accounts it knows already.

Several sources may raise the same question; each has a memory of its own of what it was handed.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal, or_, select, union

from spiders.records import WorkKind
from spiders.spec import Want
from storage.tables import asked, claim, identity, statement, work

_OWN_MEMORY = frozenset({"github_accounts", "unlinked_commits", "homepages"})
# A byline's clusters settle once an index has read the paper, and change when the index is rebuilt: twice a year.
_DAYS: dict[Want, float] = {"arxiv_papers": 180}
_INDEXED_DAYS = 14  # OpenAlex and Semantic Scholar know most papers of arXiv two weeks after they appeared
_CLAIMED_DAYS = 7  # authors claim their places at the hub in the week after (SOURCES §4, step 8)
_FRESH_DAYS = 60
_NAME_MAX = 32  # of the column
_TURN_HOURS = 20  # a fallback asks a night later than the source it stands in for
_STACK = re.compile(r"https?://(?:www\.)?stackoverflow\.com/users/(\d{1,12})(?:/|$)", re.I | re.A)
_KAGGLE = re.compile(r"https?://(?:www\.)?kaggle\.com/([a-z0-9][a-z0-9-]{0,63})/?", re.I | re.A)
_KAGGLE_PAGES = frozenset(
    {
        "code",
        "competitions",
        "datasets",
        "discussions",
        "learn",
        "models",
        "organizations",
        "rankings",
        "work",
    }
)

Answers = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One question: who raises it when, and since when what was handed out is left out."""

    memory: str
    now: datetime
    since: datetime
    limit: int

    def handed_out(self, subject: ColumnElement[str]) -> ColumnElement[bool]:
        """Return whether a subject was handed to this source lately."""
        return exists().where(
            asked.c.want == self.memory, asked.c.subject == subject, asked.c.asked_at > self.since
        )


def memory(want: Want, source: str | None) -> str:
    """Return the name under which it is remembered what a source was handed; at most 32 characters."""
    if want in _OWN_MEMORY:
        return want
    name = f"{want}/{source or ''}"
    return name if len(name) <= _NAME_MAX else hashlib.sha256(name.encode()).hexdigest()[:_NAME_MAX]


def wanted(tx: Connection, want: Want, *, now: datetime, ttl_days: float, limit: int, source: str) -> Answers:
    """Return at most `limit` answers; what this source was handed within `ttl_days` (papers: 180) is left out.

    arxiv_papers: `{"id"}` of papers two weeks old or more, newest first. fresh_papers: the same of papers between a
    week and two months old, and of any that name one repository.
    orcids: `{"orcid"}` that somebody stated. unanswered_orcids: those that no index knows, a night later.
    hub_accounts: `{"id", "name"}` of people's accounts. openreview_profiles: `{"id"}`, tilde ids of bylines and pages.
    stack_accounts: `{"id": int}`, kaggle_accounts: `{"name"}`, of addresses people published.
    """
    ask: dict[Want, Callable[[Connection, _Asking], Answers]] = {
        "arxiv_papers": _papers,
        "fresh_papers": _fresh_papers,
        "orcids": _orcids,
        "unanswered_orcids": _unanswered_orcids,
        "hub_accounts": _hub_accounts,
        "openreview_profiles": _openreview_profiles,
        "stack_accounts": _stack_accounts,
        "kaggle_accounts": _kaggle_accounts,
    }
    since = now - timedelta(days=_DAYS.get(want, ttl_days))
    return ask[want](tx, _Asking(memory=memory(want, source), now=now, since=since, limit=limit))


def _papers(tx: Connection, asking: _Asking) -> Answers:
    settled = (asking.now - timedelta(days=_INDEXED_DAYS)).date()
    return _listed(tx, asking, or_(work.c.published_on.is_(None), work.c.published_on <= settled))


def _fresh_papers(tx: Connection, asking: _Asking) -> Answers:
    settled = (asking.now - timedelta(days=_CLAIMED_DAYS)).date()
    recent = work.c.published_on > (asking.now - timedelta(days=_FRESH_DAYS)).date()
    has_code = exists().where(claim.c.left == work.c.id, claim.c.kind == "paper_code")
    return _listed(tx, asking, (work.c.published_on <= settled) & (recent | has_code))


def _listed(tx: Connection, asking: _Asking, which: ColumnElement[bool]) -> Answers:
    handed_out = exists().where(
        asked.c.want == asking.memory,
        literal("arxiv:").concat(asked.c.subject) == work.c.id,
        asked.c.asked_at > asking.since,
    )
    rows = tx.execute(
        select(work.c.id)
        .where(work.c.id >= "arxiv:", work.c.id < "arxiv;", work.c.kind == str(WorkKind.PAPER))
        .where(which, ~handed_out)
        .group_by(work.c.id)
        .order_by(func.max(work.c.published_on).desc().nulls_last(), work.c.id.desc())
        .limit(asking.limit)
    )
    return [{"id": key.removeprefix("arxiv:")} for key in rows.scalars()]


def _stated_orcids() -> Select[Any]:
    """Return every ORCID that a person or a record states; what an index merely derived is none."""
    bearers = (
        select(statement.c.value.label("orcid"), identity.c.first_seen)
        .join(identity, identity.c.id == statement.c.identity)
        .where(statement.c.attribute == "orcid")
    )
    named = select(func.substr(claim.c.right, len("orcid:") + 1).label("orcid"), claim.c.seen_at).where(
        claim.c.right >= "orcid:", claim.c.right < "orcid;", claim.c.kind != "cluster_orcid"
    )
    found = union(bearers, named).subquery()
    return (
        select(found.c.orcid)
        .group_by(found.c.orcid)
        .order_by(found.c.orcid)
        .add_columns(func.min(found.c.first_seen).label("known_since"))
    )


def _orcids(tx: Connection, asking: _Asking) -> Answers:
    found = _stated_orcids().subquery()
    rows = tx.execute(
        select(found.c.orcid)
        .where(~asking.handed_out(found.c.orcid))
        .order_by(found.c.orcid)
        .limit(asking.limit)
    )
    return [{"orcid": number} for number in rows.scalars()]


def _unanswered_orcids(tx: Connection, asking: _Asking) -> Answers:
    found = _stated_orcids().subquery()
    answered = exists().where(
        claim.c.kind == "cluster_orcid", claim.c.right == literal("orcid:").concat(found.c.orcid)
    )
    turn = asking.now - timedelta(hours=_TURN_HOURS)
    rows = tx.execute(
        select(found.c.orcid)
        .where(found.c.known_since <= turn, ~answered, ~asking.handed_out(found.c.orcid))
        .order_by(found.c.orcid)
        .limit(asking.limit)
    )
    return [{"orcid": number} for number in rows.scalars()]


def _hub_accounts(tx: Connection, asking: _Asking) -> Answers:
    """Leave out organisations, and names that two accounts have borne: whose they are now, only the hub knows."""
    other = statement.alias()
    shared = exists().where(
        other.c.attribute == "handle",
        other.c.hash == statement.c.hash,
        other.c.identity != statement.c.identity,
        other.c.identity >= "hf:",
        other.c.identity < "hf;",
    )
    kind = statement.alias()
    other_kind = exists().where(
        kind.c.identity == statement.c.identity, kind.c.attribute == "kind", kind.c.value != "personal"
    )
    number = func.substr(statement.c.identity, len("hf:") + 1)
    rows = tx.execute(
        select(statement.c.identity, statement.c.value)
        .where(statement.c.attribute == "handle")
        .where(statement.c.identity >= "hf:", statement.c.identity < "hf;")
        .where(~other_kind, ~shared, ~asking.handed_out(number))
        .order_by(statement.c.identity, statement.c.seen_at, statement.c.value)
    )
    newest = {row.identity.removeprefix("hf:"): row.value for row in rows}
    return [{"id": key, "name": name} for key, name in list(newest.items())[: asking.limit]]


def _openreview_profiles(tx: Connection, asking: _Asking) -> Answers:
    begin, end = "openreview:~", "openreview:\x7f"
    found = union(
        select(identity.c.id.label("id")).where(identity.c.id >= begin, identity.c.id < end),
        select(claim.c.right).where(claim.c.right >= begin, claim.c.right < end),
    ).subquery()
    tilde = func.substr(found.c.id, len("openreview:") + 1)
    rows = tx.execute(select(tilde).where(~asking.handed_out(tilde)).order_by(tilde).limit(asking.limit))
    return [{"id": key} for key in rows.scalars()]


def _stack_accounts(tx: Connection, asking: _Asking) -> Answers:
    told = (
        found[1] for address in _addresses(tx, "stackoverflow.com/users/") if (found := _STACK.match(address))
    )
    return [{"id": int(number)} for number in _not_handed_out(tx, asking, told)]


def _kaggle_accounts(tx: Connection, asking: _Asking) -> Answers:
    told = (
        found[1].lower()
        for address in _addresses(tx, "kaggle.com/")
        if (found := _KAGGLE.fullmatch(address)) and found[1].lower() not in _KAGGLE_PAGES
    )
    return [{"name": name} for name in _not_handed_out(tx, asking, told)]


def _addresses(tx: Connection, place: str) -> Iterable[str]:
    rows = tx.execute(
        select(statement.c.value)
        .where(statement.c.attribute.in_(["homepage", "link"]), statement.c.value.contains(place))
        .distinct()
    )
    return sorted(rows.scalars())


def _not_handed_out(tx: Connection, asking: _Asking, told: Iterable[str]) -> list[str]:
    lately = set(
        tx.execute(
            select(asked.c.subject).where(asked.c.want == asking.memory, asked.c.asked_at > asking.since)
        ).scalars()
    )
    return sorted(set(told) - lately)[: asking.limit]
