"""What people ask about themselves: corrected for good, disputed until decided, erased once control is shown."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ona import take, visit

from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.privacy import cases, corrections, proof
from sourcing.privacy.proof import NotShown
from sourcing.query import parse
from sourcing.settings import Settings
from storage import audit, feedback, persons, scores, search, statements, subjects
from storage.cases import Kind, State
from storage.engine import Store
from storage.errors import NotFound

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


def test_a_homepage_of_one_person_proves_and_one_of_several_proves_nobody(
    store: Store, settings: Settings, ona: str, make: Any, now: datetime, keyer: Any, ask: Any
) -> None:
    opened = ask("access", subject="https://onavale.example/")
    page = f"<p>{cases.word(settings, opened.case)}</p>"
    assert cases.prove(store, settings, opened.case, read=lambda url: page, now=now).person == ona
    with store.begin() as tx:
        shared = make.identity("github:5", at=now + DAY, name="Ben Reed", homepage="https://onavale.example")
    take(store, make.visit(shared, at=now + DAY), keyer, now + DAY)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({ACCOUNT}), frozenset({"github:5"})], now + DAY)
    second = ask("access", subject="https://onavale.example/")
    page = f"<p>{cases.word(settings, second.case)}</p>"
    assert cases.prove(store, settings, second.case, read=lambda url: page, now=now + DAY).person is None


@pytest.mark.parametrize(
    "subject", ["github:", "ona@mail.example", "javascript:alert(1)", "ftp://x.example", "a" * 400]
)
def test_what_nobody_can_show_control_of_is_refused(ask: Any, subject: str) -> None:
    with pytest.raises(BadInput, match="github:LOGIN"):
        ask("access", subject=subject)
