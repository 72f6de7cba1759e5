"""What GitHub's GraphQL says of the keeping of a project: owner files over time, releases, issues, threads.

Source: https://docs.github.com/graphql; every query was validated against the public schema of 2026-07-22
(octokit/graphql-schema). Texts of discussions and e-mail fields are never asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from spiders.clients import fields, github
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import Counted, Cursor, Page, Request, Task

_AHEAD: Final = timedelta(days=1)  # of our clock; further ahead is no moment of GitHub's own
_COST: Final = "rateLimit { cost remaining resetAt }"
_WHO: Final = """fragment Who on Actor {
  __typename login
  ... on User { databaseId name }
  ... on Bot { databaseId }
  ... on Organization { databaseId name }
}"""
_USER: Final = "__typename login databaseId name"
_HEAD: Final = "query($owner: String!, $name: String!, $first: Int!, $after: String"
_PAGE: Final = "totalCount pageInfo { hasNextPage endCursor }"
_BLOB: Final = "object { ... on Blob { isBinary isTruncated text } }"

VERSIONS: Final = f"""{_HEAD}, $head: String!, $path: String!, $aliases: String!) {{
  {_COST}
  repository(owner: $owner, name: $name) {{
    object(expression: $head) {{
      ... on Commit {{
        oid
        history(first: $first, after: $after, path: $path) {{
          {_PAGE}
          edges {{
            cursor
            node {{
              oid committedDate
              file(path: $path) {{ {_BLOB} }}
              aliases: file(path: $aliases) {{ {_BLOB} }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""

OWNER: Final = f"query($login: String!) {{ {_COST} user(login: $login) {{ {_USER} createdAt }} }}"

RELEASES: Final = f"""{_HEAD}) {{
  {_COST}
  repository(owner: $owner, name: $name) {{
    releases(first: $first, after: $after, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      {_PAGE}
      nodes {{ databaseId tagName name url createdAt publishedAt isDraft isPrerelease author {{ {_USER} }} }}
    }}
  }}
}}"""

ISSUES: Final = f"""{_HEAD}) {{
  {_COST}
  repository(owner: $owner, name: $name) {{
    issues(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      {_PAGE}
      nodes {{
        number title url createdAt updatedAt
        author {{ ...Who }}
        labels(first: 10) {{ nodes {{ name }} }}
        timelineItems(first: 20, itemTypes: [CLOSED_EVENT, LABELED_EVENT]) {{
          totalCount
          nodes {{
            __typename
            ... on ClosedEvent {{ createdAt actor {{ ...Who }} closer {{ __typename }} }}
            ... on LabeledEvent {{ createdAt actor {{ ...Who }} }}
          }}
        }}
      }}
    }}
  }}
}}
{_WHO}"""

THREADS: Final = f"""{_HEAD}) {{
  {_COST}
  repository(owner: $owner, name: $name) {{
    pullRequests(
      first: $first, after: $after, states: [MERGED], orderBy: {{field: UPDATED_AT, direction: DESC}}
    ) {{
      {_PAGE}
      nodes {{
        number title url mergedAt updatedAt
        author {{ ...Who }}
        reviewThreads(first: 20) {{
          totalCount
          nodes {{ comments(first: 5) {{ totalCount nodes {{ createdAt author {{ ...Who }} }} }} }}
        }}
      }}
    }}
  }}
}}
{_WHO}"""


def files_query(repository: str, paths: Sequence[str]) -> Request:
    """Return one question for which of some files a repository has now, aliased `f0`, `f1` … (1 point)."""
    variables = ", ".join(
        ["$owner: String!", "$name: String!", *(f"$p{n}: String!" for n in range(len(paths)))]
    )
    files = "\n".join(
        f"    f{n}: object(expression: $p{n}) {{ ... on Blob {{ oid }} }}" for n in range(len(paths))
    )
    text = f"query({variables}) {{\n  {_COST}\n  repository(owner: $owner, name: $name) {{\n{files}\n  }}\n}}"
    return github.post(
        text, {**place(repository), **{f"p{n}": f"HEAD:{path}" for n, path in enumerate(paths)}}
    )


def place(repository: str) -> dict[str, str]:
    """Return the variables that name a repository."""
    owner, _, name = repository.partition("/")
    return {"owner": owner, "name": name}


def walk(query: str, task: Task) -> Request:
    """Return the question for the page of a connection that a task stands at."""
    params = task.params
    return github.post(
        query, {**place(params["repository"]), "first": params["first"], "after": params.get("after")}
    )


def connection(task: Task, page: Page, field: str) -> tuple[dict[str, Any] | None, list[Counted | Task]]:
    """Return a connection of the repository asked for, and what is missing.

    None if there is no such repository, or if GitHub left entries out: then the same page is asked for in smaller
    pieces. A single entry that still cannot be had is left out, and counted. Raises RetryLater if nothing came at all.
    """
    data, errors = github.answer(page)
    repository = data.get("repository")
    if repository is None:
        return None, [Counted(what="repository_not_found")]
    found = repository.get(field)
    if not isinstance(found, dict) or not isinstance(found.get("nodes"), list):
        raise RetryLater(f"GitHub left {field} out of its answer")
    if not found["nodes"] and found.get("totalCount", 0) > 0 and errors:
        raise RetryLater(f"an empty page although {field} are promised")
    missing: list[Counted | Task] = [Counted(what="partial_answer", times=len(errors))] if errors else []
    lost = len(found["nodes"]) - len(github.entries(found))
    too_much = lost or any(error.get("type") == "RESOURCE_LIMITS_EXCEEDED" for error in errors)
    if too_much and (first := int(task.params["first"])) > 1:
        params = {**task.params, "first": first // 2, "since": task.params.get("since") or task.cursor}
        less = Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
        return None, [*missing, Counted(what="asked_again_for_less"), less]
    return found, [*missing, Counted(what="entry_left_out", times=lost)] if lost else missing


def onward(
    task: Task, found: Mapping[str, Any], moments: Sequence[str], *, key: str, overlap: timedelta
) -> Iterator[Task | Cursor]:
    """Yield the next page until the watermark, then the new watermark: a walk cut short moves nothing.

    moments: what the connection is ordered by. Raises SourceChanged if the paging goes astray.
    """
    since = task.params.get("since") or task.cursor
    newest = task.params.get("newest") or (max(moments) if moments else None)
    info = found.get("pageInfo")
    if not isinstance(info, dict):
        raise SourceChanged("a connection came without pageInfo")
    before = fields.moment(since)
    reached = before is not None and bool(moments) and moment(min(moments)) < before - overlap
    if info.get("hasNextPage") and not reached:
        after = info.get("endCursor")
        if not after or after == task.params.get("after"):
            raise SourceChanged("a paging cursor repeats itself")
        params = {**task.params, "after": after, "since": since, "newest": newest}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
    elif newest is not None:
        yield Cursor(key=key, value=newest)


def moments(rows: Sequence[Any], name: str, read_at: datetime) -> list[str]:
    """Return what rows say under a name, as far as they are moments that can have passed when they were read.

    Anything else would become a watermark that nothing ever passes.
    """
    told = [row[name] for row in rows if isinstance(row, dict) and isinstance(row.get(name), str)]
    read = ((text, fields.moment(text)) for text in told)
    return [text for text, at in read if at is not None and at <= read_at + _AHEAD]


def occurred(table: Mapping[str, Any], name: str) -> datetime | None:
    """Return when something happened, None if the date is none that can be. Raises SkipRecord if nothing is said."""
    return fields.moment(fields.needed(table, name))


def moment(text: str) -> datetime:
    """Return a moment as GitHub writes it, UTC. Raises SkipRecord for anything else."""
    found = fields.moment(text)
    if found is None:
        raise SkipRecord("a moment cannot be read")
    return found
