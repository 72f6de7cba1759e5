"""Who wrote which paper and where else they have accounts: what the smaller services know of the world."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from invented.archive import Archive
from invented.moments import day_of
from invented.truth import Truth
from invented.wire import Answer, Asked, as_json

_CODE = re.compile(r"code: (https://github\.com/[\w.-]+/[\w.-]+)")
_VENUE = re.compile(r"Accepted at ([A-Za-z]+) (\d{4})")


def mark(*names: object) -> int:
    """Return a number that belongs to these names for ever."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:6])


def hexes(*names: object) -> str:
    """Return 24 hexadecimal digits that belong to these names, as Hugging Face numbers things."""
    return hashlib.sha256("/".join(map(str, names)).encode()).hexdigest()[:24]


def tagged(asked: Asked, value: object, **headers: str) -> Answer:
    """Return a JSON answer with an ETag, 304 if the client has it, 405 for anything but reading."""
    if asked.method not in ("GET", "HEAD"):
        return as_json({"error": "method not allowed"}, 405)
    answer = as_json(value, **headers)
    assert isinstance(answer.body, bytes)
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
    if asked.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Answer(status=304, headers={"ETag": etag, **headers})
    answer.headers["ETag"] = etag
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One paper on arXiv. printed: bylines in order; keys: whose they are."""

    id: str
    title: str
    abstract: str
    day: str
    doi: str | None
    printed: tuple[str, ...]
    keys: tuple[str, ...]
    code: str | None
    venue: tuple[str, int] | None


class Roster:
    """People and papers as the truth tells them. Nobody who opted out has an account anywhere else."""

    def __init__(self, truth: Truth, archive: Archive) -> None:
        self.truth, self._archive = truth, archive
        self.people = {key: one for key, one in truth.people.items() if not one["opted_out"]}

    @cached_property
    def papers(self) -> dict[str, Written]:
        """Papers by arXiv id, without the withdrawn."""
        docs = self._archive.docs("SELECT doc FROM paper ORDER BY id")
        return {doc["id"]: self._written(doc) for doc in docs if not doc["deleted"]}

    def _written(self, doc: dict[str, Any]) -> Written:
        said = doc["comments"] or ""
        code, venue = _CODE.search(said), _VENUE.search(said)
        return Written(
            id=doc["id"],
            title=" ".join(doc["title"].split()),
            abstract=" ".join(doc["abstract"].split()),
            day=day_of(doc["versions"][0]).isoformat(),
            doi=doc["doi"],
            printed=tuple(f"{one['forenames']} {one['keyname']}".strip() for one in doc["authors"]),
            keys=tuple(self.truth.papers[doc["id"]]),
            code=code[1] if code else None,
            venue=(venue[1], int(venue[2])) if venue else None,
        )

    @cached_property
    def writers(self) -> list[str]:
        """Keys of everybody with a paper on arXiv who has not opted out."""
        return sorted({key for paper in self.papers.values() for key in paper.keys if key in self.people})

    def watched(self) -> list[dict[str, Any]]:
        """Return the watched repositories."""
        docs = self._archive.docs("SELECT doc FROM repository ORDER BY id")
        return [doc for doc in docs if doc["watched"]]
