"""Words, phrases, brackets and fields of a query, read from left to right."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sourcing.errors import BadQuery
from sourcing.query import fields
from storage.query import And, Not, Or, Range, RangeName, Tree, Words

LENGTH_MAX = 2_000
TERMS_MAX = 100
DEPTH_MAX = 20
WITHIN_MAX = 50
"""Other words allowed between the first and the last of words near each other."""
_LESS = "ask for less at once"
_TOKEN = re.compile(
    r"""\s*(?:([()])|(-)(?=[^\s-])|([A-Za-z_]+):(?=[^\s)])|"([^"]*)"(~\d+|\*)?|([^\s()"]+))"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word, field, bracket or sign of a query. column: where it begins, 1-based. prefix: ends in a star.

    within: the number behind ~, None without one.
    """

    kind: str  # open, close, minus, field, phrase, word, and, or, not, end
    text: str
    column: int
    prefix: bool = False
    within: int | None = None


def parse(text: str) -> Tree:
    """Return the tree of a query; an empty text finds everybody.

    Raises BadQuery naming the column (1-based) of what cannot be read and what to write instead.
    """
    if len(text) > LENGTH_MAX:
        raise BadQuery(f"longer than {LENGTH_MAX:,} characters", column=LENGTH_MAX + 1, suggestion=_LESS)
    return _Parser(tokens(text)).everything()


def tokens(text: str) -> list[Token]:
    """Return the words, fields, brackets and signs of a query, the last of kind `end`. Raises BadQuery."""
    out: list[Token] = []
    at, stripped = 0, text.rstrip()
    _check_characters(stripped)
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            quote = stripped.index('"', at)
            raise BadQuery(
                "a quotation mark without its partner", column=quote + 1, suggestion='close it with "'
            )
        out.append(_token(match))
        at = match.end()
    if len(out) > TERMS_MAX:
        raise BadQuery(f"more than {TERMS_MAX} parts", column=out[TERMS_MAX].column, suggestion=_LESS)
    return [*out, Token(kind="end", text="", column=len(stripped) + 1)]


def _token(match: re.Match[str]) -> Token:
    column = match.end() - len(match.group().lstrip()) + 1
    bracket, minus, field, phrase, behind, word = match.groups()
    if bracket:
        return Token(kind="open" if bracket == "(" else "close", text=bracket, column=column)
    if minus:
        return Token(kind="minus", text="-", column=column)
    if field:
        return Token(kind="field", text=field.lower(), column=column)
    if phrase is not None:
        within = int(behind[1:5]) if behind and behind != "*" else None
        if within is not None and within > WITHIN_MAX:
            raise BadQuery(
                f"nearness {behind[:9]} is too far",
                column=match.start(5) + 1,
                suggestion=f"write ~{WITHIN_MAX} at most, or the words without quotation marks",
            )
        return Token(kind="phrase", text=phrase, column=column, prefix=behind == "*", within=within)
    kind = word.lower() if word in ("AND", "OR", "NOT") else "word"
    return Token(kind=kind, text=word, column=column)


def _check_characters(text: str) -> None:
    for at, char in enumerate(text, start=1):
        if not char.isspace() and (ord(char) < 0x20 or 0xD800 <= ord(char) < 0xE000 or ord(char) == 0x7F):
            raise BadQuery("a character that cannot be searched", column=at, suggestion="remove it")


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
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
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
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
                words, within = _worth(token), token.within
                return Words(text=words, phrase=within is None, prefix=token.prefix, within=within)
            case "word" if token.text.casefold() == "new:":
                return Range(name=RangeName.NEW)
            case "word" if token.text.endswith(":") and token.text[:-1].isalpha():
                fields.known(token.text[:-1].casefold(), token.column)
                raise BadQuery(
                    f"{token.text} needs a value",
                    column=token.column + len(token.text),
                    suggestion=f'write it right behind the colon: {token.text}value or {token.text}"two words"',
                )
            case "word":
                return Words(text=_worth(token, token.text.rstrip("*")), prefix=token.text.endswith("*"))
            case "field":
                return _field(token, self._next())
            case "end":
                raise BadQuery(
                    "expected a word, a field or a bracket, found the end",
                    column=token.column,
                    suggestion="write what to look for, or remove what stands before",
                )
        raise BadQuery(
            f"expected a word, a field or a bracket, found {token.text!r}",
            column=token.column,
            suggestion="remove it" if token.kind == "close" else f'write "{token.text}" to look for the word',
        )

    def _deeper(self, read: Callable[[], Tree]) -> Tree:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadQuery(
                f"more than {DEPTH_MAX} levels of brackets", column=self._now.column, suggestion=_LESS
            )
        tree = read()
        self._depth -= 1
        return tree


def _worth(token: Token, text: str | None = None) -> str:
    words = token.text if text is None else text
    if not any(char.isalnum() for char in words):
        raise BadQuery(
            f"{token.text!r} has no letter or digit to look for",
            column=token.column,
            suggestion="remove it, or write a word",
        )
    return words


def _field(name: Token, value: Token) -> Tree:
    fields.known(name.text, name.column)
    if value.kind not in ("word", "phrase", "and", "or", "not"):
        inside = (
            f"({name.text}:one OR {name.text}:other)" if value.kind == "open" else f'{name.text}:"two words"'
        )
        raise BadQuery(f"{name.text}: needs a value", column=value.column, suggestion=f"write {inside}")
    quoted = value.kind == "phrase"
    prefix = value.prefix or (not quoted and value.text.endswith("*"))
    text = value.text if quoted else value.text.rstrip("*")
    return fields.read(
        name.text,
        fields.Value(text=text, column=value.column, quoted=quoted, prefix=prefix, within=value.within),
    )
