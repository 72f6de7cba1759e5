"""The main job, as a newcomer sees it: nights on the invented world, over real HTTP and real git."""

import csv
import gzip
import json
import re

import pytest
from nights import SPECIALISMS, Nights

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("night")]


def test_the_strong_are_found_near_the_top(nights: Nights) -> None:
    for specialism, strong in nights.truth["strong"].items():
        top = nights.ranking(specialism)[: 3 * len(strong)]
        found = [key for key in strong if nights.person(key) in top]
        assert len(found) == len(strong), f"{specialism}: {found} of {strong}"


def test_nobody_ranks_who_is_no_person_or_did_nothing(nights: Nights) -> None:
    listed = {person for specialism in SPECIALISMS for person in nights.ranking(specialism)}
    bots = {
        identity
        for (identity,) in nights.store.execute(
            "SELECT identity FROM statement WHERE attribute = 'kind' AND value = 'bot'"
        )
    }
    assert bots and not {nights.of.get(bot) for bot in bots} & listed
    assert not set(nights.case("padded")) & listed
    assert nights.case("human_claude")[0] in listed


def test_people_who_only_share_a_name_or_a_claim_stay_apart(nights: Nights) -> None:
    for case in ("daves", "romanised_namesake", "impostor", "two_claimants", "role_box"):
        people = nights.case(case)
        assert None not in people and len(set(people)) == len(people), case


def test_no_two_accounts_ever_became_one_person(nights: Nights) -> None:
    people = [person for key in nights.account if (person := nights.person(key)) is not None]
    assert len(people) > 60
    assert len(set(people)) == len(people)


def test_a_person_with_code_and_papers_is_one_person(nights: Nights) -> None:
    (bridge,) = nights.case("bridge")
    sources = nights.store.execute(
        "SELECT DISTINCT s.source FROM statement s JOIN person_identity p USING (identity) WHERE p.person = ?",
        (bridge,),
    )
    assert {"git_history", "homepages"} <= {source for (source,) in sources}


def test_every_point_opens_to_a_link_and_the_parts_sum_to_the_score(nights: Nights) -> None:
    totals = nights.store.execute("SELECT specialism, person, value, rising FROM score").fetchall()
    assert len(totals) > 100
    urls = dict(nights.store.execute("SELECT id, url FROM signal"))
    parts = nights.parts()
    for specialism, person, value, rising in totals:
        earned = parts[specialism, person]
        assert abs(value - sum(part.points for part in earned)) < 1e-9
        assert abs(rising - sum(part.rising for part in earned)) < 1e-9
        for part in earned:
            proven = part.evidence and all(urls[signal].startswith("https://") for signal in part.evidence)
            assert proven or not (part.points or part.rising), part


# A watched repository, a harvested set and a monthly thread each take their question every night, however few people
# there are: at a hundred people that is an eighth of the first night, at two thousand less than the twentieth.
REPEAT_MAX = 0.17


def test_the_second_night_asks_for_little_and_says_so(nights: Nights) -> None:
    first, second, third = (len(log) for log in nights.log)
    assert second < first * REPEAT_MAX and third < first * REPEAT_MAX
    rows = nights.store.execute(
        "SELECT detail FROM run WHERE kind = 'nightly' ORDER BY started_at"
    ).fetchall()
    assert len(rows) == 2


# What `sourcing.crawl.forecast` promises beside the fifth: at a hundred people whole sources are smaller than that.
PLAN_SLACK = {"requests": 5, "points": 10, "bytes": 100_000}
SECONDS_SLACK, SECONDS_TIMES = (
    10,
    4,
)  # what else the machine does meanwhile makes a night longer or shorter than the last


def test_a_plan_tells_what_each_source_and_a_night_will_use_within_a_fifth(nights: Nights) -> None:
    crawls = nights.store.execute(
        "SELECT coalesce(s.detail, r.detail) FROM run r LEFT JOIN run_step s ON s.run = r.id AND s.name = 'crawl' "
        "WHERE r.kind IN ('nightly', 'crawl') ORDER BY r.started_at"
    ).fetchall()
    assert len(crawls) == 3
    for plan, (detail,) in zip(nights.plans, crawls[1:], strict=True):
        crawl = json.loads(detail)
        used = {one["source"]: one for one in crawl["sources"]}
        assert {one["name"] for one in plan["sources"]} == set(used)
        whole = {name: sum(one[name] for one in used.values()) for name in PLAN_SLACK}
        rows = [(one, used[one["name"]]) for one in plan["sources"]]
        for said, did in [*rows, (plan["total"], whole)]:
            for name, slack in PLAN_SLACK.items():
                assert abs(said[name] - did[name]) <= max(slack, 0.2 * did[name]), (name, said, did)
        for said, did in [*rows, (plan["total"], crawl)]:
            less, more = sorted((said["seconds"], did["seconds"]))
            assert more <= SECONDS_SLACK + SECONDS_TIMES * less, (said, did)
        # of requests a quiet night has enough to be told by the fifth alone
        assert abs(plan["total"]["requests"] - whole["requests"]) <= 0.2 * whole["requests"]
        assert {one["name"] for one in plan["buckets"]} >= {"github", "arxiv"}
        assert plan["total"]["deferred"] == 0


def test_a_thousand_profiles_cost_few_points(nights: Nights) -> None:
    tasks = nights.store.execute(
        "SELECT params FROM task WHERE source = 'github_people' AND kind = 'profiles'"
    )
    people = sum(len(json.loads(params)["accounts"]) for (params,) in tasks)
    ((points,),) = nights.store.execute(
        "SELECT sum(points) FROM source_health WHERE source = 'github_people'"
    )
    # at so few people half a batch is empty, and there is one question for open mailboxes per history
    histories = nights.store.execute(
        "SELECT count(*) FROM task WHERE source = 'github_people' AND kind = 'commits'"
    )
    assert people > 60 and (points - histories.fetchone()[0]) * 1000 / people <= 150


def test_what_robots_or_a_private_address_forbids_is_never_asked(nights: Nights) -> None:
    asked = [
        (one["host"], one["path"]) if isinstance(one, dict) else (one.host, one.path) for one in nights.log[0]
    ]
    assert any("robots.txt" in path for _, path in asked)
    assert not [path for _, path in asked if path.startswith("/private/")]
    broken = "baraki-fjellgard.pages.example"
    assert {path for host, path in asked if host == broken} <= {"/robots.txt"}
    assert not [host for host, _ in asked if host.startswith(("127.", "localhost"))]


def test_no_commit_address_is_kept_anywhere(nights: Nights) -> None:
    addresses = {address for one in nights.known.values() for _, address in one["git"] if "@" in address}
    addresses -= {address for address in addresses if address.endswith("users.noreply.github.com")}
    kept = [path for path in nights.home.rglob("*") if path.is_file() and "world" not in path.parts]
    kept = [
        path for path in kept if "mirrors" not in path.parts
    ]  # git's own objects, private to the instance
    text = b"".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in kept
    )
    assert len(addresses) > 50 and len(kept) > 50
    assert not [address for address in addresses if address.encode() in text]


def test_the_leads_hold_reasons_and_links_and_no_address(nights: Nights) -> None:
    with (nights.home / "leads.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(nights.ranking(SPECIALISMS[0]))
    assert all(
        row["Lead Key"].startswith("p_") and row["Why"] and row["Evidence 1 URL"].startswith("https://")
        for row in rows
    )
    assert not [row for row in rows if row.get("Email")]


def test_logs_are_events_that_name_nobody(nights: Nights) -> None:
    logs = {path.name: path.read_text() for path in (nights.home / "logs").glob("*.log")}
    events = [json.loads(line) for text in logs.values() for line in text.splitlines()]
    assert events and all({"event", "level", "source", "task"} <= event.keys() for event in events)
    whole = "\n".join(logs.values()).casefold()
    assert "@" not in whole and not re.search(r"gh[opsu]_|github_pat_|bearer ", whole)
    assert (nights.home / "pepper").read_text().strip() not in whole
    told = [
        word
        for one in nights.known.values()
        for word in (one["name"], one["native"], one["homepage"], (one["github"] or {}).get("login"))
        if word is not None
    ]
    words = set(re.findall(r"\w[\w.-]*", whole))
    assert len(told) > 200
    assert {
        name for name in told if (name.casefold() in (whole if " " in name or "/" in name else words))
    } == set()
