"""What is known of people whose work is not read again tonight, for judging those whose work is.

Whether a change counts, and how much, depends on others in a few ways only: who else works in its repository, who
touched its files before, since when a project is known. That is kept (`sourcing.ranking.ledger`) by digests of names;
here it gets the numbers of tonight's reading, in which most of the others have none.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features.numbers import Names

if TYPE_CHECKING:
    from sourcing.features.begun import Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What is kept, by digests of names (`digest`).

    people, works: digests of the people, and of the works, all of whose rows are read. pairs: (repo, person, last,
    answered, inside, wrote, known) of everybody else in a repository; see `genuine`. starts: (spec, repo, person, work,
    age), everybody else's first change to a project. papers: (spec, age), everybody else's oldest papers. files: of
    everybody, as they were.
    """

    people: pa.Array
    works: pa.Array
    pairs: pa.Table
    starts: pa.Table
    papers: pa.Table
    files: "Files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The same in the numbers of a reading; people and works that are not in it are null.

    people: (person), who is read whole. pairs: with `moment`, 0, and `repo` by name.
    """

    people: ir.Table
    pairs: ir.Table
    starts: ir.Table
    papers: ir.Table

    @classmethod
    def of(cls, apart: Apart, names: Names, docs: ir.Table) -> "Others":
        """Return what is kept apart in the numbers of these names. docs: numbered, `id` being their name."""
        everybody = ibis.memtable(
            pa.table({"key": names.people, "number": pa.array(range(len(names.people)))})
        )
        # nothing of these alone is cached: it would be on another connection than that of the documents
        people = everybody.select(person=digest(everybody.key), number="number")
        repos = docs.select(repo=docs.repo.fill_null("")).distinct()
        repos = repos.select(at=digest(repos.repo), name="repo").cache()
        works = docs.select(work=digest(docs.id), number="work").cache()
        read = ibis.memtable(pa.table({"person": apart.people}))
        pairs, starts = ibis.memtable(apart.pairs), ibis.memtable(apart.starts)
        pairs = pairs.inner_join(repos, pairs.repo == repos["at"]).drop("repo", "at").rename(repo="name")
        starts = starts.inner_join(repos, starts.repo == repos["at"]).drop("repo", "at").rename(repo="name")
        starts = starts.left_join(works, "work").drop("work", "work_right").rename(work="number")
        return cls(
            people=people.semi_join(read, "person").select(person="number"),
            pairs=_numbered(pairs, people).mutate(moment=ibis.literal(0, type="int32")).cache(),
            starts=_numbered(starts, people).cache(),
            papers=ibis.memtable(apart.papers),
        )


def digest(name: ir.StringValue) -> ir.IntegerValue:
    """Return what stands for a name between nights."""
    return name.hash()


def digests(names: pa.Array) -> pa.Array:
    """Return the digests of names, in their order."""
    rows = ibis.memtable(pa.table({"name": names, "number": pa.array(range(len(names)))}))
    found = rows.select("number", key=digest(rows.name)).order_by("number").to_pyarrow()
    return found["key"].combine_chunks()


def _numbered(rows: ir.Table, people: ir.Table) -> ir.Table:
    return rows.left_join(people, "person").drop("person", "person_right").rename(person="number")
