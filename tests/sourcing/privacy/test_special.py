"""What people say of their health, belief, origin, orientation, politics or union reaches no search, page or export."""

from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sentences import EVERY
from visiting import Visitor, make_desk

from sourcing.export import order
from sourcing.query import parse
from sourcing.settings import Settings
from spiders.sandbox import Label, read_page
from storage import intake, persons, scores, search, statements
from storage.engine import Store
from storage.model import Score

SPEC = "inference-performance"
WORK = "Builds paged engines"
LABEL = Label(source="github_people", reader="github_people@1", terms="https://terms.example")


@pytest.fixture
def people(store: Store, make: Any, now: datetime, keyer: Any) -> dict[str, str]:
    """The keys of two hundred people by what their bio says beside their work; read as every page is."""

    def read(task: Any, page: Any, via: Any) -> Iterator[Any]:
        for number, sentence in enumerate(EVERY):
            bio = f"{WORK}. {sentence}"
            yield make.identity(_id(number), handle=f"user{number}", name=f"Ona Vale {number}", summary=bio)

    visit = make.visit(task=make.task())
    found = read_page(SimpleNamespace(read=read), LABEL, visit.task, visit.page)  # type: ignore[arg-type]
    ids = [_id(number) for number in range(len(EVERY))]
    with store.begin() as tx:
        intake.take(tx, make.visit(*found.records), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({one}) for one in ids], now)
        search.reindex(tx, None)
        owners = persons.owners(tx, ids)
        rows = [
            Score(
                person=owners[one], specialism=SPEC, version=f"{SPEC}@1", value=50.0, lower=45.0, upper=60.0,
                confidence=0.9, as_of=now,
            )
            for one in ids
        ]  # fmt: skip
        scores.put(tx, SPEC, f"{SPEC}@1", rows, None, now)
    return {sentence: owners[one] for sentence, one in zip(EVERY, ids, strict=True)}


def _id(number: int) -> str:
    return f"github:{5000 + number}"


@pytest.mark.row("P15")
def test_of_two_hundred_sentences_none_is_searched_shown_sent_or_exported(
    store: Store, settings: Settings, people: dict[str, str], now: datetime
) -> None:
    assert len(people) == 200
    with store.read() as tx:
        found = [search.find(tx, parse(asked), specialism=None, limit=9) for asked in _questions()]
        kept = statements.identities(tx, [_id(number) for number in range(len(EVERY))])
        assert search.count(tx, None, specialism=None) == 200 and not any(found)
    assert {one.summary for one in kept.values()} == {f"{WORK}."}
    visitor = Visitor(make_desk(settings, store, now))
    for sentence, key in list(people.items())[
        ::50
    ]:  # both show what `statements` holds, of which all was read above
        for path in (f"/api/v1/people/{key}", f"/people/{key}"):
            told = visitor.get(path)
            assert told.status_code == 200 and _plain(sentence) not in told.text
    wanted = order.Order(query="", specialism=SPEC, connector="ndjson")
    prepared = order.prepare(store, settings, wanted, now=now)
    order.looked(store, prepared, actor="ana", now=now)
    order.send(store, settings, prepared, actor="ana", now=now)
    (file,) = (settings.home / "exports").glob("*.ndjson")
    sent = file.read_text(encoding="utf-8")
    assert sent.count("\n") == 200 and not [one for one in EVERY if _plain(one) in sent]


def _questions() -> list[str]:
    """Queries that together ask for every sentence as a phrase."""
    return [" OR ".join(f'"{_plain(one)}"' for one in EVERY[at : at + 40]) for at in range(0, len(EVERY), 40)]


def _plain(sentence: str) -> str:
    return sentence.rstrip(".。")
