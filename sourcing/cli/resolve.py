"""`sourcer resolve`: who is who."""

from typing import Annotated

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Decide who is who.", rich_markup_mode=None)
Reason = Annotated[str, typer.Option("--reason", metavar="R", help="Why; kept with the decision.")]


@app.command("run")
def run_(ctx: typer.Context) -> None:
    """Apply the certain rules to everything in the store and rebuild persons."""
    from sourcing import nightly, resolve
    from sourcing.settings import pepper
    from storage import runs
    from storage.subjects import PepperKeyer

    at = session(ctx)
    now = at.clock()
    with at.store() as store:
        with store.begin() as tx:
            run = runs.start(tx, "resolve", now=now, actor=at.actor)
        with nightly.recorded(store, run, now=now):
            detail = nightly.resolve_detail(
                resolve.run(store, now=now, run=run, keyer=PepperKeyer(pepper(at.settings)))
            )
        with store.begin() as tx:
            runs.finish(tx, run, now=at.clock(), status="done", detail=detail)
    at.record(detail)


@app.command()
def queue(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 25) -> None:
    """List pairs a person should decide, best supported first."""
    from sourcing.resolve import review
    from storage import persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        pairs = review.queue(persons.edges(tx), limit=limit)
    rows = [{"left": one.left, "right": one.right, "reasons": list(one.reasons)} for one in pairs]
    at.rows(rows, "left", "right", "reasons")


@app.command()
def merge(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(metavar="A", help="A person key or an identity id.")],
    right: Annotated[str, typer.Argument(metavar="B")],
    reason: Reason = "decided by a person",
) -> None:
    """Say that two are one person; undone by `resolve split`."""
    from sourcing import people
    from sourcing.settings import pepper
    from storage.subjects import PepperKeyer

    at = session(ctx)
    keyer = PepperKeyer(pepper(at.settings))
    with at.store() as store:
        done = people.merge(store, left, right, actor=at.actor, reason=reason, now=at.clock(), keyer=keyer)
    at.record(done)
    at.say(f"undo: sourcer resolve split {done.person} {' '.join(done.identities)}")


@app.command()
def split(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    identities: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Identities that are somebody else.")
    ],
    reason: Reason = "decided by a person",
) -> None:
    """Say that some identities of a person are somebody else; undone by `resolve merge`."""
    from sourcing import people
    from sourcing.settings import pepper
    from storage.subjects import PepperKeyer

    at = session(ctx)
    keyer = PepperKeyer(pepper(at.settings))
    with at.store() as store:
        done = people.split(
            store, key, identities, actor=at.actor, reason=reason, now=at.clock(), keyer=keyer
        )
    at.record(done)
    at.say(f"undo: sourcer resolve merge {done.person} {done.identities[0]}")


@app.command()
def explain(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(metavar="A", help="A person key or an identity id.")],
    right: Annotated[str | None, typer.Argument(metavar="B")] = None,
) -> None:
    """Show the edges that hold a person together, or those between two."""
    from storage import persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        mine = _identities(tx, left)
        others = _identities(tx, right) if right is not None else mine
        rows = [
            {
                "left": edge.left,
                "right": edge.right,
                "judgement": edge.judgement,
                "decided_by": edge.decided_by,
                "reasons": list(edge.reasons),
            }
            for edge in persons.edges(tx)
            if (edge.left in mine and edge.right in others) or (edge.left in others and edge.right in mine)
        ]
    at.rows(rows, "left", "right", "judgement", "decided_by", "reasons")
    if not rows:
        at.say("nothing was decided about these")


def _identities(tx: object, name: str) -> frozenset[str]:
    from typing import Any, cast

    from storage import persons

    found = persons.find_by_identity(cast(Any, tx), name)
    person = found if found is not None else persons.get(cast(Any, tx), name)
    return frozenset(person.identities)
