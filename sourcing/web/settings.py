"""How somebody likes their pages: theme, density, blind mode, shortcuts."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import access
from sourcing.access import Density, Theme
from sourcing.errors import BadInput
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import done, render

router = APIRouter()


@router.get("/settings")
def settings(request: Request, desk: Desk, who: Asking) -> Response:
    """Show what may be chosen, and what is chosen."""
    return render(request, "settings.html", title="Settings", chosen=who.preferences, problem=None)


@router.get("/help")
def help_page(request: Request) -> Response:
    """Show the shortcuts and the query language as a page, for who has no scripts."""
    return render(request, "help.html", title="Help")


@router.post("/settings")
def save(
    request: Request,
    desk: Desk,
    who: Asking,
    theme: Annotated[Theme, Form()],
    density: Annotated[Density, Form()],
    shortcut: Annotated[list[str], Form()],
    key: Annotated[list[str], Form()],
    blind: Annotated[bool, Form()] = False,
    shortcuts: Annotated[bool, Form()] = False,
) -> Response:
    """Keep all that the settings page chose. shortcut, key: in the same order."""
    keys = {**who.preferences.keys, **dict(zip(shortcut, key, strict=False))}
    chosen = access.Preferences(theme=theme, density=density, blind=blind, shortcuts=shortcuts, keys=keys)
    try:
        access.prefer(desk.store, who, chosen, now=desk.now())
    except BadInput as error:
        return render(
            request, "settings.html", status=422, title="Settings", chosen=chosen, problem=str(error)
        )
    return done(request, "/settings", "Settings are kept.")


@router.post("/settings/theme")
def theme(
    request: Request,
    desk: Desk,
    who: Asking,
    theme: Annotated[Theme, Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Change the colours and go back to where somebody was."""
    access.prefer(desk.store, who, replace(who.preferences, theme=theme), now=desk.now())
    return done(request, back, f"Colours: {theme}.")


@router.post("/settings/blind")
def blind(
    request: Request,
    desk: Desk,
    who: Asking,
    blind: Annotated[bool, Form()] = False,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Hide names or show them, and go back to where somebody was."""
    access.prefer(desk.store, who, replace(who.preferences, blind=blind), now=desk.now())
    return done(request, back, "Names are hidden." if blind else "Names are shown.")
