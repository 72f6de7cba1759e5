"""Works told twice: a preprint and its proceedings, a pull request and the commits of its merge.

Each such work counts as one canonical work, so that it earns once. What is decided rests on nothing but the facts that
stand, in whatever order they came: it is worked out anew at every resolving, and undone when the evidence goes.

Reasons:
- `claimed`: a source says so (`paper_twin`); `link`: an id or address of one names the other (arXiv, OpenReview, ACL
  Anthology, DOI). Neither joins papers that have no author and no title in common: such an id is a mistake.
- `title`: the same title of four words or more, no generic one, compatible names for half of the shorter byline, three
  years apart at most.
- `part`: a commit that the true merge of a pull request brought in. `landed`: a commit with the title, the author and,
  within days, the moment of a pull request: its squash or rebase, which names no number.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from itertools import combinations
from typing import Any

from sourcing.resolve import names
from spiders.clients import papers as dialect
from storage import twins
from storage.model import ClaimRow, Twin

CLAIM = "paper_twin"
TITLE_WORDS = 4
TITLE_LETTERS = 12  # what stands for four words in a script that writes none
YEARS_APART = timedelta(days=3 * 365 + 1)  # a preprint may wait three years for its journal
LANDED_WITHIN = timedelta(days=3)  # from the merge that the platform tells to the commit's own date
CROWD = 6  # papers under one title or link from which it names none of them
BYLINE_MAX = 60  # authors compared: a collaboration of thousands is told by the first of them

# What every meeting, volume or committee prints anew under the same words, often by the same people.
_GENERIC = re.compile(
    r"(?:an? |the )?(?:introduction|foreword|editorial|welcome|erratum|corrigendum|in memoriam)\b"
    r"|(?:an? |the )?(?:proceedings|overview|findings|results|reports?|summary|messages?|abstracts?) (?:of|on|from) "
    r"|.*\b(?:preface|shared task|workshops?|special issue|guest editors?|front matter|table of contents|committees?)\b"
)
_WORD = re.compile(r"[^\W_]+")
_TEX = re.compile(r"\\[A-Za-z]+|[{}$^_\\~]")
_YEAR = re.compile(r"\b(19\d\d|20\d\d)\b")
_ARXIV = r"(\d{4}\.\d{4,5}|[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7})(?:v\d{1,3})?"
_DOI = r"(?:doi:|(?:https?://)?(?:[\w-]{1,20}\.){0,3}doi\.org/)"
_LINKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            rf"\A(?:arxiv:|(?:https?://)?(?:[\w-]{{1,20}}\.){{0,3}}arxiv\.org/(?:abs|pdf)/){_ARXIV}(?:\.pdf)?"
        ),
        "arxiv",
    ),
    (re.compile(rf"\A{_DOI}10\.48550/arxiv\.{_ARXIV}"), "arxiv"),
    (
        re.compile(
            r"\A(?:acl:|(?:https?://)?(?:[\w-]{1,20}\.){0,3}aclanthology\.org/)([\w.-]{1,80}?)(?:\.pdf)?/?"
        ),
        "acl",
    ),
    (re.compile(rf"\A{_DOI}10\.(?:18653/v1|3115/v1)/([\w.-]{{1,80}})"), "acl"),
    (re.compile(rf"\A{_DOI}(10\.\d{{4,9}}/\S{{1,200}})"), "doi"),
)
# Forums tell small letters from capitals.
_FORUM = re.compile(r"(?:openreview:|https?://openreview\.net/(?:forum|pdf)\?id=)([\w-]{5,40})")


@dataclass(slots=True, kw_only=True)
class Paper:
    """What is known of one paper under one id. titles: as of `title_of`. on: the earliest day told. url: the first."""

    id: str
    titles: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()  # (what it is called here or elsewhere, where that can be seen)
    venues: tuple[str, ...] = ()
    on: date | None = None
    url: str = ""

    @property
    def rank(self) -> tuple[int, date, str]:
        """Order of those that may stand for all: a venue before a workshop before none, then age, then id."""
        tiers = [_tier(venue) for venue in self.venues]
        return min(tiers, default=2), self.on or date.max, self.id


Byline = Sequence[frozenset[str]]
Bylines = Callable[[Collection[str]], Mapping[str, Byline]]


def resolve(tx: Any, claims: Iterable[ClaimRow]) -> Mapping[str, int]:
    """Work out what counts as what, store it, and return how many works count as another, by reason.

    claims: all that stand. People must be up to date: who wrote a change decides. Changes work_twin.
    """
    found = [
        *paper_twins(known(tx), claims, lambda works: twins.bylines(tx, works)),
        *changes(tx),
    ]
    twins.put(tx, found)
    return twins.counts(found)


def known(tx: Any) -> dict[str, Paper]:
    """Return every paper by id, of all sources that tell of it."""
    found: dict[str, Paper] = {}
    for row in twins.papers(tx):
        paper = found.setdefault(row.id, Paper(id=row.id, url=row.url))
        add(paper, title=row.title, venue=row.venue, on=row.published_on, url=row.url)
    return found


def add(paper: Paper, *, title: str, venue: str | None, on: date | None, url: str) -> None:
    """Add what one source tells of a paper."""
    if (words := title_of(title)) not in paper.titles:
        paper.titles += (words,)
    if venue is not None:
        paper.venues += (venue,) if venue not in paper.venues else ()
        year = _YEAR.search(venue)
        on = on or (date(int(year[1]), 7, 1) if year is not None else None)
    paper.on = min(paper.on or date.max, on) if on is not None else paper.on
    told = dict(paper.keys)
    new = {key: url for text in (paper.id, url) if (key := key_of(text)) is not None and key not in told}
    paper.keys += tuple(new.items())


def title_of(title: str) -> str:
    """Return the words of a title without case, accents, marks and TeX, one blank between them."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", _TEX.sub(" ", title)).casefold())
    return " ".join(_WORD.findall("".join(char for char in folded if not unicodedata.combining(char))))


def is_telling(title: str) -> bool:
    """Whether a title, as of `title_of`, can be one paper's alone."""
    if _GENERIC.match(title):
        return False
    wide = sum(ord(char) > 0x2E7F for char in title)
    return len(title.split()) >= TITLE_WORDS or wide >= TITLE_LETTERS


def key_of(text: str) -> str | None:
    """Return the id that an id or an address stands for, `arxiv:2401.00001`; None for any other text."""
    if (forum := _FORUM.match(text)) is not None:
        return f"openreview:{forum[1]}"
    lowered = text.lower().partition("#")[0]
    for pattern, scheme in _LINKS:
        if (found := pattern.fullmatch(lowered)) is not None:
            return f"{scheme}:{found[1]}"
    return None


def paper_twins(papers: Mapping[str, Paper], claims: Iterable[ClaimRow], authors: Bylines) -> list[Twin]:
    """Return which papers count as another. authors: asked once, for those that come into question."""
    pairs: dict[tuple[str, str], tuple[int, str, str]] = {}

    def offer(one: str, other: str, rank: int, reason: str, url: str) -> None:
        pair = (min(one, other), max(one, other))
        pairs[pair] = min(pairs.get(pair, (rank, reason, url)), (rank, reason, url))

    for group in _groups(papers, claims).values():
        for (one, seen), (other, also) in combinations(sorted(group.items()), 2):
            rank, reason, url = min(seen, also)
            offer(one, other, rank, reason, url)
    for title, members in _by_title(papers).items():
        for one, other in combinations(members, 2):
            if is_telling(title) and _is_near(papers[one], papers[other]):
                offer(one, other, 2, "title", papers[other].url)
    bylines = authors({one for pair in pairs for one in pair})
    kept = {
        pair: said
        for pair, said in sorted(pairs.items())
        if _agree(papers[pair[0]], papers[pair[1]], bylines, by_title=said[1] == "title")
    }
    return list(_canonical(papers, kept))


def _groups(
    papers: Mapping[str, Paper], claims: Iterable[ClaimRow]
) -> dict[str, dict[str, tuple[int, str, str]]]:
    """Return papers under each id they are called by, with why: themselves, by a link, or by a claim."""
    found: defaultdict[str, dict[str, tuple[int, str, str]]] = defaultdict(dict)
    for paper in papers.values():
        for key, url in paper.keys:
            found[key][paper.id] = (1, "link", url)
    for claim in claims:
        if claim.kind != CLAIM or claim.left not in papers:
            continue
        found[key_of(claim.right) or claim.right][claim.left] = (0, "claimed", claim.url)
        if claim.right in papers:
            found[key_of(claim.right) or claim.right].setdefault(claim.right, (1, "link", claim.url))
    return {key: found[key] for key in sorted(found) if 1 < len(found[key]) < CROWD}


def _by_title(papers: Mapping[str, Paper]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in sorted(papers):
        for title in papers[one].titles:
            found[title].append(one)
    return {title: found[title] for title in sorted(found) if 1 < len(found[title]) < CROWD}


def _is_near(one: Paper, other: Paper) -> bool:
    return one.on is None or other.on is None or abs(one.on - other.on) <= YEARS_APART


def _agree(one: Paper, other: Paper, bylines: Mapping[str, Byline], *, by_title: bool) -> bool:
    """Whether two papers can be one: by title alone half of the shorter byline must be in the longer one."""
    if not by_title and set(one.titles) & set(other.titles):
        return True
    short, long = sorted((bylines.get(one.id, ()), bylines.get(other.id, ())), key=len)
    short, rest = short[:BYLINE_MAX], list(long[:BYLINE_MAX])
    shared = 0
    for author in short:
        match = next((at for at, known in enumerate(rest) if names.any_compatible(author, known)), None)
        if match is not None:
            del rest[match]
            shared += 1
    return shared > 0 and (not by_title or 2 * shared >= len(short))


def _canonical(
    papers: Mapping[str, Paper], pairs: Mapping[tuple[str, str], tuple[int, str, str]]
) -> Iterator[Twin]:
    """Yield a twin for every paper but the one of each group that stands for all."""
    near: defaultdict[str, dict[str, tuple[int, str, str]]] = defaultdict(dict)
    for (one, other), said in pairs.items():
        near[one][other] = near[other][one] = said
    seen: set[str] = set()
    for first in sorted(near):
        if first in seen:
            continue
        group, waiting = {first}, [first]
        while waiting:
            fresh = near[waiting.pop()].keys() - group
            group |= fresh
            waiting.extend(fresh)
        seen |= group
        best = min(group, key=lambda one: papers[one].rank)
        for one in sorted(group - {best}):
            _, reason, url = near[one].get(best) or min(near[one].values())
            yield Twin(work=one, canonical=best, reason=reason, url=url or None)


def _tier(venue: str) -> int:
    lowered = venue.casefold()
    if re.search(r"arxiv|\bcorr\b", lowered):
        return 2
    return 1 if "workshop" in lowered or not dialect.is_venue(venue.partition(" ")[0]) else 0


def changes(tx: Any) -> list[Twin]:
    """Return which commits count as a pull request."""
    found = {one: Twin(work=one, canonical=pull, reason=twins.PART) for one, pull in twins.parts(tx)}
    for one, near in _landed(tx):
        found[one] = Twin(work=one, canonical=min(near)[1], reason="landed")
    return [found[one] for one in sorted(found)]


def _landed(tx: Any) -> Iterator[tuple[str, list[tuple[timedelta, str]]]]:
    """Yield commits with the pull requests of their title, author and days, and how far apart in time they are."""
    commits = {_named(repository, title) for _, repository, title in twins.titles(tx, of_commits=True)}
    pulls: defaultdict[bytes, set[str]] = defaultdict(set)
    for one, repository, title in twins.titles(tx, of_commits=False):
        if (key := _named(repository, title)) in commits and key is not None:
            pulls[key].add(one)
    asked = {
        one: sorted(pulls[key])
        for one, repository, title in twins.titles(tx, of_commits=True)
        if (key := _named(repository, title)) is not None and key in pulls
    }
    wrote = twins.writers(tx, {*asked, *(pull for each in asked.values() for pull in each)})
    for one, each in asked.items():
        near = [
            (abs(at - merged), pull)
            for writer, at in wrote.get(one, ())
            for pull in each
            for author, merged in wrote.get(pull, ())[:1]
            if writer == author and abs(at - merged) <= LANDED_WITHIN
        ]
        if near:
            yield one, near


def _named(repository: str, title: str) -> bytes | None:
    """Return a digest of a telling title in a repository, None for one like "Update README.md"."""
    words = title_of(title)
    if not is_telling(words):
        return None
    return blake2b(f"{repository.lower()}\n{words}".encode(), digest_size=12).digest()
