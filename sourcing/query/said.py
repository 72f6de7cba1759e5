"""A search tree as somebody could have typed it: for sentences about a part of a query."""

from typing import assert_never

from storage.query import And, Field, Not, Or, Range, Tree, Words


def said(tree: Tree) -> str:
    """Return a part of a query as somebody could have typed it."""
    match tree:
        case Words():
            return f'"{tree.text}"' if tree.phrase else f"{tree.text}{'*' if tree.prefix else ''}"
        case Field():
            return f"{tree.name}:{tree.value}"
        case Range():
            return f"{tree.name}:{_end(tree.low)}..{_end(tree.high)}"
        case And():
            return f"({' '.join(said(part) for part in tree.parts)})"
        case Or():
            return f"({' OR '.join(said(part) for part in tree.parts)})"
        case Not():
            return f"-{said(tree.part)}"
        case _:
            assert_never(tree)


def _end(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
