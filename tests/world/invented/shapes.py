"""The JSON objects of GitHub's REST interface, field by field as its published description has them."""

from typing import Any

from invented.accounts import GHOST
from invented.archive import Archive

API, WEB = "https://api.github.com", "https://github.com"
Doc = dict[str, Any]


def simple_user(account: Doc) -> Doc:
    login = f"{account['login']}[bot]" if account["kind"] == "Bot" else account["login"]
    url = f"{API}/users/{login}"
    page = f"{WEB}/apps/{account['login']}" if account["kind"] == "Bot" else f"{WEB}/{login}"
    parts = ("followers", "subscriptions", "organizations", "repos", "received_events")
    return {
        "login": login,
        "id": account["id"],
        "node_id": account["node"],
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account['id']}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": page,
        **{f"{part}_url": f"{url}/{part.replace('received_events', 'received_events')}" for part in parts},
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "events_url": f"{url}/events{{/privacy}}",
        "type": account["kind"],
        "user_view_type": "public",
        "site_admin": False,
    }


class Shapes:
    """Builds the objects; look-ups of owners, authors and parents go to the archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def account(self, number: int | None) -> Doc:
        found = None if number is None else self._archive.doc("SELECT doc FROM account WHERE id = ?", number)
        return found or {**GHOST, "node": "MDQ6VXNlcjEwMTM3", "kind": "User"}

    def repository(self, repo: Doc) -> Doc:
        url, page = f"{API}/repos/{repo['full_name']}", f"{WEB}/{repo['full_name']}"
        opened = self._archive.rows(
            "SELECT count(*) FROM pull WHERE repository = ? AND state = 'OPEN'", repo["id"]
        )[0][0]
        parent = (
            self._archive.doc("SELECT doc FROM repository WHERE name = ?", repo["parent"])
            if repo["parent"]
            else None
        )
        plain = (
            "forks",
            "teams",
            "hooks",
            "events",
            "tags",
            "languages",
            "stargazers",
            "contributors",
            "subscribers",
            "subscription",
            "merges",
            "downloads",
            "deployments",
        )
        marked = {
            "keys": "{/key_id}",
            "collaborators": "{/collaborator}",
            "assignees": "{/user}",
            "branches": "{/branch}",
            "milestones": "{/number}",
            "notifications": "{?since,all,participating}",
            "labels": "{/name}",
            "releases": "{/id}",
            "issues": "{/number}",
            "pulls": "{/number}",
            "comments": "{/number}",
            "commits": "{/sha}",
            "contents": "/{+path}",
        }
        return {
            "id": repo["id"],
            "node_id": repo["node"],
            "name": repo["name"],
            "full_name": repo["full_name"],
            "private": False,
            "owner": simple_user(self.account(repo["owner"])),
            "html_url": page,
            "description": repo["description"],
            "fork": repo["fork"],
            "url": url,
            **{f"{part}_url": f"{url}/{part}" for part in plain},
            **{f"{part}_url": f"{url}/{part}{mark}" for part, mark in marked.items()},
            "issue_events_url": f"{url}/issues/events{{/number}}",
            "blobs_url": f"{url}/git/blobs{{/sha}}",
            "git_tags_url": f"{url}/git/tags{{/sha}}",
            "git_refs_url": f"{url}/git/refs{{/sha}}",
            "trees_url": f"{url}/git/trees{{/sha}}",
            "statuses_url": f"{url}/statuses/{{sha}}",
            "git_commits_url": f"{url}/git/commits{{/sha}}",
            "issue_comment_url": f"{url}/issues/comments{{/number}}",
            "compare_url": f"{url}/compare/{{base}}...{{head}}",
            "archive_url": f"{url}/{{archive_format}}{{/ref}}",
            "created_at": repo["created_at"],
            "updated_at": repo["pushed_at"] or repo["created_at"],
            "pushed_at": repo["pushed_at"] or repo["created_at"],
            "git_url": f"git://github.com/{repo['full_name']}.git",
            "ssh_url": f"git@github.com:{repo['full_name']}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "homepage": None,
            "mirror_url": None,
            "size": repo["pulls"] * 7,
            "stargazers_count": repo["stars"],
            "watchers_count": repo["stars"],
            "watchers": repo["stars"],
            "subscribers_count": repo["stars"] // 30,
            "network_count": repo["stars"] // 9,
            "forks_count": repo["stars"] // 9,
            "forks": repo["stars"] // 9,
            "language": repo["language"],
            "has_issues": True,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": True,
            "has_pages": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "open_issues_count": opened,
            "open_issues": opened,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": repo["topics"],
            "visibility": "public",
            "default_branch": "main",
            **({"parent": self.repository(parent), "source": self.repository(parent)} if parent else {}),
        }

    def pull(self, repo: Doc, doc: Doc, *, whole: bool = False) -> Doc:
        url, page = f"{API}/repos/{repo['full_name']}", f"{WEB}/{repo['full_name']}/pull/{doc['number']}"
        author = simple_user(self.account(doc["author"]))
        head = doc["sha"] or f"{doc['id']:040x}"
        own = self.repository(repo)
        here, issue = f"{url}/pulls/{doc['number']}", f"{url}/issues/{doc['number']}"
        out: Doc = {
            "url": here,
            "id": doc["id"],
            "node_id": doc["node"],
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "commits_url": f"{here}/commits",
            "review_comments_url": f"{here}/comments",
            "review_comment_url": f"{url}/pulls/comments{{/number}}",
            "comments_url": f"{issue}/comments",
            "statuses_url": f"{url}/statuses/{head}",
            "number": doc["number"],
            "state": "open" if doc["state"] == "OPEN" else "closed",
            "locked": False,
            "title": doc["title"],
            "user": author,
            "body": None,
            "labels": [
                {
                    "id": 1,
                    "node_id": "LA_1",
                    "url": f"{url}/labels/{label}",
                    "name": label,
                    "description": "",
                    "color": "ededed",
                    "default": False,
                }
                for label in doc["labels"]
            ],
            "milestone": None,
            "created_at": doc["created_at"],
            "updated_at": doc["updated_at"],
            "closed_at": doc["closed_at"],
            "merged_at": doc["merged_at"],
            "merge_commit_sha": doc["sha"],
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": {
                "label": f"{author['login']}:topic",
                "ref": f"topic-{doc['number']}",
                "sha": head,
                "user": author,
                "repo": own,
            },
            "base": {
                "label": f"{repo['full_name'].split('/')[0]}:main",
                "ref": "main",
                "sha": head,
                "user": own["owner"],
                "repo": own,
            },
            "_links": {
                name: {"href": f"{here}{tail}"}
                for name, tail in (
                    ("self", ""),
                    ("html", ""),
                    ("issue", ""),
                    ("comments", "/comments"),
                    ("review_comments", "/comments"),
                    ("review_comment", "/comments{/number}"),
                    ("commits", "/commits"),
                    ("statuses", ""),
                )
            },
            "author_association": "CONTRIBUTOR",
            "auto_merge": None,
            "draft": doc["draft"],
        }
        if whole:
            merger = None if doc["merged_by"] is None else simple_user(self.account(doc["merged_by"]))
            out |= {
                "merged": doc["state"] == "MERGED",
                "mergeable": None,
                "rebaseable": None,
                "mergeable_state": "unknown",
                "merged_by": merger,
                "comments": 0,
                "review_comments": 0,
                "maintainer_can_modify": False,
                "commits": doc["commits"],
                "additions": doc["additions"],
                "deletions": doc["deletions"],
                "changed_files": len(doc["paths"]),
            }
        return out

    def user(self, account: Doc) -> Doc:
        kept = self._archive.rows("SELECT count(*) FROM repository WHERE owner = ?", account["login"])[0][0]
        return {
            **simple_user(account),
            "name": account["name"],
            "company": account["company"],
            "blog": account["website"] or "",
            "location": account["location"],
            "email": None,
            "hireable": account["hireable"] or None,
            "bio": account["bio"],
            "twitter_username": None,
            "public_repos": kept,
            "public_gists": 0,
            "followers": account["followers"],
            "following": 3,
            "created_at": account["created_at"],
            "updated_at": account["updated_at"],
        }
