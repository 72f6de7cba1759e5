"""The site engine against a pinned server: robots, pace, allow-list, noindex, patience. Each run is a process."""

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from waiting import PATIENCE_S

import spiders
from spiders.records import Outcome, Task
from spiders.wire import task_to_line, visit_from_line

pytestmark = pytest.mark.xdist_group("site")  # its crawl is run once

CHILD = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
import plain_reader
from spiders.door import Door
from spiders.engines.site import SiteEngine
from spiders.engines.turn import make_kit
from spiders.redact import Pepper
from spiders.spec import SourceSpec
from spiders.wire import task_from_line, visit_to_line
from spiders import logs

logs.set_up()
pins, spec, home = json.loads(sys.argv[2]), json.loads(sys.argv[3]), Path(sys.argv[4])
agent = "sourcer/test (+https://recruiting.example)"
door = Door(user_agent=agent, pins=pins, resolver=lambda host, port: ["127.0.0.1"])
kit = make_kit(SourceSpec.model_validate(spec), plain_reader, door, pepper=Pepper(b"p" * 32), home=home,
               clock=lambda: datetime(2026, 11, 22, tzinfo=UTC))
SiteEngine(kit).run((task_from_line(line) for line in sys.stdin), lambda visit: print(visit_to_line(visit), flush=True))
kit.worker.close()
"""
HTML = {"Content_Type": "text/html; charset=utf-8"}


MIRA, OTHER = "https://mira.example", "https://other.example"
PINNED = (
    "mira.example",
    "other.example",
    "slow.example",
    "down.example",
    "trap.example",
    "free.example",
    "proof.example",
    "fails.example",
)
EXPECTED = {
    f"{MIRA}/": Outcome.OK, f"{MIRA}/private/cv": Outcome.ROBOTS, f"{MIRA}/talks?sort=1": Outcome.ROBOTS,
    f"{MIRA}/moved": Outcome.OK, f"{MIRA}/away": Outcome.REFUSED, f"{MIRA}/toprivate": Outcome.ROBOTS,
    f"{MIRA}/inside": Outcome.REFUSED, f"{MIRA}/tofile": Outcome.REFUSED, f"{MIRA}/loop": Outcome.REFUSED,
    f"{MIRA}/noindex": Outcome.ROBOTS, f"{MIRA}/header": Outcome.ROBOTS, f"{MIRA}/pdf": Outcome.WRONG_TYPE,
    f"{MIRA}/big": Outcome.TOO_LARGE, f"{MIRA}/same": Outcome.UNCHANGED, f"{MIRA}/gone": Outcome.GONE,
    f"{MIRA}/unasked": Outcome.BROKEN,
    f"{MIRA}/law": Outcome.GONE, f"{MIRA}/soon": Outcome.NONE_YET, "https://proof.example/proof": Outcome.REFUSED,
    f"{MIRA}/broken": Outcome.BROKEN, "http://127.0.0.1/": Outcome.BLOCKED_ADDRESS,
    "javascript:alert(1)": Outcome.BLOCKED_ADDRESS, "https://private.org/": Outcome.BLOCKED_ADDRESS,
    f"{OTHER}/later": Outcome.LIMITED, f"{OTHER}/after": Outcome.LIMITED, "https://down.example/": Outcome.LIMITED,
    **{f"https://slow.example/{n}": Outcome.OK for n in range(3)},
    **{f"https://free.example/{n}": Outcome.OK for n in range(3)},
}  # fmt: skip
FAILING = [f"https://fails.example/fail/{n}" for n in range(20)]
DELAY_S = 1
BUDGET, TRAP = 30, [f"https://trap.example/next/{n}" for n in range(33)]


class Night:
    """One crawl of every case at once, and what it brought."""

    def __init__(self, server, answer, make_spec, home: Path) -> None:
        self.server = server
        self.moments: dict[str, list[float]] = {}
        server.scripts |= self._scripts(answer)
        tasks = [
            Task(source="plain", kind="page", url=url, etag='"7"' if url.endswith("/same") else None)
            for url in (*EXPECTED, *TRAP, *FAILING)
        ]
        spec = make_spec(engine="site", hosts=(), pages_per_host=BUDGET).model_dump_json()
        pins = json.dumps(dict.fromkeys(PINNED, server.pin))
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(Path(__file__).parent), pins, spec, str(home)],
            input="".join(task_to_line(task) + "\n" for task in tasks), capture_output=True, text=True,
            timeout=PATIENCE_S, check=True, cwd=Path(spiders.__file__).parent.parent,
        )  # fmt: skip
        self.lines = [visit_from_line(line) for line in done.stdout.splitlines()]
        self.visits = {visit.task.url: visit for visit in self.lines}

    def _scripts(self, answer):
        def note(asked, connection):
            self.moments.setdefault(asked.headers["host"], []).append(time.monotonic())
            connection.sendall(answer(b"<html>", **HTML))

        def robots(asked, connection):
            connection.sendall(
                {
                    "mira.example": answer(
                        b"User-agent: *\nDisallow: /private\nDisallow: /*?sort=", Content_Type="text/plain"
                    ),
                    "slow.example": answer(
                        b"User-agent: *\nCrawl-delay: %d" % DELAY_S, Content_Type="text/plain"
                    ),
                    "down.example": answer(b"", 503),
                }.get(asked.headers["host"], answer(b"", 404))
            )

        home = (
            b'<html><a href="/talks">x</a><a href="http://127.0.0.1/">y</a><a href="https://elsewhere.org/">z</a>'
            b"mira@pages.example"
        )
        return {
            "/robots.txt": robots,
            "/": answer(home, **HTML, ETag='"1"'),
            "/private/cv": answer(b"<html>private", **HTML),
            "/moved": answer(b"", 301, Location="/talks"),
            "/talks": answer(b"<html>talks", **HTML),
            "/away": answer(b"", 302, Location="https://elsewhere.org/x"),
            "/inside": answer(b"", 302, Location="http://127.0.0.1/"),
            "/tofile": answer(b"", 302, Location="file:///etc/passwd"),
            "/toprivate": answer(b"", 302, Location="/private/cv"),
            "/loop": answer(b"", 302, Location="/loop"),
            "/noindex": answer(b'<html><META content="noindex, follow" NAME="robots">secret', **HTML),
            "/header": answer(b"<html>secret", **HTML, X_Robots_Tag="noindex"),
            "/pdf": answer(b"%PDF-1.7", Content_Type="application/pdf"),
            "/big": answer(b"<html>" + b"x" * 3_200_000, **HTML),
            "/same": answer(b"", 304),
            "/unasked": answer(b"", 304),
            "/gone": answer(b"", 410),
            "/broken": answer(b"", 500),
            "/law": answer(b"<html>forbidden", 451, **HTML),
            "/soon": answer(b"", 202),
            "/proof": answer(b"<html><title>Just a moment...</title>", 503, **HTML),
            **{f"/fail/{n}": answer(b"", 500) for n in range(20)},
            "/later": answer(
                b"", 429, Date="Sun, 22 Nov 2026 02:00:00 GMT", Retry_After="Sun, 22 Nov 2026 02:01:17 GMT"
            ),
            "/after": note,
            **{f"/{n}": note for n in range(3)},
            **{f"/next/{n}": note for n in range(33)},
        }


@pytest.fixture(scope="module")
def night(tmp_path_factory, hostile_class, answer, make_spec):
    server = hostile_class()
    yield Night(server, answer, make_spec, tmp_path_factory.mktemp("site"))
    server.close()


def test_every_task_has_one_visit_with_its_outcome(night):
    assert len(night.lines) == len(EXPECTED) + len(TRAP) + len(FAILING)
    assert {url: night.visits[url].outcome for url in EXPECTED} == EXPECTED


def test_what_robots_forbids_is_never_requested_and_the_file_is_asked_once_a_site(night):
    assert night.server.asked("/private/cv") == night.server.asked("/talks?sort=1") == []
    hosts = [one.headers["host"] for one in night.server.asked("/robots.txt")]
    assert sorted(hosts) == sorted(PINNED)
    assert night.visits["https://down.example/"].retry_after_s == 3600


def test_a_page_brings_records_and_only_tasks_of_its_own_host(night):
    home = night.visits[f"{MIRA}/"]
    assert [task.url for task in home.tasks] == [f"{MIRA}/talks"]
    assert home.counted == {"task off the list of hosts": 2}
    assert (home.page.etag, home.records[0].via.page) == ('"1"', home.page.sha256)
    assert night.visits[f"{MIRA}/moved"].page.url == f"{MIRA}/talks"
    assert night.visits[f"{MIRA}/noindex"].page is None


def test_requests_show_who_we_are_and_carry_conditions_but_no_cookies(night):
    assert night.server.asked("/same")[0].headers["if-none-match"] == '"7"'
    assert {one.headers["user-agent"] for one in night.server.log} == {
        "sourcer/test (+https://recruiting.example)"
    }
    assert not any("cookie" in one.headers or "referer" in one.headers for one in night.server.log)
    assert len(night.server.asked("/broken")) == 3


def test_crawl_delay_is_kept_and_other_hosts_do_not_wait(night):
    slow, other = (
        min(after - before for before, after in pairwise(night.moments[host]))
        for host in ("slow.example", "trap.example")
    )
    assert slow >= DELAY_S > other


def test_a_host_that_asks_for_patience_is_not_asked_again(night):
    assert night.visits[f"{OTHER}/later"].retry_after_s == 77
    assert 0 < night.visits[f"{OTHER}/after"].retry_after_s <= 77
    assert night.server.asked("/after") == []


def test_a_trap_ends_with_the_page_budget(night):
    outcomes = [night.visits[url].outcome for url in TRAP]
    assert (outcomes.count(Outcome.OK), outcomes.count(Outcome.LIMITED)) == (BUDGET, len(TRAP) - BUDGET)
    assert len(night.moments["trap.example"]) == BUDGET


def test_a_host_that_only_fails_is_left_alone_before_every_page_was_tried(night):
    asked = [one for one in night.server.log if one.path.startswith("/fail/")]
    outcomes = {night.visits[url].outcome for url in FAILING}
    assert (len(asked), outcomes <= {Outcome.BROKEN, Outcome.LIMITED}) == (6, True)


def test_a_legal_no_is_a_page_without_its_body(night):
    law = night.visits[f"{MIRA}/law"]
    assert (law.page.status, night.visits[f"{MIRA}/gone"].page) == (451, None)
