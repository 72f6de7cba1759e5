"""The query language: text to the store's search tree, errors with a column and a suggestion.

words "phrases" begin* AND OR NOT ( ) - field:value field:"two words" ranges score:>=70 active:2026-01-01..
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from sourcing.errors import BadQuery
from storage.query import And, Field, FieldName, Not, Or, Range, RangeName, Tree, Words

LENGTH_MAX = 2_000
TERMS_MAX = 100
DEPTH_MAX = 20
_HIDDEN = ("yes", "no", "all")
_TOKEN = re.compile(r'\s*(?:([()])|(-)(?=[^\s-])|([A-Za-z_]+):(?=[^\s)])|"([^"]*)"(~\d+)?|([^\s()"]+))')
_RANGE = re.compile(r"^(>=|<=|>|<|=)?(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str  # open, close, minus, field, phrase, word, and, or, not, end
    text: str
    column: int


def parse(text: str) -> Tree:
    """Return the tree of a query; an empty text finds everybody.

    Raises BadQuery naming the column (1-based) of what cannot be read and what to write instead.
    """
    if len(text) > LENGTH_MAX:
        raise BadQuery(
            f"longer than {LENGTH_MAX:,} characters", column=LENGTH_MAX + 1, suggestion="ask for less at once"
        )
    return _Parser(_tokens(text)).everything()


def _tokens(text: str) -> list[_Token]:
    out: list[_Token] = []
    at, stripped = 0, text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            quote = stripped.index('"', at)
            raise BadQuery(
                "a quotation mark without its partner", column=quote + 1, suggestion='close it with "'
            )
        start = match.end() - len(match.group().lstrip())
        column = start + 1
        bracket, minus, field, phrase, near, word = match.groups()
        if bracket:
            out.append(_Token(kind="open" if bracket == "(" else "close", text=bracket, column=column))
        elif minus:
            out.append(_Token(kind="minus", text="-", column=column))
        elif field:
            out.append(_Token(kind="field", text=field.lower(), column=column))
        elif phrase is not None:
            if near:
                raise BadQuery(
                    f"nearness {near} is not searched",
                    column=match.start(5) + 1,
                    suggestion=f"leave out {near}",
                )
            out.append(_Token(kind="phrase", text=phrase, column=column))
        else:
            kind = word.lower() if word in ("AND", "OR", "NOT") else "word"
            out.append(_Token(kind=kind, text=word, column=column))
        at = match.end()
    if len(out) > TERMS_MAX:
        raise BadQuery(
            f"more than {TERMS_MAX} parts", column=out[TERMS_MAX].column, suggestion="ask for less at once"
        )
    return [*out, _Token(kind="end", text="", column=len(stripped) + 1)]


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def everything(self) -> Tree:
        if self._now.kind == "end":
            return And(parts=())
        tree = self._either()
        if self._now.kind != "end":
            raise BadQuery("a closing bracket too many", column=self._now.column, suggestion="remove it")
        return tree

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._now
        self._at += 1
        return token

    def _either(self) -> Tree:
        parts = [self._both()]
        while self._now.kind == "or":
            self._next()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _both(self) -> Tree:
        parts = [self._one()]
        while self._now.kind not in ("or", "close", "end"):
            if self._now.kind == "and":
                self._next()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def _one(self) -> Tree:
        token = self._next()
        match token.kind:
            case "minus" | "not":
                return Not(part=self._deeper(self._one))
            case "open":
                inner = self._deeper(self._either)
                if self._now.kind != "close":
                    raise BadQuery("an open bracket", column=token.column, suggestion="close it with )")
                self._next()
                return inner
            case "phrase":
                return Words(text=_worth(token), phrase=True)
            case "word" if token.text.endswith(":"):
                raise BadQuery(f"{token.text} needs a value", column=token.column + len(token.text))
            case "word":
                return Words(text=_worth(token, token.text.rstrip("*")), prefix=token.text.endswith("*"))
            case "field":
                return _field(token, self._next())
        what = "the end" if token.kind == "end" else repr(token.text)
        raise BadQuery(f"expected a word, a field or a bracket, found {what}", column=token.column)

    def _deeper(self, read: Callable[[], Tree]) -> Tree:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadQuery(f"more than {DEPTH_MAX} levels of brackets", column=self._now.column)
        tree = read()
        self._depth -= 1
        return tree


def _worth(token: _Token, text: str | None = None) -> str:
    words = token.text if text is None else text
    if not any(char.isalnum() for char in words):
        raise BadQuery(f"{token.text!r} has no letter or digit to look for", column=token.column)
    return words


def _field(name: _Token, value: _Token) -> Tree:
    if value.kind not in ("word", "phrase", "and", "or", "not"):
        raise BadQuery(
            f"{name.text}: needs a value", column=value.column, suggestion=f'write {name.text}:"two words"'
        )
    known = [*FieldName, *RangeName]
    if name.text not in known:
        near = get_close_matches(name.text, known, n=1)
        hint = f"did you mean {near[0]}:?" if near else f"known: {', '.join(sorted(known))}"
        raise BadQuery(f"unknown field {name.text!r}", column=name.column, suggestion=hint)
    if name.text in list(RangeName):
        return _range(RangeName(name.text), value)
    field = FieldName(name.text)
    if field is FieldName.HIDDEN and value.text not in _HIDDEN:
        raise BadQuery(f"hidden:{value.text}", column=value.column, suggestion="write hidden:yes, no or all")
    prefix = value.kind == "word" and value.text.endswith("*")
    text = value.text.rstrip("*") if prefix else value.text
    return Field(name=field, value=text, phrase=value.kind == "phrase", prefix=prefix)


def _range(name: RangeName, value: _Token) -> Range:
    example = "active:2026-01-01.." if name is RangeName.ACTIVE else f"{name}:>=70 or {name}:60..80"
    match = _RANGE.match(value.text)
    assert match is not None
    sign, rest = match.groups()
    if sign is None and ".." in rest:
        low, _, high = rest.partition("..")
        if low or high:
            return Range(
                name=name, low=_bound(name, low, value, example), high=_bound(name, high, value, example)
            )
        raise BadQuery(f"{name}:.. has no end", column=value.column, suggestion=f"write {example}")
    bound = _bound(name, rest, value, example)
    if bound is None:
        raise BadQuery(f"{name}: needs a value", column=value.column, suggestion=f"write {example}")
    match sign:
        case ">=":
            return Range(name=name, low=bound)
        case "<=":
            return Range(name=name, high=bound)
        case ">" | "<":
            raise BadQuery(f"{sign} is not searched", column=value.column, suggestion=f"write {sign}=")
    return Range(name=name, low=bound, high=bound)


def _bound(name: RangeName, text: str, token: _Token, example: str) -> float | date | None:
    if not text:
        return None
    try:
        number = date.fromisoformat(text) if name is RangeName.ACTIVE else float(text)
    except ValueError as error:
        raise BadQuery(
            f"{text!r} is no {'date' if name is RangeName.ACTIVE else 'number'}",
            column=token.column,
            suggestion=f"write {example}",
        ) from error
    if isinstance(number, float) and not 0 <= number <= 100:
        raise BadQuery(f"{text} lies outside 0–100", column=token.column, suggestion=f"write {example}")
    return number
