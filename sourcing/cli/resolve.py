"""`sourcer resolve`: who is who."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.people import Decided

app = typer.Typer(no_args_is_help=True, help="Decide who is who.", rich_markup_mode=None)
Either = Annotated[str, typer.Argument(metavar="A", help="A person key or an identity id.")]
Other = Annotated[str, typer.Argument(metavar="B")]
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
    from storage import persons, statements

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        pairs = review.queue(persons.edges(tx), limit=limit)
        views = statements.identities(tx, [side for one in pairs for side in (one.left, one.right)])
    names = {key: view.names[0] if view.names else None for key, view in views.items()}
    rows = [
        {
            "left": one.left,
            "left_name": names.get(one.left),
            "right": one.right,
            "right_name": names.get(one.right),
            "reasons": list(one.reasons),
        }
        for one in pairs
    ]
    at.rows(rows, "left", "left_name", "right", "right_name", "reasons")
    if rows:
        at.say("one person: sourcer resolve merge LEFT RIGHT; two: sourcer resolve apart LEFT RIGHT")


@app.command()
def merge(
    ctx: typer.Context,
    left: Either,
    right: Other,
    reason: Reason = "decided by a person",
) -> None:
    """Say that two are one person; prints the command that undoes it."""
    from sourcing import people

    at = session(ctx)
    done = _judged(at, lambda store, **by: people.merge(store, left, right, reason=reason, **by))
    back = f"split {done.person} {' '.join(done.identities)}"
    at.say(f"undo: sourcer resolve {back if done.taken_back else _undo(done)}")


@app.command()
def apart(
    ctx: typer.Context,
    left: Either,
    right: Other,
    reason: Reason = "decided by a person",
) -> None:
    """Say that two are not the same person; no rule joins them again. Undone by `resolve undo`."""
    from sourcing import people

    at = session(ctx)
    done = _judged(at, lambda store, **by: people.apart(store, left, right, reason=reason, **by))
    at.say(f"undo: sourcer resolve {_undo(done)}")


@app.command()
def undo(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(metavar="A", help="An identity id; as printed by the command.")],
    right: Other,
) -> None:
    """Take back what people said about two, as if nobody had said it."""
    from sourcing import people

    at = session(ctx)
    _judged(at, lambda store, **by: people.undo(store, left, right, **by))
    at.say(f"what people said about {left} and {right} is taken back")


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

    at = session(ctx)
    done = _judged(at, lambda store, **by: people.split(store, key, identities, reason=reason, **by))
    at.say(f"undo: sourcer resolve merge {done.person} {done.identities[0]}")


@app.command()
def explain(
    ctx: typer.Context,
    left: Either,
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


def _judged(at: Session, judge: "Callable[..., Decided]") -> "Decided":
    """Do what a person decided, in their name and now, and write what it led to."""
    from sourcing.settings import pepper
    from storage.subjects import PepperKeyer

    with at.store() as store:
        done = judge(store, actor=at.actor, now=at.clock(), keyer=PepperKeyer(pepper(at.settings)))
    at.record({"person": done.person, "identities": list(done.identities), "persons": done.persons})
    return done


def _undo(done: "Decided") -> str:
    return " ".join(("undo", *(done.pair or ())))


def _identities(tx: Any, name: str) -> frozenset[str]:
    from storage import persons

    found = persons.find_by_identity(tx, name)
    person = found if found is not None else persons.get(tx, name)
    return frozenset(person.identities)
