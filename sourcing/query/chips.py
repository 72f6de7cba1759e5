"""A query as chips: its parts that all have to hold, each of which can be seen, added, changed and taken out.

Chips and text are two faces of one query: every act on a chip gives a new text, and the text alone is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from sourcing.query.parse import parse, tokens
from storage.query import And, Field, FieldName, Or, Tree

_PLAIN = re.compile(r"[\w][\w.+#/&'-]*")
_STEPS = {"open": 1, "close": -1}


class Need(StrEnum):
    """What a chip asks: that it holds, that one of several holds, or that it does not."""

    MUST = "must"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One part of a query. text: as typed. label: without the sign that denies it. number: its place, from 0."""

    number: int
    text: str
    label: str
    need: Need
    tree: Tree


@lru_cache(maxsize=512)  # the links of a page read the same few queries a hundred times
def read(text: str) -> tuple[Chip, ...]:
    """Return the chips of a query, in its order; a query of alternatives is one chip. Raises BadQuery."""
    whole = parse(text)
    spans = _spans(text)
    if not spans:
        return ()
    if len(spans) == 1:
        return (_chip(0, text[slice(*spans[0])], whole),)
    return tuple(
        _chip(number, text[start:end], parse(text[start:end])) for number, (start, end) in enumerate(spans)
    )


def without(text: str, number: int) -> str:
    """Return a query without one of its chips; the query as it is if there is no such chip."""
    return _joined([chip.text for chip in read(text) if chip.number != number])


def added(text: str, part: str, *, need: Need = Need.MUST) -> str:
    """Return a query with one more part; alternatives in either are kept together by brackets.

    need: `NOT` denies the part as a whole. A part that is there already is not added again. Raises BadQuery.
    """
    chips = read(text)
    fresh = read(part)
    if not fresh:
        return text.strip()
    new = [_bracketed(chip) for chip in fresh] if need is not Need.NOT else [_denied(fresh)]
    known = [_bracketed(chip) for chip in chips]
    return _joined([*known, *(one for one in new if one not in known)])


def either(text: str, part: str) -> str:
    """Return a query in which one more alternative will do: beside its last alternatives, else beside its last part.

    Raises BadQuery.
    """
    chips = read(text)
    fresh = " ".join(_bracketed(chip) for chip in read(part))
    fresh = f"({fresh})" if len(read(part)) > 1 else fresh
    beside = next((chip for chip in reversed(chips) if chip.need is Need.ANY), None)
    beside = beside or next((chip for chip in reversed(chips) if chip.need is Need.MUST), None)
    if beside is None or not fresh:
        return added(text, part)
    new = f"({beside.label} OR {fresh})"
    return _joined([new if chip is beside else _bracketed(chip) for chip in chips])


def chosen(text: str, field: FieldName) -> tuple[str, ...]:
    """Return the values of a field a query chooses between, in its order. Raises BadQuery."""
    return tuple(value for chip in read(text) for value in _choice(chip.tree, field))


def toggled(text: str, field: FieldName, value: str) -> str:
    """Return a query with a value of a field chosen that was not, or the other way round. Raises BadQuery.

    Values of one field are alternatives: `hub:london` becomes `(hub:london OR hub:toronto)`.
    """
    wanted = list(chosen(text, field))
    wanted = [one for one in wanted if one != value] if value in wanted else [*wanted, value]
    kept = [_bracketed(chip) for chip in read(text) if not _choice(chip.tree, field)]
    said = [written(field, one) for one in wanted]
    new = f"({' OR '.join(said)})" if len(said) > 1 else "".join(said)
    return _joined([*kept, new])


def written(field: str, value: str) -> str:
    """Return a field and its value in the query language, quoted where it has to be."""
    plain = value.replace('"', " ").strip()
    return f"{field}:{plain}" if _PLAIN.fullmatch(plain) else f'{field}:"{plain}"'


def _chip(number: int, text: str, tree: Tree) -> Chip:
    denial = re.match(r"(?:-|NOT\b\s*)(?=\S)", text)
    if denial is not None and len(_spans(text)) == 1 and not _is_either(text):
        return Chip(number=number, text=text, label=_bare(text[denial.end() :]), need=Need.NOT, tree=tree)
    inner = _bare(text)
    need = Need.ANY if _is_either(inner) else Need.MUST
    return Chip(number=number, text=text, label=inner, need=need, tree=tree)


def _bare(text: str) -> str:
    """Return a part without the brackets around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for token, following in pairwise(tokens(text)):
        depth += _STEPS.get(token.kind, 0)
        if depth == 0:
            return text[1:-1].strip() if following.kind == "end" else text
    return text


def _bracketed(chip: Chip) -> str:
    return f"({chip.text})" if _is_either(chip.text) else chip.text


def _denied(chips: Sequence[Chip]) -> str:
    text = " ".join(_bracketed(chip) for chip in chips)
    return f"-{text}" if len(chips) == 1 and chips[0].need is not Need.NOT else f"-({text})"


def _joined(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)


@lru_cache(maxsize=2_048)
def _is_either(text: str) -> bool:
    """Return whether a text is of alternatives at its outermost level."""
    depth, before = 0, ""
    for token in tokens(text):
        depth += _STEPS.get(token.kind, 0)
        if depth == 0 and token.kind == "or" and before != "field":
            return True
        before = token.kind
    return False


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where each part of a query that can be read begins and ends."""
    found = tokens(text)
    if found[0].kind == "end":
        return []
    if _is_either(text):
        return [(found[0].column - 1, len(text.rstrip()))]
    spans: list[tuple[int, int]] = []
    start: int | None = None
    depth, before = 0, ""
    for token, following in pairwise(found):
        if start is None and token.kind == "and":
            continue
        start = token.column - 1 if start is None else start
        depth += _STEPS.get(token.kind, 0)
        if depth == 0 and (before == "field" or token.kind not in ("minus", "not", "field")):
            spans.append((start, start + len(text[start : following.column - 1].rstrip())))
            start = None
        before = token.kind
    return spans


def _choice(tree: Tree, field: FieldName) -> tuple[str, ...]:
    """Return the values a part chooses between; none if it says anything else."""
    match tree:
        case Field() if tree.name is field and not tree.prefix:
            return (tree.value,)
        case And() if len(tree.parts) == 1:
            return _choice(tree.parts[0], field)
        case Or():
            inner = [_choice(part, field) for part in tree.parts]
            return tuple(value for one in inner for value in one) if all(inner) else ()
        case _:
            return ()
