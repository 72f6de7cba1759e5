"""api.openalex.org: works by DOI, authors by ORCID. Namesakes share one cluster, as happens."""

from typing import Any

from invented.roster import Roster, Written, mark, tagged
from invented.wire import Answer, Asked, as_json

HOST = "api.openalex.org"
_BUDGET = {"x-ratelimit-limit-usd": "0.01", "x-ratelimit-remaining-usd": "0.0099"}


class OpenAlex:
    """Answers filters of ids joined by `|`, a page at a time by cursor."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._first = {key: keys[0] for keys in roster.truth.namesakes for key in keys}

    def answer(self, asked: Asked) -> Answer:
        """Return the page asked for; 404 or 400 as JSON."""
        sort, _, single = asked.path.strip("/").partition("/")
        if single:
            return self._one(asked, sort, single)
        field, _, values = asked.query.get("filter", "").partition(":")
        if (sort, field) not in (("works", "doi"), ("authors", "orcid")):
            return as_json(
                {"error": "Invalid query parameters error."}, 400 if sort in ("works", "authors") else 404
            )
        wanted = values.split("|")
        if len(wanted) > 100:
            return as_json({"error": "Invalid query parameters error.", "message": "too many values"}, 400)
        every = self._works(wanted) if sort == "works" else self._authors(wanted)
        size, cursor = int(asked.query.get("per_page", 25)), asked.query.get("cursor", "*")
        begin = 0 if cursor == "*" else int(cursor.removeprefix("c"))
        further = f"c{begin + size}" if every[begin : begin + size] else None
        meta = {"count": len(every), "per_page": size, "next_cursor": further}
        return tagged(asked, {"meta": meta, "results": every[begin : begin + size]}, **_BUDGET)

    def _one(self, asked: Asked, sort: str, single: str) -> Answer:
        """Return one work by DOI or one author by ORCID; 404 for an unknown one."""
        kind, _, value = single.partition(":")
        found = {("works", "doi"): self._works, ("authors", "orcid"): self._authors}.get((sort, kind))
        rows = found([value]) if found is not None else []
        return tagged(asked, rows[0], **_BUDGET) if rows else as_json({"error": "Not Found"}, 404)

    def _works(self, wanted: list[str]) -> list[dict[str, Any]]:
        every = self._roster.papers.values()
        return [
            self._work(paper, doi)
            for doi in wanted
            for paper in every
            if doi.lower() in (f"10.48550/arxiv.{paper.id}", paper.doi) and mark("alex", paper.id) % 8
        ]

    def _work(self, paper: Written, doi: str) -> dict[str, Any]:
        there = doi.startswith("10.48550/")
        words: dict[str, list[int]] = {}
        for place, word in enumerate(paper.abstract.split()):
            words.setdefault(word, []).append(place)
        home = f"https://arxiv.org/abs/{paper.id}" if there else f"https://doi.org/{doi}"
        shown = {
            "id": f"https://openalex.org/W{mark('work', doi) % 10**10}",
            "doi": f"https://doi.org/{doi}",
            "title": paper.title,
            "publication_date": paper.day,
            "primary_location": {"landing_page_url": home},
            "topics": [{"id": "https://openalex.org/T1", "display_name": "Machine learning systems"}],
            "abstract_inverted_index": words,
        }
        places = list(zip(paper.keys, paper.printed, strict=True))
        return {
            **shown,
            "authorships": [self._place(key, name, n, len(places)) for n, (key, name) in enumerate(places)],
        }

    def _place(self, key: str, printed: str, place: int, of: int) -> dict[str, Any]:
        position = "first" if place == 0 else "last" if place == of - 1 else "middle"
        where = [
            {"id": "https://openalex.org/I1", "display_name": "Northquay University", "type": "education"}
        ]
        return {
            "author_position": position,
            "author": self._cluster(key),
            "institutions": where if mark("where", key) % 2 else [],
            "is_corresponding": False,
            "raw_author_name": printed,
            "raw_affiliation_strings": ["Northquay University"],
        }

    def _cluster(self, key: str) -> dict[str, Any]:
        first = self._first.get(key, key)
        person = self._roster.truth.people[first]
        stated = person["orcid"] if first in self._roster.people else None
        return {
            "id": f"https://openalex.org/A5{mark('cluster', first) % 10**9:09d}",
            "display_name": person["roman"],
            "orcid": f"https://orcid.org/{stated}" if stated else None,
        }

    def _authors(self, wanted: list[str]) -> list[dict[str, Any]]:
        out = []
        for key in self._roster.writers:
            cluster = self._cluster(key)
            if (cluster["orcid"] or "").removeprefix("https://orcid.org/") in wanted:
                where = [{"id": "https://openalex.org/I1", "display_name": "Northquay University"}]
                row = {**cluster, "last_known_institutions": where, "works_count": 3, "cited_by_count": 9}
                out.append(row)
        return list({row["id"]: row for row in out}.values())
