"""The columns that models compare: one row per mention, everything folded, digested or counted beforehand.

A model names the set of columns and its version; change a definition and the version goes up.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sourcing.resolve import author_lines, columns_authors, line_columns
from sourcing.resolve.counts import Counts
from sourcing.resolve.mentions import Family, Mention
from sourcing.resolve.names import is_full
from sourcing.resolve.namesakes import Namesakes
from sourcing.resolve.token_lists import arrow_type
from spiders.clients import links, mailboxes
from spiders.clients.names import folded
from spiders.records import Likeness, MailboxFlag

if TYPE_CHECKING:
    import pyarrow as pa

Digest = Callable[[str, str], str]
"""Keyed digest of a value of a kind, as intake makes them: `handle` of `miraokafor`."""

_LEVELS: Final = {level: place for place, level in enumerate(reversed(Likeness))}  # nothing 0 … full 4
_RARE: Final = 0.05  # expected namesakes below which a shared co-author says something
_COAUTHORS_MAX: Final = 200  # of a collaboration's bylines
_STOP: Final = frozenset(
    {
        "with", "from", "into", "over", "under", "using", "towards", "toward", "through", "beyond", "learning",
        "deep", "networks", "network", "neural", "model", "models", "based", "data", "method", "approach",
        "large", "language",
    }
)  # fmt: skip
_TYPES: Final = {
    "rid": "int64",  # place in the table
    "family": "text",
    "world": "text",
    "name": "text",  # words of the fullest name, sorted; null without a full name
    "name_keys": "texts",  # the same of every full name
    "word_count": "int64",  # of the fullest name
    "words": "texts",  # of all names, longer than an initial
    "initials": "texts",  # first letters of the words of all names
    "given": "text",  # first word of the fullest name, as printed
    "surname": "text",  # its last
    "surname_keys": "texts",  # last and first word, each with the initial of the other
    "single": "text",  # the only word of a name that is no full one
    "namesakes": "float64",  # expected for the rarest full name
    "name_handles": "texts",  # digests of the handles the names yield
    "emails": "texts",
    "locals": "texts",
    "handles": "texts",  # digests of what local parts and logins are handles of
    "hosts": "texts",  # digests of registrable domains, of mailboxes and of institutions
    "likeness": "int64",  # of a mailbox to its name: 0 nothing … 4 full; null without
    "is_role": "bool",
    "is_noreply": "bool",
    "orcids": "texts",
    "pages": "texts",
    "affiliation_words": "texts",
    "affiliations": "texts",
    "coauthors": "texts",  # sorted words of each
    "rare_coauthors": "texts",
    "colleague_places": "texts",  # where authors of the names of rare co-authors commit
    "bearers": "int64",  # rows of its family and world with the same fullest name, itself among them
    "title_words": "texts",
    "places": "texts",
    "works": "texts",
    "first_year": "int64",
    "last_year": "int64",
    "first_day": "int64",  # since year one
    "last_day": "int64",
    "size": "int64",  # commits or papers
}


COLUMNS: Final = frozenset(_TYPES)


def table(
    mentions: Sequence[Mention],
    namesakes: Namesakes,
    digest: Digest,
    wanted: Collection[str] = COLUMNS,
    counts: Counts | None = None,
) -> "pa.Table":
    """Return one row per mention, in order; `rid` is the place. digest: with the key of the mailboxes' digests.

    wanted: only these columns are made. counts: not needed, nothing here weighs by what is counted.
    """
    import pyarrow as pa

    del counts

    names = _Names(namesakes)
    sides = [_Side(one, names, digest) for one in mentions]

    def made(name: str) -> Iterable[Any]:
        if name == "rid":
            return range(len(sides))
        if name == "bearers":
            return _bearers(sides)
        return _colleague_places(sides) if name == "colleague_places" else map(_MADE[name], sides)

    return pa.table(
        {
            name: pa.array(list(made(name)), type=arrow_type(kind))
            for name, kind in _TYPES.items()
            if name in wanted
        }
    )


class _Name(NamedTuple):
    """A printed name read: its words, and the same sorted. expected: namesakes."""

    parts: tuple[str, ...]
    key: str
    is_full: bool
    expected: float | None


class _Names(dict[str, _Name]):
    """Printed names, read once each."""

    def __init__(self, namesakes: Namesakes) -> None:
        super().__init__()
        self._namesakes = namesakes

    def __missing__(self, name: str) -> _Name:
        parts = folded(name)
        found = self[name] = _Name(parts, _key(parts), is_full(name), self._namesakes.expected(name))
        return found


class _Side:
    """One mention as columns read it. full: its full names, the fullest first."""

    __slots__ = ("digest", "full", "mention", "names")

    def __init__(self, mention: Mention, names: _Names, digest: Digest) -> None:
        self.mention, self.names, self.digest = mention, names, digest
        full = [one for one in mention.names if names[one].is_full]
        if len(full) > 1:
            full.sort(key=lambda one: (-len(names[one].parts), one))
        self.full = [names[one] for one in full]

    @property
    def name(self) -> str | None:
        """Return the fullest name, words sorted."""
        return (self.full[0].key or None) if self.full else None

    @property
    def fullest(self) -> tuple[str, ...]:
        """Return its words as printed."""
        return self.full[0].parts if self.full else ()

    def coauthors(self, *, rare: bool = False) -> list[str]:
        """Return co-authors, words sorted. rare: those of a name that hardly anybody else bears."""
        near = [self.names[one] for one in self.mention.around.coauthors[:_COAUTHORS_MAX]]
        return _distinct(
            one.key
            for one in near
            if one.is_full and (not rare or (one.expected is not None and one.expected < _RARE))
        )

    def has(self, flag: MailboxFlag) -> bool:
        """Whether one of its mailboxes is of a kind."""
        return any(flag in box.flags for box in self.mention.mailboxes)


def _bearers(sides: Sequence[_Side]) -> list[int]:
    keys = [(one.mention.world, one.mention.family, one.name) for one in sides]
    counts = Counter(keys)
    return [counts[key] for key in keys]


def _colleague_places(sides: Sequence[_Side]) -> list[list[str]]:
    """Return, for bylines, the places where people of the names of their rare co-authors commit."""
    places: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in sides:
        if one.mention.family == Family.GIT:
            for name in one.full:
                places[one.mention.world, name.key].update(filter(None, one.mention.around.places))
    return [
        sorted(
            {place for key in one.coauthors(rare=True) for place in places.get((one.mention.world, key), ())}
        )
        if places and one.mention.family == Family.AUTHOR
        else []
        for one in sides
    ]


def _name_handles(one: _Side) -> list[str]:
    return _distinct(
        one.digest("handle", handle) for name in one.mention.names for handle in mailboxes.handles(name)
    )


def _handles(one: _Side) -> list[str]:
    plain = ["".join(folded(handle)) for handle in one.mention.handles]
    logins = [one.digest("handle", handle) for handle in plain if len(handle) >= mailboxes.HANDLE_MIN]
    return _distinct([*(handle for box in one.mention.mailboxes for handle in box.handles), *logins])


def _hosts(one: _Side) -> list[str]:
    boxes = (box.host for box in one.mention.mailboxes if box.host is not None)
    return _distinct([*boxes, *(one.digest("host", site) for site in one.mention.around.domains)])


def _likeness(one: _Side) -> int | None:
    found = (_LEVELS[box.likeness] for box in one.mention.mailboxes if box.likeness is not None)
    return max(found, default=None)


def _title_words(one: _Side) -> list[str]:
    texts = map(folded, one.mention.around.titles)
    return _distinct(word for text in texts for word in text if len(word) > 3 and word not in _STOP)


_MADE: Final[Mapping[str, Callable[[_Side], Any]]] = {
    "family": lambda one: str(one.mention.family),
    "world": lambda one: one.mention.world,
    "name": lambda one: one.name,
    "name_keys": lambda one: _distinct(name.key for name in one.full),
    "word_count": lambda one: len(one.fullest),
    "words": lambda one: _distinct(
        word for name in one.mention.names for word in one.names[name].parts if len(word) > 1
    ),
    "initials": lambda one: _distinct(word[0] for name in one.full for word in name.parts),
    "given": lambda one: one.fullest[0] if one.full else None,
    "surname": lambda one: one.fullest[-1] if one.full else None,
    "surname_keys": lambda one: _distinct(
        key for name in one.full if len(name.parts) > 1 for key in _surnames(name.parts)
    ),
    "single": lambda one: next(
        (word for name in one.mention.names if not one.names[name].is_full for word in one.names[name].parts),
        None,
    ),
    "namesakes": lambda one: min(
        (name.expected for name in one.full if name.expected is not None), default=None
    ),
    "name_handles": _name_handles,
    "emails": lambda one: _distinct(one.mention.emails),
    "locals": lambda one: _distinct(box.local for box in one.mention.mailboxes if box.local is not None),
    "handles": _handles,
    "hosts": _hosts,
    "likeness": _likeness,
    "is_role": lambda one: one.has(MailboxFlag.ROLE),
    "is_noreply": lambda one: one.has(MailboxFlag.NOREPLY),
    "orcids": lambda one: _distinct(one.mention.orcids),
    "pages": lambda one: _distinct(
        page for raw in one.mention.pages if (page := links.page_id(raw)) is not None
    ),
    "affiliation_words": lambda one: _distinct(
        word for text in one.mention.affiliations for word in folded(text) if len(word) > 3
    ),
    "affiliations": lambda one: _distinct(_key(folded(text)) for text in one.mention.affiliations),
    "coauthors": lambda one: one.coauthors(),
    "rare_coauthors": lambda one: one.coauthors(rare=True),
    "title_words": _title_words,
    "places": lambda one: _distinct(one.mention.around.places),
    "works": lambda one: _distinct(one.mention.around.works),
    "first_year": lambda one: None if (day := one.mention.around.first) is None else day.year,
    "last_year": lambda one: None if (day := one.mention.around.last) is None else day.year,
    "first_day": lambda one: None if (day := one.mention.around.first) is None else day.toordinal(),
    "last_day": lambda one: None if (day := one.mention.around.last) is None else day.toordinal(),
    "size": lambda one: one.mention.around.size,
}


def _key(parts: Sequence[str]) -> str:
    return " ".join(sorted(parts))


def _surnames(parts: Sequence[str]) -> tuple[str, str]:
    return (f"{parts[-1]} {parts[0][0]}", f"{parts[0]} {parts[-1][0]}")


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({one for one in values if one})


class Make(Protocol):
    """Makes the columns of mentions: a row each, in order; `rid` is the place. wanted: of its columns, only these.

    counts: how often tokens are seen; None = as here.
    """

    def __call__(
        self,
        mentions: Sequence[Mention],
        namesakes: Namesakes,
        digest: Digest,
        wanted: Collection[str] = ...,
        counts: Counts | None = ...,
    ) -> "pa.Table":
        """Return the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSet:
    """One set of columns."""

    name: str
    version: int
    columns: frozenset[str]
    make: Make

    @property
    def signature(self) -> str:
        """Return how models name it: `plain@1`."""
        return f"{self.name}@{self.version}"


SETS: Final[Mapping[str, ColumnSet]] = {
    one.name: one
    for one in (
        ColumnSet(name="plain", version=1, columns=COLUMNS, make=table),
        ColumnSet(name="lines", version=1, columns=frozenset(line_columns.TYPES), make=author_lines.table),
        ColumnSet(name="authors", version=2, columns=columns_authors.COLUMNS, make=columns_authors.table),
    )
}
"""Every set of columns there is; one family may have its own."""
