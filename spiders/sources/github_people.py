"""Who stands behind accounts and commits.

Source: https://docs.github.com/graphql/reference/objects#user, https://docs.github.com/rest/users (2026-07)
Yields: Identity per account, Claim (platform: this mailbox belongs to that account),
  a wish about recruiting from bio and profile README, Task (look-up by number)
Cursor: none; the store knows which accounts are due and which mailboxes are open
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, Field

from spiders.clients import fields, github, machines, rows, wishes
from spiders.errors import SkipRecord
from spiders.records import (
    Claim,
    Counted,
    Identity,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Request,
    Task,
    Via,
    Yield,
)

VERSION = 3

Row = TypeVar("Row")

_PROFILES: Final = 25  # per question: 2–3 points; 100 risk the 10 s limit
_COMMITS: Final = 100  # per question: 1 point, no connection in it
_WORDS: Final = ("bio", "name", "company", "location")  # where people write what they wish
_KINDS: Final = {
    "User": IdentityKind.PERSONAL,
    "Organization": IdentityKind.ORGANISATION,
    "Bot": IdentityKind.BOT,
}


class Account(BaseModel, extra="forbid"):
    """An account the store wants to know more of. login: as last seen, None when only the number is known."""

    id: int
    login: str | None = None


class Commit(BaseModel, extra="forbid"):
    """One representative commit of a mailbox that no account has been found for."""

    repository: str
    sha: str
    digest: str


class Seeds(BaseModel, extra="forbid"):
    """Both lists come from the store; logins may be added by hand."""

    github_accounts: list[Account] = Field(default_factory=list)
    unlinked_commits: list[Commit] = Field(default_factory=list)
    logins: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield profile batches, single look-ups for numbers and machines, and commit batches per repository."""
    by_login = [account for account in seeds.github_accounts if _is_askable(account.login)]
    wanted = [{"id": one.id, "login": one.login} for one in sorted(by_login, key=lambda one: one.id)]
    wanted += [{"id": None, "login": login} for login in sorted(set(seeds.logins))]
    for batch in _batches(wanted, _PROFILES):
        yield _profiles(batch)
    for account in seeds.github_accounts:
        if not _is_askable(account.login):
            yield _account(account.id)
    by_repository: dict[str, list[dict[str, str]]] = {}
    for commit in sorted(seeds.unlinked_commits, key=lambda one: (one.repository, one.digest)):
        pair = {"sha": commit.sha, "digest": commit.digest}
        by_repository.setdefault(commit.repository, []).append(pair)
    for repository, commits in by_repository.items():
        for commit_batch in _batches(commits, _COMMITS):
            params = {"repository": repository, "commits": commit_batch}
            yield Task(source="github_people", kind="commits", url=github.GRAPHQL, params=params)


def ask(task: Task) -> Request:
    """Return the question of a task: a GraphQL batch, or one account by its number."""
    if task.kind == "profiles":
        return github.profiles_query([one["login"] for one in task.params["accounts"]])
    if task.kind == "commits":
        return github.commits_query(task.params["repository"], [one["sha"] for one in task.params["commits"]])
    return Request(url=task.url, headers={"Accept": "application/vnd.github+json"})


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the accounts or claims of an answer; a login that is gone is asked again by its number."""
    if task.kind == "account":
        yield from _read_account(task, page, via)
        return
    data, errors = github.answer(page)
    heavy = any(error.get("type") == "RESOURCE_LIMITS_EXCEEDED" for error in errors)
    if task.kind == "profiles":
        yield from _read_profiles(task, data, heavy, via)
    else:
        yield from _read_commits(task, data, heavy, via)


def _read_profiles(task: Task, data: Mapping[str, Any], heavy: bool, via: Via) -> Iterator[Yield]:
    missing = []
    for number, asked in enumerate(task.params["accounts"]):
        profile = data.get(f"u{number}")
        if not isinstance(profile, dict):
            missing.append(asked)
            continue
        yield from rows.guarded(f"u{number}", _read_profile(profile, asked["id"], via))
    if heavy and len(missing) > 1:  # too much for one question: ask for half as many at a time
        yield from (_profiles(batch) for batch in _batches(missing, (len(missing) + 1) // 2))
        return
    for asked in missing:
        yield Counted(what="login_not_found")
        if asked["id"] is not None:
            yield _account(asked["id"])


def _read_profile(profile: Mapping[str, Any], asked: int | None, via: Via) -> Iterator[Yield]:
    found, dropped = _profile(profile, via)
    yield found
    if found.kind is IdentityKind.PERSONAL:
        yield wishes.claim(found.id, _wish(profile), found.via)
    if dropped:
        yield Counted(what="link_left_out", times=dropped)
    if asked is not None and f"github:{asked}" != found.id:
        yield Counted(what="login_changed_hands")
        yield _account(asked)


def _profile(table: Mapping[str, Any], via: Via) -> tuple[Identity, int]:
    number, login = table.get("databaseId"), table.get("login")
    if not isinstance(number, int) or not isinstance(login, str):
        raise SkipRecord("databaseId or login is missing or of another type")
    social = [str(node.get("url") or "") for node in github.nodes(table.get("socialAccounts"))]
    fields = {name: table.get(name) for name in ("name", "company", "location", "bio", "websiteUrl")}
    seen = via(f"https://github.com/{login}")
    return github.identity(number, login, IdentityKind.PERSONAL, fields, social, seen)


def _wish(profile: Mapping[str, Any]) -> wishes.Wish | None:
    """Return what a profile and its README wish; of the README only the machine word of its wish arrives here."""
    readme = profile.get("readme")
    files = [readme.get(name) for name in ("upper", "lower")] if isinstance(readme, dict) else []
    words = [file.get("text") for file in files if isinstance(file, dict)]
    return wishes.strongest([_said_wish(profile), *(wishes.of_word(one) for one in words)])


def _said_wish(fields: Mapping[str, Any]) -> wishes.Wish | None:
    return wishes.strongest(wishes.wish(fields.get(name)) for name in _WORDS)


def _read_account(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    from spiders.clients import github_objects as objects  # all of PyGithub, for a look-up by number only

    user = objects.user(page)
    try:
        number, login = objects.field(user, "id"), objects.field(user, "login")
        if not isinstance(number, int) or not isinstance(login, str):
            raise SkipRecord("id or login is missing")
        kind = _KINDS.get(str(objects.field(user, "type")))
        if kind is None:
            yield Counted(what=f"account_type_{objects.field(user, 'type')}"[:60])
            return
        fields = {name: objects.field(user, name) for name in ("name", "company", "location", "bio")}
        fields["websiteUrl"] = objects.field(user, "blog")
        home = str(objects.field(user, "html_url") or f"https://github.com/{login}")
        found = github.identity(number, login, kind, fields, (), via(home))[0]
        yield found
        wish = _said_wish(fields)
        if wish is not None and found.kind is IdentityKind.PERSONAL:
            # silence says nothing here: the README, which this answer does not hold, may still wish something
            yield wishes.claim(found.id, wish, found.via)
    except SkipRecord as error:
        yield Quarantined(where="account", reason=str(error))


def _read_commits(task: Task, data: Mapping[str, Any], heavy: bool, via: Via) -> Iterator[Yield]:
    repository, commits = task.params["repository"], task.params["commits"]
    found = data.get("repository") or {}
    if heavy and len(commits) > 1:
        for batch in _batches(commits, (len(commits) + 1) // 2):
            yield Task(
                source=task.source, kind=task.kind, url=task.url, params={**task.params, "commits": batch}
            )
        return
    for number, asked in enumerate(commits):
        seen = via(f"https://github.com/{repository}/commit/{asked['sha']}")
        yield from rows.guarded(f"c{number}", _read_commit(found.get(f"c{number}"), asked["digest"], seen))


def _read_commit(commit: Any, digest: str, seen: Provenance) -> Iterator[Yield]:
    author = fields.as_table(fields.as_table(commit or {}, "a commit").get("author") or {}, "an author")
    user = author.get("user")
    if user is None:
        yield Counted(what="mailbox_without_account")
        if "user" in author:  # the commit is there, and the platform says that it is nobody's
            yield Claim(left=f"email:{digest}", right=f"email:{digest}", kind="unattributed", via=seen)
        return
    account = github.actor({"__typename": "User", **user}, seen)
    if account is None:
        yield Counted(what="mailbox_without_account")
        return
    yield account
    yield Claim(left=f"email:{digest}", right=account.id, kind="platform", via=seen)


def _is_askable(login: str | None) -> bool:
    return login is not None and not machines.is_machine(None, login)  # `user(login:)` knows no bots


def _profiles(accounts: list[dict[str, Any]]) -> Task:
    return Task(source="github_people", kind="profiles", url=github.GRAPHQL, params={"accounts": accounts})


def _account(number: int) -> Task:
    return Task(
        source="github_people", kind="account", url=f"{github.API}/user/{number}", params={"id": number}
    )


def _batches(whole: Sequence[Row], size: int) -> Iterator[list[Row]]:
    for first in range(0, len(whole), size):
        yield list(whole[first : first + size])
