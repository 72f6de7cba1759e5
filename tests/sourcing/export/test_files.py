"""Exports: what a spreadsheet sees, what is blocked, what is remembered, what never leaves."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from planted import FORMULAS, leads

from sourcing import resolve
from sourcing.errors import ExportBlocked
from sourcing.export import filing, mapping, plan, policy
from sourcing.export.connectors import files, xlsx
from sourcing.export.connectors.files import file_name, guard
from sourcing.export.lead import Occasion, split_name
from sourcing.privacy.files import remove_leads
from sourcing.settings import config_root
from spiders.records import IdentityKind
from storage import audit, exports, intake, people, persons, scores, subjects
from storage.engine import Store
from storage.model import Export, Points, Score
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
OCCASION = Occasion(specialism="post-training", now=NOW, keep_days=180, notice_days=30, shortlist="Trainers")


def score(key: str, value: float = 40.0, evidence: tuple[str, ...] = ("s1",)) -> Score:
    points = Points(
        factor="Code", feature="merged_work", value=3.0, unit="changes", points=value, evidence=evidence
    )
    return Score(
        person=key, specialism="post-training", version="post-training@1", value=value, lower=value / 2, confidence=0.5,
        as_of=NOW, points=(points,),
    )  # fmt: skip


@pytest.fixture
def filled(store: Store, make: Any, keyer: PepperKeyer) -> tuple[Store, str]:
    """A store with one scored engineer and one bot; the engineer's key."""
    engineer = make.identity(
        "github:1001", handle="amina-o", name="Amina Okonjo Vestergaard", homepage="https://amina.example/",
        emails=("e" * 64,), links=("https://arxiv.org/a/x", "javascript:alert(1)"), affiliation="=HYPERLINK(1)",
    )  # fmt: skip
    bot = make.identity("github:7", handle="tidy[bot]", kind=IdentityKind.BOT, name="tidy")
    records = (engineer, bot, make.work(title="@SUM(1)"), make.signal(id="s1"))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)
    resolve.run(store, now=NOW, run=None, keyer=keyer)
    with store.begin() as tx:
        keys = {one.identities[0]: one.key for one in persons.list_people(tx, limit=10)}
        listed = [score(keys["github:1001"]), score(keys["github:7"], 10.0, ())]
        scores.put(tx, "post-training", "post-training@1", listed, None, NOW)
    return store, keys["github:1001"]


def planned(
    store: Store, path: Path, keyer: PepperKeyer, now: datetime = NOW, kind: str = "csv"
) -> plan.Plan:
    target = plan.Target(
        connector=kind,
        destination=str(path),
        what="Trainers",
        fields=mapping.load("generic", [config_root()]),
        policy=policy.load([config_root()]),
    )
    with store.read() as tx:
        keys = [one.key for one in persons.list_people(tx, limit=10)]
        occasion = Occasion(specialism="post-training", now=now, keep_days=180, notice_days=30)
        return plan.plan(tx, keys, target, occasion, keyer=keyer)


def push(store: Store, prepared: plan.Plan, keyer: PepperKeyer, now: datetime) -> str:
    return filing.push(store, prepared, actor="operator", now=now, keyer=keyer, keep_days=180)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("  =1", "'  =1"), ("\u200b=1", "'\u200b=1"), ("＝1", "'＝1"),
        ("＠x", "'＠x"), ("\x00=1", "'=1"), ("a=1", "a=1"), ("", ""),
        ("名前", "名前"), ("'=1", "'=1"), ("a\x00b", "ab"), ("\u202e=1", "'\u202e=1"),
        ("﹢1", "'﹢1"), ("⁼1", "'⁼1"), ("\u22121", "'\u22121"), ("\ufe0f=1", "'\ufe0f=1"), ("\u3164=1", "'\u3164=1"),
        ("\U000e0101@x", "'\U000e0101@x"), ("½=1", "½=1"),
    ],
)  # fmt: skip
def test_no_spreadsheet_evaluates_a_cell(text: str, expected: str) -> None:
    assert guard(text) == expected


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Staff Inference Eng", "Staff-Inference-Eng.csv"), ("../../x", "x.csv"), ("/etc/passwd", "etc-passwd.csv"),
        ("..", "leads.csv"), ("x" * 400, "x" * 80 + ".csv"), ("a\x00b\nc", "a-b-c.csv"), ("研究", "研究.csv"),
    ],
)  # fmt: skip
def test_file_names_are_picked_by_us(wanted: str, name: str) -> None:
    assert file_name(wanted, kind="csv") == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Amina Okonjo Vestergaard", ("Amina Okonjo", "Vestergaard")),
        ("Suharto", (None, "Suharto")),
        ("  ", (None, None)),
        ("Joopke van der Kastelein", ("Joopke", "van der Kastelein")),
        ("Kastelein, Joopke", ("Joopke", "Kastelein")),
        ("Amina Okonjo Jr.", ("Amina", "Okonjo Jr.")),
        ("Amina Okonjo, PhD", ("Amina", "Okonjo, PhD")),
        ("amina okonjo", ("amina", "okonjo")),
        ("闻人岚", (None, "闻人岚")),
        ("闻人 岚", (None, "闻人 岚")),
        ("탁 찬결", (None, "탁 찬결")),
        ("ミラ・オカフォー", (None, "ミラ・オカフォー")),
        ("مينا أوكونجو", ("مينا", "أوكونجو")),
        (None, (None, None)),
    ],
)
def test_a_single_name_is_a_last_name(name: str | None, parts: tuple[str | None, str | None]) -> None:
    assert split_name(name) == parts


def test_a_csv_has_the_columns_of_the_mapping_and_no_address(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, key = filled
    push(store, planned(store, tmp_path / "a.csv", keyer), keyer, NOW)
    raw = (tmp_path / "a.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert raw.count(b"\r\n") == len(rows) + 1 and tuple(rows[0]) == tuple(
        mapping.load("generic", [config_root()]).fields
    )
    (row,) = rows
    assert (row["Lead Key"], row["Score"], row["Company"]) == (key, "40.0", "'=HYPERLINK(1)")
    assert (row["GitHub"], row["Homepage"]) == ("https://github.com/amina-o", "https://amina.example/")
    assert row["Evidence 1"] == "2026-11-22 @SUM(1)" and row["Evidence 1 URL"].startswith("https://")
    assert row["Notice Due"] == "2026-12-22" and row["Keep Until"] == "2027-05-21"
    assert "javascript" not in raw.decode() and "e" * 64 not in raw.decode()
    assert (tmp_path / "a.csv").stat().st_mode & 0o077 == 0


def test_sending_twice_skips_and_a_better_score_updates(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, key = filled
    first = planned(store, tmp_path / "a.csv", keyer)
    assert first.counts == {"create": 1, "update": 0, "skip": 0, "blocked": 1}
    push(store, first, keyer, NOW)
    later = NOW + timedelta(days=1)
    again = planned(store, tmp_path / "a.csv", keyer, later)
    assert again.counts["skip"] == 1
    assert planned(store, tmp_path / "b.csv", keyer, later).counts["create"] == 1
    with store.begin() as tx:
        scores.put(tx, "post-training", "post-training@1", [score(key, 60.0)], None, later)
    changed = planned(store, tmp_path / "a.csv", keyer, later)
    assert changed.counts["update"] == 1
    push(store, changed, keyer, later)
    with store.read() as tx:
        assert len(exports.history(tx, limit=10)) == 2 and audit.verify(tx).ok
        assert [one.action for one in audit.entries(tx, limit=10)] == ["export.run", "export.run"]


@pytest.mark.parametrize("how", ["suppressed", "hidden", "erased"])
def test_who_must_not_leave_is_blocked_even_between_plan_and_push(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path, how: str
) -> None:
    store, key = filled
    before = planned(store, tmp_path / "a.csv", keyer)
    with store.begin() as tx:
        if how == "suppressed":
            subjects.suppress(tx, {keyer.digest("handle", "github:amina-o")}, "asked", NOW)
        elif how == "hidden":
            people.hide(tx, key, actor="operator", reason="left the field", now=NOW)
        else:
            subjects.erase(tx, key, NOW, keyer=keyer)
    assert planned(store, tmp_path / "a.csv", keyer).leads == []
    with pytest.raises(ExportBlocked, match="every row is blocked"):
        push(store, before, keyer, NOW)
    assert not list(tmp_path.glob("a.csv"))


def test_lead_1_as_json_lines_keeps_numbers_and_names_its_format(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, _ = filled
    prepared = planned(store, tmp_path / "a.ndjson", keyer, kind="ndjson")
    push(store, prepared, keyer, NOW)
    (lead,) = [json.loads(line) for line in (tmp_path / "a.ndjson").read_text().splitlines()]
    assert (
        lead["format"] == "lead/1"
        and lead["score"] == 40.0
        and lead["factors"] == [{"name": "Code", "points": 40.0, "items": 1}]
    )
    assert {"email", "emails"}.isdisjoint(lead) and lead["contact"] is None


def book(content: bytes) -> list[list[tuple[str, str]]]:
    """Return the cells of a sheet row by row: type as written, text. A formula would be an element `f`."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = etree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
        names = parts.namelist()
    assert not [name for name in names if "vba" in name.lower() or "external" in name.lower()]
    assert not sheet.findall(".//{*}f") and not sheet.findall(".//{*}hyperlink")
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row.iterfind("{*}c")]
        for row in sheet.iterfind("{*}sheetData/{*}row")
    ]


@pytest.mark.row("T15")
def test_two_hundred_planted_formulas_are_text_in_both_kinds_of_spreadsheet(
    tmp_path: Path,
) -> None:
    fields = mapping.load("generic", [config_root()])
    assert len(FORMULAS) == 200
    made = {kind: files.stage(tmp_path / f"x.{kind}", kind, leads(), fields) for kind in ("csv", "xlsx")}
    with made["csv"].path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Full Name"] for row in rows] == [f"'{text}" for text in FORMULAS]
    sheet = book(made["xlsx"].path.read_bytes())
    at = [text for _, text in sheet[0]].index("Full Name")
    assert [row[at] for row in sheet[1:]] == [("inlineStr", text) for text in FORMULAS]
    score = [text for _, text in sheet[0]].index("Score")
    assert {row[score] for row in sheet[1:]} == {("n", "40.0")}


def test_a_spreadsheet_holds_any_text_and_the_same_leads_make_the_same_bytes(tmp_path: Path) -> None:
    rows = [["a\rb", "_x0041_", "a\x00\x0b\ud800b", "x" * 40_000], ["مينا 🧪 <&>", None, 3.5, ""]]
    contents = []
    for _ in range(2):
        file = io.BytesIO()
        xlsx.write(file, rows)
        contents.append(file.getvalue())
    assert contents[0] == contents[1]
    first, second = book(contents[0])
    assert [text for _, text in first[:3]] == ["a_x000D_b", "_x005F_x0041_", "ab"] and len(
        first[3][1]
    ) == 32_767
    assert second[0] == ("inlineStr", "مينا 🧪 <&>") and second[2] == ("n", "3.5")


@pytest.mark.row("P24")
def test_a_manifest_says_who_when_how_many_and_until_when_and_an_import_is_cut_to_its_limit(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, key = filled
    path = tmp_path / "many.csv"
    target = plan.Target(
        connector="csv", destination=str(path), what="Trainers", policy=policy.load([config_root()]),
        fields=mapping.load("greenhouse-prospects", [config_root()]).model_copy(update={"rows_max": 2}),
    )  # fmt: skip
    with store.read() as tx:
        one = plan.plan(tx, [key], target, OCCASION, keyer=keyer)
    many = replace(one, rows=tuple(replace(one.rows[0], lead=lead) for lead in one.leads * 5))
    with pytest.raises(ExportBlocked):
        push(store, replace(one, rows=()), keyer, NOW)
    assert list(tmp_path.glob("many*")) == [] and not list(tmp_path.glob(".leads-*"))
    number = push(store, replace(many, rows=many.rows[:1]), keyer, NOW)
    told = json.loads((tmp_path / "many.csv.manifest.json").read_text())
    assert (told["export"], told["by"], told["rows"], told["erase_by"]) == (
        number,
        "operator",
        1,
        "2027-05-21",
    )
    assert told["files"][0]["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert "Amina" not in json.dumps(told)
    cut = files.parts(path, many.leads, 2)
    assert [(part.name, len(rows)) for part, rows in cut] == [
        ("many-1.csv", 2),
        ("many-2.csv", 2),
        ("many-3.csv", 1),
    ]


def cut_in_three(path: Path, lead: Any) -> str:
    """Write a file of leads in three parts, the last one changed by its reader since; return the first's digest."""
    fields = mapping.load("generic", [config_root()])
    staged = [files.stage(part, "csv", rows, fields) for part, rows in files.parts(path, [lead] * 3, 1)]
    told = [{"name": one.destination.name, "sha256": one.digest} for one in staged]
    for one in (*staged, files.stage_manifest(path, {"files": told})):
        one.publish()
    path.with_name("many-3.csv").write_text("with notes of their own")
    return staged[0].digest


@pytest.mark.row("P24")
def test_every_part_of_a_file_goes_but_what_its_reader_made_of_it(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, _ = filled
    path = tmp_path / "many.csv"
    prepared = planned(store, path, keyer)
    digest = cut_in_three(path, prepared.leads[0])
    handed = Export(
        id="e1", what="Trainers", connector="csv", destination=str(path), actor="ana", at=NOW, digest=digest,
        counts={}, rows=(),
    )  # fmt: skip
    assert remove_leads(tmp_path / "elsewhere", [handed]) == 2
    assert [one.name for one in tmp_path.glob("many*")] == ["many-3.csv"]
    cut_in_three(path, prepared.leads[0])
    push(store, prepared, keyer, NOW)  # the same file again, whole
    assert sorted(one.name for one in tmp_path.glob("many*")) == [
        "many-3.csv",
        "many.csv",
        "many.csv.manifest.json",
    ]


@pytest.mark.parametrize(
    "preset",
    [
        "generic",
        "hubspot-import",
        "greenhouse-prospects",
        "gem-project",
        "linkedin-project",
        "salesforce-lead",
    ],
)
def test_every_preset_has_its_columns_and_a_mononym_is_a_last_name(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path, preset: str
) -> None:
    store, _ = filled
    fields = mapping.load(preset, [config_root()])
    (record,) = planned(store, tmp_path / "a.csv", keyer).leads
    lead = replace(record, first_name=None, last_name="Suharto", full_name="Suharto")
    staged = files.stage(tmp_path / "x.csv", "csv", [lead], fields)
    (row,) = csv.DictReader(io.StringIO(staged.path.read_text(encoding="utf-8")))
    assert list(row) == list(fields.fields)
    names = {
        theirs: ours for theirs, ours in fields.fields.items() if ours.startswith(("first_name", "last_name"))
    }
    assert {row[theirs] for theirs, ours in names.items() if ours == "first_name"} == {""}
    assert {row[theirs] for theirs, ours in names.items() if ours.startswith("last")} == {"Suharto"}
    assert row.get("Email", "") == ""  # none is kept, so none can leave


def test_a_plan_that_changed_since_it_was_seen_is_another_plan(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, key = filled
    before = planned(store, tmp_path / "a.csv", keyer)
    later = planned(store, tmp_path / "a.csv", keyer, NOW + timedelta(days=3))
    assert before.digest == later.digest  # a day's passing changes nothing of it
    with store.begin() as tx:
        scores.put(tx, "post-training", "post-training@1", [score(key, 60.0)], None, NOW)
    assert planned(store, tmp_path / "a.csv", keyer).digest != before.digest
    assert planned(store, tmp_path / "b.csv", keyer).digest != before.digest
