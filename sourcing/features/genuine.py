"""Which activity counts as work, and what is said where it does not: padded, back-dated, forged and farmed.

Nobody is punished here: what does not count earns nothing, and a flag says so with its evidence. Names and dates in
a history can be written by anybody who owns it, so a repository that no specialism lists counts
- by what the platform attributes to accounts there, wherever it was asked, and by nothing else it claims;
- as far as people known from watched repositories (those that a specialism lists) work there: accounts that only
  merge each other's changes vouch for nobody. Stars, followers and downloads are read nowhere.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from sourcing.features import chores
from sourcing.features.base import CREDIT, REVIEW_CREDIT
from sourcing.features.topic import Look
from storage.model import Flag

CROWD = 20  # other contributors from which a repository counts whole
HISTORY_OTHERS = 3  # others needed before an unlisted repository's bare history is believed
COMMIT = r"^git:(?:[^@\s]+@)?([0-9a-f]{7,64}):"  # ids from a history name the repository and the commit
HISTORY = "git:"  # signal ids read from a history, not told by a platform
KNOWN_WORKS = (
    3  # changes in listed repositories that make somebody known: several, as for a repository of theirs
)
VOUCHES = 5  # other contributors that one known person vouches for: a paid newcomer cannot open a whole ring
RING_MIN = 5  # accounts; fewer that merge each other's changes are a small team
FLAG_EVIDENCE = 3  # signals kept with a flag
# Works from which a flag is worth a person's reading; a rebase after a long leave is a dozen old commits.
FLAG_MIN: Mapping[str, int] = {"back_dated": 20, "empty": 5, "fork": 5, "ring": 5, "own": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Code signals, judged. rows: those that count, with `worth` (fit × what a chore leaves) and `standing` (0–1).

    void: every other code signal with its `reason`; fits: whether it was on topic at all.
    """

    rows: ir.Table
    void: ir.Table


def judge(code: ir.Table, works: ir.Table, docs: ir.Table, look: Look) -> Judged:
    """Return the code signals that count and those that do not.

    code: signals with `repo` and `age`; undated ones count nowhere. works: fitting ones. docs: of all works.
    """
    rows = code.mutate(
        listed=_among(code.repo, (*look.repositories, *look.shared)),
        watched=_among(code.repo, tuple(sorted(look.watched))),
        told_by_history=code.signal.startswith(HISTORY),
    )
    rows = _reasons(_originals(rows, docs), docs).cache()
    rows = _standing(rows, _known(rows, docs)).cache()
    fitting = works.select("work", "fit", "count")
    rows = rows.left_join(fitting, "work").drop("work_right")
    void = rows.filter(rows.reason.notnull()).mutate(fits=rows.fit.notnull())
    counted = rows.filter(rows.reason.isnull() & rows.fit.notnull() & rows["at"].notnull())
    worth = counted.fit * counted["count"] * counted.confidence
    counted = counted.mutate(worth=worth, repo=counted.repo.fill_null(""))
    return Judged(rows=counted.filter(counted.worth > 0), void=void)


def _among(repo: ir.StringValue, names: tuple[str, ...]) -> ir.BooleanValue:
    return repo.isin(names).fill_null(False) if names else ibis.literal(False)


def _originals(rows: ir.Table, docs: ir.Table) -> ir.Table:
    """Leave out copies of a commit: one that lies in several repositories was done in one of them.

    That is a listed repository before a watched one, before others, a fork last; of equals the smaller name.
    """
    copies = docs.filter((docs.kind == "repository") & docs.part_of.notnull())
    rows = rows.left_join(copies.select("repo").distinct().mutate(is_copy=True), "repo").drop("repo_right")
    commit = rows.signal.re_extract(COMMIT, 1).nullif("").fill_null(rows.signal)
    rows = rows.mutate(commit=commit, is_copy=rows.is_copy.notnull())
    order = [ibis.desc(name) for name in ("listed", "watched")]
    order += [ibis.asc(name) for name in ("is_copy", "repo", "signal")]
    place = ibis.row_number().over(group_by=["person", "kind", "commit"], order_by=order)
    rows = rows.mutate(place=place)
    return rows.filter(rows.place == 0).drop("commit", "is_copy", "place")


def _reasons(rows: ir.Table, docs: ir.Table) -> ir.Table:
    """Add what is known of each repository, and why a row counts nothing, None if it may count."""
    created = docs.filter(docs.kind == "repository").group_by("repo").agg(
        created=docs.published_on.min(), is_fork=docs.part_of.notnull().any()
    )  # fmt: skip
    spoken = rows.group_by("repo").agg(
        last=rows["at"].max(), answered=(~rows.told_by_history | rows.told.notnull()).any()
    )
    authors = rows.filter(~rows.told_by_history & (rows.kind == "authored"))
    # of the very thing that was told: who wrote some commits of a pull request is no forger of it
    named = authors.select("said_of").distinct().mutate(is_named=True)
    own = authors.select("said_of", "person").distinct().mutate(is_theirs=True)
    inside = rows.filter(~rows.told_by_history).select("repo", "person").distinct().mutate(is_inside=True)
    for table, keys in ((created, "repo"), (spoken, "repo"), (named, "said_of")):
        rows = rows.left_join(table, keys).drop(f"{keys}_right")
    rows = rows.left_join(own, ["said_of", "person"]).drop("said_of_right", "person_right")
    rows = rows.left_join(inside, ["repo", "person"]).drop("repo_right", "person_right")
    note = rows.note.fill_null("")
    alien = ~rows.watched
    by_history = rows.told_by_history
    old = (rows["last"].date() < rows.created).fill_null(False)
    return rows.mutate(
        reason=ibis.cases(
            (note == "empty", "empty"),
            (alien & rows.is_fork.fill_null(False), "fork"),
            (alien & ((note == "back_dated") | old), "back_dated"),
            (by_history & (rows.told == "nobody").fill_null(False), "nobody"),
            # the platform names the author of a change: another name in its history is no author
            (by_history & (rows.kind == "authored") & rows.is_named.notnull() & rows.is_theirs.isnull(), "another"),
            (alien & by_history & rows.answered & rows.is_inside.isnull(), "unproven"),
            else_=ibis.null("string"),
        )
    )  # fmt: skip


def _known(rows: ir.Table, docs: ir.Table) -> ir.Table:
    """(person): those with several changes, no chores, in watched repositories; only of people who vouch elsewhere."""
    written = rows.filter(rows.reason.isnull() & rows.kind.isin(list(CREDIT)))
    elsewhere = written.filter(~written.watched)
    written = written.filter(written.watched).semi_join(elsewhere, "person")
    changes = docs.semi_join(written, "work")
    solid = written.semi_join(changes.filter(~chores.is_chore(changes)), "work")
    people = solid.group_by("person").agg(works=solid.work.nunique())
    return people.filter(people.works >= KNOWN_WORKS).select("person")


def _standing(rows: ir.Table, known: ir.Table) -> ir.Table:
    """Add `standing`: 1 in a listed repository, elsewhere by the logarithm of its independent other contributors."""
    wrote = rows.kind.isin(list(CREDIT)) & rows.reason.isnull() & ~rows.listed
    writers = rows.filter(wrote).select("repo", "person").distinct()
    writers = writers.left_join(known.mutate(is_known=True), "person").drop("person_right")
    writers = writers.mutate(known=writers.is_known.notnull().cast("int64")).drop("is_known")
    crowd = writers.group_by("repo").agg(all=writers.count(), all_known=writers.known.sum())
    rows = rows.left_join(crowd, "repo").drop("repo_right")
    rows = rows.left_join(writers, ["repo", "person"]).drop("repo_right", "person_right")
    others = (rows["all"] - rows.known.notnull().cast("int64")).fill_null(0)
    vouched = ibis.least(others, VOUCHES * (rows.all_known - rows.known.fill_null(0)).fill_null(0))
    believed = ibis.ifelse(others >= HISTORY_OTHERS, others, 0)
    count = ibis.cases((rows.watched, others), (rows.answered, vouched), else_=believed)
    grown = ibis.least((count + 1).ln() / math.log(1 + CROWD), ibis.literal(1.0))
    standing = ibis.ifelse(rows.listed, 1.0, grown)
    closed = rows.reason.isnull() & ~rows.listed & (count == 0)
    return rows.mutate(
        standing=standing, reason=ibis.ifelse(closed, "closed", rows.reason)
    ).drop("all", "all_known", "known")  # fmt: skip


def flags(void: ir.Table) -> dict[str, tuple[Flag, ...]]:
    """Return what is to be said of people, by person key: kinds in the order of FLAG_MIN.

    Only of what somebody did with an account of theirs, or in a repository of theirs: whose name others forge is
    not flagged for it.
    """
    doings = void.filter(void.own | ~void.told_by_history)
    rings = ring_members(_merges(doings))
    kept = doings.filter(doings.reason.isin(["back_dated", "empty", "fork", "closed", "unproven"]))
    order = [ibis.desc("at"), ibis.asc("signal")]
    counted = kept.group_by("person", "reason").agg(
        works=kept.work.nunique(),
        on_topic=kept.work.nunique(where=kept.fits & kept.own),
        evidence=kept.signal.collect(order_by=order)[:FLAG_EVIDENCE],
    )
    found: dict[str, list[Flag]] = {}
    for row in counted.order_by("person", "reason").to_pyarrow().to_pylist():
        kind, works = row["reason"], row["works"]
        accounts = None
        if kind in ("closed", "unproven"):
            is_ring = kind == "closed" and row["person"] in rings
            kind, works = ("ring", works) if is_ring else ("own", row["on_topic"])
            accounts = rings[row["person"]] if is_ring else None
        if works >= FLAG_MIN[kind]:
            flag = Flag(kind=kind, works=works, evidence=tuple(row["evidence"]), accounts=accounts)
            found.setdefault(row["person"], []).append(flag)
    places = list(FLAG_MIN)
    return {
        person: tuple(sorted(each, key=lambda flag: places.index(flag.kind)))
        for person, each in found.items()
    }


def _merges(doings: ir.Table) -> list[tuple[str, str]]:
    """(merger or reviewer, author) pairs on changes that count nothing because nobody independent took part."""
    closed = doings.filter(doings.reason == "closed")
    authors = closed.filter(closed.kind == "authored").select("work", author=closed.person).distinct()
    acts = closed.filter(closed.kind.isin(list(REVIEW_CREDIT)))
    pairs = acts.join(authors, "work").select("person", "author").distinct()
    rows = pairs.filter(pairs.person != pairs.author).to_pyarrow().to_pylist()
    return [(row["person"], row["author"]) for row in rows]


def ring_members(merges: Collection[tuple[str, str]]) -> dict[str, int]:
    """Return the people of rings with the size of each one's ring. merges: (merger, author).

    A ring: at least RING_MIN people among whom everybody merges for and is merged by others of it. Who only
    contributes to a team, or only merges for it, is peeled off until nobody is left to peel.
    """
    pairs = set(merges)
    while True:
        both = {one for one, _ in pairs} & {other for _, other in pairs}
        kept = {(one, other) for one, other in pairs if one in both and other in both}
        if kept == pairs:
            break
        pairs = kept
    sizes: dict[str, int] = {}
    for group in _groups(pairs):
        if len(group) >= RING_MIN:
            sizes |= dict.fromkeys(group, len(group))
    return sizes


def _groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    near: dict[str, set[str]] = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    groups, seen = list[set[str]](), set[str]()
    for first in near:
        if first in seen:
            continue
        group, waiting = {first}, [first]
        while waiting:
            fresh = near[waiting.pop()] - group
            group |= fresh
            waiting.extend(fresh)
        seen |= group
        groups.append(group)
    return groups
