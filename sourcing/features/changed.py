"""Whose facts are others than they were: what a night computes anew, for everybody else keeps the score they have.

Features read nothing of a person but that person's facts, so equal facts are equal features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from sourcing.features import terms
from sourcing.features.base import Facts
from sourcing.features.others import digests as name_digests

OWN, OVERLAY = 0, 1  # a look that lists people, a look that only adds evidence


def digests(facts: Facts, wanted: Sequence[Mapping[int, int]], more: pa.Table) -> pa.Table:
    """Return (number, person, digest, key) of everybody with facts for each wanted set of looks, by place in `wanted`.

    wanted: the looks each reads, by their place among those asked, with OWN or OVERLAY; whoever has facts for no own
    one is in none. more: (spec, person, said, evidence) of what else a score is made of. Numbers of works
    and signals are others every night, so they are in no digest. key: the digest of the person's name.
    """
    content = facts.fits.select("spec", "work", "doc", "fit", "count", "listed")
    named = facts.signals.select("signal", "mark")
    code = facts.changes.mutate(part=ibis.literal("change")).union(
        facts.reviews.mutate(begun=ibis.literal(0, type="int64"), part=ibis.literal("review"))
    )
    code = code.inner_join(content, ["spec", "work"]).inner_join(named, "signal")
    written = facts.papers.inner_join(content.drop("fit"), ["spec", "work"]).inner_join(named, "signal")
    done = facts.deeds.inner_join(named, "signal")
    rows = ibis.union(
        *(each.select("spec", "person", digest=_digest(each)) for each in (code, written, done))
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
    extra = _grounds(facts, more)
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
    everybody = found.filter(found.role == OWN).select("number", "person", "digest").to_pyarrow()
    numbers = everybody["person"]
    named = everybody.set_column(1, "person", facts.names.person(numbers))
    return named.append_column("key", name_digests(facts.names.people).take(numbers))


def _digest(rows: ir.Table) -> ir.IntegerValue:
    names = sorted(set(rows.columns) - {"spec", "person", "work", "signal"})
    return ibis.struct({name: rows[name] for name in names}).hash()


def _grounds(facts: Facts, more: pa.Table) -> ir.Table:
    """Return (spec, person, digest, number) of grounds, by what they say and the signals that show it."""
    numbered = more.append_column("ground", pa.array(range(more.num_rows), pa.int64()))
    rows = ibis.memtable(numbered)
    shown = rows.select("ground", signal=rows.evidence.unnest())
    shown = shown.inner_join(facts.signals.select("signal", "mark"), "signal")
    marks = shown.group_by("ground").agg(marks=shown.mark.bit_xor())
    told = rows.left_join(marks, "ground")
    digest = ibis.struct({"said": told.said, "marks": told.marks}).hash()
    each = told.select("person", spec=told.spec.cast("int32"), digest=digest)
    return each.group_by("spec", "person").agg(
        digest=each.digest.bit_xor(), number=ibis.literal(1, type="int64")
    )


def narrowed(facts: Facts, wanted: Sequence[Mapping[int, int]], people: pa.Table) -> Facts:
    """Return the facts of some people only. people: (number, person), by place in `wanted`."""
    uses = [(number, spec) for number, looks in enumerate(wanted) for spec in looks]
    reading = terms.table({"number": pa.int32(), "spec": pa.int32()}, uses)
    numbers = pc.index_in(people["person"], facts.names.people)
    known = people.set_column(1, "person", numbers).filter(pc.is_valid(numbers))
    keys = ibis.memtable(known).inner_join(reading, "number").select("spec", "person").distinct()
    kept = {
        name: getattr(facts, name).semi_join(keys, ["spec", "person"]).cache()
        for name in ("changes", "reviews", "papers", "deeds")
    }
    return replace(facts, **kept)
