"""How people, repositories, changes and papers are written down in the archive."""

import re
from dataclasses import asdict
from typing import Any

from invented.accounts import PULLS_FROM, PULLS_PER_REPOSITORY, REVIEWS_FROM, Account, node_id
from invented.activity import Change
from invented.bare import Commit
from invented.moments import iso
from invented.papers import Paper, arxiv_sets
from invented.people import Person
from invented.repositories import Repository

_HELPER = re.compile(r"^co-authored-by:\s*(.*?)\s*<([^>]*)>\s*$", re.IGNORECASE | re.MULTILINE)


def account_row(account: Account) -> tuple[Any, ...]:
    """Return a row of `account`."""
    doc = {
        **asdict(account),
        "node": account.node,
        "created_at": iso(account.created_at),
        "updated_at": iso(account.updated_at),
    }
    return account.id, account.node, account.login, doc


def email_rows(people: list[Person], machines: list[Account]) -> dict[str, int]:
    """Return whose each address is, as GitHub knows it: verified ones, and both noreply forms."""
    out: dict[str, int] = {}
    for person in people:
        if person.account is None or person.account.deleted:
            continue
        out |= {address.lower(): person.account.id for address in person.verified}
        for login in (person.account.login, *person.account.former_logins):
            out[f"{person.account.id}+{login}@users.noreply.github.com".lower()] = person.account.id
        out[person.account.noreply_old.lower()] = person.account.id
    return out | {machine.noreply.lower(): machine.id for machine in machines}


def repository_row(
    repo: Repository, owner: Account, pushed: int | None, pulls: int, head: str | None
) -> tuple[Any, ...]:
    """Return a row of `repository`. pushed: last push, None if empty. head: tip of the main branch."""
    doc = {
        "id": repo.id,
        "node": repo.node,
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": owner.id,
        "folder": repo.folder,
        "description": repo.description,
        "topics": list(repo.topics),
        "language": repo.language,
        "stars": repo.stars,
        "fork": repo.parent is not None,
        "parent": repo.parent,
        "created_at": iso(repo.created_at),
        "pushed_at": None if pushed is None else iso(pushed),
        "pulls": pulls,
        "head": head,
        "watched": repo.kind == "watched",
    }
    return repo.id, repo.full_name, repo.owner, repo.node, doc


def _account_of(who: Person | Account | None) -> int | None:
    account = who.account if isinstance(who, Person) else who
    return None if account is None or account.deleted else account.id


def pull_row(repo: Repository, change: Change, sha: str | None) -> tuple[Any, ...]:
    """Return a row of `pull`. sha: the commit it became on the main branch."""
    state = "MERGED" if change.merged else "CLOSED" if change.done_at is not None else "OPEN"
    place = repo.number * PULLS_PER_REPOSITORY + change.number
    ended = None if change.done_at is None else iso(change.done_at)
    reviews = [
        {
            "id": REVIEWS_FROM + place * 8 + number,
            "node": node_id("PullRequestReview", repo.id, REVIEWS_FROM + place * 8 + number),
            "author": _account_of(review.by),
            "state": review.state,
            "at": iso(review.at),
        }
        for number, review in enumerate(change.reviews)
    ]
    labels = ["documentation" if change.chore else "performance" if "%" in change.title else "enhancement"]
    doc = {
        "id": PULLS_FROM + place,
        "node": node_id("PullRequest", repo.id, PULLS_FROM + place),
        "number": change.number,
        "title": change.title,
        "state": state,
        "draft": change.draft,
        "created_at": iso(change.opened_at),
        "updated_at": iso(change.updated_at),
        "closed_at": ended,
        "merged_at": ended if state == "MERGED" else None,
        "additions": change.size[0],
        "deletions": change.size[1],
        "paths": change.paths,
        "labels": labels,
        "author": _account_of(change.by),
        "merged_by": _account_of(change.merged_by) if state == "MERGED" else None,
        "reviews": reviews,
        "sha": sha,
        "commits": max(1, len(change.steps)),
    }
    return repo.id, change.number, state, change.opened_at, change.updated_at, doc


def written_row(repo: Repository, commit: Commit, sha: str) -> tuple[Any, ...]:
    """Return a row of `written`: one commit with author and co-authors, as attribution needs them."""
    helpers = [[name, address] for name, address in _HELPER.findall(commit.message)]
    doc = {
        "name": commit.author[0],
        "email": commit.author[1],
        "helpers": helpers,
        "headline": commit.message.split("\n", 1)[0],
        "committed_at": iso(max(0, commit.committed_at)),
        "authored_at": iso(max(0, commit.author_at)),
    }
    return repo.id, sha, doc


def paper_row(paper: Paper, now: int) -> tuple[Any, ...]:
    """Return a row of `paper`."""
    doc = {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "categories": list(paper.categories),
        "authors": [
            {"forenames": forenames, "keyname": keyname, "affiliation": where}
            for (forenames, keyname), where in zip(paper.printed, paper.affiliations, strict=True)
        ],
        "versions": paper.versions,
        "comments": paper.comments,
        "doi": paper.doi,
        "deleted": paper.deleted_at is not None,
        "journal": None,
        "submitter": paper.authors[0].name.roman,
    }
    sets = arxiv_sets(paper)
    return paper.id, paper.stamp(now).isoformat(), paper.versions[0], " ".join(sets), doc
