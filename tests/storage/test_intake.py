"""One visit in: exactly once, in any order, never against a suppression."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.records import Gone, IdentityKind, Outcome, Quarantined, WorkKind
from storage import frontier, intake, runs, statements, subjects
from storage.digest import store_digest, store_digests
from storage.engine import Store
from storage.errors import Conflict

FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def taken(store: Store, visit, now, keyer, *, run: str | None = None):
    with store.begin() as tx:
        return intake.take(tx, visit, now=now, run=run, keyer=keyer)


def digest(store: Store) -> str:
    with store.read() as tx:
        return store_digest(tx)


@st.composite
def visits(draw, make, now):
    """Visits about few people and works, so that they collide: other values, other times, other sources."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        at = now + timedelta(minutes=draw(st.integers(0, 3)))
        source = draw(st.sampled_from(["git_history", "github_people"]))
        records = []
        for person in draw(st.lists(st.integers(1, 3), max_size=3)):
            one = f"github:{person}"
            name = draw(st.sampled_from(["Ona Vale", "Ona V.", "Żaneta Łoś", "翠 森"]))
            handle = draw(st.sampled_from(["ona", "ona2"]))
            records.append(make.identity(one, at=at, source=source, name=name, handle=handle))
            title = draw(st.sampled_from(["Fuse kernels", "Fuse more kernels"]))
            records.append(make.work(at=at, source=source, title=title))
            records.append(make.signal(one, at=at, source=source, value=draw(st.sampled_from([1.0, 2.0]))))
            records.append(make.claim(one, "github:9", at=at, source=source))
            if draw(st.booleans()):
                records.append(Gone(id=one, via=make.via(at, source=source)))
        made.append(make.visit(*records, task=make.task(number, source=source), at=at))
    return made


@FEW
@given(data=st.data())
def test_any_order_and_any_repetition_leave_the_same_store(
    data, new_store: Callable[[], Store], make, now, keyer
) -> None:
    these = data.draw(visits(make, now))
    shuffled = data.draw(st.permutations(these)) + data.draw(st.lists(st.sampled_from(these), max_size=2))
    one, other = new_store(), new_store()
    for visit in these:
        taken(one, visit, now, keyer)
    for visit in shuffled:
        taken(other, visit, now, keyer)
    assert digest(one) == digest(other)


def test_the_same_visit_again_is_unchanged(store: Store, make, now, keyer) -> None:
    visit = make.visit(
        make.identity(name="Ona Vale"), make.work(), make.signal(), make.claim("git:a", "github:1001")
    )
    first = taken(store, visit, now, keyer)
    before = digest(store)
    again = taken(store, visit, now, keyer)
    assert (first.new, first.changed, first.unchanged) == (4, 0, 0)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 4)
    assert digest(store) == before


def test_the_newest_value_of_an_attribute_is_shown_first(store: Store, make, now, keyer) -> None:
    later = now + timedelta(days=1)
    taken(store, make.visit(make.identity(handle="new", at=later), at=later), now, keyer)
    taken(store, make.visit(make.identity(handle="old")), now, keyer)
    with store.read() as tx:
        view = statements.identities(tx, ["github:1001"])["github:1001"]
    assert view.handles == ("new", "old")
    assert (view.first_seen, view.last_seen) == (now, later)


def test_what_a_source_takes_back_is_no_longer_said(store: Store, make, now, keyer) -> None:
    one = make.identity(name="Ona Vale", source="github_people")
    other = make.identity(name="Ona Vale, Orbit", source="git_history")
    taken(store, make.visit(one, other), now, keyer)
    gone = Gone(id=one.id, via=make.via(now + timedelta(hours=1), source="github_people"))
    taken(store, make.visit(gone, task=make.task(2)), now, keyer)
    with store.read() as tx:
        assert statements.identities(tx, [one.id])[one.id].names == ("Ona Vale, Orbit",)
    back = make.identity(name="Ona Vale", source="github_people", at=now + timedelta(hours=2))
    taken(store, make.visit(back, task=make.task(3)), now, keyer)
    with store.read() as tx:
        assert "Ona Vale" in statements.identities(tx, [one.id])[one.id].names


def test_the_platforms_login_wins_over_one_in_a_commits_address(store: Store, make, now, keyer) -> None:
    later = now + timedelta(hours=1)
    told = make.identity(handle="new", source="github_people")
    heard = make.identity(handle="old", source="git_history", at=later)
    taken(store, make.visit(told), now, keyer)
    taken(store, make.visit(heard, task=make.task(2), at=later), now, keyer)
    with store.read() as tx:
        assert statements.identities(tx, [told.id])[told.id].handles == ("new", "old")
        asked = frontier.wanted(
            tx, "github_accounts", now=now + timedelta(days=90), ttl_days=30, limit=9, source="github_people"
        )
    assert asked == [{"id": 1001, "login": "new"}]


def test_an_account_its_platform_no_longer_knows_is_withdrawn_after_the_second_answer(
    store: Store, make, now, keyer
) -> None:
    history = make.visit(make.identity(handle="ona"), make.signal(), at=now)
    taken(store, history, now, keyer)
    question = make.task(
        source="github_people", kind="account", url="https://api.github.com/user/1001", params={"id": 1001}
    )
    with store.begin() as tx:
        frontier.add(tx, [question], now=now, every_hours={})
    for hours, known in ((1, True), (26, False)):
        at = now + timedelta(hours=hours)
        with store.begin() as tx:
            (task,) = frontier.lease(tx, "github_people", 1, now=at, owner="a", for_s=60)
        gone = make.visit(task=task, outcome=Outcome.GONE, at=at, page=None)
        taken(store, gone, at, keyer)
        with store.read() as tx:
            assert [view.id for view in statements.iter_identities(tx)] == (["github:1001"] if known else [])
    taken(store, history, now, keyer)  # what was fetched before does not bring it back
    with store.read() as tx:
        assert list(statements.iter_identities(tx)) == []
    back = now + timedelta(hours=60)
    found = make.identity(handle="ona", source="github_people", at=back)
    taken(store, make.visit(found, task=make.task(5), at=back), back, keyer)
    with store.read() as tx:
        assert [view.id for view in statements.iter_identities(tx)] == ["github:1001"]


@pytest.mark.parametrize(
    "text", ["a\0b", "x" * 9000, "Ø مرحبا 👩🏽‍🔬 ﷽", "half \ud83d", "'; DROP TABLE work; --"]
)
def test_any_text_a_source_can_send_is_kept(text: str, store: Store, make, now, keyer) -> None:
    visit = make.visit(make.identity(name=text, summary=text, handle=text), make.work(title=text, text=text))
    taken(store, visit, now, keyer)
    again = taken(store, visit, now, keyer)
    assert (again.new, again.unchanged) == (0, 2)


def test_a_late_visit_with_an_old_lease_is_refused_and_stores_nothing(store: Store, make, now, keyer) -> None:
    with store.begin() as tx:
        frontier.add(tx, [make.task()], now=now, every_hours={})
        (first,) = frontier.lease(tx, "git_history", 5, now=now, owner="a", for_s=60)
    with store.begin() as tx:
        assert frontier.expire(tx, now + timedelta(seconds=61)) == 1
        (second,) = frontier.lease(tx, "git_history", 5, now=now + timedelta(seconds=61), owner="b", for_s=60)
    before = digest(store)
    with pytest.raises(Conflict, match="has ended"):
        taken(store, make.visit(make.identity(), task=first), now, keyer)
    assert digest(store) == before
    assert taken(store, make.visit(make.identity(), task=second), now, keyer).new == 1
    with pytest.raises(Conflict):
        taken(store, make.visit(make.identity("github:2"), task=second), now, keyer)


def test_an_operators_file_needs_no_lease_but_respects_one(store: Store, make, now, keyer) -> None:
    assert taken(store, make.visit(make.identity()), now, keyer).new == 1
    with store.begin() as tx:
        frontier.add(tx, [make.task()], now=now, every_hours={})
        frontier.lease(tx, "git_history", 5, now=now, owner="a", for_s=60)
    with pytest.raises(Conflict, match="leased"):
        taken(store, make.visit(make.identity()), now, keyer)


def test_a_visit_brings_its_tasks_and_cursor_or_nothing(store: Store, make, now, keyer) -> None:
    visit = make.visit(make.identity(), tasks=(make.task(2), make.task(3)), cursor={"orbit/engine": "c0ffee"})
    assert taken(store, visit, now, keyer).tasks == 2
    limited = make.visit(
        make.identity("github:2"), tasks=(make.task(4),), outcome=Outcome.LIMITED, cursor={"x": "y"}
    )
    assert taken(store, limited, now, keyer).new == 0
    with store.read() as tx:
        assert intake.cursors(tx, "git_history") == {"orbit/engine": "c0ffee"}
        assert frontier.counts(tx, "git_history") == {"due": 2}


def test_what_a_source_did_in_a_run_is_counted(store: Store, make, now, keyer) -> None:
    trouble = make.visit(task=make.task(2), outcome=Outcome.BROKEN)
    good = make.visit(
        make.identity(), counted={"ghost author": 2}, quarantined=(Quarantined(where="7", reason="no title"),)
    )
    for visit in (good, good, trouble):
        taken(store, visit, now, keyer, run="crawl-1")
    with store.read() as tx:
        (health,) = runs.health(tx, "crawl-1")
    assert (health.visits, health.new, health.unchanged, health.errors) == (3, 1, 1, 1)
    assert health.counted == {"ghost author": 4, "quarantined: no title": 2}


SUPPRESSED = [
    ("id", "github:1001"),
    ("handle", "github:ONA"),
    ("homepage", "http://www.ona.example/"),
    ("orcid", "https://orcid.org/0000-0001-0000-0001"),
    ("email", "e" * 64),
]


@pytest.mark.parametrize(("kind", "value"), SUPPRESSED)
def test_a_suppressed_person_does_not_come_back_by_any_identifier(
    kind: str, value: str, store: Store, make, now, keyer
) -> None:
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest(kind, value)}, "asked", now)
    person = make.identity(
        handle="ona",
        homepage="https://ona.example",
        orcid="0000-0001-0000-0001",
        emails=("e" * 64,),
        name="Ona Vale",
    )
    colleague = make.identity("github:2002", handle="ben", name="Ben Reed")
    alone = make.work("github:orbit/engine#8")
    shared = make.work()
    visit = make.visit(
        person,
        colleague,
        alone,
        shared,
        make.signal(work=alone.id),
        make.signal(),
        make.signal("github:2002"),
        make.claim("git:a", "github:1001"),
        make.identity("git:a", kind=IdentityKind.AUTHOR, name="Ona Vale"),
    )
    for number in range(3):
        result = taken(store, visit, now + timedelta(days=number), keyer)
        assert (result.suppressed, result.new + result.unchanged) == (6, 3)
    with store.read() as tx:
        assert [view.id for view in statements.iter_identities(tx)] == ["github:2002"]


def test_a_renamed_account_that_returns_by_a_new_door_is_recognised_in_any_order(
    new_store: Callable[[], Store], make, now, keyer
) -> None:
    page = make.visit(make.identity(handle="ona-new", emails=("e" * 64,)), task=make.task(1))
    facts = make.visit(make.work(), make.signal(), make.claim("git:a", "github:1001"), task=make.task(2))
    digests = set()
    for order in ((page, facts), (facts, page)):
        store = new_store()
        with store.begin() as tx:
            subjects.suppress(tx, {keyer.digest("email", "e" * 64)}, "asked", now)
        for visit in order:
            taken(store, visit, now, keyer)
        with store.read() as tx:
            digests.add(
                (store_digests(tx)["identity"], store_digests(tx)["signal"], store_digests(tx)["claim"])
            )
            hit = subjects.is_suppressed(tx, {keyer.digest("handle", "github:ona-new")})
        assert hit
    assert len(digests) == 1


def test_the_platforms_testimony_suppresses_every_author_line_of_the_person(
    store: Store, make, now, keyer
) -> None:
    line = make.identity("git:a", kind=IdentityKind.AUTHOR, name="Ona Vale", emails=("f" * 64,))
    commit = make.work("git:orbit/engine@1", kind=WorkKind.COMMIT)
    taken(store, make.visit(line, commit, make.signal("git:a", commit.id)), now, keyer)
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest("id", "github:1001")}, "asked", now)
    testimony = make.claim("email:" + "f" * 64, "github:1001", "platform")
    taken(store, make.visit(testimony, task=make.task(2)), now, keyer)
    assert taken(store, make.visit(line, commit, make.signal("git:a", commit.id)), now, keyer).suppressed == 3
    with store.read() as tx:
        assert not list(statements.iter_identities(tx))
