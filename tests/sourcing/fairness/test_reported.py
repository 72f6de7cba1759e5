"""Groups are what people said of themselves, in a store of its own that is gone with the report (P18, P19)."""

import ast
from pathlib import Path
from typing import Any

import pytest
import town as towns

from sourcing.errors import BadInput
from sourcing.fairness import reach, reported
from sourcing.fairness.impact import Mark
from sourcing.fairness.reported import Report
from storage import audit, selfreports
from storage.errors import NotFound
from storage.tables import metadata

ROLE, SPEC = towns.LIST, towns.SPECS[0]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def people(store: Any, make: Any, now: Any, keyer: Any, settings: Any) -> list[str]:
    """Sixty invented people with scores; the best eight are on the shortlist."""
    return towns.fill(store, make, now, keyer, settings)


def report(store: Any, settings: Any, now: Any, rows: list[str]) -> Report:
    path = settings.home / "answers.csv"
    path.write_text("\n".join(["person,sex,race", *rows]) + "\n")
    return reported.report(store, ROLE, path, home=settings.home, actor="ana", now=now)


@pytest.mark.row("P18", "P19")
def test_selection_and_scoring_are_counted_by_group_and_crossed_and_the_answers_are_gone(
    store: Any, settings: Any, now: Any, people: list[str]
) -> None:
    # 0–7 are on the list; of 40 who answer, 20 women hold every second place from the top and 20 men the others
    rows = [
        f"{key},{'woman' if at % 2 else 'man'},{'a' if at % 4 < 2 else 'b'}"
        for at, key in enumerate(people[:40])
    ]
    rows += [f"github:{1000 + 40},woman,", "p_nobody,man,a", f"{people[41]},two-spirit,a"]
    found = report(store, settings, now, rows)
    assert (found.people, found.answered, found.left_out) == (
        60,
        None,
        1,
    )  # the one hidden answer is not told
    sex, race, both = found.selection
    shown = {row.group: (row.selected, row.total) for row in sex.rows}
    assert shown == {"man": (4, 20), "woman": (4, 21), "unknown": (None, None), "two-spirit": (None, None)}
    assert [table.category for table in found.selection] == ["sex", "race", "sex x race"]
    assert {row.group for row in both.rows} == {
        "man x a",
        "man x b",
        "woman x a",
        "woman x b",
        "two-spirit x a",
        "unknown",
    }
    assert (
        race.unknown == 19 and Mark.UNKNOWN in next(row for row in race.rows if row.group == "unknown").marks
    )
    scored = {row.group: row.selected for row in found.scoring[0].rows}
    assert scored == {"man": 15, "woman": 15, "unknown": None, "two-spirit": None}  # the best thirty of sixty
    assert not (settings.home / selfreports.FOLDER).exists()
    with store.read() as tx:
        (entry,) = audit.of_action(tx, "fairness.report")
    assert "woman" not in str(entry)
    assert entry.detail == {
        "rows": 43,
        "answered": None,
        "specialism": SPEC,
        "compared": 4,
    }  # crossed, the groups are too small


@pytest.mark.row("P19")
def test_the_answers_are_gone_when_the_report_fails_or_a_process_was_killed(
    store: Any, settings: Any, now: Any, people: list[str]
) -> None:
    left = settings.home / selfreports.FOLDER
    left.mkdir()
    (left / "answers.db").write_text("of a process that was killed")
    with pytest.raises(RuntimeError), selfreports.opened(settings.home) as apart:
        with apart.begin() as tx:
            selfreports.put(tx, [(people[0], "sex", "woman")])
        assert (left / "answers.db").stat().st_size > 1_000
        raise RuntimeError("something went wrong")
    assert not left.exists()


def test_a_file_that_is_no_survey_and_a_list_for_no_specialism_are_refused(
    store: Any, settings: Any, now: Any, people: list[str]
) -> None:
    asked: dict[str, Any] = {"home": settings.home, "actor": "ana", "now": now}
    path = settings.home / "answers.csv"
    path.write_text("name,sex\nOna,woman\n")
    with pytest.raises(BadInput, match="needs a column `person`"):
        reported.report(store, ROLE, path, **asked)
    path.write_text("person,about\n" + "".join(f"{key},free text {key}\n" for key in people))
    with pytest.raises(BadInput, match="is no question with at most 30 answers"):
        reported.report(store, ROLE, path, **asked)
    path.write_text(f"person,sex\n{people[0]},woman\n")
    with pytest.raises(BadInput, match="for no specialism"):
        reported.report(store, towns.OTHER_LIST, path, **asked)
    with pytest.raises(NotFound):
        reported.report(store, "no list", path, **asked)


@pytest.mark.row("P19")
def test_no_table_holds_a_group_and_no_ranking_can_read_one() -> None:
    assert "answer" not in metadata.tables
    banned = {"storage.selfreports", "sourcing.fairness"}
    for path in [
        *(ROOT / "sourcing" / "ranking").rglob("*.py"),
        *(ROOT / "sourcing" / "features").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", None) or ""
            told = {module, *names, *(f"{module}.{name}" for name in names)}
            assert not {
                one for one in told if any(one == each or one.startswith(f"{each}.") for each in banned)
            }, path


def test_reach_tells_how_much_of_a_list_comes_from_few(store: Any, people: list[str]) -> None:
    with store.read() as tx:
        found = reach.of(tx, ROLE)
        with pytest.raises(BadInput, match="for no specialism"):
            reach.of(tx, towns.OTHER_LIST)
    assert (found.people, found.everybody) == (8, 60)
    source, region, institution = found.spreads
    assert (source.parts[0].value, source.parts[0].people, source.parts[0].share) == ("git_history", 8, 1.0)
    assert {part.value: part.people for part in region.parts} == {"de": 3, "gb": 3, "ca": 2}
    assert region.top_share == 1.0 and region.unknown == 0 and region.top_share_of_all == 1.0
    assert {part.value: (part.share, round(part.of_all, 2)) for part in institution.parts} == {
        "lowtide works": (0.5, 0.5),
        "orbit labs": (0.5, 0.5),
    }
