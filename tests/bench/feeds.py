"""What reading arXiv's pages costs beside feedparser, and beside building their trees without reading them.

    python tests/bench/feeds.py OUT [--records 1000] [--repeats 5] [--rounds 3]

Invented pages as arXiv words them. The tree is built as its library's manual has it for pages of any size: element by
element, each given back when it ends. feedparser knows no OAI-PMH and is asked for Atom only.
"""

import argparse
import gc
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

import feedparser
import turns
from lxml import etree

from sourcing.__main__ import GARBAGE_AFTER
from spiders.clients import arxiv

_WORDS: Final = (
    "we",
    "present",
    "sparse",
    "attention",
    "kernels",
    "for",
    "long",
    "contexts",
    "keeping",
    "quality",
)


def main() -> None:
    """Measure every contestant in turn and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=CONTESTANTS)
    given = parser.parse_args()
    if given.one is not None:
        gc.set_threshold(*GARBAGE_AFTER)
        read, page = CONTESTANTS[given.one]
        body = page(given.records)
        turns.tell(lambda: sum(read(body) for _ in range(given.repeats)))
        return
    words = [str(given.out), "--records", str(given.records), "--repeats", str(given.repeats)]
    costs = turns.contest(__file__, list(CONTESTANTS), words, given.rounds)
    size, rows = f"{given.records:,} records", []
    for kind, peers in (("atom", {"feedparser": 15.0}), ("oai", {})):
        ours = costs[f"{kind} ours"]
        for peer, goal in {**peers, "ElementTree": 0.4, "lxml": 0.4}.items():
            theirs = costs[f"{kind} {peer}"]
            assert theirs.units == ours.units, f"{peer} found {theirs.units} of {ours.units} records"
            rows.append(turns.speed(ours, theirs, job=f"arXiv {kind}", against=peer, size=size, goal=goal))
    turns.keep(given.out, "feeds", rows)


def atom(records: int) -> bytes:
    """Return an answer of the query API."""
    parts = [
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'>\n"
        f"<title>arXiv Query</title><opensearch:totalResults>{records}</opensearch:totalResults>\n"
    ]
    for number in range(records):
        one = _paper(number)
        people = "".join(f"<author><name>{name}</name></author>\n" for name in one["authors"])
        parts.append(
            f"<entry><id>http://arxiv.org/abs/{one['id']}v1</id><title>{one['title']}</title>\n"
            f"<updated>2026-11-20T00:00:00Z</updated><published>2026-11-20T00:00:00Z</published>\n"
            f"<link href='https://arxiv.org/abs/{one['id']}v1' rel='alternate' type='text/html'/>\n"
            f"<summary>{one['abstract']}</summary>\n<category term='cs.LG' scheme='http://arxiv.org/schemas/atom'/>\n"
            f"<arxiv:primary_category term='cs.LG'/><arxiv:comment>{one['comments']}</arxiv:comment>{people}</entry>\n"
        )
    return "".join([*parts, "</feed>\n"]).encode()


def oai(records: int) -> bytes:
    """Return a page of a harvest."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">\n'
        '<responseDate>2026-11-24T02:00:00Z</responseDate><request verb="ListRecords"/>\n<ListRecords>\n'
    ]
    for number in range(records):
        one = _paper(number)
        people = "".join(
            f"<author><keyname>{name.split()[1]}</keyname><forenames>{name.split()[0]}</forenames></author>"
            for name in one["authors"]
        )
        parts.append(
            f"<record><header><identifier>oai:arXiv.org:{one['id']}</identifier><datestamp>2026-11-20</datestamp>"
            '<setSpec>cs:cs:LG</setSpec></header>\n<metadata>\n<arXiv xmlns="http://arxiv.org/OAI/arXiv/">\n'
            f"<id>{one['id']}</id><created>2026-11-20</created><authors>{people}</authors><title>{one['title']}</title>"
            f"<categories>cs.LG cs.CL</categories><comments>{one['comments']}</comments>"
            "<license>http://creativecommons.org/licenses/by/4.0/</license>"
            f"<abstract>{one['abstract']}</abstract></arXiv>\n</metadata></record>\n"
        )
    return "".join([*parts, "</ListRecords>\n</OAI-PMH>\n"]).encode()


def _paper(number: int) -> dict[str, str | list[str]]:
    chance = random.Random(number)
    return {
        "id": f"2611.{number:05}",
        "title": " ".join(chance.choices(_WORDS, k=9)).capitalize(),
        "abstract": "\n ".join(" ".join(chance.choices(_WORDS, k=12)) for _ in range(14)),
        "comments": f"{chance.randrange(8, 30)} pages" + (", accepted at ICML 2026" if number % 3 else ""),
        "authors": [f"{_name(chance)} {_name(chance)}" for _ in range(4)],
    }


def _name(chance: random.Random) -> str:
    """Return an invented name; one of ten is written with TeX's accents."""
    name = "".join(chance.choice(("mi", "ra", "va", "le", "no", "ka")) for _ in range(3)).capitalize()
    return name if chance.random() < 0.95 else f"{name}\\'e"


def ours_atom(body: bytes) -> int:
    """Read an answer as the source does."""
    return len(arxiv.read_atom(body).papers)


def ours_oai(body: bytes) -> int:
    """Read a harvest as the source does."""
    return len(arxiv.read_oai(body).papers)


def feed(body: bytes) -> int:
    """Read with feedparser."""
    return len(feedparser.parse(BytesIO(body)).entries)


def standard(body: bytes) -> int:
    """Build the tree with the standard library."""
    found = 0
    for _, element in ElementTree.iterparse(BytesIO(body)):
        if element.tag.rpartition("}")[2] in ("entry", "record"):
            found += 1
            element.clear()
    return found


def lxml(body: bytes) -> int:
    """Build the tree with lxml."""
    found = 0
    for _, element in etree.iterparse(BytesIO(body)):
        if element.tag.rpartition("}")[2] in ("entry", "record"):
            found += 1
            element.clear()
    return found


CONTESTANTS: Final[dict[str, tuple[Callable[[bytes], int], Callable[[int], bytes]]]] = {
    "atom ours": (ours_atom, atom),
    "atom feedparser": (feed, atom),
    "atom ElementTree": (standard, atom),
    "atom lxml": (lxml, atom),
    "oai ours": (ours_oai, oai),
    "oai ElementTree": (standard, oai),
    "oai lxml": (lxml, oai),
}


if __name__ == "__main__":
    main()
