"""The columns that author lines of histories are compared by: `lines@1`, one row per mention.

Names are readable, for they are printed in public; of mailboxes there are digests only, and a name meets one in the
handles that it yields. What a record's own name explains of its mailbox is no news about anybody else's name, so `own`
leaves it out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, Final

from sourcing.resolve.counts import Counts, Passing
from sourcing.resolve.line_columns import TYPES
from sourcing.resolve.mentions import Mention
from sourcing.resolve.namesakes import Namesakes
from sourcing.resolve.nicknames import NICKNAMES
from sourcing.resolve.printed import Printed, is_unspaced, nickname, printed
from sourcing.resolve.token_lists import arrow_type
from spiders.clients import spellings
from spiders.records import Likeness, Mailbox, MailboxFlag

if TYPE_CHECKING:
    import pyarrow as pa

Digest = Callable[[str, str], str]

_STORE_MIN: Final = 5_000  # names: a store is a sample of a world at least so large, whatever it holds
_INITIAL: Final = 0.04  # share of names that an initial stands for
_COMMON: Final = (0.6, 3.0)  # expected namesakes of one word: rare below, common from
_WORDS_MAX: Final = 6  # of a name that is looked up by two of its words
_LONG: Final = 9  # letters of a one-word name that is a handle whatever it looks like
_LOWER: Final = 6  # the same, of one in lower case
_NOTHING: Final = Mailbox()


def table(
    mentions: Sequence[Mention],
    namesakes: Namesakes,
    digest: Digest,
    wanted: Collection[str] = TYPES,
    counts: Counts | None = None,
) -> "pa.Table":
    """Return one row per mention, in order; `rid` is the place. digest: with the key of the mailboxes' digests.

    wanted: only these columns are in it. counts: how often initials are seen, see `counts`; None = as here.
    """
    import pyarrow as pa

    made = _Made(mentions, namesakes, digest, counts or Passing())
    columns: dict[str, list[Any]] = {name: [] for name in TYPES}
    takes = [columns[name].append for name in TYPES]
    for place in range(len(mentions)):
        row = made.row(place)
        for name, take in zip(TYPES, takes, strict=True):
            take(row[name])
    made.count(columns)
    return pa.table(
        {
            name: pa.array(columns[name], type=arrow_type(kind))
            for name, kind in TYPES.items()
            if name in wanted
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What a printed name alone decides, prices with it. The tuples of handles: digests that somebody uses."""

    row: Mapping[str, Any]
    mine: frozenset[str]
    spells: Mapping[str, tuple[str, float | None]]
    own: tuple[str, ...]
    used: tuple[str, ...]
    single_counted: frozenset[str]


class _Made:
    """Everything rows are made of; one printed name is read once."""

    def __init__(
        self, mentions: Sequence[Mention], namesakes: Namesakes, digest: Digest, counts: Counts
    ) -> None:
        self._mentions = mentions
        self._digest = digest
        self._read: dict[str, Printed] = {}
        self._made: dict[str, _Name] = {}
        self._raw = [max(one.names, key=_fullness, default="") for one in mentions]
        self._boxes = [_box(one) for one in mentions]
        places = [_places(one) for one in mentions]
        self._places = places
        words = {word for place in set(chain.from_iterable(places)) for word in _parts(place)}
        self._roles = spellings.ROLES | words
        self._role_keys = {self._key(word) for word in words}
        names = [self._printed(raw) for raw in self._raw]
        full = {one.key: one for one in names if one.is_full}
        known = {word for one in full.values() for word in one.words}
        self._known = known | NICKNAMES.keys() | namesakes.prior.keys() | namesakes.counts.keys()
        self._known_keys = {self._key(word) for word in self._known}
        self._share = _shares(namesakes)
        self._total = float(max(namesakes.total, _STORE_MIN))
        both = [one for one in names if len(one.words) > 1]
        self._first = _initials(counts.table("first", lambda: Counter(one.words[0][0] for one in both)))
        self._last = _initials(counts.table("last", lambda: Counter(one.words[-1][0] for one in both)))
        used = {one for box in self._boxes for one in (box.spelt, box.letters, box.label) if one is not None}
        for one in self._read.values():
            single = self._single(one)
            parts = {single, spellings.letters(single or ""), one.nick, one.is_full and "".join(one.words)}
            used.update(self._key(part) for part in parts if part)
        self._used = used
        self._bearers: defaultdict[str, set[str]] = defaultdict(set)
        self._mailed: defaultdict[str, set[str]] = defaultdict(set)
        self._hosted: defaultdict[str, set[str]] = defaultdict(set)

    def row(self, place: int) -> dict[str, Any]:
        """Return the columns of one mention; those that count others are filled by `count`."""
        mention, box = self._mentions[place], self._boxes[place]
        raw = self._raw[place]
        name = self._made.get(raw)
        if name is None:
            name = self._made[raw] = self._name(self._printed(raw))
        kind = _kind(mention, box)
        role = kind != "noreply" and (box.spelt in self._role_keys or box.letters in self._role_keys)
        kind = "role" if role else kind
        local = None if role else box.spelt
        letters = None if role else box.letters
        host = box.host if box.box is not None and kind != "noreply" else None
        own = {*name.own, *(one for one in (local, letters, box.label) if one is not None)} - name.mine
        spells, expected = name.spells.get(letters or "", (None, None))
        if spells is None and box.likeness not in (None, Likeness.NOTHING) and name.row["name"] is not None:
            spells = "part"
        around = mention.around
        key = name.row["name"] or name.row["single"] or mention.id
        for value in {one for one in (local, letters) if one is not None} | name.single_counted:
            self._bearers[value].add(key)
        if box.box is not None:
            self._mailed[box.box].add(key)
        if host is not None:
            self._hosted[host].add(key)
        used = [
            one
            for one, size in ((local, box.spelt_length), (letters, box.letters_length))
            if one and size > 3
        ]
        single = name.row["single"]
        made = name.row["looks_made"] or (single is not None and name.row["single_key"] == local)
        together, handles = self._together(around.coauthors)
        return {
            **name.row,
            "rid": place,
            "family": str(mention.family),
            "world": mention.world,
            "handlelike": bool(single and single not in self._known and made),
            "own": sorted(own),
            "own_unnamed": sorted(own - self._known_keys),
            "used": sorted({*name.used, *used, *([box.label] if box.label is not None else [])}),
            "mailbox": box.box,
            "kind": kind,
            "host": host,
            "label": box.label,
            "local": local,
            "letters": letters,
            "local_length": box.spelt_length,
            "letters_length": box.letters_length,
            "local_is_word": local in self._known_keys,
            "spells": spells,
            "expected_local": expected,
            "mailbox_names": 0,
            "host_names": 0,
            "local_names": 0,
            "letters_names": 0,
            "single_names": 0,
            "places": self._places[place],
            "coauthors": together,
            "coauthor_handles": handles,
            "size": max(around.size, 1),
            "first_day": None if around.first is None else around.first.toordinal(),
            "last_day": None if around.last is None else around.last.toordinal(),
        }

    def count(self, columns: dict[str, list[Any]]) -> None:
        """Fill in how many names stand behind each mailbox, host and handle, once every row is made."""
        for counted, of, seen in (
            ("mailbox_names", "mailbox", self._mailed),
            ("host_names", "host", self._hosted),
            ("local_names", "local", self._bearers),
            ("letters_names", "letters", self._bearers),
            ("single_names", "single_key", self._bearers),
        ):
            counts = {key: len(names) for key, names in seen.items()}
            columns[counted] = [counts.get(key, 0) for key in columns[of]]

    def _key(self, text: str) -> str:
        return self._digest("handle", text)

    def _printed(self, raw: str) -> Printed:
        found = self._read.get(raw)
        if found is None:
            found = self._read[raw] = printed(raw)
        return found

    def _single(self, one: Printed) -> str | None:
        return None if one.single in self._roles and not is_unspaced(one) else one.single

    def _together(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        found = [self._printed(one) for one in names]
        return (
            sorted({one.key for one in found if len(one.words) > 1}),
            sorted({one.handle for one in found if one.handle}),
        )

    def _keys(self, handles: Iterable[str]) -> list[str]:
        return sorted({key for one in handles if (key := self._key(one)) in self._used})

    def _price(self, word: str) -> float:
        return self._total * self._share(word)

    def _name(self, one: Printed) -> _Name:
        single = self._single(one)
        bare = spellings.letters(single) or None if single is not None else None
        joined = "".join(one.words) if one.is_full else None
        whole, short, first = one.handles()
        yielded = whole | short | first
        words = {
            word
            for word in (one.given, one.surname)
            if word is not None and len(word) >= 4 and word not in self._roles
        }
        tiers: list[list[str]] = [[], [], []]
        for word in words - yielded:
            price = self._price(word)
            tiers[(price >= _COMMON[0]) + (price >= _COMMON[1])].append(word)
        flast: float | None = None
        firstl: float | None = None
        expected: float | None = None
        if one.is_full:
            shares = (self._share(word) if len(word) > 1 else _INITIAL for word in one.words)
            expected = self._total * prod(shares)
        if one.given is not None and one.surname is not None:
            flast = self._price(one.surname) * self._first(one.given[0])
            firstl = self._price(one.given) * self._last(one.surname[0])
        key = self._key
        keys: dict[str, str] = {}
        for handle in yielded:
            if (value := self._key(handle)) in self._used:
                keys[handle] = value

        def kept(handles: Iterable[str]) -> list[str]:
            return sorted({keys[handle] for handle in handles if handle in keys})

        single_key = key(single) if single is not None else None
        bare_key = key(bare) if bare is not None else None
        nick_key = key(one.nick) if one.nick is not None else None
        h1, h2, h3 = (kept(handles) for handles in (whole, short, first))
        spells: dict[str, tuple[str, float | None]] = {}
        if one.is_full:
            if one.given is not None and one.surname is not None:
                spells[key(one.given)] = ("first", self._price(one.given))
                spells[key(one.surname)] = ("last", self._price(one.surname))
            for called, expects, handles in (
                ("firstinit", firstl, h3),
                ("initial", flast, h2),
                ("full", expected, h1),
            ):
                spells |= dict.fromkeys(handles, (called, expects))
        letters = joined if joined is not None else spellings.letters(one.handle)
        head = joined if joined is not None else one.handle
        used = [
            value
            for text, value in ((single, single_key), (bare, bare_key), (one.nick, nick_key))
            if text is not None and value is not None and len(text) >= 4
        ]
        if joined is not None and len(joined) >= 4:
            used.append(key(joined))
        return _Name(
            row={
                "name": one.key if one.is_full else None,
                "words": sorted(set(one.words)) if one.is_full else [],
                "long_words": sorted({word for word in one.words if len(word) > 1}) if one.is_full else [],
                "starts": sorted({word[:4] for word in one.words if len(word) >= 4}) if one.is_full else [],
                "word_count": len(set(one.words)) if one.is_full else 0,
                "given": one.given,
                "surname": one.surname,
                "nickname": nickname(one.given),
                "joined": joined,
                "single": single,
                "single_letters": bare,
                "handle": one.handle,
                "ends": f"{letters[:3]}~{letters[-3:]}" if len(letters) >= 6 else None,
                "head": head[:8] if len(head) >= 8 else None,
                "word_pairs": _pairs(one),
                "surname_keys": _surname_keys(one),
                "name_words": sorted(words - yielded),
                "expected": expected,
                "expected_flast": flast,
                "expected_firstl": firstl,
                "expected_single": self._price(single)
                if single is not None and single in self._known
                else 0.0,
                "joined_handles": h1,
                "surname_handles": h2,
                "given_handles": h3,
                "rare_words": self._keys(tiers[0]),
                "some_words": self._keys(tiers[1]),
                "common_words": self._keys(tiers[2]),
                "yielded": kept(handle for handle in yielded if len(handle) >= 5),
                "single_key": single_key,
                "single_letters_key": bare_key,
                "nick_key": nick_key,
                "looks_made": single is not None
                and (one.looks_made or len(single) >= _LONG or (one.raw.islower() and len(single) >= _LOWER)),
            },
            mine=frozenset([*h1, *h2, *h3]),
            spells=spells,
            own=tuple(value for value in (single_key, bare_key, nick_key) if value is not None),
            used=tuple(used),
            single_counted=frozenset([*h1, *h2, *([single_key] if single_key is not None else [])]),
        )


def _fullness(name: str) -> tuple[int, int, str]:
    return (len(name.split()), len(name), name)


def _box(mention: Mention) -> Mailbox:
    """Return the mailbox that speaks for a mention: author lines have one."""
    return next((one for one in mention.mailboxes if one.box is not None), (*mention.mailboxes, _NOTHING)[0])


def _kind(mention: Mention, box: Mailbox) -> str | None:
    if not mention.mailboxes:
        return None
    for flag in (MailboxFlag.NOREPLY, MailboxFlag.ROLE, MailboxFlag.PLACEHOLDER):
        if flag in box.flags:
            return str(flag)
    return "plain"


def _places(mention: Mention) -> list[str]:
    """Return repositories: a commit may be a part of a pull request of one."""
    return sorted({place.partition("#")[0] for place in mention.around.places})


def _parts(place: str) -> list[str]:
    """Return words of a repository's name: as a local part they are a role of it."""
    text = place.rpartition(":")[2].lower()
    return [
        word for word in "".join(char if char.isalnum() else " " for char in text).split() if len(word) > 2
    ]


def _pairs(one: Printed) -> list[str]:
    words = sorted(set(one.words)) if one.is_full else []
    if not 2 <= len(words) <= _WORDS_MAX:
        return []
    long = [word for word in words if len(word) > 1]
    return [f"{left}|{right}" for place, left in enumerate(long) for right in long[place + 1 :]]


def _surname_keys(one: Printed) -> list[str]:
    if one.given is None or one.surname is None:
        return []
    return sorted({f"{one.surname}|{one.given[0]}", f"{one.given}|{one.surname[0]}"})


def _initials(counts: Mapping[str, int]) -> Callable[[str], float]:
    """Return the share of an initial, a little of every one counted in."""
    total = sum(counts.values()) or 1
    return lambda letter: (counts.get(letter, 0) + 25) / (total + 500)


def _shares(namesakes: Namesakes) -> Callable[[str], float]:
    """Return the share of a word, the prior counted in as `_STORE_MIN` names and never below it."""

    def share(word: str) -> float:
        prior = namesakes.prior.get(word, 0.0)
        counted = namesakes.counts.get(word, 1)
        return max(prior, (counted + _STORE_MIN * prior) / (namesakes.total + _STORE_MIN))

    return share
