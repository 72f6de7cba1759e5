"""`sourcer person`: look at people and mark them."""

from typing import Annotated, Any

import typer

from sourcing.cli import explained, market, outreach
from sourcing.cli.session import Session, session

app = typer.Typer(no_args_is_help=True, help="Look at people and mark them.", rich_markup_mode=None)
app.command("craft")(market.craft)
app.command("hooks")(outreach.hooks)
app.command("path")(outreach.path)
app.command("draft")(outreach.draft)
app.command("contacted")(outreach.contacted)
Key = Annotated[str, typer.Argument(metavar="KEY", help="As `sourcer search` prints it: p_…")]


@app.command("list")
def ls(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option("--after", metavar="KEY", help="Go on behind this key.")] = "",
) -> None:
    """List people by key; who is kept out of everything is left out."""
    from sourcing import marking
    from storage import persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = persons.list_people(tx, limit=limit, after=after)
        silent = marking.kept_out(tx, [one.key for one in found])
        rows = [
            {
                "person": one.key,
                "name": one.name,
                "kind": one.kind,
                "identities": len(one.identities),
                "last_seen": one.last_seen,
            }
            for one in found
            if one.key not in silent
        ]
    at.rows(rows, "person", "name", "kind", "identities", "last_seen")


@app.command()
def show(
    ctx: typer.Context,
    key: Key,
    evidence: Annotated[bool, typer.Option("--evidence", help="Every item.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Explain every score.")] = False,
) -> None:
    """Show a person: identities, scores, marks; --evidence: every dated, linked item; --why: every score explained."""
    from sourcing import people

    at = session(ctx)
    with at.store() as store:
        with store.read() as tx:
            sheet = people.sheet(tx, key)
        if why:
            explained.looked(at, store, sheet)
    if at.flags.how != "table":
        shown = _without(sheet, *(() if evidence else ("evidence",)))
        at.record(shown | ({"why": explained.rows(at, sheet, None)} if why else {}))
        return
    person = sheet.person
    at.record(
        {"person": person.key, "name": person.name, "kind": person.kind, "aliases": list(person.aliases)}
    )
    at.rows(
        [
            {
                "identity": one.id,
                "name": one.names[0] if one.names else None,
                "source": one.source,
                "url": one.url,
            }
            for one in sheet.identities
        ],
        "identity",
        "name",
        "source",
        "url",
    )
    columns = ("specialism", "value", "lower", "upper", "confidence", "level", "listed", "version")
    at.rows([{name: getattr(one, name) for name in columns} for one in sheet.scores], *columns)
    known = {item.signal: item for item in sheet.evidence}
    said = {text for each in sheet.flags.values() for text in people.warnings_for(each, known)}
    if said:
        at.rows([{"not counted": text.replace(": not counted", "")} for text in sorted(said)], "not counted")
    if evidence:
        at.rows(
            [
                {
                    "date": one.occurred_at or one.published_on,
                    "kind": one.kind,
                    "title": one.title,
                    "url": one.url,
                    "also as": ", ".join(twin.work for twin in one.also) or None,
                }
                for one in sheet.evidence
            ],
            "date",
            "kind",
            "title",
            "url",
            "also as",
        )
    if why:
        explained.show(at, explained.rows(at, sheet, None))
    for asked in sheet.asked:
        at.say(asked.sentence)
    for mark in sheet.marks:
        at.say(f"{mark.kind}: {mark.value}")


@app.command()
def note(ctx: typer.Context, key: Key, text: Annotated[str, typer.Argument(metavar="TEXT")]) -> None:
    """Write a note about a person."""
    from sourcing import people

    at = session(ctx)
    with at.store() as store:
        deed = people.note(store, key, text, actor=at.actor, now=at.clock())
    _told(at, "noted", deed)


@app.command(context_settings={"ignore_unknown_options": True})
def tag(
    ctx: typer.Context, key: Key, tags: Annotated[list[str], typer.Argument(metavar="+TAG -TAG...")]
) -> None:
    """Put tags on a person (+kernels) and take them off (-kernels)."""
    from sourcing import people

    at = session(ctx)
    add = [one.removeprefix("+") for one in tags if not one.startswith("-")]
    off = [one.removeprefix("-") for one in tags if one.startswith("-")]
    if not all([*add, *off]):
        raise typer.BadParameter("a tag has at least one character: +kernels or -kernels")
    with at.store() as store:
        deed = people.tag(store, key, add=add, remove=off, actor=at.actor, now=at.clock())
    _told(at, "tagged", deed)


@app.command()
def stage(
    ctx: typer.Context,
    key: Key,
    to: Annotated[str, typer.Argument(metavar="STAGE")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; asked for on a terminal.")
    ] = None,
) -> None:
    """Move a person to a stage, for a reason."""
    from sourcing import oversight, people, touches

    at = session(ctx)
    why = reason if reason is not None else at.ask("Why?")
    by: dict[str, Any] = {"actor": at.actor, "now": at.clock()}
    guard = oversight.both(
        oversight.stage_guard(at.settings, to, **by), touches.guard(to, at.settings.outreach, **by)
    )
    with at.store() as store:
        deed = people.set_stage(store, key, to, reason=why, guard=guard, **by)
    _told(at, f"{key} is {to}", deed)


@app.command()
def hide(
    ctx: typer.Context,
    key: Key,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; required to hide.")
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="NAME", help="Only in this saved search.")
    ] = None,
    shortlist: Annotated[
        str | None, typer.Option("--list", metavar="NAME", help="Only from this shortlist.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Show the person again.")] = False,
) -> None:
    """Keep a person out of results and exports, or out of one search or shortlist; --undo brings them back."""
    from sourcing import oversight, people

    at = session(ctx)
    if search is not None and shortlist is not None:
        raise typer.BadParameter("give --search or --list, not both")
    scope = "search" if search is not None else "shortlist" if shortlist is not None else "everywhere"
    place = search or shortlist
    where = None if place is None else f"{'search' if search is not None else 'list'}:{place}"
    with at.store() as store:
        if undo:
            deed = people.show_again(store, key, actor=at.actor, now=at.clock(), place=where)
        elif reason:
            by: dict[str, Any] = {"actor": at.actor, "now": at.clock()}
            look = oversight.guard(at.settings, **by)
            deed = people.hide(store, key, reason=reason, scope=scope, place=place, guard=look, **by)
        else:
            raise typer.BadParameter("say why: --reason R", param_hint="--reason")
    _told(at, "shown again" if undo else "hidden", deed)


@app.command()
def thumb(
    ctx: typer.Context,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="up|down|none")],
    specialism: Annotated[str, typer.Option("--specialism", metavar="X", help="What for.")],
) -> None:
    """Say that a person fits a specialism or does not."""
    from sourcing import feedback
    from sourcing.cli.search import known_specialism

    at = session(ctx)
    known_specialism(at, specialism)
    said = None if value == "none" else value
    with at.store() as store:
        deed = feedback.thumb(store, key, said, subject=specialism, actor=at.actor, now=at.clock())
    _told(at, f"thumb {value}", deed)


@app.command()
def wrong(
    ctx: typer.Context,
    key: Key,
    signal: Annotated[
        str, typer.Argument(metavar="SIGNAL", help="As `person show --evidence --json` has it.")
    ],
    reason: Annotated[str | None, typer.Option("--reason", metavar="R", help="Why.")] = None,
    exclude: Annotated[
        bool, typer.Option("--exclude", help="Count it no more; the scores are made anew at once.")
    ] = False,
) -> None:
    """Say that a piece of evidence is wrong; excluded, it counts no more until that is undone."""
    from sourcing import feedback

    at = session(ctx)
    why = reason if reason is not None else at.ask("Why?")
    with at.store() as store:
        deed = feedback.wrong(
            store,
            key,
            signal,
            exclude=exclude,
            reason=why or "",
            actor=at.actor,
            now=at.clock(),
            home=at.settings.home,
            roots=at.settings.roots,
        )
    _told(at, "excluded; scores are made anew" if exclude else "reported", deed)


@app.command()
def history(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Nobody = everybody.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
) -> None:
    """List what was done, to a person or at all, newest first, with what undoes it."""
    from sourcing import history as told

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        deeds = told.recent(tx, limit=limit) if key is None else told.of_person(tx, key, limit=limit)
    rows = [
        {
            "deed": one.id,
            "at": one.at,
            "actor": one.actor,
            "what": one.text,
            "why": one.reason,
            "people": list(one.people),
            "undone_by": one.undone_by,
        }
        for one in deeds
    ]
    at.rows(rows, "at", "actor", "what", "people", "why", "deed", "undone_by")


@app.command()
def undo(
    ctx: typer.Context,
    deed: Annotated[str, typer.Argument(metavar="DEED", help="As every act and `person history` print it.")],
) -> None:
    """Take back what was done, if nothing came after it."""
    from sourcing import history as told
    from sourcing.settings import pepper
    from storage.subjects import PepperKeyer

    at = session(ctx)
    way = told.Way(home=at.settings.home, roots=at.settings.roots, keyer=PepperKeyer(pepper(at.settings)))
    with at.store() as store:
        done = told.undo(store, deed, actor=at.actor, now=at.clock(), way=way)
    at.record({"deed": done.id, "undone": done.text, "people": list(done.people)})


def _told(at: Session, what: str, deed: str | None) -> None:
    at.say(f"{what}; undo: sourcer person undo {deed}" if deed is not None else "nothing changed")


def _without(record: Any, *names: str) -> dict[str, Any]:
    from sourcing.cli.output import plain

    table: dict[str, Any] = plain(record)
    return {key: value for key, value in table.items() if key not in names}
