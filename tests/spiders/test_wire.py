"""The pipe between the parent and its children: round trip, strictness, speed."""

from datetime import UTC, date, datetime

import pytest
from costs import cost_s
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders import wire
from spiders.errors import SourceChanged
from spiders.records import (
    Claim,
    Cost,
    Gone,
    Identity,
    IdentityKind,
    Moved,
    Outcome,
    Page,
    Provenance,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Visit,
    Work,
    WorkKind,
)  # fmt: skip

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
VIA = Provenance(
    source="plain", url="https://api.example/1", page="0" * 64, fetched_at=NOW, reader="plain@1", terms="t"
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | words
moments = st.integers(631_152_000, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
some = st.lists(words, max_size=2).map(tuple)
via = st.just(VIA)
records = st.one_of(
    st.builds(
        Identity, type=st.just("identity"), id=words, kind=st.sampled_from(IdentityKind), via=via, handle=maybe,
        name=maybe, emails=some, links=some,
    ),
    st.builds(Claim, type=st.just("claim"), left=words, right=words, kind=words, via=via),
    st.builds(
        Work, type=st.just("work"), id=words, kind=st.sampled_from(WorkKind), title=words, url=words, via=via,
        text=maybe, tags=some, published_on=st.none() | st.dates(date(1990, 1, 1)),
    ),
    st.builds(
        Signal, type=st.just("signal"), id=words, identity=words, work=words, kind=st.sampled_from(SignalKind), via=via,
        occurred_at=st.none() | moments, value=st.floats(0, 1e6),
    ),
    st.builds(Gone, type=st.just("gone"), id=words, via=via),
    st.builds(Moved, type=st.just("moved"), old=words, new=words, number=words, via=via),
)  # fmt: skip
params = st.dictionaries(words, st.none() | st.integers(-9, 9) | words, max_size=2)
tasks = st.builds(
    Task,
    source=words.filter(bool),
    kind=words,
    url=words,
    params=params,
    lease=st.none() | st.integers(0),
    cursor=maybe,
)
quarantined = st.lists(st.builds(Quarantined, where=words, reason=words), max_size=1).map(tuple)
visits = st.builds(
    Visit, task=tasks, outcome=st.sampled_from(Outcome), at=moments, records=st.lists(records, max_size=4).map(tuple),
    tasks=st.lists(tasks, max_size=2).map(tuple), cursor=st.dictionaries(words, words, max_size=2),
    cost=st.builds(Cost, requests=st.integers(0)), quarantined=quarantined,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(visits)
def test_a_visit_survives_the_pipe(visit):
    line = wire.visit_to_line(visit)
    assert "\n" not in line
    assert wire.visit_from_line(line) == visit
    assert wire.task_from_line(wire.task_to_line(visit.task)) == visit.task
    assert wire.task_from_line(wire.task_to_line(visit.task)).key == visit.task.key


def test_a_body_is_not_carried():
    page = Page(
        url="u", status=200, media_type="text/html", fetched_at=NOW, sha256="0" * 64, body=b"secret words"
    )
    task = Task(source="plain", kind="list", url="u")
    line = wire.visit_to_line(Visit(task=task, outcome=Outcome.OK, at=NOW, page=page))
    back = wire.visit_from_line(line)
    assert "secret" not in line and back.page.body == b"" and back.page.sha256 == "0" * 64


def test_a_cut_or_foreign_line_is_refused_in_one_sentence():
    task = Task(source="plain", kind="list", url="u")
    gone = Gone(id="plain:1", via=VIA)
    line = wire.visit_to_line(Visit(task=task, outcome=Outcome.OK, at=NOW, records=(gone,)))
    for bad in (
        line[:-1],
        line[: len(line) // 2],
        "",
        "[]",
        line.replace('"gone"', '"ghost"'),
        line.replace('"lease"', '"leese"'),
    ):
        with pytest.raises(SourceChanged, match=r"^not a visit: ") as caught:
            wire.visit_from_line(bad)
        assert "\n" not in str(caught.value)
    with pytest.raises(SourceChanged, match=r"^not a task: extra: "):
        wire.task_from_line(wire.task_to_line(task)[:-1] + ',"extra":1}')
    with pytest.raises(SourceChanged, match=r"^not a task: it names no source"):
        wire.task_from_line(wire.task_to_line(Task(kind="list", url="u")))


def test_a_hundred_thousand_records_take_about_a_second():
    signals = tuple(
        Signal(id=f"s{n}", identity="i", work="w", kind=SignalKind.AUTHORED, via=VIA, occurred_at=NOW)
        for n in range(20_000)
    )
    visit = Visit(
        task=Task(source="plain", kind="list", url="u"), outcome=Outcome.OK, at=NOW, records=signals
    )
    assert cost_s(lambda: wire.visit_from_line(wire.visit_to_line(visit)), enough_s=1.0) <= 1.0
