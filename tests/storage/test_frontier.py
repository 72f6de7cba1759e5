"""Tasks: leased once, in order, again when due; and what the store wants to know."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from spiders.records import Cost, IdentityKind, Outcome, WorkKind
from storage import frontier, intake, statements, subjects
from storage.engine import Store


def lease(store: Store, now, n: int = 10, source: str = "git_history", owner: str = "a", **more):
    with store.begin() as tx:
        return frontier.lease(tx, source, n, now=now, owner=owner, for_s=60, **more)


def add(store: Store, now, *tasks, every: float = 24.0, **more) -> int:
    with store.begin() as tx:
        return frontier.add(tx, tasks, now=now, every_hours={"git_history": every}, **more)


def finish(store: Store, make, task, now, keyer, outcome: Outcome = Outcome.OK, **more):
    with store.begin() as tx:
        return intake.take(
            tx, make.visit(task=task, outcome=outcome, at=now, **more), now=now, run=None, keyer=keyer
        )


def test_tasks_are_leased_once_by_priority_then_key(store: Store, make, now) -> None:
    tasks = [make.task(number, priority=number % 2) for number in range(5)]
    assert add(store, now, *tasks) == 5
    assert add(store, now, *tasks) == 0
    first, second = lease(store, now, 3), lease(store, now, 3)
    expected = sorted(tasks, key=lambda one: (one.priority, one.key))
    assert [one.key for one in first + second] == [one.key for one in expected]
    assert all(one.lease == 1 for one in first + second)
    assert lease(store, now) == []


def test_a_done_task_is_due_again_when_its_time_has_come(store: Store, make, now, keyer) -> None:
    add(store, now, make.task())
    (task,) = lease(store, now)
    finish(store, make, task, now, keyer)
    assert add(store, now + timedelta(hours=12), make.task()) == 0
    assert add(store, now + timedelta(hours=23), make.task(cursor="c0ffee")) == 1
    (again,) = lease(store, now + timedelta(hours=23))
    assert (again.lease, again.cursor, again.etag) == (2, "c0ffee", '"1"')


def test_returned_tasks_are_leased_again_under_a_new_fence(store: Store, make, now) -> None:
    add(store, now, make.task(1), make.task(2))
    lease(store, now)
    with store.begin() as tx:
        assert frontier.expire(tx, now + timedelta(seconds=59)) == 0
        assert frontier.release(tx, "a") == 2
    assert [one.lease for one in lease(store, now, owner="b")] == [3, 3]


OUTCOMES = [
    (Outcome.LIMITED, 899, 901),
    (Outcome.BROKEN, 59, 61),
    (Outcome.NONE_YET, 3599, 3601),
    (Outcome.REFUSED, 12 * 3600, 20 * 3600),
    (Outcome.BLOCKED_ADDRESS, 29 * 86400, 30 * 86400),
]


@pytest.mark.parametrize(("outcome", "too_early_s", "in_time_s"), OUTCOMES)
def test_an_outcome_says_when_to_ask_again(
    outcome: Outcome, too_early_s: int, in_time_s: int, store: Store, make, now, keyer
) -> None:
    add(store, now, make.task())
    finish(store, make, lease(store, now)[0], now, keyer, outcome)
    assert add(store, now + timedelta(seconds=too_early_s), make.task()) == 0
    assert lease(store, now + timedelta(seconds=too_early_s)) == []
    assert len(lease(store, now + timedelta(seconds=in_time_s))) == 1


def test_a_sources_own_word_on_patience_wins(store: Store, make, now, keyer) -> None:
    add(store, now, make.task())
    finish(store, make, lease(store, now)[0], now, keyer, Outcome.LIMITED, retry_after_s=7200.0)
    assert lease(store, now + timedelta(seconds=7199)) == []
    assert len(lease(store, now + timedelta(seconds=7200))) == 1


def test_five_failures_put_a_task_aside_until_tomorrow(store: Store, make, now, keyer) -> None:
    add(store, now, make.task())
    for _ in range(5):
        now += timedelta(hours=1)
        finish(store, make, lease(store, now)[0], now, keyer, Outcome.TIMEOUT)
    assert lease(store, now + timedelta(hours=19)) == []
    assert len(lease(store, now + timedelta(hours=20))) == 1


def test_gone_counts_after_two_answers_a_day_apart(store: Store, make, now, keyer) -> None:
    add(store, now, make.task())
    (task,) = lease(store, now)
    with store.begin() as tx:
        intake.take(tx, make.visit(make.identity(), task=task), now=now, run=None, keyer=keyer)
    for hours, known in ((30, True), (31, True), (55, False)):
        at = now + timedelta(hours=hours)
        add(store, at, make.task())
        for again in lease(store, at):
            finish(store, make, again, at, keyer, Outcome.GONE)
        with store.read() as tx:
            assert bool(statements.identities(tx, ["github:1001"])) is known
    assert add(store, now + timedelta(days=90), make.task()) == 0


def test_tasks_that_name_a_suppressed_person_are_never_asked(store: Store, make, now, keyer) -> None:
    named = [
        make.task(1, params={"accounts": [{"id": 1001, "login": "x"}]}),
        make.task(2, params={"login": "Ona"}),
        make.task(3, url="https://ona.example/"),
        make.task(4, params={"repositories": ["ona/engine"]}),
        make.task(5, url="https://api.github.com/users/ona"),
    ]
    values = [("id", "github:1001"), ("handle", "github:ona"), ("homepage", "https://ona.example")]
    add(store, now, named[0], make.task(9))
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest(*value) for value in values}, "asked", now)
    assert [one.url for one in lease(store, now, keyer=keyer)] == ["https://code.example/9"]
    assert add(store, now, *named, keyer=keyer) == 0


def test_the_store_asks_for_accounts_commits_and_pages_it_knows_nothing_about(
    store: Store, make, now, keyer
) -> None:
    def author(one: str, email: str):
        return make.identity(one, kind=IdentityKind.AUTHOR, name="Ona Vale", emails=(email * 64,))

    sha = {"a": "a" * 40, "b": "b" * 40, "c": "c" * 40}
    records = [
        make.identity("github:7", handle="ona", homepage="https://ona.example"),
        make.identity("github:8", handle="ben"),
        make.identity("github:9", source="github_people", handle="known"),
        author("git:1", "a"),
        author("git:2", "b"),
        author("git:3", "c"),
        make.claim("git:2", "github:8"),
        make.claim("email:" + "c" * 64, "github:9", "platform"),
    ]
    for one, letter in (("git:1", "a"), ("git:2", "b"), ("git:3", "c")):
        work = make.work(f"git:orbit/engine@{sha[letter]}", kind=WorkKind.COMMIT)
        records += [work, make.signal(one, work.id, id=f"git:{sha[letter]}:authored:{one}")]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
    expected = {
        "github_accounts": [{"id": 7, "login": "ona"}, {"id": 8, "login": "ben"}],
        "unlinked_commits": [{"repository": "orbit/engine", "sha": sha["a"], "digest": "a" * 64}],
        "homepages": [{"url": "https://ona.example", "identity": "github:7"}],
    }
    for want, answers in expected.items():
        with store.begin() as tx:
            assert frontier.wanted(tx, want, now=now, ttl_days=30, limit=10) == answers
            assert frontier.wanted(tx, want, now=now, ttl_days=30, limit=1) == answers[:1]
            frontier.put_asked(tx, want, answers, now=now)
            assert frontier.wanted(tx, want, now=now + timedelta(days=29), ttl_days=30, limit=10) == []
            later = frontier.wanted(tx, want, now=now + timedelta(days=31), ttl_days=30, limit=10)
        assert [one for one in later if one.get("id") != 9] == answers


def accounts(*numbers: int) -> dict[str, list[dict[str, object]]]:
    return {"accounts": [{"id": number, "login": f"login{number}"} for number in numbers]}


def test_a_batch_loses_only_the_suppressed_person_when_added_and_when_leased(
    store: Store, make, now, keyer
) -> None:
    add(store, now, make.task(1, params=accounts(1, 2, 3)), make.task(2, params=accounts(2)))
    digests = "a" * 64, "b" * 64
    commits = [{"sha": "c0ffee", "digest": digest} for digest in digests]
    add(store, now, make.task(3, params={"repository": "orbit/engine", "commits": commits}))
    values = [("handle", "github:login2"), ("id", "github:5"), ("email", digests[0])]
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest(*value) for value in values}, "asked", now)
    assert add(store, now, make.task(4, params=accounts(4, 5, 6)), keyer=keyer) == 1
    assert add(store, now, make.task(5, params=accounts(5)), keyer=keyer) == 0
    leased = lease(store, now, keyer=keyer)
    left = [accounts(1, 3), accounts(4, 6), {"repository": "orbit/engine", "commits": commits[1:]}]
    assert all(one.params in left for one in leased) and len(leased) == len(left)
    for one in leased:  # the lease is good for its visit
        assert finish(store, make, one, now, keyer).refused is False
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"done": 3}


def test_forgetting_one_person_leaves_the_others_of_a_batch_to_be_asked(
    store: Store, make, now, keyer
) -> None:
    with store.begin() as tx:
        intake.take(
            tx, make.visit(make.identity("github:2222", handle="login2222")), now=now, run=None, keyer=keyer
        )
    add(store, now, make.task(1, params=accounts(1111, 2222, 3333)), make.task(2, params=accounts(2222)))
    with store.begin() as tx:
        subjects.drop(tx, {"github:2222"}, now, keyer=keyer, reason="asked")
    assert [one.params for one in lease(store, now, keyer=keyer)] == [accounts(1111, 3333)]


def test_a_kind_of_question_may_have_its_own_time(store: Store, make, now, keyer) -> None:
    hours = {"git_history": 24.0, "git_history/history": 240.0}
    with store.begin() as tx:
        frontier.add(tx, [make.task(1), make.task(2)], now=now, every_hours=hours)
    (task, _) = lease(store, now)
    finish(store, make, task, now, keyer)
    for days, due in ((2, 0), (11, 1)):
        later = now + timedelta(days=days)
        with store.begin() as tx:
            coming = frontier.coming(tx, [task, make.task(3)], now=later, every_hours=hours)
            assert len(coming) == due + 1
            assert frontier.add(tx, [task], now=later, every_hours=hours) == due


def test_what_pages_named_comes_round_by_itself_and_seeds_do_not(store: Store, make, now, keyer) -> None:
    hours = {"git_history": 168.0}
    add(store, now, make.task(1, depth=1), make.task(2))
    for task in lease(store, now):
        finish(store, make, task, now, keyer)
    for days, due in ((2, 0), (8, 1)):
        later = now + timedelta(days=days)
        with store.begin() as tx:
            waiting = frontier.waiting(tx, "git_history", ["history"], now=later, every_hours=hours)
            assert [(one.key, one.lease) for one in waiting] == [(make.task(1).key, 2)] * due
            assert frontier.revive(tx, "git_history", ["history"], now=later, every_hours=hours) == due
            assert frontier.due(tx, "git_history", now=later) == due


def failing(store: Store, make, now, keyer, outcome: Outcome, *, times: int, **more) -> list[int]:
    """Let a task that is brought every day fail whenever it is asked; return on which days that was."""
    asked: list[int] = []
    day = -1
    while len(asked) < times:
        day += 1 if len(asked) < 28 else 7  # once it is asked weekly, no other day is looked at
        at = now + timedelta(days=day)
        add(store, at, make.task())
        for task in lease(store, at):
            asked.append(day)
            finish(store, make, task, at, keyer, outcome, cost=Cost(requests=1), **more)
    return asked


@pytest.mark.row("F04", "F05")
@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.REFUSED])
def test_nothing_is_asked_in_vain_every_night_for_ever(
    outcome: Outcome, store: Store, make, now, keyer
) -> None:
    asked = failing(store, make, now, keyer, outcome, times=50, page=None)
    assert asked[:26] == list(range(26)) and {b - a for a, b in pairwise(asked[25:])} == {7}
    at = now + timedelta(days=asked[-1] + 7)
    (task,) = lease(store, at)
    finish(store, make, task, at, keyer)
    assert add(store, at + timedelta(days=1), make.task()) == 1
    assert len(lease(store, at + timedelta(days=1))) == 1


@pytest.mark.row("F15")
def test_a_question_answered_with_a_no_for_a_week_is_given_up(store: Store, make, now, keyer) -> None:
    page = make.visit().page
    no = replace(page, status=400, media_type="")
    asked = failing(store, make, now, keyer, Outcome.BROKEN, times=12, page=no)
    assert asked == list(range(12))
    for day, is_asked in ((13, False), (17, False), (18, True), (20, False)):
        at = now + timedelta(days=day)
        assert lease(store, at) == []  # nobody raised it
        assert add(store, at, make.task()) == int(is_asked)  # a walk begun again named it
        for task in lease(store, at):
            finish(store, make, task, at, keyer, Outcome.BROKEN, page=no, cost=Cost(requests=1))


@pytest.mark.row("F30")
def test_a_question_that_was_not_asked_has_not_failed(store: Store, make, now, keyer) -> None:
    add(store, now, make.task())
    for night in range(30):  # a revoked token: a source is asked once a night, whatever else waits
        (task,) = lease(store, now + timedelta(days=night))
        finish(store, make, task, now + timedelta(days=night), keyer, Outcome.REFUSED)
