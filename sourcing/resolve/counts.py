"""What is counted over all mentions and moves every weight a little: counted once, looked up on later nights.

So a stranger who comes changes what is said of those near, and of nobody else. Counted anew once there are twice as
many mentions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol


class Counted(NamedTuple):
    """How often tokens of a kind were seen, as their words are listed, of so many things in all."""

    times: Sequence[int]
    total: int


class Counts(Protocol):
    """Tells how often tokens are seen. world: of the mentions. kind: what is counted. count: counts them now."""

    def times(self, world: str, kind: str, words: Sequence[str], count: Callable[[], Counted]) -> Counted:
        """Return how often each word was seen; one that was not there when it was counted: once."""

    def table(self, kind: str, count: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """Return what was seen of a kind that no world parts, by word."""


class Fresh:
    """Counts what is asked for the first time and keeps it. tables: by world and kind, words seen once left out."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], dict[str, int]] = {}
        self.totals: dict[tuple[str, str], int] = {}

    def times(self, world: str, kind: str, words: Sequence[str], count: Callable[[], Counted]) -> Counted:
        """Return how often each word was seen, counting where nobody has."""
        key = (world, kind)
        if key not in self.tables:
            found = count()
            pairs = zip(words, found.times, strict=True)
            self.tables[key] = {word: times for word, times in pairs if times != 1}
            self.totals[key] = found.total
            return found
        table = self.tables[key]
        return Counted([table.get(word, 1) for word in words], self.totals[key])

    def table(self, kind: str, count: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """Return what was seen of a kind, counting where nobody has."""
        key = ("", kind)
        if key not in self.tables:
            self.tables[key] = dict(count())
            self.totals[key] = len(self.tables[key])
        return self.tables[key]


class Passing:
    """Counts what is asked, for this once."""

    def times(self, world: str, kind: str, words: Sequence[str], count: Callable[[], Counted]) -> Counted:
        """Return how often each word is seen now."""
        del world, kind, words
        return count()

    def table(self, kind: str, count: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """Return what is seen of a kind now."""
        del kind
        return count()
