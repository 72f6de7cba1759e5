"""What readers ask, and where they go on: starts, cursors, watermarks, batches."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.errors import RetryLater, SourceChanged
from spiders.records import Claim, Counted, Cursor, Identity, Page, Provenance, Signal, Task, Work
from spiders.sources import arxiv_papers, git_history, github_people, github_pulls, homepages

AT = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)


def page(
    body: Any, media_type: str = "application/json", url: str = "https://api.github.com/graphql"
) -> Page:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    digest = hashlib.sha256(raw).hexdigest()
    return Page(url=url, status=200, media_type=media_type, fetched_at=AT, sha256=digest, body=raw)


def via(url: str) -> Provenance:
    return Provenance(
        source="x", url=url, page="0" * 64, fetched_at=AT, reader="x@1", terms="https://terms.example"
    )


def test_profiles_are_asked_by_twenty_five_and_machines_one_by_one() -> None:
    accounts = [{"id": 910000000 + n, "login": f"person-{n}-inv"} for n in range(60)]
    accounts += [{"id": 905000000, "login": "dependabot[bot]"}, {"id": 910000099, "login": None}]
    tasks = list(github_people.start(github_people.Seeds.model_validate({"github_accounts": accounts}), {}))
    assert [len(task.params["accounts"]) for task in tasks if task.kind == "profiles"] == [25, 25, 10]
    assert [task.url for task in tasks if task.kind == "account"] == [
        "https://api.github.com/user/905000000",
        "https://api.github.com/user/910000099",
    ]


def test_mailboxes_are_asked_by_a_hundred_within_a_repository() -> None:
    commits = [{"repository": f"o/{n % 2}", "sha": f"{n:040x}", "digest": f"{n:064x}"} for n in range(300)]
    tasks = list(github_people.start(github_people.Seeds.model_validate({"unlinked_commits": commits}), {}))
    assert sorted(len(task.params["commits"]) for task in tasks) == [50, 50, 100, 100]
    assert all({int(one["sha"], 16) % 2 for one in task.params["commits"]} in ({0}, {1}) for task in tasks)


def test_the_same_wish_list_in_another_order_makes_the_same_tasks() -> None:
    accounts = [{"id": 910000000 + n, "login": f"person-{n}-inv"} for n in range(30)]
    keys = [
        {
            task.key
            for task in github_people.start(
                github_people.Seeds.model_validate({"github_accounts": order}), {}
            )
        }
        for order in (accounts, accounts[::-1])
    ]
    assert keys[0] == keys[1]


def test_a_harvest_asks_again_for_the_day_before_its_cursor() -> None:
    seeds = arxiv_papers.Seeds.model_validate({"sets": ["cs:cs:LG"], "since": "2025-01-01"})
    (first,) = arxiv_papers.start(seeds, {})
    (later,) = arxiv_papers.start(seeds, {"cs:cs:LG": "2026-11-22T02:40:11Z"})
    assert arxiv_papers.ask(first).url.endswith("&set=cs:cs:LG&from=2024-12-31")
    assert arxiv_papers.ask(later).url.endswith("&set=cs:cs:LG&from=2026-11-21")
    assert first.key == later.key  # one task per set, so that it is not asked twice a night


def _pulls(nodes: list[dict[str, Any]], *, more: bool, after: str | None = "c1") -> Page:
    connection = {"totalCount": 50, "pageInfo": {"hasNextPage": more, "endCursor": after}, "nodes": nodes}
    return page({"data": {"repository": {"pullRequests": connection}}})


def _pull(number: int, updated: str) -> dict[str, Any]:
    return {"number": number, "title": "t", "mergedAt": "2026-11-01T00:00:00Z", "updatedAt": updated}


def _first_page(since: str | None) -> Task:
    params = {"repository": "o/n", "first": 25}
    return Task(
        source="github_pulls", kind="pulls", url="https://api.github.com/graphql", params=params, cursor=since
    )


def _walk(task: Task, answer: Page) -> list[Any]:
    return [found for found in github_pulls.read(task, answer, via) if isinstance(found, Task | Cursor)]


def test_pull_requests_are_walked_to_the_watermark_and_no_further() -> None:
    task = _first_page("2026-11-20T10:00:00Z")
    (following,) = _walk(
        task, _pulls([_pull(3, "2026-11-22T00:00:00Z"), _pull(2, "2026-11-20T09:30:00Z")], more=True)
    )
    assert isinstance(following, Task)  # 09:30 is within the hour of overlap
    (end,) = _walk(following, _pulls([_pull(1, "2026-11-20T08:59:59Z")], more=True, after="c2"))
    assert end == Cursor(key="o/n", value="2026-11-22T00:00:00Z")


def test_a_first_walk_goes_to_the_end_before_it_moves_the_watermark() -> None:
    task = _first_page(None)
    (following,) = _walk(task, _pulls([_pull(2, "2026-11-22T00:00:00Z")], more=True))
    assert isinstance(following, Task)
    assert _walk(following, _pulls([_pull(1, "2020-01-01T00:00:00Z")], more=False)) == [
        Cursor(key="o/n", value="2026-11-22T00:00:00Z")
    ]


def test_a_page_answered_in_part_is_asked_again_for_less() -> None:
    task = _first_page("2026-11-20T10:00:00Z")
    holes = _pulls([_pull(3, "2026-11-22T00:00:00Z"), None], more=True)  # type: ignore[list-item]
    sizes = []
    while True:
        (task,) = _walk(task, holes)
        if task.params.get("after"):
            break
        sizes.append(task.params["first"])
        assert task.params["since"] == "2026-11-20T10:00:00Z"
    assert sizes == [12, 6, 3, 1]  # a single one that still cannot be had is left out, and counted
    assert Counted(what="pull_request_left_out") in list(
        github_pulls.read(replace(task, params={**task.params, "after": None}), holes, via)
    )


def test_a_harvest_page_without_anything_in_it_moves_no_cursor() -> None:
    body = (
        b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-23T02:40:11Z</responseDate>'
        b"<ListRecords></ListRecords></OAI-PMH>"
    )
    (task,) = arxiv_papers.start(arxiv_papers.Seeds(sets=["cs:cs:LG"]), {})
    with pytest.raises(RetryLater):
        list(arxiv_papers.read(task, page(body, "text/xml"), via))


def test_a_paging_cursor_that_repeats_itself_is_refused() -> None:
    params = {"repository": "o/n", "first": 25, "after": "c1"}
    task = Task(source="github_pulls", kind="pulls", url="https://api.github.com/graphql", params=params)
    with pytest.raises(SourceChanged, match="repeats itself"):
        _walk(task, _pulls([_pull(1, "2026-11-22T00:00:00Z")], more=True, after="c1"))


def _line(name: str, box: str | None = None, **over: Any) -> Mapping[str, Any]:
    digest = hashlib.sha256(box.encode()).hexdigest() if box else None
    plain = {
        "name": name,
        "digest": digest,
        "account": None,
        "login": None,
        "shared": box is None,
        "machine": False,
    }
    return {**plain, **over}


def _history(repository: str, *commits: Mapping[str, Any]) -> tuple[Task, Page]:
    header = {"repository": repository, "base": None, "head": "f" * 40, "skip": 0}
    header |= {"count": len(commits), "total": len(commits)}
    lines = []
    for number, commit in enumerate(commits):
        at = "2026-11-20T00:00:00+00:00"
        plain = {
            "sha": hashlib.sha1(f"{repository}{number}".encode()).hexdigest(),
            "mapped": None, "committer": commit["author"], "authored_at": at, "committed_at": at, "parents": ["0" * 40],
            "subject": "s", "trailers": [], "paths": [], "files": 0,
        }  # fmt: skip
        lines.append(json.dumps({**plain, **commit}, ensure_ascii=False))
    body = "\n".join([json.dumps(header), *lines]) + "\n"
    url = f"https://github.com/{repository}.git"
    task = Task(source="git_history", kind="history", url=url, params={"repository": repository})
    return task, page(body.encode(), "application/x-git-log+json")


def test_a_hundred_daves_stay_a_hundred() -> None:
    ids = set()
    for number in range(50):  # with an address each, and without any but in another project
        for author in (_line("Dave", f"dave{number}"), _line("Dave")):
            task, history = _history(f"o/{number}", {"author": author})
            ids |= {found.id for found in git_history.read(task, history, via) if isinstance(found, Identity)}
    assert len(ids) == 100


def test_an_author_line_is_the_same_in_every_project() -> None:
    ids = set()
    for number in range(3):
        task, history = _history(f"o/{number}", {"author": _line("Mira Okafor", "mira")})
        ids |= {found.id for found in git_history.read(task, history, via) if isinstance(found, Identity)}
    assert len(ids) == 1


def test_back_dated_work_counts_from_when_it_was_committed() -> None:
    padded = {"author": _line("Pad Inv", "pad"), "authored_at": "2024-01-01T00:00:00+00:00"}
    task, history = _history("o/n", padded)
    (signal,) = [found for found in git_history.read(task, history, via) if isinstance(found, Signal)]
    assert signal.occurred_at == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_shared_mailbox_links_nobody() -> None:
    task, history = _history("o/n", {"author": _line("Team Inv", "team", shared=True)})
    (person,) = [found for found in git_history.read(task, history, via) if isinstance(found, Identity)]
    assert person.emails == ()


def test_three_co_authors_make_four_rows_on_one_work() -> None:
    trailers = [["co-authored-by", _line(f"Co{n} Inv", f"co{n}")] for n in range(3)]
    commit = {"author": _line("Mira Okafor", "mira"), "subject": "Page the cache (#7)", "trailers": trailers}
    task, history = _history("o/n", commit)
    found = list(git_history.read(task, history, via))
    signals = [one for one in found if isinstance(one, Signal)]
    assert sorted(one.kind for one in signals) == ["authored", "co_authored", "co_authored", "co_authored"]
    assert (
        {one.work for one in signals}
        == {"github:o/n#7"}
        <= {one.id for one in found if isinstance(one, Work)}
    )


def test_the_pieces_of_a_walk_say_what_the_whole_says() -> None:
    commits = [{"author": _line(f"P{n % 3} Inv", f"p{n % 3}"), "subject": f"Change {n}"} for n in range(9)]
    task, whole = _history("o/n", *commits)
    lines = whole.body.splitlines()
    sorts = Work | Signal | Identity
    told = {found.id for found in git_history.read(task, whole, via) if isinstance(found, sorts)}
    pieces: set[str] = set()
    step: Task | None = task
    while step is not None:
        skip = int(step.params.get("skip", 0))
        part = lines[1 + skip : 5 + skip]
        header = json.dumps({**json.loads(lines[0]), "skip": skip, "count": len(part)}).encode()
        found = list(git_history.read(step, replace(whole, body=b"\n".join([header, *part])), via))
        pieces |= {one.id for one in found if isinstance(one, sorts)}
        step = next((one for one in found if isinstance(one, Task)), None)
    assert pieces == told


def test_a_page_is_visited_once_and_accounts_never() -> None:
    wanted = ["https://mira.pages.example/", "http://www.mira.pages.example", "https://github.com/mira-inv"]
    wanted += ["javascript:alert(1)", "https://www.linkedin.com/in/mira-inv", "https://joao.pages.example"]
    seeds = homepages.Seeds.model_validate(
        {"homepages": [{"url": url, "identity": "github:1"} for url in wanted]}
    )
    assert [task.url for task in homepages.start(seeds, {})] == [
        "https://mira.pages.example",
        "https://joao.pages.example",
    ]


def test_a_marked_link_outweighs_the_others_of_its_kind() -> None:
    body = b'<h1>Mira Okafor</h1><a rel="me" href="https://github.com/mira-inv">me</a>'
    body += b'<a href="https://github.com/friend-inv">a friend</a>'
    task = Task(source="homepages", kind="page", url="https://mira.pages.example")
    found = homepages.read(task, page(body, "text/html", task.url), via)
    named = [one for one in found if isinstance(one, Claim) and one.kind == "profile_link"]
    assert [one.right for one in named] == ["github-login:mira-inv"]
