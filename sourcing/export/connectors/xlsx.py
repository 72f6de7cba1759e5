"""A spreadsheet (Office Open XML), one sheet: numbers are numbers, every text is a typed text and never a formula.

Source: ECMA-376 part 1, 5th edition, §18 (SpreadsheetML), read 2026-11-24. Inline strings, so that rows can be written
one after the other; no formula, no link and no macro is ever written, and no cell is left for a program to guess at.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape

CELL_MAX_CHARS = 32_767  # of the format
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # _x0041_ would be read as a letter
_NEW = (1980, 1, 1, 0, 0, 0)  # the same leads make the same bytes
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write(file: BinaryIO, rows: Iterable[Iterable[str | float | None]]) -> None:
    """Write rows as a workbook of one sheet, one after the other; texts are cut at what a cell can hold."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(zipfile.ZipInfo(name, _NEW), _HEAD + text, zipfile.ZIP_DEFLATED)
        sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml", _NEW)
        sheet.compress_type = zipfile.ZIP_DEFLATED
        with book.open(sheet, "w") as out:
            out.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in rows:
                out.write(f"<row>{''.join(_cells(row))}</row>".encode())
            out.write(b"</sheetData></worksheet>")


def _cells(row: Iterable[str | float | None]) -> Iterator[str]:
    for value in row:
        if value is None or value == "":
            yield "<c/>"
        elif isinstance(value, str):
            yield f'<c t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
        else:
            yield f"<c><v>{value!r}</v></c>"


def _text(value: str) -> str:
    fit = _UNFIT.sub("", value)[:CELL_MAX_CHARS]
    # a bare carriage return would be read as a line feed
    return escape(_ESCAPED.sub("_x005F_", fit), {"\r": "_x000D_"})
