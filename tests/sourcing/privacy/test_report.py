"""What is handed over to somebody who asks, and the record of processing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from sourcing import marking
from sourcing.errors import NotAllowed
from sourcing.privacy import record, report
from sourcing.settings import Settings, load_specs, require_operator
from storage import audit, disclosure, exports, feedback, lists, persons
from storage.engine import Store
from storage.feedback import Word
from storage.model import Edge, Export, ExportRow, Judgement
from storage.tables import metadata


@pytest.fixture
def used(store: Store, ona: str, now: datetime) -> str:
    """Ona noted, listed, handed over, thumbed and perhaps somebody else's account."""
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"}), frozenset({"github:5"})], now)
        lists.create(tx, "Role in Berlin", actor="staffer", now=now)
        other = persons.find_by_identity(tx, "github:5")
        assert other is not None
        lists.add(tx, "Role in Berlin", [ona, other.key], actor="staffer", now=now)
        rows = tuple(ExportRow(person=key, action="create", payload="0" * 64) for key in (ona, other.key))
        exports.put(
            tx,
            Export(
                id="e1", what="Role in Berlin", connector="csv", destination="leads.csv", actor="staffer", at=now,
                counts={"create": 2}, rows=rows,
            ),
        )  # fmt: skip
        edge = Edge(
            left="github:5", right="github:770077", judgement=Judgement.UNSURE, probability=0.4, decided_by="staffer",
            decided_at=now, reasons=("Ben Reed writes like Ona",),
        )  # fmt: skip
        persons.put_edges(tx, [edge], now)
        word = Word(
            person=ona, kind="thumb", subject="inference", actor="staffer", value="up", reason=None, at=now
        )
        feedback.put(tx, word)
    marking.note(store, [ona, other.key], "met in spring", actor="staffer", now=now)
    return ona


@pytest.mark.row("P06")
def test_every_column_that_is_to_be_handed_over_is_and_nobody_else_is(
    store: Store, settings: Settings, used: str, now: datetime
) -> None:
    made = report.make(store, settings, used, actor="staffer", now=now + timedelta(days=1))
    tagged = {
        (name, column.name)
        for name, table in metadata.tables.items()
        for column in table.c
        if column.info["exportable"] and name not in disclosure.NOBODYS
    }
    assert {(one.table, name) for one in made.held for name in one.purposes} == tagged
    text = report.as_json(made)
    told: Any = json.loads(text)
    rows = {one["table"]: one["rows"] for one in told["held"]}
    for name in (
        "statement",
        "signal",
        "work",
        "mark",
        "shortlist_item",
        "export",
        "feedback",
        "edge",
        "act",
    ):
        assert rows[name], name
    assert all(
        part in text
        for part in ("Ona Quill Vale", "Paper by Ona", "met in spring", "leads.csv", "Role in Berlin")
    )
    with store.read() as tx:
        other = persons.find_by_identity(tx, "github:5")
        assert other is not None
        assert [one.subject for one in audit.of_action(tx, "privacy.subject_export")] == [used]
    assert [part for part in ("github:5", other.key, "Ben Reed", "staffer") if part in text] == []
    page = report.as_html(made)
    assert "Ona Quill Vale" in page and "Ben Reed" not in page and "Example GmbH" in page


def test_what_a_stranger_wrote_is_escaped_in_the_page(
    store: Store, settings: Settings, used: str, now: datetime
) -> None:
    marking.note(store, used, "<script>alert(1)</script>", actor="staffer", now=now)
    page = report.as_html(report.make(store, settings, used, actor="staffer", now=now))
    assert "<script>" not in page and "&lt;script&gt;" in page


@pytest.mark.row("P01")
def test_every_column_is_in_the_record_with_its_reason_and_its_end(settings: Settings) -> None:
    text = record.written(settings, load_specs(settings))
    for name, table in metadata.tables.items():
        for column in table.c:
            assert {"purpose", "category", "retention", "exportable"} <= column.info.keys()
            assert f"| `{name}.{column.name}` | " in text
    assert "Example GmbH" in text and settings.privacy.purpose in text and "github_people" in text


@pytest.mark.row("P02")
@pytest.mark.parametrize("missing", ["controller", "contact", "purpose", "legal_basis", "balancing"])
def test_nothing_is_collected_until_all_that_people_are_told_is_there(
    settings: Settings, missing: str
) -> None:
    require_operator(settings)
    for table in ("operator", "privacy"):
        chosen = getattr(settings, table)
        if hasattr(chosen, missing):
            poorer = settings.model_copy(update={table: chosen.model_copy(update={missing: " "})})
            with pytest.raises(NotAllowed, match=rf"no crawl without {missing}; set it under \[{table}\]"):
                require_operator(poorer)
