"""Exports: what a spreadsheet sees, what is blocked, what is remembered, what never leaves."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import resolve
from sourcing.errors import ExportBlocked
from sourcing.export import plan
from sourcing.export.connectors.files import COLUMNS, csv_bytes, file_name, guard
from sourcing.export.lead import Occasion, split_name
from spiders.records import IdentityKind
from storage import audit, exports, intake, people, persons, scores, subjects
from storage.engine import Store
from storage.model import Points, Score
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
    target = plan.Target(connector=kind, destination=path, what="Trainers")
    with store.read() as tx:
        keys = [one.key for one in persons.list_people(tx, limit=10)]
        occasion = Occasion(specialism="post-training", now=now, keep_days=180, notice_days=30)
        return plan.plan(tx, keys, target, occasion, keyer=keyer)


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
    plan.push(store, planned(store, tmp_path / "a.csv", keyer), actor="operator", now=NOW, keyer=keyer)
    raw = (tmp_path / "a.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert raw.count(b"\r\n") == len(rows) + 1 and tuple(rows[0]) == COLUMNS
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
    plan.push(store, first, actor="operator", now=NOW, keyer=keyer)
    later = NOW + timedelta(days=1)
    again = planned(store, tmp_path / "a.csv", keyer, later)
    assert again.counts["skip"] == 1
    assert planned(store, tmp_path / "b.csv", keyer, later).counts["create"] == 1
    with store.begin() as tx:
        scores.put(tx, "post-training", "post-training@1", [score(key, 60.0)], None, later)
    changed = planned(store, tmp_path / "a.csv", keyer, later)
    assert changed.counts["update"] == 1
    plan.push(store, changed, actor="operator", now=later, keyer=keyer)
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
        plan.push(store, before, actor="operator", now=NOW, keyer=keyer)
    assert not list(tmp_path.glob("a.csv"))


def test_lead_1_as_json_lines_keeps_numbers_and_names_its_format(
    filled: tuple[Store, str], keyer: PepperKeyer, tmp_path: Path
) -> None:
    store, _ = filled
    prepared = planned(store, tmp_path / "a.ndjson", keyer, kind="ndjson")
    plan.push(store, prepared, actor="operator", now=NOW, keyer=keyer)
    (lead,) = [json.loads(line) for line in (tmp_path / "a.ndjson").read_text().splitlines()]
    assert (
        lead["format"] == "lead/1"
        and lead["score"] == 40.0
        and lead["factors"] == [{"name": "Code", "points": 40.0}]
    )
    assert {"contact", "email", "emails"}.isdisjoint(lead)


def test_an_empty_export_still_has_its_header() -> None:
    assert csv_bytes([]).decode().splitlines() == [",".join(COLUMNS)]
