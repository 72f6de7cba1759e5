"""Sixty questions to the invented people with the answers they must have, and thousands of spoilt ones."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from invented.papers import papers
from invented.people import crowd
from invented.planted import cast, farmers
from invented.repositories import repositories
from invented.vocabulary import AREAS

from sourcing import pages, similar
from sourcing.cli.root import start
from sourcing.errors import BadInput, BadQuery
from sourcing.query import parse
from spiders.records import (
    Identity,
    IdentityKind,
    Outcome,
    Page,
    Provenance,
    Signal,
    SignalKind,
    Task,
    Visit,
    Work,
    WorkKind,
)
from storage import index, intake, lists, panels, people, persons, scores, search
from storage.engine import Store, open_store
from storage.errors import NotFound
from storage.model import Score
from storage.query import FieldName
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
SPEC = "inference-performance"
SIZE = 150
SHARED = 5  # so few people have a word that most words of the little world are kept as sets
LANGS = ("cuda", "python", "rust")
COUNTRIES = ("de", "gb", "ca", "fr")
VALUE = {"strong": 80.0, "regular": 50.0, "casual": 20.0, "none": 5.0}


@dataclass(slots=True, kw_only=True)
class Known:
    """What is true of one of the people, apart from the store."""

    number: int
    name: str
    login: str
    org: str
    place: str
    specialism: str
    score: float
    titles: list[str] = field(default_factory=list)
    has: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)
    repositories: set[str] = field(default_factory=set)

    @property
    def everything(self) -> set[str]:
        """The words a search looks at."""
        return {word for text in (self.name, self.login, *self.titles) for word in cut(text)}

    @property
    def level(self) -> str:
        return "senior" if self.score >= 50 else "unknown"

    @property
    def lang(self) -> str:
        return LANGS[self.number % len(LANGS)]

    @property
    def country(self) -> str:
        return COUNTRIES[self.number % len(COUNTRIES)]


def cut(text: str) -> list[str]:
    """Words of a plain text, cut by other means than the product's."""
    return re.findall(r"[a-z0-9]+", text.lower())


def in_order(text: str, *phrase: str) -> bool:
    said = cut(text)
    return any(said[at : at + len(phrase)] == list(phrase) for at in range(len(said)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The store, who is in it, and the key of each by number."""

    store: Store
    known: list[Known]
    keys: list[str]

    def numbers(self, text: str, *, specialism: str | None = None, limit: int = 1_000) -> list[int]:
        numbers = {key: number for number, key in enumerate(self.keys)}
        with self.store.read() as tx:
            found = search.find(tx, parse(text), specialism=specialism, limit=limit)
        return [numbers[one.person] for one in found]


@pytest.fixture(scope="module")
def world(_empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """People of the invented world with an account, their papers and changes; 7 is hidden, 3 contacted, 4 tagged."""
    path = tmp_path_factory.mktemp("queries") / "store.db"
    shutil.copy(_empty_sqlite, path)
    store = open_store(f"sqlite:///{path}")
    yield filled(store)
    store.close()


def via(source: str) -> Provenance:
    return Provenance(
        source=source,
        url="https://a.example",
        page="0" * 64,
        fetched_at=NOW,
        reader=f"{source}@1",
        terms="https://a.example/t",
    )


def work_of(name: str, source: str, **more: Any) -> Work:
    return Work(id=name, url="https://a.example/w", via=via(source), **more)


def signal_of(one: Known, work: str, source: str, day: datetime) -> Signal:
    return Signal(
        id=f"{source}:{work}:{one.number}",
        identity=account(one),
        work=work,
        kind=SignalKind.AUTHORED,
        occurred_at=day,
        via=via(source),
    )


def filled(store: Store) -> Crowd:
    planted = cast(7)
    taken = {one.name.plain for one in planted.people}
    everybody = planted.people + crowd(7, SIZE, taken, len(planted.people)) + farmers(7, SIZE).people
    made = repositories(7, SIZE, everybody)
    written = papers(7, SIZE, everybody, made, date(2026, 11, 22))
    mine = [one for one in everybody if one.account is not None and one.name.plain.isascii()]
    known: dict[str, Known] = {}
    for number, one in enumerate(mine):
        assert one.account is not None
        known[one.key] = Known(
            number=number,
            name=one.name.plain,
            login=one.account.login,
            org=one.affiliation or "",
            place=("Alderheim", "Port Larrow", "Remote")[number % 3],
            specialism=one.specialism,
            score=VALUE.get(one.strength, 5.0) + number % 10,
        )
    records = []
    for paper in written:
        authors = [one for one in dict.fromkeys(paper.authors) if one.key in known]
        day = datetime.fromtimestamp(paper.versions[0], tz=UTC)
        name, source = f"arxiv:{paper.id}", "arxiv_papers"
        records.append(
            work_of(
                name,
                source,
                kind=WorkKind.PAPER,
                title=paper.title,
                tags=paper.categories,
                venue=paper.volume,
            )
        )
        for one in authors:
            records.append(signal_of(known[one.key], name, source, day))
            tell(known[one.key], paper.title, "papers", day)
    for repository in made:
        areas = AREAS.get(repository.specialism)
        for at, (one, _) in enumerate(repository.crew if areas else ()):
            if one.key not in known:
                continue
            name, area = f"{repository.owner}/{repository.name}", areas[at % len(areas)]
            work = work_of(
                f"github:{name}#{at}",
                "github_pulls",
                kind=WorkKind.PULL_REQUEST,
                title=area.subjects[0].format(verb="rework", n=at, chip="sm_90"),
                paths=area.paths,
                part_of=f"github:{name}",
                tags=repository.topics,
            )
            records += [work, signal_of(known[one.key], work.id, "github_pulls", NOW)]
            tell(known[one.key], work.title, "code", NOW)
            known[one.key].repositories.add(name.lower())
    rows = list(known.values())
    for one in rows:
        page = "https://a.example" if one.number % 5 == 0 else None
        records.append(
            Identity(
                id=account(one),
                kind=IdentityKind.PERSONAL,
                name=one.name,
                handle=one.login,
                affiliation=one.org or None,
                location=one.place,
                homepage=page,
                via=via("github_people"),
            )
        )
        if one.number % 5 == 0:
            one.has.add("homepage")
    with store.begin() as tx:
        task = Task(source="github_people", kind="k", url="https://a.example/all")
        page_read = Page(
            url=task.url,
            status=200,
            media_type="application/json",
            fetched_at=NOW,
            sha256="0" * 64,
            body=b"",
            etag=None,
        )
        visit = Visit(
            task=task,
            outcome=Outcome.OK,
            at=NOW,
            records=tuple(records),
            reader="github_people@1",
            page=page_read,
        )
        intake.take(tx, visit, now=NOW, run=None, keyer=PepperKeyer(b"a pepper for tests"))
        persons.rebuild(tx, [frozenset({account(one)}) for one in rows], NOW)
        index.reindex(tx, None, shared=SHARED)
        keys = [persons.find_by_identity(tx, account(one)).key for one in rows]
        for name in {one.specialism for one in rows}:
            scores.put(
                tx,
                name,
                f"{name}@1",
                [scored(one, keys[one.number]) for one in rows if one.specialism == name],
                None,
                NOW,
            )
        index.put_facets(
            tx,
            keys,
            [
                row
                for one in rows
                for row in ((keys[one.number], "lang", one.lang), (keys[one.number], "country", one.country))
            ],
        )
        people.hide(tx, keys[7], actor="ana", reason="asked", now=NOW)
        people.stage(tx, keys[3], "contacted", actor="ana", reason=None, now=NOW)
        people.tag(tx, keys[4], add=["kernels"], actor="ana", now=NOW)
        lists.create(tx, "role", actor="ana", now=NOW)
        lists.add(tx, "role", [keys[5], keys[6]], actor="ana", now=NOW)
    return Crowd(store=store, known=rows, keys=keys)


def account(one: Known) -> str:
    return f"github:{9_000 + one.number}"


def tell(one: Known, title: str, what: str, day: datetime) -> None:
    one.titles.append(title)
    one.has.add(what)
    one.days.append(day.date())


def scored(one: Known, key: str) -> Score:
    return Score(
        person=key,
        specialism=one.specialism,
        version="1",
        value=one.score,
        lower=one.score / 2,
        upper=one.score,
        confidence=0.5 + one.number % 4 / 10,
        level=one.level,
        as_of=NOW,
        points=(),
    )


def latest(one: Known) -> date:
    return max(one.days, default=date(1970, 1, 1))


Test = Callable[[Known], bool]
QUESTIONS: list[tuple[str, Test]] = [
    ("", lambda one: True),
    ("attention", lambda one: "attention" in one.everything),
    ("Attention KERNEL", lambda one: {"attention", "kernel"} <= one.everything),
    ("attention AND kernel", lambda one: {"attention", "kernel"} <= one.everything),
    ("attention OR reward", lambda one: bool({"attention", "reward"} & one.everything)),
    ("attention -kernel", lambda one: "attention" in one.everything and "kernel" not in one.everything),
    ("NOT attention", lambda one: "attention" not in one.everything),
    ("-(attention OR reward)", lambda one: not {"attention", "reward"} & one.everything),
    (
        "(attention OR reward) has:papers",
        lambda one: bool({"attention", "reward"} & one.everything) and "papers" in one.has,
    ),
    ('"paged attention"', lambda one: any(in_order(title, "paged", "attention") for title in one.titles)),
    ('"attention paged"', lambda one: any(in_order(title, "attention", "paged") for title in one.titles)),
    ('"attention lookup"~3', lambda one: any(near(title, 3, "attention", "lookup") for title in one.titles)),
    ('"attention lookup"~2', lambda one: any(near(title, 2, "attention", "lookup") for title in one.titles)),
    ('"lookup attention"~3', lambda one: any(near(title, 3, "attention", "lookup") for title in one.titles)),
    ("atten*", lambda one: any(word.startswith("atten") for word in one.everything)),
    ("re*", lambda one: any(word.startswith("re") for word in one.everything)),
    ('"paged atten"*', lambda one: any(in_order(title, "paged", "attention") for title in one.titles)),
    ("zyzzyva", lambda one: False),
    ("evidence:attention", lambda one: "attention" in {w for t in one.titles for w in cut(t)}),
    (
        'evidence:"paged attention"',
        lambda one: any(in_order(title, "paged", "attention") for title in one.titles),
    ),
    ('evidence:"attention lookup"~3', lambda one: any(near(t, 3, "attention", "lookup") for t in one.titles)),
    (
        "-evidence:attention has:code",
        lambda one: "code" in one.has and "attention" not in {w for t in one.titles for w in cut(t)},
    ),
    ("name:ana", lambda one: "ana" in cut(one.name)),
    ("name:a*", lambda one: any(word.startswith("a") for word in cut(one.name))),
    ("has:papers", lambda one: "papers" in one.has),
    ("has:code", lambda one: "code" in one.has),
    ("has:papers has:code", lambda one: {"papers", "code"} <= one.has),
    ("has:homepage", lambda one: "homepage" in one.has),
    ("-has:papers", lambda one: "papers" not in one.has),
    ("source:arxiv_papers", lambda one: "papers" in one.has),
    ("source:arxiv*", lambda one: "papers" in one.has),
    ('org:"Marrow Lab"', lambda one: one.org == "Marrow Lab"),
    ("org:marrow", lambda one: one.org == "Marrow Lab"),
    ("org:marr", lambda one: False),
    ("org:marr*", lambda one: one.org == "Marrow Lab"),
    (
        '-org:"Marrow Lab" -org:"Tessel Research"',
        lambda one: one.org not in ("Marrow Lab", "Tessel Research"),
    ),
    ("loc:alderheim", lambda one: one.place == "Alderheim"),
    ('loc:"port larrow"', lambda one: one.place == "Port Larrow"),
    ("loc:marrow", lambda one: False),
    ("country:de", lambda one: one.country == "de"),
    ("country:Germany", lambda one: one.country == "de"),
    (
        "(country:de OR country:gb) -lang:python",
        lambda one: one.country in ("de", "gb") and one.lang != "python",
    ),
    ("lang:cuda", lambda one: one.lang == "cuda"),
    ("skill:cuda", lambda one: one.lang == "cuda" or "cuda" in {w for t in one.titles for w in cut(t)}),
    (f"spec:{SPEC}", lambda one: one.specialism == SPEC),
    (f"-spec:{SPEC}", lambda one: one.specialism != SPEC),
    ("score:>=60", lambda one: one.score >= 60),
    ("score:50..60", lambda one: 50 <= one.score <= 60),
    ("score:<30", lambda one: one.score < 30),
    ("score:>60 OR has:homepage", lambda one: one.score > 60 or "homepage" in one.has),
    ("-score:>=60", lambda one: one.score < 60),
    ("confidence:>0.6", lambda one: 0.5 + one.number % 4 / 10 > 0.6),
    ("level:senior", lambda one: one.level == "senior"),
    ("active:2026-11-22..", lambda one: latest(one) >= date(2026, 11, 22)),
    ("active:2024-01-01..2025-06-30", lambda one: date(2024, 1, 1) <= latest(one) <= date(2025, 6, 30)),
    ("new:yes seen:2026-11-22..", lambda one: True),
    ("seen:..2026-01-01", lambda one: False),
    ("tag:kernels", lambda one: one.number == 4),
    ("stage:contacted", lambda one: one.number == 3),
    ("contacted:yes", lambda one: one.number == 3),
    ("list:role", lambda one: one.number in (5, 6)),
    ("in:list -list:role", lambda one: False),
    ("in:crm", lambda one: False),
    ("hidden:yes", lambda one: one.number == 7),
    ("hidden:all", lambda one: True),
]


def near(title: str, most: int, *wanted: str) -> bool:
    said = cut(title)
    spots = [[at for at, word in enumerate(said) if word == each] for each in wanted]
    return any(abs(one - other) - 1 <= most for one in spots[0] for other in spots[1])


@pytest.mark.parametrize(("text", "test"), QUESTIONS, ids=[text or "everybody" for text, _ in QUESTIONS])
def test_a_question_finds_exactly_these_people(text: str, test: Test, world: Crowd) -> None:
    hidden = {7} if "hidden:" not in text else set()
    expected = {one.number for one in world.known if test(one)} - hidden
    found = world.numbers(text)
    assert set(found) == expected
    with world.store.read() as tx:
        assert search.count(tx, parse(text), specialism=None) == len(found) == len(expected)


def test_the_questions_tell_people_apart(world: Crowd) -> None:
    """Most answers are neither nobody nor everybody: else the questions would prove little."""
    sizes = [sum(map(test, world.known)) for _, test in QUESTIONS]
    assert len(QUESTIONS) >= 60 and len(world.known) >= 60
    assert sum(0 < size < len(world.known) for size in sizes) >= 45


def test_the_order_is_by_score_and_then_by_key(world: Crowd) -> None:
    found = world.numbers(f"spec:{SPEC}", specialism=SPEC)
    assert found == sorted(found, key=lambda number: (-world.known[number].score, world.keys[number]))
    everybody = world.numbers("")
    assert everybody == sorted(everybody, key=lambda number: (-world.known[number].score, world.keys[number]))


@pytest.mark.parametrize("text", ["", "has:code", "score:>=20", "attention OR reward"])
def test_pages_go_on_and_back_over_everybody_once(text: str, world: Crowd) -> None:
    tree, size = parse(text), 7
    with world.store.read() as tx:
        whole = [one.person for one in search.find(tx, tree, specialism=None, limit=1_000)]
        walked, cursor, earlier = [], None, []
        while True:
            page = pages.page(tx, tree, specialism=None, size=size, now=NOW, cursor=cursor)
            assert [hit.rank for hit in page.hits] == list(
                range(len(walked) + 1, len(walked) + len(page.hits) + 1)
            )
            walked += [hit.person for hit in page.hits]
            earlier.append(page)
            if page.after is None:
                break
            cursor = page.after
        assert walked == whole
        for before in reversed(earlier[:-1]):
            page = pages.page(tx, tree, specialism=None, size=size, now=NOW, cursor=page.before)
            assert page.hits == before.hits
        assert page.before is None


@pytest.mark.parametrize("cursor", ["", "x", "é", "W10", "WyJhIiwxLCJwIl0", "[]" * 400])
def test_a_cursor_nobody_gave_is_refused(cursor: str, world: Crowd) -> None:
    with world.store.read() as tx, pytest.raises(BadInput, match="no cursor"):
        pages.page(tx, parse(""), specialism=None, size=5, now=NOW, cursor=cursor)


def test_facets_count_what_choosing_them_would_find(world: Crowd) -> None:
    chosen = "attention OR reward"
    with world.store.read() as tx:
        plain = panels.facets(tx, parse(chosen), specialism=None)
        narrowed = panels.facets(tx, parse(f"({chosen}) (lang:cuda OR lang:rust)"), specialism=None)
        for field_name in (
            FieldName.LANG,
            FieldName.COUNTRY,
            FieldName.SPEC,
            FieldName.LEVEL,
            FieldName.HAS,
            FieldName.TAG,
        ):
            for value, number in plain[field_name].items():
                assert search.count(tx, parse(f"({chosen}) {field_name}:{value}"), specialism=None) == number
        spread = panels.histogram(tx, parse(chosen), specialism=None)
        assert sum(spread) == search.count(tx, parse(chosen), specialism=None)
        assert sum(spread[5:]) == search.count(tx, parse(f"({chosen}) score:>=50"), specialism=None)
    assert plain[FieldName.LANG] == narrowed[FieldName.LANG]
    assert sum(narrowed[FieldName.COUNTRY].values()) < sum(plain[FieldName.COUNTRY].values())


def test_people_like_somebody_share_two_kinds_of_evidence_and_say_which(world: Crowd) -> None:
    with_code = [one for one in world.known if one.repositories and one.number != 7]
    subject = max(with_code, key=lambda one: (len(one.repositories), one.number))
    with world.store.read() as tx:
        found = similar.find(tx, world.keys[subject.number], parse(""), specialism=None, limit=10)
        again = similar.find(tx, sorted(subject.repositories)[0], parse(""), specialism=None, limit=1_000)
        with pytest.raises(NotFound, match="owner/name or a DOI"):
            similar.find(tx, "no/such", parse(""), specialism=None, limit=10)
    assert found and world.keys[subject.number] not in {one.person for one in found}
    for one in found:
        other = world.known[world.keys.index(one.person)]
        assert len(one.reasons) >= 2
        said = next((reason for reason in one.reasons if "same repositories" in reason), "")
        named = subject.repositories & other.repositories
        assert (said != "") == bool(named) and all(
            name in named for name in said.partition(": ")[2].split(" and ")[0].split(", ") if name
        )
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)
    assert world.keys[subject.number] in {one.person for one in again}


def test_five_thousand_spoilt_queries_are_answered_or_refused_with_a_column(world: Crowd) -> None:
    chance = random.Random(5)
    good = [text for text, _ in QUESTIONS if text]
    pieces = [
        *"()\"-*:~.<>=\\'%;",
        "..",
        " AND ",
        " OR ",
        " NOT ",
        "~3",
        "score:",
        "new:",
        "\x00",
        "\ud800",
        "森",
        "é",
        "²",
        "9" * 30,
    ]
    refused = answered = 0
    with world.store.read() as tx:
        for _ in range(5_000):
            text = chance.choice(good)
            for _ in range(chance.randint(1, 4)):
                at, end = sorted(chance.randint(0, len(text)) for _ in range(2))
                text = chance.choice(
                    (
                        text[:at] + chance.choice(pieces) + text[at:],
                        text[:at] + text[min(end, at + 4) :],
                        text[:at] + text[at:end] * 2 + text[end:],
                        f"{text} {chance.choice(good)}",
                    )
                )
            try:
                tree = parse(text)
            except BadQuery as error:
                refused += 1
                assert 1 <= error.column <= len(text) + 1
                assert "; " in str(error), text
            else:
                answered += 1
                search.find(tx, tree, specialism=None, limit=3)
    assert refused > 1_000 and answered > 1_000


@pytest.fixture
def asked(
    world: Crowd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> Callable[..., tuple[int, str, str]]:
    """Runs `sourcer search` on the people above and returns its exit code, output and what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = start(["--database", world.store.url, "--now", NOW.isoformat(), "search", *words])
        out = capsys.readouterr()
        return int(code), out.out, out.err

    return run


def test_a_page_says_how_to_go_on_and_facets_and_likeness_are_asked_for_by_name(world: Crowd, asked) -> None:
    code, out, said = asked("has:code", "--limit", "3", "--json")
    first = [row["person"] for row in json.loads(out)]
    assert code == 0 and len(first) == 3
    cursor = re.search(r"on: --page (\S+)", said)
    assert cursor is not None
    code, out, _ = asked("has:code", "--limit", "3", "--json", "--page", cursor.group(1))
    assert [row["rank"] for row in json.loads(out)] == [4, 5, 6]
    code, out, _ = asked("has:code", "--facets", "--json")
    rows = {(row["field"], row["value"]): row["people"] for row in json.loads(out)}
    assert rows["lang", "cuda"] == len(world.numbers("has:code lang:cuda"))
    code, out, _ = asked("--like", first[0], "--json")
    assert code == 0 and all(len(row["reasons"]) >= 2 for row in json.loads(out))


def test_a_brief_in_words_shows_the_query_it_made(world: Crowd, asked) -> None:
    code, out, said = asked(
        "has:code", "--brief-text", "zorgle in Germany, not at Marrow Lab", "--json", "--limit", "99"
    )
    assert code == 0
    assert """read as: sourcer search '-org:"Marrow Lab" country:de'""" in said and "zorgle" in said
    expected = world.numbers('has:code country:de -org:"Marrow Lab"')
    assert [row["person"] for row in json.loads(out)] == [world.keys[number] for number in expected]
