"""A ranking as the store takes it: figures as columns, and everybody's parts as JSON text, put together by the column.

The same that the parts of one score would make (`storage.scores`): signals once, then for factors and grounds which of
them show it. Seven hundred thousand of them one by one would take most of a night's ranking.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sourcing.features.allowed import FEATURES
from sourcing.features.numbers import Names
from sourcing.ranking.columns import Column, Earned, Ranking
from sourcing.ranking.level import RULES, Band
from storage.scored import FIGURES, Factors, Scored, digest_of

_PLACES = 1 << 16  # more than a score has signals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    """Lists of numbers of signals: items side by side, and of each item the row it belongs to."""

    items: Column
    rows: Column
    lengths: Column

    @classmethod
    def of(cls, lists: pa.Array | pa.ChunkedArray) -> "_Lists":
        whole = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
        lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
        items = whole.flatten().to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(items=items, rows=np.repeat(np.arange(len(lengths)), lengths), lengths=lengths)


def scored(ranking: Ranking, quoted: pa.Array, alive: Collection[str]) -> Scored:
    """Return a ranking of the living as columns.

    quoted: of `quotes`; nothing of the parts is put together before it is asked for. alive: who may have a score.
    """
    names = [band.value for band in Band]
    of_all = np.zeros(0, dtype=np.int64) if ranking.levels is None else ranking.levels.bands
    bands = np.append(of_all, names.index(Band.UNKNOWN.value))[ranking.level_places]  # -1 is the last one
    kept = np.array([place for place, one in enumerate(ranking.persons) if one in alive], dtype=np.int64)
    figures = {name: getattr(ranking, name)[kept].tolist() for name in FIGURES if name != "level"}
    figures["level"] = [names[band] for band in bands[kept].tolist()]
    return Scored(
        persons=[ranking.persons[place] for place in kept.tolist()],
        figures=[figures[name] for name in FIGURES],
        parts=lambda places: _parts(ranking, kept[np.asarray(places, dtype=np.int64)], quoted),
        factors=[_names(ranking)],
    )


def quotes(names: Names) -> pa.Array:
    """Return the ids of signals as JSON text, by number."""
    signals = names.signals
    plain = pc.invert(pc.match_substring_regex(signals, r'["\\\x00-\x1f]'))
    if not pc.all(plain, min_count=0).as_py():
        return pa.array([json.dumps(one, ensure_ascii=False) for one in signals.to_pylist()], pa.string())
    return pc.binary_join_element_wise('"', signals, '"', "")


def _parts(ranking: Ranking, places: Column, quoted: pa.Array) -> Sequence[str]:
    chosen = pa.array(places)
    factors = [_Lists.of(each.evidence.take(chosen)) for each in ranking.earned]
    owners, grounds, texts = _grounds(ranking, places)
    shown = _Lists.of(grounds)
    rows = np.concatenate([*(each.rows for each in factors), owners[shown.rows]])
    items = np.concatenate([*(each.items for each in factors), shown.items])
    held, at = np.unique(rows * len(quoted) + items, return_inverse=True)
    holders = held // len(quoted) if len(quoted) else held
    starts = np.searchsorted(holders, np.arange(len(places) + 1))
    numbers = pa.array([str(one) for one in range(min(_PLACES, int(np.diff(starts).max(initial=0)) + 1))])
    said = numbers.take(pa.array(at - starts[rows]))  # of every item its place among the signals of its row
    signals = _joined(quoted.take(pa.array(held % max(1, len(quoted)))), np.diff(starts))
    columns = [f"[{_text(digest_of(_names(ranking)))},[", signals, "],["]
    begin = 0
    for number, (each, lists) in enumerate(zip(ranking.earned, factors, strict=True)):
        end = begin + len(lists.items)
        columns += ["," if number else "", _part(each, places, said.slice(begin, end - begin), lists.lengths)]
        begin = end
    proofs = _joined(said.slice(begin), shown.lengths)
    told = pc.binary_join_element_wise("[", texts, ",[", proofs, "]]", "")
    columns += ["],[", _joined(told, np.bincount(owners, minlength=len(places))), "]]"]
    found: list[str] = pc.binary_join_element_wise(*columns, "").to_pylist()
    return found


def _names(ranking: Ranking) -> Factors:
    factors = [each.factor for each in ranking.earned]
    return tuple((one.name, one.feature, FEATURES[one.feature].unit) for one in factors)


def _part(each: Earned, places: Column, said: pa.Array, lengths: Column) -> pa.Array:
    values, earned, rising = each.values[places], each.points[places], each.rising[places]
    is_seen = ~np.isnan(values)
    is_told = (is_seen & (values != 0)) | (earned != 0) | (rising != 0) | (lengths > 0)
    few = np.flatnonzero(is_told)
    value = pc.if_else(pa.array(is_seen[few]), _floats(values[few]), "null")
    figures = [_floats(one[few]) for one in (earned, rising)]
    # nobody has evidence without being told of it, so what is left of the lists is all of them
    proofs = _joined(said, lengths[few])
    whole = pc.binary_join_element_wise("[", value, ",", figures[0], ",", figures[1], ",[", proofs, "]]", "")
    places_of = np.where(is_told, np.cumsum(is_told) - 1, len(few) + np.where(is_seen, 0, 1))
    return pa.concat_arrays([whole, pa.array(["0", "null"])]).take(pa.array(places_of))


def _grounds(ranking: Ranking, places: Column) -> tuple[Column, pa.Array, pa.Array]:
    """Return of every ground the row it belongs to, its signals, and the rest of it as text."""
    levels = ranking.levels
    if levels is None:
        return np.zeros(0, np.int64), pa.array([], pa.list_(pa.int64())), pa.array([], pa.string())
    where = ranking.level_places[places]
    counts = np.where(where >= 0, np.diff(levels.starts, append=levels.starts[-1])[where], 0)
    owners = np.repeat(np.arange(len(places)), counts)
    firsts = np.repeat(np.concatenate([[0], np.cumsum(counts)])[:-1], counts)
    at = levels.starts[where][owners] + np.arange(len(owners)) - firsts
    known: dict[tuple[int, str], str] = {}  # few are said of thousands
    texts = []
    for rule, place in zip(levels.rules[at].tolist(), at.tolist(), strict=True):
        said = (rule, levels.texts[place])
        if said not in known:
            known[said] = ",".join(map(_text, (RULES[rule].kind, RULES[rule].band, said[1])))
        texts.append(known[said])
    return owners, levels.evidence.take(pa.array(at)), pa.array(texts, pa.string())


def _joined(texts: pa.Array, lengths: Column) -> pa.Array:
    """Return texts joined by commas, so many at a time."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), ",")


def _floats(values: Column) -> pa.Array:
    """Return numbers as JSON has them: all their digits, and one behind the point at least."""
    text = pc.cast(pa.array(values), pa.string())
    return pc.replace_substring_regex(text, r"^(-?\d+)$", r"\1.0")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
