"""What people do in public beside changes and papers: releases, talks, posts; and the features that count them."""

import ibis
import ibis.expr.types as ir

from sourcing.features.base import Facts, Family, Feature, answer, decay, monthly, total, weight_of

RELEASE, TALK, POST = "release", "talk", "post"
RELEASE_HALF_LIFE_DAYS = 365.0  # as for reviews and merges: they are the same charge of a project
TALK_HALF_LIFE_DAYS = 730.0  # as for papers
POST_CREDIT = 0.5  # against a talk: somebody chose the speaker, and nobody the post
_SPOKE = ("speaker", "keynote")  # the other roles at a venue are levels' business
_DAY_S = 86_400.0


def deeds(seen: ir.Table, fitting: ir.Table, specs: ir.Table) -> ir.Table:
    """Return (spec, person, work, signal, repo, what, age, month, weight, standing), one row per person and deed.

    seen: signals with `at` and `work_kind`. specs: (spec, as_of, monday). Releases count in repositories that a look
    lists, for anybody can release something of their own, and no pre-releases; talks at venues that a look names; posts
    as far as their words fit. What has no date counts nothing.
    """
    what = ibis.cases(
        ((seen.kind == "released") & (seen.work_kind == "package"), RELEASE),
        ((seen.kind == "presented") & (seen.work_kind == "talk") & seen.note.isin(_SPOKE), TALK),
        ((seen.kind == "authored") & (seen.work_kind == "post"), POST),
        else_=ibis.null("string"),
    )
    rows = seen.mutate(what=what).filter(ibis._.what.notnull(), seen["at"].notnull(), seen.confidence > 0)
    rows = rows.filter((rows.what != RELEASE) | (rows.note.fill_null("") != "prerelease"))
    rows = rows.inner_join(fitting.select("spec", "work", "fit", "count", "listed"), "work")
    rows = rows.inner_join(specs, "spec")
    rows = rows.filter(rows["at"] <= rows.as_of, (rows.what != RELEASE) | rows.listed)
    credit = ibis.ifelse(rows.what == POST, rows["count"] * POST_CREDIT, 1.0)
    age = ibis.greatest(
        (rows.monday.epoch_seconds() - rows["at"].epoch_seconds()) / _DAY_S, ibis.literal(0.0)
    )
    rows = rows.mutate(
        age=age, month=rows["at"].year() * 12 + rows["at"].month(), weight=rows.fit * credit * rows.confidence,
        standing=ibis.literal(1.0),
    )  # fmt: skip
    order = [ibis.desc("weight"), ibis.desc("at"), ibis.asc("signal")]
    placed = rows.mutate(nth=ibis.row_number().over(group_by=["spec", "person", "work"], order_by=order))
    return placed.filter(placed.nth == 0).select(
        "spec", "person", "work", "signal", "repo", "what", "age", "month", "weight", "standing"
    )


def _releases(facts: Facts) -> ir.Table:
    """Count releases as reviews count, a busy month saturating: a project may release every night by a script."""
    rows = facts.deeds.filter(facts.deeds.what == RELEASE)
    strength = weight_of(rows, half_life_days=RELEASE_HALF_LIFE_DAYS)
    return answer(rows, strength, monthly(rows, half_life_days=RELEASE_HALF_LIFE_DAYS), least=0.0)


def _talks_and_writing(facts: Facts) -> ir.Table:
    """Count talks, and of the posts of a month the best: who posts every day has not said thirty times as much."""
    rows = facts.deeds.filter(facts.deeds.what.isin([TALK, POST]))
    rows = rows.mutate(earned=rows.weight * decay(rows.age, half_life_days=TALK_HALF_LIFE_DAYS))
    occasion = ibis.ifelse(rows.what == TALK, rows.work, -1 - rows.month.cast("int64"))
    best = rows.group_by("spec", "person", occasion=occasion).agg(earned=rows.earned.max())
    values = best.group_by("spec", "person").agg(value=total(best.earned))
    return answer(rows, rows.earned, values, least=0.0)


RELEASES = Feature(
    name="releases",
    unit="recent releases",
    family=Family.REVIEW,
    says="{count} release{s} published{where}{latest}",
    query=_releases,
)
TALKS_AND_WRITING = Feature(
    name="talks_and_writing",
    unit="weighted talks and posts",
    family=Family.PAPERS,
    says="{count} talk{s} and post{s} on topic{latest}",
    query=_talks_and_writing,
)
