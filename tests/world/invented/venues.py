"""The virtual sites of conferences: one static JSON file per conference and year."""

import re
from typing import Any

from invented.roster import Roster, Written, hexes, mark, tagged
from invented.wire import Answer, Asked, as_text

SITES = {"NeurIPS": "neurips.cc", "MLSys": "mlsys.org", "CVPR": "cvpr.thecvf.com"}
_FILE = re.compile(r"/static/virtual/data/([a-z]+)-(\d{4})-orals-posters\.json")


def files(roster: Roster) -> list[str]:
    """Return the address of every file that holds a paper."""
    told = {paper.venue for paper in roster.papers.values() if paper.venue and paper.venue[0] in SITES}
    return [
        f"https://{SITES[name]}/static/virtual/data/{name.lower()}-{year}-orals-posters.json"
        for name, year in sorted(venue for venue in told if venue)
    ]


class Venues:
    """Answers for all sites of SITES."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def answer(self, asked: Asked) -> Answer:
        """Return a file, or a page of HTML with 404."""
        found = _FILE.fullmatch(asked.path)
        name = next((name for name, host in SITES.items() if host == asked.host), "")
        if found is None or found[1] != name.lower():
            return as_text("<!doctype html><title>404</title>\n", "text/html; charset=utf-8", 404)
        rows = [
            row
            for paper in self._roster.papers.values()
            if paper.venue == (name, int(found[2]))
            for row in self._events(asked.host, paper)
        ]
        return tagged(asked, {"count": len(rows), "next": None, "previous": None, "results": rows})

    def _events(self, host: str, paper: Written) -> list[dict[str, Any]]:
        """Return a paper's events: always a poster, for some an oral besides."""
        assert paper.venue is not None
        year, number = paper.venue[1], mark("event", paper.id) % 90_000
        oral = mark("oral", paper.id) % 5 == 0
        forum = hexes("forum", paper.id)[:10]
        authors = [
            {
                "id": mark("site", host, key) % 10**7,
                "fullname": self._roster.truth.people[key]["roman"],
                "url": f"https://{host}/api/miniconf/users/{mark('site', host, key) % 10**7}",
                "institution": "Northquay University" if mark("where", key) % 2 else "",
            }
            for key in paper.keys
        ]
        out = []
        for place, form in enumerate(("Poster", "Oral")[: 1 + oral]):
            row = {"id": number + place, "uid": hexes(paper.id)[:16], "name": paper.title, "authors": authors}
            row |= {"abstract": "" if year >= 2026 else paper.abstract, "keywords": []}
            row |= {"topic": "Deep Learning->Efficiency", "event_type": form, "visible": True}
            row |= {"decision": "Accept (oral)" if oral else "Accept (poster)", "eventmedia": []}
            row |= {"virtualsite_url": f"/virtual/{year}/{form.lower()}/{number + place}"}
            row |= {
                "sourceurl": "https://openreview.net/group?id=Invented",
                "paper_url": f"https://openreview.net/forum?id={forum}",
            }
            out.append(row)
        return out
