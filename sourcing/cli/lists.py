"""`sourcer list`: shortlists."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.lists import Changed

app = typer.Typer(no_args_is_help=True, help="Shortlists.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="LIST")]


@app.command()
def ls(ctx: typer.Context) -> None:
    """List the shortlists."""
    from dataclasses import asdict

    from storage import lists

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [asdict(one) for one in lists.ls(tx)]
    at.rows(rows, "name", "status", "owner", "specialism", "size", "created_at")


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    specialism: Annotated[str | None, typer.Option("--specialism", metavar="X")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="WHO", help="Who answers for the role.")
    ] = None,
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="Who is looked for.")] = None,
) -> None:
    """Make an empty shortlist for a role."""
    from sourcing import lists

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        lists.create(
            store, name, specialism=specialism, actor=at.actor, now=at.clock(), owner=owner, query=query
        )
    at.say(f"made {name!r}; fill it: sourcer list add {name!r} KEY…")


@app.command()
def show(ctx: typer.Context, name: Name) -> None:
    """Show the people of a shortlist in its order; of whom nothing is shown since is marked, without a name."""
    from sourcing import marking
    from storage import lists, persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = lists.show(tx, name)
        asked = marking.silent(tx, [item.person for item in found.items], blind=False)
        known = persons.get_many(tx, [item.person for item in found.items])
        rows = [
            {
                "position": item.position,
                "person": item.person,
                "name": known[item.person].name if item.person in known.keys() - asked else None,
                "added_at": item.added_at,
                "note": asked.get(item.person),
            }
            for item in found.items
        ]
    columns = ("position", "person", "name", "added_at")
    at.rows(rows, *columns, *(["note"] if asked else []))


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY...")] = None,
    query: Annotated[
        str | None, typer.Option("--from-search", metavar="Q", help="The best of a query.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many of the query.")] = 25,
    specialism: Annotated[str | None, typer.Option("--specialism", metavar="X")] = None,
) -> None:
    """Put people on a shortlist."""
    from sourcing import lists, people
    from sourcing.query import parse

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        chosen = list(keys or [])
        if query is not None:
            tree = parse(query)
            with store.read() as tx:
                chosen += people.every_key(tx, tree, specialism=specialism, limit=top)
        if not chosen:
            raise typer.BadParameter("give person keys or --from-search Q")
        done = lists.add(store, name, chosen, actor=at.actor, now=at.clock())
    _told(at, f"added {done.people:,}", done)


@app.command()
def remove(
    ctx: typer.Context,
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...")],
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="R", help="Why; asked for on a terminal where it is needed."),
    ] = None,
) -> None:
    """Take people off a shortlist; where the chosen laws ask for human review, for a reason."""
    from sourcing import lists, oversight

    at = session(ctx)
    guard = oversight.guard(at.settings, actor=at.actor, now=at.clock())
    why = at.ask("Why?") if reason is None and guard is not None else reason
    with at.store() as store:
        done = lists.remove(store, name, keys, reason=why, guard=guard, actor=at.actor, now=at.clock())
    _told(at, f"removed {done.people:,}", done)


@app.command()
def move(
    ctx: typer.Context,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    position: Annotated[int, typer.Argument(metavar="PLACE", min=1)],
) -> None:
    """Put somebody at a place of a shortlist, 1 being the first."""
    from sourcing import lists

    at = session(ctx)
    with at.store() as store:
        done = lists.move(store, name, key, position, actor=at.actor, now=at.clock())
    _told(at, f"at place {position}", done)


@app.command()
def stage(
    ctx: typer.Context,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="STAGE")],
    keys: Annotated[list[str], typer.Argument(metavar="KEY...")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; asked for on a terminal.")
    ] = None,
) -> None:
    """Move people of a shortlist to a stage for this role; contact counts for the person everywhere."""
    from sourcing import lists, oversight, touches

    at = session(ctx)
    why = reason if reason is not None else at.ask("Why?")
    by: dict[str, Any] = {"actor": at.actor, "now": at.clock()}
    guard = oversight.both(
        oversight.stage_guard(at.settings, to, **by), touches.guard(to, at.settings.outreach, what=name, **by)
    )
    with at.store() as store:
        done = lists.set_stage(store, name, keys, to, reason=why, guard=guard, **by)
    _told(at, f"{done.people:,} moved to {to}", done)


@app.command()
def status(
    ctx: typer.Context,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="open|paused|filled|closed")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; asked for on a terminal.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="WHO", help="Hand the role over as well.")
    ] = None,
) -> None:
    """Open, pause, fill or close a role."""
    from sourcing import lists

    at = session(ctx)
    why = reason if reason is not None else at.ask("Why?")
    with at.store() as store:
        done = lists.set_status(store, name, to, actor=at.actor, reason=why, now=at.clock())
        _told(at, f"{name!r} is {to}", done)
        if owner is not None:
            handed = lists.set_owner(store, name, owner, actor=at.actor, reason=why, now=at.clock())
            _told(at, f"{owner} answers for it", handed)


@app.command()
def compare(
    ctx: typer.Context,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Two to five.")],
    specialism: Annotated[str, typer.Option("--specialism", metavar="X", help="By its factors.")],
) -> None:
    """Show people side by side: what earned each of them points."""
    from sourcing import board

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store, store.read() as tx:
        found = board.compare(tx, keys, specialism=specialism)
    if at.flags.how != "table":
        at.record(found)
        return
    people = [one.name or one.person for one in found.columns]
    totals = [one.score.value if one.score is not None else None for one in found.columns]
    rows = [{"what": "score", **dict(zip(people, totals, strict=True))}]
    rows += [
        {"what": factor, **{who: cell.points for who, cell in zip(people, cells, strict=True)}}
        for factor, cells in found.factors
    ]
    at.rows(rows, "what", *people)


@app.command()
def share(
    ctx: typer.Context,
    name: Name,
    days: Annotated[int, typer.Option("--days", metavar="N", help="How long it opens.")] = 14,
    blind: Annotated[bool, typer.Option("--blind", help="Keys instead of names.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="With the notes.")] = False,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="Take this link back instead.")
    ] = None,
) -> None:
    """Make a read-only link for a hiring manager, or take one back."""
    from sourcing import shares

    at = session(ctx)
    base = at.settings.web.public_url or f"http://{at.settings.web.host}:{at.settings.web.port}"
    with at.store() as store:
        if revoke is not None:
            shares.revoke(store, revoke, actor=at.actor, now=at.clock())
            at.say("taken back: it does not open any more")
            return
        made = shares.make(
            store, at.settings, name, days=days, blind=blind, notes=notes, actor=at.actor, now=at.clock()
        )
    at.record(
        {
            "id": made.share.id,
            "url": f"{base}/shared/{made.token}",
            "expires_at": made.share.expires_at,
            "blind": blind,
        }
    )
    at.say(f"undo: sourcer list share {name!r} --revoke {made.share.id}")


@app.command()
def limits(
    ctx: typer.Context,
    person: Annotated[str | None, typer.Option("--person", metavar="KEY")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation", metavar="NAME")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="R", help="Why.")] = None,
    lift: Annotated[str | None, typer.Option("--lift", metavar="ID", help="Remove this rule.")] = None,
) -> None:
    """Put a person or an organisation off limits, lift that, or list what is: own staff, clients, recent hires."""
    from dataclasses import asdict

    from sourcing import known
    from storage import known as stored

    at = session(ctx)
    with at.store() as store:
        if lift is not None:
            gone = known.lift(store, lift, reason=reason or "", actor=at.actor, now=at.clock())
            at.say("lifted" if gone else "there is no such rule")
        elif person is not None or organisation is not None:
            rule = known.limit(
                store,
                person=person,
                organisation=organisation,
                reason=reason or "",
                actor=at.actor,
                now=at.clock(),
            )
            at.say(f"off limits; undo: sourcer list limits --lift {rule} --reason R")
        with store.read() as tx:
            rows = [asdict(one) for one in stored.limits(tx)]
    at.rows(rows, "id", "person", "organisation", "reason", "actor", "at")


def _told(at: Session, what: str, done: "Changed") -> None:
    at.say(f"{what}; undo: sourcer person undo {done.deed}" if done.deed is not None else "nothing changed")
