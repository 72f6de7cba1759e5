"""Requests of people about themselves: asked by anybody, proved by control, answered at once or by a person.

The word in an account proves its owner. In a page it proves nobody: the request waits for an operator, who says who it
is, or that it is nobody here (`prove_by_hand`, `close`).
Until control is proved nothing is done and nothing is told, so that nobody learns who is held by asking.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sourcing import feedback, jurisdictions, oversight, rescoring
from sourcing.errors import BadInput, UnknownName
from sourcing.marking import given
from sourcing.privacy import erase, profiling, proof, suppression
from sourcing.privacy.proof import Read
from sourcing.settings import Settings, pepper
from storage import audit, cases, persons
from storage import feedback as words
from storage.cases import PROVE_DAYS, THE_PERSON, Case, Kind, State
from storage.engine import Store
from storage.errors import NotFound
from storage.subjects import PepperKeyer

_TEXT_MAX = 2_000
_GOING = (Kind.ERASURE, Kind.OBJECTION)
"""Who asks for these is to be gone afterwards, from the request as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new request. token: part of the address under which the person follows it; it is kept nowhere."""

    case: Case
    token: str


def open_case(
    store: Store,
    settings: Settings,
    *,
    kind: str,
    subject: str,
    request: str = "",
    signal: str = "",
    language: str = "en",
    actor: str = THE_PERSON,
    now: datetime,
) -> Opened:
    """Keep a request of somebody; the answer is the same whether anything is held of them or not.

    actor: who writes it down, an operator for somebody who wrote in. Writes the audit log.
    Raises UnknownName for the kind, BadInput for what cannot be somebody's own, cannot be kept or is too long.
    """
    if kind not in list(Kind):
        raise UnknownName("request", kind, list(Kind))
    if max(len(request), len(signal)) > _TEXT_MAX:
        raise BadInput(f"write at most {_TEXT_MAX:,} characters")
    duties = jurisdictions.duties(settings)
    if kind == Kind.OPT_OUT and not duties.opt_out:
        raise BadInput("no law chosen here knows this request: object instead, and you are left alone")
    if "\0" in subject + request + signal:  # PostgreSQL keeps none
        raise BadInput("write text without NUL characters")
    if kind == Kind.DISPUTE and not signal.strip():
        raise BadInput("say which evidence is not yours: its address, as in the report")
    token = secrets.token_urlsafe(24)
    case = Case(
        id=secrets.token_hex(6),
        secret=_digest(settings, token),
        kind=Kind(kind),
        state=State.ASKED,
        subject=proof.subject_of(subject),
        person=None,
        request=request.strip() or None,
        signal=signal.strip() or None,
        language=language,
        opened_at=now,
        confirm_by=jurisdictions.confirm_by(duties, now),
        due_at=jurisdictions.answer_by(duties, now),
    )
    with store.begin() as tx:
        audit.append(
            tx, at=now, actor=actor, action="case.open", subject=f"case:{case.id}", detail={"kind": kind}
        )
        cases.put(tx, case)
    return Opened(case=case, token=token)


def follow(store: Store, settings: Settings, token: str) -> Case:
    """Return the request behind an address. Raises NotFound."""
    with store.read() as tx:
        found = cases.find_by_secret(tx, _digest(settings, token))
    if found is None:
        raise NotFound("there is no request under this address")
    return found


def word(settings: Settings, case: Case) -> str:
    """Return the word that shows that an account or page is the asker's."""
    return proof.word_of(_keyer(settings), case.id)


def prove(store: Store, settings: Settings, case: Case, *, read: Read, now: datetime) -> Case:
    """Look whether the word is where it should be, and do what can be done at once.

    One request. The owner of an account who asks to be erased or objects is erased and kept away; evidence they
    dispute counts no more until somebody decided. What a page shows waits for an operator: nothing is done or told.
    Raises NotShown, BadInput for a request that is answered or too old.
    """
    if case.state is not State.ASKED or case.subject is None:
        raise BadInput("this request was proved or answered already")
    if proof.began_before(case.opened_at, now, PROVE_DAYS):
        raise BadInput("this request is too old to be proved; make a new one")
    told = read(proof.address_of(case.subject))
    account = proof.show(case.subject, told, word(settings, case))
    if account is None:
        return _keep_proved(store, case, None, actor=THE_PERSON, now=now)
    with store.read() as tx:
        owner = persons.owners(tx, [account]).get(account)
    return _proved(store, settings, case, owner, account=account, actor=THE_PERSON, now=now)


def prove_by_hand(
    store: Store, settings: Settings, case_id: str, key: str, *, reason: str, actor: str, now: datetime
) -> Case:
    """Take an operator's word for who asks, as by an answer from a published address, and do what was asked.

    Raises NotFound, NotAllowed without a reason, BadInput for a request that is answered, or whose asker is known.
    """
    given(reason)
    with store.read() as tx:
        case, living = cases.get(tx, case_id), persons.resolve_key(tx, key)
    if not case.is_open or case.person is not None:
        raise BadInput("this request was proved or answered already")
    return _proved(store, settings, case, living, account=None, actor=actor, now=now)


def close(
    store: Store, settings: Settings, case_id: str, *, state: State, outcome: str, actor: str, now: datetime
) -> Case:
    """Answer a request: done, or refused with a reason; of a dispute that is refused the evidence counts again.

    Raises NotFound, NotAllowed without an outcome, or for a review by who was not shown the person (`oversight.guard`);
    BadInput for one that is answered already.
    """
    why = given(outcome)
    look = oversight.guard(settings, actor=actor, now=now)
    with store.begin() as tx:
        case = cases.get(tx, case_id)
        if not case.is_open:
            raise BadInput("this request was answered already")
        if case.kind is Kind.REVIEW and case.person is not None and look is not None:
            look(tx, persons.resolve_key(tx, case.person))
        audit.append(
            tx,
            at=now,
            actor=actor,
            action="case.close",
            subject=f"case:{case.id}",
            detail={"state": str(state)},
        )
        _answer(tx, case, state=state, outcome=why, actor=actor, now=now)
        stands = state is State.REFUSED and case.kind is Kind.DISPUTE and case.person is not None
        if stands and case.signal is not None and case.person is not None:
            words.remove(tx, case.person, words.WRONG, case.signal, THE_PERSON)
    if stands and case.person is not None:
        rescoring.again(store, case.person, home=settings.home, roots=settings.roots)
    with store.read() as tx:
        return cases.get(tx, case_id)


def _keep_proved(store: Store, case: Case, person: str | None, *, actor: str, now: datetime) -> Case:
    with store.begin() as tx:
        detail = {"held": person is not None}
        audit.append(tx, at=now, actor=actor, action="case.prove", subject=f"case:{case.id}", detail=detail)
        cases.prove(tx, case.id, person=person, now=now)
        return cases.get(tx, case.id)


def _proved(
    store: Store,
    settings: Settings,
    case: Case,
    person: str | None,
    *,
    account: str | None,
    actor: str,
    now: datetime,
) -> Case:
    _keep_proved(store, case, person, actor=actor, now=now)
    outcome = _act(store, settings, case, person, account=account, actor=actor, now=now)
    with store.begin() as tx:
        if outcome is not None:
            _answer(tx, case, state=State.DONE, outcome=outcome, actor=actor, now=now)
        return cases.get(tx, case.id)


def _answer(tx: Any, case: Case, *, state: State, outcome: str, actor: str, now: datetime) -> None:
    if case.kind in _GOING and state is State.DONE:
        cases.strip(tx, requests=[case.id])
    cases.close(tx, case.id, state=state, outcome=outcome, actor=actor, now=now)


def _act(
    store: Store,
    settings: Settings,
    case: Case,
    person: str | None,
    *,
    account: str | None,
    actor: str,
    now: datetime,
) -> str | None:
    """Do what needs nobody's decision and return how that ended; None = somebody must decide."""
    if case.kind in _GOING:
        if account is not None:
            suppression.add(store, settings, [account], reason=suppression.REASONS[0], now=now, actor=actor)
        if person is not None:
            erase.erase(store, settings, person, actor=actor, now=now)
        return "Nothing is held about you any more; keyed digests keep you from being collected again."
    if person is None:
        return "Nothing is held about you."
    if case.kind is Kind.OPT_OUT:
        profiling.opt_out(store, person, reason="asked by the person", actor=actor, now=now)
        return "You are in no ranking from now on; what is held about you stays until you ask for more."
    if case.kind is Kind.ACCESS:
        return "The report is at this address."
    if case.kind is Kind.DISPUTE:
        _leave_out(store, settings, case, person, now=now)
    return None


def _leave_out(store: Store, settings: Settings, case: Case, person: str, *, now: datetime) -> None:
    with store.read() as tx:
        found = words.signal_at(tx, persons.get(tx, person).identities, case.signal or "")
    if found is None:
        return  # nothing of theirs is at that address: somebody looks
    feedback.wrong(
        store, person, found, exclude=True, reason="disputed by the person", actor=THE_PERSON, now=now,
        home=settings.home, roots=settings.roots,
    )  # fmt: skip
    with store.begin() as tx:
        cases.name_signal(tx, case.id, found)


def _digest(settings: Settings, token: str) -> str:
    return _keyer(settings).digest("case", token)


def _keyer(settings: Settings) -> PepperKeyer:
    return PepperKeyer(pepper(settings))
