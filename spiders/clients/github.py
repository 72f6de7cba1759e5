"""GitHub's dialect: GraphQL batches, its errors inside a 200, who an actor is.

Source: https://docs.github.com/graphql; every query was validated against the public schema of 2026-07-22
(octokit/graphql-schema). E-mail fields are never asked for.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from spiders.clients import fields, links, machines, names
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import Identity, IdentityKind, Moved, Page, Provenance, Request

API: Final = "https://api.github.com"
GRAPHQL: Final = f"{API}/graphql"
_COST: Final = "rateLimit { cost remaining resetAt }"
_PROFILE: Final = """fragment Profile on User {
  databaseId login name company location websiteUrl bio url
  socialAccounts(first: 5) { nodes { provider url } }
}"""
# A person's own page on GitHub is the README of the repository that bears their login; only its wish is ever kept.
_README: Final = """readme: repository(name: $l{0}, followRenames: false) {{
    upper: object(expression: "HEAD:README.md") {{ ...Readme }}
    lower: object(expression: "HEAD:readme.md") {{ ...Readme }}
  }}"""
_BLOB: Final = "fragment Readme on GitObject { ... on Blob { text } }"
_ACTOR: Final = """fragment Who on Actor {
  __typename login
  ... on User { databaseId name }
  ... on Bot { databaseId }
  ... on Organization { databaseId name }
}"""
PULLS: Final = f"""query($owner: String!, $name: String!, $first: Int!, $after: String) {{
  {_COST}
  repository(owner: $owner, name: $name) {{
    nameWithOwner
    pullRequests(
      first: $first, after: $after, states: [MERGED], orderBy: {{field: UPDATED_AT, direction: DESC}}
    ) {{
      totalCount
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        number title url mergedAt updatedAt
        author {{ ...Who }}
        mergedBy {{ ...Who }}
        labels(first: 10) {{ nodes {{ name }} }}
        files(first: 40) {{ nodes {{ path }} }}
        reviews(first: 20) {{ totalCount nodes {{ state submittedAt author {{ ...Who }} }} }}
      }}
    }}
  }}
}}
{_ACTOR}"""

_STATES: Final = ("COMMENTED", "CHANGES_REQUESTED", "APPROVED")  # strongest last


def profiles_query(logins: list[str]) -> Request:
    """Return one question for at most 25 profiles with their READMEs, aliased `u0`, `u1` … (2–3 points)."""
    names = ", ".join(f"$l{n}: String!" for n in range(len(logins)))
    users = "\n".join(
        f"  u{n}: user(login: $l{n}) {{ ...Profile {_README.format(n)} }}" for n in range(len(logins))
    )
    return post(
        f"query({names}) {{\n  {_COST}\n{users}\n}}\n{_PROFILE}\n{_BLOB}",
        {f"l{n}": x for n, x in enumerate(logins)},
    )


def commits_query(repository: str, shas: list[str]) -> Request:
    """Return one question for the accounts behind at most 100 commits, aliased `c0`, `c1` … (1 point)."""
    owner, _, name = repository.partition("/")
    names = ", ".join(
        ["$owner: String!", "$name: String!", *(f"$o{n}: GitObjectID!" for n in range(len(shas)))]
    )
    commits = "\n".join(
        f"    c{n}: object(oid: $o{n}) {{ ... on Commit {{ oid author {{ user {{ databaseId login }} }} }} }}"
        for n in range(len(shas))
    )
    text = f"query({names}) {{\n  {_COST}\n  repository(owner: $owner, name: $name) {{\n{commits}\n  }}\n}}"
    return post(text, {"owner": owner, "name": name, **{f"o{n}": sha for n, sha in enumerate(shas)}})


def post(query: str, variables: Mapping[str, Any]) -> Request:
    """Return a GraphQL question; what strangers wrote travels as variables, never inside the query."""
    body = json.dumps({"query": query, "variables": variables}, sort_keys=True).encode()
    return Request(url=GRAPHQL, method="POST", headers={"Content-Type": "application/json"}, body=body)


def answer(page: Page) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the data and the errors of a GraphQL answer; both may be there, that is normal.

    Raises RetryLater when the points are spent or the service gave up.
    Raises SourceChanged if it is no GraphQL answer.
    """
    table = load(page)
    data, errors = table.get("data") or {}, table.get("errors") or []
    if not isinstance(data, dict) or not isinstance(errors, list) or not ("data" in table or errors):
        raise SourceChanged("the GraphQL answer has neither data nor errors")
    errors = [error for error in errors if isinstance(error, dict)]
    if any(error.get("type") == "RATE_LIMITED" for error in errors):
        raise RetryLater("GitHub's GraphQL points are spent", after_s=_until_reset(data, page.fetched_at))
    empty = not any(value is not None for name, value in data.items() if name != "rateLimit")
    untyped = all(
        error.get("type") is None for error in errors
    )  # "Something went wrong while executing your query"
    if errors and empty and untyped:
        raise RetryLater(f"GitHub could not answer: {str(errors[0].get('message'))[:200]}")
    return data, errors


def load(page: Page) -> dict[str, Any]:
    """Return a JSON object. Raises SourceChanged if the page is none."""
    try:
        table = json.loads(page.body)
    except ValueError as error:
        raise SourceChanged(f"not whole JSON from {page.url}: {error}") from error
    if not isinstance(table, dict):
        raise SourceChanged(f"expected a JSON object from {page.url}, got {type(table).__name__}")
    return table


def _until_reset(data: Mapping[str, Any], fetched_at: datetime) -> float | None:
    try:
        reset = datetime.fromisoformat(data["rateLimit"]["resetAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(60.0, (reset - fetched_at).total_seconds())


def nodes(connection: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a connection that were answered; a connection may be null in a partial answer.

    Raises SkipRecord for what is no connection, or a node that is no object.
    """
    for node in entries(connection):
        yield dict(fields.as_table(node, "nodes"))


def entries(connection: Any) -> list[Any]:
    """Return what a connection lists, as it stands, without what GitHub left out (null).

    Raises SkipRecord for what is no connection.
    """
    found = None if connection is None else fields.as_table(connection, "a connection").get("nodes")
    if found is not None and not isinstance(found, list):
        raise SkipRecord(f"nodes is of another type: {type(found).__name__}")
    return [node for node in found or () if node is not None]


def actor(table: Any, via: Provenance) -> Identity | None:
    """Return the account behind an author field; None for a deleted one and for kinds that are no account.

    Raises SkipRecord if it is of another shape than GitHub documents.
    """
    if table is None or (number := fields.as_table(table, "an actor").get("databaseId")) is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool):
        raise SkipRecord(f"databaseId is of another type: {type(number).__name__}")
    login, typename = fields.text(table, "login"), fields.text(table, "__typename")
    kind = {"User": IdentityKind.PERSONAL, "Organization": IdentityKind.ORGANISATION}.get(str(typename))
    if typename == "Bot" or machines.is_machine(None, login):
        kind = IdentityKind.BOT
    if kind is None:
        return None
    return Identity(id=f"github:{number}", kind=kind, handle=login, name=fields.text(table, "name"), via=via)


def strongest(reviews: Any, via: Provenance) -> tuple[list[tuple[Identity, str, str | None]], list[str]]:
    """Return (reviewer, state, moment) with each reviewer's strongest review, and what was left out.

    A decision outweighs a comment, an approval a request for changes.
    """
    found: dict[str, tuple[Identity, str, str | None]] = {}
    left_out: list[str] = []
    told = list(nodes(reviews))
    for review in told:
        reviewer, state = actor(review.get("author"), via), str(review.get("state"))
        if state not in _STATES:
            left_out.append(f"review_{state.lower()[:40]}")
        elif reviewer is None:
            left_out.append("reviewer_without_account")
        elif reviewer.id not in found or _STATES.index(state) > _STATES.index(found[reviewer.id][1]):
            found[reviewer.id] = (reviewer, state, fields.text(review, "submittedAt"))
    unread = int((reviews or {}).get("totalCount") or 0) - len(told)
    return list(found.values()), [*left_out, *["review_not_read"] * max(0, unread)]


def moved(asked: str, full_name: str, number: int, via: Provenance) -> Moved:
    """Return which repository answered to `owner/name`, and what it is called now.

    One that did not move says so too: if its name ever leads to another number, the facts are kept apart.
    """
    now = asked if full_name.lower() == asked.lower() else full_name
    return Moved(old=f"github:{asked}", new=f"github:{now}", number=f"github-repository:{number}", via=via)


def identity(
    number: int,
    login: str,
    kind: IdentityKind,
    fields: Mapping[str, Any],
    social: Sequence[str],
    via: Provenance,
) -> tuple[Identity, int]:
    """Return the identity of an account and how many of its links were left out.

    fields: name, company, location, bio, websiteUrl. social: addresses the owner lists besides.
    Raises SkipRecord if a field is of another type than GitHub documents.
    """
    for name, value in fields.items():
        if value is not None and not isinstance(value, str):
            raise SkipRecord(f"{name} is of another type: {type(value).__name__}")
    site = links.canonical(fields["websiteUrl"])
    named = {found for text in (fields["websiteUrl"], *social) if (found := links.canonical(text))}
    kept = sorted(found for found in named if not links.is_left_out(found))
    own = site if site in kept and links.account(site) is None else None
    orcids = {orcid for link in kept if "orcid.org" in link and (orcid := links.orcid(link)) is not None}
    account = Identity(
        id=f"github:{number}",
        kind=IdentityKind.BOT if machines.is_machine(None, login) else kind,
        handle=login,
        name=names.person(fields["name"]),
        homepage=own,
        orcid=orcids.pop() if len(orcids) == 1 else None,
        affiliation=names.plain(fields["company"], 200),
        location=names.plain(fields["location"], 200),
        summary=fields["bio"] or None,
        links=tuple(link for link in kept if link != own),
        via=via,
    )
    return account, len(named) - len(kept)
