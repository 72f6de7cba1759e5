"""LibreOffice opens our files and evaluates nothing. Run by `make sheets`, which brings LibreOffice along."""

import csv
import subprocess
from pathlib import Path

import pytest
from lxml import etree
from planted import FORMULAS, leads

from sourcing.export import mapping
from sourcing.export.connectors import files
from sourcing.settings import config_root

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
AS_CSV = "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
"""Commas, quotes, UTF-8; numbers and dates are looked for, and formulas evaluated: the most credulous there is."""


def opened(path: Path, *more: str) -> tuple[list[str], list[str]]:
    """Return the formulas and the texts of a sheet as LibreOffice reads it."""
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    command = [
        "soffice",
        "--headless",
        profile,
        *more,
        "--convert-to",
        "fods",
        "--outdir",
        str(path.parent / "out"),
    ]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=300)
    (made,) = (path.parent / "out").glob("*.fods")
    sheet = etree.parse(made)
    cells = list(sheet.iter(f"{TABLE}table-cell"))
    texts = ["\n".join("".join(part.itertext()) for part in cell) for cell in cells]
    return [cell.get(f"{TABLE}formula") for cell in cells if cell.get(f"{TABLE}formula")], texts


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("preset", ["generic", "hubspot-import"])
def test_libreoffice_evaluates_none_of_two_hundred_formulas(kind: str, preset: str, tmp_path: Path) -> None:
    staged = files.stage(tmp_path / f"leads.{kind}", kind, leads(), mapping.load(preset, [config_root()]))
    staged.publish()
    formulas, texts = opened(staged.destination, *([AS_CSV] if kind == "csv" else []))
    assert formulas == []
    assert sum("HYPERLINK(1)" in text for text in texts) >= len(FORMULAS) // 5, "the names are there, as text"


def test_it_would_evaluate_them_if_it_were_let(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Full Name"], *([text] for text in FORMULAS)])
    formulas, _ = opened(path, AS_CSV)
    assert len(formulas) >= 5, "those that begin with an equals sign"
