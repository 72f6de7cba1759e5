"""`sourcer privacy`: erase, do-not-contact, notices, retention, audit."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli import rights
from sourcing.cli.exits import Code
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Erase, suppress, audit.", rich_markup_mode=None)
dnc = typer.Typer(no_args_is_help=True, help="Do not contact.", rich_markup_mode=None)
app.add_typer(dnc, name="dnc")
app.add_typer(rights.case, name="case")
app.command("subject-export")(rights.subject_export)
app.command("correct")(rights.correct)
app.command("record")(rights.record)
app.command("opt-out")(rights.opt_out)
app.command("opt-in")(rights.opt_in)


@app.command()
def erase(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> None:
    """Remove everything about a person for good; shows the plan first."""
    from sourcing.privacy import erase as erasing

    at = session(ctx)
    with at.store() as store:
        planned = erasing.plan(store, key)
        if at.flags.dry_run:
            at.record(planned)
            return
        question = (
            f"Erase {planned.person}: {planned.identities} identities, {planned.statements} statements, "
            f"{planned.scores} scores, {planned.marks} marks? This cannot be undone."
        )
        if not at.confirm(question):
            at.record(planned)
            raise typer.Exit(Code.FAILED)
        report = erasing.erase(store, at.settings, key, actor=at.actor, now=at.clock())
    at.record(report)
    for path in report.told:
        at.say(f"a file handed over earlier holds this person and cannot be called back: {path}")


@app.command()
def forget(ctx: typer.Context, source: Annotated[str, typer.Argument(metavar="SOURCE")]) -> None:
    """Remove everything a source told; it must be switched off. Shows the counts first."""
    from sourcing.privacy import sources
    from sourcing.settings import load_specs

    at = session(ctx)
    spec = load_specs(at.settings, [source])[0]
    with at.store() as store:
        planned = sources.plan(store, spec)
        if at.flags.dry_run:
            at.record(planned)
            return
        counts = ", ".join(f"{count:,} {name}s" for name, count in planned.items())
        if not at.confirm(f"Remove what {source} told: {counts}? This cannot be undone."):
            at.record(planned)
            raise typer.Exit(Code.FAILED)
        report = sources.forget(store, at.settings, spec, actor=at.actor, now=at.clock())
    at.record(report)


@dnc.command("add")
def add(
    ctx: typer.Context,
    what: Annotated[
        list[str], typer.Argument(metavar="IDENTIFIER...", help="E-mail, login, ORCID, address, id.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="R")] = "asked not to be contacted",
) -> None:
    """Keep somebody out of the store, lists and exports; the identifier itself is not kept."""
    from sourcing.privacy import suppression

    at = session(ctx)
    with at.store() as store:
        done = suppression.add(store, at.settings, what, reason=reason, now=at.clock(), actor=at.actor)
    at.record(done)


@dnc.command("list")
def ls(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100) -> None:
    """List what is suppressed: digests, reasons, dates."""
    from storage import subjects

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = subjects.list_suppressed(tx, limit=limit)
    rows = [{"digest": digest, "reason": reason, "since": since} for digest, reason, since in found]
    at.rows(rows, "digest", "reason", "since")


@dnc.command("rm")
def remove(
    ctx: typer.Context,
    what: Annotated[list[str], typer.Argument(metavar="IDENTIFIER...")],
    reason: Annotated[str, typer.Option("--reason", metavar="R", help="Why; the owner must have asked.")],
) -> None:
    """Let somebody be collected again who asked for it; people hidden because of it stay hidden until shown."""
    from sourcing.privacy import suppression

    at = session(ctx)
    with at.store() as store:
        gone = suppression.remove(store, at.settings, what, reason=reason, now=at.clock(), actor=at.actor)
    at.record({"removed": gone})


@app.command()
def audit(
    ctx: typer.Context,
    since: Annotated[datetime | None, typer.Option("--since", metavar="DATE", formats=["%Y-%m-%d"])] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 50,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="A checkpoint that was signed earlier.")
    ] = None,
    sign: Annotated[
        Path | None,
        typer.Option("--sign", metavar="FILE", help="Write a signed checkpoint; keep it elsewhere."),
    ] = None,
) -> None:
    """List the audit log and check that nobody changed it; exit 1 if somebody did."""
    from sourcing.privacy import checkpoint
    from storage import audit as log

    at = session(ctx)
    start = since.replace(tzinfo=UTC) if since is not None else None
    with at.store() as store:
        verdict = checkpoint.verify(store, at.settings, against)
        with store.read() as tx:
            entries = log.entries(tx, limit=limit, since=start)
        names = ("seq", "at", "actor", "action", "subject", "detail")
        at.rows([{name: getattr(one, name) for name in names} for one in entries], *names)
        if not verdict.ok:
            at.say(f"the log is not whole: entry {verdict.bad}: {verdict.reason}")
            raise typer.Exit(Code.FAILED)
        at.say(f"{verdict.entries:,} entries, chain whole, head {verdict.head[:16]}")
        if sign is not None:
            checkpoint.sign(store, at.settings, sign, now=at.clock())


@app.command()
def notices(
    ctx: typer.Context,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only whose time has passed.")] = False,
) -> None:
    """List who is to be told what is held about them, until when, and in which language."""
    from sourcing.privacy import notices as telling

    at = session(ctx)
    with at.store() as store:
        found = telling.due(store, at.settings, now=at.clock(), overdue=overdue)
    at.rows([asdict(one) for one in found], "person", "since", "due_at", "language", "is_overdue")


@app.command("due")
def owed(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", metavar="N", min=0, max=60, help="Business days.")] = 10,
) -> None:
    """List what people are owed, overdue or soon: to be told, to hear that a request came in, to get its answer."""
    from sourcing.privacy import due

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = due.soon(tx, at.settings, now=at.clock(), business_days=days)
    at.rows([asdict(one) for one in found], "due_at", "what", "subject", "is_overdue")


@app.command()
def told(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    language: Annotated[str | None, typer.Option("--language", metavar="L", help="Default: theirs.")] = None,
) -> None:
    """Remember that a person was told; nothing is sent from here."""
    from sourcing.privacy import notices as telling

    at = session(ctx)
    with at.store() as store:
        telling.told(store, at.settings, key, language=language, actor=at.actor, now=at.clock())
    at.record({"told": key})


@app.command()
def text(
    ctx: typer.Context,
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="en, de, fr, …")] = "en",
) -> None:
    """Print the notice in a language, filled in from the settings, to be sent by hand or by a CRM."""
    from sourcing.privacy import notices as telling

    at = session(ctx)
    page = f"{at.settings.web.public_url or f'http://127.0.0.1:{at.settings.web.port}'}/privacy"
    found = telling.written(at.settings, language, page=page)
    if at.flags.how == "table":
        print("\n\n".join((found.subject, *found.body)))
    else:
        at.record(found)


@app.command()
def retention(ctx: typer.Context) -> None:
    """Remove who and what is past their time now, as every night does; with --dry-run only say who."""
    from sourcing import jurisdictions
    from sourcing.privacy import retention as keeping
    from sourcing.settings import load_specs
    from storage import expiry

    at = session(ctx)
    with at.store() as store:
        if at.flags.dry_run:
            rules = jurisdictions.duties(at.settings).rules
            with store.read() as tx:
                due = expiry.due(tx, keeping.periods_of(at.settings), rules, at.clock())
            at.rows([{"person": key} for key in due], "person")
            return
        at.record(keeping.sweep(store, at.settings, load_specs(at.settings), actor=at.actor, now=at.clock()))
