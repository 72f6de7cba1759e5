"""`sourcer person`: look at people and mark them."""

from typing import Annotated, Any

import typer

from sourcing.cli import explained, market
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Look at people and mark them.", rich_markup_mode=None)
app.command("craft")(market.craft)
Key = Annotated[str, typer.Argument(metavar="KEY", help="As `sourcer search` prints it: p_…")]


@app.command("list")
def ls(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option("--after", metavar="KEY", help="Go on behind this key.")] = "",
) -> None:
    """List people by key."""
    from storage import persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [
            {
                "person": one.key,
                "name": one.name,
                "kind": one.kind,
                "identities": len(one.identities),
                "last_seen": one.last_seen,
            }
            for one in persons.list_people(tx, limit=limit, after=after)
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
    with at.store() as store, store.read() as tx:
        sheet = people.sheet(tx, key)
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
        people.note(store, key, text, actor=at.actor, now=at.clock())
    at.say("noted")


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
        people.tag(store, key, add=add, remove=off, actor=at.actor, now=at.clock())
    back = " ".join([*(f"-{one}" for one in add), *(f"+{one}" for one in off)])
    at.say(f"tagged; undo: sourcer person tag {key} {back}")


@app.command()
def stage(
    ctx: typer.Context,
    key: Key,
    to: Annotated[str, typer.Argument(metavar="STAGE")],
    reason: Annotated[str | None, typer.Option("--reason", metavar="R")] = None,
) -> None:
    """Move a person to a stage."""
    from sourcing import people

    at = session(ctx)
    with at.store() as store:
        people.set_stage(store, key, to, actor=at.actor, reason=reason, now=at.clock())
    at.say(f"{key} is {to}")


@app.command()
def hide(
    ctx: typer.Context,
    key: Key,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; required to hide.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Show the person again.")] = False,
) -> None:
    """Keep a person out of results and exports; --undo brings them back."""
    from sourcing import people

    at = session(ctx)
    with at.store() as store:
        if undo:
            people.show_again(store, key, actor=at.actor, now=at.clock())
        elif reason:
            people.hide(store, key, reason=reason, scope="everywhere", actor=at.actor, now=at.clock())
        else:
            raise typer.BadParameter("say why: --reason R", param_hint="--reason")
    at.say("shown again" if undo else f"hidden; undo: sourcer person hide {key} --undo")


def _without(record: Any, *names: str) -> dict[str, Any]:
    from sourcing.cli.output import plain

    table: dict[str, Any] = plain(record)
    return {key: value for key, value in table.items() if key not in names}
