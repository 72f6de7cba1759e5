"""POST /graphql: executes queries against the archive with graphql-core, and fails as GitHub does."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, build_schema, execute_sync, parse, validate

from invented.archive import Archive
from invented.cost import Cost, cost
from invented.moments import iso
from invented.resolvers import NotFound, Resolvers, TimedOut
from invented.wire import Answer, as_json

if TYPE_CHECKING:
    from invented.github import Budget

Doc = dict[str, Any]


class Graph:
    """The GraphQL interface over the archive."""

    def __init__(self, archive: Archive) -> None:
        self._schema = build_schema((Path(__file__).parent / "schema.graphql").read_text())
        self._resolvers = Resolvers(archive)

    def answer(self, body: bytes, budget: "Budget") -> tuple[Answer, int]:
        """Return the answer and the points it cost."""
        try:
            asked = json.loads(body)
            document = parse(asked["query"])
        except (ValueError, KeyError, TypeError, GraphQLError) as error:
            return as_json({"message": f"Problems parsing JSON or query: {error}"}, 400), 0
        variables = asked.get("variables") or {}
        price = cost(document, variables)
        if budget.left("graphql") < price.points:
            said = {
                "type": "RATE_LIMITED",
                "code": "graphql_rate_limit",
                "message": "API rate limit exceeded for user ID 1.",
            }
            return as_json({"errors": [said]}), budget.left("graphql")
        wrong = validate(self._schema, document)
        if wrong:
            return as_json(
                {
                    "errors": [
                        {
                            "path": [],
                            "locations": error.formatted.get("locations", []),
                            "message": error.message,
                            "extensions": {"code": "undefinedField"},
                        }
                        for error in wrong
                    ]
                }
            ), 1
        if price.problems:
            return as_json({"data": None, "errors": price.problems}), 1
        result = execute_sync(
            self._schema,
            document,
            root_value=self._root(price, budget),
            variable_values=variables,
            operation_name=asked.get("operationName"),
        )
        errors = list(result.errors or ())
        if any(isinstance(error.original_error, TimedOut) for error in errors):
            said = {"message": "Something went wrong while executing your query, perhaps a timeout."}
            return as_json({"data": None, "errors": [said]}, 502), price.points
        out: Doc = {"data": result.data}
        if errors:
            out["errors"] = [self._error(error) for error in errors]
        return as_json(out), price.points

    @staticmethod
    def _error(error: GraphQLError) -> Doc:
        shown = {
            "path": error.path or [],
            "locations": error.formatted.get("locations", []),
            "message": error.message,
        }
        return (
            {"type": "NOT_FOUND", **shown}
            if isinstance(error, NotFound) or isinstance(error.original_error, NotFound)
            else shown
        )

    def _root(self, price: Cost, budget: "Budget") -> Doc:
        def rate(info: Any, **_: Any) -> Doc:
            shown = budget.shown("graphql")
            return {
                "cost": price.points,
                "limit": shown["limit"],
                "remaining": max(0, shown["remaining"] - price.points),
                "used": shown["used"] + price.points,
                "resetAt": iso(shown["reset"]),
                "nodeCount": price.nodes,
            }

        return {
            "rateLimit": rate,
            "user": self._resolvers.user,
            "node": self._resolvers.node,
            "nodes": lambda info, ids: [self._resolvers.node(info, name) for name in ids],
            "repository": self._resolvers.repository,
        }
