"""Exports by page: the plan as a file, taking one back, and the editor of mappings."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import town
from visiting import Visitor

from sourcing.access import Scope
from sourcing.export import mapping
from storage import audit, exports

SPEC = town.SPECS[0]
WHAT = f"list={quote(town.LIST)}&spec={SPEC}"
EDITOR = "/exports/mappings/hubspot"


@pytest.fixture
def people(desk, make, now, keyer) -> list[str]:
    return town.fill(desk.store, make, now, keyer, desk.settings)


def rows_of(page: Any) -> dict[str, list[str]]:
    """What the form of a page would send."""
    fields = [one.get("value") for one in page.cssselect("input[name=field]")]
    values = [
        next((one.text for one in select.cssselect("option[selected]")), "")
        for select in page.cssselect("select[name=value]")
    ]
    once = [one.get("value") for one in page.cssselect("input[name=once][checked]")]
    return {
        "field": fields,
        "value": values,
        "once": once,
        "version": page.cssselect("input[name=version]")[0].get("value"),
    }


def test_the_plan_can_be_taken_along_as_a_file_and_is_no_export(desk, visitor: Visitor, people) -> None:
    page = visitor.page(f"/exports?{WHAT}")
    (link,) = [one.get("href") for one in page.cssselect("a") if one.text_content() == "Dry run file"]
    answer = visitor.get(link)
    assert answer.headers["content-disposition"].startswith("attachment")
    told = list(csv.DictReader(io.StringIO(answer.content.decode())))
    shown = [row.cssselect("th a")[0].get("href") for row in page.cssselect("[aria-label=Preview] tbody tr")]
    assert [f"/people/{row['person']}" for row in told] == shown and all(row["name"] for row in told)
    visitor.choose(blind=True)
    blind = list(csv.DictReader(io.StringIO(visitor.get(link).content.decode())))
    assert [row["person"] for row in blind] == [row["person"] for row in told]
    assert not any(row["name"] for row in blind)
    with desk.store.read() as tx:
        assert [one.id for one in exports.history(tx, limit=9)] == ["export-1"]
        assert len(audit.of_action(tx, "export.plan")) == 2
    assert Visitor(desk, actor="wim", scope=Scope.WRITE).get(link).status_code == 403


def test_an_export_is_taken_back_by_page(desk, visitor: Visitor, people) -> None:
    visitor.get(f"/exports?{WHAT}")
    number = visitor.post("/exports", {"list": town.LIST, "spec": SPEC}).headers["location"]
    assert "Take this export back" in visitor.text(number)
    assert Visitor(desk, actor="wim", scope=Scope.WRITE).post(f"{number}/undo").status_code == 403
    told = visitor.follow(visitor.post(f"{number}/undo"))
    assert "1 files removed" in told.text and "Take this export back" not in visitor.text(number)
    assert visitor.get(f"{number}/file").status_code == 422
    assert visitor.post(f"{number}/undo").status_code == 422


def test_a_file_is_handed_over_by_the_export_that_wrote_it_alone(
    desk, visitor: Visitor, people, monkeypatch
) -> None:
    visitor.get(f"/exports?{WHAT}")
    first = visitor.post("/exports", {"list": town.LIST, "spec": SPEC}).headers["location"]
    visitor.post(f"{first}/undo")
    later = desk.now() + timedelta(minutes=1)
    monkeypatch.setattr(desk, "now", lambda: later)
    visitor.get(f"/exports?{WHAT}")
    second = visitor.post("/exports", {"list": town.LIST, "spec": SPEC}).headers["location"]
    assert first != second
    assert [visitor.get(f"{one}/file").status_code for one in (first, second)] == [422, 200]
    links = [visitor.page(one).xpath("//a/@href") for one in (first, second)]
    assert [f"{one}/file" in told for one, told in zip((first, second), links, strict=True)] == [False, True]


def test_a_mapping_is_tried_saved_and_given_back_by_page(desk, visitor: Visitor, people) -> None:
    before = mapping.of(desk.settings, "hubspot")
    first = visitor.page(EDITOR)
    assert town.name_of(0).split()[0] in first.cssselect("[aria-label='One lead']")[0].text_content()
    rows = rows_of(first)
    rows["field"][-1], rows["value"][-1] = "sourcer_level", "level"
    rows["value"][rows["field"].index("city")] = ""
    tried = visitor.post(EDITOR, {**rows, "do": "try"})
    assert tried.status_code == 200 and "sourcer_level" in tried.text
    assert mapping.of(desk.settings, "hubspot") == before, "to try is not to save"
    told = visitor.follow(visitor.post(EDITOR, {**rows, "do": "save"}))
    assert f"Saved as hubspot v{before.version + 1}" in told.text
    now = mapping.of(desk.settings, "hubspot")
    assert now.fields["sourcer_level"] == "level" and "city" not in now.fields and now.once == before.once
    assert visitor.post(EDITOR, {**rows, "do": "save"}).status_code == 422, "it was changed since"
    visitor.post(EDITOR, {**rows, "do": "reset"})
    assert mapping.of(desk.settings, "hubspot") == before


def test_a_mistake_names_its_field_and_keeps_what_was_typed(desk, visitor: Visitor, people) -> None:
    rows = rows_of(visitor.page(EDITOR))
    rows["field"][-1], rows["value"][-1] = "sourcer_rank", "rank"
    answer = visitor.post(EDITOR, {**rows, "do": "save"})
    assert answer.status_code == 422 and "unknown value 'rank'" in answer.text.replace("&#39;", "'")
    assert 'value="sourcer_rank"' in answer.text and "fields.sourcer_rank" in answer.text
    assert Visitor(desk, actor="eva", scope=Scope.EXPORT).get(EDITOR).status_code == 403
    visitor.choose(blind=True)
    assert town.name_of(0) not in visitor.text(EDITOR)
