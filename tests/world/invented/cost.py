"""What a GraphQL query costs, by the formula GitHub publishes, and whether it may run at all.

Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
)

CONNECTIONS = {
    "followers",
    "socialAccounts",
    "organizations",
    "repositories",
    "repositoryTopics",
    "authors",
    "pullRequests",
    "labels",
    "files",
    "reviews",
    "history",
    "releases",
    "issues",
    "timelineItems",
    "reviewThreads",
    "comments",
}
NODES_MAX = 500_000
FIRST_MAX = 100


@dataclass(slots=True)
class Cost:
    """Requests to connections and nodes a query may need, and what is wrong with it. points: at least 1."""

    requests: int = 0
    nodes: int = 0
    problems: list[dict[str, Any]] | None = None

    @property
    def points(self) -> int:
        """What it takes off the hour's budget."""
        return max(1, round(self.requests / 100))


def cost(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    """Return the cost of a document; every request is taken to reach its limit."""
    fragments = {
        part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
    }
    out = Cost(problems=[])
    for part in document.definitions:
        if not isinstance(part, FragmentDefinitionNode) and (chosen := getattr(part, "selection_set", None)):
            _walk(chosen, fragments, variables, 1, [], out)
    if out.nodes > NODES_MAX and out.problems is not None:
        said = f"This query requests up to {out.nodes:,} possible nodes, more than {NODES_MAX:,}."
        out.problems.append({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": said})
    return out


def _fields(chosen: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    for part in chosen.selections or ():
        if isinstance(part, FieldNode):
            yield part
        elif isinstance(part, FragmentSpreadNode):
            if part.name.value in fragments:
                yield from _fields(fragments[part.name.value].selection_set, fragments)
        else:
            yield from _fields(part.selection_set, fragments)  # type: ignore[attr-defined]


def _bound(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in field.arguments or ():
        if argument.name.value in ("first", "last"):
            value = argument.value
            if isinstance(value, VariableNode):
                return variables.get(value.name.value)
            if isinstance(value, IntValueNode):
                return int(value.value)
    return None


def _walk(
    chosen: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
    times: int,
    path: list[str],
    out: Cost,
) -> None:
    for field in _fields(chosen, fragments):
        if field.selection_set is None:
            continue
        name, here = field.name.value, [*path, field.alias.value if field.alias else field.name.value]
        inner = times
        if name in CONNECTIONS:
            bound = _bound(field, variables)
            lists = any(
                part.name.value in ("nodes", "edges") for part in _fields(field.selection_set, fragments)
            )
            assert out.problems is not None
            if bound is None and lists:
                said = f"You must provide a `first` or `last` value to properly paginate `{name}`."
                out.problems.append({"type": "MISSING_PAGINATION_BOUNDARIES", "path": here, "message": said})
            elif bound is not None and not 1 <= bound <= FIRST_MAX:
                said = f"Requesting {bound} records on `{name}` exceeds the limit of {FIRST_MAX}."
                out.problems.append({"type": "EXCESSIVE_PAGINATION", "path": here, "message": said})
            out.requests += times
            inner = times * (bound or 1)
            out.nodes += inner if bound else 0
        _walk(field.selection_set, fragments, variables, inner, here, out)
