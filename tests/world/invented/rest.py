"""GitHub's REST answers: repositories, pull requests, reviews, users."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

from invented.archive import Archive
from invented.shapes import API, WEB, Doc, Shapes, simple_user
from invented.wire import Answer, Asked, as_json

DOCS = "https://docs.github.com/rest"

_NAME = r"([A-Za-z0-9._-]+)"


def _missing() -> Answer:
    return as_json({"message": "Not Found", "documentation_url": DOCS, "status": "404"}, 404)


class Rest:
    """Routes of the REST interface over the archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._shapes = archive, Shapes(archive)
        self._routes: list[tuple[re.Pattern[str], Callable[..., Answer]]] = [
            (re.compile(rf"^/repos/{_NAME}/{_NAME}$"), self._repository),
            (re.compile(r"^/repositories/(\d+)$"), self._repository_by_id),
            (re.compile(rf"^/repos/{_NAME}/{_NAME}/pulls$"), self._pulls),
            (re.compile(rf"^/repos/{_NAME}/{_NAME}/pulls/(\d+)$"), self._pull),
            (re.compile(rf"^/repos/{_NAME}/{_NAME}/pulls/(\d+)/reviews$"), self._reviews),
            (re.compile(r"^/users/([A-Za-z0-9._\[\]-]+)$"), self._user),
            (re.compile(r"^/user/(\d+)$"), self._user_by_id),
        ]

    def answer(self, asked: Asked) -> Answer:
        """Return the answer of the route, 404 if there is none, 301 for a repository that was renamed."""
        if asked.method not in ("GET", "HEAD"):
            return _missing()
        for pattern, route in self._routes:
            found = pattern.match(asked.path)
            if found:
                return self._moved(asked) or route(asked, *found.groups())
        return _missing()

    def _moved(self, asked: Asked) -> Answer | None:
        parts = asked.path.split("/")
        if parts[1] != "repos":
            return None
        rows = self._archive.rows("SELECT repository FROM former WHERE name = ?", f"{parts[2]}/{parts[3]}")
        if not rows:
            return None
        rest = "/".join(["", *parts[4:]]) if len(parts) > 4 else ""
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        url = f"{API}/repositories/{rows[0][0]}{rest}{query}"
        return as_json(
            {"message": "Moved Permanently", "url": url, "documentation_url": DOCS}, 301, Location=url
        )

    def _find(self, owner: str, name: str) -> Doc | None:
        return self._archive.doc("SELECT doc FROM repository WHERE name = ?", f"{owner}/{name}")

    def _repository(self, asked: Asked, owner: str, name: str) -> Answer:
        found = self._find(owner, name)
        return _missing() if found is None else as_json(self._shapes.repository(found))

    def _repository_by_id(self, asked: Asked, number: str) -> Answer:
        found = self._archive.doc("SELECT doc FROM repository WHERE id = ?", int(number))
        return _missing() if found is None else as_json(self._shapes.repository(found))

    def _pulls(self, asked: Asked, owner: str, name: str) -> Answer:
        repo = self._find(owner, name)
        if repo is None:
            return _missing()
        query = asked.query
        page, size = max(1, int(query.get("page", 1))), min(100, max(1, int(query.get("per_page", 30))))
        state, order = query.get("state", "open"), query.get("sort", "created")
        down = query.get("direction", "desc" if order == "created" else "asc") == "desc"
        wanted = {"open": "state = 'OPEN'", "closed": "state != 'OPEN'"}.get(state, "1")
        column, way = "updated" if order == "updated" else "created", "DESC" if down else "ASC"
        where = f"FROM pull WHERE repository = ? AND {wanted}"
        total = self._archive.rows(f"SELECT count(*) {where}", repo["id"])[0][0]
        docs = self._archive.docs(
            f"SELECT doc {where} ORDER BY {column} {way}, number {way} LIMIT ? OFFSET ?",
            repo["id"],
            size,
            (page - 1) * size,
        )
        headers = self._link(asked, f"/repositories/{repo['id']}/pulls", page, -(-total // size))
        return as_json([self._shapes.pull(repo, doc) for doc in docs], **headers)

    @staticmethod
    def _link(asked: Asked, path: str, page: int, last: int) -> dict[str, str]:
        def to(number: int, rel: str) -> str:
            return f'<{API}{path}?{urlencode({**asked.query, "page": number})}>; rel="{rel}"'

        links = [to(page - 1, "prev")] if page > 1 else []
        links += [to(page + 1, "next"), to(last, "last")] if page < last else []
        links += [to(1, "first")] if page > 1 else []
        return {"Link": ", ".join(links)} if links else {}

    def _pull(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        repo = self._find(owner, name)
        doc = repo and self._archive.doc(
            "SELECT doc FROM pull WHERE repository = ? AND number = ?", repo["id"], int(number)
        )
        return as_json(self._shapes.pull(repo, doc, whole=True)) if repo and doc else _missing()

    def _reviews(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        repo = self._find(owner, name)
        doc = repo and self._archive.doc(
            "SELECT doc FROM pull WHERE repository = ? AND number = ?", repo["id"], int(number)
        )
        if not repo or not doc:
            return _missing()
        here, page = (
            f"{API}/repos/{repo['full_name']}/pulls/{number}",
            f"{WEB}/{repo['full_name']}/pull/{number}",
        )
        return as_json(
            [
                {
                    "id": review["id"],
                    "node_id": review["node"],
                    "user": simple_user(self._shapes.account(review["author"])),
                    "body": "",
                    "state": review["state"],
                    "html_url": f"{page}#pullrequestreview-{review['id']}",
                    "pull_request_url": here,
                    "author_association": "MEMBER",
                    "submitted_at": review["at"],
                    "commit_id": doc["sha"] or f"{doc['id']:040x}",
                    "_links": {"html": {"href": page}, "pull_request": {"href": here}},
                }
                for review in doc["reviews"]
            ]
        )

    def _user(self, asked: Asked, login: str) -> Answer:
        bare, kind = (login.removesuffix("[bot]"), "Bot") if login.endswith("[bot]") else (login, None)
        found = self._archive.doc("SELECT doc FROM account WHERE login = ?", bare)
        if found is None or found["deleted"] or (kind is None) == (found["kind"] == "Bot"):
            return _missing()
        return as_json(self._shapes.user(found))

    def _user_by_id(self, asked: Asked, number: str) -> Answer:
        found = self._archive.doc("SELECT doc FROM account WHERE id = ?", int(number))
        return _missing() if found is None or found["deleted"] else as_json(self._shapes.user(found))
