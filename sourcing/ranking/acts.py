"""What people did inside 36 months that speaks for a level, counted for every look at once.

Changes, reviews and papers come from the facts that scores are made of; owner files, releases, committees and talks
from their signals. Only projects and venues that a look names count for the latter: anybody can name themselves
owner of a repository of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features.base import SUBSTANTIAL, Facts
from sourcing.features.facts import DAY_S, monday
from sourcing.features.terms import normalise
from sourcing.features.topic import Look
from sourcing.ranking.banded import ACTS
from sourcing.ranking.level import WINDOW_DAYS, least

PROOFS_MAX = 3  # signals shown for one act
SEEN_BEFORE_DAYS = (
    180.0  # a project's history must reach so far behind somebody's first change to call it the first
)
MONTH_DAYS = 30.44
PROJECT_MONTHS = 3  # months with changes that make a project one that somebody stayed with
LAST_OF = 3  # authors from which the last place says something

_REPAIR = r"(?i)\bregress(?:ion|ed|es|ing)?\b|\b(?:broken|introduced|caused) (?:by|in) #?\d+"
_PROPOSAL = (
    r"(?mi)(?:^|/)(?:rfcs?|keps?|neps?|sleps?|peps?|enhancements?|proposals?)/[^\n]*\d[^\n]*\.(?:md|rst)$"
)
_SLIGHT = (
    r"(?i)\b(?:typos?|fix(?:es|ed)?|links?|spelling|format(?:ting)?|update[sd]?|rename[sd]?|readme|index)\b"
)
_NO_VENUE = r"(?i)arxiv|corr\b|preprint|workshop|tutorial|findings|demo|student"
_COUNCIL = ("steering", "council", "board", "committee", "tsc", "toc", "pmc", "governance")
_IN_VENUE: Mapping[str, str] = {
    "steering": "steers", "general_chair": "chairs", "program_chair": "chairs", "area_chair": "area_chairs",
    "organiser": "organises", "committee": "committees", "keynote": "keynotes", "speaker": "talks",
}  # fmt: skip
_OWNERS = frozenset({"codeowner", "approver", "maintainer", "governance", "reviewer"})
_UNTIL = "_until"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What acts are counted from. signals: dated ones up to the moment asked for, with `at` and `age`."""

    facts: Facts
    signals: ir.Table


def gather(facts: Facts, looks: Sequence[Look], *, as_of: datetime) -> pa.Table:
    """Return the acts of everybody who has any, as `banded.ACTS`.

    facts: of these looks, all at one moment.
    """
    seen = _Seen(facts=facts, signals=_dated(facts.signals, as_of))
    counted = ibis.union(*_counted(seen)).select(*ACTS.names).to_pyarrow().cast(ACTS)
    return pa.concat_tables([counted, pa.Table.from_pylist(list(_roles(seen, looks)), schema=ACTS)])


def _dated(signals: ir.Table, as_of: datetime) -> ir.Table:
    rows = signals.filter(signals["at"] <= ibis.timestamp(as_of.astimezone(UTC).replace(tzinfo=None)))
    age = (monday(as_of).timestamp() - rows["at"].epoch_seconds()) / DAY_S
    return rows.mutate(age=ibis.greatest(age, ibis.literal(0.0)))


def _counted(seen: _Seen) -> list[ir.Table]:
    """Return tables (spec, person, what, amount, months, days, people, evidence) of what is counted in the database."""
    own = seen.signals.select("signal", "kind", "note", "own", "position", "of_")
    every = seen.facts.changes.join(own, "signal")
    every = every.filter(every.age <= WINDOW_DAYS, ~every.own | (every.standing >= 1)).cache()
    solid = every.filter(every.weight >= SUBSTANTIAL)
    said = _said(seen.facts.docs.semi_join(every, "work"))
    reviews = seen.facts.reviews.join(own, "signal")
    reviews = reviews.filter(reviews.age <= WINDOW_DAYS, reviews.kind.isin(["reviewed", "merged"]))
    authors = seen.facts.changes.select("spec", "work", author="person").distinct()
    reviews = reviews.left_join(authors, ["spec", "work"]).drop("spec_right", "work_right").cache()
    decides = reviews.filter((reviews.kind == "merged") | (reviews.note.fill_null("") == "approved"))
    firsts = _firsts(seen.facts).cache()
    helped = reviews.filter(reviews.author != reviews.person).semi_join(
        firsts, ["spec", "work", reviews.author == firsts.person]
    )
    marked = every.join(said, "work")
    projects = solid.group_by("spec", "person", "repo").agg(
        months=solid.month.nunique(), age=solid.age.min(), weight=solid.weight.sum(),
        signal=solid.signal.argmin(solid.age), month=solid.month.max(),
    )  # fmt: skip
    projects = projects.filter(projects.months >= PROJECT_MONTHS).mutate(work=projects.repo)
    return [
        _act(solid, "code"),
        _act(projects.drop("months"), "projects"),
        _act(every.filter(~every.own), "fixes"),
        _act(marked.filter(marked.repairs, marked.weight >= SUBSTANTIAL), "repairs"),
        _act(marked.filter(marked.proposes), "proposals"),
        _act(reviews, "reviews", people=reviews.author),
        _act(decides, "decisions", people=decides.author),
        _act(helped.mutate(work=helped.author), "newcomers", people=helped.author),
        _act(_begun(every, firsts, seen.signals), "begins"),
        *_papers(seen, own),
    ]


def _act(rows: ir.Table, what: str, *, people: ir.StringColumn | None = None) -> ir.Table:
    """Return a row per look and person. rows: with spec, person, work, signal, age, month, weight."""
    amount, months = least()[what]
    order = [ibis.desc("weight"), ibis.asc("age"), ibis.asc("signal")]
    others = ibis.literal(0) if people is None else people.nunique().cast("int64")
    counted = rows.group_by("spec", "person").agg(
        amount=rows.work.nunique().cast("int64"),
        months=rows.month.nunique().cast("int64"),
        days=(rows.age.max() - rows.age.min()).floor().cast("int64"),
        people=others.cast("int64"),
        evidence=rows.signal.collect(order_by=order)[:PROOFS_MAX],
    )
    counted = counted.filter(counted.amount >= amount, counted.months >= months)
    return counted.mutate(what=ibis.literal(what)).select(
        "what",
        "amount",
        "months",
        "days",
        "people",
        "evidence",
        person="person",
        spec=counted.spec.cast("int64"),
    )


def _said(docs: ir.Table) -> ir.Table:
    """(work, repairs, proposes): changes that mend a regression, or bring a proposal of change."""
    rows = docs.select(
        "work",
        repairs=docs.title.re_search(_REPAIR) & ~docs.title.re_search(r"(?i)^\W*revert\b"),
        proposes=docs.files.re_search(_PROPOSAL) & ~docs.title.re_search(_SLIGHT),
    )
    return rows.filter(rows.repairs | rows.proposes)


def starts(facts: Facts) -> ir.Table:
    """(spec, repo, person, work, age): everybody's first change to a project."""
    changes, others = facts.changes, facts.basis.others
    order = [ibis.desc("age"), ibis.asc("signal")]
    place = ibis.row_number().over(group_by=["spec", "repo", "person"], order_by=order)
    placed = changes.mutate(place=place).filter(ibis._.place == 0)
    found = placed.select("spec", "repo", "person", "work", "age")
    if others is None:
        return found
    return found.semi_join(others.people, "person").union(others.starts.select(*found.columns))


def _firsts(facts: Facts) -> ir.Table:
    """(spec, repo, person, work, age): everybody's first change to a project whose history was seen from before."""
    found = starts(facts)
    placed = found.mutate(reach=found.age.max().over(group_by=["spec", "repo"]))
    return placed.filter(placed.reach - placed.age >= SEEN_BEFORE_DAYS).drop("reach")


def _begun(every: ir.Table, firsts: ir.Table, signals: ir.Table) -> ir.Table:
    """First changes outside own repositories, of people of whom nothing older than 36 months is known anywhere."""
    old = signals.filter(signals.age > WINDOW_DAYS).select("person").distinct()
    mine = every.filter(~every.own).semi_join(firsts, ["spec", "person", "work"])
    return mine.anti_join(old, "person")


def oldest(facts: Facts) -> ir.Table:
    """(spec, person, age): of everybody's oldest paper on topic."""
    papers, others = facts.papers, facts.basis.others
    papers = papers if others is None else papers.semi_join(others.people, "person")
    return papers.group_by("spec", "person").agg(age=papers.age.max())


def _papers(seen: _Seen, own: ir.Table) -> list[ir.Table]:
    rows = seen.facts.papers.join(own, "signal").join(seen.facts.docs.select("work", "venue"), "work")
    rows = rows.mutate(month=(rows.age / MONTH_DAYS).floor().cast("int64"))
    ages = oldest(seen.facts).select("spec", "age")
    if seen.facts.basis.others is not None:
        ages = ages.union(seen.facts.basis.others.papers)
    earliest = ages.group_by("spec").agg(reach=ages.age.max())
    rows = rows.join(earliest, "spec").cache()
    recent = rows.filter(rows.age <= WINDOW_DAYS)
    first = (recent.position == 1).fill_null(False)
    last = ((recent.position == recent.of_) & (recent.of_ >= LAST_OF)).fill_null(False)
    main = recent.venue.notnull() & ~recent.venue.fill_null("").re_search(_NO_VENUE)
    old = seen.signals.filter(seen.signals.age > WINDOW_DAYS).select("person").distinct()
    begun = recent.filter(first, recent.reach > WINDOW_DAYS).anti_join(old, "person")
    return [
        _act(recent.filter(main), "papers"),
        _act(recent.filter(main & first), "papers_first"),
        _act(recent.filter(main & last), "papers_last"),
        _act(begun, "first_paper"),
    ]


def _roles(seen: _Seen, looks: Sequence[Look]) -> Iterable[dict[str, Any]]:
    """Yield what owner files, releases, committees, talks and triage say, for the looks that name their place."""
    by_repo, by_venue = _told(seen)
    for spec, look in enumerate(looks):
        acts: defaultdict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        for repo in (*look.repositories, *look.shared):
            for row in by_repo.get(repo, ()):
                what = _role_in(row, look.shared.get(repo))
                if what is not None:
                    acts[row["person"], what].append(row)
        wanted = [f" {normalise(venue)} " for venue in look.venues]
        for venue, rows in by_venue.items():
            if any(term in f" {normalise(venue)} " for term in wanted):
                for row in rows:
                    acts[row["person"], _IN_VENUE[row["note"]]].append(row)
        for (person, what), rows in acts.items():
            yield {"spec": spec, "person": person, "what": what, "people": 0, **_role_act(what, rows)}


def _told(seen: _Seen) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Return the signals of roles by repository and by venue; of triage one row per person, project and month."""
    every = seen.facts.docs
    repo = every.part_of.fill_null(every.id).re_replace("^github:", "").re_replace(":.*$", "").lower()
    docs = every.select("work", "id", "venue", work_kind="kind", title="title", repo=repo)
    rows = seen.signals.filter(seen.signals.kind.isin(["maintains", "released", "presented", "reviewed"]))
    rows = rows.join(docs, "work")
    code = rows.work_kind.isin(["commit", "pull_request", "paper"])
    rows = rows.filter(~code, rows.age.notnull()).mutate(month=rows["at"].year() * 12 + rows["at"].month())
    issues = rows.filter(rows.work_kind == "post", rows.age <= WINDOW_DAYS)
    triage = issues.group_by("person", "repo", "month").agg(
        number=issues.work.nunique(), signal=issues.signal.max(), age=issues.age.min()
    )
    by_repo, by_venue = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
    others = rows.filter(rows.work_kind != "post")
    others = others.select(
        "person", "repo", "month", "signal", "age", "kind", "note", "venue", "work_kind", work="id"
    )
    for row in others.order_by("signal", "person").to_pyarrow().to_pylist():
        if row["work_kind"] == "talk":
            if row["note"] in _IN_VENUE and row["venue"] is not None and row["age"] <= WINDOW_DAYS:
                by_venue[row["venue"]].append(row)
        else:
            by_repo[row["repo"]].append(row)
    for row in triage.order_by("signal", "person").to_pyarrow().to_pylist():
        by_repo[row["repo"]].append(
            row | {"kind": "triage", "note": None, "work": "", "number": row["number"]}
        )
    return {repo: _in_force(told) for repo, told in by_repo.items()}, dict(by_venue)


def _in_force(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without what ended or happened longer ago than 36 months; who is named still is named today."""
    ended: dict[tuple[int, str, str], float] = {}
    for row in rows:
        if row["kind"] == "maintains" and (row["note"] or "").endswith(_UNTIL):
            key = (row["person"], row["work"], row["note"].removesuffix(_UNTIL))
            ended[key] = min(row["age"], ended.get(key, row["age"]))
    kept = []
    for row in rows:
        if row["kind"] != "maintains":
            kept += [row] if row["age"] <= WINDOW_DAYS else []
        elif row["note"] in _OWNERS:
            end = ended.get((row["person"], row["work"], row["note"]))
            if end is None or end > row["age"] or end <= WINDOW_DAYS:
                kept.append(row)
    return kept


def _role_in(row: Mapping[str, Any], below: Sequence[str] | None) -> str | None:
    """Return what a role in a named repository is. below: the paths a look takes of a shared one, None = all."""
    if row["kind"] == "triage":
        return "triage" if below is None else None
    if row["kind"] == "released":
        return "releases" if below is None and row["note"] != "prerelease" else None
    area = row["work"].partition("github:")[2].partition(":")[2]
    if area.startswith("@"):
        if below is not None:
            return None
        group = area.lower()
        return "steers" if any(word in group for word in _COUNCIL) else "owns_project"
    if not area or area.strip("/*") == "":
        whole = row["note"] != "reviewer"
        return None if below is not None else "owns_project" if whole else "owns_area"
    path = area.lstrip("/").rstrip("*")
    if below is not None and not any(path.startswith(part) or part.startswith(path) for part in below):
        return None
    return "owns_area"


def _role_act(what: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ages = [row["age"] for row in rows]
    newest = sorted(rows, key=lambda row: (row["age"], row["signal"]))
    counts = what == "triage"
    return {
        "amount": sum(row["number"] for row in rows) if counts else len({row["work"] for row in rows}),
        "months": len({row["month"] for row in rows}),
        "days": int(max(ages) - min(ages)),
        "evidence": list(dict.fromkeys(row["signal"] for row in newest))[:PROOFS_MAX],
    }
