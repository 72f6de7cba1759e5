"""Whom the pages showed to whom with their reasons a moment ago, so that deciding from a list needs no second look.

Nothing is written while somebody reads; what a decision rests on is stored with it (`oversight.guard`). A server that
was started anew knows of no list: people in it are opened once more, or the list is.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from storage.views import Viewed

_PEOPLE_MAX, _ACTORS_MAX = 2_000, 200
"""The last displayed of each reader, and the last readers: some hundred kilobytes for each of them at most."""


class Displayed:
    """People by reader, the last displayed last. Shared between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, OrderedDict[str, Viewed]] = OrderedDict()
        self._lock = Lock()

    def put(self, actor: str, people: Mapping[str, Viewed]) -> None:
        """Remember that a reader was shown people, by living key."""
        with self._lock:
            theirs = self._kept.setdefault(actor, OrderedDict())
            self._kept.move_to_end(actor)
            for key, one in people.items():
                theirs[key] = one
                theirs.move_to_end(key)
            while len(theirs) > _PEOPLE_MAX:
                theirs.popitem(last=False)
            while len(self._kept) > _ACTORS_MAX:
                self._kept.popitem(last=False)

    def of(self, actor: str) -> Mapping[str, Viewed]:
        """Return whom a reader was shown."""
        with self._lock:
            return dict(self._kept.get(actor, {}))
