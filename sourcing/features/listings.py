"""Looks as tables: which repositories, paths, categories and venues each of them names, for joins with documents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import terms

if TYPE_CHECKING:
    from sourcing.features.topic import Look

NEVER = r"^\b$"  # matches no path: stands for an empty list
BELOW_FULL = (
    0.5  # share of a change's files under listed paths of a shared repository from which it fits fully
)
CROSS_LIST = 0.5  # share of the bonus for a category that is not the primary one (SPECIALISMS)


def repositories(looks: Sequence["Look"]) -> ir.Table:
    """Return (spec, repo, below, share): what each look names, and how far it counts, 0–1.

    below: a path that counts there, None for all of it.
    """
    rows: list[tuple[int, str, str | None, float]] = []
    for spec, look in enumerate(looks):
        rows += [(spec, repo, None, look.shares.get(repo, 1.0)) for repo in look.repositories]
        shared = {repo: below for repo, below in look.shared.items() if repo not in look.repositories}
        rows += [(spec, repo, start, 1.0) for repo, below in shared.items() for start in below]
    types = {"spec": pa.int32(), "repo": pa.string(), "below": pa.string(), "share": pa.float64()}
    return terms.table(types, rows)


def reach(looks: Sequence["Look"]) -> list[frozenset[str]] | None:
    """Return the repositories whose code each look can take at all; None if words of any of them can be anywhere."""
    if any(look.keywords or look.paths for look in looks):
        return None
    return [
        frozenset((*look.repositories, *look.shared)) | (look.wording.within if look.wording else frozenset())
        for look in looks
    ]


def inside(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, inside): how far documents count by a repository that a look names whole, 0–1."""
    named = repositories(looks)
    whole = named.filter(named.below.isnull()).select("spec", "repo", "share")
    return docs.select("doc", "repo").inner_join(whole, "repo").select("doc", "spec", inside="share")


def below(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, below): how far a change lies under listed paths of a shared repository, 0–1, by its files."""
    named = repositories(looks)
    shared = docs.select("doc", "repo", "paths").filter(docs.paths.length() > 0)
    files = shared.select("doc", "repo", all=shared.paths.length(), path=shared.paths.unnest())
    under = files.inner_join(named.filter(named.below.notnull()), "repo")
    under = under.filter(under.path.startswith(under.below))
    counted = under.group_by("doc", "spec").agg(share=under.path.nunique() / under["all"].max())
    return counted.select("doc", "spec", below=ibis.least(counted.share / BELOW_FULL, ibis.literal(1.0)))


def fragments(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, path): documents that touch a path which a look takes for a sign of its topic anywhere."""
    rows = [(spec, part) for spec, look in enumerate(looks) for part in look.paths]
    wanted = terms.table({"spec": pa.int32(), "part": pa.string()}, rows)
    every = "|".join(sorted({escape(part) for _, part in rows}))
    touched = docs.filter(docs.files.re_search(rf"(?m)(?:^|/)(?:{every})" if every else NEVER))
    pairs = touched.select("doc", files=ibis.literal("\n") + touched.files).cross_join(wanted)
    starts, inner = ibis.literal("\n") + pairs.part, ibis.literal("/") + pairs.part
    hits = pairs.filter(pairs.files.contains(starts) | pairs.files.contains(inner))
    return hits.select("doc", "spec").distinct().mutate(path=ibis.literal(1))


def categories(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, category): 1 where a look names the primary category of a paper, a half for another one."""
    rows = [(spec, code) for spec, look in enumerate(looks) for code in look.arxiv]
    wanted = terms.table({"spec": pa.int32(), "code": pa.string()}, rows)
    tagged = docs.select("doc", first=docs.tags[0], code=docs.tags.unnest())
    hits = tagged.inner_join(wanted, "code")
    share = ibis.ifelse(hits.code == hits["first"], 1.0, CROSS_LIST)
    return hits.mutate(share=share).group_by("doc", "spec").agg(category=ibis._.share.max())


def gatherings(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (doc, spec, inside): 1 for conferences that a look names as venues: what is shown there is on topic."""
    held = docs.filter(docs.kind == "talk")
    return held.inner_join(venues(held, looks), "venue").select("doc", "spec", inside=ibis.literal(1.0))


def venues(docs: ir.Table, looks: Sequence["Look"]) -> ir.Table:
    """Return (venue, spec): venues (`MLSys 2025`, `Proceedings of … (NeurIPS)`) that are among a look's short ones."""
    known = docs.filter(docs.venue.notnull()).select("venue").distinct()
    uses = [
        terms.Use(spec=spec, role="venue", number=0, term=term)
        for spec, look in enumerate(looks)
        for term in look.venues
    ]
    said = terms.said(known.mutate(text=terms.normalised(known.venue)), uses)
    return said.select("venue", "spec").distinct()


def escape(text: str) -> str:
    """Return a text as a regular expression for it."""
    return "".join("\\" + char if char in r"\.+*?()|[]{}^$" else char for char in text)
