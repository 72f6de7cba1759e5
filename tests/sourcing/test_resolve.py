"""From visits to persons to a stored ranking with sentences, over a real store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import resolve
from sourcing.ranking import score, specialism, why
from sourcing.resolve import review
from spiders.records import IdentityKind, Record, SignalKind, Task, WorkKind
from storage import intake, persons, scores, snapshot
from storage.engine import Store
from storage.model import Judgement

ENGINE = "github:example-org/serving-engine"
HOME = "https://mira.pages.example"
PAGE = f"page:{HOME}"


@pytest.fixture
def take(store: Store, now: datetime, keyer: Any, make: Any) -> Callable[..., None]:
    def take(*records: Record) -> None:
        with store.begin() as tx:
            task = Task(source="git_history", kind="file", url="https://code.example/1")
            intake.take(tx, make.visit(*records, task=task), now=now, run=None, keyer=keyer)

    return take


@pytest.fixture
def mira(take: Callable[..., None], make: Any) -> tuple[str, ...]:
    """An account, two author lines and a page that belong together by certain rules."""
    take(
        make.identity("github:7", handle="mira-ok", name="Mira Okafor", homepage=HOME),
        make.identity("git:a", name="mira", emails=("d1",)),
        make.identity("git:b", name="Mira Okafor", emails=("d1",)),
        make.identity(PAGE, name="Mira Okafor", homepage=HOME),
        make.claim("git:a", "github:7"),
        make.claim(PAGE, "github-login:Mira-OK", "profile_link"),
    )
    return ("git:a", "git:b", "github:7", PAGE)


def clusters(store: Store) -> list[tuple[str, ...]]:
    with store.read() as tx:
        return [person.identities for person in persons.list_people(tx, limit=100)]


def test_certain_links_make_one_person_and_a_second_run_changes_nothing(
    store: Store, now: datetime, mira: tuple[str, ...]
) -> None:
    first = resolve.run(store, now=now, run=None)
    assert clusters(store) == [mira]
    assert (first.persons, first.rebuilt.minted) == (1, 1) and first.new == first.same == 3
    with store.read() as tx:
        before = list(persons.edges(tx))
    again = resolve.run(store, now=now + timedelta(days=1), run=None)
    with store.read() as tx:
        assert list(persons.edges(tx)) == before
    assert (again.new, again.rebuilt.minted, again.rebuilt.kept) == (0, 0, 1)


def test_a_person_judgement_outlasts_every_run_and_can_be_taken_back(
    store: Store, now: datetime, mira: tuple[str, ...]
) -> None:
    with store.begin() as tx:
        apart = persons.judge(tx, "github:7", PAGE, Judgement.DIFFERENT, "recruiter:ana", "two people", now)
    for night in range(2):
        resolve.run(store, now=now + timedelta(days=night), run=None)
        assert sorted(clusters(store)) == sorted([("git:a", "git:b", "github:7"), (PAGE,)])
        with store.read() as tx:
            assert review.queue(persons.edges(tx), limit=10) == []
    with store.begin() as tx:
        persons.retract(tx, apart.id, "recruiter:ana", now)
    resolve.run(store, now=now, run=None)
    assert clusters(store) == [mira]


def test_a_link_somebody_took_back_stays_taken_back(
    store: Store, now: datetime, mira: tuple[str, ...]
) -> None:
    resolve.run(store, now=now, run=None)
    with store.begin() as tx:
        (edge,) = [edge for edge in persons.edges(tx) if PAGE in (edge.left, edge.right)]
        persons.retract(tx, edge.id, "recruiter:ana", now)
    resolve.run(store, now=now, run=None)
    assert len(clusters(store)) == 2


def test_a_link_goes_when_its_evidence_goes(
    store: Store, now: datetime, mira: tuple[str, ...], take: Callable[..., None], make: Any
) -> None:
    resolve.run(store, now=now, run=None)
    take(
        make.identity(
            "github:7", handle="mira-moved", name="Mira Okafor", homepage=HOME, at=now + timedelta(days=1)
        )
    )
    resolve.run(store, now=now + timedelta(days=1), run=None)
    assert sorted(clusters(store)) == sorted([("git:a", "git:b", "github:7"), (PAGE,)])
    with store.read() as tx:
        (pair,) = review.queue(persons.edges(tx), limit=10)
    assert {pair.left, pair.right} == {"github:7", PAGE}


def test_from_signals_to_a_stored_ranking_with_reasons(
    store: Store, now: datetime, mira: tuple[str, ...], take: Callable[..., None], make: Any, tmp_path: Path
) -> None:
    for number in range(1, 9):
        at = now - timedelta(days=30 * number)
        work = f"{ENGINE}#{number}"
        take(
            make.identity("github:8", handle="bot", kind=IdentityKind.BOT),
            make.work(
                work, part_of=ENGINE, paths=("engine/kv/blocks.py",), title="Evict KV cache blocks by age"
            ),
            make.signal("git:b", work, occurred_at=at),
            make.signal("github:7", work, occurred_at=at, id=f"github:merged:{number}"),
            make.signal("github:8", work, occurred_at=at, kind=SignalKind.REVIEWED),
        )
    take(
        make.work("arxiv:2611.1", kind=WorkKind.PAPER, title="Paged attention revisited", venue="MLSys 2026"),
        make.identity("arxiv:2611.1:1", kind=IdentityKind.AUTHOR, name="Mira Okafor"),
        make.signal("arxiv:2611.1:1", "arxiv:2611.1", position=1, of=2),
    )
    resolve.run(store, now=now, run=None)
    with store.read() as tx:
        snapshot.write(tx, tmp_path / "snapshot", "ranking", as_of=now)
    root = Path(__file__).resolve().parents[2] / "config"
    shipped = specialism.load("inference-performance", [root])
    chosen = replace(shipped, look=replace(shipped.look, repositories=("example-org/serving-engine",)))
    report = score.rank(
        store, chosen, snapshot_dir=tmp_path / "snapshot", as_of=now, run=None, home=tmp_path / "home"
    )
    assert (report.scored, report.listed, dict(report.gated)) == (
        2,
        1,
        {"works_min": 1, "active_within_days": 0},
    )
    with store.read() as tx:
        (best,) = scores.ranking(tx, chosen.slug, limit=10)
        person = persons.get(tx, best.person)
        points = scores.points(tx, best.person, chosen.slug)
        proof = scores.evidence(tx, [signal for part in points for signal in part.evidence])
    assert "git:b" in person.identities and best.version == chosen.version
    assert best.value == pytest.approx(sum(part.points for part in points), abs=1e-9)
    assert proof and all(item.url for item in proof)
    said = why.sentences(points, proof, now)
    assert any("in example-org/serving-engine, latest 30 days ago" in sentence for sentence in said)
    assert "Publications: not observed" in why.misses(points), "a namesake's paper is not hers"
