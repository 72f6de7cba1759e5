"""The tables that stand above posts in the proceedings' repositories: a strict reader of that one shape.

Source: posts of https://github.com/mlresearch (written by one program, read 2026-11). It is a small part of YAML:
mappings, lists, plain, quoted and block texts by indentation. Everything is text or nothing, there are no types,
anchors, tags or flow lists, so that no name is read as a number or a truth; any other shape is refused.
"""

import re
from typing import Final

from spiders.errors import SkipRecord

Value = str | list["Value"] | dict[str, "Value"] | None

_LINES_MAX: Final = 5_000
_DEPTH_MAX: Final = 6
_KEY: Final = re.compile(r"([A-Za-z_][\w-]{0,60}):(?:[ \t]++(.*))?", re.A)
_BLOCK: Final = re.compile(r"([|>])([+-]?)\d?[ \t]*")
_FORBIDDEN: Final = tuple("&*!@`%{[?,]}")  # anchors, tags and flow shapes
_SIMPLE: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", " ": " ", "0": "\0", "e": "\x1b", "r": "\r",
                  "_": "\xa0", "N": "\x85", "a": "\a", "b": "\b", "v": "\v", "f": "\f"}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)


def read(text: str) -> dict[str, Value]:
    """Return the table between the first two lines of dashes.

    Raises SkipRecord naming the line that is of another shape.
    """
    lines = text.lstrip("\ufeff").split("\n")  # nothing else ends a line, whatever a title is pasted from
    if not lines or lines[0].rstrip() != "---":
        raise SkipRecord("no front matter: the first line is not '---'")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None or end > _LINES_MAX:
        raise SkipRecord("front matter has no end, or is endless")
    walk = _Lines(lines[1:end])
    found = walk.mapping(0, 0)
    walk.end()
    return found


class _Lines:
    """Lines read from the first to the last, each once."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.rstrip() for line in lines]
        self._at = 0

    def mapping(self, indent: int, depth: int) -> dict[str, Value]:
        """Read the keys that stand at one indentation."""
        found: dict[str, Value] = {}
        while (line := self._next()) is not None and _indent(line) == indent:
            pair = _KEY.fullmatch(line[indent:])
            if pair is None or pair[1] in found:
                break
            self._at += 1
            found[pair[1]] = self._value(pair[2] or "", indent, depth + 1)
        if not found:
            raise self._odd("expected 'key: value'")
        return found

    def end(self) -> None:
        """Refuse what is left over."""
        if self._next() is not None:
            raise self._odd("expected another key, each once, at the same indentation")

    def _sequence(self, indent: int, depth: int) -> list[Value]:
        found: list[Value] = []
        while (
            (line := self._next()) is not None and _indent(line) == indent and line[indent:].startswith("- ")
        ):
            rest = line[indent + 2 :]
            if _KEY.fullmatch(rest):
                self._lines[self._at] = " " * (indent + 2) + rest
                found.append(self.mapping(indent + 2, depth + 1))
            else:
                self._at += 1
                found.append(self._scalar(rest, indent))
        return found

    def _value(self, text: str, indent: int, depth: int) -> Value:
        if depth > _DEPTH_MAX:
            raise self._odd("nested too deep")
        if text:
            return self._scalar(text, indent)
        line = self._next()
        if line is None or _indent(line) < indent:
            return None
        if line[_indent(line) :].startswith("- "):
            return self._sequence(_indent(line), depth)
        return self.mapping(_indent(line), depth) if _indent(line) > indent else None

    def _scalar(self, text: str, indent: int) -> Value:
        """Read a text that may go on in the lines below, if they stand further in."""
        if text in {"[]", "{}"}:
            return [] if text == "[]" else {}
        if block := _BLOCK.fullmatch(text):
            return self._block(block[1] == ">", indent)
        if text[0] in "'\"":
            return self._quoted(text, indent)
        if text.startswith(_FORBIDDEN):
            raise self._odd(f"a value that begins with {text[0]!r}")
        more = self._indented(indent)
        if any(": " in line or " #" in line or line.endswith(":") for line in (text, *more)):
            raise self._odd("a plain text with a key or remark in it")
        return _folded([text, *more]) if text not in {"~", "null"} or more else None

    def _quoted(self, text: str, indent: int) -> str:
        quote, lines = text[0], [text[1:]]
        while (end := _closing(lines[-1], quote)) is None:
            if self._at >= len(self._lines) or (
                self._lines[self._at] and _indent(self._lines[self._at]) <= indent
            ):
                raise self._odd("a quoted text without its end")
            lines.append(self._lines[self._at])
            self._at += 1
        if lines[-1][end + 1 :].strip():
            raise self._odd("something after a quoted text")
        lines[-1] = lines[-1][:end]
        if quote == "'":
            return _folded(lines).replace("''", "'")
        return self._unescaped(_folded(lines))

    def _unescaped(self, text: str) -> str:
        def character(found: re.Match[str]) -> str:
            number = found[1] or found[2] or found[3]
            if number is not None:
                return chr(int(number, 16)) if int(number, 16) < 0x110000 else "\ufffd"
            if found[4] not in _SIMPLE:
                raise self._odd(f"an escape {found[4]!r}")
            return _SIMPLE[found[4]]

        return _ESCAPE.sub(character, text)

    def _block(self, folds: bool, indent: int) -> str:
        lines: list[str] = []
        while self._at < len(self._lines) and (
            not self._lines[self._at] or _indent(self._lines[self._at]) > indent
        ):
            lines.append(self._lines[self._at].strip())
            self._at += 1
        return _folded(lines) if folds else "\n".join(lines).strip("\n")

    def _indented(self, indent: int) -> list[str]:
        found: list[str] = []
        while (
            self._at < len(self._lines) and self._lines[self._at] and _indent(self._lines[self._at]) > indent
        ):
            found.append(self._lines[self._at])
            self._at += 1
        return found

    def _next(self) -> str | None:
        while self._at < len(self._lines) and (
            not self._lines[self._at] or self._lines[self._at].lstrip().startswith("#")
        ):
            self._at += 1
        return self._lines[self._at] if self._at < len(self._lines) else None

    def _odd(self, why: str) -> SkipRecord:
        return SkipRecord(f"front matter line {self._at + 2} is of another shape: {why}")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _closing(line: str, quote: str) -> int | None:
    """Return where a quoted text ends in a line, None if it goes on; a doubled or escaped quote is part of it."""
    at = 0
    while at < len(line):
        if quote == '"' and line[at] == "\\":
            at += 2
        elif line[at] != quote:
            at += 1
        elif quote == "'" and line[at + 1 : at + 2] == "'":
            at += 2
        else:
            return at
    return None


def _folded(lines: list[str]) -> str:
    """Return lines as one text: a line end is a blank, an empty line a line end, an escaped one nothing."""
    parts = [lines[0].rstrip() if len(lines) > 1 else lines[0]]
    breaks = 0
    for line in (one.strip() for one in lines[1:]):
        if not line:
            breaks += 1
            continue
        last = parts[-1]
        if last.endswith("\\") and (len(last) - len(last.rstrip("\\"))) % 2:
            parts[-1], line = last[:-1], line.removeprefix("\\")
        else:
            parts.append("\n" * breaks or " ")
        parts.append(line)
        breaks = 0
    return "".join(parts)
