"""What somebody began: files whose first change on record was theirs."""

import ibis

from sourcing.features.base import Facts, Family, Feature, answer, total

FILES_COUNTED = 30  # files one change can begin: a whole tree brought in at once was written elsewhere


def begun(changes: ibis.Table, fitting: ibis.Table) -> ibis.Table:
    """Return the changes with `begun`: files that had no change before the work's, 0 to 30.

    The one number of a change that others' works decide: it is a fact, so that whoever loses a file to an older work
    read later counts as changed.
    """
    touched = fitting.filter(fitting.paths.length() > 0)
    touched = touched.select("spec", "work", "repo", path=touched.paths.unnest())
    dates = changes.group_by("spec", "work").agg(at=changes["at"].min())
    files = touched.inner_join(dates, ["spec", "work"])
    order = [ibis.asc("at"), ibis.asc("work")]
    first = files.group_by("spec", "repo", "path").agg(work=files.work.first(order_by=order))
    counts = first.group_by("spec", "work").agg(begun=ibis.least(ibis._.count(), FILES_COUNTED))
    known = changes.left_join(counts, ["spec", "work"]).drop("spec_right", "work_right")
    return known.mutate(begun=known.begun.fill_null(0))


def _files_begun(facts: Facts) -> ibis.Table:
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
