"""`sourcer export`: plan, then hand over; what left, what is left to send, what became of it, who is called back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.export.mapping import Mapping
    from sourcing.export.plan import Plan

app = typer.Typer(no_args_is_help=True, help="Hand people over: files, systems.", rich_markup_mode=None)
mappings = typer.Typer(no_args_is_help=True, help="Which value goes into which field.", rich_markup_mode=None)
app.add_typer(mappings, name="mapping")


@app.command("run")
def run_(
    ctx: typer.Context,
    shortlist: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="A shortlist; or use --query.")
    ] = None,
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="Instead of a list.")] = None,
    specialism: Annotated[
        str | None, typer.Option("--specialism", metavar="X", help="Whose scores to send.")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="CONNECTOR", help="csv, xlsx, ndjson, or a system.")
    ] = "csv",
    preset: Annotated[str, typer.Option("--preset", metavar="P", help="Columns of a file.")] = "generic",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: below home/exports.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="With --query: how many.")] = 500,
    notes: Annotated[bool, typer.Option("--notes", help="Take recruiters' notes along.")] = False,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="Send only if the plan is still this one.")
    ] = None,
    retry_failed: Annotated[
        str | None, typer.Option("--retry-failed", metavar="EXPORT", help="Send its rows that are not done.")
    ] = None,
) -> None:
    """Plan, show the counts, ask, hand over. --retry-failed sends what is left.

    --dry-run shows who would leave and what speaks for them, and stops: whoever sends people must have seen that.
    """
    from sourcing.export import order
    from sourcing.query import parse

    at = session(ctx)
    if retry_failed is not None:
        _retry(at, retry_failed)
        return
    if (shortlist is None) == (query is None):
        raise typer.BadParameter("give a shortlist or --query, not both")
    wanted = order.Order(
        shortlist=shortlist,
        query=query,
        specialism=specialism,
        connector=to,
        preset=preset,
        limit=limit,
        notes=notes,
        out=_checked(out),
    )
    if query is not None:
        parse(query)
        if specialism is None:
            raise typer.BadParameter("say whose scores to send: --specialism X")
    with at.store() as store:
        prepared = order.prepare(store, at.settings, wanted, now=at.clock())
        if not _agreed(at, store, prepared):
            return
        with at.progress("sending") as show:
            number = order.send(
                store, at.settings, prepared, actor=at.actor, now=at.clock(), expect=plan,
                tell=lambda done, total: show(to, done, total),
            )  # fmt: skip
        _report(at, store, number, prepared)


@app.command()
def history(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20) -> None:
    """List what was handed over, newest first."""
    from dataclasses import asdict

    from storage import exports

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [asdict(one) for one in exports.history(tx, limit=limit)]
    at.rows(rows, "id", "at", "what", "connector", "destination", "specialism", "counts")


@app.command()
def show(
    ctx: typer.Context,
    export: Annotated[str, typer.Argument(metavar="EXPORT")],
    errors: Annotated[bool, typer.Option("--errors", help="Only rows that are not done.")] = False,
) -> None:
    """Show what happened to each row of a hand-over."""
    from dataclasses import asdict

    from storage import exports

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        one = exports.get(tx, export)
    rows = [asdict(row) for row in one.rows if not errors or row.state not in exports.CLOSED]
    at.rows(rows, "person", "action", "state", "result")


@app.command()
def undo(ctx: typer.Context, export: Annotated[str, typer.Argument(metavar="EXPORT")]) -> None:
    """Take a hand-over back: remove its files, let the system let go of what it made; say what is left to do."""
    from dataclasses import asdict

    from sourcing.export import undo as undoing

    at = session(ctx)
    if not at.confirm(f"Take {export} back?"):
        raise typer.Exit(1)
    with at.store() as store:
        found = undoing.undo(store, at.settings, export, actor=at.actor, now=at.clock())
    at.say(found.sentence)
    at.rows([asdict(one) for one in found.chores], "person", "external_id", "what")


@app.command()
def connectors(ctx: typer.Context) -> None:
    """List where people can be handed over to."""
    from sourcing.export import mapping
    from sourcing.export.connectors.files import KINDS

    at = session(ctx)
    roots = mapping.places(at.settings)
    known = [mapping.of(at.settings, name) for name in mapping.names(roots)]
    rows = [
        {
            "name": one.name,
            "kind": one.kind.value,
            "use": one.use.value,
            "version": one.version,
            "title": one.title,
        }
        for one in known
    ]
    at.rows(rows, "name", "kind", "use", "version", "title")
    at.say(f"kinds of files: {', '.join(KINDS)}")


@app.command()
def check(ctx: typer.Context, connector: Annotated[str, typer.Argument(metavar="CONNECTOR")]) -> None:
    """Ask a system who we are there; nothing is written."""
    from sourcing.export import delivery, mapping

    at = session(ctx)
    fields = mapping.of(at.settings, connector)
    if fields.kind is mapping.Kind.FILE:
        at.record({"connector": connector, "answer": "a set of columns: nothing to ask"})
        return
    with delivery.opened(at.settings, fields, now=at.clock()) as one:
        at.record({"connector": connector, "answer": one.check()})


@app.command()
def recall(ctx: typer.Context) -> None:
    """Tell every system whom it must erase or leave alone, and write the recall file."""
    from sourcing.export import recall as recalls

    at = session(ctx)
    with at.store() as store:
        recalls.sweep(store, at.settings)
        found = recalls.deliver(store, at.settings, actor=at.actor, now=at.clock())
    for line in found.sentences or ["nobody is to be told"]:
        at.say(line)
    at.record({"done": found.done, "owed": found.owed, "file": str(found.file) if found.file else None})


@app.command()
def webhooks(ctx: typer.Context) -> None:
    """Send the receiver of webhooks the events it is owed; exit 5 while some stay owed."""
    from dataclasses import asdict

    from sourcing.cli.exits import Code
    from sourcing.export import events

    at = session(ctx)
    with at.store() as store:
        found = events.deliver(store, at.settings, now=at.clock())
    at.record(asdict(found))
    if found.owed:
        raise typer.Exit(Code.PARTLY)


@app.command()
def outcomes(ctx: typer.Context, connector: Annotated[str, typer.Argument(metavar="CONNECTOR")]) -> None:
    """Read back what became of the leads a system holds."""
    from dataclasses import asdict

    from sourcing.export import becoming

    at = session(ctx)
    with at.store() as store:
        found = becoming.pull(store, at.settings, connector, actor=at.actor, now=at.clock())
    at.record(asdict(found))


@mappings.command("show")
def show_mapping(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="CONNECTOR")]) -> None:
    """Show which value goes into which field."""
    from sourcing.export import mapping

    at = session(ctx)
    _fields(at, mapping.of(at.settings, name))


@mappings.command("edit")
def edit_mapping(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CONNECTOR")],
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="FIELD=VALUE...", help="VALUE empty: not sent.")
    ] = None,
    once: Annotated[
        list[str] | None, typer.Option("--once", metavar="FIELD", help="Written when a record is made.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Back to what the files say.")] = False,
) -> None:
    """Change which value goes into which field, for this installation; --dry-run only shows it."""
    from sourcing.errors import BadInput
    from sourcing.export import edited, mapping

    at = session(ctx)
    now = mapping.of(at.settings, name)
    rows = {one.field: one for one in edited.lines(now)}
    for pair in fields or ():
        theirs, is_pair, ours = pair.partition("=")
        if not is_pair:
            raise BadInput(f"{pair!r} is no FIELD=VALUE")
        rows[theirs] = edited.Line(field=theirs, value=ours, once=theirs in now.once)
    for theirs in once or ():
        if theirs not in rows:
            raise BadInput(f"--once names {theirs!r}, which is no field of {name}")
        rows[theirs] = edited.Line(field=theirs, value=rows[theirs].value, once=True)
    found = edited.draft(at.settings, name, list(rows.values()))
    if not at.flags.dry_run:
        with at.store() as store:
            if reset:
                edited.reset(store, at.settings, name, actor=at.actor, now=at.clock())
            else:
                edited.save(
                    store, at.settings, name, list(rows.values()), version=now.version, actor=at.actor,
                    now=at.clock(),
                )  # fmt: skip
        found = mapping.of(at.settings, name)
    at.say(found.label)
    _fields(at, found)


@mappings.command("validate")
def validate_mapping(
    ctx: typer.Context, name: Annotated[str | None, typer.Argument(metavar="[CONNECTOR]")] = None
) -> None:
    """Check one mapping, or all of them and the policy."""
    from sourcing.export import mapping, policy

    at = session(ctx)
    names = [name] if name is not None else mapping.names(mapping.places(at.settings))
    rows = [{"mapping": mapping.of(at.settings, one).label, "answer": "ok"} for one in names]
    if name is None:
        policy.load(at.settings.roots)
        rows.append({"mapping": policy.FILE, "answer": "ok"})
    at.rows(rows, "mapping", "answer")


def _fields(at: Session, of: "Mapping") -> None:
    from dataclasses import asdict

    from sourcing.export import edited

    at.rows([asdict(one) for one in edited.lines(of)], "field", "value", "once")


def _retry(at: Session, export: str) -> None:
    from sourcing.export import order

    with at.store() as store:
        one, left = order.left(store, at.settings, export, now=at.clock())
        if not _agreed(at, store, left):
            return
        order.resume(store, at.settings, one, left, actor=at.actor, now=at.clock())
        _report(at, store, export, left)


def _agreed(at: Session, store: Any, prepared: "Plan") -> bool:
    """Show what would happen and ask; return whether it is to be done. With --dry-run the whole plan is shown."""
    from sourcing.export import order

    said = ", ".join(f"{name} {count:,}" for name, count in prepared.counts.items())
    at.say(f"{len(prepared.rows):,} people: {said}; {prepared.fields.label}, plan {prepared.digest[:12]}")
    for held, count in prepared.withheld:
        where = f", {held.terms}" if held.terms else ""
        at.say(f"stays here: {held.field} of {count:,}: {held.why} ({held.rule}{where})")
    if prepared.fields.warns:
        at.say(prepared.fields.warns)
    if at.flags.dry_run:
        _show(at, prepared)
        order.looked(store, prepared, actor=at.actor, now=at.clock())
        return False
    count = len(prepared.leads)
    if not at.confirm(f"Write {count:,} leads to {prepared.destination}?"):
        raise typer.Exit(1)
    return True


def _report(at: Session, store: Any, number: str, prepared: "Plan") -> None:
    from sourcing.cli.exits import Code
    from storage import exports

    with store.read() as tx:
        states = exports.states(tx, number)
    at.record({"export": number, "file": prepared.destination, **prepared.counts, "states": states})
    if set(states) - set(exports.CLOSED):
        at.say(f"not all of it is done: sourcer export run --retry-failed {number}")
        raise typer.Exit(Code.PARTLY)


def _checked(out: Path | None) -> Path | None:
    from sourcing.errors import BadInput

    if out is None:
        return None
    destination = out.resolve()
    if destination.is_dir() or not destination.parent.is_dir():
        raise BadInput(f"cannot write {str(out)!r}: give a file in an existing directory")
    return destination


def _show(at: Session, prepared: "Plan") -> None:
    from sourcing.export import preview

    rows = [{**row, "plan": prepared.digest} for row in preview.rows(prepared)]
    at.rows(rows, "action", "person", "name", "why", "reason", "changes", "withheld")
