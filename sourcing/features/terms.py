"""Words of a specialism, found in normalised text by whole words.

Normalised text is lower case, words parted by one space, with a space at both ends; camel case and snake case
are taken apart, so `PagedAttention`, `paged_attention` and "paged-attention" read the same.
A term may list synonyms (`KV cache | key-value cache`); each may end in `*`. Plurals match.

Thousands of terms are looked for at once: each spelling is an exact piece of text (a needle) with one of its words
as anchor, the rarest; only texts that hold the anchor are searched for the needle.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import ibis
import ibis.expr.types as ir
import pyarrow as pa

TEXT_MAX = 4000  # characters of a body that are searched: a long abstract is 2,500
ENDINGS = ("", "s", "es")
SAMPLE = 20_000  # texts in which words are counted
_Anchor = tuple[str, str, bool, int]  # (word, needle, whether whatever letters follow, its place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where a term is wanted. spec: whose it is. role: as what. number: which of its terms, synonyms together."""

    spec: int
    role: str
    number: int
    term: str


def normalise(text: str) -> str:
    """Return one term's words, lower case and parted by single spaces."""
    return re.sub(r"[^a-z0-9+*]+", " ", text.lower()).strip()


@cache
def needles(term: str) -> frozenset[tuple[str, bool]]:
    """Return what says so: (` kv cache`, False), (` kvcache`, False), …; True: whatever letters follow."""
    found = set[tuple[str, bool]]()
    for spelling in term.split("|"):
        words = [word.rstrip("*") for word in normalise(spelling).split(" ")]
        words = [word for word in words if word]
        for gaps in product((" ", ""), repeat=max(0, len(words) - 1)):
            whole = "".join(word + gap for word, gap in zip(words, (*gaps, ""), strict=True))
            if whole:
                found.add((f" {whole}", normalise(spelling).endswith("*")))
    return frozenset(found)


def said(texts: ir.Table, uses: Sequence[Use]) -> ir.Table:
    """Return texts' other columns with (spec, role, number), for every term that is said.

    texts: any columns and `text`, normalised. Rows may repeat, which says nothing: how often depends on other texts.
    """
    places = _places(uses)
    rest = [name for name in texts.columns if name != "text"]
    return _held(texts, places).select(*rest, "place").inner_join(_uses(places, uses), "place").drop("place")


def counted(texts: ir.Table, uses: Sequence[Use]) -> ir.Table:
    """Return texts' other columns with (spec, role, number, times): how often a text says a term, whatever others say.

    texts: as those of `said`, but for that no two rows are alike in their other columns. A row for each spelling.
    """
    places = _places(uses)
    rest = [name for name in texts.columns if name != "text"]
    found = _held(texts, places).drop("anchor").distinct()
    apart = found.text.replace(" ", "  ")  # two words in a row are told by blanks of their own
    needle = found.needle.replace(" ", "  ").substr(1)
    endings = [needle + ibis.literal(f"{ending} ") for ending in ENDINGS]
    closed = sum((_times(apart, each) for each in endings[1:]), _times(apart, endings[0]))
    times = ibis.ifelse(found.is_open, _times(apart, needle), closed)
    found = found.select(*rest, "place", times=times)
    return found.inner_join(_uses(places, uses), "place").drop("place")


def _times(text: ir.StringValue, part: ir.StringValue) -> ir.IntegerValue:
    return (text.length() - text.replace(part, "").length()) // part.length()


def _places(uses: Iterable[Use]) -> dict[tuple[str, bool], int]:
    """Return needles with their places in order."""
    every = {needle for use in uses for needle in needles(use.term)}
    return {needle: place for place, needle in enumerate(sorted(every))}


def _held(texts: ir.Table, places: Mapping[tuple[str, bool], int]) -> ir.Table:
    """Return texts with (anchor, needle, is_open, place) of the needles they hold, a row for each of some words."""
    whole, starts, letters = _anchors(places, _often(texts))
    hits = [_worded(texts).inner_join(whole, "anchor")]
    # a beginning of a word is looked up by its first letters, in the few texts that hold one
    if starts is not None:
        words = "|".join(
            sorted(re.escape(one.strip()) for one, is_open in places if is_open and one.count(" ") == 1)
        )
        begun = _worded(texts.filter(texts.text.re_search(f" (?:{words})")))
        begun = begun.mutate(anchor=begun.anchor.substr(0, letters))
        hits.append(begun.inner_join(starts, "anchor"))
    found = ibis.union(*hits) if len(hits) > 1 else hits[0]
    found = found.filter(found.text.contains(found.needle))
    endings = (found.text.contains(found.needle + ibis.literal(f"{ending} ")) for ending in ENDINGS)
    return found.filter(ibis.or_(found.is_open, *endings))


def normalised(column: ir.StringValue) -> ir.StringValue:
    """Return a column of normalised text; unknown text is a single space. Camel case is read both ways, apart."""
    text = column.fill_null("")
    apart = text.re_replace(r"([a-z0-9])([A-Z])", r"\1 \2").re_replace(r"([A-Z]+)([A-Z][a-z])", r"\1 \2")
    # the mark between keeps the end of the one and the beginning of the other from making a phrase
    again = ibis.ifelse(apart == text, ibis.literal(""), ibis.literal(" ¦ ") + _words(apart))
    return ibis.literal(" ") + _words(text) + again + ibis.literal(" ")


def plain(column: ir.StringValue) -> ir.StringValue:
    """Return normalised text of prose, cut at 4,000 characters: no camel case to take apart."""
    text = column.fill_null("").substr(0, TEXT_MAX)
    return ibis.literal(" ") + _words(text) + ibis.literal(" ")


def _worded(texts: ir.Table) -> ir.Table:
    """Return texts with `anchor`, a row for every word."""
    return texts.mutate(anchor=texts.text.strip().split(" ").unnest())


def _words(text: ir.StringValue) -> ir.StringValue:
    # a single blank between words is one already: not to match it is twice as fast
    return text.lower().re_replace(r"[^a-z0-9+ ][^a-z0-9+]*| [^a-z0-9+]+", " ").strip()


def _often(texts: ir.Table) -> Mapping[str, int]:
    """Return how often words occur in some of the texts: no result depends on it, only how fast it is there."""
    some = texts.limit(SAMPLE)
    words = some.select(word=some.text.strip().split(" ").unnest())
    counted = words.group_by("word").agg(times=words.count()).to_pyarrow()
    return dict(zip(counted["word"].to_pylist(), counted["times"].to_pylist(), strict=True))


def _anchors(
    places: Mapping[tuple[str, bool], int], often: Mapping[str, int]
) -> tuple[ir.Table, ir.Table | None, int]:
    """Return (anchor, needle, is_open, place) of whole words, the same of beginnings if any, and their letters."""
    whole, begun = list[_Anchor](), list[_Anchor]()
    for (needle, is_open), place in places.items():
        *words, last = needle.split(" ")[1:]
        choices: list[tuple[str, ...]] = [(word,) for word in words]
        if not is_open:
            choices.append(tuple(last + ending for ending in ENDINGS))
        if choices:
            rarest = min(
                choices, key=lambda each: (sum(often.get(word, 0) for word in each), -len(each[0]), each)
            )
            whole += [(anchor, needle, is_open, place) for anchor in rarest]
        else:
            begun.append((last, needle, is_open, place))
    letters = min((len(anchor) for anchor, *_ in begun), default=0)
    cut = [(anchor[:letters], needle, is_open, place) for anchor, needle, is_open, place in begun]
    return _table(whole), _table(cut) if cut else None, letters


def _table(rows: Sequence[_Anchor]) -> ir.Table:
    types = {"anchor": pa.string(), "needle": pa.string(), "is_open": pa.bool_(), "place": pa.int32()}
    return table(types, rows)


def _uses(places: Mapping[tuple[str, bool], int], uses: Iterable[Use]) -> ir.Table:
    types = {"place": pa.int32(), "spec": pa.int32(), "role": pa.string(), "number": pa.int32()}
    rows = {(places[needle], use.spec, use.role, use.number) for use in uses for needle in needles(use.term)}
    return table(types, sorted(rows))


def table(types: Mapping[str, pa.DataType], rows: Sequence[Sequence[object]]) -> ir.Table:
    """Return rows as a table with these columns; no rows make an empty one."""
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, types.values(), strict=True)]
    return ibis.memtable(pa.table(arrays, names=list(types)))
