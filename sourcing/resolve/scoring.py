"""How right an answer about a file is, beside what a plain rule would have said: the table of the evaluation.

Counted from how often things occur together, never pair by pair: a cluster of a hundred thousand records costs no more
than they do.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final

from sourcing.resolve import evaluation
from sourcing.resolve.agreement import b_cubed
from sourcing.resolve.decide import Decided
from sourcing.resolve.evaluation import Answer
from sourcing.resolve.fit import Label
from sourcing.resolve.names import is_full
from sourcing.resolve.neutral import Bundle

_PLAIN: Final = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "đ": "d", "ı": "i"})
_WORDS: Final = re.compile(r"[^\W\d_]+")
_RARE: Final = 0.05  # namesakes to expect by chance, EVALUATION §2
Part = Callable[[str], Hashable | None]
"""What two records must share for their pair to count; None: no pair of this record does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a record says of itself that pairs are told apart by. name: words folded and sorted."""

    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of labelled records: rightly one person, wrongly one, wrongly two."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """Return the share of the joined that are right, None if nothing was joined."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Return the share of the right that were joined, None if there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    def __sub__(self, other: "Pairs") -> "Pairs":
        return Pairs(
            right=self.right - other.right, wrong=self.wrong - other.wrong, missed=self.missed - other.missed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How right an answer is. strict: every pair counts; lenient: without those that labels call unsure.

    homonyms: lenient, among records of one full name that two people or more bear. across: lenient, between sources;
    None where there is one. b3_precision, b3_recall: B-cubed. harmed: share of people who share a cluster with another.
    """

    labelled: int
    people: int
    strict: Pairs
    lenient: Pairs
    homonyms: Pairs
    across: Pairs | None
    b3_precision: float
    b3_recall: float
    harmed: float


def score(labels: Mapping[str, Label], persons: Mapping[str, str], said: Mapping[str, Said]) -> Score:
    """Return how right an answer is. persons: cluster by record, one left out stands alone. Needs a label."""
    given = {key: persons.get(key, f"\0{key}") for key in labels}
    bearers: defaultdict[str, set[str]] = defaultdict(set)
    for key, label in labels.items():
        bearers[said[key].name].add(f"\0{label.cluster}" if label.unsure is None else label.unsure)
    shared = {name for name, people in bearers.items() if len(people) > 1 and " " in name}
    lenient = _pairs(labels, given, lambda key: True)
    several = len({said[key].source for key in labels}) > 1
    return Score(
        labelled=len(labels),
        people=len({label.cluster for label in labels.values()}),
        strict=_pairs(labels, given, lambda key: True, strict=True),
        lenient=lenient,
        homonyms=_pairs(labels, given, lambda key: name if (name := said[key].name) in shared else None),
        across=lenient - _pairs(labels, given, lambda key: said[key].source) if several else None,
        b3_precision=b_cubed(labels, given, by_person=True),
        b3_recall=b_cubed(labels, given, by_person=False),
        harmed=_harmed(labels, given),
    )


def compare(
    bundle: Bundle,
    decided: Decided,
    labels: Mapping[str, Label],
    others: Mapping[str, Mapping[str, str]] | None = None,
) -> list[dict[str, object]]:
    """Return the figures of an answer, of what plain rules would say, and of others' answers, a row each.

    others: by name, cluster by record. Between sources also those of the answer with every link made that a person
    would be asked about; `asked_precision` is how many of the pairs that this adds are right.
    """
    said = told(bundle)
    made, with_asked = joined(evaluation.answers(bundle, decided), said)
    own = score(labels, made, said)
    rows = [_figures("sourcer", own)]
    if own.across is not None:
        more = score(labels, with_asked, said)
        added = more.across - own.across if more.across is not None else None
        asked = None if added is None else added.precision
        rows.append({**_figures("sourcer, asked links made", more), "asked_precision": asked})
    rows += [_figures(by, score(labels, clusters, said)) for by, clusters in plainly(bundle).items()]
    rows += [_figures(by, score(labels, clusters, said)) for by, clusters in (others or {}).items()]
    return rows


def _figures(by: str, found: Score) -> dict[str, object]:
    """Return a score as a row of the table."""
    across = found.across
    return {
        "by": by,
        "records": found.labelled,
        "people": found.people,
        "precision": found.lenient.precision,
        "recall": found.lenient.recall,
        "strict_precision": found.strict.precision,
        "homonym_precision": found.homonyms.precision,
        "homonym_recall": found.homonyms.recall,
        "b3_precision": found.b3_precision,
        "b3_recall": found.b3_recall,
        "harmed": found.harmed,
        "across_precision": None if across is None else across.precision,
        "across_recall": None if across is None else across.recall,
        "asked_precision": None,
    }


def told(bundle: Bundle) -> dict[str, Said]:
    """Return what the records of a file say of themselves, by record id."""
    return {
        record: Said(
            name=" ".join(sorted(_words(one.names[0]))) if one.names else "", source=str(one.source or "")
        )
        for key, record in bundle.records.items()
        for one in (bundle.known.identities[key],)
    }


def plainly(bundle: Bundle) -> dict[str, dict[str, str]]:
    """Return clusters by record as plain rules have them, whatever else speaks against: by rule, the floors."""
    namesakes = _namesakes(bundle)
    rare = {name for name, expected in namesakes.items() if expected < _RARE}
    ways: dict[str, tuple[bool, Callable[[str], Hashable | None]]] = {
        "one address": (True, lambda name: None),
        "one full name": (False, _full_name),
        "one name as printed": (False, lambda name: name),
        "one address or full name": (True, _full_name),
        "one address or rare full name": (
            True,
            lambda name: key if (key := _full_name(name)) in rare else None,
        ),
    }
    return {by: _by_rule(bundle, *way) for by, way in ways.items()}


def _by_rule(bundle: Bundle, by_address: bool, of_name: Callable[[str], Hashable | None]) -> dict[str, str]:
    """Return clusters by record. by_address: whether an address in common joins. of_name: what does of a name."""
    sets = _Sets()
    worlds = {one.id: one.world for one in bundle.mentions}
    for key, record in bundle.records.items():
        one = bundle.known.identities[key]
        for digest in one.emails if by_address else ():
            sets.join(record, ("address", digest))
        for name in one.names:
            if (shared := of_name(name)) is not None:
                sets.join(record, ("name", worlds.get(key, ""), shared))
    return {record: str(sets.root(record)) for record in bundle.records.values()}


def _full_name(name: str) -> tuple[str, ...] | None:
    return tuple(sorted(_words(name))) if is_full(name) else None


def _namesakes(bundle: Bundle) -> dict[tuple[str, ...], float]:
    """Return how many of all full names would be this one by chance, if words were drawn by their share."""
    printed = {name for one in bundle.mentions for name in one.names}
    names = {key for one in printed if (key := _full_name(one)) is not None}
    seen = Counter(word for name in names for word in set(name))
    total = max(len(names), 1)
    return {name: total * prod(seen[word] / total for word in name) for name in names}


def joined(answers: Iterable[Answer], said: Mapping[str, Said]) -> tuple[dict[str, str], dict[str, str]]:
    """Return clusters by record as made, and as if every link between sources that is asked about were made."""
    lines = list(answers)
    made = {one.record_id: one.cluster for one in lines if not one.review}
    sets = _Sets()
    for record, cluster in made.items():
        sets.join(record, ("cluster", cluster))
    for one in lines:
        if one.review and said[one.record_id].source != said[one.cluster].source:
            sets.join(one.record_id, ("cluster", one.cluster))
    return made, {record: str(sets.root(record)) for record in made}


class _Sets:
    """Disjoint sets."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def join(self, one: Hashable, other: Hashable) -> None:
        self._parent[self.root(one)] = self.root(other)

    def root(self, one: Hashable) -> Hashable:
        while (above := self._parent.setdefault(one, one)) != one:
            self._parent[one] = self._parent.setdefault(above, above)
            one = above
        return one


def _pairs(
    labels: Mapping[str, Label], given: Mapping[str, str], part: Part, *, strict: bool = False
) -> Pairs:
    """Return the pairs of records of one part. strict: those that labels call unsure too."""
    cells: Counter[Hashable] = Counter()
    truths: Counter[Hashable] = Counter()
    groups: Counter[Hashable] = Counter()
    unsure: Counter[Hashable] = Counter()
    unsure_cells: Counter[Hashable] = Counter()
    for key, label in labels.items():
        of = part(key)
        if of is None:
            continue
        cells[label.cluster, given[key], of] += 1
        truths[label.cluster, of] += 1
        groups[given[key], of] += 1
        if label.unsure is not None:
            unsure[given[key], of, label.unsure] += 1
            unsure_cells[given[key], of, label.unsure, label.cluster] += 1
    right = _choose(cells)
    left_out = 0 if strict else _choose(unsure) - _choose(unsure_cells)
    return Pairs(right=right, wrong=_choose(groups) - right - left_out, missed=_choose(truths) - right)


def _choose(counts: Mapping[Hashable, int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def _harmed(labels: Mapping[str, Label], given: Mapping[str, str]) -> float:
    """Return the share of people who share a cluster with somebody who is surely another."""
    holds: defaultdict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for key, label in labels.items():
        holds[given[key]].add((label.cluster, label.unsure))
    harmed = set()
    for people in holds.values():
        if len({cluster for cluster, _ in people}) > 1:
            harmed |= {
                one
                for one, group in people
                if any(one != other and (group is None or group != its) for other, its in people)
            }
    return len(harmed) / len({label.cluster for label in labels.values()})


def _words(name: str) -> list[str]:
    """Return the words of a name without case and accents."""
    text = unicodedata.normalize("NFKD", name).lower()
    return _WORDS.findall("".join(char for char in text if not unicodedata.combining(char)).translate(_PLAIN))
