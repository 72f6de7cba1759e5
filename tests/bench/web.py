"""What an answer of the server takes: people with facets, as JSON and as a page, one by one and 20 a second.

    python tests/bench/web.py OUT [--people 100000] [--requests 300] [--rate 20] [--seconds 30] [--only STORES]

The store has 20 signals for each person. The real server is asked over loopback by another process; a figure is the
time from the moment a request was due to its last byte, so that waiting behind slow ones counts. `cpu` is the server's
own time for one answer: these machines are shared. What is filled is kept for the next run until it would be filled
otherwise. Exit 1 if a bound of the specification is missed: p50 60 ms, p95 300 ms, 20 a second, 100 kB a first page.
"""

import argparse
import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import local
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from crowd import Crowd, Question, questions
from hall import STORES, slug_of

from sourcing import access
from storage.engine import open_store

P50_MS: Final = 60
P95_MS: Final = 300
PAGE_BYTES: Final = 100_000


def main() -> None:
    """Measure, print one table, write one JSON file; exit 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--only", default="sqlite,postgresql")
    given = parser.parse_args()
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    crowd = Crowd(given.people, given.seed)
    rows: list[dict[str, Any]] = []
    for name in given.only.split(","):
        with STORES[name](out, crowd) as url, served(out, url) as server:
            asked = [query(one) for one in questions(crowd, given.requests, given.seed)]
            for face, path in (("json", "/api/v1/people?facets=true"), ("page", "/people?x=")):
                paths = [f"{path}&{one}".replace("x=&", "") for one in asked]
                ask(server, paths[: len(paths) // 10])  # the first reads the files
                rows.append(figures(name, f"{face}, one by one", server, paths, rate=None))
                many = [paths[at % len(paths)] for at in range(int(given.rate * given.seconds))]
                rows.append(figures(name, f"{face}, {given.rate:g} a second", server, many, rate=given.rate))
            rows.append(first_page(name, server))
    (out / "web.json").write_text(json.dumps(rows, indent=1))
    print(table(rows))
    sys.exit(any(row["missed"] for row in rows))


class Server:
    """A running server and what it takes to be let in."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], headers: dict[str, str]) -> None:
        self.port, self.process, self.headers = port, process, headers
        self._mine = local()

    def get(self, path: str) -> bytes:
        """Return an answer's body as it was sent; every thread keeps one connection, as a browser does."""
        try:
            return self._get(path)
        except http.client.RemoteDisconnected:  # it was not used for a while
            self.hang_up()
            return self._get(path)

    def hang_up(self) -> None:
        """Forget this thread's connection."""
        del self._mine.line

    def _get(self, path: str) -> bytes:
        if not hasattr(self._mine, "line"):
            self._mine.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._mine.line.request("GET", path, headers=self.headers)
        answer = self._mine.line.getresponse()
        body: bytes = answer.read()
        assert answer.status == 200, (path, answer.status, body[:500])
        return body

    def cpu_s(self) -> float:
        """Return the processor seconds the server has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def query(one: Question) -> str:
    """Return a question as it stands in an address."""
    parts = [*one.words, *([f'"{" ".join(one.phrase)}"'] if one.phrase else [])]
    parts += [f"{one.prefix}*"] if one.prefix else []
    # invented countries are none: another field of the same sizes stands in
    parts += [f"hub:hub{value[7:]}" if name == "country" else f"{name}:{value}" for name, value in one.values]
    spec = f"&spec={slug_of(one.specialism)}" if one.specialism else ""
    return f"q={quote(' '.join(parts))}{spec}"


def ask(server: Server, paths: list[str]) -> list[float]:
    """Return what each answer took, one after the other, in milliseconds."""
    times = []
    for path in paths:
        started = time.perf_counter()
        server.get(path)
        times.append(1000 * (time.perf_counter() - started))
    return times


def ask_at(server: Server, paths: list[str], rate: float) -> list[float]:
    """Return what each answer took from the moment it was due, so many a second, in milliseconds."""
    began = time.perf_counter()

    def one(at: int) -> float:
        due = began + at / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        server.get(paths[at])
        return 1000 * (time.perf_counter() - due)

    with ThreadPoolExecutor(64) as pool:
        return list(pool.map(one, range(len(paths))))


def figures(store: str, what: str, server: Server, paths: list[str], *, rate: float | None) -> dict[str, Any]:
    """Return the figures of some requests. rate: a second; None = one after the other."""
    before, started = server.cpu_s(), time.perf_counter()
    times = ask(server, paths) if rate is None else ask_at(server, paths, rate)
    took = time.perf_counter() - started
    p50, p95 = (float(np.percentile(times, part)) for part in (50, 95))
    held = len(paths) / took
    return {
        "store": store,
        "what": what,
        "requests": len(paths),
        "p50_ms": round(p50, 1),
        "p95_ms": round(p95, 1),
        "most_ms": round(max(times), 1),
        "cpu_ms": round(1000 * (server.cpu_s() - before) / len(paths), 1),
        "a_second": round(held, 1),
        "missed": p50 > P50_MS or p95 > P95_MS or (rate is not None and held < 0.95 * rate),
    }


def first_page(store: str, server: Server) -> dict[str, Any]:
    """Return how many bytes a browser without a cache is sent for the page of people and everything it names."""
    server.headers["accept-encoding"] = "gzip"
    page = server.get("/people")
    text = gzip.decompress(page) if page[:2] == b"\x1f\x8b" else page
    named = sorted(set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', text)))
    sent = len(page) + sum(len(server.get(name.decode())) for name in named)
    del server.headers["accept-encoding"]
    return {
        "store": store,
        "what": f"first page, {1 + len(named)} files, {len(page):,} of them the page",
        "bytes": sent,
        "missed": sent > PAGE_BYTES,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the figures for reading."""
    return "\n".join("  ".join(f"{name} {value}" for name, value in row.items()) for row in rows)


@contextmanager
def served(out: Path, url: str) -> Iterator[Server]:
    """Start the server over a store and end it again."""
    home = out / "web-home"
    home.mkdir(exist_ok=True)
    (home / "sourcer.toml").write_text(
        'home = "."\n[operator]\ncontroller = "Example"\ncontact = "https://c.example"\n'
    )
    store = open_store(url)
    now = datetime.now(UTC)
    secret = access.begin_session(store, actor="ana", scope=access.Scope.READ, how="link", now=now)
    store.close()
    port = 8790 + os.getpid() % 200
    command = [sys.executable, "-m", "sourcing", "--config", str(home / "sourcer.toml"), "--database", url]
    environment = {**os.environ, "SOURCER_PEPPER": "a pepper for a measurement"}
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
    )
    server = Server(port, process, {"cookie": f"sourcer_session={secret}"})
    try:
        for _ in range(600):
            try:
                server.get("/healthz")
                break
            except OSError:
                server.hang_up()
                assert process.poll() is None, "the server did not start"
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
