"""What people are filtered by beside their scores: place, hours, languages, frameworks, targets. Never a point.

Nothing here is read by features or rankings; a swapped place changes what a filter finds and no score (P17).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from inspect import getfile
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from sourcing import hours, places, vocabulary
from sourcing.places.gazetteer import FILE
from sourcing.vocabulary import Layer, Vocabulary
from storage import index, traces
from storage.engine import Store, batched
from storage.traces import Made

FIELDS = ("country", "region", "city", "hub", "ambiguous_place", "hours", "lang", "framework", "target")
"""Fields of `search_facet` that are written here."""

RECENT_MONTHS = 36
"""What somebody wrote with before says little about what they write with now; levels look back as far (RANKING §6)."""

_RECENT = timedelta(days=RECENT_MONTHS * 365.25 / 12)
_WORKS_MIN = 3  # once is a trial, twice a coincidence
_SHARE_MIN = {"lang": 0.10, "framework": 0.05, "target": 0.05}
_LINKS_MAX = 3
_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Craft:
    """What a person works with. kind: lang, framework, target, or layer. share: 0–1 of the works that tell.

    works: how many, of the last `RECENT_MONTHS` months. links: the newest, at most three. is_facet: often enough to be
    found by.
    """

    kind: str
    value: str
    title: str
    share: float
    works: int
    links: tuple[str, ...]
    is_facet: bool


def refresh(store: Store, people: Collection[str] | None, *, roots: Sequence[Path], now: datetime) -> int:
    """Write the facets of some people, or of all (None), anew and return of how many people they were read.

    Of all, only those are read of whom anything changed since the last time: what they state, what they wrote, which
    of it is recent, the lists, or how it is read. Changes only rows of `FIELDS`. A transaction for every 2,000 people.
    """
    words, table = vocabulary.load(roots), places.load(roots)
    since, seed = now - _RECENT, _seed(roots)
    with store.read() as tx:
        read = traces.digests(tx, people, since=since, month=hours.month(now), seed=seed)
        if people is None:
            everybody, known = traces.people(tx), index.facets_read(tx)
            people = [key for key in everybody if known.get(key) != read.setdefault(key, seed)]
    for batch in batched(sorted(set(people)), _BATCH):
        with store.begin() as tx:
            found = list(rows(tx, batch, words=words, table=table, now=now))
            index.put_facets(tx, batch, found, read={key: read.get(key, seed) for key in batch})
    return len(set(people))


def _seed(roots: Sequence[Path]) -> str:
    """Return a digest of the lists and of the code that facets are read by: another one reads everybody anew."""
    lists = [path for root in roots for path in (root / FILE, *sorted((root / "vocabulary").glob("*.toml")))]
    code = [Path(getfile(one)) for one in (hours, vocabulary, traces)] + [Path(__file__)]
    code += sorted(Path(getfile(places)).parent.glob("*.py"))
    told = md5(usedforsecurity=False)
    for path in code + [path for path in lists if path.is_file()]:
        told.update(path.read_bytes())
    return told.hexdigest()


def rows(
    tx: Any, people: Collection[str], *, words: Vocabulary, table: places.Gazetteer, now: datetime
) -> Iterator[tuple[str, str, str]]:
    """Yield (person, field, value) of some people; values in lower case."""
    told: dict[str, set[str]] = {}
    for person, said in groupby(traces.iter_stated(tx, people, traces.FOR_FACETS), key=attrgetter("person")):
        stated = list(said)
        told[person] = {one.value for one in stated if one.attribute == "hours"}
        for field, value in of_place(_place(stated, table)):
            yield person, field, value
    for person, made in groupby(traces.iter_made(tx, people, since=now - _RECENT), key=attrgetter("person")):
        works = list(made)
        for one in craft(works, words):
            if one.is_facet and one.kind in FIELDS:
                yield person, one.kind, one.value
        zone = hours.band(told.get(person, ()), commits_by_month(works), now)
        if zone is not None:
            yield person, "hours", str(zone)


def of_person(tx: Any, key: str, *, words: Vocabulary, now: datetime) -> list[Craft]:
    """Return what a person works with; empty for nobody, and for who wrote nothing in the last months."""
    return craft(list(traces.iter_made(tx, [key], since=now - _RECENT)), words)


def of_place(place: places.Place) -> list[tuple[str, str]]:
    """Return the facets of a place: (field, value)."""
    known = {"country": place.country, "region": place.region, "city": place.city, "hub": place.hub}
    found = [(field, value.casefold()) for field, value in known.items() if value is not None]
    return found + [("ambiguous_place", label.casefold()) for label in place.ambiguous]


def commits_by_month(works: Iterable[Made]) -> Mapping[str, int]:
    """Return how many commits were written in each month."""
    found: Counter[str] = Counter()
    for one in works:
        found[hours.month(one.at)] += one.commits
    return found


def craft(works: Sequence[Made], words: Vocabulary) -> list[Craft]:
    """Return what one person's works are written with and for, by kind, largest share first, then by value.

    A work counts once, shared by its files between languages, and whole for every framework or target it names.
    """
    shares: dict[str, defaultdict[str, float]] = {
        kind: defaultdict(float) for kind in ("lang", "layer", "framework", "target")
    }
    proofs: dict[tuple[str, str], list[Made]] = {}
    telling: Counter[str] = Counter()
    for work in sorted(works, key=lambda one: (one.at, one.work), reverse=True):
        read = [words.of_path(path) for path in work.paths]
        files = Counter(language for language, _, _ in read if language is not None)
        total = files.total()
        telling["lang"] += total > 0
        layers: defaultdict[str, float] = defaultdict(float)
        for slug, count in files.items():
            shares["lang"][slug] += count / total
            layers[words.languages.layers[slug]] += count / total
            proofs.setdefault(("lang", slug), []).append(work)
        for layer, share in layers.items():
            shares["layer"][layer] += share
            proofs.setdefault(("layer", layer), []).append(work)
        frameworks = _terms_of(work, words.frameworks).union(*(named for _, named, _ in read))
        targets = _terms_of(work, words.targets).union(*(named for _, _, named in read))
        for kind, found in (("framework", frameworks), ("target", targets)):
            telling[kind] += 1
            for slug in found:
                shares[kind][slug] += 1
                proofs.setdefault((kind, slug), []).append(work)
    telling["layer"] = telling["lang"]
    titles = {
        "lang": words.languages.titles, "framework": words.frameworks.titles, "target": words.targets.titles,
        "layer": {str(layer): str(layer) for layer in Layer},
    }  # fmt: skip
    return [
        Craft(
            kind=kind,
            value=slug,
            title=titles[kind][slug],
            share=amount / telling[kind],
            works=len(proofs[kind, slug]),
            links=tuple(dict.fromkeys(one.url for one in proofs[kind, slug]))[:_LINKS_MAX],
            is_facet=len(proofs[kind, slug]) >= _WORKS_MIN
            and amount >= _SHARE_MIN.get(kind, 2) * telling[kind],
        )
        for kind, counted in shares.items()
        for slug, amount in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def _terms_of(work: Made, terms: vocabulary.Terms) -> frozenset[str]:
    """Return what a work names in its titles, tags and repository."""
    found = frozenset[str]().union(*(terms.of(text) for text in (*work.titles, *work.tags)))
    if work.repository is None:
        return found
    return found | terms.of_repository(work.repository.partition(":")[2])


def _place(stated: Iterable[traces.Stated], table: places.Gazetteer) -> places.Place:
    """Return where a person says they are: the newest word of each account, if they agree."""
    newest: dict[tuple[str, str], str] = {}
    for one in stated:
        if one.attribute == "location":
            newest.setdefault((one.identity, one.source), one.value)
    return places.together([places.parse(value, table) for value in newest.values()])
