"""The invented world: same in, same out; it only grows; it answers like the real services."""

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import invented
import pytest
from invented.archive import Archive
from invented.bare import CLEAN_GIT

pytestmark = pytest.mark.xdist_group("world")  # one world and one server for all of it

OAI = "{http://www.openarchives.org/OAI/2.0/}"
PULLS = """query($first:Int!,$after:String){
  rateLimit{cost limit remaining used nodeCount resetAt}
  repository(owner:"quillserve",name:"quillserve"){ id databaseId
    pullRequests(first:$first,after:$after,states:MERGED,orderBy:{field:UPDATED_AT,direction:DESC}){
      totalCount pageInfo{hasNextPage endCursor}
      nodes{number title mergedAt updatedAt merged
        author{__typename login ... on User{databaseId} ... on Bot{databaseId}}
        mergedBy{login} labels(first:5){nodes{name}} files(first:20){nodes{path}}
        reviews(first:5){totalCount nodes{state submittedAt author{login}}}}}}}"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> invented.World:
    return invented.build(tmp_path_factory.mktemp("worlds") / "one")


@pytest.fixture(scope="module")
def server(world: invented.World) -> Iterator[invented.Server]:
    with invented.serve(world, limits=invented.Limits(arxiv_page=20)) as running:
        yield running


class Client:
    """Asks one server in the name of any host."""

    def __init__(self, server: invented.Server, token: str | None) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"User-Agent": "test/1"})
        self.token = token

    def get(self, url: str, **headers: str) -> httpx.Response:
        host, _, path = url.removeprefix("https://").partition("/")
        given = {"Host": host} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        return self.http.get(f"/{path}", headers={**given, **headers})

    def graphql(self, query: str, **variables: Any) -> httpx.Response:
        given = {"Host": "api.github.com", "Authorization": f"bearer {self.token}"}
        return self.http.post("/graphql", json={"query": query, "variables": variables}, headers=given)


@pytest.fixture
def client(server: invented.Server, world: invented.World) -> Iterator[Client]:
    server.reset()
    made = Client(server, world.token)
    yield made
    made.http.close()


def test_the_same_parameters_give_the_same_world(world: invented.World, tmp_path: Path) -> None:
    assert invented.build(tmp_path / "again").digest() == world.digest()
    assert invented.build(tmp_path / "other", seed=8).digest() != world.digest()


def test_a_finished_world_is_reused_and_an_unfinished_one_is_begun_again(tmp_path: Path) -> None:
    root = tmp_path / "world"
    digest = invented.build(root).digest()
    written_at = (root / "world.sqlite").stat().st_mtime_ns
    invented.build(root)
    assert (root / "world.sqlite").stat().st_mtime_ns == written_at
    (root / "manifest.json").write_text('{"unfinished": true}')
    assert invented.build(root).digest() == digest
    with pytest.raises(ValueError, match="holds no world"):
        invented.build(tmp_path)


def _rows(world: invented.World, sql: str) -> set[Any]:
    archive = Archive(world.database)
    try:
        return set(archive.rows(sql))
    finally:
        archive.close()


def test_a_later_day_adds_and_changes_nothing_before_it(world: invented.World, tmp_path: Path) -> None:
    later = invented.build(tmp_path / "later", until=world.until + timedelta(days=1))
    commits = "SELECT repository, sha FROM written"
    new = _rows(later, commits) - _rows(world, commits)
    assert _rows(world, commits) <= _rows(later, commits)
    assert 1 <= len(new) <= 20
    for stable in (
        "SELECT id, login, doc FROM account",
        "SELECT * FROM email",
        "SELECT repository, number, created FROM pull",
    ):
        assert _rows(world, stable) <= _rows(later, stable)
    old_papers, papers = (_rows(each, "SELECT id, created FROM paper") for each in (world, later))
    assert old_papers < papers
    done = "SELECT doc FROM pull WHERE updated < 1795000000"  # settled a week before
    assert _rows(world, done) <= _rows(later, done)


@pytest.mark.slow
def test_what_happened_on_a_day_stays_when_more_days_are_lived(tmp_path: Path) -> None:
    lived = [
        invented.build(
            tmp_path / str(days), size=300, until=invented.UNTIL + timedelta(days=days), lively_days=days
        ).truth.events
        for days in (20, 29)
    ]
    assert len(lived[0]) > 10
    assert lived[1][: len(lived[0])] == lived[0]


def test_the_planted_cases_and_the_strong_are_there(world: invented.World) -> None:
    truth = world.truth
    assert {"namesake", "impostor", "renamed", "padded", "opted_out", "role_box", "mailmap"} <= set(
        truth.cases
    )
    assert len(truth.cases["daves"]["people"]) == 3
    assert all(len(keys) >= 3 for keys in truth.strong.values())
    assert not {key for keys in truth.strong.values() for key in keys} & set(truth.opted_out)
    both = [
        one
        for one in truth.people.values()
        if one["github"] and one["did"].get("papers") and one["did"].get("merged")
    ]
    assert len(both) >= 5
    assert 1_500 <= truth.counts["commits"] <= 3_000
    assert 300 <= truth.counts["merged_pulls"] <= 700


def test_rest_pages_by_link_header_until_all_pull_requests_are_seen(client: Client) -> None:
    url, numbers = "https://api.github.com/repos/quillserve/quillserve/pulls?state=all&per_page=30", []
    while True:
        answer = client.get(url)
        numbers += [pull["number"] for pull in answer.json()]
        if "next" not in answer.links:
            break
        url = answer.links["next"]["url"].replace("/repositories/950000000/", "/repos/quillserve/quillserve/")
    assert len(numbers) == len(set(numbers)) > 60
    assert int(answer.headers["X-RateLimit-Used"]) == -(-len(numbers) // 30)


def test_an_unchanged_answer_is_304_and_free(client: Client) -> None:
    first = client.get("https://api.github.com/repos/quillserve/quillserve")
    again = client.get(
        "https://api.github.com/repos/quillserve/quillserve", **{"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]


def test_github_refuses_as_the_real_one(client: Client, world: invented.World) -> None:
    site = "https://api.github.com"
    assert client.get(f"{site}/repos/no/where").status_code == 404
    assert (
        client.get(f"{site}/rate_limit", Authorization="Bearer wrong").json()["message"] == "Bad credentials"
    )
    assert client.get(f"{site}/rate_limit", **{"User-Agent": ""}).status_code == 403
    old, new = next(iter(world.truth.renamed_repositories.items()))
    moved = client.get(f"{site}/repos/{old}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{site}/repositories/950000004")
    assert client.get(moved.headers["Location"]).json()["full_name"] == new
    deleted = world.truth.people[world.truth.cases["deleted"]["people"][0]]
    assert client.get(f"{site}/user/{deleted['github']['id']}").status_code == 404
    assert client.get("https://unheard.example/").status_code == 421


def test_graphql_pages_merged_pull_requests_newest_first(client: Client) -> None:
    seen, after = [], None
    while True:
        answer = client.graphql(PULLS, first=25, after=after).json()
        assert "errors" not in answer
        page = answer["data"]["repository"]["pullRequests"]
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == page["totalCount"] == len({pull["number"] for pull in seen})
    assert [pull["updatedAt"] for pull in seen] == sorted((pull["updatedAt"] for pull in seen), reverse=True)
    assert answer["data"]["rateLimit"]["cost"] == 1
    assert {"User", "Bot"} <= {pull["author"]["__typename"] for pull in seen if pull["author"]}


def test_graphql_answers_partly_and_names_what_is_missing(client: Client, world: invented.World) -> None:
    case = world.truth.cases["renamed"]
    person = world.truth.people[case["people"][0]]["github"]
    query = """query($new:String!,$old:String!,$ids:[ID!]!){
        new:user(login:$new){databaseId followers{totalCount}
        socialAccounts(first:5){nodes{provider url}} repositories(first:6){nodes{nameWithOwner}}}
        old:user(login:$old){id} nodes(ids:$ids){__typename id ... on User{login}}}"""
    answer = client.graphql(
        query, new=case["facts"]["new"], old=case["facts"]["old"], ids=[person["node"], "U_none"]
    )
    said = answer.json()
    assert answer.status_code == 200
    assert said["data"]["new"]["databaseId"] == person["id"]
    assert said["data"]["nodes"] == [
        {"__typename": "User", "id": person["node"], "login": person["login"]},
        None,
    ]
    assert [(error["type"], error["path"]) for error in said["errors"]] == [
        ("NOT_FOUND", ["old"]),
        ("NOT_FOUND", ["nodes", 1]),
    ]


def test_commits_are_attributed_by_verified_addresses_only(client: Client, world: invented.World) -> None:
    truth = world.truth
    owner = {address.lower(): key for key, one in truth.people.items() for address in one["verified"]}
    archive = Archive(world.database)
    rows = archive.rows(
        "SELECT sha, json_extract(doc, '$.email') FROM written WHERE repository = 950000000 LIMIT 90"
    )
    archive.close()
    parts = [
        f'c{n}:object(oid:"{sha}"){{... on Commit{{author{{user{{databaseId}}}}}}}}'
        for n, (sha, _) in enumerate(rows)
    ]
    query = f'{{repository(owner:"quillserve",name:"quillserve"){{{" ".join(parts)}}}}}'
    found = client.graphql(query).json()["data"]["repository"]
    linked = 0
    for number, (_, address) in enumerate(rows):
        user = found[f"c{number}"]["author"]["user"]
        if address.lower() in owner:
            assert user["databaseId"] == truth.people[owner[address.lower()]]["github"]["id"]
            linked += 1
        elif "noreply" not in address:
            assert user is None
    assert linked > 10


def test_graphql_fails_on_big_pages_and_spent_budgets(client: Client, world: invented.World) -> None:
    archive = Archive(world.database)
    biggest = archive.rows(
        "SELECT r.name FROM pull p JOIN repository r ON r.id = p.repository "
        "GROUP BY r.id ORDER BY count(*) DESC, r.id"
    )[0][0]
    archive.close()
    owner, name = biggest.split("/")
    query = PULLS.replace('owner:"quillserve",name:"quillserve"', f'owner:"{owner}",name:"{name}"')
    assert client.graphql(query, first=51).status_code == 502
    assert client.graphql(query, first=50).status_code == 200
    assert client.graphql("{viewerIsNot}").json()["errors"]
    with invented.serve(world, limits=invented.Limits(graphql_points_per_hour=1)) as poor:
        other = Client(poor, world.token)
        other.graphql("{rateLimit{remaining}}")
        said = other.graphql("{rateLimit{remaining}}")
        other.http.close()
    assert (said.status_code, said.json()["errors"][0]["type"]) == (200, "RATE_LIMITED")


def test_oai_lists_by_token_and_shows_deleted_records(client: Client, world: invented.World) -> None:
    base = "https://oaipmh.arxiv.org/oai?verb=ListRecords"
    url, ids = f"{base}&metadataPrefix=arXiv&set=cs", []
    while True:
        page = ET.fromstring(client.get(url).content)
        ids += [element.text for element in page.iter(f"{OAI}identifier")]
        token = page.find(f".//{OAI}resumptionToken")
        if token is None or not token.text:
            break
        url = f"{base}&resumptionToken={token.text}"
    assert token is not None, "the last page of several carries an empty token"
    assert len(ids) == len(set(ids)) == int(token.get("completeListSize", 0)) > 20
    for query, code in (
        ("&metadataPrefix=arXiv&from=2030-01-01", "noRecordsMatch"),
        ("&resumptionToken=stale", "badResumptionToken"),
        ("&set=cs", "badArgument"),
        ("&metadataPrefix=arXiv&from=yesterday", "badArgument"),
    ):
        error = ET.fromstring(client.get(base + query).content).find(f"{OAI}error")
        assert error is not None and error.get("code") == code
    (gone,) = world.truth.deleted_papers
    record = client.get(
        f"{base.replace('ListRecords', 'GetRecord')}&metadataPrefix=arXiv&identifier=oai:arXiv.org:{gone}"
    )
    assert '<header status="deleted">' in record.text
    assert "<metadata>" not in record.text


def test_arxiv_answers_by_id_in_atom_and_hints_in_rss(client: Client, world: invented.World) -> None:
    ids = sorted(world.truth.papers)[-2:]
    feed = client.get(f"https://export.arxiv.org/api/query?id_list={','.join(ids)}").text
    assert all(f"<id>http://arxiv.org/abs/{name}v" in feed for name in ids)
    assert client.get("https://export.arxiv.org/api/query?id_list=nonsense").status_code == 400
    assert "<rss" in client.get("https://rss.arxiv.org/rss/cs.LG+cs.CL").text
    with invented.serve(world, limits=invented.Limits(arxiv_gap_s=30)) as strict:
        other = Client(strict, None)
        answers = [other.get("https://oaipmh.arxiv.org/oai?verb=Identify") for _ in range(2)]
        other.http.close()
    assert [answer.status_code for answer in answers] == [200, 503]
    assert answers[1].headers["Retry-After"] == "30"


@pytest.mark.parametrize("kept", ["tree:0", "blob:none"])
def test_git_fetches_partially_over_http(
    kept: str, server: invented.Server, world: invented.World, tmp_path: Path
) -> None:
    env = {**CLEAN_GIT, "http_proxy": f"http://127.0.0.1:{server.port}"}

    def git(*words: str, lazy: bool = True) -> str:
        more = {} if lazy else {"GIT_NO_LAZY_FETCH": "1"}
        done = subprocess.run(
            ["git", *words], cwd=tmp_path, env={**env, **more}, check=True, capture_output=True, text=True
        )
        return done.stdout

    git("init", "-q", "--bare", ".")
    git("remote", "add", "origin", "http://github.com/quillserve/quillserve.git")
    git("fetch", "-q", "--no-tags", f"--filter={kept}", "origin", "+HEAD:refs/sourcer/head")
    shas = set(git("log", "--no-mailmap", "--format=%H", "refs/sourcer/head", lazy=False).split())
    known = {sha for (sha,) in _rows(world, "SELECT sha FROM written WHERE repository = 950000000")}
    assert shas == known
    present = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
    assert "blob" not in present
    assert (present.count("tree") == 0) == (kept == "tree:0")
    assert "<" in git("cat-file", "-p", "refs/sourcer/head:.mailmap")


def test_github_com_serves_git_and_nothing_else(client: Client) -> None:
    assert client.get("https://github.com/quillserve/quillserve").status_code == 406
    refs = "info/refs?service=git-upload-pack"
    assert client.get(f"https://github.com/no/where.git/{refs}").status_code == 404
    moved = client.get(f"https://github.com/oakrollout/rollout-old.git/{refs}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/oakrollout/rolloutlab.git/{refs}")


def test_pages_have_robots_tags_and_dates(client: Client, world: invented.World) -> None:
    cases = world.truth.cases

    def robots(case: str) -> httpx.Response:
        return client.get(f"{cases[case]['facts']['page']}robots.txt")

    assert "Disallow: /private/" in robots("robots_disallow").text
    assert "Crawl-delay: 1" in robots("robots_delay").text
    assert (robots("robots_missing").status_code, robots("robots_broken").status_code) == (404, 503)
    for url in (
        cases["bridge"]["facts"].get("page", "https://inigo-nunez.pages.example/"),
        "https://proceedings.conf.example/2025/index.html",
    ):
        first = client.get(url)
        assert first.status_code == 200
        assert client.get(url, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert client.get(url, **{"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304


def test_every_request_is_in_the_log(client: Client, server: invented.Server) -> None:
    client.get("https://proceedings.conf.example/2025/index.html")
    log = client.get("https://world.invented/log").json()
    assert [(line["host"], line["path"], line["status"], line["user_agent"]) for line in log] == [
        ("proceedings.conf.example", "/2025/index.html", 200, "test/1")
    ]
    client.get("https://world.invented/reset")
    assert [line.path for line in server.log] == ["/reset"]


def test_the_overlay_names_this_world(world: invented.World, tmp_path: Path) -> None:
    import tomllib

    root = world.write_config(tmp_path)
    seeds = tomllib.loads((root / "sources" / "git_history.toml").read_text())["seeds"]
    looks = [
        tomllib.loads(path.read_text())["look"]["repositories"]
        for path in (root / "specialisms").glob("*.toml")
    ]
    assert len(looks) == 3
    assert {name for names in looks for name in names} <= set(seeds["repositories"])
    assert date.fromisoformat(
        tomllib.loads((root / "sources" / "arxiv_papers.toml").read_text())["seeds"]["since"]
    )
