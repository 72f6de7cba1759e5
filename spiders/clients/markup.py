"""XML and HTML from strangers, parsed without entities, document types or network."""

import re
from typing import Any, Final

from lxml import etree, html

from spiders.errors import SourceChanged

_TEXT_MAX: Final = 20_000
_LINES_MAX: Final = 50_000
_END: Final = 10_000
_INLINE: Final = frozenset({
    "a", "abbr", "b", "big", "em", "font", "i", "ins", "mark", "small", "span", "strong", "sub", "sup", "tt", "u",
})  # fmt: skip


def xml(body: bytes) -> Any:
    """Return the root element of an XML document.

    Raises SourceChanged if it is not well formed, or carries a document type: none of our sources sends one,
    and entities are how XML attacks its reader.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SourceChanged("the answer carries a document type, which none of our XML sources sends")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceChanged(f"not well-formed XML: {error}") from error
    return root


def page(body: bytes) -> Any:
    """Return the root element of an HTML page, however broken.

    Raises SourceChanged if there is no element at all.
    """
    try:
        text: str | bytes = body.decode("utf-8").lstrip("\ufeff").replace("\x00", "")
    except UnicodeDecodeError:
        text = body  # the page's own charset declaration decides
    if isinstance(text, str):
        text = text.encode()
        parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    else:
        parser = html.HTMLParser(no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceChanged(f"no HTML in the answer: {error}") from error


def text_of(element: Any, *, between: str = "") -> str | None:
    """Return all text below an element on one line, at most 20,000 characters; None for nothing.

    between: what stands between the texts of two elements, a blank where elements are blocks.
    """
    if element is None:
        return None
    told = between.join(element.itertext()) if len(element) else element.text or ""
    return " ".join(told[:_TEXT_MAX].split()) or None


def lines_of(root: Any, *, without: frozenset[str]) -> str:
    """Return the text of a page with a line for each block, of a longer one 40,000 characters and its last 10,000.

    without: elements left out with all they hold.
    """
    parts: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else None
        if event == "start":
            skipped += tag in without
            if not skipped:
                parts.append(f"{'' if tag in _INLINE else chr(10)}{element.text or ''}")
            continue
        skipped -= event == "end" and tag in without
        if not skipped:
            parts.append(f"{'' if tag in _INLINE or tag is None else chr(10)}{element.tail or ''}")
    text = re.sub(r" ?\n[\n ]*", "\n", re.sub(r"[^\S\n]+", " ", "".join(parts)))
    return text if len(text) <= _LINES_MAX else f"{text[: _LINES_MAX - _END]}\n{text[-_END:]}"
