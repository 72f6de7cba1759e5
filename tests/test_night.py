"""The main job, as a newcomer sees it: two nights on the invented world, over real HTTP and real git."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import invented
import launcher
import pytest

SPECIALISMS = ("inference-performance", "post-training", "vision-multimodal")

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("night")]


class Nights:
    """What two nights left behind. people: person key by the key of the invented truth, by their GitHub account."""

    def __init__(self, home: Path, truth: dict[str, Any], log: list[Any]) -> None:
        self.home, self.truth, self.log = home, truth, log
        self.store = sqlite3.connect(home / "store.db")
        people = truth["people"].values() if isinstance(truth["people"], dict) else truth["people"]
        self.of = dict(self.store.execute("SELECT identity, person FROM person_identity"))
        self.account = {one["key"]: f"github:{one['github']['id']}" for one in people if one.get("github")}
        self.known = {one["key"]: one for one in people}

    def person(self, key: str) -> str | None:
        return self.of.get(self.account.get(key, ""))

    def case(self, name: str) -> list[str | None]:
        return [self.person(key) for key in self.truth["cases"][name]["people"]]

    def ranking(self, specialism: str) -> list[str]:
        rows = self.store.execute(
            "SELECT person FROM score WHERE specialism = ? AND listed ORDER BY lower DESC, person",
            (specialism,),
        )
        return [person for (person,) in rows]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    home = tmp_path_factory.mktemp("two-nights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        log = []
        for day in (0, 1):
            night = launcher.Night(home, day=invented.UNTIL + launcher.timedelta(days=day))
            with night.serving() as server:
                assert night.install() == 0
                # one planted feed is broken for good, which the night reports as partly done
                assert night.sourcer("nightly") == 5
                log.append(list(server.log))
                if day:
                    leads = (
                        "export",
                        "run",
                        "--query",
                        "",
                        "--specialism",
                        SPECIALISMS[0],
                        "--to",
                        "csv",
                        "--yes",
                    )
                    assert night.sourcer(*leads, "--out", str(home / "leads.csv")) == 0
    yield Nights(home, json.loads((night.world.root / "truth.json").read_text()), log)


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
    totals = nights.store.execute(
        "SELECT s.value, (SELECT sum(p.points) FROM points p WHERE p.person = s.person "
        "AND p.specialism = s.specialism) FROM score s"
    ).fetchall()
    assert len(totals) > 100
    assert all(abs(value - parts) < 1e-9 for value, parts in totals)
    urls = dict(nights.store.execute("SELECT id, url FROM signal"))
    for points, evidence in nights.store.execute("SELECT points, evidence FROM points WHERE points > 0"):
        signals = json.loads(evidence)
        assert signals and all(urls[signal].startswith("https://") for signal in signals), points


def test_the_second_night_asks_for_little_and_says_so(nights: Nights) -> None:
    first, second = (len(log) for log in nights.log)
    assert second < first / 3
    rows = nights.store.execute(
        "SELECT detail FROM run WHERE kind = 'nightly' ORDER BY started_at"
    ).fetchall()
    assert len(rows) == 2


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
