"""Bylines read row by row: their words as numbers, what each is worth, and who stands around whom.

Weights of what two mentions share are lists: a token stands with what it is worth, so that the sum of an intersection
tells the weight of what is shared, see `token_lists.WORTH`. Tokens are numbers of their table, and nothing beyond it.
"""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, repeat
from math import log2, log10
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sourcing.resolve import commonness, token_lists
from sourcing.resolve.counts import Counted, Counts
from sourcing.resolve.crowds import Circles, Crowd, Told, crowd
from sourcing.resolve.mentions import Mention
from sourcing.resolve.names import is_full, words
from sourcing.resolve.namesakes import FEW, Namesakes
from sourcing.resolve.token_lists import TokenLists
from spiders.clients.names import folded

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_COAUTHORS_MAX: Final = 60  # of one mention
_PLACED_MIN: Final = 2_000  # mentions with an institution, at least: a small store calls no word common
_LEAST: Final = 20_000  # names the world holds at least
_UNPRICED: Final = 1e6  # expected namesakes of what is no full name
_STOP: Final = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its", "of", "on",
        "or", "over", "the", "to", "towards", "toward", "using", "via", "with", "without", "can", "how", "what",
        "when", "do", "does", "be", "we", "not", "beyond", "through", "under", "vs", "versus",
    }
)  # fmt: skip
_STOP_PLACES: Final = frozenset(
    {
        "of", "the", "and", "for", "in", "at", "de", "la", "du", "des", "di", "et", "und", "lab", "inc", "ltd",
        "co", "corp", "department", "dept", "school", "faculty",
    }
)  # fmt: skip
_WORDS: Final = re.compile(r"[^\W\d_]+")
TYPES: Final = {
    "rid": "int64",  # place in the table
    "family": "text",
    "world": "text",
    "name": "text",  # sorted words of the fullest name; null without a full name
    "name_keys": "texts",  # the same of every full name
    "raw": "text",  # the fullest name as printed, capitals and spaces aside
    "nwords": "int64",  # of the fullest name
    "log_e": "float64",  # logarithm to base 10 of the expected namesakes
    "mentions": "int64",  # rows of its world that bear the name
    "islands": "int64",  # parts of them that shared co-authors hold together
    "even_co": "float64",  # chance that two of them drawn anew are of one part; null if none has a co-author
    "homes": "int64",  # parts that shared co-authors, domains or institutions hold together
    "housed": "int64",  # rows of the name with an institution
    "even": "float64",  # as even_co, of homes
    "places": "int64",  # most domains of the name in one year
    "co": "numbers",  # co-authors
    "co_worth": "numbers",  # with their rarity, in two bits
    "co2": "numbers",  # co-authors of co-authors
    "topic_worth": "numbers",  # words of titles and keywords, with their rarity in bits
    "topic_bits": "int64",  # of them together
    "domains": "numbers",
    "domain_worth": "numbers",
    "aff": "numbers",  # words of institutions
    "aff_worth": "numbers",
    "aff_bits": "int64",
    "aff_key": "text",  # all of them joined; null without any
    "venues": "texts",
    "year": "int64",  # the first
}


class Prices:
    """Expected namesakes of names, words priced once each."""

    def __init__(self, namesakes: Namesakes, seen: Mapping[str, int]) -> None:
        self.namesakes = namesakes
        self._seen = seen
        self._shares: dict[str, float] = {}

    @classmethod
    def of(cls, mentions: Sequence[Mention], namesakes: Namesakes, counts: Counts) -> "Prices":
        """Return the prices that names of mentions have. counts: how many of them bear words that few bear."""

        def count() -> Mapping[str, int]:
            distinct = {words(one) for one in {name for mention in mentions for name in mention.names}}
            seen = Counter(word for name in distinct for word in set(name))
            return {word: min(times, FEW) for word, times in seen.items() if times > 1}

        return cls(namesakes, counts.table("words", count))

    def log_e(self, name: str) -> float:
        """Return the logarithm of the namesakes to expect."""
        expected = commonness.expected(name, self.namesakes, self._seen, self._shares)
        return log10(_UNPRICED if expected is None else max(expected, 1e-6))

    def worth(self, price: float, times: int, papers: int) -> float:
        """Return the bits of an agreement on a name of a price, on so many of so many papers."""
        total = max(self.namesakes.total, _LEAST)
        return log2(1 / max(times / papers, 10**price / total, 1e-5))


Numbers = Mapping[str, "np.ndarray[Any, Any]"]
"""The number that others know a word by, by its number here, by kind of word; a kind left out: the same."""


class _Printed(NamedTuple):
    """A name read. number: of its words in any order. length: of words. is_written: two of them at least."""

    number: int
    length: int
    is_full: bool
    is_written: bool


class _Priced(NamedTuple):
    """Names by number. prices: logarithm of the namesakes to expect. worth: bits of having it in common."""

    prices: Sequence[float]
    worth: Sequence[float]


class _Names(dict[str, _Printed]):
    """Printed names, read once each. written: sorted words, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self._numbers: dict[str, int] = {}

    def __missing__(self, name: str) -> _Printed:
        parts = folded(name)
        key = " ".join(sorted(parts))
        number = self._numbers.setdefault(key, len(self.written))
        if number == len(self.written):
            self.written.append(key)
        found = self[name] = _Printed(number, len(parts), is_full(name), " " in key)
        return found


class World:
    """The bylines of one world, read row by row; words are numbers of its own until they are told otherwise."""

    def __init__(self, mentions: Sequence[Mention], world: str, prices: Prices, counts: Counts) -> None:
        self.world = world
        self._prices = prices
        self._counts = counts
        self._names = _Names()
        self._raws: dict[str, str] = {}
        self._themes: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
        self._institutions: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._works: dict[str, int] = {}
        self._mentions = mentions
        self._keys: list[tuple[int, ...]] = []  # names of each row, the fullest first
        self._raw: list[str | None] = []
        self._work: list[int] = []  # of a byline its paper, of a profile itself
        self._co: list[tuple[int, ...]] = []
        self._topics, self._domains, self._aff = TokenLists(), TokenLists(), TokenLists()
        for mention in mentions:
            self._take(mention)

    def _take(self, mention: Mention) -> None:
        names, around = self._names, mention.around
        full = [one for one in mention.names if names[one].is_full]
        if len(full) > 1:
            full.sort(key=lambda one: (-names[one].length, one))
        keys = tuple(dict.fromkeys([names[one].number for one in full]))
        near = [names[one] for one in around.coauthors[:_COAUTHORS_MAX]]
        self._keys.append(keys)
        self._raw.append(self._printed(full[0]) if full else None)
        work = around.works[0] if len(around.works) == 1 else f"\0{mention.id}"
        self._work.append(self._works.setdefault(work, len(self._works)))
        co = dict.fromkeys([one.number for one in near if one.is_written])
        self._co.append(tuple([one for one in co if one not in keys]))
        self._topics.add(self._themed(around.titles, around.topics))
        self._domains.add(around.domains)
        self._aff.add(self._housed(mention.affiliations))

    @property
    def words(self) -> dict[str, Sequence[str]]:
        """Return the words of each kind of token, by number."""
        lists = {"topic": self._topics, "domain": self._domains, "institution": self._aff}
        return {
            "name": self._names.written,
            "work": list(self._works),
            **{kind: one.words for kind, one in lists.items()},
        }

    def table(self, places: Sequence[int]) -> "pa.Table":
        """Return the rows as columns. places: theirs in the whole table."""
        import pyarrow as pa

        names = self._names.written
        first = self._first()
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for row, name in enumerate(first):
            if name is not None:
                groups[name].append(row)
        crowds = {name: crowd(list(map(self._told, rows))) for name, rows in groups.items()}
        circles = Circles(self.papers, self.priced.worth, names)
        made = self._own(places, {})
        for place, field in enumerate(Crowd._fields):
            told = [None if name is None else crowds[name][place] for name in first]
            made[field] = pa.array(told, token_lists.arrow_type(TYPES[field]))
        made["co2"] = token_lists.column(
            circles.around(name, co) if name is not None and len(groups[name]) > 1 else ()
            for name, co in zip(first, self._co, strict=True)
        )
        return pa.table({name: made[name] for name in TYPES})

    def alone(self, places: Sequence[int], numbers: Numbers) -> "pa.Table":
        """Return the rows as columns but for the crowds of their names and their circles, which others decide.

        numbers: of words, as others know them.
        """
        import pyarrow as pa

        return pa.table(self._own(places, numbers))

    def aside(self, numbers: Numbers) -> "dict[str, pa.Array]":
        """Return what rows are found by beside their columns. work, number: of its paper and its name."""
        import numpy as np
        import pyarrow as pa

        named, worked = numbers.get("name"), numbers.get("work")
        first = self._first()
        if named is not None:
            first = [None if name is None else int(named[name]) for name in first]
        work = np.array(self._work, dtype=np.int64)
        return {
            "work": pa.array(work if worked is None else worked[work]),
            "number": pa.array(first, pa.int64()),
        }

    def _first(self) -> list[int | None]:
        return [keys[0] if keys else None for keys in self._keys]

    def _own(self, places: Sequence[int], numbers: Numbers) -> "dict[str, pa.Array | pa.ChunkedArray]":
        """Return the columns that a row and what words are worth decide."""
        import pyarrow as pa

        names, first = self._names.written, self._first()
        prices, worth = self.priced
        topic, aff, domain = self._weights()
        made: dict[str, pa.Array | pa.ChunkedArray] = {}

        def put(name: str, values: Iterable[Any]) -> None:
            made[name] = pa.array(list(values), token_lists.arrow_type(TYPES[name]))

        put("rid", places)
        put("family", (str(one.family) for one in self._mentions))
        put("world", repeat(self.world, len(first)))
        put("name", (None if name is None else names[name] for name in first))
        put("name_keys", ([names[key] for key in keys] for keys in self._keys))
        put("raw", self._raw)
        put("nwords", (0 if name is None else len(names[name].split()) for name in first))
        put("log_e", (None if name is None else prices[name] for name in first))
        named, sited, housed = (numbers.get(kind) for kind in ("name", "domain", "institution"))
        made["co"] = token_lists.column(self._co, named)
        made["co_worth"] = token_lists.weighed(self._co, worth, step=2, most=8, numbers=named)
        made["topic_worth"] = self._topics.weighed(topic, step=1, most=12, numbers=numbers.get("topic"))
        made["topic_bits"] = self._topics.sums(topic, step=1, most=12)
        made["domains"] = self._domains.column(sited)
        made["domain_worth"] = self._domains.weighed(domain, step=1, most=14, numbers=sited)
        made["aff"] = self._aff.column(housed)
        made["aff_worth"] = self._aff.weighed(aff, step=1, most=12, numbers=housed)
        made["aff_bits"] = self._aff.sums(aff, step=1, most=12)
        put("aff_key", (" ".join(self._aff.lists[place]) or None for place in self._aff.rows))
        put("venues", (one.around.places for one in self._mentions))
        put("year", (None if (day := one.around.first) is None else day.year for one in self._mentions))
        return made

    def _weights(self) -> tuple[list[float], list[float], list[float]]:
        """Return what words of topics, institutions and domains are worth, by number."""
        leads = dict(zip(reversed(self._work), reversed(self._topics.rows), strict=True))
        return (
            self._worth("topic", self._topics, leads.values(), lambda: len(self._works)),
            self._worth(
                "institution", self._aff, self._aff.rows, lambda: max(self._aff.filled(), _PLACED_MIN)
            ),
            self._worth("domain", self._domains, self._domains.rows, lambda: max(self._domains.filled(), 1)),
        )

    def _worth(
        self, kind: str, lists: TokenLists, groups: Iterable[int], total: Callable[[], int]
    ) -> list[float]:
        def count() -> Counted:
            return Counted(lists.counted(groups), total())

        return token_lists.worth(*self._counts.times(self.world, kind, lists.words, count))

    @cached_property
    def priced(self) -> "_Priced":
        """Return what each name of the rows is worth, by number."""
        names = self._names.written
        seen = Counter(chain.from_iterable(self.papers))

        def count() -> Counted:
            return Counted([seen[name] for name in range(len(names))], len(self.papers))

        times, total = self._counts.times(self.world, "name", names, count)
        prices = list(map(self._prices.log_e, names))
        worth = [self._prices.worth(price, each, total) for price, each in zip(prices, times, strict=True)]
        return _Priced(prices, worth)

    def _told(self, row: int) -> Told:
        place = self._aff.rows[row]
        first = self._mentions[row].around.first
        return Told(
            co=self._co[row],
            domains=self._domains.numbers[self._domains.rows[row]],
            place=place if self._aff.lists[place] else -1,
            year=None if first is None else first.year,
        )

    @cached_property
    def papers(self) -> list[frozenset[int]]:
        """Return the names of each work, those of its bylines and those that they name."""
        papers: list[set[int]] = [set() for _ in self._works]
        for work, keys, co in zip(self._work, self._keys, self._co, strict=True):
            papers[work].update(co, keys[:1])
        return [frozenset(names) for names in papers]

    def _printed(self, name: str) -> str:
        """Return a name as printed, capitals, width and spaces aside."""
        found = self._raws.get(name)
        if found is None:
            found = self._raws[name] = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
        return found

    def _themed(self, titles: tuple[str, ...], topics: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that say what works are about, plurals as singulars."""
        found = self._themes.get((titles, topics))
        if found is None:
            told = {
                word[:-1] if len(word) > 4 and word[-1] == "s" and word[-2] != "s" else word
                for text in (*titles, *topics)
                for word in _words(text)
                if len(word) > 2 and word not in _STOP
            }
            found = self._themes[titles, topics] = tuple(sorted(told))
        return found

    def _housed(self, affiliations: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words of institutions."""
        found = self._institutions.get(affiliations)
        if found is None:
            told = {word for one in affiliations for word in _words(one) if len(word) > 1}
            found = self._institutions[affiliations] = tuple(sorted(told - _STOP_PLACES))
        return found


def _words(text: str) -> Iterator[str]:
    """Yield the words of a text, folded in case, width and accents; equal ones are one object."""
    wide = text.casefold()
    if not text.isascii():
        wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        wide = "".join(char for char in wide if not unicodedata.combining(char))
    return map(sys.intern, _WORDS.findall(wide))
