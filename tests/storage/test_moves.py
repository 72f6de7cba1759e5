"""Repositories and accounts that change their names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from spiders.records import Gone, Moved, Visit
from storage import intake, pool, snapshot, statements, subjects
from storage.digest import store_digest, store_digests
from storage.engine import Store
from storage.tables import claim, signal, work

NUMBER = "github-repository:9001"


def take(store: Store, visit: Visit, now, keyer) -> intake.Taken:
    with store.begin() as tx:
        return intake.take(tx, visit, now=now, run=None, keyer=keyer)


def moved(make, old: str, new: str, at, number: str = NUMBER) -> Moved:
    via = make.via(at, source="github_pulls")
    return Moved(old=f"github:{old}", new=f"github:{new}", number=number, via=via)


def facts(make, name: str, at, number: int = 12, source: str = "github_pulls") -> list[Any]:
    """A pull request, its signal, a commit and its signal, and a paper's link, as read under a name."""
    pull, commit = f"github:{name}#{number}", f"git:{name}@c0ffee{number}"
    read = make.via(at, source=source, url=f"https://github.com/{name}/pull/{number}")
    said = [
        make.identity("github:1001", at=at, source=source),
        make.work(f"github:{name}", at=at, source=source, title=name),
        make.work(pull, at=at, source=source, part_of=f"github:{name}"),
        make.signal(work=pull, at=at, source=source, id=f"github:merged:{name}#{number}:1001"),
        make.work(commit, at=at, source=source, part_of=f"github:{name}"),
        make.signal(work=commit, at=at, source=source, id=f"{commit}:authored:git:a"),
        make.claim("arxiv:1", f"github:{name}", "paper_code", at=at, source=source),
    ]
    return [replace(one, via=read) for one in said]


def ids(store: Store) -> dict[str, set[str]]:
    with store.read() as tx:
        return {
            "work": set(tx.execute(select(work.c.id)).scalars()),
            "part_of": set(tx.execute(select(work.c.part_of)).scalars()) - {None},
            "signal": set(tx.execute(select(signal.c.id)).scalars()),
            "of": set(tx.execute(select(signal.c.work)).scalars()),
            "claim": set(tx.execute(select(claim.c.right)).scalars()),
        }


def expected(name: str, number: int = 12) -> dict[str, set[str]]:
    pull, commit = f"github:{name}#{number}", f"git:{name}@c0ffee{number}"
    return {
        "work": {f"github:{name}", pull, commit},
        "part_of": {f"github:{name}"},
        "signal": {f"github:merged:{name}#{number}:1001", f"git:{name}@c0ffee{number}:authored:git:a"},
        "of": {pull, commit},
        "claim": {f"github:{name}"},
    }


@pytest.mark.row("F31")
def test_what_was_said_under_a_former_name_is_one_with_what_is_said_now(
    store: Store, make, now, keyer
) -> None:
    night = timedelta(days=1)
    take(store, make.visit(*facts(make, "orbit/engine", now)), now, keyer)
    take(
        store,
        make.visit(moved(make, "orbit/engine", "nova/core", now + night), task=make.task(2)),
        now,
        keyer,
    )
    assert ids(store) == expected("nova/core")
    late = [*facts(make, "Orbit/Engine", now + 2 * night), *facts(make, "nova/core", now + 2 * night)]
    take(store, make.visit(*late, task=make.task(3)), now, keyer)
    assert ids(store) == expected("nova/core")
    further = moved(make, "orbit/engine", "nova/kernel", now + 3 * night)
    take(store, make.visit(further, task=make.task(4)), now, keyer)
    assert ids(store) == expected("nova/kernel")
    gone = Gone(id="github:orbit/engine#12", via=make.via(now + 4 * night, source="github_pulls"))
    take(store, make.visit(gone, task=make.task(5)), now, keyer)
    with store.read() as tx:
        works = {row["work"] for batch in pool.works(tx, snapshot.WORKS) for row in batch.to_pylist()}
        assert "github:nova/kernel#12" not in works


@pytest.mark.row("F31")
def test_a_renamed_account_is_the_same_record_under_its_new_handle(store: Store, make, now, keyer) -> None:
    later = now + timedelta(days=1)
    for at, handle in ((later, "ona-vale"), (now, "ona")):  # in either order
        one = make.identity(handle=handle, at=at, source="github_people")
        take(store, make.visit(one, task=make.task(url=f"https://code.example/{handle}"), at=at), at, keyer)
    with store.read() as tx:
        (view,) = statements.iter_identities(tx)
    assert (view.id, view.handles) == ("github:1001", ("ona-vale", "ona"))


@pytest.mark.row("F31", "F17")
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_moves_and_facts_in_any_order_leave_the_same_store(
    data, new_store: Callable[[], Store], make, now, keyer
) -> None:
    names = ["orbit/engine", "nova/core", "nova/kernel"]
    moments = st.integers(0, 4).map(lambda day: now + timedelta(days=day))
    visits = []
    for number in range(data.draw(st.integers(2, 5))):
        at, name = data.draw(moments), data.draw(st.sampled_from(names))
        one = (
            [moved(make, name, data.draw(st.sampled_from(names)), at)]
            if data.draw(st.booleans())
            else facts(make, name, at, source=data.draw(st.sampled_from(["git_history", "github_pulls"])))
        )
        visits.append(make.visit(*one, task=make.task(number), at=at))
    shuffled = data.draw(st.permutations(visits)) + data.draw(st.lists(st.sampled_from(visits), max_size=2))
    parts = []
    for order in (visits, shuffled):
        store = new_store()
        for visit in order:
            take(store, visit, now, keyer)
        with store.read() as tx:
            parts.append(store_digests(tx))
    assert parts[0] == parts[1]


def test_a_name_taken_up_by_another_is_another_thing(store: Store, make, now, keyer) -> None:
    day = timedelta(days=1)
    take(store, make.visit(*facts(make, "orbit/engine", now), task=make.task(1)), now, keyer)
    take(
        store, make.visit(moved(make, "orbit/engine", "nova/core", now + day), task=make.task(2)), now, keyer
    )
    # the night in which somebody else has the name: the history is read before the platform says so
    take(store, make.visit(*facts(make, "orbit/engine", now + 3 * day, 40), task=make.task(3)), now, keyer)
    other = moved(make, "orbit/engine", "orbit/engine", now + 3 * day, "github-repository:666")
    take(store, make.visit(other, task=make.task(4)), now, keyer)
    take(store, make.visit(*facts(make, "orbit/engine", now + 4 * day, 41), task=make.task(5)), now, keyer)
    found = ids(store)["of"]
    assert {"github:nova/core#12", "github:orbit/engine#40", "github:orbit/engine#41"} <= found
    assert not {"github:nova/core#40", "github:nova/core#41"} & found


def test_a_name_of_today_that_belongs_to_a_suppressed_person_keeps_the_facts_out(
    store: Store, make, now, keyer
) -> None:
    take(store, make.visit(moved(make, "orbit/engine", "ona/core", now)), now, keyer)
    with store.begin() as tx:
        subjects.suppress(tx, {keyer.digest("handle", "github:ona")}, "asked", now)
    take(store, make.visit(*facts(make, "orbit/engine", now), task=make.task(2)), now, keyer)
    assert ids(store)["work"] == ids(store)["of"] == set()


def test_the_digest_of_a_store_knows_its_moves(new_store: Callable[[], Store], make, now, keyer) -> None:
    one, other = new_store(), new_store()
    take(one, make.visit(moved(make, "orbit/engine", "nova/core", now)), now, keyer)
    with one.read() as left, other.read() as right:
        assert store_digest(left) != store_digest(right)
