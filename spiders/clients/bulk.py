"""An operator's bulk files of papers, cut into pages.

A file is read through before its first page: one that breaks off anywhere gives no page at all. Fields we
never keep (gender, ratings, reviews, positions) are left out here, before a page exists.
"""

import codecs
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from lxml import etree

from spiders import redact
from spiders.clients import arxiv, links
from spiders.errors import SourceChanged
from spiders.records import Page

Format = Literal["paperlists", "arxiv-oai", "acl"]

PAPERS_A_PAGE: Final = 100
SHARED_BY: Final = 3  # authors; a homepage that so many give is their lab's

_BLOCK_BYTES: Final = 1 << 20
_RECORD_MAX: Final = 32 << 20  # characters; no paper is as long
_HOMES: Final = {
    "paperlists": "https://github.com/papercopilot/paperlists",
    "arxiv-oai": arxiv.OAI,
    "acl": "https://github.com/acl-org/acl-anthology",
}
_KEPT: Final = (
    "id", "title", "status", "abstract", "keywords", "author", "authorids", "or_profile", "homepage", "dblp",
    "google_scholar", "orcid", "aff", "github", "site",
)  # fmt: skip
_FORBIDDEN: Final = (
    "gender", "rating", "ratings", "rating_avg", "reviews", "reviewers", "confidence", "confidence_avg",
    "position", "linkedin", "email", "strengths", "limitations", "suitability", "correctness", "replies_avg",
)  # fmt: skip
_OAI_RECORD: Final = "{http://www.openarchives.org/OAI/2.0/}record"


def pages(file: Path, format: Format, *, fetched_at: datetime) -> Iterator[Page]:
    """Return the pages of a bulk file, at most 100 papers each, in the order of the file.

    fetched_at: when the operator got the file. Reads the file twice, and holds one page of it at a time.
    Raises SourceChanged before the first page if the file is not of this format, breaks off or is damaged;
    the message says at which byte.
    """
    cut: dict[str, Callable[[Path], Iterator[bytes]]] = {
        "paperlists": _paperlists,
        "arxiv-oai": _oai,
        "acl": _anthology,
    }
    if format not in cut:
        raise SourceChanged(f"unknown format {format!r}; known: {', '.join(cut)}")
    if not file.is_file():
        raise SourceChanged(f"{file.name} is not a file; name one file of papers")
    media = "application/x-paperlists+json" if format == "paperlists" else "application/xml"
    for body in cut[format](file):
        yield Page(
            url=f"{_HOMES[format]}#{file.name}",
            status=200,
            media_type=media,
            fetched_at=fetched_at,
            sha256=hashlib.sha256(body).hexdigest(),
            body=body,
        )


def _paperlists(file: Path) -> Iterator[bytes]:
    users: dict[str, set[str]] = {}
    for _, paper in _objects(file):
        for who, home in _homes(paper):
            users.setdefault(home, set()).add(who)
    shared = {home for home, people in users.items() if len(people) >= SHARED_BY}
    batch: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    for _, paper in _objects(file):
        dropped.update(name if name in _FORBIDDEN else "other" for name in paper if name not in _KEPT)
        batch.append({name: paper[name] for name in _KEPT if name in paper})
        if len(batch) == PAPERS_A_PAGE:
            yield _page(file, batch, dropped, shared)
            batch, dropped = [], Counter()
    if batch:
        yield _page(file, batch, dropped, shared)


def _page(file: Path, papers: list[dict[str, Any]], dropped: Counter[str], shared: set[str]) -> bytes:
    here = sorted({home for paper in papers for _, home in _homes(paper)} & shared)
    table = {
        "file": file.stem,
        "shared_homepages": here,
        "dropped": dict(sorted(dropped.items())),
        "papers": papers,
    }
    return redact.body(json.dumps(table, ensure_ascii=False).encode("utf-8", "replace"))


def _homes(paper: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (author, homepage) pairs of a paper whose two lists fit each other."""
    fields = [str(paper.get(name) or "").split(";") for name in ("author", "homepage")]
    if len(fields[0]) == len(fields[1]):
        for who, home in zip(*fields, strict=True):
            if (page := links.page_id(home)) is not None:
                yield who.strip().casefold(), page


def _objects(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (byte, record) of a JSON array of objects without holding the file."""
    decoder, utf8 = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")()
    buffer, at, opened, ended = "", 0, False, False

    def broken(why: str) -> SourceChanged:
        return SourceChanged(
            f"{file.name} {why} at byte {at}: get the file again, nothing of it was imported"
        )

    with file.open("rb") as stream:
        while not ended:
            block = stream.read(_BLOCK_BYTES)
            try:
                buffer += utf8.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise broken("is not UTF-8") from error
            while True:
                text = buffer.lstrip(" \t\r\n,") if opened else buffer.lstrip()
                at += len(buffer[: len(buffer) - len(text)].encode())
                buffer = text
                if not text:
                    break
                if not opened:
                    if not text.startswith("["):
                        raise broken("is no JSON array of papers: it begins otherwise")
                    opened, buffer, at = True, text[1:], at + 1
                    continue
                if text.startswith("]"):
                    if text[1:].strip() or stream.read(_BLOCK_BYTES).strip():
                        raise broken("goes on after its end")
                    ended = True
                    break
                if not text.startswith("{"):
                    raise broken("holds something other than a record")
                try:
                    record, length = decoder.raw_decode(text)
                except (json.JSONDecodeError, RecursionError) as error:
                    if len(text) > _RECORD_MAX or isinstance(error, RecursionError):
                        raise broken("has a damaged record") from error
                    break
                yield at, record
                at += len(text[:length].encode())
                buffer = text[length:]
            if not block and not ended:
                raise broken(
                    "breaks off inside the record" if buffer else "breaks off before its closing bracket"
                )


def _oai(file: Path) -> Iterator[bytes]:
    yield from _checked(file, _OAI_RECORD, _oai_page)


def _anthology(file: Path) -> Iterator[bytes]:
    yield from _checked(file, "paper", _anthology_page)


def _checked(file: Path, tag: str, page: Callable[[list[Any]], bytes]) -> Iterator[bytes]:
    count = 0
    for element in _elements(file, tag):
        count += 1
        element.clear()
    if not count:
        raise SourceChanged(f"{file.name} holds no <{etree.QName(tag).localname}>: is it of another format?")
    batch: list[Any] = []
    for element in _elements(file, tag):
        if batch and (len(batch) == PAPERS_A_PAGE or element.getparent() is not batch[0].getparent()):
            yield redact.body(page(batch))
            batch = _forget(batch)
        batch.append(element)
    if batch:
        yield redact.body(page(batch))


def _forget(batch: list[Any]) -> list[Any]:
    for element in batch:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    return []


def _elements(file: Path, tag: str) -> Iterator[Any]:
    """Yield the elements of one name; entities and document types are refused.

    Elements stay in the tree until they are taken out: the first pass does so at once.
    """
    parser = etree.XMLPullParser(
        events=("end",), tag=tag, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    at = 0
    with file.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
                    raise SourceChanged(f"{file.name} carries a document type near byte {at}: it is refused")
                parser.feed(block)
                yield from (element for _, element in parser.read_events())
                at += len(block)
            parser.close()
        except etree.XMLSyntaxError as error:
            raise SourceChanged(
                f"{file.name} breaks off or is damaged after byte {at} (line {error.lineno}): "
                "get the file again, nothing of it was imported"
            ) from error


def _oai_page(batch: list[Any]) -> bytes:
    root = etree.Element("{http://www.openarchives.org/OAI/2.0/}OAI-PMH")
    found = etree.SubElement(root, "{http://www.openarchives.org/OAI/2.0/}ListRecords")
    return _wrapped(root, found, batch)


def _anthology_page(batch: list[Any]) -> bytes:
    volume = batch[0].getparent()
    collection = volume.getparent() if volume is not None else None
    root = etree.Element("collection", {"id": (collection.get("id") or "") if collection is not None else ""})
    copy = etree.SubElement(root, "volume", {"id": (volume.get("id") or "") if volume is not None else ""})
    meta = volume.find("meta") if volume is not None else None
    if meta is not None:
        copy.append(etree.fromstring(etree.tostring(meta, with_tail=False)))
    return _wrapped(root, copy, batch)


def _wrapped(root: Any, under: Any, batch: list[Any]) -> bytes:
    for element in batch:
        under.append(etree.fromstring(etree.tostring(element, with_tail=False)))
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
