"""huggingface.co: papers with claimed places, accounts, models. Roughly two of three authors are there."""

import re
from typing import Any

from invented.moments import DAY_S, iso
from invented.roster import Roster, Written, hexes, mark, tagged
from invented.wire import Answer, Asked, as_json

HOST = "huggingface.co"
_STATES = ("claimed_verified",) * 5 + ("admin_assigned", "claimed", None)
_HEADERS = {
    "RateLimit": '"api";r=489;t=211',
    "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
}


class Hub:
    """Answers for the API of the hub. now: the world's last second."""

    def __init__(self, roster: Roster, now: int) -> None:
        self._roster, self._now = roster, now
        self._named = {self._name(key): key for key in roster.writers if mark("hub", key) % 3}

    def answer(self, asked: Asked) -> Answer:
        """Return a paper, a day, an account or models; JSON errors as the hub gives them."""
        words = asked.path.strip("/").split("/")
        match words:
            case ["api", "daily_papers"]:
                return self._give(asked, self._day(asked.query.get("date", "")))
            case ["api", "papers", found]:
                return self._give(asked, self._paper(found))
            case ["api", "users", name, "overview"]:
                return self._give(asked, self._account(name))
            case ["api", "models"]:
                return self._models(asked)
        return as_json({"error": "Sorry, we can't find the page you are looking for."}, 404)

    def _give(self, asked: Asked, found: object | None) -> Answer:
        if found is None:
            return as_json({"error": "not found"}, 404)
        return tagged(asked, found, **_HEADERS)

    def _name(self, key: str) -> str:
        login = (self._roster.people[key]["github"] or {}).get("login")
        return login if login and mark("same", key) % 4 else f"inv-{key}"

    def _paper(self, found: str) -> dict[str, Any] | None:
        paper = self._roster.papers.get(found)
        if paper is None or mark("indexed", found) % 6 == 0:  # not every paper has a page there
            return None
        told = {"id": paper.id, "title": paper.title, "summary": paper.abstract, "upvotes": mark(found) % 90}
        told |= {"publishedAt": f"{paper.day}T00:00:00.000Z", "authors": self._authors(paper)}
        if paper.code is not None:
            told |= {"githubRepo": paper.code, "githubStars": 3}
        return told

    def _authors(self, paper: Written) -> list[dict[str, Any]]:
        out = []
        for key, printed in zip(paper.keys, paper.printed, strict=True):
            row: dict[str, Any] = {"_id": hexes("place", paper.id, key), "name": printed, "hidden": False}
            name = self._name(key) if key in self._roster.people else ""
            state = _STATES[mark("state", paper.id, key) % len(_STATES)]
            if name in self._named and state is not None:
                user = {"_id": hexes("account", key), "user": name, "type": "user", "isPro": False}
                full = self._roster.people[key]["roman"]
                row |= {"status": state, "statusLastChangedAt": f"{paper.day}T09:00:00.000Z"}
                row |= {"user": {**user, "fullname": full, "avatarUrl": "/avatars/invented.svg"}}
            out.append(row)
        return out

    def _day(self, day: str) -> list[dict[str, Any]]:
        told = [self._paper(paper.id) for paper in self._roster.papers.values() if paper.day == day]
        return [
            {"paper": one, "publishedAt": one["publishedAt"], "title": one["title"]} for one in told if one
        ]

    def _account(self, name: str) -> dict[str, Any] | None:
        key = self._named.get(name)
        if key is None:
            return None
        person = self._roster.people[key]
        topic = person["specialism"]
        group = {"id": hexes("group", topic), "name": f"{topic}-commons", "fullname": f"{topic} commons"}
        return {
            "user": name,
            "fullname": person["roman"],
            "type": "user",
            "details": f"I work on {topic.replace('-', ' ')}.",
            "numModels": mark("models", key) % 4,
            "numDatasets": 0,
            "numSpaces": 0,
            "numPapers": 1,
            "numFollowers": 3,
            "numLikes": 1,
            "numUpvotes": 1,
            "orgs": [group] if mark("orgs", key) % 2 else [],
            "createdAt": "2024-01-05T10:00:00.000Z",
        }

    def _models(self, asked: Asked) -> Answer:
        name, limit = asked.query.get("author", ""), int(asked.query.get("limit", 100))
        begin = int(re.sub(r"\D", "", asked.query.get("cursor", "")) or 0)
        key = self._named.get(name)
        every = [self._model(key, name, number) for number in range(mark("models", key) % 4)] if key else []
        headers = dict(_HEADERS)
        if len(every) > begin + limit:
            further = f"https://{HOST}/api/models?author={name}&limit={limit}&cursor=c{begin + limit}"
            headers["Link"] = f'<{further}>; rel="next"'
        return tagged(asked, every[begin : begin + limit], **headers)

    def _model(self, key: str, name: str, number: int) -> dict[str, Any]:
        topic = self._roster.people[key]["specialism"]
        called = f"{name}/{topic.split('-')[0]}-tiny-{number}"
        made = self._now - (mark("model", key, number) % 700) * DAY_S
        tags = ["safetensors", topic, "region:us"] + ["base_model:quantized:invented/base"] * (number == 2)
        return {
            "_id": hexes("model", key, number),
            "id": called,
            "author": name,
            "private": False,
            "pipeline_tag": "text-generation",
            "library_name": "transformers",
            "tags": tags,
            "createdAt": iso(made).replace("Z", ".000Z"),
            "lastModified": iso(made).replace("Z", ".000Z"),
        }
