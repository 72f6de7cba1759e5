"""Every pattern of the program, found by looking, and texts that nearly match each of them, 50,000 characters long."""

import ast
import importlib
import pkgutil
import re
import re._constants as codes
import re._parser as parser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import sourcing
import spiders
import storage

LENGTH = 50_000
ROOMS = (spiders, storage, sourcing)
_ASKED = {name: name for name in ("search", "match", "fullmatch")}
_ASKED |= dict.fromkeys(("sub", "subn", "split", "findall", "finditer"), "findall")
_CATEGORY = {"digit": "7", "space": " ", "word": "a"}
_END = ("\0", "\n\0", "!", "")


def modules() -> Iterator[ModuleType]:
    """Yield every module of the program; migrations and entry points have no patterns and do things when imported."""
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


@dataclass(frozen=True)
class Use:
    """A pattern, how it is asked, and the most characters it is given; None = as many as there are."""

    where: str
    pattern: re.Pattern[Any]
    method: str
    cap: int | None

    def __call__(self, text: Any) -> None:
        """Ask as the program does."""
        given = text if self.cap is None else text[: self.cap]
        getattr(self.pattern, self.method)(given)


def uses() -> list[Use]:
    """Return every pattern with every way it is used: compiled ones of a module, and those written in place."""
    loaded = list(modules())
    trees = {module: ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")) for module in loaded}
    asked: dict[str, set[tuple[str, int | None]]] = {}
    found: dict[Use, None] = {}
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            name, method = ast.unparse(node.func.value), node.func.attr
            if method in _ASKED and name != "re":
                asked.setdefault(name.rpartition(".")[2], set()).add(
                    (_ASKED[method], _cap(node, module, method))
                )
            elif name == "re" and method in _ASKED and (one := _written(node)) is not None:
                cap = _cap_of(node.args[2 if method in ("sub", "subn") else 1], module)
                found[Use(f"{module.__name__}:{node.lineno}", one, _ASKED[method], cap)] = None
    for module in loaded:
        for name, value in vars(module).items():
            for one in _within(value, 0):
                for method, cap in asked.get(name, {("search", None)}):
                    found[Use(f"{module.__name__}.{name}", one, method, cap)] = None
    unique: dict[tuple[Any, ...], Use] = {}
    for use in found:
        unique.setdefault((use.pattern.pattern, use.pattern.flags, use.method, use.cap), use)
    return list(unique.values())


def _cap(node: ast.Call, module: ModuleType, method: str) -> int | None:
    place = 1 if method in ("sub", "subn") else 0
    return _cap_of(node.args[place], module) if len(node.args) > place else None


def _cap_of(argument: ast.expr, module: ModuleType) -> int | None:
    """Return how many characters a slice leaves of an argument; None without one."""
    for part in ast.walk(argument):
        if (
            isinstance(part, ast.Subscript)
            and isinstance(part.slice, ast.Slice)
            and part.slice.upper is not None
        ):
            upper = part.slice.upper
            if isinstance(upper, ast.Constant) and isinstance(upper.value, int):
                return upper.value
            if isinstance(upper, ast.Name) and isinstance(most := vars(module).get(upper.id), int):
                return most
    return None


def _within(value: object, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping) and depth < 3:
        for inner in (*value.keys(), *value.values()):
            yield from _within(inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth < 3:
        for inner in value:
            yield from _within(inner, depth + 1)
    elif depth < 3 and hasattr(type(value), "__dataclass_fields__"):
        for name in type(value).__dataclass_fields__:
            yield from _within(getattr(value, name, None), depth + 1)


def _written(node: ast.Call) -> re.Pattern[Any] | None:
    """Return the pattern of a call like `re.search(r"…", text)`; None if it is put together elsewhere."""
    first, flags = node.args[0], 0
    for argument in (*node.args[1:], *(word.value for word in node.keywords if word.arg == "flags")):
        for part in ast.walk(argument):
            if isinstance(part, ast.Attribute) and isinstance(
                flag := getattr(re, part.attr, None), re.RegexFlag
            ):
                flags |= flag
    if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
        return re.compile(first.value, flags)
    return None


def near_misses(one: re.Pattern[Any]) -> Iterator[Any]:
    """Yield texts that go far into a pattern and then do not match, in its own kind of text."""
    is_bytes = isinstance(one.pattern, bytes)
    source = one.pattern.decode("latin-1") if is_bytes else one.pattern
    tree = parser.parse(source, one.flags & ~re.UNICODE if is_bytes else one.flags)
    said = list(dict.fromkeys(_pumped(tree)))
    for text in said[:24]:
        yield text.encode("latin-1", "replace") if is_bytes else text


def _pumped(tree: Any) -> Iterator[str]:
    whole = _sample(tree)
    for before, inner in _repeats(tree, ""):
        unit = _sample(inner) or "a"
        for text in (unit, f"{unit} ", f" {unit}"):
            for end in _END[:2]:
                yield (before + text * (LENGTH // len(text)))[: LENGTH - 1] + end
    for unit in (
        whole[:200],
        "a",
        " ",
        "a ",
        "\n",
        "\n ",
        "a@",
        "a.",
        "(",
        "[",
        "<",
        '"',
        "'",
        "\\",
        "-",
        "_",
        "7",
        ",",
    ):
        for end in _END[:1]:
            yield (unit * (LENGTH // max(1, len(unit))))[: LENGTH - 1] + end if unit else end
    yield whole[: len(whole) - 1] * max(1, LENGTH // max(1, len(whole)))


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Yield each repetition without a small bound, and what must stand before it."""
    for op, value in tree:
        match op:
            case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
                _, most, inner = value
                if most > 40:
                    yield before, inner
                yield from _repeats(inner, before)
            case codes.SUBPATTERN:
                yield from _repeats(value[3], before)
            case codes.BRANCH:
                for branch in value[1]:
                    yield from _repeats(branch, before)
            case codes.ATOMIC_GROUP:
                yield from _repeats(value, before)
            case codes.ASSERT | codes.ASSERT_NOT:
                yield from _repeats(value[1], before)
        before += _sample([(op, value)])


def _sample(tree: Any) -> str:
    """Return a short text that the tree matches, near enough."""
    return "".join(_one(op, value) for op, value in tree)


def _one(op: Any, value: Any) -> str:
    match op:
        case codes.LITERAL:
            return chr(value)
        case codes.NOT_LITERAL:
            return "b" if value == ord("a") else "a"
        case codes.ANY:
            return "a"
        case codes.IN:
            return _of(value)
        case codes.CATEGORY:
            return _category(value)
        case codes.BRANCH:
            return _sample(value[1][0])
        case codes.SUBPATTERN:
            return _sample(value[3])
        case codes.ATOMIC_GROUP:
            return _sample(value)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            least, most, inner = value
            return _sample(inner) * max(least, 1 if most else 0)
    return ""


def _of(members: Any) -> str:
    if members[0][0] is codes.NEGATE:
        return next(char for char in "ab7 -.@<(,\0" if not _has(members[1:], char))
    op, value = members[0]
    if op is codes.RANGE:
        return chr(value[0])
    return _category(value) if op is codes.CATEGORY else chr(value)


def _has(members: Any, char: str) -> bool:
    for op, value in members:
        if op is codes.LITERAL and value == ord(char):
            return True
        if op is codes.RANGE and value[0] <= ord(char) <= value[1]:
            return True
        if op is codes.CATEGORY:
            name = str(value).lower()
            held = {"digit": char.isdigit(), "space": char.isspace(), "word": char.isalnum() or char == "_"}
            kind = name.rpartition("_")[2]
            if held[kind] != ("not" in name):
                return True
    return False


def _category(value: Any) -> str:
    name = str(value).lower()
    kind = name.rpartition("_")[2]
    return ("-" if kind != "space" else "a") if "not" in name else _CATEGORY[kind]
