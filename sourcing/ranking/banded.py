"""The levels of everybody at once: what `level.of` decides of one person's acts, for columns of acts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sourcing.ranking import level
from sourcing.ranking.level import KINDS_MIN, RULES, UNKNOWN, Act, Band, Level
from storage.model import Ground

ACTS = pa.schema(
    [
        ("spec", pa.int64()),
        ("person", pa.int64()),
        ("what", pa.string()),
        ("amount", pa.int64()),
        ("months", pa.int64()),
        ("days", pa.int64()),
        ("people", pa.int64()),
        ("evidence", pa.list_(pa.int64())),
    ]
)
_BANDS = tuple(Band)
_KINDS = tuple(dict.fromkeys(rule.kind for rule in RULES))
_OF_RULE = np.array([*(_BANDS.index(rule.band) for rule in RULES), 0])  # the last one stands for no ground
_NONE = len(RULES)
PEOPLE_MAX = 1 << 40  # more than there are people


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Bands of people for looks, by (spec, person), and the grounds of them all, side by side.

    keys: spec * 2^40 + the person's number, rising. bands: places in `Band`. starts: where each one's grounds begin,
    one more than keys. rules: of each ground the place in `RULES`; texts, evidence (numbers of signals): its own.
    """

    keys: np.ndarray
    bands: np.ndarray
    starts: np.ndarray
    rules: np.ndarray
    texts: list[str]
    evidence: pa.ListArray

    def places(self, spec: int, persons: np.ndarray) -> np.ndarray:
        """Return the places of people, by number, -1 for whoever did nothing that is counted."""
        wanted = spec * PEOPLE_MAX + persons.astype(np.int64)
        found = np.searchsorted(self.keys, wanted)
        held = np.append(self.keys, -1)[np.minimum(found, len(self.keys))] == wanted
        return np.where(held, found, -1)

    def one(self, place: int, signals: pa.Array) -> Level:
        """Return the level at a place. signals: ids by number."""
        if place < 0:
            return UNKNOWN
        grounds = tuple(
            Ground(
                kind=RULES[self.rules[at]].kind,
                band=RULES[self.rules[at]].band,
                text=self.texts[at],
                evidence=tuple(signals[number].as_py() for number in self.evidence[at].as_py()),
            )
            for at in range(self.starts[place], self.starts[place + 1])
        )
        return Level(band=_BANDS[self.bands[place]], grounds=grounds)

    def grounds(self) -> pa.Table:
        """Return (spec, person, said, evidence), a row per ground: all that tells one level from another."""
        owners = np.repeat(self.keys, np.diff(self.starts))
        bands = np.repeat(self.bands, np.diff(self.starts))
        said = [
            f"{band} {rule} {text}"
            for band, rule, text in zip(bands.tolist(), self.rules.tolist(), self.texts, strict=True)
        ]
        names = ["spec", "person", "said", "evidence"]
        return pa.table(
            [
                pa.array(owners // PEOPLE_MAX),
                pa.array(owners % PEOPLE_MAX),
                pa.array(said, pa.string()),
                self.evidence,
            ],
            names=names,
        )


def of(acts: pa.Table) -> Levels:
    """Return everybody's levels. acts: of `ACTS`, in any order, one of each name for a person and look."""
    columns = {name: acts[name].to_numpy() for name in ACTS.names[:2] + ACTS.names[3:7]}
    what = acts["what"].combine_chunks().dictionary_encode()
    names, code = what.dictionary.to_pylist(), what.indices.to_numpy()
    keys, group = np.unique(columns["spec"] * PEOPLE_MAX + columns["person"], return_inverse=True)
    best = np.full((len(keys), len(_KINDS)), _NONE)
    source = np.zeros_like(best)
    for number, rule in enumerate(RULES):
        if rule.what not in names:
            continue
        meets = code == names.index(rule.what)
        for name in ("amount", "months", "days", "people"):
            meets &= columns[name] >= getattr(rule, name)
        rows, kind = np.flatnonzero(meets), _KINDS.index(rule.kind)
        rows = rows[best[group[rows], kind] == _NONE]  # rules are ordered by band, the highest first
        best[group[rows], kind], source[group[rows], kind] = number, rows
    order = _OF_RULE[best]
    bands, floor = _bands(order)
    kept = (order >= floor[:, None]) & (order > 0)
    by_rule = np.argsort(np.where(kept, best, _NONE), axis=1, kind="stable")
    count = kept.sum(axis=1)
    first = np.arange(len(_KINDS)) < count[:, None]
    rules = np.take_along_axis(best, by_rule, axis=1)[first]
    rows = np.take_along_axis(source, by_rule, axis=1)[first]
    evidence = acts["evidence"].combine_chunks().take(pa.array(rows))
    return Levels(
        keys=keys, bands=bands, starts=np.concatenate([[0], np.cumsum(count)]), rules=rules,
        texts=_texts(rules, rows, columns), evidence=evidence,
    )  # fmt: skip


def _bands(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the band of each row of highest bands by kind, and from which one on a ground speaks for it."""
    bands = np.zeros(len(order), dtype=np.int64)
    floor = np.ones(len(order), dtype=np.int64)
    for band in (Band.LEAD, Band.STAFF, Band.SENIOR, Band.MID):
        least = _BANDS.index(Band.STAFF if band is Band.LEAD else band)
        holds = (bands == 0) & ((order >= least).sum(axis=1) >= KINDS_MIN)
        if band is Band.LEAD:
            holds &= (order == _BANDS.index(band)).any(axis=1)
        bands[holds], floor[holds] = _BANDS.index(band), least
    early = _BANDS.index(Band.EARLY)
    begins = (bands == 0) & ((order > 0).sum(axis=1) >= KINDS_MIN) & (order <= early).all(axis=1)
    bands[begins] = early
    return bands, floor


def _texts(rules: np.ndarray, rows: np.ndarray, columns: dict[str, np.ndarray]) -> list[str]:
    known: dict[tuple[int, ...], str] = {}
    wanted = [columns[name][rows].tolist() for name in ("amount", "months", "days", "people")]
    found = []
    for key in zip(rules.tolist(), *wanted, strict=True):
        if key not in known:
            number, amount, months, days, people = key
            act = Act(what="", amount=amount, months=months, days=days, people=people)
            known[key] = level.told(RULES[number], act)
        found.append(known[key])
    return found
