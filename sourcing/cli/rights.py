"""`sourcer privacy subject-export|correct|opt-out|record|case`: what people have a right to, from a terminal."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli.session import session

Key = Annotated[str, typer.Argument(metavar="KEY")]
Why = Annotated[str, typer.Option("--reason", metavar="R", help="How the person asked for it.")]

case = typer.Typer(no_args_is_help=True, help="Requests of people about themselves.", rich_markup_mode=None)


def subject_export(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Ends in .html for people, else JSON.")
    ] = None,
) -> None:
    """Hand over everything that is held about a person: as a page, or as JSON to stdout."""
    from sourcing.privacy import report

    at = session(ctx)
    with at.store() as store:
        made = report.make(store, at.settings, key, actor=at.actor, now=at.clock())
    if out is None:
        print(report.as_json(made), end="")
        return
    text = report.as_html(made) if out.suffix == ".html" else report.as_json(made)
    out.write_text(text, encoding="utf-8")
    at.say(f"written to {out}: it holds personal data, give it to this person only")


def correct(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    attribute: Annotated[str, typer.Argument(metavar="WHAT", help="name, affiliation, location, …")],
    wrong: Annotated[str, typer.Option("--wrong", metavar="VALUE", help="The value as it is shown now.")],
    reason: Annotated[str, typer.Option("--reason", metavar="R")],
    right: Annotated[
        str | None, typer.Option("--right", metavar="VALUE", help="What is right; without: nothing is.")
    ] = None,
) -> None:
    """Correct what is said of a person, for good: no crawl brings the wrong value back."""
    from sourcing.privacy import corrections

    at = session(ctx)
    with at.store() as store:
        count = corrections.correct(
            store, key, attribute, wrong=wrong, right=right, reason=reason, actor=at.actor, now=at.clock()
        )
    at.record({"corrected": attribute, "identities": count})


def opt_out(ctx: typer.Context, key: Key, reason: Why) -> None:
    """Score and rank a person no more, who asks for it; they stay in the store, and in lists without a score."""
    from sourcing.privacy import profiling

    at = session(ctx)
    with at.store() as store:
        profiling.opt_out(store, key, reason=reason, actor=at.actor, now=at.clock())
    at.say(f"{key} is scored no more; undo: sourcer privacy opt-in {key} --reason R")


def opt_in(ctx: typer.Context, key: Key, reason: Why) -> None:
    """Score a person again, who asks for it; the scores are made anew at once."""
    from sourcing.privacy import profiling

    at = session(ctx)
    with at.store() as store:
        profiling.opt_in(store, at.settings, key, reason=reason, actor=at.actor, now=at.clock())
    at.say(f"{key} is scored again")


def record(ctx: typer.Context) -> None:
    """Print the record of processing (GDPR Art. 30) as Markdown, made from the columns, the settings, the sources."""
    from sourcing.privacy import record as written
    from sourcing.settings import load_specs

    at = session(ctx)
    print(written.written(at.settings, load_specs(at.settings)), end="")


@case.command("list")
def ls(
    ctx: typer.Context, every: Annotated[bool, typer.Option("--all", help="Answered ones, too.")] = False
) -> None:
    """List requests people made on the public page, those due first."""
    from storage import cases

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = cases.ls(tx, only_open=not every, limit=1_000)
    names = (
        "id",
        "kind",
        "state",
        "subject",
        "person",
        "request",
        "signal",
        "opened_at",
        "due_at",
        "outcome",
    )
    at.rows([{name: asdict(one)[name] for name in names} for one in found], *names)


@case.command()
def prove(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="CASE")],
    key: Annotated[str, typer.Argument(metavar="KEY")],
    reason: Annotated[str, typer.Option("--reason", metavar="R", help="How control was shown.")],
) -> None:
    """Say that somebody showed to be this person; who asked to be erased is erased at once."""
    from sourcing.privacy import cases

    at = session(ctx)
    if not at.confirm(f"Take request {number} as made by {key}? What it asks for is done at once."):
        raise typer.Exit(1)
    with at.store() as store:
        found = cases.prove_by_hand(
            store, at.settings, number, key, reason=reason, actor=at.actor, now=at.clock()
        )
    at.record({"case": found.id, "state": found.state, "outcome": found.outcome})


@case.command()
def close(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="CASE")],
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="TEXT", help="The answer, as the person reads it.")
    ],
    refuse: Annotated[bool, typer.Option("--refuse", help="Disputed evidence counts again.")] = False,
) -> None:
    """Answer a request."""
    from sourcing.privacy import cases
    from storage.cases import State

    at = session(ctx)
    state = State.REFUSED if refuse else State.DONE
    with at.store() as store:
        found = cases.close(
            store, at.settings, number, state=state, outcome=outcome, actor=at.actor, now=at.clock()
        )
    at.record({"case": found.id, "state": found.state, "outcome": found.outcome})
