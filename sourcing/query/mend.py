"""The nearest query that can be read to one that cannot: what the error suggests, done."""

import re

from sourcing.errors import BadQuery
from sourcing.query.parse import LENGTH_MAX, parse

_NEAR = re.compile(r"did you mean (\w+):\?")
_VALUE = re.compile(r'did you mean (\w+:(?:"[^"]+"|[^"\s]+))\?')


def mended(text: str, error: BadQuery) -> str | None:
    """Return a text mended at the place of an error, by what it suggests or the least change; None if nothing helps."""
    at = error.column - 1
    candidates = []
    value = _VALUE.search(str(error))
    if value is not None:
        behind = re.match(r'[^"\s]*"?', text[at:])
        begins = re.search(r'\b\w+:"?$', text[:at])
        if behind is not None and begins is not None:
            candidates.append(f"{text[: begins.start()]}{value[1]}{text[at + behind.end() :]}")
    near = _NEAR.search(str(error))
    if near is not None:
        name = re.match(r"\w+", text[at:])
        candidates.append(f"{text[:at]}{near[1]}{text[at + (name.end() if name else 0) :]}")
    end = next((place for place in range(at + 1, len(text)) if text[place].isspace()), len(text))
    candidates += [
        f'{text}"',
        f"{text})",
        *([] if text[at : at + 1].isalnum() else [f"{text[:at]}{text[at + 1 :]}"]),
        f'{text[:at]}"{text[at:end]}"{text[end:]}',
        f"{text[:at]}{text[end:]}",
        text[:at],
        text[:at].rstrip().rpartition(" ")[0],
        text[:LENGTH_MAX],
    ]
    for one in candidates:
        plain = " ".join(one.split())
        if plain and plain != text and _can_be_read(plain):
            return plain
    return None


def _can_be_read(text: str) -> bool:
    try:
        parse(text)
    except BadQuery:
        return False
    return True
