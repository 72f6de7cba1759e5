"""Looks made from a question: a repository, an area of it, or a text, weighed by the works there are.

A look is made once and then fixed: whoever comes later changes nobody's score. Weights and halves of the two orders are
measured (RANKING §3, DEV): forty formulas at random around them differ by less than .02.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import terms
from sourcing.features.likeness import Wording
from sourcing.features.topic import Look
from sourcing.ranking.specialism import Factor

CODE_FACTORS = (
    Factor(name="Recent work by size", feature="sized_work", weight=32, rising=0, half=12),
    Factor(name="Files begun", feature="files_begun", weight=18, rising=0, half=8),
    Factor(name="Files kept up", feature="files_kept", weight=10, rising=0, half=4),
    Factor(name="Months of work", feature="active_months", weight=18, rising=0, half=8),
    Factor(name="All changes", feature="all_changes", weight=13, rising=0, half=20),
    Factor(name="Reviews and merges", feature="review_work", weight=9, rising=10, half=8),
    Factor(name="Pace by size", feature="pace", weight=0, rising=30, half=20),
    Factor(name="Recent changes", feature="recent_changes", weight=0, rising=30, half=16),
    Factor(name="New ground", feature="new_ground", weight=0, rising=20, half=16),
    Factor(name="Recent months", feature="recent_months", weight=0, rising=10, half=6),
)
PAPER_FACTORS = (Factor(name="Papers", feature="papers_on_topic", weight=100, rising=100, half=1),)

NEAR = 0.1  # what a change beside an area counts at most; .3 loses as much as is won, none costs .013 (DEV, task A)
SHARPEN = 4  # powers from 3 to 6 do as well (DEV, task C)
SHARE_MIN = 0.01  # repositories that fit less are left out
USUAL = 0.02  # share of a repository's works that say a term from which more says little more
FLOOR = 0.001  # … and what is so rare that rarer means nothing
WORKS_MIN = 100  # works a repository is taken to have at least: three changes are no topic
PAPERS_BEST = 2000  # papers that fit a text, as in voting models (RANKING §4, task D)
NEGLIGIBLE = frozenset(
    ["src", "lib", "python", "py", "cc", "h", "cpp", "tests", "test"]
)  # say nothing of an area
STOP = frozenset(
    [
        "the", "a", "an", "of", "to", "in", "for", "and", "or", "on", "with", "from", "by", "is", "are", "be", "at",
        "as", "it", "this", "that", "fix", "add", "update", "use", "remove", "engineer", "engineering", "engineers",
        "machine", "learning", "deep", "model", "models", "ml", "ai",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text, and the moment by which it is weighed."""

    text: str
    as_of: datetime


def repository(name: str) -> Look:
    """Return the look at all work in a repository."""
    return Look(repositories=(name.lower(),), watched=frozenset({name.lower()}))


def area(name: str, pattern: str, paths: Collection[str]) -> Look:
    """Return the look at an area of a repository: a pattern as owner files write it.

    paths: the repository's files as known then. Works beside the area count a little, by how much of its name they say.
    """
    repo = name.lower()
    return Look(
        shared={repo: _prefixes(pattern, paths)},
        watched=frozenset({repo}),
        wording=Wording(terms=_path_words(pattern, paths), within=frozenset({repo}), whole=NEAR, power=2),
    )


def _prefixes(pattern: str, paths: Collection[str]) -> tuple[str, ...]:
    """Return beginnings of paths that a pattern of an owner file matches."""
    plain = pattern
    while plain.endswith(("/*", "/**")):
        plain = plain.rstrip("*").removesuffix("/")
    plain = (pattern if plain == pattern else f"{plain}/").lstrip("/")
    is_anchored = pattern.startswith("/") or "/" in pattern.strip("/")
    if is_anchored and not re.search(r"[*?]", plain):
        return (plain.rstrip("/") if plain in paths else f"{plain.rstrip('/')}/",)
    rule = re.escape(pattern.strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    rule = rule.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    ending = "/" if pattern.endswith("/") else "(?:/|$)"
    found = re.compile(("^" if is_anchored else "(?:^|/)") + rule + ending)
    return tuple(sorted(path for path in paths if found.search(path)))


def _path_words(pattern: str, paths: Collection[str]) -> dict[str, float]:
    """Return the words of a pattern with their weight: how rare they are among the repository's paths."""
    wanted = _words(re.sub(r"[*?]", " ", pattern)) - NEGLIGIBLE
    often = dict.fromkeys(sorted(wanted), 0)
    for path in paths:
        for word in wanted & _words(path):
            often[word] += 1
    return {word: math.log(1 + len(paths) / (1 + count)) for word, count in often.items()} if paths else {}


@lru_cache(maxsize=100_000)  # the files of a large repository: its areas are asked for one after another
def _words(text: str) -> frozenset[str]:
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower()
    return frozenset(word for word in re.findall(r"[a-z0-9]+", apart) if len(word) > 1)


def vocabulary(text: str) -> tuple[str, ...]:
    """Return a text's words and pairs of neighbours as terms, each once; common words make no term of their own."""
    singles, pairs = list[str](), list[str]()
    for part in re.split(r"[,:;.()]|\band\b", text.lower()):
        words = re.findall(r"[a-z0-9]+", part)
        singles += [_spellings(word) for word in words if word not in STOP and len(word) > 1]
        for one, other in pairwise(words):
            if min(len(one), len(other)) > 1 and not {one, other} <= STOP:
                pairs.append(f"{one} {_singular(other)}")
    return tuple(dict.fromkeys(singles + pairs))


def _spellings(word: str) -> str:
    word = _singular(word)
    stem = word.removesuffix("ing") if len(word) > 5 else word
    forms = (word, stem, f"{stem}e", f"{stem}ing") if stem != word else (word, f"{word.removesuffix('e')}ing")
    return " | ".join(dict.fromkeys(forms))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def repositories(docs: ir.Table, signals: ir.Table, texts: Sequence[Text]) -> list[Look]:
    """Return for each text the look at the repositories that it tells, each as far as it fits.

    How often the works of a repository say the text's terms tells; paths count half of what titles do. Costs one pass
    over the works' words.
    """
    code = docs.filter(docs.kind.isin(["commit", "pull_request"]), docs.repo.notnull())
    said, works = _counted(code, signals, texts)
    looks = []
    for spec, text in enumerate(texts):
        sizes = {row["repo"]: max(row["works"], WORKS_MIN) for row in works if row["spec"] == spec}
        shares: dict[int, dict[str, float]] = defaultdict(dict)
        for row in said:
            if row["spec"] == spec:
                share = max(row["titles"], row["bodies"] / 2) / sizes[row["repo"]]
                shares[row["number"]][row["repo"]] = share
        fits: dict[str, float] = defaultdict(float)
        for number in range(len(vocabulary(text.text))):
            mean = sum(shares[number].values()) / max(1, len(sizes))
            for repo, share in shares[number].items():
                fits[repo] += math.log(1 / (mean + FLOOR)) * share / (share + USUAL)
        best = max(fits.values(), default=0.0)
        fitting = {repo: (fit / best) ** SHARPEN for repo, fit in fits.items() if fit > 0}
        kept = {repo: share for repo, share in sorted(fitting.items()) if share >= SHARE_MIN}
        looks.append(Look(repositories=tuple(kept), shares=kept, watched=frozenset(kept)))
    return looks


def papers(docs: ir.Table, signals: ir.Table, texts: Sequence[Text]) -> list[Look]:
    """Return for each text the look at the papers that are most like it. Costs one pass over the papers' words."""
    kept = docs.filter(docs.kind == "paper").mutate(repo=ibis.literal(""))
    said, works = _counted(kept, signals, texts)
    looks = []
    for spec, text in enumerate(texts):
        size = next((row["works"] for row in works if row["spec"] == spec), 0)
        count = {row["number"]: row["bodies"] for row in said if row["spec"] == spec}
        rarity = {
            term: math.log(1 + (size - count[number] + 0.5) / (count[number] + 0.5))
            for number, term in enumerate(vocabulary(text.text))
            if number in count
        }
        looks.append(Look(wording=Wording(terms=rarity, best=PAPERS_BEST)))
    return looks


def _counted(
    docs: ir.Table, signals: ir.Table, texts: Sequence[Text]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return rows of (spec, number, repo, titles, bodies) and (spec, repo, works), of what was there at each moment.

    titles: works whose title or topics say the term. bodies: those that say it anywhere.
    """
    uses = [
        terms.Use(spec=spec, role="said", number=number, term=term)
        for spec, text in enumerate(texts)
        for number, term in enumerate(vocabulary(text.text))
    ]
    when = [(spec, text.as_of.astimezone(UTC).replace(tzinfo=None)) for spec, text in enumerate(texts)]
    asked = terms.table({"spec": pa.int32(), "as_of": pa.timestamp("us")}, when)
    dates = signals.group_by("work").agg(at=signals.occurred_at.cast("timestamp").min())
    dated = docs.select("work", "repo").inner_join(dates, "work").select("work", "repo", "at").cache()
    heads = docs.select("work", text=docs["head"], is_head=True)
    texts_of = heads.union(docs.select("work", text=docs.body, is_head=False))
    found = terms.said(texts_of, uses).group_by("work", "spec", "number").agg(is_head=ibis._.is_head.any())
    found = found.inner_join(dated, "work").inner_join(asked, "spec")
    found = found.filter(found["at"] <= found.as_of)
    said = found.group_by("spec", "number", "repo").agg(titles=found.is_head.sum(), bodies=found.count())
    sizes = dated.cross_join(asked)
    sizes = sizes.filter(sizes["at"] <= sizes.as_of).group_by("spec", "repo").agg(works=ibis._.count())
    return said.to_pyarrow().to_pylist(), sizes.to_pyarrow().to_pylist()
