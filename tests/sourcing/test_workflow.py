"""What recruiters do is remembered with who and why, and every deed is taken back to the byte."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import board, feedback, history, lists, marking, resolve, review, searches
from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.query import parse
from sourcing.resolve import review as queue
from storage import acts, audit, intake, persons, search
from storage import feedback as words
from storage import lists as stored
from storage import people as marks
from storage.engine import Store
from storage.errors import NotFound
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
NAMES = ("Amina Okonjo", "Bruno Falk", "Chiara Moss", "Dov Reed")


@pytest.fixture
def team(store: Store, make: Any, keyer: PepperKeyer) -> tuple[Store, list[str]]:
    """A store with four people and a shortlist; their keys in the order of their names."""
    take(store, make, keyer, NAMES)
    with store.read() as tx:
        keys = [persons.find_by_identity(tx, f"github:{number}").key for number in range(1, 5)]
    lists.create(store, "Staff Eng", specialism=None, actor="ana", now=NOW)
    return store, keys


@pytest.fixture
def way(tmp_path: Path, keyer: PepperKeyer) -> history.Way:
    return history.Way(home=tmp_path, roots=[], keyer=keyer)


def take(store: Store, make: Any, keyer: PepperKeyer, names: tuple[str, ...], first: int = 1) -> None:
    records = [
        make.identity(f"github:{number}", handle=f"user{number}", name=name)
        for number, name in enumerate(names, start=first)
    ]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records, task=make.task(first)), now=NOW, run=None, keyer=keyer)
    resolve.run(store, now=NOW, run=None, keyer=keyer)


def kept(store: Store, keys: list[str]) -> Any:
    """Everything recruiters put on people, without the moments at which it was put."""
    with store.read() as tx:
        held = [sorted((one.kind, one.value, one.actor) for one in marks.marks(tx, key)) for key in keys]
        away = [sorted(marks.dismissals(tx, place)) for place in ("list:Staff Eng", "search:New")]
        thumbs = {
            key: [(one.subject, one.value, one.actor) for one in each]
            for key, each in words.of(tx, keys).items()
        }
        listed = stored.show(tx, "Staff Eng")
        on = [(one.person, one.position, one.stage, one.reviewer, one.actor) for one in listed.items]
        return held, away, thumbs, on, (listed.owner, listed.status, listed.query)


BY: dict[str, Any] = {"actor": "ana", "now": NOW}
EARLIER: dict[str, Any] = {"actor": "ana", "now": NOW - timedelta(hours=1)}
DEEDS = {
    "stage": lambda store, keys: marking.set_stage(store, keys, "reviewing", reason="strong", **BY),
    "tag": lambda store, keys: marking.tag(store, keys, add=["kernels", "old"], remove=["rlhf"], **BY),
    "note": lambda store, keys: marking.note(store, keys, "met at a meetup", **BY),
    "hide": lambda store, keys: marking.hide(store, keys, reason="left", scope="everywhere", **BY),
    "unhide": lambda store, keys: marking.show_again(store, keys, **BY),
    "dismiss": lambda store, keys: marking.hide(
        store, keys, reason="no", scope="shortlist", place="Staff Eng", **BY
    ),
    "search": lambda store, keys: marking.hide(store, keys, reason="no", scope="search", place="New", **BY),
    "thumb": lambda store, keys: feedback.thumb(store, keys, "up", subject="inference", **BY),
    "add": lambda store, keys: lists.add(store, "Staff Eng", keys, **BY).deed,
    "remove": lambda store, keys: lists.remove(store, "Staff Eng", keys, **BY).deed,
    "move": lambda store, keys: lists.move(store, "Staff Eng", keys[0], 2, **BY).deed,
    "list stage": lambda store, keys: (
        lists.set_stage(store, "Staff Eng", keys[:1], "contacted", reason="wrote", **BY).deed
    ),
    "reviewer": lambda store, keys: lists.set_reviewer(store, "Staff Eng", keys[:1], "ben", **BY).deed,
    "status": lambda store, keys: lists.set_status(store, "Staff Eng", "paused", reason="budget", **BY).deed,
    "owner": lambda store, keys: lists.set_owner(store, "Staff Eng", "ben", reason="holiday", **BY).deed,
    "query": lambda store, keys: lists.set_query(store, "Staff Eng", "kernels", **BY).deed,
}


@pytest.mark.parametrize("what", DEEDS)
def test_every_deed_leaves_nothing_once_it_is_undone(
    team: tuple[Store, list[str]], way: history.Way, what: str
) -> None:
    store, keys = team
    searches.save(store, "New", "reed", specialism=None, **EARLIER)
    lists.add(store, "Staff Eng", [keys[0], keys[3], keys[1]], **EARLIER)
    lists.set_stage(store, "Staff Eng", keys[0], "reviewing", reason="fits", **EARLIER)
    marking.tag(store, keys[:2], add=["rlhf", "old"], remove=[], **EARLIER)
    if what == "add":  # whoever was dismissed from it comes back, and is dismissed once more by Undo
        marking.hide(store, keys[2], reason="no", scope="shortlist", place="Staff Eng", **EARLIER)
    if what == "unhide":
        marking.hide(store, keys[:3], reason="away", scope="everywhere", **EARLIER)
    before = kept(store, keys)
    deed = DEEDS[what](store, keys[:3])
    assert deed is not None and kept(store, keys) != before
    with store.read() as tx:
        told = history.last(tx, "ana")
    assert told is not None and (told.id, told.actor, told.is_open) == (deed, "ana", True)
    assert not any(name in told.text for name in NAMES)
    history.undo(store, deed, actor="ben", now=NOW, way=way)
    assert kept(store, keys) == before
    with pytest.raises(BadInput, match=r"undone already.*by ben"):
        history.undo(store, deed, actor="ana", now=NOW, way=way)
    with store.read() as tx:
        assert audit.verify(tx).ok and audit.of_action(tx, "act.undo")[0].actor == "ben"
        assert history.get(tx, deed).undone_by == "ben"


def test_of_two_who_undo_at_once_one_is_told_it_was_undone(
    team: tuple[Store, list[str]], way: history.Way
) -> None:
    store, keys = team
    deeds = [marking.tag(store, keys[0], add=[f"t{at}"], remove=[], **BY) or "" for at in range(4)]

    def undone(deed: str) -> bool:
        try:
            history.undo(store, deed, actor="ana", now=NOW, way=way)
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(undone, [deed for deed in deeds for _ in range(4)]))
    assert sum(told) == len(deeds)
    with store.read() as tx:
        assert len(audit.of_action(tx, "act.undo")) == len(deeds)


def test_what_changed_again_is_not_undone_over_it(team: tuple[Store, list[str]], way: history.Way) -> None:
    store, keys = team
    first = marking.set_stage(store, keys[0], "reviewing", reason="fits", **BY)
    marking.set_stage(store, keys[0], "rejected", reason="no kernels", **BY)
    with pytest.raises(BadInput, match="changed again since, to rejected"):
        history.undo(store, first or "", actor="ana", now=NOW, way=way)
    assert marking.set_stage(store, keys[0], "rejected", reason="still", **BY) is None, "nothing changed"
    with pytest.raises(NotFound, match="nothing was done under"):
        history.undo(store, "ffffffffffff", actor="ana", now=NOW, way=way)


@pytest.mark.row("P11")
def test_no_status_changes_without_a_reason(team: tuple[Store, list[str]]) -> None:
    store, keys = team
    lists.add(store, "Staff Eng", keys, **BY)
    with store.read() as tx:
        before = len(audit.entries(tx, limit=100))
    for nothing in ("", "  ", None):
        for change in (
            lambda why: marking.set_stage(store, keys[0], "rejected", reason=why, **BY),
            lambda why: lists.set_stage(store, "Staff Eng", keys[0], "rejected", reason=why, **BY),
            lambda why: lists.set_status(store, "Staff Eng", "filled", reason=why, **BY),
            lambda why: lists.set_owner(store, "Staff Eng", "ben", reason=why, **BY),
            lambda why: marking.hide(store, keys[0], reason=why, scope="everywhere", **BY),
        ):
            with pytest.raises(NotAllowed, match="P11"):
                change(nothing)
    with store.read() as tx:
        assert len(audit.entries(tx, limit=100)) == before
    with pytest.raises(UnknownName, match="did you mean 'paused'"):
        lists.set_status(store, "Staff Eng", "pause", reason="x", **BY)
    with pytest.raises(NotFound, match="is not on 'Staff Eng'"):
        lists.remove(store, "Staff Eng", [keys[3]], **BY)
        lists.set_stage(store, "Staff Eng", keys[3], "rejected", reason="x", **BY)


def test_contact_for_one_role_is_known_in_every_other_and_rejection_is_not(
    team: tuple[Store, list[str]],
) -> None:
    store, keys = team
    lists.create(store, "Other role", specialism=None, **BY)
    for name in ("Staff Eng", "Other role"):
        lists.add(store, name, keys[:2], **BY)
    lists.set_stage(store, "Staff Eng", keys[0], "rejected", reason="too junior here", **BY)
    lists.set_stage(store, "Staff Eng", keys[1], "contacted", reason="wrote to them", **BY)
    with store.read() as tx:
        other = board.show(tx, "Other role", now=NOW)
        here = board.show(tx, "Staff Eng", now=NOW)
    assert [row.stage for row in here.rows] == ["rejected", "contacted"]
    assert [row.stage for row in other.rows] == ["new", "contacted"]
    assert [badge.kind for badge in other.rows[1].badges] == ["contacted before"]
    assert (here.stages["rejected"], here.stages["contacted"], here.stages["new"]) == (1, 1, 0)


def test_somebody_dismissed_in_one_place_is_found_everywhere_else(team: tuple[Store, list[str]]) -> None:
    store, keys = team
    marking.hide(store, keys[0], reason="not this role", scope="shortlist", place="Staff Eng", **BY)

    def found(query: str) -> set[str]:
        with store.read() as tx:
            return {one.person for one in search.find(tx, parse(query), specialism=None, limit=10)}

    assert found("okonjo") == {keys[0]} and found('okonjo -dismissed:"list:Staff Eng"') == set()
    with store.read() as tx:
        assert board.show(tx, "Staff Eng", now=NOW).dismissed == {keys[0]: "not this role"}
    lists.add(store, "Staff Eng", [keys[0]], **BY)
    assert found('okonjo -dismissed:"list:Staff Eng"') == {keys[0]}, "who is put on it is wanted after all"
    with pytest.raises(BadInput, match="say which"):
        marking.hide(store, keys[0], reason="x", scope="search", **BY)


def test_a_saved_search_tells_who_came_since_and_only_the_displayed_stop_being_new(
    team: tuple[Store, list[str]], make: Any, keyer: PepperKeyer
) -> None:
    store, keys = team
    assert searches.save(store, "Moss people", "moss", specialism=None, **BY) == 1

    def new() -> list[str]:
        with store.read() as tx:
            (one,) = searches.ls(tx, now=NOW)
            assert one.new == len(searches.new_keys(tx, "Moss people"))
            assert len(one.top) == min(3, one.new)
            return [hit.person for hit in searches.new(tx, "Moss people", limit=10, now=NOW)]

    assert new() == []
    take(store, make, keyer, ("Ida Moss", "Eli Moss", "Jo Moss"), first=11)
    fresh = new()
    assert len(fresh) == 3 and keys[2] not in fresh
    assert searches.see(store, "Moss people", fresh[:1], now=NOW) == 1
    assert searches.see(store, "Moss people", [*fresh[:1], "p_nobody"], now=NOW) == 0
    assert new() == fresh[1:]
    marking.hide(store, fresh[1], reason="no", scope="search", place="Moss people", **BY)
    assert new() == fresh[2:]
    with pytest.raises(NotFound, match="did you mean 'Moss people'"):
        searches.see(store, "Moss peple", fresh, now=NOW)
    searches.remove(store, "Moss people", **BY)
    with store.read() as tx:
        assert searches.ls(tx, now=NOW) == []
        assert all("Moss" not in str(entry) for entry in audit.entries(tx, limit=100))


def test_a_question_is_answered_put_off_and_taken_back(
    store: Store, make: Any, keyer: PepperKeyer, way: history.Way
) -> None:
    home = "https://amina.example"
    page = f"page:{home}"
    records = [
        make.identity("github:1", handle="amina-o", name="Amina Okonjo", homepage=home),
        make.identity("git:a", name="Amina Okonjo", emails=("e" * 64,)),
        make.claim("git:a", "github:1"),
        make.identity(page, name="Amina Okonjo"),
        make.identity("github:2", handle="other", name="Dov Reed"),
        make.identity("git:b", name="Dov Reed", emails=("f" * 64,)),
        make.claim("git:b", "github:2"),
    ]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)
    resolve.run(store, now=NOW, run=None, keyer=keyer)
    by = {**BY, "keyer": keyer}

    def asked(later: bool = False, at: datetime = NOW) -> list[str]:
        with store.read() as tx:
            return [one.id for one in review.questions(tx, limit=10, now=at, later=later)[0]]

    (pair,) = asked()
    with store.read() as tx:
        assert review.pairs(tx) == queue.queue(persons.edges(tx), evidence={"github:1": 0, page: 0})
        question = review.get(tx, pair, now=NOW)
    assert question.speaks_for and {question.left.identity, question.right.identity} == {"github:1", page}
    sides = (question.left.identity, question.right.identity)
    off = review.later(store, *sides, **BY)
    assert asked() == [] and asked(later=True) == [pair]
    assert asked(at=NOW + timedelta(days=15)) == [pair]
    history.undo(store, off.deed, actor="ana", now=NOW, way=way)
    assert asked() == [pair]
    for answer, people in ((review.same, 2), (review.different, 3)):
        done = answer(store, *sides, reason="the same page", **by)
        assert asked() == [] and done.decided is not None and done.decided.persons == people
        history.undo(store, done.deed, actor="ana", now=NOW, way=way)
        assert asked() == [pair], answer
    joined = review.same(store, *sides, reason="the same page", **by)
    assert joined.decided is not None
    parted = review.split(store, joined.decided.person, [page], reason="no", **by)
    assert parted.decided is not None and parted.decided.persons == 3
    history.undo(store, parted.deed, actor="ana", now=NOW, way=way)
    with store.read() as tx:
        assert persons.find_by_identity(tx, "github:1") == persons.find_by_identity(tx, page)
        assert len(acts.of_people(tx, [joined.decided.person], limit=50)) >= 4
    with pytest.raises(BadInput, match="one person already"):
        review.later(store, *sides, **BY)
