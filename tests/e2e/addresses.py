"""Every page there is, by a real address of it: a new page without one fails `addresses`."""

from typing import Any
from urllib.parse import quote

import town
from visiting import routes

from sourcing.privacy import cases
from storage import runs

NO_PAGE = (
    "/api/",
    "/static/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/favicon.ico",
    "/sign-in/team",
    "/sign-in/back",
)
"""Beginnings of what answers with something else than a page of its own."""
FILES = ("/file",)
"""Ends of what is handed over as a file."""


def addresses(place: Any) -> list[str]:
    """Return an address of every page of a running town."""
    values = names(place)
    return [filled(values, path) for path in patterns()]


def patterns() -> list[str]:
    """Return the paths of every page, with their parameters."""
    paths = {path for method, path in routes() if method == "GET" and not path.startswith(NO_PAGE)}
    assert len(paths) > 20
    return sorted(path for path in paths if not path.endswith(FILES))


def names(place: Any) -> dict[str, str]:
    """Return a real value for each parameter of a path; the token is of a new link that shares a list."""
    desk = place.desk
    with desk.store.read() as tx:
        run = runs.last(tx, "nightly")
    assert run is not None
    made = town.share(desk.store, desk.settings, now=desk.now(), notes=True)
    asked = cases.open_case(desk.store, desk.settings, kind="access", subject="github:ona-0", now=desk.now())
    return {
        "asked": asked.token,
        "key": place.keys[0],
        "run": run.id,
        "slug": town.SPECS[0],
        "name": town.LIST,
        "token": made.token,
        "number": "export-1",
        "target": "hubspot",
        "compared": "&".join(f"keys={key}" for key in place.keys[:3]),
    }


def filled(values: dict[str, str], path: str) -> str:
    """Return a path with real names in it, and the query without which it shows nothing."""
    if path.startswith("/saved/"):
        values = values | {"name": town.SEARCH}
    parts = [
        quote(values[part.strip("{}").partition(":")[0]], safe="") if part.startswith("{") else part
        for part in path.split("/")
    ]
    whole = "/".join(parts)
    if path == "/compare":
        return f"/compare?{values['compared']}&spec={town.SPECS[0]}"
    return f"{whole}?spec={town.SPECS[0]}" if path.startswith("/people") else whole
