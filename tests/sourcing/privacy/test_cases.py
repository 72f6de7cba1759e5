"""What people ask about themselves: corrected for good, disputed until decided, erased once control is shown."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ona import take, visit
from sqlalchemy import update

from sourcing import history
from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.privacy import cases, corrections, erase, proof, retention
from sourcing.privacy.proof import NotShown
from sourcing.query import parse
from sourcing.settings import Settings
from storage import audit, feedback, people, persons, scores, search, statements, subjects
from storage import cases as cases_kept
from storage.cases import Kind, State
from storage.engine import Store
from storage.errors import NotFound
from storage.tables import rights_case

ACCOUNT = "github:770077"
DAY = timedelta(days=1)


@pytest.mark.row("P07")
def test_a_correction_outlives_three_crawls_that_find_the_wrong_value_again(
    store: Store, settings: Settings, ona: str, make: Any, now: datetime, keyer: Any
) -> None:
    def correct(attribute: str, wrong: str, right: str | None) -> int:
        return corrections.correct(
            store, ona, attribute, wrong=wrong, right=right, reason="asked", actor="ana", now=now + DAY
        )

    assert correct("name", "Ona Quill Vale", "Ona Vale-Reed") == 1
    assert correct("affiliation", "Vale Institute", None) == 1
    with pytest.raises(NotFound, match="no source says location 'Elsewhere'"):
        correct("location", "Elsewhere", "Here")
    with pytest.raises(UnknownName):
        correct("shoe size", "41", "42")
    for night in range(2, 5):
        later = now + night * DAY
        take(store, visit(make, later), keyer, later)
        with store.begin() as tx:
            persons.rebuild(tx, [frozenset({ACCOUNT}), frozenset({"github:5"})], later)
            search.reindex(tx, None)
            view = statements.identities(tx, [ACCOUNT])[ACCOUNT]
            assert view.names == ("Ona Vale-Reed",) and view.affiliations == ()
            assert persons.get(tx, ona).name == "Ona Vale-Reed"
            found = search.find(tx, parse("reed"), specialism=None, limit=9)
            assert ona in {one.person for one in found}
    with store.read() as tx:
        told = [one.detail for one in audit.of_action(tx, corrections.ACTION)]
    assert told == [{"attribute": "name"}, {"attribute": "affiliation"}]


def shows(word: str, number: int = 770077) -> proof.Read:
    """Return what reads an account of GitHub whose bio holds a word."""

    def read(url: str) -> str:
        assert url == "https://api.github.com/users/onavale"
        return json.dumps({"id": number, "login": "onavale", "bio": f"quiet kernels {word}"})

    return read


@pytest.fixture
def ask(store: Store, settings: Settings, now: datetime) -> Callable[..., cases.Opened]:
    def open_one(kind: str, **more: Any) -> cases.Opened:
        subject = more.pop("subject", "https://github.com/OnaVale")
        return cases.open_case(store, settings, kind=kind, subject=subject, now=now, **more)

    return open_one


def test_a_request_says_nothing_and_does_nothing_before_the_word_is_seen(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any
) -> None:
    held, stranger = ask("erasure"), ask("erasure", subject="github:nobody-here")
    assert (
        (held.case.state, held.case.person)
        == (stranger.case.state, stranger.case.person)
        == (State.ASKED, None)
    )
    assert cases.word(settings, held.case) != cases.word(settings, stranger.case)
    with pytest.raises(NotShown, match="does not show sourcer-"):
        cases.prove(store, settings, held.case, read=shows("something else"), now=now)
    with pytest.raises(NotShown):
        cases.prove(store, settings, held.case, read=lambda url: "no account", now=now)
    with pytest.raises(BadInput, match="too old"):
        cases.prove(
            store, settings, held.case, read=shows(cases.word(settings, held.case)), now=now + 31 * DAY
        )
    with store.read() as tx:
        assert persons.get(tx, ona).key == ona
    with pytest.raises(NotFound):
        cases.follow(store, settings, held.token + "x")
    assert cases.follow(store, settings, held.token) == held.case


@pytest.mark.row("P08", "P10")
@pytest.mark.parametrize("kind", ["erasure", "objection"])
def test_whoever_shows_control_is_erased_at_once_and_kept_away(
    store: Store, settings: Settings, ona: str, make: Any, now: datetime, keyer: Any, ask: Any, kind: str
) -> None:
    opened = ask(kind)
    answered = cases.prove(
        store, settings, opened.case, read=shows(cases.word(settings, opened.case)), now=now
    )
    assert answered.state is State.DONE and answered.person is None and answered.subject is None
    take(store, visit(make, now + DAY), keyer, now + DAY)
    with store.read() as tx:
        assert set(statements.identities(tx, [ACCOUNT, "github:5"])) == {"github:5"}
        assert audit.verify(tx).ok
    with pytest.raises(BadInput, match="answered already"):
        cases.prove(store, settings, answered, read=shows(cases.word(settings, opened.case)), now=now)


def test_whoever_is_not_held_and_objects_is_kept_away_before_they_ever_come(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any, ask: Any
) -> None:
    opened = ask("objection")
    cases.prove(store, settings, opened.case, read=shows(cases.word(settings, opened.case)), now=now)
    with store.read() as tx:
        assert subjects.is_suppressed(tx, {keyer.digest("id", ACCOUNT)})
    take(store, visit(make, now), keyer, now)
    with store.read() as tx:
        assert statements.identities(tx, [ACCOUNT]) == {}


@pytest.mark.row("P07")
@pytest.mark.parametrize("refused", [True, False])
def test_disputed_evidence_counts_for_nobody_until_somebody_decided(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any, refused: bool
) -> None:
    with store.read() as tx:
        theirs = feedback.signals_of(tx, [ACCOUNT])
        (paper,) = [one for one in scores.evidence(tx, sorted(theirs)) if one.work == "arxiv:7007.07007"]
    with pytest.raises(BadInput, match="say which evidence"):
        ask("dispute")
    opened = ask("dispute", signal=paper.signal)
    proved = cases.prove(store, settings, opened.case, read=shows(cases.word(settings, opened.case)), now=now)
    assert (proved.state, proved.person, proved.signal) == (State.PROVED, ona, paper.signal)
    with store.read() as tx:
        assert feedback.excluded(tx) == {paper.signal}
    with pytest.raises(NotAllowed):
        cases.close(store, settings, proved.id, state=State.DONE, outcome=" ", actor="ana", now=now)
    state = State.REFUSED if refused else State.DONE
    closed = cases.close(store, settings, proved.id, state=state, outcome="looked at", actor="ana", now=now)
    assert (closed.state, closed.closed_by, closed.outcome) == (state, "ana", "looked at")
    with store.read() as tx:
        assert feedback.excluded(tx) == (set() if refused else {paper.signal})


def test_an_operators_word_stands_for_a_proof_with_a_reason(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any
) -> None:
    opened = ask("access")
    with pytest.raises(NotAllowed):
        cases.prove_by_hand(store, settings, opened.case.id, ona, reason="", actor="ana", now=now)
    done = cases.prove_by_hand(
        store, settings, opened.case.id, ona, reason="answered from their page", actor="ana", now=now
    )
    assert (done.state, done.person, done.kind) == (State.DONE, ona, Kind.ACCESS)


HOMEPAGE = "https://onavale.example/"


@pytest.fixture
def shared(store: Store, ona: str, make: Any, now: datetime, keyer: Any) -> list[str]:
    """The keys of Ona and of somebody else who states the same homepage."""
    also = make.identity("github:5", at=now, name="Ben Reed", homepage=HOMEPAGE)
    take(store, make.visit(also, at=now), keyer, now)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({ACCOUNT}), frozenset({"github:5"})], now)
        owners = persons.owners(tx, [ACCOUNT, "github:5"])
    return [owners[ACCOUNT], owners["github:5"]]


def paged(settings: Settings, opened: cases.Opened) -> proof.Read:
    """Return what reads a page that holds the word of a request."""
    return lambda url: f"<p>{cases.word(settings, opened.case)}</p>"


@pytest.mark.row("P10")
@pytest.mark.parametrize("kind", ["erasure", "objection"])
def test_a_page_hides_and_erases_nobody_before_an_operator_says_whose_it_is(
    store: Store, settings: Settings, shared: list[str], now: datetime, ask: Any, kind: str
) -> None:
    opened = ask(kind, subject=HOMEPAGE)
    proved = cases.prove(store, settings, opened.case, read=paged(settings, opened), now=now)
    assert (proved.state, proved.person, proved.outcome) == (State.PROVED, None, None)
    with store.read() as tx:
        assert people.kept_away(tx, shared) == set() and subjects.suppressed(tx) == {}
    done = cases.prove_by_hand(
        store, settings, proved.id, shared[0], reason="the page is about her", actor="ana", now=now
    )
    assert (done.state, done.subject) == (State.DONE, None)
    with store.read() as tx:
        assert set(persons.get_many(tx, shared)) == {shared[1]}
        assert people.kept_away(tx, shared) == set()


def test_whoever_runs_the_page_somebody_states_gets_no_report_of_them(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any
) -> None:
    opened = ask("access", subject=HOMEPAGE)
    proved = cases.prove(store, settings, opened.case, read=paged(settings, opened), now=now)
    assert (proved.state, proved.person) == (State.PROVED, None)
    closed = cases.close(
        store, settings, proved.id, state=State.DONE, outcome="write to us", actor="ana", now=now
    )
    assert closed.person is None


@pytest.mark.row("P08")
@pytest.mark.parametrize(
    "subject", ["github:ONAVALE", "https://www.OnaVale.example/", "https://onavale.example"]
)
def test_no_request_names_whoever_was_erased_however_they_spelt_it(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any, subject: str
) -> None:
    before = ask("access", subject=subject, request="I am Ona").case
    stranger = ask("access", subject="github:nobody-here").case
    erase.erase(store, settings, ona, actor="ana", now=now)
    with store.read() as tx:
        left = cases_kept.get(tx, before.id)
        assert (left.subject, left.request) == (None, None) and cases_kept.get(tx, stranger.id) == stranger


def test_a_request_to_be_gone_names_nobody_afterwards_also_if_nothing_was_held(
    store: Store, settings: Settings, now: datetime, ask: Any
) -> None:
    opened = ask("erasure", request="all of it", signal="https://x.example/1")
    done = cases.prove(store, settings, opened.case, read=shows(cases.word(settings, opened.case)), now=now)
    assert (done.state, done.subject, done.request, done.signal) == (State.DONE, None, None, None)


def test_what_was_proved_stands_first_and_what_never_was_goes_after_its_days(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any
) -> None:
    old, early, late = ask("access", subject="github:old-one"), ask("access"), ask("correction")
    cases.prove(store, settings, late.case, read=shows(cases.word(settings, late.case)), now=now)
    with store.begin() as tx:
        tx.execute(
            update(rights_case).where(rights_case.c.id == old.case.id).values(opened_at=now - 31 * DAY)
        )
        tx.execute(update(rights_case).where(rights_case.c.id == late.case.id).values(due_at=now + 99 * DAY))
        shown = cases_kept.ls(tx, only_open=True, limit=9, since=now - 30 * DAY)
    assert [one.id for one in shown] == [late.case.id, early.case.id]
    assert retention.sweep(store, settings, [], actor="cron", now=now).requests == 1
    assert retention.sweep(store, settings, [], actor="cron", now=now + 99 * DAY).requests == 1
    with store.read() as tx:
        assert [one.id for one in cases_kept.ls(tx, only_open=True, limit=9)] == [late.case.id]


@pytest.mark.row("P07")
def test_no_recruiter_takes_back_what_a_person_disputes(
    store: Store, settings: Settings, ona: str, now: datetime, ask: Any, keyer: Any
) -> None:
    with store.read() as tx:
        disputed = sorted(feedback.signals_of(tx, [ACCOUNT]))[0]
    opened = ask("dispute", signal=disputed)
    cases.prove(store, settings, opened.case, read=shows(cases.word(settings, opened.case)), now=now)
    with store.read() as tx:
        (deed,) = history.of_person(tx, ona, limit=9)
        excluded = feedback.excluded(tx)
    way = history.Way(home=settings.home, roots=settings.roots, keyer=keyer)
    with pytest.raises(NotAllowed, match="request is refused"):
        history.undo(store, deed.id, actor="ben", now=now, way=way)
    with store.read() as tx:
        assert feedback.excluded(tx) == excluded != set()


@pytest.mark.parametrize("where", ["subject", "request", "signal"])
def test_text_that_a_store_cannot_keep_is_refused(ask: Any, where: str) -> None:
    with pytest.raises(BadInput):
        ask("access", **{where: "https://x.example/\0"})


@pytest.mark.parametrize(
    "subject",
    ["github:", "http://x.example/", "ona@mail.example", "javascript:alert(1)", "ftp://x.example", "a" * 400],
)
def test_what_nobody_can_show_control_of_is_refused(ask: Any, subject: str) -> None:
    with pytest.raises(BadInput, match="github:LOGIN"):
        ask("access", subject=subject)
