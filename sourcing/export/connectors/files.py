"""Files: the generic CSV of PRODUCT §6.2 and lead/1 as JSON lines, written whole or not at all."""

import csv
import hashlib
import io
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sourcing.export.lead import Lead, as_mapping

COLUMNS = (
    "Lead Key", "First Name", "Last Name", "Full Name", "Company", "Location", "Homepage", "GitHub", "Papers",
    "Other", "Specialism", "Score", "Confidence", "Level", "Why", "Evidence 1", "Evidence 1 URL", "Evidence 2",
    "Evidence 2 URL", "Evidence 3", "Evidence 3 URL", "Evidence 4", "Evidence 4 URL", "Evidence 5", "Evidence 5 URL",
    "Source", "Source URL", "First Seen", "Shortlist", "Stage", "Tags", "Legal Basis", "Notice Due", "Keep Until",
    "Exported At",
)  # fmt: skip
KINDS = ("csv", "ndjson")
NAME_MAX = 80
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


def csv_bytes(leads: Sequence[Lead]) -> bytes:
    """Return the generic CSV: UTF-8, CRLF, a header, numbers as numbers, every text guarded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for lead in leads:
        row = _row(lead)
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return text.getvalue().encode("utf-8")


def ndjson_bytes(leads: Sequence[Lead]) -> bytes:
    """Return one lead/1 object a line."""
    return "".join(_json(lead) + "\n" for lead in leads).encode("utf-8")


def payload_digest(lead: Lead) -> str:
    """Return what tells whether a lead changed since it was last sent.

    Left out: the moments of this export, and the sentences, which count days and so change every night by themselves.
    """
    table = {name: value for name, value in as_mapping(lead).items() if name not in _OF_THE_DAY}
    text = json.dumps(table, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def stage(path: Path, content: bytes) -> Path:
    """Write bytes beside their destination, safe on the disk and readable by their owner only; return where.

    The caller renames it: a reader sees all of the file or the one before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".leads-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _row(lead: Lead) -> Mapping[str, Any]:
    by_kind: dict[str, list[str]] = {}
    for link in lead.links:
        by_kind.setdefault(link.kind, []).append(link.url)
    source = min(lead.sources, key=lambda entry: (entry.first_seen, entry.name), default=None)
    row: dict[str, Any] = {
        "Lead Key": lead.lead_key,
        "First Name": lead.first_name,
        "Last Name": lead.last_name,
        "Full Name": lead.full_name,
        "Company": lead.org,
        "Location": lead.location,
        "Homepage": next(iter(by_kind.get("homepage", [])), None),
        "GitHub": next(iter(by_kind.get("code", [])), None),
        "Papers": next(iter(by_kind.get("papers", [])), None),
        "Other": " ".join(by_kind.get("other", [])),
        "Specialism": lead.specialism,
        "Score": lead.score,
        "Confidence": lead.confidence,
        "Level": lead.level,
        "Why": "; ".join(lead.why),
        "Source": source.name if source is not None else None,
        "Source URL": source.url if source is not None else None,
        "First Seen": source.first_seen.date() if source is not None else None,
        "Shortlist": lead.shortlist,
        "Stage": lead.stage,
        "Tags": ", ".join(lead.tags),
        "Legal Basis": lead.privacy.legal_basis,
        "Notice Due": lead.privacy.notice_due_at.date(),
        "Keep Until": lead.privacy.keep_until.date(),
        "Exported At": lead.exported_at.isoformat(timespec="seconds"),
    }
    for number, item in enumerate(lead.evidence, start=1):
        row[f"Evidence {number}"] = f"{item.date} {item.title}" if item.date else item.title
        row[f"Evidence {number} URL"] = item.url
    return row


def _cell(value: Any) -> str | float:
    if value is None:
        return ""
    return value if isinstance(value, int | float) else guard(str(value))


def _json(lead: Lead) -> str:
    return json.dumps(as_mapping(lead), default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
