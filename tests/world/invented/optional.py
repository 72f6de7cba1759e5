"""Services a product asks only when a test says so: OpenReview, Semantic Scholar, Stack Overflow, Crossref."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from invented.roster import Roster, Written, hexes, mark, tagged
from invented.wire import Answer, Asked, as_json

SECRETS = {
    "SOURCER_OPENREVIEW_USER": "operator@recruiting.example",
    "SOURCER_OPENREVIEW_PASSWORD": "invented-password-of-nobody",
    "SOURCER_SEMANTIC_SCHOLAR_KEY": "invented-s2-key-of-nobody",
    "SOURCER_STACK_EXCHANGE_KEY": "invented-stack-key-of-nobody",
    "SOURCER_CROSSREF_MAILTO": "operator@recruiting.example",
    "SOURCER_OPENALEX_KEY": "invented-alex-key-of-nobody",
}
"""What the services accept, by the variable the product reads it from."""

TAGS = ("cuda", "pytorch")
_USES = 3  # questions a token of OpenReview is good for: the next one has to be signed in anew


def services(roster: Roster) -> dict[str, Callable[[Asked], Answer]]:
    """Return the answering service of each host."""
    return {
        "api2.openreview.net": OpenReview(roster).answer,
        "api.semanticscholar.org": SemanticScholar(roster).answer,
        "api.stackexchange.com": Stack(roster).answer,
        "api.crossref.org": Crossref(roster).answer,
    }


def write_config(roster: Roster, directory: Path) -> list[str]:
    """Write overlays that switch the optional sources on, terms accepted; return their names."""
    orcids = sorted(number for key in roster.writers if (number := roster.people[key]["orcid"]))
    sources: dict[str, dict[str, object]] = {
        "openreview": {
            "venues": sorted({venue for paper in roster.papers.values() if (venue := venue_of(paper))})
        },
        "semantic_scholar": {},
        "stack_exchange": {"tags": list(TAGS)},
        "crossref": {"people": orcids[: len(orcids) // 2]},
        "orcid_dump": {},
        "kaggle_dump": {},
    }
    (directory / "sources").mkdir(parents=True, exist_ok=True)
    for name, seeds in sources.items():
        told = "".join(f"{key} = {json.dumps(value)}\n" for key, value in seeds.items())
        pace = "requests_per_hour = 360000\nrequests_per_run = 1000000\ngap_s = 0.0\n"
        text = f"enabled = true\naccepted_on = 2026-11-01\n{pace}\n[seeds]\n{told}"
        (directory / "sources" / f"{name}.toml").write_text(text, encoding="utf-8")
    return list(sources)


def venue_of(paper: Written) -> str | None:
    """Return the venue id OpenReview files a paper under, None for one that was never accepted anywhere."""
    return f"{paper.venue[0]}.cc/{paper.venue[1]}/Conference" if paper.venue else None


def forum(paper: Written) -> str:
    """Return the number of a paper at OpenReview, the same on the sites of conferences."""
    return hexes("forum", paper.id)[:10]


class OpenReview:
    """Answers only who signed in, as the real one; a token wears out after three questions."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._left: dict[str, int] = {}
        self._tilde = {one["openreview"]: key for key, one in roster.people.items() if one["openreview"]}

    def answer(self, asked: Asked) -> Answer:
        """Return a token, the notes of a venue or profiles; 401 for a token worn out, 403 without one."""
        if asked.path == "/login":
            return self._login(asked)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._left:
            return as_json(
                {"name": "ChallengeRequiredError", "message": "Challenge required", "status": 403}, 403
            )
        if self._left[token] == 0:
            return as_json({"name": "TokenExpiredError", "message": "Token has expired", "status": 401}, 401)
        self._left[token] -= 1
        if asked.path == "/notes" and asked.query.get("stream") == "true":
            return self._notes(asked.query.get("content.venueid", ""))
        if asked.path == "/profiles/search" and asked.method == "POST":
            return self._profiles(json.loads(asked.body)["ids"])
        return as_json({"name": "NotFoundError", "message": "not found", "status": 404}, 404)

    def _login(self, asked: Asked) -> Answer:
        told = json.loads(asked.body or b"{}")
        known = (SECRETS["SOURCER_OPENREVIEW_USER"], SECRETS["SOURCER_OPENREVIEW_PASSWORD"])
        if asked.method != "POST" or (told.get("id"), told.get("password")) != known:
            return as_json({"name": "Error", "message": "Invalid username or password", "status": 400}, 400)
        token = hexes("openreview", len(self._left))
        self._left[token] = _USES
        return as_json({"token": token, "user": {"profile": {"id": "~Operator_Invented1"}}})

    def _notes(self, venue: str) -> Answer:
        notes = [
            self._note(paper, venue) for paper in self._roster.papers.values() if venue_of(paper) == venue
        ]
        if notes:
            waiting = {**notes[0], "id": hexes("waiting", venue)[:10]}
            waiting["content"] = {**notes[0]["content"], "venue": {"value": f"Submitted to {venue}"}}
            hidden = {**notes[0], "id": hexes("hidden", venue)[:10], "readers": [f"{venue}/Reviewers"]}
            notes += [waiting, hidden]
        return as_json({"notes": notes, "count": len(notes)})

    def _note(self, paper: Written, venue: str) -> dict[str, Any]:
        people = [self._roster.people.get(key) for key in paper.keys]
        tildes = [
            (one or {}).get("openreview") or f"{hexes(n)[:8]}@uni.example" for n, one in enumerate(people)
        ]
        content = {
            "title": paper.title, "authors": list(paper.printed), "authorids": tildes, "venueid": venue,
            "venue": f"{venue.split('.')[0]} {venue.split('/')[1]} Poster", "abstract": paper.abstract,
            "keywords": ["systems"],
        }  # fmt: skip
        number = forum(paper)
        wrapped = {name: {"value": value} for name, value in content.items()}
        return {
            "id": number,
            "forum": number,
            "readers": ["everyone"],
            "signatures": [venue],
            "content": wrapped,
        }

    def _profiles(self, ids: list[str]) -> Answer:
        if len(ids) > 1_000:
            return as_json({"name": "Error", "message": "too many ids", "status": 400}, 400)
        found = [self._profile(tilde, self._tilde[tilde]) for tilde in ids if tilde in self._tilde]
        return as_json({"profiles": found, "count": len(found)})

    def _profile(self, tilde: str, key: str) -> dict[str, Any]:
        person = self._roster.people[key]
        scholar = person["scholar"]
        content = {
            "names": [{"fullname": person["roman"], "username": tilde, "preferred": True}],
            "gender": "Unspecified", "emails": ["****@uni.example"],
            "linkedin": "https://www.linkedin.com/in/nobody-invented",
            "relations": [{"name": "Somebody Else", "relation": "Advisor"}],
            "homepage": person["homepage"] if mark("states", key) % 3 else None,
            "orcid": f"https://orcid.org/{person['orcid']}" if person["orcid"] else None,
            "gscholar": f"https://scholar.google.com/citations?user={scholar}" if scholar else None,
            "history": [{"start": 2020, "end": None, "institution": {"name": "Northquay University"}}],
            "expertise": [{"keywords": ["systems"], "start": None, "end": None}],
        }  # fmt: skip
        return {"id": tilde, "content": content}


class SemanticScholar:
    """Answers batches by POST to whoever has the key; namesakes share one author."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._first = {key: keys[0] for keys in roster.truth.namesakes for key in keys}

    def answer(self, asked: Asked) -> Answer:
        """Return papers or authors in the order asked for, null for unknown ones."""
        if asked.headers.get("x-api-key") != SECRETS["SOURCER_SEMANTIC_SCHOLAR_KEY"]:
            return as_json({"message": "Forbidden"}, 403)
        ids = json.loads(asked.body or b"{}").get("ids", [])
        match asked.method, asked.path:
            case "POST", "/graph/v1/paper/batch" if 0 < len(ids) <= 500:
                return as_json([self._paper(one.removeprefix("ARXIV:")) for one in ids])
            case "POST", "/graph/v1/author/batch" if 0 < len(ids) <= 1_000:
                authors = {self._number(key): key for key in self._roster.writers}
                return as_json([self._author(one, authors[one]) if one in authors else None for one in ids])
        return as_json({"error": "No valid ids given"}, 400)

    def _number(self, key: str) -> str:
        return str(mark("s2", self._first.get(key, key)) % 10**9)

    def _paper(self, found: str) -> dict[str, Any] | None:
        paper = self._roster.papers.get(found)
        if paper is None or mark("s2-knows", found) % 9 == 0:
            return None
        places = zip(paper.keys, paper.printed, strict=True)
        authors = [{"authorId": self._number(key), "name": name} for key, name in places]
        return {"paperId": hexes(found), "externalIds": {"ArXiv": found}, "authors": authors}

    def _author(self, number: str, key: str) -> dict[str, Any]:
        person = self._roster.truth.people[self._first.get(key, key)]
        external = {"ORCID": person["orcid"]} if person["orcid"] and not person["opted_out"] else {}
        where = ["Northquay University"] if mark("where", key) % 2 else []
        name = person["roman"]
        return {
            "authorId": number,
            "name": name,
            "affiliations": where,
            "homepage": None,
            "externalIds": external,
        }


class Stack:
    """Answers for Stack Overflow, gzipped whatever was asked. Every fourth account on GitHub has one there."""

    _FILTER = "!inv)Filter"

    def __init__(self, roster: Roster) -> None:
        known = [key for key, one in roster.people.items() if one["github"] and mark("stack", key) % 4 == 0]
        self._roster, self._number = roster, {mark("stack", key) % 10**8 + 1: key for key in known}

    def answer(self, asked: Asked) -> Answer:
        """Return accounts or the answerers of a tag; 400 as JSON."""
        if asked.query.get("site") != "stackoverflow" and "filters" not in asked.path:
            return as_json({"error_id": 400, "error_name": "bad_parameter", "error_message": "site"}, 400)
        match asked.path.strip("/").split("/"):
            case ["2.3", "filters", "create"]:
                fields = asked.query.get("include", "").split(";")
                sort = "safe" if {".items", ".backoff", "user.about_me"} <= set(fields) else "invalid"
                return self._give([{"filter": self._FILTER, "filter_type": sort}], asked)
            case ["2.3", *_] if asked.query.get("filter") != self._FILTER:
                return as_json(
                    {"error_id": 400, "error_name": "bad_parameter", "error_message": "filter"}, 400
                )
            case ["2.3", "users", ids]:
                numbers = [int(one) for one in ids.split(";")]
                return self._give([self._account(one) for one in numbers if one in self._number], asked)
            case ["2.3", "tags", tag, "top-answerers", "all_time"] if tag in TAGS:
                every = [one for one in self._number if mark(tag, one) % 2]
                rows = [
                    {"user": self._account(one), "post_count": mark(tag, one) % 60, "score": 3}
                    for one in every
                ]
                return self._give(rows[:100], asked)
        return as_json({"error_id": 404, "error_name": "no_method", "error_message": "no such method"}, 400)

    def _give(self, items: list[dict[str, Any]], asked: Asked) -> Answer:
        known = asked.query.get("key") == SECRETS["SOURCER_STACK_EXCHANGE_KEY"]
        most = 10_000 if known else 300
        answer = as_json({"items": items, "has_more": False, "quota_max": most, "quota_remaining": most - 1})
        assert isinstance(answer.body, bytes)
        answer.body = gzip.compress(answer.body)
        answer.headers["Content-Encoding"] = "gzip"
        return answer

    def _account(self, number: int) -> dict[str, Any]:
        login = self._roster.people[self._number[number]]["github"]["login"]
        about = "<p>No recruiters, stacked or not.</p>" if number % 5 == 0 else "<p>I answer what I can.</p>"
        return {
            "user_id": number, "user_type": "registered", "display_name": login, "about_me": about, "website_url": f"https://github.com/{login}",
        }  # fmt: skip


class Crossref:
    """Answers for works by ORCID, a page at a time; the cursor never changes."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._given: dict[str, int] = {}

    def answer(self, asked: Asked) -> Answer:
        """Return the page asked for, 404 as text."""
        filters = asked.query.get("filter", "")
        orcids = {one.removeprefix("orcid:") for one in filters.split(",")}
        if asked.path != "/works" or not filters.startswith("orcid:"):
            return as_json({"status": "failed", "message-type": "validation-failure", "message": []}, 400)
        every = [
            work for paper in self._roster.papers.values() if (work := self._work(paper, orcids)) is not None
        ]
        rows = int(asked.query.get("rows", 20))
        begin = 0 if asked.query.get("cursor") == "*" else self._given.get(filters, 0)
        self._given[filters] = begin + rows
        items = every[begin : begin + rows]
        message = {"next-cursor": "DnF1ZXJ5Inv==", "total-results": len(every), "items": items}
        return tagged(asked, {"status": "ok", "message-type": "work-list", "message": message})

    def _work(self, paper: Written, orcids: set[str]) -> dict[str, Any] | None:
        people = [self._roster.people.get(key, {}) for key in paper.keys]
        if paper.doi is None or not any(one.get("orcid") in orcids for one in people):
            return None
        authors = []
        for one, printed in zip(people, paper.printed, strict=True):
            given, _, family = printed.rpartition(" ")
            row: dict[str, Any] = {"given": given, "family": family, "affiliation": []}
            if one.get("orcid"):
                row |= {"ORCID": f"http://orcid.org/{one['orcid']}", "authenticated-orcid": True}
            authors.append(row)
        year, month, day = map(int, paper.day.split("-"))
        return {
            "DOI": paper.doi, "title": [paper.title], "type": "journal-article", "author": authors,
            "container-title": ["Journal of Invented Systems"], "issued": {"date-parts": [[year, month, day]]},
        }  # fmt: skip
