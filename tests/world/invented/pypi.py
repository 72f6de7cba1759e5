"""pypi.org: one package per watched repository, owned by the strong of its subject."""

import re
from typing import Any

from invented.life import RENAMED
from invented.roster import Roster, mark, tagged
from invented.wire import Answer, Asked, as_json

HOST = "pypi.org"
_PATH = re.compile(r"/pypi/([^/]+)/json")


def projects(roster: Roster) -> list[str]:
    """Return the name of every package."""
    return [doc["name"] for doc in roster.watched()]


class Pypi:
    """Answers the JSON API. until: the last day, as YYYY-MM-DD."""

    def __init__(self, roster: Roster, until: str) -> None:
        self._roster, self._until = roster, until
        self._known = {doc["name"]: doc for doc in roster.watched()}

    def answer(self, asked: Asked) -> Answer:
        """Return a project, or 404 as the index says it."""
        found = _PATH.fullmatch(asked.path)
        doc = self._known.get(found[1]) if found else None
        if doc is None:
            return as_json({"message": "Not Found"}, 404)
        return tagged(asked, self._project(doc))

    def _owners(self, doc: dict[str, Any]) -> list[dict[str, Any]]:
        names = self._roster.truth.repositories
        known = (topic for topic, repos in names.items() if doc["full_name"].removesuffix(RENAMED) in repos)
        topic = next(known)
        able = [
            self._roster.people[key] for key in self._roster.truth.strong[topic] if key in self._roster.people
        ]
        able = [one for one in able if one["github"] and not one["github"]["deleted"]]
        # nobody else's place changes when somebody leaves
        return sorted(able, key=lambda one: mark("owner", f"{doc['name']} {one['key']}"))[:2]

    def _project(self, doc: dict[str, Any]) -> dict[str, Any]:
        name, owners = doc["name"], self._owners(doc)
        boxes = [f"{one['roman']} <{one['emails'][0]}>" for one in owners if one["emails"]]
        info = {
            "name": name,
            "version": "1.4.0",
            "summary": doc["description"],
            "description": f"# {name}\n\nWrite to {name}@lists.example.",
            "author": None,
            "author_email": ", ".join(boxes),
            "maintainer": f"The {name} team",
            "maintainer_email": None,
            "keywords": ",".join(doc["topics"]),
            "classifiers": ["Topic :: Scientific/Engineering :: Artificial Intelligence"],
            "home_page": None,
            "project_urls": {"Source": f"https://github.com/{doc['full_name']}"},
        }
        roles = [
            {"role": "Owner" if place == 0 else "Maintainer", "user": one["github"]["login"]}
            for place, one in enumerate(owners)
        ]
        uploaded = f"{self._until[:8]}01T08:00:00.000000Z"
        return {
            "info": info,
            "last_serial": 1,
            "ownership": {"organization": None, "roles": roles},
            "releases": {"1.4.0": []},
            "urls": [{"packagetype": "sdist", "upload_time_iso_8601": uploaded, "yanked": False}],
            "vulnerabilities": [],
        }
