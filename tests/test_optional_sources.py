"""Sources that are off until their terms are accepted: switched on in the invented world, each brings something."""

import gzip
import io
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import launcher
import pytest
from invented import optional
from invented.archive import Archive
from invented.roster import Roster
from invented.wire import Logged

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("optional")]

ASKED = ("openreview", "semantic_scholar", "stack_exchange", "crossref", "openalex", "hf_papers", "hf_models")


class Optional:
    """What a crawl of the optional sources left behind. files: everything written, as one text."""

    def __init__(self, home: Path, roster: Roster, log: list[Logged]) -> None:
        self.accepted = {
            f"openreview:{optional.forum(paper)}"
            for paper in roster.papers.values()
            if optional.venue_of(paper) is not None
        }
        self.store = sqlite3.connect(home / "store.db")
        self.log = Counter((one.host, one.status) for one in log)
        kept = [one for one in home.rglob("*") if one.is_file() and "world" not in one.parts]
        self.files = b"".join(
            gzip.decompress(one.read_bytes())
            if one.suffix == ".gz" and "pages" in one.parts
            else one.read_bytes()
            for one in kept
        )

    def count(self, table: str, source: str) -> int:
        (number,) = self.store.execute(f"SELECT count(*) FROM {table} WHERE source = ?", (source,)).fetchone()
        return int(number)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Optional]:
    home = tmp_path_factory.mktemp("optional")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        for name, value in optional.SECRETS.items():
            patch.setenv(name, value)
        night = launcher.Night(home)
        with night.serving() as server:
            archive = Archive(night.world.root / "world.sqlite")
            roster = Roster(night.world.truth, archive)
            optional.write_config(roster, home / "config")
            assert night.install() == 0
            assert night.sourcer("crawl", "run", "arxiv_papers", *ASKED, "hf_users") == 0
            assert night.sourcer("import", "people", str(orcid_file(home, roster)), "--format", "orcid") == 0
            yield Optional(home, roster, list(server.log))


def orcid_file(home: Path, roster: Roster) -> Path:
    """Write ORCID's public file of the invented world: everybody who has a number, and a stranger."""
    path = home / "summaries.tar.gz"
    spaces = " ".join(
        f'xmlns:{one}="http://www.orcid.org/ns/{one}"' for one in ("record", "common", "person")
    )
    numbers = {one["orcid"]: one["roman"] for one in roster.people.values() if one["orcid"]}
    with tarfile.open(path, "w:gz") as file:
        for number, name in {**numbers, "0000-0007-9999-9995": "A Stranger"}.items():
            body = f"""<record:record {spaces}><common:orcid-identifier><common:path>{number}</common:path>
</common:orcid-identifier><person:person><person:name visibility="public"><common:credit-name>{name}
</common:credit-name></person:name></person:person></record:record>""".encode()
            member = tarfile.TarInfo(f"summaries/{number}.xml")
            member.size = len(body)
            file.addfile(member, io.BytesIO(body))
    return path


@pytest.mark.parametrize("source", [*ASKED, "orcid_dump"])
def test_each_source_brings_something_once_it_is_on(crawled: Optional, source: str) -> None:
    tables = ("statement", "claim", "work", "signal")
    assert sum(crawled.count(table, source) for table in tables) > 5, source


def test_no_credential_is_written_anywhere(crawled: Optional) -> None:
    assert len(crawled.files) > 100_000
    for value in optional.SECRETS.values():
        assert value.encode() not in crawled.files


def test_a_token_that_wears_out_is_renewed_and_nothing_is_lost(crawled: Optional) -> None:
    assert crawled.log["api2.openreview.net", 401] >= 1
    states = dict(
        crawled.store.execute("SELECT state, count(*) FROM task WHERE source = 'openreview' GROUP BY state")
    )
    assert set(states) == {"done"} and states["done"] > 1


def test_only_what_everybody_may_read_and_was_accepted_is_kept(crawled: Optional) -> None:
    works = {one for (one,) in crawled.store.execute("SELECT id FROM work WHERE source = 'openreview'")}
    assert works == crawled.accepted and len(works) > 5
    for forbidden in (b"Unspecified", b"Somebody Else", b"linkedin.com/in", b"Submitted to"):
        assert forbidden not in crawled.files, forbidden


def test_of_a_description_only_the_wish_is_kept(crawled: Optional) -> None:
    rows = crawled.store.execute(
        "SELECT kind, count(*) FROM claim WHERE source = 'stack_exchange' GROUP BY kind"
    )
    told = dict(rows.fetchall())
    assert told["opt_out"] and told["no_wish"]
    for text in (b"No recruiters, stacked", b"I answer what I can"):
        assert text not in crawled.files, text


def test_of_a_dump_strangers_are_left_out(crawled: Optional) -> None:
    rows = crawled.store.execute("SELECT identity FROM statement WHERE source = 'orcid_dump'").fetchall()
    assert rows and ("orcid:0000-0007-9999-9995",) not in rows
