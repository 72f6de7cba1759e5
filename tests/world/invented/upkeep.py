"""The keeping of projects on the invented GitHub: owner files in git, releases, issues, review threads.

All of it follows from what is in the archive and in the repositories: files are read with git, every fortieth
merged change is released, and the numbers that pull requests leave out are issues.
"""

import subprocess
import threading
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from invented.accounts import node_id
from invented.archive import Archive
from invented.bare import CLEAN_GIT
from invented.moments import iso

Doc = dict[str, Any]
Connect = Callable[..., Doc]
WEB = "https://github.com"
RELEASE_EVERY = 40  # merged changes
RELEASES_FROM, BLOB_MAX = 300_000_000, 512_000


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


class Upkeep:
    """Fields of repositories, commits and pull requests. by_id: the account of a number, None for a deleted one."""

    def __init__(self, archive: Archive, connect: Connect, by_id: Callable[[int | None], Doc | None]) -> None:
        self._archive, self._connect, self._by_id = archive, connect, by_id
        self._root = Path(archive.rows("PRAGMA database_list")[0][2]).parent
        self._known: dict[tuple[str, ...], str | None] = {}
        self._guard = threading.Lock()

    def _git(self, repo: Doc, *words: str) -> str | None:
        key = (repo["folder"], *words)
        with self._guard:
            if key not in self._known:
                command = ["git", f"--git-dir={self._root / repo['folder']}", *words]
                done = subprocess.run(command, capture_output=True, env=CLEAN_GIT, check=False)
                self._known[key] = done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
            return self._known[key]

    def blob(self, repo: Doc, place: str) -> Doc | None:
        """Return the file at `commit:path`, None if there is none."""
        commit, _, path = place.partition(":")
        sha = repo["head"] if commit in ("HEAD", "main") else commit
        oid = self._git(repo, "rev-parse", "--verify", "--quiet", f"{sha}:{path}") if sha else None
        text = self._git(repo, "cat-file", "blob", oid.strip()) if oid else None
        if oid is None or text is None:
            return None
        return {
            "__typename": "Blob",
            "id": f"B_{oid.strip()}",
            "oid": oid.strip(),
            "commitUrl": f"{WEB}/{repo['full_name']}/commit/{sha}",
            "byteSize": len(text.encode()),
            "isBinary": False,
            "isTruncated": len(text) > BLOB_MAX,
            "text": text[:BLOB_MAX],
        }

    def commit(self, repo: Doc, sha: str, commit_of: Callable[[Doc, str | None], Doc | None]) -> Doc:
        """Return what a commit says of files: one at that commit, and the commits that touched one."""

        def file(info: Any, path: str) -> Doc | None:
            found = self.blob(repo, f"{sha}:{path}")
            name = path.rpartition("/")[2]
            return None if found is None else {"name": name, "path": path, "type": "blob", "object": found}

        def history(info: Any, path: str | None = None, **arguments: Any) -> Doc:
            listed = self._git(repo, "log", "--format=%H", sha, "--", *([path] if path else [])) or ""
            page = self._connect(listed.split(), **arguments)
            nodes = [commit_of(repo, one) for one in page["nodes"]]
            return {**page, "nodes": nodes, "edges": self._edges(nodes, arguments)}

        return {"file": file, "history": history}

    def _edges(self, nodes: list[Any], arguments: Doc) -> list[Doc]:
        sizes = range(1, len(nodes) + 1)
        after = arguments.get("after")
        ends = [
            self._connect(range(1_000_000), first=size, after=after)["pageInfo"]["endCursor"]
            for size in sizes
        ]
        return [{"cursor": cursor, "node": node} for cursor, node in zip(ends, nodes, strict=True)]

    def repository(self, repo: Doc) -> Doc:
        """Return releases and issues of a repository."""

        def releases(info: Any, orderBy: Doc | None = None, **arguments: Any) -> Doc:
            newest_first = orderBy is not None and orderBy["direction"] == "DESC"
            found = self._releases(repo)
            return self._connect(found[::-1] if newest_first else found, **arguments)

        def issues(info: Any, orderBy: Doc | None = None, states: Any = None, **arguments: Any) -> Doc:
            key = "updatedAt" if orderBy and orderBy["field"] == "UPDATED_AT" else "createdAt"
            down = orderBy is not None and orderBy["direction"] == "DESC"
            found = sorted(self._issues(repo), key=lambda one: (one[key], one["number"]), reverse=down)
            kept = [one for one in found if states is None or one["state"] in states]
            return self._connect(kept, **arguments)

        return {"releases": releases, "issues": issues}

    def _pulls(self, repo: Doc) -> list[Doc]:
        return self._archive.docs("SELECT doc FROM pull WHERE repository = ? ORDER BY number", repo["id"])

    def _releases(self, repo: Doc) -> list[Doc]:
        merged = [doc for doc in self._pulls(repo) if doc["merged_at"] and doc["merged_by"]]
        merged.sort(key=lambda doc: (doc["merged_at"], doc["number"]))
        bots = self._archive.rows(
            "SELECT id FROM account WHERE json_extract(doc, '$.kind') = 'Bot' ORDER BY id"
        )
        out = []
        for number, doc in enumerate(merged[RELEASE_EVERY - 1 :: RELEASE_EVERY]):
            who = bots[0][0] if bots and number % 4 == 3 else doc["merged_by"]
            tag = f"v0.{number}.0" + ("rc1" if number % 5 == 4 else "")
            at = _seconds(doc["merged_at"])
            out.append(
                {
                    "id": f"RE_{repo['id']}_{number}",
                    "databaseId": RELEASES_FROM + (repo["id"] % 1_000_000) * 100 + number,
                    "tagName": tag,
                    "name": f"{repo['name']} {tag}",
                    "url": f"{WEB}/{repo['full_name']}/releases/tag/{tag}",
                    "createdAt": iso(at),
                    "publishedAt": iso(at + 1_800),
                    "isDraft": False,
                    "isPrerelease": tag.endswith("rc1"),
                    "author": lambda info, who=who: self._by_id(who),
                }
            )
        return out

    def _issues(self, repo: Doc) -> list[Doc]:
        """Return an issue for every number between two pull requests, cared for by those around the earlier one."""
        return [
            self._issue(repo, number, earlier, later)
            for earlier, later in pairwise(self._pulls(repo))
            for number in range(earlier["number"] + 1, later["number"])
        ]

    def _issue(self, repo: Doc, number: int, earlier: Doc, later: Doc) -> Doc:
        begun = _seconds(earlier["created_at"]) + number % 60
        url = f"{WEB}/{repo['full_name']}/issues/{number}"
        keeper = earlier["merged_by"]
        labeller = next((review["author"] for review in earlier["reviews"]), None)
        events: list[Doc] = []
        if labeller is not None and number % 3:
            events.append(self._event("LabeledEvent", begun + 600, labeller))
        ended = None
        if earlier["merged_at"] and number % 4:
            ended = _seconds(earlier["merged_at"]) + 900
            by_change = {"__typename": "PullRequest", "id": later["node"]} if number % 4 == 3 else None
            events.append({**self._event("ClosedEvent", ended, keeper), "closer": by_change})
        labels = [{"id": f"LA_{name}", "name": name} for name in earlier["labels"]]
        return {
            "__typename": "Issue",
            "id": node_id("Label", repo["id"], number).replace("LA_", "I_"),
            "number": number,
            "title": f"{earlier['title']}: does not work here",
            "url": url,
            "state": "OPEN" if ended is None else "CLOSED",
            "createdAt": iso(begun),
            "updatedAt": iso(ended or begun + 600),
            "author": lambda info, who=later["author"]: self._by_id(who),
            "labels": lambda info, **arguments: self._connect(labels, **arguments),
            "timelineItems": lambda info, itemTypes=None, **arguments: self._connect(events, **arguments),
        }

    def _event(self, kind: str, at: int, who: int | None) -> Doc:
        return {
            "__typename": kind,
            "id": f"E_{at}",
            "createdAt": iso(at),
            "actor": lambda info: self._by_id(who),
        }

    def pull(self, doc: Doc) -> Doc:
        """Return the review threads of a pull request: one for each review that says more than yes."""
        threads = []
        for review in doc["reviews"]:
            if review["state"] in ("COMMENTED", "CHANGES_REQUESTED"):
                at = _seconds(review["at"])
                said = [
                    {
                        "id": f"PRRC_{review['id']}_{place}",
                        "createdAt": iso(at + 300 * place),
                        "author": lambda info, who=who: self._by_id(who),
                    }
                    for place, who in enumerate((review["author"], doc["author"]))
                ]
                threads.append(
                    {
                        "id": f"PRRT_{review['id']}",
                        "isResolved": True,
                        "path": doc["paths"][0] if doc["paths"] else "README.md",
                        "comments": lambda info, said=said, **arguments: self._connect(said, **arguments),
                    }
                )
        return {"reviewThreads": lambda info, **arguments: self._connect(threads, **arguments)}
