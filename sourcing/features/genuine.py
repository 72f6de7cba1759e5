"""Which activity counts as work: what is padded, back-dated, forged and farmed does not.

Nobody is punished here: what does not count earns nothing, and a flag says so with its evidence (see `flagged`).
Names and dates in a history can be written by anybody who owns it, so a repository that no specialism lists counts
- by what the platform attributes to accounts there, wherever it was asked, and by nothing else it claims;
- as far as people known from watched repositories (those that a specialism lists) work there: accounts that only
  merge each other's changes vouch for nobody. Stars, followers and downloads are read nowhere.

All of it is judged once for a moment, whatever number of looks there are: a look only adds that the repositories it
lists count whole.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from sourcing.features import topic
from sourcing.features.base import CREDIT
from sourcing.features.others import Others

CROWD = 20  # other contributors from which a repository counts whole
HISTORY_OTHERS = 3  # others needed before an unlisted repository's bare history is believed
COMMIT = r"^git:(?:[^@\s]+@)?([0-9a-f]{7,64}):"  # ids from a history name the repository and the commit
HISTORY = "git:"  # signal ids read from a history, not told by a platform
KNOWN_WORKS = (
    3  # changes in listed repositories that make somebody known: several, as for a repository of theirs
)
VOUCHES = 5  # other contributors that one known person vouches for: a paid newcomer cannot open a whole ring


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Code signals at each moment, judged: with `reason` why one counts nowhere, None if it may count.

    rows: also `others` (contributors of its repository who vouch for it), `standing` (0–1, what the repository counts
    where it is not listed), `place` (0 for the one of several copies of a commit that counts), `commit`, `watched`.
    copies: (person, kind, commit, place, repo), where a commit lies in several repositories.
    pairs: (moment, repo, person, last, answered, inside, wrote, known), what all of somebody's rows in a repository
    say: the latest one; whether the platform answered for any, and told any itself; whether they wrote there, 0 or 1,
    and as somebody known.
    """

    rows: ir.Table
    copies: ir.Table
    pairs: ir.Table


def told(signals: ir.Table) -> ir.Table:
    """Add what the id of a signal says: `told_by_history`, and the `commit` it names, as a number; None for none."""
    commit = signals.signal.re_extract(COMMIT, 1)
    number = ibis.ifelse(commit != "", commit.hash(), ibis.null("int64"))
    return signals.mutate(told_by_history=signals.signal.startswith(HISTORY), commit=number)


def judge(
    code: ir.Table,
    docs: ir.Table,
    moments: ir.Table,
    watched: Collection[str],
    *,
    others: Others | None = None,
) -> Judged:
    """Return the code signals with what is to be thought of them at each moment.

    code: signals, `told`, with `repo` ("" if unknown) and `at`; undated ones count nowhere. moments: (moment, as_of),
    with `repo` where only some repositories are asked about at a moment.
    watched: repositories that any look lists. others: what is known of people whose rows are not all here.
    """
    rows = code.mutate(watched=_watched(code, watched))
    rows, copies = _originals(rows, docs)
    rows = rows.inner_join(moments, "repo") if "repo" in moments.columns else rows.cross_join(moments)
    rows = rows.filter(rows["at"].isnull() | (rows["at"] <= rows.as_of))
    mine = _theirs(rows, others)
    heard = mine.group_by("moment", "repo", "person").agg(
        last=mine["at"].max(where=mine.place == 0),
        answered=(~mine.told_by_history | mine.told.notnull()).any(where=mine.place == 0).fill_null(False),
        inside=(~mine.told_by_history).any(where=mine.place == 0).fill_null(False),
    )  # fmt: skip
    heard = _beside(heard, others).cache()
    rows = _reasons(rows, docs, heard).cache()
    pairs = _pairs(_theirs(rows, others), _known(rows, docs))
    stands = _stands(_beside(pairs, others), heard, watched)
    rows = _with(rows, stands, "moment", "repo", "person")
    rows = rows.mutate(others=rows.others.fill_null(0), standing=rows.standing.fill_null(0.0))
    pairs = _with(_theirs(heard, others), pairs, "moment", "repo", "person")
    pairs = pairs.mutate(wrote=pairs.wrote.fill_null(0), known=pairs.known.fill_null(0))
    return Judged(rows=rows.cache(), copies=copies, pairs=pairs)


def _watched(rows: ir.Table, watched: Collection[str]) -> ir.BooleanValue:
    return rows.repo.isin(sorted(watched)) if watched else ibis.literal(False)


def _theirs(rows: ir.Table, others: Others | None) -> ir.Table:
    """Return the rows of those whose rows are all here."""
    return rows if others is None else rows.semi_join(others.people, "person")


def _beside(rows: ir.Table, others: Others | None) -> ir.Table:
    """Return rows with what is known of others beside them."""
    return rows if others is None else rows.union(others.pairs.select(*rows.columns))


def _originals(rows: ir.Table, docs: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Add `place`: one that lies in several repositories was done in one of them, which has place 0.

    That is a watched repository before others, a fork last; of equals the smaller name.
    """
    spread = rows.filter(rows.commit.notnull()).group_by("commit").agg(
        first=rows.repo.min(), last=rows.repo.max()
    )  # fmt: skip
    several = rows.semi_join(spread.filter(spread["first"] != spread["last"]), "commit")
    forks = docs.filter((docs.kind == "repository") & docs.part_of.notnull()).select("repo").distinct()
    several = several.left_join(forks.mutate(is_copy=True), "repo").drop("repo_right")
    several = several.mutate(is_copy=several.is_copy.notnull())
    order = [ibis.desc("watched"), ibis.asc("is_copy"), ibis.asc("repo"), ibis.asc("signal")]
    place = ibis.row_number().over(group_by=["person", "kind", "commit"], order_by=order)
    copies = several.select("person", "kind", "commit", "repo", "signal", place=place).cache()
    rows = rows.left_join(copies.select("signal", "person", "place"), ["signal", "person"])
    rows = rows.drop("signal_right", "person_right")
    return rows.mutate(place=rows.place.fill_null(0)), copies.drop("signal")


def _reasons(rows: ir.Table, docs: ir.Table, heard: ir.Table) -> ir.Table:
    """Add what is known of each repository, and why a row counts nothing, None if it may count.

    heard: by repository and person, as in `Judged.pairs`.
    """
    created = docs.filter(docs.kind == "repository").group_by("repo").agg(
        created=docs.published_on.min(), is_fork=docs.part_of.notnull().any()
    )  # fmt: skip
    spoken = heard.group_by("moment", "repo").agg(last=heard["last"].max(), answered=heard.answered.any())
    authors = rows.filter(rows.place == 0, ~rows.told_by_history, rows.kind == "authored")
    # of the very thing that was told: who wrote some commits of a pull request is no forger of it
    named = authors.select("moment", "said_of").distinct().mutate(is_named=True)
    own = authors.select("moment", "said_of", "person").distinct().mutate(is_theirs=True)
    inside = heard.filter(heard.inside).select("moment", "repo", "person").mutate(is_inside=True)
    rows = _with(rows, created, "repo")
    rows = _with(rows, spoken, "moment", "repo")
    rows = _with(rows, named, "moment", "said_of")
    rows = _with(rows, own, "moment", "said_of", "person")
    rows = _with(rows, inside, "moment", "repo", "person")
    note = rows.note.fill_null("")
    alien, by_history = ~rows.watched, rows.told_by_history
    old = (rows["last"].date() < rows.created).fill_null(False)
    answered = rows.answered.fill_null(False)
    reason = ibis.cases(
        (note == "empty", "empty"),
        (alien & rows.is_fork.fill_null(False), "fork"),
        (alien & ((note == "back_dated") | old), "back_dated"),
        (by_history & (rows.told == "nobody").fill_null(False), "nobody"),
        # the platform names the author of a change: another name in its history is no author
        (by_history & (rows.kind == "authored") & rows.is_named.notnull() & rows.is_theirs.isnull(), "another"),
        (alien & by_history & answered & rows.is_inside.isnull(), "unproven"),
        else_=ibis.null("string"),
    )  # fmt: skip
    judged = rows.mutate(reason=reason, answered=answered)
    return judged.drop("created", "is_fork", "last", "is_named", "is_theirs", "is_inside", "note")


def _with(rows: ir.Table, known: ir.Table, *keys: str) -> ir.Table:
    """Return rows with what is known by these keys; None where nothing is."""
    return rows.left_join(known, list(keys)).drop(*(f"{key}_right" for key in keys))


def _known(rows: ir.Table, docs: ir.Table) -> ir.Table:
    """(moment, person): those with several changes, no chores, in watched repositories, who vouch elsewhere."""
    written = rows.filter(rows.reason.isnull(), rows.kind.isin(list(CREDIT)), rows.place == 0)
    elsewhere = written.filter(~written.watched)
    written = written.filter(written.watched).semi_join(elsewhere, ["moment", "person"])
    chores = topic.marks(docs.semi_join(written, "work")).filter(ibis._.mark == "chore")
    solid = written.anti_join(chores, "work")
    people = solid.group_by("moment", "person").agg(works=solid.work.nunique())
    return people.filter(people.works >= KNOWN_WORKS).select("moment", "person")


def _pairs(rows: ir.Table, known: ir.Table) -> ir.Table:
    """(moment, repo, person, wrote, known): who wrote in a repository, 0 or 1, and as somebody known."""
    pairs = rows.group_by("moment", "repo", "person").agg(
        wrote=(rows.kind.isin(list(CREDIT)) & rows.reason.isnull() & (rows.place == 0)).any().cast("int64")
    )
    pairs = _with(pairs, known.mutate(is_known=True), "moment", "person")
    return pairs.select(
        "moment", "repo", "person", "wrote", known=pairs.wrote * pairs.is_known.notnull().cast("int64")
    )


def _stands(pairs: ir.Table, heard: ir.Table, watched: Collection[str]) -> ir.Table:
    """(moment, repo, person, others, standing): a repository by the logarithm of its independent other contributors."""
    pairs = pairs.filter(pairs.repo != "")
    crowd = pairs.group_by("moment", "repo").agg(all=pairs.wrote.sum(), all_known=pairs.known.sum())
    answers = heard.group_by("moment", "repo").agg(answered=heard.answered.any())
    pairs = pairs.inner_join(crowd.inner_join(answers, ["moment", "repo"]), ["moment", "repo"])
    others = pairs["all"] - pairs.wrote
    vouched = ibis.least(others, VOUCHES * (pairs.all_known - pairs.known))
    believed = ibis.ifelse(others >= HISTORY_OTHERS, others, 0)
    count = ibis.cases((_watched(pairs, watched), others), (pairs.answered, vouched), else_=believed)
    grown = ibis.least((count + 1).ln() / math.log(1 + CROWD), ibis.literal(1.0))
    return pairs.select("moment", "repo", "person", others=count, standing=grown)
