"""How well each work fits a specialism, 0–1, decided once per work.

A change in a listed repository, or mostly under the listed paths of a shared one, fits fully. Anything else
must say so in words: keywords in title, topics, names of a few files, or text. Words of a repository's own name
prove nothing about each of its changes. Category and venue strengthen a paper that has a keyword; they never make
one fit.
A negative drops the work, never the person. Chores count little, with the reason beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from sourcing.features import chores, terms

KEYWORD_FIT = (0.0, 0.35, 0.6, 0.8)  # by distinct keywords, three or more alike: words alone never fit fully
BONUS = 0.1  # a paper's primary category or venue; a cross-list counts half (SPECIALISMS)
BELOW_FULL = (
    0.5  # share of a change's files under a shared repository's listed paths from which it fits fully
)
FILES_FOCUSED = 8  # files of a change whose names are read for keywords: a sweep through forty says nothing
# SPECIALISMS, global negatives, for unlisted repositories only: "assignment" in a detector is no homework.
TITLE_NEGATIVE = (
    "awesome list", "cheat sheet", "interview question", "leetcode", "coursework", "bootcamp", "100 days",
    "link list", "airdrop", "my first", "in 10 minutes",
)  # fmt: skip
NAME_NEGATIVE = (
    "awesome", "cheat sheet", "roadmap", "interview", "leetcode", "coursework | course", "homework",
    "assignment", "bootcamp", "100 days | 100days*", "tutorial", "template", "dataset mirror", "airdrop",
)  # fmt: skip


_MARK = "\x01"  # no file name holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Where a specialism looks and what it takes as on topic.

    repositories: `owner/name`, lower case, that count whole. shared: path prefixes of repositories that count
    only below them. paths: fragments that count as one keyword in any other repository.
    keywords: terms with synonyms (see `terms`). hints: words too general alone, counted beside a keyword.
    arxiv: category codes. venues: short names. negative: terms that drop a work.
    watched: what any specialism lists: projects of which it is known that others maintain them.
    """

    repositories: tuple[str, ...] = ()
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    arxiv: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    watched: frozenset[str] = frozenset()


def documents(works: ir.Table) -> ir.Table:
    """Return one row per work with its normalised text, ready for any number of specialisms.

    works: the snapshot's works. repo: `owner/name`, lower case, None outside repositories. title_key: letters
    and digits of the title, so that a preprint and its proceedings twin meet.
    """
    whole = ibis.ifelse(works.kind == "repository", works.work, works.part_of)
    files = works.paths.join("\n").fill_null("")
    topics = works.tags.join("\n").fill_null("")
    focused = works.paths.length() <= FILES_FOCUSED
    return works.select(
        "work", "kind", "paths", "venue", "published_on", "part_of",
        title=works.title.fill_null(""),
        repo=whole.re_replace("^github:", "").lower(),
        files=files,
        topics=topics,
        name=terms.normalised(whole.re_replace("^.*/", "").fill_null("")),
        head=terms.normalised(works.title.fill_null("") + ibis.literal("\n") + topics),
        body=terms.plain(works.text) + terms.normalised(ibis.ifelse(focused, files, "")),
        title_key=works.title.fill_null("").lower().re_replace(r"[^\p{L}\p{N}]+", ""),
    )  # fmt: skip


def relevance(docs: ir.Table, look: Look) -> ir.Table:
    """Return (work, kind, repo, listed, fit, count, reason, …). fit: 0–1. count: what a chore leaves of it.

    listed: of a repository the specialism names, whole or in part. reason: why a work was dropped or counts
    little; None for an ordinary work. Works without any sign of the topic are left out.
    """
    whole = docs.repo.isin(look.repositories).fill_null(False) if look.repositories else ibis.literal(False)
    inside = docs.filter(whole).mutate(fit=ibis.literal(1.0))
    both = inside.union(_partly(docs.filter(~whole), look).select(inside.columns))
    known = (*look.repositories, *look.shared)
    listed = both.repo.isin(known).fill_null(False) if known else ibis.literal(False)
    elsewhere = both["head"].re_search(terms.pattern(TITLE_NEGATIVE)) | both["name"].re_search(
        terms.pattern(NAME_NEGATIVE)
    )
    dropped = both["head"].re_search(terms.pattern(look.negative)) | (~listed & elsewhere)
    chore, revert, tests = chores.is_chore(both), chores.is_revert(both), chores.is_tests(both)
    return both.select(
        "work", "kind", "repo", "paths", "venue", "published_on", "title_key",
        listed=listed,
        fit=ibis.ifelse(dropped, 0.0, both.fit),
        count=ibis.cases(
            (chore, chores.CHORE), (revert, chores.REVERT), (tests, chores.TESTS), else_=1.0
        ),
        reason=ibis.cases(
            (dropped, "negative words"), (chore, "chore"), (revert, "revert"), (tests, "tests only"),
            else_=ibis.null("string"),
        ),
    )  # fmt: skip


def _below(docs: ir.Table, look: Look) -> ir.FloatingValue:
    """Return how far a change lies under the listed paths of a shared repository, 0–1, by share of its files."""
    marked = docs.files
    for repository, prefixes in look.shared.items():
        under = r"(?m)^(?:" + "|".join(_escape(prefix) for prefix in prefixes) + ")"
        marked = ibis.ifelse(docs.repo == repository, marked.re_replace(under, _MARK), marked)
    hits = (marked.length() - marked.replace(_MARK, "").length()).cast("float64")
    share = hits / docs.paths.length().nullif(0) / BELOW_FULL
    return ibis.least(share.fill_null(0.0), ibis.literal(1.0))


def _partly(docs: ir.Table, look: Look) -> ir.Table:
    """Return documents with a keyword or a listed path, and their fit; one cheap pass picks them."""
    parts = "|".join(_escape(part) for part in look.paths)
    path = rf"(?m)(?:^|/)(?:{parts})" if parts else terms.NEVER
    anyway = terms.pattern(look.keywords)
    docs = docs.mutate(below=_below(docs, look))
    said = docs["head"].re_search(anyway) | docs.body.re_search(anyway) | docs.files.re_search(path)
    docs = docs.filter(said | (docs.below > 0)).cache()
    strong, weak = ibis.literal(0), docs.files.re_search(path).cast("int64")
    for term in look.keywords:
        is_own_name = docs["name"].re_search(terms.pattern((term,)))
        in_head = docs["head"].re_search(terms.pattern((term,))) & ~is_own_name
        in_body = docs.body.re_search(terms.pattern((term,))) & ~is_own_name & ~in_head
        strong = strong + in_head.cast("int64")
        weak = weak + in_body.cast("int64")
    general = terms.pattern(look.hints)
    hint = (docs["head"].re_search(general) & ~docs["name"].re_search(general)).cast("int64")
    counted = docs.mutate(said=ibis.ifelse(docs.kind == "paper", strong * 2, strong) + weak, hint=hint)
    total = counted.said + counted.hint
    words = ibis.cases(
        (counted.said == 0, KEYWORD_FIT[0]), (total == 1, KEYWORD_FIT[1]), (total == 2, KEYWORD_FIT[2]),
        else_=KEYWORD_FIT[3],
    )  # fmt: skip
    bonus = ibis.ifelse((counted.kind == "paper") & (counted.said > 0), _bonus(counted, look), 0.0)
    fit = ibis.greatest(words + bonus, counted.below)
    return counted.mutate(fit=fit).filter(ibis._.fit > 0)


def _bonus(docs: ir.Table, look: Look) -> ir.FloatingValue:
    bonus = ibis.literal(0.0)
    if look.arxiv:
        codes = "(?:" + "|".join(_escape(code) for code in look.arxiv) + r")(?:\n|$)"
        primary, listed = docs.topics.re_search("^" + codes), docs.topics.re_search(r"(?:^|\n)" + codes)
        bonus = bonus + ibis.cases((primary, BONUS), (listed, BONUS / 2), else_=0.0)
    return bonus + ibis.ifelse(in_venues(docs.venue, look.venues), BONUS, 0.0)


def in_venues(venue: ir.StringValue, venues: tuple[str, ...]) -> ir.BooleanValue:
    """Return whether a venue (`MLSys 2025`, `Proceedings of … (NeurIPS)`) is one of these short names."""
    return terms.normalised(venue).re_search(terms.pattern(venues))


def _escape(text: str) -> str:
    return "".join("\\" + char if char in r"\.+*?()|[]{}^$" else char for char in text)
