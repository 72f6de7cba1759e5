"""The API's description (OpenAPI): operations as they are typed, errors as they are sent, the way to sign in."""

from functools import cached_property
from typing import Any

from fastapi import FastAPI

from sourcing.web.details import MEDIA

_SIGN_IN = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key: `sourcer key create NAME --scope read`.",
    },
}


class Described(FastAPI):
    """A server whose description says what is really sent."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, made once."""
        return self._described

    @cached_property
    def _described(self) -> dict[str, Any]:
        found = super().openapi()
        for path in found["paths"].values():
            for method, operation in path.items():
                if method == "get":
                    operation["responses"]["304"] = {
                        "description": "The caller holds it already (If-None-Match)."
                    }
                for status, answer in operation["responses"].items():
                    if status[0] in "45":
                        answer["content"] = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        found["components"]["securitySchemes"] = _SIGN_IN
        found["security"] = [{"key": []}]
        return found
