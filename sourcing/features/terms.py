"""Words of a specialism as patterns over normalised text.

Normalised text is lower case, words parted by one space, with a space at both ends; camel case and snake case
are taken apart, so `PagedAttention`, `paged_attention` and "paged-attention" read the same.
A term may list synonyms (`KV cache | key-value cache`); each may end in `*`. Plurals match.
"""

import re
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

TEXT_MAX = 4000  # characters of a body that are searched: a long abstract is 2,500
NEVER = r"^\b$"  # matches no normalised text: stands for an empty list


def normalise(text: str) -> str:
    """Return one term's words, lower case and parted by single spaces."""
    return re.sub(r"[^a-z0-9+*]+", " ", text.lower()).strip()


def pattern(terms: Iterable[str]) -> str:
    """Return a regular expression (RE2) for "one of these terms occurs", on normalised text."""
    spellings = {normalise(spelling) for term in terms for spelling in term.split("|")} - {"", "*"}
    return f" (?:{'|'.join(sorted(map(_spelling, spellings)))}) " if spellings else NEVER


def _spelling(words: str) -> str:
    parts = [re.escape(word.rstrip("*")) for word in words.split(" ")]
    ending = "[a-z0-9]*" if words.endswith("*") else "(?:e?s)?"
    return " ?".join(parts) + ending


def normalised(column: ir.StringValue) -> ir.StringValue:
    """Return a column of normalised text; unknown text is a single space. Camel case is read both ways."""
    text = column.fill_null("")
    apart = text.re_replace(r"([a-z0-9])([A-Z])", r"\1 \2").re_replace(r"([A-Z]+)([A-Z][a-z])", r"\1 \2")
    both = text + ibis.literal(" ") + apart
    return ibis.literal(" ") + both.lower().re_replace(r"[^a-z0-9+]+", " ") + ibis.literal(" ")


def plain(column: ir.StringValue) -> ir.StringValue:
    """Return normalised text of prose, cut at 4,000 characters: no camel case to take apart."""
    text = column.fill_null("").substr(0, TEXT_MAX)
    return ibis.literal(" ") + text.lower().re_replace(r"[^a-z0-9+]+", " ") + ibis.literal(" ")
