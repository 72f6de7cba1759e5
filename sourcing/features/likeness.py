"""How alike a work's words are to a text: BM25 as a share of what it could reach, for looks made from a question.

A specialism says its words one by one and each counts (see `topic`); a question is free text, so its words weigh by
how rare they are among works, which is decided when the look is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import terms
from sourcing.features.base import total

if TYPE_CHECKING:
    from sourcing.features.topic import Look

K1, B = 1.2, 0.75  # the usual constants; RANKING §3, DEV: others move nothing by more than .007
LEAST = 0.004  # what fits less adds up to nothing, but there is much of it
LENGTH = 200.0  # words of a title, twice, and an abstract


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a text says, and what being like it counts.

    terms: spellings (see `terms`) with their weight > 0. within: repositories, lower case, whose works are read; empty
    means papers. whole: fit of a work that says everything. power: how steeply less counts. best: how many works fit
    at most, the least alike left out; None for all.
    """

    terms: Mapping[str, float]
    within: frozenset[str] = frozenset()
    whole: float = 1.0
    power: int = 1
    best: int | None = None


def likened(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, alike): how far documents fit the looks that have a wording, 0–1."""
    worded = {spec: look.wording for spec, look in enumerate(looks) if look.wording is not None}
    rows = [
        (spec, number, weight)
        for spec, wording in worded.items()
        for number, weight in enumerate(wording.terms.values())
    ]
    weights = terms.table({"spec": pa.int32(), "number": pa.int32(), "weight": pa.float64()}, rows)
    if not rows:
        return terms.table({"doc": pa.int64(), "spec": pa.int32(), "alike": pa.float64()}, [])
    said = _said(docs, worded).inner_join(weights, ["spec", "number"])
    said = said.mutate(
        earned=said.weight * said.times * (K1 + 1) / (said.times + K1 * (1 - B + B * said.length))
    )
    scores = said.group_by("doc", "spec").agg(score=total(said.earned))
    types = {
        "spec": pa.int32(),
        "most": pa.float64(),
        "whole": pa.float64(),
        "power": pa.int32(),
        "best": pa.int64(),
    }
    most = {spec: sum(wording.terms.values()) * (K1 + 1) for spec, wording in worded.items()}
    asked = terms.table(
        types, [(spec, most[spec], one.whole, one.power, one.best or 1 << 40) for spec, one in worded.items()]
    )
    scores = scores.inner_join(asked, "spec")
    order = [ibis.desc("score"), ibis.asc("doc")]
    scores = scores.mutate(place=ibis.row_number().over(group_by="spec", order_by=order))
    scores = scores.filter(scores.place < scores.best)
    alike = scores.select("doc", "spec", alike=scores.whole * (scores.score / scores.most) ** scores.power)
    return alike.filter(alike.alike >= LEAST)


def _said(docs: ir.Table, worded: Mapping[int, Wording]) -> ir.Table:
    """Return (doc, spec, number, times, length): how often a document says a term; length: 1 for `LENGTH` words."""
    places = [(spec, repo) for spec, wording in worded.items() for repo in sorted(wording.within)]
    within = terms.table({"spec": pa.int32(), "repo": pa.string()}, places)
    everywhere = [spec for spec, wording in worded.items() if not wording.within]
    is_read = docs.repo.isin(sorted({repo for _, repo in places})) if places else ibis.literal(False)
    docs = (
        docs.filter((docs.kind == "paper") | is_read.fill_null(False)) if everywhere else docs.filter(is_read)
    )
    docs = docs.select("doc", "kind", "repo", "head", "body").distinct(on="doc").cache()
    words = docs["head"].split(" ").length() + docs.body.split(" ").length()
    kept = docs.select("doc", "kind", "repo", length=words.cast("float64") / LENGTH)
    heads = docs.select("doc", text=docs["head"], is_head=True)
    texts = heads.union(docs.select("doc", text=docs.body, is_head=False))
    uses = [
        terms.Use(spec=spec, role="said", number=number, term=term)
        for spec, wording in worded.items()
        for number, term in enumerate(wording.terms)
    ]
    found = terms.counted(texts, uses).group_by("doc", "spec", "number").agg(times=ibis._.times.sum())
    found = found.inner_join(kept, "doc")
    papers = found.filter(
        found.kind == "paper", found.spec.isin(everywhere) if everywhere else ibis.literal(False)
    )
    inside = found.inner_join(within, ["spec", "repo"])
    columns = ("doc", "spec", "number", "times", "length")
    return papers.select(*columns).union(inside.select(*columns))
