"""The command by which anybody may try a source by hand, as the README of this room gives it."""

import io
import json
import re
import shlex
import sys
from pathlib import Path

from spiders.__main__ import main

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"^python -m spiders (?P<arguments>.+) \| jq '(?P<filter>[^']+)'$", re.MULTILINE)


def test_the_readmes_command_reads_a_source_and_pipes_json(hostile, tmp_path, monkeypatch, capsys):
    found = COMMAND.search((ROOT / "spiders" / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    arguments = shlex.split(found["arguments"])
    recorded = sorted((ROOT / "tests" / "pages" / Path(arguments[0]).stem).glob("*.body"))[0].read_bytes()
    said = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: "
    hostile.scripts = Anything(said + str(len(recorded)).encode() + b"\r\n\r\n" + recorded)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SOURCER_HOME", str(tmp_path))
    monkeypatch.setenv("SOURCER_CONTACT", "https://recruiting.example")
    monkeypatch.setenv("SOURCER_PEPPER", "p" * 32)
    over = tmp_path / "fast.toml"
    over.write_text("gap_s = 0.0\nrequests_per_hour = 360000\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    pins = dict.fromkeys(("oaipmh.arxiv.org", "export.arxiv.org", "rss.arxiv.org"), hostile.pin)
    assert main([arguments[0], str(over), *arguments[1:]], pins=pins) == 0
    visits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    limit = int(arguments[arguments.index("--limit") + 1])
    assert len(visits) == limit and {visit["outcome"] for visit in visits} == {"ok"}
    assert found["filter"] == ".records | length"
    assert all(len(visit["records"]) > 0 for visit in visits)


class Anything(dict):
    """The same answer to whatever is asked."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def get(self, path: str, default: object = None) -> bytes:
        return self._said
