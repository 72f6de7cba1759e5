"""hn.algolia.com: the monthly threads of Hacker News, with people who ask to be hired in one of them."""

from datetime import date
from typing import Any

from invented.roster import Roster, mark, tagged
from invented.wire import Answer, Asked, as_json

HOST = "hn.algolia.com"
_WHO = "whoishiring"
_TITLES = ("Who is hiring?", "Who wants to be hired?", "Freelancer? Seeking freelancer?")
_MONTHS = 3


class Hiring:
    """Answers the search for threads and whole threads. until: the world's today."""

    def __init__(self, roster: Roster, until: date) -> None:
        self._roster = roster
        firsts = [self._first(until, back) for back in range(_MONTHS)]
        self._threads = {
            self._number(first, turn): (first, title)
            for first in firsts
            for turn, title in enumerate(_TITLES)
        }

    @staticmethod
    def _first(until: date, back: int) -> date:
        months = until.year * 12 + until.month - 1 - back
        return date(months // 12, months % 12 + 1, 1)

    @staticmethod
    def _number(first: date, turn: int) -> int:
        return 900_000_000 + (first.year * 12 + first.month) * 10_000 + turn

    def answer(self, asked: Asked) -> Answer:
        """Return the newest threads, or one thread with its posts."""
        if asked.path == "/api/v1/search_by_date" and asked.query.get("tags") == f"story,author_{_WHO}":
            hits = [
                {
                    "objectID": str(number),
                    "title": self._title(number),
                    "author": _WHO,
                    "created_at": self._at(number),
                }
                for number in self._threads
            ]
            return tagged(asked, {"hits": hits, "nbHits": len(hits), "page": 0, "nbPages": 1})
        number = int(asked.path.rsplit("/", 1)[1]) if asked.path.rsplit("/", 1)[1].isdecimal() else 0
        if asked.path != f"/api/v1/items/{number}" or number not in self._threads:
            return as_json({"status": 404, "error": "Not Found"}, 404)
        shown = {
            "id": number,
            "type": "story",
            "author": _WHO,
            "title": self._title(number),
            "text": "Be kind.",
        }
        wanted = self._threads[number][1] == _TITLES[1]
        return tagged(
            asked,
            {**shown, "created_at": self._at(number), "children": self._posts(number) if wanted else []},
        )

    def _title(self, number: int) -> str:
        first, title = self._threads[number]
        return f"Ask HN: {title} ({first:%B %Y})"

    def _at(self, number: int) -> str:
        return f"{self._threads[number][0]}T15:00:00.000Z"

    def _posts(self, thread: int) -> list[dict[str, Any]]:
        keys = [key for key, one in sorted(self._roster.people.items()) if one["github"]]
        posts = [
            self._post(thread, key, n) for n, key in enumerate(keys) if mark("post", thread, key) % 9 == 0
        ]
        talk = {**self._shell(thread, 9_001), "author": "inv_talk", "text": "How does this thread work?"}
        gone = {**self._shell(thread, 9_002), "author": None, "text": None}
        return [*posts, talk, gone]

    def _shell(self, thread: int, place: int) -> dict[str, Any]:
        shell = {"id": thread + 10 + place, "type": "comment", "parent_id": thread, "story_id": thread}
        return {**shell, "created_at": self._at(thread).replace("T15", "T17"), "children": []}

    def _post(self, thread: int, key: str, place: int) -> dict[str, Any]:
        person = self._roster.people[key]
        links = [f"https://github.com/{person['github']['login']}"]
        links += [person["homepage"]] if person["homepage"] else []
        shown = "".join(
            f'<p><a href="{link.replace("/", "&#x2F;")}" rel="nofollow">{link}</a>' for link in links
        )
        text = (
            "Location: Port Larrow<p>Remote: yes<p>Willing to relocate: no<p>"
            f"Technologies: {person['specialism'].replace('-', ' ')}<p>R&#xE9;sum&#xE9;&#x2F;CV: see below{shown}"
            f"<p>Email: {key}@mail.example"
        )
        return {**self._shell(thread, place), "author": f"inv_{key}", "text": text}
