"""Why somebody is not seen: the five causes, each brought about."""

import copy
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from ranked import keep
from scenes import ENGINE, PACK, VERA, WIM, XENIA, Scene

from sourcing import query, whynot
from sourcing.privacy import suppression
from sourcing.settings import Settings
from sourcing.whynot import Answer, Cause
from storage import migrate, persons, search, statements
from storage import people as marks
from storage.engine import Store, open_store
from storage.model import Edge, Judgement
from storage.subjects import PepperKeyer

NEWCOMER, IDLE, OTHER = "github:21", "github:22", "github:23"
ONCE: list[Scene] = []


def ranked(store: Store, make, now, home: Path) -> Scene:
    """Return a ranked scene with somebody of one change, somebody idle for years and somebody of another topic."""
    one = Scene(store, make, now, PepperKeyer(b"a pepper for tests"), home)
    for identity, login in ((NEWCOMER, "nia"), (IDLE, "ivo"), (OTHER, "odo")):
        one.take([make.identity(identity, handle=login, name=f"{login.title()} Invented")])
    one.take(one.pull(ENGINE, 501, NEWCOMER, days=12, by=[VERA]))
    for number in range(6):
        one.take(one.pull(ENGINE, 600 + number, IDLE, days=1_500 + number * 40, by=[WIM]))
    pull = one.pull("example-org/gardening", 7, OTHER, days=10, by=[XENIA])
    one.take(
        [record if index else make.work(record.id, title="Water roses") for index, record in enumerate(pull)]
    )
    keep(one, "rank-1", home=home)
    with store.begin() as tx:
        search.reindex(tx, None)
    return one


@pytest.fixture
def scene(make, now, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The scene on SQLite, ranked once for all tests: each gets a copy of its file."""
    if not ONCE:
        home = tmp_path_factory.mktemp("whynot")
        migrate.upgrade(f"sqlite:///{home / 'store.db'}")
        store = open_store(f"sqlite:///{home / 'store.db'}")
        ONCE.append(ranked(store, make, now, home))
        store.close()
    shutil.copy(ONCE[0].home / "store.db", tmp_path / "copy.db")
    mine = copy.copy(ONCE[0])
    mine.store = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    yield mine
    mine.store.close()


def ask(scene: Scene, settings: Settings, who: str, text: str = "", *, first: int = 25) -> list[Answer]:
    with scene.store.read() as tx:
        tree = query.parse(text) if text else None
        return whynot.why_not(tx, settings, who, specialism=PACK, query=tree, now=scene.now, first=first)


def causes(answer: Answer) -> list[Cause]:
    return [one.cause for one in answer.findings]


def test_who_stands_among_the_first_is_present(scene: Scene, settings: Settings) -> None:
    (answer,) = ask(scene, settings, "vera")
    assert causes(answer) == [Cause.PRESENT] and answer.place in (1, 2, 3)
    assert {one.place for who in ("vera", "wim", "xenia") for one in ask(scene, settings, who)} == {1, 2, 3}


def test_not_collected(scene: Scene, settings: Settings) -> None:
    for who in ("nobody-known", "Never Heard", "p_aaaaaaaaaaaa", "github:999"):
        (answer,) = ask(scene, settings, who)
        assert answer.person is None and causes(answer) == [Cause.NOT_COLLECTED], who


def test_not_resolved(scene: Scene, settings: Settings, make) -> None:
    """A change by an author line that may be the newcomer's waits for a decision."""
    scene.take(
        [
            make.identity("git:nia-line", name="Nia Invented"),
            *scene.commits(ENGINE, "n", "git:nia-line", [20, 60]),
        ]
    )
    edge = Edge(left="git:nia-line", right=NEWCOMER, judgement=Judgement.UNSURE, decided_by="model:git@1",
                decided_at=scene.now, probability=0.6)  # fmt: skip
    with scene.store.begin() as tx:
        persons.put_edges(tx, [edge], scene.now)
        persons.rebuild(
            tx, [frozenset({one}) for one in (*scene_identities(tx),)], scene.now, keyer=scene.keyer
        )
    found = [one for one in ask(scene, settings, NEWCOMER) for one in one.findings]
    unresolved = next(one for one in found if one.cause is Cause.NOT_RESOLVED)
    assert "2 signals stand there" in unresolved.text and unresolved.then == "sourcer resolve queue"


def scene_identities(tx) -> list[str]:
    return [view.id for view in statements.iter_identities(tx)]


def test_opted_out_tells_no_more_than_that(scene: Scene, settings: Settings) -> None:
    suppression.add(
        scene.store,
        settings,
        ["wim", "erased-before"],
        reason="asked not to be contacted",
        now=scene.now,
        actor="a",
    )
    for who in ("wim", "erased-before"):
        (answer,) = ask(scene, settings, who)
        assert causes(answer) == [Cause.OPTED_OUT] and answer.place is None
        (finding,) = answer.findings
        assert (
            "more is not known here" in finding.text and "asked" not in finding.text and finding.then is None
        )


def test_somebody_who_wishes_it_so_is_quoted_with_the_place(scene: Scene, settings: Settings, make) -> None:
    scene.take([make.claim(XENIA, XENIA, "opt_out_line")])
    (answer,) = ask(scene, settings, "xenia")
    assert causes(answer) == [Cause.OPTED_OUT]
    assert (
        answer.findings[0].text.startswith("asked not to be approached (")
        and "https://" in answer.findings[0].text
    )


@pytest.mark.parametrize(
    ("who", "says"),
    [("nia", "1 work on topic; listed are 3"), ("ivo", "days ago; listed is who was active within 730")],
)
def test_filtered_by_a_gate(scene: Scene, settings: Settings, who: str, says: str) -> None:
    (answer,) = ask(scene, settings, who)
    assert causes(answer)[0] is Cause.FILTERED and says in answer.findings[0].text


def test_filtered_by_hand_and_by_the_query(scene: Scene, settings: Settings) -> None:
    (answer,) = ask(scene, settings, "vera", "name:vera score:>=99 -kernels")
    assert [one.text for one in answer.findings if one.cause is Cause.FILTERED] == [
        "left out by score:99.. of the query"
    ]
    with scene.store.begin() as tx:
        marks.hide(tx, scene.person(VERA), actor="ana", reason="works here already", now=scene.now)
    (answer,) = ask(scene, settings, "vera")
    assert answer.findings[0].text == "hidden by ana: works here already"
    assert answer.findings[0].then == f"sourcer person hide {scene.person(VERA)} --undo"


def test_low_evidence_says_what_is_missing(scene: Scene, settings: Settings) -> None:
    places = {who: ask(scene, settings, who)[0].place for who in ("vera", "wim", "xenia")}
    last = next(who for who, place in places.items() if place == 3)
    (answer,) = ask(scene, settings, last, first=2)
    (finding,) = answer.findings
    assert finding.cause is Cause.LOW_EVIDENCE and finding.text.startswith("place 3 with ")
    assert "short of the first 2" in finding.text and "more " in (finding.then or "")
    (answer,) = ask(scene, settings, "odo")
    assert (
        causes(answer) == [Cause.LOW_EVIDENCE]
        and "1 signal seen, none of work on this topic" in answer.findings[0].text
    )


def test_who_came_after_the_ranking_is_told_so(scene: Scene, settings: Settings, make) -> None:
    scene.now += timedelta(days=1)
    scene.take([make.identity("github:31", at=scene.now, handle="late", name="Late Invented")])
    with scene.store.begin() as tx:
        persons.rebuild(tx, [frozenset({one}) for one in scene_identities(tx)], scene.now, keyer=scene.keyer)
    (answer,) = ask(scene, settings, "late")
    assert answer.findings[0].text == "first seen after the last ranking"


@pytest.mark.slow
def test_both_databases_give_the_same_answers(
    store: Store, scene: Scene, make, now, settings: Settings, tmp_path: Path
) -> None:
    """Asked of what looks most things up: names in any case, gates, places, parts of a query."""
    other = ranked(store, make, now, tmp_path)
    for who, text in (
        ("NIA", ""),
        ("ivo invented", ""),
        ("odo", ""),
        ("wim", "spec:inference level:lead"),
        ("x", ""),
    ):
        mine, theirs = ask(scene, settings, who, text), ask(other, settings, who, text)
        assert [one.findings for one in mine] == [one.findings for one in theirs], who
