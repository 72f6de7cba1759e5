"""How well each work fits each of many looks, 0–1, decided once per work and look, for all looks in one pass.

A change in a listed repository, or mostly under the listed paths of a shared one, fits fully. Anything else
must say so in words: keywords in title, topics, names of a few files, or text. Words of a repository's own name
prove nothing about each of its changes. Category and venue strengthen a paper that has a keyword; they never make
one fit.
A negative drops the work, never the person. Chores count little, with the reason beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import chores, likeness, listings, terms

KEYWORD_FIT = (0.0, 0.35, 0.6, 0.8)  # by distinct keywords, three or more alike: words alone never fit fully
BONUS = 0.1  # a paper's primary category or venue; a cross-list counts half (SPECIALISMS)
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

BLANK = 4  # characters of a normalised text that says nothing
_EVERY = -1  # stands for all looks where a term is everybody's
_KEYWORD, _HINT, _NEGATIVE, _TITLE, _NAME = "keyword", "hint", "negative", "title", "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Where a specialism looks and what it takes as on topic.

    repositories: `owner/name`, lower case, that count whole. shared: path prefixes of repositories that count
    only below them. paths: fragments that count as one keyword in any other repository.
    keywords: terms with synonyms (see `terms`). hints: words too general alone, counted beside a keyword.
    arxiv: category codes. venues: short names. negative: terms that drop a work.
    watched: what any specialism lists: projects of which it is known that others maintain them.
    shares: how far a repository of these counts, 0–1, where that is not whole. wording: a text that works are compared
    with; both are for looks made from a question.
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
    shares: Mapping[str, float] = field(default_factory=dict)
    wording: likeness.Wording | None = None


def documents(works: ir.Table) -> ir.Table:
    """Return one row per work with its normalised text, ready for any number of looks; nothing is computed yet.

    works: the snapshot's works. doc: a number that is the same for the same content, whatever the work is called.
    repo: `owner/name`, lower case, None outside repositories.
    """
    whole = ibis.ifelse(works.kind == "repository", works.work, works.part_of)
    files = works.paths.join("\n").fill_null("")
    topics = works.tags.join("\n").fill_null("")
    focused = works.paths.length() <= FILES_FOCUSED
    title, text = works.title.fill_null(""), works.text.fill_null("")
    content = [works.kind, whole.fill_null(""), title, topics, files, works.venue.fill_null(""), text]
    return works.select(
        "work", "kind", "paths", "tags", "venue", "published_on", "part_of",
        doc=ibis.literal("\x1f").join(content).hash(),
        title=title,
        repo=whole.re_replace("^github:", "").lower(),
        files=files,
        name=whole.re_replace("^.*/", "").fill_null(""),
        head=terms.normalised(title + ibis.literal("\n") + topics),
        body=terms.plain(works.text) + terms.normalised(ibis.ifelse(focused, files, "")),
    )  # fmt: skip


def relevance(docs: ir.Table, looks: Sequence[Look]) -> ir.Table:
    """Return (spec, work, kind, repo, listed, fit, count, reason, …), spec being the place of its look.

    fit: 0–1. count: what a chore leaves of it. listed: of a repository the look names, whole or in part. reason: why
    a work was dropped or counts little; None for an ordinary work. Works without any sign of the topic are left out.
    """
    return described(docs, matched(docs, docs, looks).cache())


def described(docs: ir.Table, fits: ir.Table) -> ir.Table:
    """Return what `relevance` does from the fits of the documents' content.

    title_key: letters and digits of the title, so that a preprint and its proceedings twin meet.
    """
    seen = docs.select("work", "doc", "kind", "repo", "paths", "venue", "published_on", "title")
    works = (
        seen.inner_join(fits, "doc").left_join(marks(docs.semi_join(fits, "doc")), "work").drop("work_right")
    )
    return works.mutate(
        fit=ibis.ifelse(works.dropped, 0.0, works.fit),
        count=works["count"].fill_null(1.0),
        reason=ibis.ifelse(works.dropped, "negative words", works.mark),
        title_key=works.title.lower().re_replace(r"[^\p{L}\p{N}]+", ""),
    ).drop("dropped", "mark", "title")


def marks(docs: ir.Table) -> ir.Table:
    """Return (work, mark, count) of documents that count less than whole, by what they say or touch; see `chores`."""
    chore, revert, tests = chores.is_chore(docs), chores.is_revert(docs), chores.is_tests(docs)
    named = docs.select(
        "work",
        mark=ibis.cases(
            (chore, "chore"), (revert, "revert"), (tests, "tests only"), else_=ibis.null("string")
        ),
    ).filter(ibis._.mark.notnull())
    counts = (("chore", chores.CHORE), ("revert", chores.REVERT), ("tests only", chores.TESTS))
    count = ibis.cases(*((named.mark == name, left) for name, left in counts), else_=1.0)
    return named.mutate(count=count).cache()


def matched(docs: ir.Table, texts: ir.Table, looks: Sequence[Look]) -> ir.Table:
    """Return (spec, doc, listed, fit, dropped): how content fits each look, before negative words drop it.

    texts: the same documents with `head` and `body`, which are read once.
    """
    tally, elsewhere = _tallied(docs, texts, looks)
    signs = (
        tally, listings.fragments(docs, looks), listings.inside(docs, looks), listings.below(docs, looks),
        likeness.likened(texts, looks), listings.gatherings(docs, looks),
    )  # fmt: skip
    found = _together(signs)
    content = docs.select("doc", "repo", "venue", is_paper=docs.kind == "paper").distinct(on="doc")
    found = found.inner_join(content, "doc").left_join(elsewhere, "doc").drop("doc_right")
    named = listings.repositories(looks).select("spec", "repo").distinct().mutate(listed=True)
    found = found.left_join(named, ["spec", "repo"]).drop("spec_right", "repo_right", "repo")
    found = found.left_join(listings.venues(docs, looks).mutate(fits=True), ["venue", "spec"])
    found = found.drop("venue_right", "spec_right", "venue").mutate(listed=found.listed.notnull())
    found = found.left_join(listings.categories(docs.filter(docs.kind == "paper"), looks), ["doc", "spec"])
    found = found.drop("doc_right", "spec_right")
    fit = ibis.greatest(_words(found), found.below, found.inside, found.alike)
    dropped = found.negative | (~found.listed & found.elsewhere.notnull())
    return found.select("spec", "doc", "listed", fit=fit, dropped=dropped).filter(ibis._.fit > 0)


_SIGNS: Mapping[str, float | bool | int] = {
    "strong": 0, "weak": 0, "hint": 0, "negative": False, "path": 0, "below": 0.0, "inside": 0.0,
    "alike": 0.0,
}  # fmt: skip


def _together(signs: Sequence[ir.Table]) -> ir.Table:
    """Return (doc, spec, …): all signs of a look in one row."""
    filled = [
        one.select(
            "doc", "spec",
            **{
                name: (one[name] if name in one.columns else ibis.literal(none)).cast(_TYPES[type(none)])
                for name, none in _SIGNS.items()
            },
        )
        for one in signs
    ]  # fmt: skip
    rows = ibis.union(*filled)
    return rows.group_by("doc", "spec").agg(**{name: rows[name].max() for name in _SIGNS})


_TYPES: Mapping[type, str] = {int: "int64", float: "float64", bool: "boolean"}


def _uses(looks: Sequence[Look], role: str, chosen: Callable[[Look], Sequence[str]]) -> list[terms.Use]:
    """Return what all looks look for in a role; keywords are counted apart, other roles are one term each."""
    return [
        terms.Use(spec=spec, role=role, number=number if role == _KEYWORD else 0, term=term)
        for spec, look in enumerate(looks)
        for number, term in enumerate(chosen(look))
    ]


def _tallied(docs: ir.Table, texts: ir.Table, looks: Sequence[Look]) -> tuple[ir.Table, ir.Table]:
    """Return (doc, spec, strong, …), and (doc, elsewhere): what no look takes from a repository it does not name.

    strong, weak: keywords said in the head, only in the body. hint: whether a hint is said in the head.
    """
    if listings.reach(looks) is not None:  # nobody looks for words: no text is read
        kinds = {"doc": pa.int64(), "spec": pa.int32()}
        return terms.table(kinds, []), terms.table({"doc": pa.int64(), "elsewhere": pa.bool_()}, [])
    own = _uses(looks, _KEYWORD, lambda look: look.keywords) + _uses(looks, _HINT, lambda look: look.hints)
    every = [terms.Use(spec=_EVERY, role=_NAME, number=0, term=term) for term in NAME_NEGATIVE]
    names = docs.select("name").distinct()
    named = terms.said(names.mutate(text=terms.normalised(names.name)), own + every).distinct().cache()
    uses = own + _uses(looks, _NEGATIVE, lambda look: look.negative)
    uses += [terms.Use(spec=_EVERY, role=_TITLE, number=0, term=term) for term in TITLE_NEGATIVE]
    texts = texts.select(
        "doc", "name", "head", "body"
    ).cache()  # normalising costs more than all that follows
    heads = texts.select("doc", "name", text=texts["head"], is_head=ibis.literal(True))
    bodies = texts.select("doc", "name", text=texts.body, is_head=ibis.literal(False))
    spoken = heads.union(bodies.filter(bodies.text.length() > BLANK)).cache()
    found = terms.said(spoken, uses)
    found = found.filter(found.is_head | (found.role == _KEYWORD))
    # words of a repository's own name prove nothing about each of its changes
    found = found.group_by("doc", "name", "spec", "role", "number").agg(is_head=found.is_head.any())
    found = found.anti_join(named, ["name", "spec", "role", "number"])
    tally = found.group_by("doc", "spec").agg(
        strong=((found.role == _KEYWORD) & found.is_head).sum(),
        weak=((found.role == _KEYWORD) & ~found.is_head).sum(),
        hint=(found.role == _HINT).any().cast("int64"),
        negative=(found.role == _NEGATIVE).any(),
        title=(found.role == _TITLE).any(),
    )
    tally = tally.cache()
    by_name = docs.semi_join(named.filter(named.role == _NAME), "name").select("doc")
    by_title = tally.filter(tally.title).select("doc")
    elsewhere = by_name.union(by_title).distinct().mutate(elsewhere=True)
    return tally.filter(tally.spec != _EVERY).drop("title"), elsewhere


def _words(found: ir.Table) -> ir.FloatingValue:
    """Return how well words alone fit; a category and a venue strengthen a paper that has a keyword."""
    weak = found.weak + found.path
    said = ibis.ifelse(found.is_paper, found.strong * 2, found.strong) + weak
    total = said + found.hint
    fit = ibis.cases(
        (said == 0, KEYWORD_FIT[0]), (total == 1, KEYWORD_FIT[1]), (total == 2, KEYWORD_FIT[2]),
        else_=KEYWORD_FIT[3],
    )  # fmt: skip
    bonus = BONUS * (found.category.fill_null(0.0) + found.fits.notnull().cast("float64"))
    return fit + ibis.ifelse(found.is_paper & (said > 0), bonus, 0.0)
