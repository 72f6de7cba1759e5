"""Files of leads: CSV, a spreadsheet, lead/1 as JSON lines; streamed, written whole or not at all, with a manifest."""

import csv
import hashlib
import io
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sourcing.export.connectors import xlsx
from sourcing.export.lead import Lead, as_mapping
from sourcing.export.mapping import Mapping, Value
from storage.model import Export

KINDS = ("csv", "xlsx", "ndjson")
NAME_MAX = 80
STAGED, MANIFEST = ".leads-", ".manifest.json"
_OF_THE_DAY = ("exported_at", "run_id", "privacy", "why")
_FORMULA = frozenset("=+-@\t\r\n\u2212")  # and every form that compatibility folds into one of them: ＝ ﹢ ⁼
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")  # letters and marks that show nothing


def guard(text: str) -> str:
    """Return text that no spreadsheet evaluates: NUL removed, a leading apostrophe before what starts a formula.

    The first visible character decides: spaces and invisible characters before it do not hide a formula.
    """
    clean = text.replace("\x00", "")
    for char in clean:
        if char in _FORMULA or unicodedata.normalize("NFKC", char)[0] in _FORMULA:
            return f"'{clean}"
        if not _is_invisible(char):
            break
    return clean


def _is_invisible(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return (
        selector
        or char in _BLANK
        or char.isspace()
        or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    )


def file_name(wanted: str, *, kind: str) -> str:
    """Return a file name made from a shortlist's name: no directory, no dot in front, at most 80 characters."""
    words = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", wanted)).strip("-_.")[:NAME_MAX]
    return f"{words or 'leads'}.{kind}"


def payload_digest(lead: Lead) -> str:
    """Return what tells whether a lead changed since it was last sent.

    Left out: the moments of this export, and the sentences, which count days and so change every night by themselves.
    """
    table = {name: value for name, value in as_mapping(lead).items() if name not in _OF_THE_DAY}
    text = json.dumps(table, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A file beside its destination. digest: SHA-256 of it."""

    path: Path
    destination: Path
    digest: str
    rows: int

    def publish(self) -> None:
        """Give the file its name: a reader sees all of it or the one before."""
        self.path.replace(self.destination)


def parts(
    destination: Path, leads: Sequence[Lead], rows_max: int | None
) -> list[tuple[Path, Sequence[Lead]]]:
    """Return the files some leads go to: one, or as many as an import with a limit of rows asks for."""
    if rows_max is None or len(leads) <= rows_max:
        return [(destination, leads)]
    cut = [leads[at : at + rows_max] for at in range(0, len(leads), rows_max)]
    named = destination.with_name
    return [(named(f"{destination.stem}-{at}{destination.suffix}"), rows) for at, rows in enumerate(cut, 1)]


def stage(destination: Path, kind: str, leads: Sequence[Lead], mapping: Mapping) -> Staged:
    """Write leads beside their destination, safe on the disk and readable by their owner only.

    The caller publishes it. kind: one of `KINDS`.
    """
    return _staged(destination, lambda file: _WRITERS[kind](file, leads, mapping), len(leads))


def stage_manifest(destination: Path, content: dict[str, Any]) -> Staged:
    """Write beside a destination what a reader of its files must know: who, when, how many, digests, until when."""
    text = json.dumps(content, default=_plain, indent=1, ensure_ascii=False) + "\n"
    return _staged(manifest_of(destination), lambda file: file.write(text.encode()), 0)


def written(destination: Path) -> dict[Path, str]:
    """Return the files that the manifest of a destination names beside it, with their digests as they were written.

    None of them if there is no manifest or it cannot be read.
    """
    try:
        told = json.loads(manifest_of(destination).read_text(encoding="utf-8"))
        return {
            destination.with_name(Path(str(one["name"])).name): str(one["sha256"]) for one in told["files"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def writer_of(destination: Path) -> str | None:
    """Return which export wrote a destination last, as its manifest says; None without one that can be read."""
    try:
        return str(json.loads(manifest_of(destination).read_text(encoding="utf-8"))["export"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove(home: Path, one: Export) -> int:
    """Remove the files an export wrote, with their manifest, and return how many files of leads went.

    Below home/exports always. Elsewhere only a file that still is what was written: what somebody made of it is theirs.
    """
    ours = (home / "exports").resolve()
    destination = Path(one.destination)
    gone = 0
    for path, sha in (written(destination) | {destination: one.digest}).items():
        if path.is_file() and (path.resolve().is_relative_to(ours) or digest_of(path) == sha):
            path.unlink()
            gone += 1
    if not destination.exists():
        manifest_of(destination).unlink(missing_ok=True)
    return gone


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_of(destination: Path) -> Path:
    """Return where the manifest of a destination is."""
    return destination.with_name(destination.name + MANIFEST)


def _staged(destination: Path, write: Callable[[BinaryIO], Any], rows: int) -> Staged:
    destination.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=destination.parent, prefix=STAGED)
    try:
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Staged(path=Path(name), destination=destination, digest=digest, rows=rows)


def _csv(file: BinaryIO, leads: Iterable[Lead], mapping: Mapping) -> None:
    """Write UTF-8 with CRLF and a header; numbers as numbers, every text guarded."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(guard, mapping.fields))
    writer.writerows([_cell(value) for value in mapping.row(lead).values()] for lead in leads)
    text.detach()


def _xlsx(file: BinaryIO, leads: Iterable[Lead], mapping: Mapping) -> None:
    def rows() -> Iterator[Iterable[Value]]:
        yield mapping.fields
        yield from (mapping.row(lead).values() for lead in leads)

    xlsx.write(file, rows())


def _ndjson(file: BinaryIO, leads: Iterable[Lead], mapping: Mapping) -> None:
    """Write one lead/1 object a line, whatever the mapping says."""
    for lead in leads:
        file.write((as_json(as_mapping(lead)) + "\n").encode("utf-8"))


_WRITERS = {"csv": _csv, "xlsx": _xlsx, "ndjson": _ndjson}


def _cell(value: Value) -> str | float:
    if value is None:
        return ""
    return value if isinstance(value, int | float) else guard(value)


def as_json(content: Any) -> str:
    """Return JSON with times in ISO 8601, every script as itself."""
    return json.dumps(content, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
