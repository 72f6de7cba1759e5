"""What somebody began: files whose first change on record was theirs."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from sourcing.features.base import Facts, Family, Feature, answer, total
from sourcing.features.others import digest

FILES_COUNTED = 30  # files one change can begin: a whole tree brought in at once was written elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which work first changed each file, by digests of names, kept from one night to the next.

    dates: (spec, work, at), changes on topic, microseconds. paths: (path, work), what they touch; path stands for
    repository and path. firsts: (spec, path, work). names: (work, name): of works of the same moment the first by name.
    """

    dates: pa.Table
    paths: pa.Table
    firsts: pa.Table
    names: pa.Table

    @classmethod
    def of(cls, began: "Began", docs: ir.Table) -> "Files":
        """Return what was read by digests. docs: with `id`, the name of their work."""
        keys = docs.select("work", name="id", key=digest(docs.id)).semi_join(began.dates, "work").cache()
        by_key = [each.inner_join(keys, "work") for each in (began.dates, began.paths, began.firsts)]
        dates = by_key[0].select("spec", "at", work="key").to_pyarrow()
        at = dates["at"].cast(pa.timestamp("us")).cast(pa.int64())
        return cls(
            dates=pa.table([dates["spec"], dates["work"], at], names=["spec", "work", "at"]),
            paths=by_key[1].select("path", work="key").to_pyarrow(),
            firsts=by_key[2].select("spec", "path", work="key").to_pyarrow(),
            names=keys.select("name", work="key").select("work", "name").to_pyarrow(),
        )

    def counts(self) -> pa.Table:
        """Return (spec, work, begun) of works that began files, 0 to 30."""
        found = self.firsts.group_by(["spec", "work"]).aggregate([([], "count_all")])
        begun = pc.min_element_wise(found["count_all"], FILES_COUNTED)
        return pa.table([found["spec"], found["work"], begun], names=["spec", "work", "begun"])

    def with_(self, read: "Files", works: pa.Array) -> tuple["Files", pa.Array]:
        """Return the files with some works read anew, and the works that begin others than they did.

        works: digests of all that were read, with all of their rows.
        """
        olds = [among(each, "work", works) for each in (self.dates, self.paths)]
        news = [among(each, "work", works) for each in (read.dates, read.paths)]
        moved = pa.concat_arrays([differing(*pair, "work") for pair in zip(olds, news, strict=True)])
        touched = pa.concat_tables([among(each, "work", moved) for each in (olds[1], news[1])])["path"]
        dates, paths, names = (
            pa.concat_tables([among(old, "work", works, is_in=False), among(new, "work", works)])
            for old, new in ((self.dates, read.dates), (self.paths, read.paths), (self.names, read.names))
        )
        near = among(paths, "path", touched)
        said = dict(zip(*_columns(among(names, "work", near["work"])), strict=True))
        at: dict[int, list[tuple[int, int]]] = {}
        for spec, work, moment in zip(*_columns(among(dates, "work", near["work"])), strict=True):
            at.setdefault(work, []).append((spec, moment))
        best: dict[tuple[int, int], tuple[int, str, int]] = {}
        for path, work in zip(*_columns(near), strict=True):
            for spec, moment in at.get(work, ()):
                mine = (moment, said[work], work)
                best[spec, path] = min(mine, best.get((spec, path), mine))
        fresh = [(spec, path, work) for (spec, path), (_, _, work) in best.items()]
        columns = list(zip(*fresh, strict=True)) or [(), (), ()]
        made = pa.table(columns, schema=self.firsts.schema)
        stale = among(self.firsts, "path", touched)
        firsts = pa.concat_tables([among(self.firsts, "path", touched, is_in=False), made])
        found = Files(dates=dates, paths=paths, firsts=firsts, names=names)
        either = pa.concat_arrays([each["work"].combine_chunks() for each in (stale, made)])
        then, now = (among(each.counts(), "work", either) for each in (self, found))
        return found, differing(then, now, "work")


def among(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray, *, is_in: bool = True) -> pa.Table:
    """Return the rows with one of some values in a column, or without any of them."""
    wanted = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    chosen = pc.fill_null(pc.is_in(table[name], wanted, skip_nulls=True), False)
    return table.filter(chosen if is_in else pc.invert(chosen))


def _columns(table: pa.Table) -> list[list[int]]:
    return [column.to_pylist() for column in table.columns]


def differing(then: pa.Table, now: pa.Table, name: str) -> pa.Array:
    """Return one column of the rows that are in one of two tables only."""
    keys = then.column_names
    now = now.select(keys).cast(then.schema)
    sides = [one.join(other, keys, join_type="left anti")[name] for one, other in ((then, now), (now, then))]
    return pa.concat_arrays([each.combine_chunks() for each in sides])


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The same of changes at hand, by number: dates (spec, work, at), paths (work, path), firsts (spec, path, work)."""

    dates: ir.Table
    paths: ir.Table
    firsts: ir.Table

    @classmethod
    def of(cls, changes: ir.Table, fitting: ir.Table) -> "Began":
        """Return which of the changes was the first to each file it touches."""
        dates = changes.group_by("spec", "work").agg(at=changes["at"].min()).cache()
        touched = fitting.filter(fitting.paths.length() > 0).semi_join(dates, ["spec", "work"])
        touched = touched.select("work", "repo", "paths").distinct(on="work")
        touched = touched.select("work", "repo", path=touched.paths.unnest())
        whole = touched.repo.fill_null("") + ibis.literal("\x1f") + touched.path
        paths = touched.select("work", path=digest(whole)).distinct().cache()
        files = dates.inner_join(paths, "work")
        order = [ibis.asc("at"), ibis.asc("work")]
        firsts = files.group_by("spec", "path").agg(work=files.work.first(order_by=order))
        return cls(dates=dates, paths=paths, firsts=firsts.cache())

    def counts(self) -> ir.Table:
        """Return (spec, work, begun) of works that began files, 0 to 30."""
        return self.firsts.group_by("spec", "work").agg(begun=ibis.least(ibis._.count(), FILES_COUNTED))


def begun(changes: ir.Table, counts: ir.Table) -> ir.Table:
    """Return the changes with `begun`: files that had no change before the work's, 0 to 30; counts: of them.

    The one number of a change that others' works decide: it is a fact, so that whoever loses a file to an older work
    read later counts as changed.
    """
    known = changes.left_join(counts, ["spec", "work"]).drop("spec_right", "work_right")
    return known.mutate(begun=known.begun.fill_null(0))


def _files_begun(facts: Facts) -> ir.Table:
    """Of all evidence of owning an area the strongest beside recent work (RANKING §3, DEV: .06 of task A)."""
    proof = facts.changes.filter(facts.changes.begun > 0)
    proof = proof.mutate(earned=proof.weight * proof.standing * proof.begun)
    values = proof.group_by("spec", "person").agg(value=total(proof.earned))
    return answer(proof, proof.earned, values, least=0.0)


FILES_BEGUN = Feature(
    name="files_begun",
    unit="files",
    family=Family.PATHS,
    says="began files in {count} change{s} on topic{where}{latest}",
    query=_files_begun,
)
