"""Questions the store raises itself: accounts nobody described yet, commits nobody attributed, pages nobody read."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, literal, or_, select

from spiders.records import SignalKind
from spiders.spec import Want
from storage import abroad
from storage.engine import batched
from storage.statements import HEARSAY
from storage.tables import asked, claim, identity, signal, statement

# The source that answers each question unless the caller names another.
_ANSWERED_BY: dict[Want, str] = {
    "github_accounts": "github_people",
    "unlinked_commits": "github_people",
    "homepages": "homepages",
}
# A commit that no account claims today may be claimed next month.
_UNLINKED_DAYS = 30
SUBJECT: Mapping[Want, str] = {
    "github_accounts": "id",
    "unlinked_commits": "digest",
    "homepages": "url",
    "arxiv_papers": "id",
    "fresh_papers": "id",
    "orcids": "orcid",
    "unanswered_orcids": "orcid",
    "hub_accounts": "id",
    "openreview_profiles": "id",
    "stack_accounts": "id",
    "kaggle_accounts": "name",
}
"""Which field of an answer says what was asked about."""
_BATCH = 500
_COMMIT = re.compile(r"git:(?:[^@\s]+@)?(?P<sha>[0-9a-f]{7,64}):")
_REPOSITORY = re.compile(r"(?:github|git):(?P<name>[^/]+/[^#@]+)[#@]")

_Answers = list[dict[str, Any]]


def wanted(
    tx: Connection, want: Want, *, now: datetime, ttl_days: float, limit: int, source: str | None = None
) -> _Answers:
    """Return at most `limit` answers to one of the store's own questions, in the order of their keys.

    github_accounts: `{"id": int, "login": str | None}` of accounts not described by `source` within `ttl_days`.
    unlinked_commits: `{"repository", "sha", "digest"}`, the newest commit of each e-mail digest without an account.
    homepages: `{"url", "identity"}` of addresses people published.
    The others: see `storage.abroad`; each source that raises one of those has a memory of its own.
    What was handed out within `ttl_days` (unlinked commits: 30) is left out; `frontier.put_asked` remembers it.
    """
    ask: dict[Want, Callable[[Connection, datetime, int, str], _Answers]] = {
        "github_accounts": _accounts,
        "unlinked_commits": _commits,
        "homepages": _homepages,
    }
    if want not in ask:
        return abroad.wanted(tx, want, now=now, ttl_days=ttl_days, limit=limit, source=source or "")
    days = _UNLINKED_DAYS if want == "unlinked_commits" else ttl_days
    return ask[want](tx, now - timedelta(days=days), limit, source or _ANSWERED_BY[want])


def _accounts(tx: Connection, since: datetime, limit: int, source: str) -> _Answers:
    described = exists().where(
        statement.c.identity == identity.c.id, statement.c.source == source, statement.c.seen_at > since
    )
    handed_out = exists().where(
        asked.c.want == "github_accounts",
        literal("github:").concat(asked.c.subject) == identity.c.id,
        asked.c.asked_at > since,
    )
    rows = tx.execute(
        select(identity.c.id)
        .where(identity.c.id >= "github:0", identity.c.id < "github::", ~described, ~handed_out)
        .order_by(identity.c.id)
        .limit(limit)
    )
    ids = [key for key in rows.scalars() if key.removeprefix("github:").isdigit()]
    logins: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        handles = tx.execute(
            select(statement.c.identity, statement.c.value)
            .where(statement.c.attribute == "handle", statement.c.identity.in_(ids[start : start + 500]))
            .order_by(
                statement.c.identity,
                statement.c.source.not_in(HEARSAY),
                statement.c.seen_at,
                statement.c.value,
            )
        )
        # what the platform says, and the newest of it, comes last and stays
        logins.update({row.identity: row.value for row in handles})
    return [{"id": int(key.removeprefix("github:")), "login": logins.get(key)} for key in ids]


def _commits(tx: Connection, since: datetime, limit: int, _source: str) -> _Answers:
    # Sets are compared here: a planner without statistics turns the same as one query into a product of tables.
    linked = set(
        tx.execute(select(claim.c.left).where(claim.c.kind.in_(["noreply", "platform"])).distinct()).scalars()
    )
    handed_out = set(
        tx.execute(
            select(asked.c.subject).where(asked.c.want == "unlinked_commits", asked.c.asked_at > since)
        ).scalars()
    )
    bearers = tx.execute(
        select(statement.c.value, statement.c.identity)
        .where(statement.c.attribute == "email", statement.c.identity.like("git:%"))
        .order_by(statement.c.value, statement.c.identity)
    )
    unlinked = (
        (digest, one)
        for digest, one in bearers
        if digest not in handed_out and f"email:{digest}" not in linked and one not in linked
    )
    answers: dict[str, dict[str, Any]] = {}
    for batch in batched(unlinked, _BATCH):
        newest = _newest_commits(tx, {one for _, one in batch})
        for digest, one in batch:
            if one in newest and digest not in answers:
                answers[digest] = newest[one] | {"digest": digest}
        if len(answers) >= limit:
            break
    return list(answers.values())[:limit]


def _newest_commits(tx: Connection, identities: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return repository and commit of the newest commit of each identity that has one."""
    place = func.row_number().over(
        partition_by=signal.c.identity, order_by=[signal.c.occurred_at.desc().nulls_last(), signal.c.id]
    )
    ranked = (
        select(signal.c.identity, signal.c.id, signal.c.work, place.label("place"))
        .where(signal.c.identity.in_(sorted(identities)))
        .where(signal.c.kind == str(SignalKind.AUTHORED), signal.c.id.like("git:%"))
        .subquery()
    )
    found: dict[str, dict[str, Any]] = {}
    for row in tx.execute(select(ranked).where(ranked.c.place == 1)):
        sha, repository = _COMMIT.match(row.id), _REPOSITORY.match(row.work)
        if sha is not None and repository is not None:
            found[row.identity] = {"repository": repository["name"], "sha": sha["sha"]}
    return found


def _homepages(tx: Connection, since: datetime, limit: int, source: str) -> _Answers:
    handed_out = exists().where(
        asked.c.want == "homepages", asked.c.subject == statement.c.value, asked.c.asked_at > since
    )
    is_address = or_(statement.c.value.like("http://%"), statement.c.value.like("https://%"))
    rows = tx.execute(
        select(statement.c.value.label("url"), func.min(statement.c.identity).label("identity"))
        .where(statement.c.attribute == "homepage", statement.c.source != source, is_address, ~handed_out)
        .group_by(statement.c.value)
        .order_by(statement.c.value)
        .limit(limit)
    )
    return [{"url": row.url, "identity": row.identity} for row in rows]
