"""Whose facts are others than they were: what a night computes anew, for everybody else keeps the score they have.

Features read nothing of a person but that person's facts, so equal facts are equal features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import terms
from sourcing.features.base import Facts

OWN, OVERLAY = 0, 1  # a look that lists people, a look that only adds evidence


def digests(facts: Facts, wanted: Sequence[Mapping[int, int]], more: ir.Table) -> ir.Table:
    """Return (number, person, digest) of everybody with facts for each wanted set of looks, by place in `wanted`.

    wanted: the looks each reads, by their place among those asked, with OWN or OVERLAY; whoever has facts for no own
    one is in none. more: (spec, person, digest) of what else a score is made of.
    """
    content = facts.fits.select("spec", "work", "doc", "fit", "count", "listed")
    code = facts.changes.mutate(part=ibis.literal("change")).union(
        facts.reviews.mutate(begun=ibis.literal(0, type="int64"), part=ibis.literal("review"))
    )
    code = code.inner_join(content, ["spec", "work"])
    said = [
        code[name].cast("string").fill_null("") for name in sorted(set(code.columns) - {"spec", "person"})
    ]
    written = facts.papers.inner_join(content.drop("fit"), ["spec", "work"])
    told = [
        written[name].cast("string").fill_null("")
        for name in sorted(set(written.columns) - {"spec", "person"})
    ]
    rows = code.select("spec", "person", digest=ibis.literal("\x1f").join(said).hash()).union(
        written.select("spec", "person", digest=ibis.literal("\x1f").join(told).hash())
    )
    whole = rows.group_by("spec", "person").agg(digest=rows.digest.bit_xor(), number=rows.count())
    seen = facts.observed.inner_join(facts.moments, "moment")
    kinds = [seen[name].cast("string") for name in ("code", "paths", "review", "papers")]
    seen = seen.select(
        "spec",
        "person",
        digest=ibis.literal("seen ").concat(*kinds).hash(),
        number=ibis.literal(1, type="int64"),
    )
    extra = more.select("spec", "person", "digest", number=ibis.literal(1, type="int64"))
    parts = whole.union(seen.semi_join(whole, ["spec", "person"])).union(
        extra.semi_join(whole, ["spec", "person"])
    )
    uses = [(number, spec, role) for number, looks in enumerate(wanted) for spec, role in looks.items()]
    reading = terms.table({"number": pa.int32(), "spec": pa.int32(), "role": pa.int32()}, uses)
    parts = parts.rename(rows="number").inner_join(reading, "spec")
    mixed = (
        ibis.literal("\x1f").join(
            [parts.role.cast("string"), parts.rows.cast("string"), parts.digest.cast("string")]
        )
    ).hash()
    parts = parts.mutate(digest=mixed)
    found = parts.group_by("number", "person").agg(digest=parts.digest.bit_xor(), role=parts.role.min())
    return found.filter(found.role == OWN).select("number", "person", "digest").cache()


def narrowed(facts: Facts, wanted: Sequence[Mapping[int, int]], people: pa.Table) -> Facts:
    """Return the facts of some people only. people: (number, person), by place in `wanted`."""
    uses = [(number, spec) for number, looks in enumerate(wanted) for spec in looks]
    reading = terms.table({"number": pa.int32(), "spec": pa.int32()}, uses)
    keys = ibis.memtable(people).inner_join(reading, "number").select("spec", "person").distinct()
    kept = {
        name: getattr(facts, name).semi_join(keys, ["spec", "person"]).cache()
        for name in ("changes", "reviews", "papers")
    }
    return replace(facts, **kept)
