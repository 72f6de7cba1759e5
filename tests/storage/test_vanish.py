"""What sources take back: believed after a second look, held when it is too much, dropped when the law says so."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from spiders.records import Gone, IdentityKind, Outcome, Page, Task, Visit, WorkKind
from storage import frontier, intake, persons, pool, search, snapshot, statements, trim, vanish, wishes
from storage.engine import Store
from storage.tables import claim, identity, signal, statement, withdrawal, work

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def asked(store: Store, now: datetime, *tasks: Task) -> list[Task]:
    """Return what is leased once the tasks are due."""
    with store.begin() as tx:
        frontier.add(tx, tasks, now=now, every_hours={})
        return frontier.lease(tx, tasks[0].source, 99, now=now, owner="a", for_s=60)


def take(store: Store, visit: Visit, now: datetime, keyer, run: str | None = None) -> intake.Taken:
    with store.begin() as tx:
        return intake.take(tx, visit, now=now, run=run, keyer=keyer)


def seen(store: Store) -> tuple[set[str], set[str]]:
    """Return the identities and the works that are shown."""
    with store.read() as tx:
        return {one.id for one in statements.iter_identities(tx)}, {
            row["work"] for batch in pool.works(tx, snapshot.WORKS) for row in batch.to_pylist()
        }


def rows(store: Store) -> int:
    with store.read() as tx:
        tables = (statement, work, signal, identity)
        return sum(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


@pytest.mark.row("F32")
def test_what_is_gone_twice_a_day_apart_is_hidden_then_removed(store: Store, make, now, keyer) -> None:
    question = make.task(1)
    (first,) = asked(store, now, question)
    take(store, make.visit(make.identity(), make.work(), make.signal(), task=first), now, keyer)
    shown = ({"github:1001"}, {"github:orbit/engine#7"})
    for at, still in ((now + 30 * HOUR, True), (now + 53 * HOUR, True), (now + 55 * HOUR, False)):
        for again in asked(
            store, at, question
        ):  # the second look comes no earlier than a day after the first
            take(store, make.visit(task=again, outcome=Outcome.GONE, at=at, page=None), at, keyer)
        assert seen(store) == (shown if still else (set(), set()))
    at = now + 55 * HOUR
    for days, left in ((trim.WITHDRAWN_DAYS - 1, 4), (trim.WITHDRAWN_DAYS + 1, 0)):
        with store.begin() as tx:
            trim.trim(tx, now=at + timedelta(days=days), keep_pages_days=14, every_hours={})
        assert rows(store) == left
    late = make.visit(make.identity(), make.work(), make.signal(), task=make.task(2))
    take(store, late, now, keyer)  # an answer from before does not bring it back
    assert seen(store) == (set(), set())


@pytest.mark.row("F33")
def test_an_answer_451_takes_the_content_away_at_once_and_is_not_asked_again(
    store: Store, make, now, keyer
) -> None:
    question = make.task(1)
    (first,) = asked(store, now, question)
    sha256 = "5" * 64
    page = Page(
        url=question.url,
        status=200,
        media_type="text/html",
        fetched_at=now,
        sha256=sha256,
        body=b"",
        etag=None,
    )
    told = make.visit(
        make.identity(name="Ona Vale"), make.work(title="quiet kernels"), make.signal(), task=first
    )
    take(store, replace(told, page=page), now, keyer)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:1001"})], now)
        search.reindex(tx, None)
    later = now + 30 * HOUR
    (again,) = asked(store, later, question)
    barred = replace(page, status=451, sha256="e" * 64, fetched_at=later)
    taken = take(store, make.visit(task=again, outcome=Outcome.GONE, at=later, page=barred), later, keyer)
    assert taken.pages == {sha256} and taken.barred
    assert rows(store) == 0
    with store.read() as tx:
        assert "kernels" not in str(tx.exec_driver_sql("SELECT * FROM search_index").all())
    assert asked(store, later + 400 * DAY, question) == []
    take(store, replace(told, task=make.task(2)), now, keyer)
    assert seen(store) == (set(), set())


def crowd(make, number: int) -> list[Any]:
    return [make.work(f"github:orbit/engine#{one}") for one in range(number)]


def gone(make, numbers: range, at: datetime) -> list[Gone]:
    return [Gone(id=f"github:orbit/engine#{one}", via=make.via(at)) for one in numbers]


@pytest.mark.row("F34")
def test_more_than_a_twentieth_gone_in_one_run_waits_for_a_person(store: Store, make, now, keyer) -> None:
    take(store, make.visit(*crowd(make, 400)), now, keyer)
    few, many = now + DAY, now + 2 * DAY
    take(store, make.visit(*gone(make, range(20), few), task=make.task(2)), few, keyer, run="crawl-1")
    assert len(seen(store)[1]) == 380  # a twentieth is believed
    for part in (range(20, 30), range(30, 60), range(60, 61)):  # one visit after the other
        records = gone(make, part, many)
        take(store, make.visit(*records, task=make.task(part.start)), many, keyer, run="crawl-2")
    assert len(seen(store)[1]) == 380
    with store.read() as tx:
        (waits,) = vanish.waiting(tx)
        assert vanish.waiting(tx, "crawl-1") == []
    assert (waits.run, waits.source, waits.gone, waits.known) == ("crawl-2", "git_history", 41, 400)
    with store.begin() as tx:
        assert vanish.accept(tx, "git_history") == 41
        assert vanish.waiting(tx) == []
    assert len(seen(store)[1]) == 339


@pytest.mark.row("F34")
def test_pages_that_vanished_by_mistake_are_asked_again_once_a_person_says_so(
    store: Store, make, now, keyer
) -> None:
    pages = [make.task(number) for number in range(40)]
    for number, leased in enumerate(asked(store, now, *pages)):
        take(store, make.visit(make.work(f"github:orbit/engine#{number}"), task=leased), now, keyer)
    for at in (now + 30 * HOUR, now + 60 * HOUR):
        for leased in asked(store, at, *pages[:25]):
            lost = make.visit(task=leased, outcome=Outcome.GONE, at=at, page=None)
            take(store, lost, at, keyer, run=f"crawl-{at:%d}")
    assert len(seen(store)[1]) == 40
    with store.begin() as tx:
        assert frontier.counts(tx, "git_history")["gone"] == 25
        assert vanish.refuse(tx, "git_history", now=now + 61 * HOUR) == 25
        assert frontier.counts(tx, "git_history").get("gone", 0) == 0
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(withdrawal)).scalar_one() == 0


@pytest.mark.row("F34")
def test_deleted_accounts_count_as_well(store: Store, make, now, keyer) -> None:
    url = "https://api.github.com/user/{}"
    pages = [make.task(source="github_people", url=url.format(number)) for number in range(1000, 1040)]
    for leased in asked(store, now, *pages):
        told = make.identity(f"github:{leased.url.rpartition('/')[2]}", source="github_people", handle="h")
        take(store, make.visit(told, task=leased), now, keyer)
    for at in (now + 30 * HOUR, now + 60 * HOUR):
        for leased in asked(store, at, *pages[:30]):
            lost = make.visit(task=leased, outcome=Outcome.GONE, at=at, page=None)
            take(store, lost, at, keyer, run=f"crawl-{at:%d}")
    assert len(seen(store)[0]) == 40
    with store.read() as tx:
        assert [one.source for one in vanish.waiting(tx)] == ["github_people"]


@pytest.mark.row("F32")
def test_a_history_read_later_does_not_bring_a_deleted_account_back_and_its_platform_does(
    store: Store, make, now, keyer
) -> None:
    account = make.task(source="github_people", url="https://api.github.com/user/1001")
    (first,) = asked(store, now, account)
    take(store, make.visit(make.identity(source="github_people", handle="h"), task=first), now, keyer)
    for at in (now + 30 * HOUR, now + 55 * HOUR):
        (again,) = asked(store, at, account)
        take(store, make.visit(task=again, outcome=Outcome.GONE, at=at, page=None), at, keyer)
    later = now + 60 * HOUR
    named = make.identity(at=later, source="git_history", handle="h")
    history = make.visit(named, make.identity("git:a", at=later), task=make.task(2), at=later)
    take(store, history, later, keyer)
    assert seen(store)[0] == {"git:a"}  # a history names accounts of years ago
    back = make.identity(at=later + HOUR, source="github_people", handle="h")
    take(
        store,
        make.visit(back, task=make.task(3, source="github_people"), at=later + HOUR),
        later + HOUR,
        keyer,
    )
    with store.read() as tx:
        (found,) = [one for one in statements.iter_identities(tx) if one.id == "github:1001"]
    assert found.sources == ("git_history", "github_people")


@pytest.mark.row("F32")
def test_a_paper_its_archive_withdraws_falls_whoever_repeats_it(store: Store, make, now, keyer) -> None:
    def told(source: str, at: datetime) -> Visit:
        work = make.work("arxiv:2611.00001", at=at, source=source, kind=WorkKind.PAPER)
        return make.visit(
            work, task=make.task(at.hour, source=source, url=f"https://{source}.example/"), at=at
        )

    for source in ("arxiv_papers", "hf_papers"):
        take(store, told(source, now), now, keyer)
    gone = Gone(id="arxiv:2611.00001", via=make.via(now + DAY, source="arxiv_papers"))
    take(store, make.visit(gone, task=make.task(9, source="arxiv_papers"), at=now + DAY), now + DAY, keyer)
    assert seen(store)[1] == set()
    take(store, told("hf_papers", now + 2 * DAY), now + 2 * DAY, keyer)
    assert seen(store)[1] == set()
    take(store, told("arxiv_papers", now + 3 * DAY), now + 3 * DAY, keyer)
    assert seen(store)[1] == {"arxiv:2611.00001"}


@pytest.mark.row("F35")
def test_commits_that_a_rewritten_history_left_behind_no_longer_count(store: Store, make, now, keyer) -> None:
    old, new = "git:orbit/engine@aaaa", "git:orbit/engine@bbbb"
    before = [make.work(old), make.signal(work=old, id="git:aaaa:authored:git:a")]
    take(store, make.visit(*before, make.identity()), now, keyer)
    later = now + DAY
    after = [
        make.work(new, at=later),
        make.signal(work=new, id="git:bbbb:authored:git:a", at=later),
        Gone(id=old, via=make.via(later)),
    ]
    take(store, make.visit(*after, task=make.task(2), at=later), later, keyer)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:1001"})], now)
    with store.read() as tx:
        counted = [
            row["signal"]
            for batch in pool.signals(tx, snapshot.SIGNALS, pool.Around.load(tx))
            for row in batch.to_pylist()
        ]
    assert (seen(store)[1], counted) == ({new}, ["git:bbbb:authored:git:a"])


@pytest.mark.parametrize("gone_first", [False, True])
def test_a_place_in_a_byline_falls_with_its_paper(store: Store, make, now, keyer, gone_first: bool) -> None:
    def paper(at: datetime) -> Visit:
        byline = make.identity("arxiv:2611.00001:1", at=at, source="arxiv_papers", kind=IdentityKind.AUTHOR)
        work = make.work("arxiv:2611.00001", at=at, source="arxiv_papers", kind=WorkKind.PAPER)
        signal = make.signal(byline.id, work.id, at=at, source="arxiv_papers")
        return make.visit(byline, work, signal, task=make.task(1, source="arxiv_papers"), at=at)

    later = now + DAY
    gone = Gone(id="arxiv:2611.00001", via=make.via(later, source="arxiv_papers"))
    withdrawn = make.visit(gone, task=make.task(2, source="arxiv_papers"), at=later)
    visits = [withdrawn, paper(now)] if gone_first else [paper(now), withdrawn]
    with store.begin() as tx:
        for visit in visits:
            intake.take(tx, visit, now=later, run=None, keyer=keyer)
        assert list(statements.iter_identities(tx)) == []
        intake.take(tx, paper(later + DAY), now=later, run=None, keyer=keyer)
        assert [view.id for view in statements.iter_identities(tx)] == ["arxiv:2611.00001:1"]


@pytest.mark.row("F34")
def test_places_in_bylines_wait_with_their_papers(store: Store, make, now, keyer) -> None:
    papers = [f"arxiv:2611.{one:05}" for one in range(30)]
    for paper in papers:
        place = make.identity(f"{paper}:1", kind=IdentityKind.AUTHOR)
        sign = make.signal(place.id, paper, id=f"{paper}:authored:1")
        take(store, make.visit(make.work(paper), place, sign, task=make.task(paper)), now, keyer)
    later = now + DAY
    for paper in papers:
        told = make.visit(Gone(id=paper, via=make.via(later)), task=make.task(f"{paper}/gone"))
        take(store, told, later, keyer, run="crawl-1")
    assert seen(store) == ({f"{paper}:1" for paper in papers}, set(papers))
    with store.begin() as tx:
        assert vanish.accept(tx, "git_history") == 60
    assert seen(store) == (set(), set())


@pytest.mark.row("F34")
def test_a_source_may_allow_more_to_vanish(store: Store, make, now, keyer) -> None:
    take(store, make.visit(*crowd(make, 100)), now, keyer)
    later = now + DAY
    told = make.visit(*gone(make, range(40), later), task=make.task(2))
    with store.begin() as tx:
        intake.take(tx, told, now=later, run="crawl-1", keyer=keyer, vanished_max=0.5)
        assert vanish.waiting(tx) == []
    assert len(seen(store)[1]) == 60


@pytest.mark.parametrize("gone_first", [True, False])
def test_what_a_deleted_post_claimed_falls_with_it_but_its_refusal_stays(
    store: Store, make, now, keyer, gone_first: bool
) -> None:
    later, post = now + DAY, "hn-post:7"
    said = make.visit(
        make.identity(),
        make.claim("github:1001", post, "open_to_work"),
        make.claim("github:1001", post, "opt_out"),
    )
    deleted = make.visit(Gone(id=post, via=make.via(later)), task=make.task(2))
    both = [(said, now), (deleted, later)]
    for visit, at in reversed(both) if gone_first else both:
        take(store, visit, at, keyer)
    with store.read() as tx:
        assert list(statements.iter_claims(tx)) == []
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:1001"})], now)
        assert len(wishes.keys(tx)) == 1
        trim.trim(tx, now=later + 40 * DAY, keep_pages_days=14, every_hours={})
        assert tx.execute(select(claim.c.kind)).scalars().all() == ["opt_out"]
        assert len(wishes.keys(tx)) == 1
