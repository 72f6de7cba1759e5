"""Data on stdout, as people or programs want it; everything else on stderr."""

import csv
import io
import json
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TextIO

from sourcing.errors import UnknownName

Row = Mapping[str, Any]


class Format(StrEnum):
    """How data are written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def visible(text: str) -> str:
    """Return text with control, direction and line characters escaped, so that no source can write on a terminal."""
    return "".join(
        char
        if unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp", "Cs") or char == "\u200d"
        else _escaped(char)
        for char in text
    )


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: dataclasses as objects, times as ISO 8601, sets sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def write(
    rows: Iterable[Row],
    how: Format,
    *,
    columns: Sequence[str],
    fields: Sequence[str] = (),
    out: TextIO | None = None,
) -> None:
    """Write rows to stdout. columns: shown in a table, in order. fields: what the caller asked for instead.

    Raises UnknownName for a field that no row has.
    """
    stream = out or sys.stdout
    found = [dict(row) for row in map(plain, rows)]
    _check_fields(fields, found)
    chosen = [{name: row.get(name) for name in fields} if fields else row for row in found]
    match how:
        case Format.JSON:
            stream.write(json.dumps(chosen, ensure_ascii=False, indent=2) + "\n")
        case Format.NDJSON:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        case Format.CSV:
            stream.write(as_csv(chosen, fields or columns))
        case Format.TABLE:
            from rich.cells import cell_len

            table = as_table(chosen, fields or columns)
            width = terminal_width() if stream is sys.stdout else None
            if width is not None and any(cell_len(line) > width for line in table.splitlines()):
                table = stacked(chosen, fields or columns, width)
            stream.write(table)


def _check_fields(fields: Sequence[str], rows: Sequence[Row]) -> None:
    known = sorted({name for row in rows for name in row})
    for name in fields:
        if rows and name not in known:
            raise UnknownName("field", name, known)


def write_record(record: Any, how: Format, *, fields: Sequence[str] = (), out: TextIO | None = None) -> None:
    """Write one record to stdout: an object for programs, `name  value` lines for people. fields: only these."""
    stream = out or sys.stdout
    table = plain(record)
    _check_fields(fields, [table])
    if fields:
        table = {name: table[name] for name in fields}
    if how in (Format.JSON, Format.NDJSON):
        stream.write(json.dumps(table, ensure_ascii=False, indent=2 if how is Format.JSON else None) + "\n")
    elif how is Format.CSV:
        stream.write(as_csv([table], list(table)))
    else:
        width = max((len(name) for name in table), default=0)
        stream.writelines(f"{name:<{width}}  {_cell(value)}\n" for name, value in table.items())


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Return rows as CSV with a header, every text guarded against being read as a formula."""
    from sourcing.export.connectors.files import guard

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name) for name in columns]
        writer.writerow([_csv_cell(cell, guard) for cell in cells])
    return text.getvalue()


def _csv_cell(value: Any, guard: Callable[[str], str]) -> str | float:
    if value is None:
        return ""
    return value if _is_number(value) else guard(_cell(value))


def as_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return rows as aligned columns, numbers to the right, in the width of characters as terminals draw them."""
    from rich.cells import cell_len

    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    heads = [name.replace("_", " ") for name in columns]
    widths = [max([cell_len(head), *(cell_len(line[at]) for line in cells)]) for at, head in enumerate(heads)]
    right = [bool(rows) and all(_is_number(row.get(name)) for row in rows) for name in columns]

    def line(parts: Sequence[str]) -> str:
        padded = []
        for part, width, to_right in zip(parts, widths, right, strict=True):
            space = " " * (width - cell_len(part))
            padded.append(space + part if to_right else part + space)
        return "  ".join(padded).rstrip()

    return "".join(f"{text}\n" for text in (line(heads), *map(line, cells)))


def stacked(rows: Sequence[Row], columns: Sequence[str], terminal: int) -> str:
    """Return rows below each other, `column  value` with long values wrapped: for a terminal too narrow for a table."""
    width = max((len(name) for name in columns), default=0)
    blank = " " * (width + 2)

    def line(row: Row, name: str) -> str:
        text = f"{name.replace('_', ' '):<{width}}  {_cell(row.get(name))}"
        # never inside a word: addresses are copied from here
        return textwrap.fill(
            text,
            max(terminal, width + 20),
            subsequent_indent=blank,
            break_long_words=False,
            break_on_hyphens=False,
        )

    return "\n".join("".join(f"{line(row, name)}\n" for name in columns) for row in rows)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is; None for a file or a pipe, which nothing narrows."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    if isinstance(value, list):
        return visible(", ".join(str(item) for item in value)) or "–"
    if isinstance(value, Mapping):
        return visible(", ".join(f"{name} {item}" for name, item in value.items())) or "–"
    return visible(str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _escaped(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
