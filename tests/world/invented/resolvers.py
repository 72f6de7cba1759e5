"""The objects of the GraphQL schema, resolved from the archive."""

import base64
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from invented.accounts import node_id
from invented.archive import Archive
from invented.upkeep import Upkeep

Doc = dict[str, Any]
WEB = "https://github.com"
FIRST_THAT_TIMES_OUT = 50


class TimedOut(Exception):
    """The query takes longer than GitHub lets it; answered with 502."""


class NotFound(GraphQLError):
    """Something named in the query does not exist; null in its place and an error beside the data."""


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:v2:{place}".encode()).decode()


def _place(cursor: str | None) -> int:
    try:
        return 0 if cursor is None else int(base64.b64decode(cursor).decode().rsplit(":", 1)[1])
    except (ValueError, IndexError) as error:
        raise GraphQLError(f"`{cursor}` does not appear to be a valid cursor.") from error


def connection(
    items: list[Any],
    total: int | None = None,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    **_: Any,
) -> Doc:
    """Return a page of a list in the shape of a connection."""
    total, start = len(items) if total is None else total, _place(after)
    shown = items[start:][:first] if first is not None else items[-last:] if last else items[start:]
    return {"totalCount": total, "nodes": shown, "pageInfo": page_info(start, len(shown), len(items))}


def page_info(start: int, shown: int, total: int) -> Doc:
    """Return where a page begins and ends."""
    return {
        "hasNextPage": start + shown < total,
        "hasPreviousPage": start > 0,
        "endCursor": _cursor(start + shown) if shown else None,
        "startCursor": _cursor(start + 1) if shown else None,
    }


def listed(items: list[Any]) -> Callable[..., Doc]:
    """Return a field that pages through `items`."""
    return lambda info, **arguments: connection(items, **arguments)


class Resolvers:
    """Turns archive rows into objects of the schema. Fields that cost a look-up are functions."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._upkeep = Upkeep(archive, connection, self._by_id)
        biggest = archive.rows(
            "SELECT repository FROM pull GROUP BY repository ORDER BY count(*) DESC, repository LIMIT 1"
        )
        self._biggest: int | None = biggest[0][0] if biggest else None

    def user(self, info: Any, login: str) -> Doc:
        found = self._archive.doc("SELECT doc FROM account WHERE login = ?", login)
        if found is None or found["deleted"] or found["kind"] != "User":
            raise NotFound(f"Could not resolve to a User with the login of '{login}'.")
        return self._account(found)

    def node(self, info: Any, id: str) -> Any:  # the argument's name in the schema
        found = self._archive.doc("SELECT doc FROM account WHERE node = ?", id)
        if found is not None and not found["deleted"]:
            return self._account(found)
        repo = self._archive.doc("SELECT doc FROM repository WHERE node = ?", id)
        if repo is not None:
            return self._repo(repo)
        wrong = NotFound(f"Could not resolve to a node with the global id of '{id}'")
        if info.field_name == "nodes":  # one entry of the list is null, the rest is answered
            return wrong
        raise wrong

    def repository(self, info: Any, owner: str, name: str, followRenames: bool = True) -> Doc:
        found = self._archive.doc("SELECT doc FROM repository WHERE name = ?", f"{owner}/{name}")
        if found is None and followRenames:
            found = self._archive.doc(
                "SELECT r.doc FROM former f JOIN repository r ON r.id = f.repository WHERE f.name = ?",
                f"{owner}/{name}",
            )
        if found is None:
            raise NotFound(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return self._repo(found)

    def _by_id(self, number: int | None) -> Doc | None:
        found = None if number is None else self._archive.doc("SELECT doc FROM account WHERE id = ?", number)
        return None if found is None or found["deleted"] else self._account(found)

    def _account(self, doc: Doc) -> Doc:
        path = f"/apps/{doc['login']}" if doc["kind"] == "Bot" else f"/{doc['login']}"
        out: Doc = {
            "__typename": doc["kind"],
            "id": doc["node"],
            "databaseId": doc["id"],
            "login": doc["login"],
            "url": WEB + path,
            "resourcePath": path,
            "createdAt": doc["created_at"],
            "updatedAt": doc["updated_at"],
            "name": doc["name"],
        }
        if doc["kind"] != "User":
            return out
        website = doc["website"]
        socials = [
            {"provider": provider, "url": url, "displayName": shown}
            for provider, url, shown in doc["socials"]
        ]
        return out | {
            "bio": doc["bio"],
            "company": doc["company"],
            "location": doc["location"],
            "websiteUrl": website,
            "isHireable": doc["hireable"],
            "followers": lambda info, **arguments: connection([], doc["followers"], **arguments),
            "socialAccounts": listed(socials),
            "organizations": lambda info, **arguments: connection(
                [
                    self._account(found)
                    for login in doc["organisations"]
                    if (found := self._archive.doc("SELECT doc FROM account WHERE login = ?", login))
                ],
                **arguments,
            ),
            "repositories": lambda info, **arguments: self._owned(doc["login"], **arguments),
            "repository": lambda info, name, **arguments: self._of_owner(info, doc, name, **arguments),
        }

    def _of_owner(self, info: Any, owner: Doc, name: str, followRenames: bool = True) -> Doc:
        """Return an account's repository of a name; the one that bears its login holds its README and nothing else."""
        if owner["readme"] is None or name.lower() != owner["login"].lower():
            return self.repository(info, owner["login"], name, followRenames)
        file = {"__typename": "Blob", "id": f"B_{owner['id']}", "text": owner["readme"]}
        return {
            "__typename": "Repository",
            "object": lambda info, oid=None, expression=None: (
                file if expression == "HEAD:README.md" else None
            ),
        }

    def _owned(
        self, login: str, *, isFork: bool | None = None, orderBy: Doc | None = None, **arguments: Any
    ) -> Doc:
        docs = self._archive.docs("SELECT doc FROM repository WHERE owner = ? ORDER BY id", login)
        docs = [doc for doc in docs if isFork is None or doc["fork"] == isFork]
        if orderBy is not None:
            column = {"CREATED_AT": "created_at", "NAME": "name", "STARGAZERS": "stars"}.get(
                orderBy["field"], "pushed_at"
            )
            docs.sort(
                key=lambda doc: (
                    (doc[column] or "", doc["id"]) if column != "stars" else (doc["stars"], doc["id"])
                ),
                reverse=orderBy["direction"] == "DESC",
            )
        return connection([self._repo(doc) for doc in docs], **arguments)

    def _repo(self, doc: Doc) -> Doc:
        url = f"{WEB}/{doc['full_name']}"
        topics = [
            {
                "id": f"MDI_{topic}",
                "topic": {"id": f"MDU_{topic}", "name": topic},
                "url": f"{WEB}/topics/{topic}",
            }
            for topic in doc["topics"]
        ]
        language = doc["language"]
        branch = {
            "id": f"REF_{doc['id']}",
            "name": "main",
            "target": lambda info: self._commit(doc, doc["head"]),
        }
        return {
            "__typename": "Repository",
            "id": doc["node"],
            "databaseId": doc["id"],
            "nameWithOwner": doc["full_name"],
            "name": doc["name"],
            "url": url,
            "owner": lambda info: self._by_id(doc["owner"]),
            "description": doc["description"],
            "isFork": doc["fork"],
            "isArchived": False,
            "isPrivate": False,
            "stargazerCount": doc["stars"],
            "createdAt": doc["created_at"],
            "pushedAt": doc["pushed_at"],
            "updatedAt": doc["pushed_at"] or doc["created_at"],
            "defaultBranchRef": branch if doc["head"] else None,
            "repositoryTopics": listed(topics),
            "primaryLanguage": {"id": f"LA_{language}", "name": language} if language else None,
            "object": lambda info, oid=None, expression=None: (
                self._upkeep.blob(doc, expression)
                if expression and ":" in expression
                else self._commit(doc, oid or self._named(doc, expression))
            ),
            **self._upkeep.repository(doc),
            "pullRequests": lambda info, **arguments: self._pulls(doc, **arguments),
        }

    @staticmethod
    def _named(doc: Doc, expression: str | None) -> str | None:
        return doc["head"] if expression in ("HEAD", "main", "refs/heads/main") else expression

    def _commit(self, repo: Doc, sha: str | None) -> Doc | None:
        doc = (
            None
            if sha is None
            else self._archive.doc(
                "SELECT doc FROM written WHERE repository = ? AND sha = ?", repo["id"], sha
            )
        )
        if doc is None:
            return None
        url = f"{WEB}/{repo['full_name']}/commit/{sha}"
        people = [(doc["name"], doc["email"]), *doc["helpers"]]
        return {
            "__typename": "Commit",
            "id": f"{node_id('Commit', repo['id'])}{sha}",
            "oid": sha,
            "url": url,
            "commitUrl": url,
            "messageHeadline": doc["headline"],
            **self._upkeep.commit(repo, sha or "", self._commit),
            "authoredDate": doc["authored_at"],
            "committedDate": doc["committed_at"],
            "author": lambda info: self._actor(*people[0]),
            "authors": lambda info, **arguments: connection(
                [self._actor(*person) for person in people], **arguments
            ),
        }

    def _actor(self, name: str, address: str) -> Doc:
        rows = self._archive.rows("SELECT account FROM email WHERE address = ?", address.lower())
        user = self._by_id(rows[0][0]) if rows else None
        return {
            "name": name,
            "email": address,
            "user": user if user and user["__typename"] == "User" else None,
        }

    def _pulls(
        self,
        repo: Doc,
        *,
        first: int | None = None,
        last: int | None = None,
        after: str | None = None,
        orderBy: Doc | None = None,
        states: list[str] | None = None,
        **_: Any,
    ) -> Doc:
        if first is not None and first > FIRST_THAT_TIMES_OUT and repo["id"] == self._biggest:
            raise TimedOut
        marks = ",".join("?" * len(states)) if states else ""
        where = f"FROM pull WHERE repository = ?{f' AND state IN ({marks})' if states else ''}"
        values = (repo["id"], *(states or ()))
        total = self._archive.rows(f"SELECT count(*) {where}", *values)[0][0]
        column = "updated" if orderBy and orderBy["field"] == "UPDATED_AT" else "created"
        way = orderBy["direction"] if orderBy else "ASC"
        start = _place(after) if first is not None else max(0, total - (last or 0))
        size = first if first is not None else (last or 0)
        docs = self._archive.docs(
            f"SELECT doc {where} ORDER BY {column} {way}, number {way} LIMIT ? OFFSET ?", *values, size, start
        )
        return {
            "totalCount": total,
            "nodes": [self._pull(repo, doc) for doc in docs],
            "pageInfo": page_info(start, len(docs), total),
        }

    def _pull(self, repo: Doc, doc: Doc) -> Doc:
        url = f"{WEB}/{repo['full_name']}/pull/{doc['number']}"
        files = [
            {"path": path, "additions": doc["additions"] // len(doc["paths"]), "deletions": 0}
            for path in doc["paths"]
        ]

        def reviews(
            info: Any, states: list[str] | None = None, author: str | None = None, **arguments: Any
        ) -> Doc:
            chosen = [
                {
                    "id": review["node"],
                    "databaseId": review["id"],
                    "state": review["state"],
                    "submittedAt": review["at"],
                    "url": f"{url}#pullrequestreview-{review['id']}",
                    "author": lambda info, who=review["author"]: self._by_id(who),
                }
                for review in doc["reviews"]
                if states is None or review["state"] in states
            ]
            return connection(chosen, **arguments)

        return {
            "__typename": "PullRequest",
            "id": doc["node"],
            "databaseId": doc["id"],
            "number": doc["number"],
            "title": doc["title"],
            "url": url,
            "createdAt": doc["created_at"],
            "updatedAt": doc["updated_at"],
            "mergedAt": doc["merged_at"],
            "closedAt": doc["closed_at"],
            "closed": doc["state"] != "OPEN",
            "state": doc["state"],
            "merged": doc["state"] == "MERGED",
            "isDraft": doc["draft"],
            "baseRefName": "main",
            "additions": doc["additions"],
            "deletions": doc["deletions"],
            "changedFiles": len(doc["paths"]),
            "files": listed(files),
            "labels": listed([{"id": f"LA_{label}", "name": label} for label in doc["labels"]]),
            "reviews": reviews,
            "author": lambda info: self._by_id(doc["author"]),
            "mergedBy": lambda info: self._by_id(doc["merged_by"]),
            "mergeCommit": lambda info: self._commit(repo, doc["sha"]),
            **self._upkeep.pull(doc),
        }
