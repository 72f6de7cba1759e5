"""TRUST T12, T17: texts that nearly match cost nothing, and what must stay secret stands nowhere."""

import base64
import gzip
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import patterns
import pytest
import structlog
from costs import cost_s, slowness
from rounds import HTML, Host, Round, answer, page

from sourcing.__main__ import main
from spiders import logs
from spiders.door import Door
from spiders.records import Task
from spiders.spec import SourceSpec, load_reader, load_spec, started
from storage import migrate

SOURCES = Path(__file__).parents[2] / "config" / "sources"
MAX_S = 0.05
HANGS_S = 1.0
NEAR = {
    "mail": "a@" * 25_000, "spelt mail": "mira [at] " * 5_000, "half a mail": "a.b" * 16_000 + "@",
    "signs": "@" * 50_000,
    "name": "Mira " * 10_000, "joined name": "M-" * 25_000, "initials": "M. " * 16_000, "title": "Dr. " * 12_500,
    "place": "Berlin, " * 6_000, "flags": "🇩🇪" * 25_000, "sentence": "i am " * 10_000, "no end": "a" * 50_000,
    "brackets": "[" * 50_000, "escapes": "%40" * 16_000, "entities": "&#64" * 12_500, "spaces": " " * 49_999 + "x",
    "letters that join": "e\u0301" * 25_000, "right to left": "\u202e" * 50_000,
}  # fmt: skip


class Hangs(Exception):
    """A match that does not end by itself."""


@cache
def hangs_s() -> float:
    """Return the seconds of work after which nobody would wait longer, on this machine."""
    return HANGS_S * slowness()


@contextmanager
def bounded() -> Iterator[None]:
    """End what takes longer than anybody would wait for."""

    def ring(*_: object) -> None:
        raise Hangs

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, hangs_s())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def is_slow(use: patterns.Use) -> bool:
    """Return whether one of the texts that nearly match takes too long."""

    def cost(text: Any) -> None:
        with bounded():
            use(text)

    try:
        return any(
            cost_s(partial(cost, text), enough_s=MAX_S) > MAX_S for text in patterns.near_misses(use.pattern)
        )
    except Hangs:
        return True


@pytest.mark.slow
def test_no_pattern_of_the_program_is_slow_on_a_text_that_nearly_matches() -> None:
    found = patterns.uses()
    assert len(found) > 200
    slow = [f"{use.where} {use.method}" for use in found if is_slow(use)]
    assert slow == [], "cap the text before it is matched, or make the pattern linear"


@pytest.mark.slow
def test_a_slow_pattern_would_be_noticed() -> None:
    import re

    bad = patterns.Use("here", re.compile(r"(?:a+)+b"), "search", None)
    quadratic = patterns.Use("here", re.compile(r"\s*,"), "search", None)
    capped = patterns.Use("here", re.compile(r"\s*,"), "search", 300)
    assert [is_slow(use) for use in (bad, quadratic, capped)] == [True, True, False]


@pytest.mark.row("T12")
def test_near_misses_of_names_mails_and_places_are_cheap_and_cut(
    round_of: Callable[..., Round], host: Host
) -> None:
    for number, text in enumerate(NEAR.values()):
        host.scripts[f"/{number}"] = answer(json.dumps({"name": text}).encode())
        host.scripts[f"/page{number}"] = answer(f"<html><h1>{text}</h1></html>".encode(), **HTML)
    lured = round_of("lure.org")
    urls = [f"https://lure.org/{way}{number}" for way in ("", "page") for number in range(len(NEAR))]
    assert cost_s(lambda: lured.ask(page(url) for url in urls), tries=1) < 0.25 * len(urls)
    assert set(lured.outcomes().values()) == {"ok"}
    with lured.store.read() as tx:
        values = [
            row[0] for row in tx.exec_driver_sql("SELECT value FROM statement WHERE attribute = 'name'")
        ]
    assert values and max(len(value.encode()) for value in values) <= 10_000


PLANTED = "planted-T17-7f3a9c51e2d84b60"
COPIES = {
    PLANTED,
    quote(PLANTED, safe=""),
    base64.b64encode(PLANTED.encode()).decode(),
    PLANTED[::-1],
    PLANTED[8:],
}


def copies(text: str | bytes) -> set[str]:
    """Return the forms of the planted secret that stand in a text."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return {one for one in COPIES if one in said}


def below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file below a folder with its content, unpacked; and its name, which is a place to leak to as well."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            yield path, str(path).encode() + (gzip.decompress(raw) if path.suffix == ".gz" else raw)


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """Everything anybody logs, down to DEBUG, as a child would write it."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    logs.set_up(secrets=[PLANTED, quote(PLANTED)], stream=stream, level=logging.DEBUG)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


ECHO = json.dumps(
    {"message": f"bad token {PLANTED}", "token": PLANTED, "items": [{"id": PLANTED}], PLANTED: 1}
).encode()
FAILURES: dict[str, bytes] = {
    "401": answer(ECHO, 401, WWW_Authenticate=f"Bearer {PLANTED}"),
    "403": answer(ECHO, 403),
    "404": answer(ECHO, 404),
    "429": answer(ECHO, 429, Retry_After="1", X_Note=PLANTED),
    "500": answer(ECHO, 500),
    "another shape": answer(ECHO, ETag=f'"{PLANTED}"', Link=f'<https://x.org/?token={PLANTED}>; rel="next"'),
    "a page": answer(f"<html>{PLANTED}</html>".encode(), **HTML),
    "half": answer(ECHO[:-9]),
    "a redirect": answer(b"", 302, Location=f"https://elsewhere.org/?key={PLANTED}"),
    "no HTTP": b"\x00" + PLANTED.encode() + b"\r\n\r\n",
}


ANSWERS: dict[str, list[Any]] = {
    "github_accounts": [{"id": 1, "login": "mira"}], "unlinked_commits": [], "arxiv_papers": ["2611.01234"],
    "fresh_papers": [{"id": "2611.01234"}], "orcids": ["0000-0002-1825-0097"],
    "unanswered_orcids": ["0000-0002-1825-0097"], "hub_accounts": ["mira"], "openreview_profiles": ["~Mira_Okafor1"],
    "stack_accounts": ["1"], "kaggle_accounts": ["mira"], "homepages": [{"url": "https://lure.org/", "identity": "x"}],
}  # fmt: skip


def first_task(spec: SourceSpec) -> Task:
    """Return a question of a source: its first, with what the store might hand it, or one it makes nothing of."""
    reader = load_reader(spec)
    for seeds in ({**spec.seeds, **{want: ANSWERS[want] for want in spec.wants}}, spec.seeds):
        with suppress(Exception):  # another shape of answer than this: its own seeds will do
            if tasks := started(spec, reader, reader.Seeds.model_validate(seeds), {}):
                return tasks[0]
    at = spec.hosts[0] if spec.hosts else "lure.org"
    return Task(source=spec.name, kind="x", url=f"https://{at}/x", params={"repository": "a/b", "ids": ["1"]})


@pytest.mark.row("T17")
def test_no_secret_leaves_any_adapter_that_fails(
    store: Any, host: Host, heard: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [path for path in sorted(SOURCES.glob("*.toml")) if load_spec(path).engine in {"api", "git"}]
    assert len(names) >= 15
    host.scripts = {"/robots.txt": answer(b"", 404)}
    seen = set()
    for turn, path in enumerate(names):
        spec = load_spec(path)
        spec = spec.model_copy(update={"requests_per_hour": 10_000_000, "gap_s": 0.0, "page_max_mb": None})
        task = first_task(spec)
        hosts = {*spec.hosts, urlsplit(task.url).hostname or "lure.org"}
        if spec.auth is not None and spec.auth.url is not None:
            hosts.add(str(urlsplit(spec.auth.url).hostname))
        secrets = dict.fromkeys(spec.auth.secrets, PLANTED) if spec.auth is not None else {}
        told_off = list(FAILURES.items())  # three each, in turn: all of them meet several adapters
        few = {what: said for at in (0, 3, 7) for what, said in [told_off[(turn + at) % len(told_off)]]}
        for number, (what, said) in enumerate(few.items()):
            host.scripts = Always(said, is_login=number % 2 == 0)
            pins = dict.fromkeys(hosts, host.pin)
            made = Round(
                store=store, home=tmp_path / str(number), spec=spec, reader=load_reader(spec), secrets=secrets,
                door=lambda pins=pins: Door(user_agent="sourcer/test", pins=pins),
            )  # fmt: skip
            made.ask(
                [Task(source=task.source, kind=task.kind, url=task.url, params={**task.params, "n": number})],
                most=1,
            )
            seen.add(what)
            told = "".join(str(visit) for visit in made.visits)
            assert not secrets or not copies(told), (spec.name, what, told)
    assert seen == set(FAILURES)
    sent = [one for one in host.asked if copies(str(one))]
    assert len(sent) > 20  # it was really sent, to whom it belongs
    assert not copies(heard.getvalue())
    assert not copies("\0".join(sys.argv)) and not copies(Path("/proc/self/cmdline").read_bytes())


class Always(dict[str, Any]):
    """One answer for whatever is asked; a login may go well."""

    def __init__(self, said: bytes, *, is_login: bool) -> None:
        self._said, self._is_login = said, is_login

    def get(self, path: str, default: Any = None) -> Any:
        """Return the script of a path."""
        if path == "/robots.txt":
            return answer(b"", 404)
        if self._is_login and path.startswith("/login"):
            return answer(json.dumps({"token": PLANTED}).encode())
        return self._said


CHILD = """
import json, sys
import lure
from spiders.__main__ import main
sys.modules["spiders.sources.lure"] = lure
sys.exit(main(sys.argv[2:], pins=json.loads(sys.argv[1])))
"""


@pytest.mark.row("T17")
@pytest.mark.parametrize("scheme", ["query", "header"])
def test_no_secret_is_in_anything_a_night_leaves_behind(
    new_url: Callable[[], str],
    host: Host,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    scheme: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCER_LURE_KEY", PLANTED)
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN", PLANTED)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    url = new_url()
    migrate.upgrade(url)
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example", "--quiet"]) == 0
    sources = tmp_path / "own" / "sources"
    sources.mkdir(parents=True)
    pages = [f"https://lure.org/{number}" for number in range(len(FAILURES))]
    host.scripts |= {f"/{number}": said for number, said in enumerate(FAILURES.values())}
    table = {
        "title": "Lure", "reader": "lure", "engine": "api", "home": "https://lure.org", "terms": "https://lure.org/t",
        "purpose": "p", "basis": "b", "balance": "b", "requests_per_hour": 3_600_000, "requests_per_run": 500,
        "hosts": ["lure.org"],
    }  # fmt: skip
    auth = {"secret": "SOURCER_LURE_KEY", "scheme": scheme, "name": "key"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    lines += ["[auth]", *(f"{key} = {json.dumps(value)}" for key, value in auth.items())]
    (sources / "lure.toml").write_text("\n".join([*lines, "[seeds]", f"pages = {json.dumps(pages)}"]))
    file = tmp_path / "sourcer.toml"
    file.write_text('config_dir = "own"\n' + file.read_text())
    calls: list[list[str]] = []
    pins = json.dumps({"lure.org": host.pin})

    def child(arguments: list[str]) -> list[str]:
        calls.append([sys.executable, "-c", CHILD, pins, *arguments])
        return calls[-1]

    at = ["--database", url, "--verbose"]
    for command in (
        ["crawl", "run", "lure", "--json"], ["crawl", "status", "--json"], ["run", "list", "--json"],
        ["source", "auth", "lure"], ["source", "show", "lure"], ["source", "disable", "lure"], ["privacy", "audit"],
        ["config", "show"],
        ["export", "run", "--query", "", "--specialism", "post-training", "--out", "leads.csv", "--yes"],
    ):  # fmt: skip
        main([*at, *command], child=child)
    out, err = capsys.readouterr()
    assert any(copies(str(one)) for one in host.asked) and calls and "lure" in out
    assert not copies(out + err + str(calls))
    assert [str(path) for path, content in below(tmp_path) if copies(content)] == []
    monkeypatch.delenv("SOURCER_LURE_KEY")
    from storage.engine import open_store
    from storage.tables import metadata

    store = open_store(url)
    with store.read() as tx:
        rows = [str(tuple(row)) for table in metadata.sorted_tables for row in tx.execute(table.select())]
    store.close()
    assert len(rows) > len(pages) and not copies("".join(rows))
    assert os.environ["SOURCER_GITHUB_TOKEN"] == PLANTED
