"""What a page costs to crawl, and whether the permitted rate is kept, beside Scrapy with nothing around it.

    python tests/bench/crawl.py OUT [--hosts 16] [--pages 30] [--gap 0.3] [--rounds 3]

A server on loopback answers each page after 20 ms. Ours is the engine of sites from task to visit: robots, pace, caps,
redaction, the reader in its sandbox. Scrapy follows the same pace of one page a host and takes the links of a page.
Hosts and pages are the same; what starts and is imported before the first page is not counted.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import turns

_ANSWER_S: Final = 0.02
_CPU_GOAL, _RATE_GOAL = 1.15, 0.95
_NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
_BODY: Final = (
    "<!doctype html><html><head><title>Vale lab</title></head><body><h1>People</h1><ul>"
    + "".join(
        f"<li><a href='https://{name.lower()}.example/'>{name} Vale</a>, kernels and caches of every kind</li>"
        for name in (
            f"{one}{two}" for one in ("Mira", "Ota", "Ines", "Jan") for two in ("na", "le", "to", "ka", "mi")
        )
    )
    + "</ul></body></html>"
).encode()


def main() -> None:
    """Measure both in turn and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--hosts", type=int, default=16)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--gap", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=CONTESTANTS)
    given = parser.parse_args()
    if given.one is not None:
        with served() as port:
            CONTESTANTS[given.one](port, given.hosts, given.pages, given.gap)
        return
    words = [str(given.out)]
    words += [word for name in ("hosts", "pages", "gap") for word in (f"--{name}", str(getattr(given, name)))]
    costs = turns.contest(__file__, list(CONTESTANTS), words, given.rounds)
    ours, bare = costs["ours"], costs["scrapy"]
    pages = given.hosts * given.pages
    assert ours.units == bare.units == pages, f"{ours.units} and {bare.units} of {pages} pages"
    # a host rests from the end of one answer to the next question, so many times; the last answer is waited for
    permitted = pages / ((given.pages - 1) * (given.gap + _ANSWER_S) + _ANSWER_S)
    size = f"{pages} pages"
    rows = [
        turns.Row(
            job="crawl, CPU a page", against="scrapy", size=size, ratio=ours.cpu / bare.cpu, goal=_CPU_GOAL,
            ours=1000 * ours.cpu / pages, theirs=1000 * bare.cpu / pages, unit="ms",
        ),
        turns.Row(
            job="crawl, rate", against="permitted", size=size, ratio=pages / ours.seconds / permitted,
            goal=_RATE_GOAL, is_least=True, ours=pages / ours.seconds, theirs=permitted, unit="/s",
        ),
    ]  # fmt: skip
    turns.keep(given.out, "crawl", rows)


def ours(port: int, hosts: int, pages: int, gap_s: float) -> None:
    """Crawl with the engine of sites."""
    from spiders import logs
    from spiders.door import Door
    from spiders.engines.site import SiteEngine
    from spiders.engines.turn import make_kit
    from spiders.records import Outcome, Task
    from spiders.redact import Pepper
    from spiders.sources import lab_pages
    from spiders.spec import SourceSpec

    logs.set_up()
    names = [f"site{number}.example" for number in range(hosts)]
    spec = SourceSpec.model_validate({
        "name": "lab_pages", "title": "Labs", "reader": "lab_pages", "engine": "site", "home": "https://labs.example",
        "terms": "https://labs.example", "purpose": "a measurement", "basis": "none", "balance": "invented people",
        "requests_per_hour": 3_600_000, "requests_per_run": 100_000, "gap_s": gap_s, "pages_per_host": pages,
        "keep_pages_days": 0,
    })  # fmt: skip
    door = Door(user_agent="sourcer/bench", pins=dict.fromkeys(names, f"http://127.0.0.1:{port}"))
    tasks = [
        Task(source="lab_pages", kind="group", url=f"https://{name}/page/{at}", params={"group": "Vale lab"})
        for at in range(pages)
        for name in names
    ]
    told: list[Outcome] = []
    with tempfile.TemporaryDirectory() as home:
        kit = make_kit(
            spec, lab_pages, door, pepper=Pepper(b"a measurement"), home=Path(home), clock=lambda: _NOW
        )
        engine = SiteEngine(kit)

        def work() -> float:
            engine.run(tasks, lambda visit: told.append(visit.outcome))
            assert kit.worker is not None
            kit.worker.close()
            return len(told)

        turns.tell(work)
    assert set(told) == {Outcome.OK}, set(told)


def bare(port: int, hosts: int, pages: int, gap_s: float) -> None:
    """Crawl with Scrapy as it is, at the same pace."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    found: list[int] = []

    class Plain(scrapy.Spider):
        name = "plain"
        custom_settings: ClassVar[dict[str, Any]] = {
            "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": gap_s + _ANSWER_S,
            "RANDOMIZE_DOWNLOAD_DELAY": False, "LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False,
        }  # fmt: skip

        async def start(self) -> Any:
            for at in range(pages):
                for number in range(hosts):
                    yield scrapy.Request(f"http://127.0.1.{number + 1}:{port}/page/{at}")

        def parse(self, response: Any) -> None:
            found.append(len(response.css("a::attr(href)").getall()))

    process = CrawlerProcess()
    process.crawl(Plain)

    def work() -> float:
        process.start()
        return len(found)

    turns.tell(work)


CONTESTANTS: Final[dict[str, Callable[[int, int, int, float], None]]] = {"ours": ours, "scrapy": bare}


@contextmanager
def served() -> Iterator[int]:
    """Start a server of pages in a process of its own, and give its port."""
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


async def _serve() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            is_page = b" /page/" in head.partition(b"\r\n")[0]
            await asyncio.sleep(_ANSWER_S if is_page else 0)
            body = _BODY if is_page else b""
            status = "200 OK" if is_page else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            await writer.drain()

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(patient, "0.0.0.0", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve()) if "--serve" in sys.argv else main()
