"""An operator's own dumps of people, cut into pages: the public file of ORCID and the tables of Meta Kaggle.

Both hold millions; only people the store knows already are read. Fields we never keep (addresses, countries,
education, biographies, everything that is not public) are left out here, before a page exists; of a biography
only the wish about recruiting stays, as one word.
"""

import csv
import hashlib
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

from lxml import etree

from spiders import redact
from spiders.clients import links, markup, wishes
from spiders.errors import SourceChanged
from spiders.records import Page

Format = Literal["orcid", "kaggle"]

PEOPLE_A_PAGE: Final = 100
_RECORD_MAX_BYTES: Final = 32 << 20
_FIELD_MAX: Final = 1 << 20  # characters of one field of a table
_TABLES: Final = {
    "Users.csv": ("Id", "UserName", "DisplayName"),
    "UserAchievements.csv": (
        "UserId", "AchievementType", "Tier", "TierAchievementDate", "TotalGold", "TotalSilver", "TotalBronze",
    ),
}  # fmt: skip
_HOMES: Final = {
    "orcid": "https://info.orcid.org/documentation/integration-guide/working-with-bulk-data/",
    "kaggle": "https://www.kaggle.com/datasets/kaggle/meta-kaggle",
}


def pages(file: Path, format: Format, wanted: Collection[str], *, fetched_at: datetime) -> Iterator[Page]:
    """Return the pages of a dump, at most 100 people each, in the order of the file.

    orcid: a `.tar.gz` of summaries. kaggle: a `.zip` with `Users.csv` and `UserAchievements.csv`.
    wanted: ORCIDs, or names of Kaggle accounts in lower case; nobody else leaves this function.
    fetched_at: when the operator got the file. Holds one page at a time (Kaggle: the people wanted).
    Raises SourceChanged if the file is not of this format or breaks off; pages before that stay.
    """
    cut: dict[str, Callable[[Path, Collection[str]], Iterator[list[dict[str, Any]]]]] = {
        "orcid": _orcid,
        "kaggle": _kaggle,
    }
    if format not in cut:
        raise SourceChanged(f"unknown format {format!r}; known: {', '.join(cut)}")
    if not file.is_file():
        raise SourceChanged(f"{file.name} is not a file; name one dump")
    try:
        for people in cut[format](file, wanted):
            body = redact.body(json.dumps({"people": people}, ensure_ascii=False).encode("utf-8", "replace"))
            yield Page(
                url=f"{_HOMES[format]}#{file.name}",
                status=200,
                media_type=f"application/x-{format}+json",
                fetched_at=fetched_at,
                sha256=hashlib.sha256(body).hexdigest(),
                body=body,
            )
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        UnicodeDecodeError,
        csv.Error,
    ) as error:
        raise SourceChanged(
            f"{file.name} breaks off or is no dump of {format} ({type(error).__name__}): get the file again"
        ) from error


def _orcid(file: Path, wanted: Collection[str]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    records = 0
    with tarfile.open(file, "r|gz") as archive:  # a stream: nothing is unpacked to disk, no name is followed
        for member in archive:
            number = links.orcid(Path(member.name).stem)
            records += number is not None
            if number is None or number not in wanted:
                continue
            if not member.isfile() or member.size > _RECORD_MAX_BYTES:
                continue
            found = archive.extractfile(member)
            if found is not None:
                batch.append(_record(found.read(), number))
            if len(batch) == PEOPLE_A_PAGE:
                yield batch
                batch = []
    if not records:
        raise SourceChanged(f"{file.name} holds no record named after an ORCID: is it the file of summaries?")
    if batch:
        yield batch


def _record(body: bytes, number: str) -> dict[str, Any]:
    """Return what a record says in public, or only that it was given up. Raises SourceChanged for other XML."""
    root = markup.xml(body)
    if root.xpath("string(//*[local-name()='orcid-identifier']/*[local-name()='path'])").strip() != number:
        raise SourceChanged(f"the record of {number} is of another shape")
    if root.xpath("//*[local-name()='deactivation-date']"):
        return {"orcid": number, "is_given_up": True}
    (person,) = root.xpath("/*/*[local-name()='person']") or [etree.Element("person")]
    called = _public(person, "name")
    told = " ".join(filter(None, (_said(one, "content") for one in _public(person, "biography"))))
    return {
        "orcid": number,
        "wish": wishes.word(told),
        "name": _said(called[0], "credit-name") or _full(called[0]) if called else None,
        "urls": [_said(one, "url") for one in _public(person, "researcher-url")],
        "ids": [
            {"type": _said(one, "external-id-type"), "url": _said(one, "external-id-url")}
            for one in _public(person, "external-identifier")
        ],
        "employers": [
            _said(one, "organization", "name")
            for one in _public(root, "employment-summary")
            if not one.xpath("./*[local-name()='end-date']")
        ],
    }


def _public(under: Any, name: str) -> list[Any]:
    return list(under.xpath(".//*[local-name()=$name][@visibility='public']", name=name))


def _said(element: Any, *path: str) -> str | None:
    for name in path:
        element = next((one for one in element if etree.QName(one).localname == name), None)
        if element is None:
            return None
    return markup.text_of(element)


def _full(name: Any) -> str | None:
    parts = (_said(name, "given-names"), _said(name, "family-name"))
    return " ".join(part for part in parts if part) or None


def _kaggle(file: Path, wanted: Collection[str]) -> Iterator[list[dict[str, Any]]]:
    people: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(file) as archive:
        for row in _table(archive, "Users.csv"):
            if row["UserName"].lower() in wanted:
                people[row["Id"]] = {**row, "achievements": []}
        for row in _table(archive, "UserAchievements.csv"):
            if (one := people.get(row.pop("UserId"))) is not None:
                one["achievements"].append(row)
    every = list(people.values())
    for begin in range(0, len(every), PEOPLE_A_PAGE):
        yield every[begin : begin + PEOPLE_A_PAGE]


def _table(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table with the columns we keep. Raises SourceChanged if it or a column is missing."""
    inside = next((one for one in archive.namelist() if Path(one).name == name), None)
    if inside is None:
        raise SourceChanged(f"no {name} in the file; expected the tables of Meta Kaggle as downloaded")
    csv.field_size_limit(_FIELD_MAX)
    with archive.open(inside) as stream:
        rows = csv.reader(_text(stream))
        places = _places(next(rows, []), name)
        for row in rows:
            if len(row) > max(places):
                yield {kept: row[place] for kept, place in zip(_TABLES[name], places, strict=True)}


def _places(header: Sequence[str], name: str) -> list[int]:
    missing = [column for column in _TABLES[name] if column not in header]
    if missing:
        raise SourceChanged(f"{name} has no column {', '.join(missing)}: its shape has changed")
    return [list(header).index(column) for column in _TABLES[name]]


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
