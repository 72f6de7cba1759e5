"""Shortlists: all of them, one as a table or a board, what is done to its people, and the links that show it."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import board, feedback, history, lists, oversight, shares, touches
from sourcing.access import Scope, Who
from sourcing.board import Board
from sourcing.errors import BadInput
from sourcing.lists import STATUSES, Changed
from sourcing.marking import STAGES
from sourcing.ranking import brief, pack
from sourcing.settings import pepper
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.desk import Desk as Open
from sourcing.web.showing import done, render
from storage import lists as stored

router = APIRouter()
REASONS = (
    "strong evidence for this role", "reviewer agrees", "wrong focus for this role", "too little evidence so far",
    "wrote to them", "they replied", "not available now",
)  # fmt: skip
"""Offered where a reason is asked for; anything else may be typed."""
DEEDS = 8


@router.get("/lists")
def index(request: Request, desk: Desk) -> Response:
    """Show all shortlists, and how to make one."""
    with desk.store.read() as tx:
        found = stored.ls(tx)
    briefs = pack.found(pack.Kind.BRIEF, desk.settings.roots)
    return render(request, "lists.html", title="Shortlists", found=found, briefs=briefs)


@router.post("/lists")
def create(
    request: Request,
    desk: Desk,
    who: Asking,
    name: Annotated[str, Form()],
    specialism: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
    owner: Annotated[str, Form()] = "",
    from_brief: Annotated[str, Form()] = "",
) -> Response:
    """Make a shortlist, from a brief's file if one is named."""
    if from_brief:
        chosen = brief.load(from_brief, desk.settings.roots)
        specialism, query = chosen.specialism, chosen.query
    if specialism and specialism not in desk.specialisms:
        raise BadInput(f"no specialism {specialism!r}: choose one that is ranked")
    name = name.strip()
    lists.create(
        desk.store,
        name,
        specialism=specialism or None,
        actor=who.actor,
        now=desk.now(),
        owner=owner.strip() or None,
        query=query.strip() or None,
    )
    return done(request, address(name), "The shortlist is made.")


@router.get("/lists/{name}")
def show(request: Request, desk: Desk, who: Asking, name: str) -> Response:
    """Show a shortlist as a table."""
    return render(request, "list.html", **_told(desk, who, name))


@router.get("/lists/{name}/board")
def as_board(request: Request, desk: Desk, who: Asking, name: str) -> Response:
    """Show a shortlist as columns of cards, one for each stage."""
    told = _told(desk, who, name)
    shown: Board = told["board"]
    columns = [(stage, [row for row in shown.rows if row.stage == stage]) for stage in STAGES]
    return render(request, "list_board.html", columns=columns, **told)


@router.post("/lists/{name}/people")
def act(
    request: Request,
    desk: Desk,
    who: Asking,
    name: str,
    do: Annotated[str, Form()],
    keys: Annotated[list[str] | None, Form()] = None,
    stage: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    reviewer: Annotated[str, Form()] = "",
    position: Annotated[int, Form(ge=1, le=100_000)] = 1,
    thumb: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Do one thing to the chosen people of a shortlist, and go back to where it was asked."""
    way = back or address(name)
    chosen = list(dict.fromkeys(keys or []))
    if not chosen:
        return done(request, way, "Nobody is selected: tick somebody first.")
    match do:
        case "compare":
            with desk.store.read() as tx:
                spec = stored.show(tx, name).specialism or ""
            asked = urlencode([*(("keys", key) for key in chosen), ("spec", spec), ("list", name)])
            return RedirectResponse(f"/compare?{asked}", status_code=303)
        case "export":
            asked = urlencode([("list", name), *(("keys", key) for key in chosen)])
            return RedirectResponse(f"/exports?{asked}", status_code=303)
        case "dismiss":
            changed = lists.dismiss(
                desk.store,
                name,
                chosen,
                reason=reason,
                actor=who.actor,
                now=desk.now(),
                guard=desk.guard(who),
            )
            return told(request, way, f"{changed.people} dismissed from this role.", changed.deed)
        case "thumb":
            deed = feedback.thumb(
                desk.store,
                chosen,
                thumb or None,
                subject=f"list:{name}",
                actor=who.actor,
                now=desk.now(),
            )
            return told(request, way, "Noted." if deed else "Nothing changed.", deed)
    by: dict[str, Any] = {"actor": who.actor, "now": desk.now()}
    changed, words = _change(desk, who, name, do, chosen, stage, reason, reviewer, position, by)
    return told(request, way, words if changed.people else "Nothing changed.", changed.deed)


@router.post("/lists/{name}/role")
def role(
    request: Request,
    desk: Desk,
    who: Asking,
    name: str,
    what: Annotated[str, Form()],
    value: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Change who answers for a role, its status or who is looked for."""
    by: dict[str, Any] = {"actor": who.actor, "now": desk.now()}
    match what:
        case "status":
            changed = lists.set_status(desk.store, name, value, reason=reason, **by)
        case "owner":
            changed = lists.set_owner(desk.store, name, value, reason=reason, **by)
        case "query":
            changed = lists.set_query(desk.store, name, value, **by)
        case _:
            raise BadInput(f"cannot change {what!r}: owner, status or query")
    words = f"The {what} is changed." if changed.deed else "Nothing changed."
    return told(request, address(name), words, changed.deed)


@router.post("/lists/{name}/shares", dependencies=[Depends(needs(Scope.EXPORT))])
def share(
    request: Request,
    desk: Desk,
    who: Asking,
    name: str,
    days: Annotated[int, Form()] = shares.DAYS,
    blind: Annotated[bool, Form()] = False,
    notes: Annotated[bool, Form()] = False,
) -> Response:
    """Make a link that shows a shortlist to somebody without an account."""
    shares.make(
        desk.store,
        desk.settings,
        name,
        days=days,
        blind=blind,
        notes=notes,
        actor=who.actor,
        now=desk.now(),
        shown=desk.displayed.of(who.actor),
    )
    return done(request, f"{address(name)}#links", "The link is made: copy it below.")


@router.post("/lists/{name}/shares/revoke", dependencies=[Depends(needs(Scope.EXPORT))])
def revoke(
    request: Request, desk: Desk, who: Asking, name: str, share_id: Annotated[str, Form()]
) -> Response:
    """Take a link back."""
    shares.revoke(desk.store, share_id, actor=who.actor, now=desk.now())
    return done(request, f"{address(name)}#links", "The link is taken back: it does not open any more.")


def address(name: str) -> str:
    """Return where a shortlist is shown."""
    return f"/lists/{quote(name, safe='')}"


def told(request: Request, to: str, words: str, deed: str | None) -> Response:
    """Return the way back with what was done, which may be undone if something was."""
    if deed is None:
        return done(request, to, words)
    return done(request, to, words, undo="/undo", undo_fields={"deed": deed, "back": to})


def _change(
    desk: Open,
    who: Who,
    name: str,
    do: str,
    chosen: list[str],
    stage: str,
    reason: str,
    reviewer: str,
    position: int,
    by: dict[str, Any],
) -> tuple[Changed, str]:
    store, number = desk.store, len(chosen)
    match do:
        case "stage":
            guard = oversight.both(
                desk.guard(who, stage), touches.guard(stage, desk.settings.outreach, what=name, **by)
            )
            done_ = lists.set_stage(store, name, chosen, stage, reason=reason, guard=guard, **by)
            return done_, f"{done_.people} moved to {stage}."
        case "remove":
            done_ = lists.remove(store, name, chosen, reason=reason, guard=desk.guard(who), **by)
            return done_, f"{done_.people} taken off."
        case "add":
            done_ = lists.add(store, name, chosen, **by)
            return done_, f"{done_.people} of {number} put on it; the others were there."
        case "reviewer":
            done_ = lists.set_reviewer(store, name, chosen, reviewer.strip() or None, **by)
            return done_, f"{reviewer.strip() or 'Nobody'} is asked to look at {done_.people}."
        case "move":
            return lists.move(store, name, chosen[0], position, **by), f"Moved to place {position}."
    raise BadInput(f"cannot {do!r} on a shortlist")


def _told(desk: Open, who: Who, name: str) -> dict[str, Any]:
    now, blind = desk.now(), who.preferences.blind
    with desk.store.read() as tx:
        shown = board.show(tx, name, now=now, blind=blind)
        links = shares.ls(tx, name) if who.may(Scope.EXPORT) else []
        deeds = history.recent(tx, limit=DEEDS * 5, place=name)[:DEEDS]
        deeds = history.covered(tx, deeds) if blind else deeds
    secret = pepper(desk.settings) if links else b""
    read = [row for row in shown.rows if row.asked is None]
    desk.displayed.put(
        who.actor,
        {row.item.person: oversight.explained_by([row.score] if row.score else []) for row in read},
    )
    return {
        "title": name,
        "board": shown,
        "list_name": name,
        "to": address(name),
        "links": [(one, f"{desk.base}/shared/{shares.token(one, secret)}") for one in links],
        "deeds": deeds,
        "stages": STAGES,
        "statuses": STATUSES,
        "reasons": REASONS,
        "share_days": shares.DAYS,
    }
