"""`sourcer resolve`: who is who."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.people import Decided
    from sourcing.resolve.review import Pair
    from storage.model import IdentityView

app = typer.Typer(no_args_is_help=True, help="Decide who is who.", rich_markup_mode=None)
Either = Annotated[str, typer.Argument(metavar="A", help="A person key or an identity id.")]
Other = Annotated[str, typer.Argument(metavar="B")]
Reason = Annotated[str, typer.Option("--reason", metavar="R", help="Why; kept with the decision.")]


@app.command("run")
def run_(ctx: typer.Context) -> None:
    """Apply rules and models to everything in the store and rebuild persons."""
    from sourcing import facets, nightly, resolve
    from sourcing.settings import pepper
    from storage import runs
    from storage.subjects import PepperKeyer

    at = session(ctx)
    now = at.clock()
    with at.store() as store:
        with store.begin() as tx:
            run = runs.start(tx, "resolve", now=now, actor=at.actor)
        with nightly.recorded(store, run, clock=at.clock):
            detail = nightly.resolve_detail(
                resolve.run(
                    store,
                    now=now,
                    run=run,
                    keyer=PepperKeyer(pepper(at.settings)),
                    prepare=resolve.preparing(at.settings),
                )
            )
            detail["facets"] = facets.refresh(store, None, roots=at.settings.roots, now=now)
        with store.begin() as tx:
            runs.finish(tx, run, now=at.clock(), status="done", detail=detail)
    at.record(detail)


@app.command()
def queue(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 25) -> None:
    """List pairs a person should decide: first where much evidence hangs on an open question."""
    from sourcing.resolve import review
    from storage import statements

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        pairs = _queue(tx)[:limit]
        views = statements.identities(tx, [side for one in pairs for side in (one.left, one.right)])
    rows = [
        {
            "pair": one.id,
            "question": review.question(one, views.get(one.left), views.get(one.right)),
            "moves": one.moves,
            "chance": round(one.chance, 2),
            "reasons": list(one.reasons),
            "left": one.left,
            "right": one.right,
        }
        for one in pairs
    ]
    at.rows(rows, "pair", "question", "moves", "chance", "reasons")
    if rows:
        at.say("side by side, with what to answer: sourcer resolve show PAIR")


@app.command()
def show(
    ctx: typer.Context,
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="As `resolve queue` names it.")],
) -> None:
    """Show both sides of an open question beside each other, and the commands that answer it."""
    from sourcing.errors import BadInput
    from sourcing.resolve import review
    from storage import persons, statements

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = next((one for one in _queue(tx) if one.id == pair), None)
        if found is None:
            raise BadInput(f"no open question {pair!r}; see `sourcer resolve queue`")
        sides = (found.left, found.right)
        views = statements.identities(tx, sides)
        people = {one: person for one in sides if (person := persons.find_by_identity(tx, one)) is not None}
        counts = persons.evidence_counts(tx, sides)
    left, right = ({} if one not in views else _told(views[one]) for one in sides)
    for facts, one in ((left, found.left), (right, found.right)):
        facts["signals"] = str(counts.get(one, 0))
        facts["also"] = (
            ", ".join(each for each in people[one].identities if each != one) if one in people else ""
        )
    rows = [
        {"what": what, "left": left.get(what) or None, "right": right.get(what) or None}
        for what in left | right
        if left.get(what) or right.get(what)
    ]
    at.rows(rows, "what", "left", "right")
    at.say(review.question(found, views.get(found.left), views.get(found.right)))
    for reason in found.reasons:
        at.say(f"  {reason}")
    at.say(f"yes: sourcer resolve merge {found.left} {found.right}")
    at.say(f"no: sourcer resolve apart {found.left} {found.right}")


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
    """Show the edges that hold a person together, or those between two and how the models see them, level by level."""
    from sourcing.resolve import explain as explaining
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
        decided = len(rows)
        if right is not None:
            sides = _sides(tx, left, right)
            rows += [
                {
                    "left": one.left,
                    "right": one.right,
                    "judgement": f"compared: {one.probability:.2f}",
                    "decided_by": one.model,
                    "reasons": [f"{what}: {level} ({weight:+.1f})" for what, level, weight in one.levels],
                }
                for one in explaining.explain(tx, at.settings, *sides)
            ]
    at.rows(rows, "left", "right", "judgement", "decided_by", "reasons")
    if not decided:
        at.say("nothing was decided about these")


@app.command("eval")
def eval_(
    ctx: typer.Context,
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="JSON Lines: record_id (an identity), cluster.")
    ],
) -> None:
    """Measure the store's persons against labels: precision, recall, intervals; changes nothing."""
    from sourcing.resolve import agreement, evaluation
    from storage import persons

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        owners = persons.keys_by_identity(tx)
    found = agreement.agreement(evaluation.load_labels(labels, owners), owners)
    at.record(asdict(found))


def _queue(tx: Any) -> "list[Pair]":
    from sourcing import review as verbs

    return verbs.pairs(tx)


def _told(view: "IdentityView") -> dict[str, str]:
    """Return what a person compares, by its name; lists in one line, newest first."""
    lists = {
        "id": [view.id],
        "names": view.names,
        "logins": view.handles,
        "works at": view.affiliations,
        "place": [view.location] if view.location is not None else [],
        "pages": view.homepages,
        "links": view.links,
        "ORCID": view.orcids,
        "says of itself": [view.summary] if view.summary is not None else [],
        "seen at": [view.url],
    }
    return {what: ", ".join(values) for what, values in lists.items()}


def _sides(tx: Any, left: str, right: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the identities that are compared: an identity alone where one is named, else all of a person."""
    found = [_identities(tx, name) for name in (left, right)]
    one, other = (
        frozenset([name]) if name in all_ else all_ for name, all_ in zip((left, right), found, strict=True)
    )
    return one, other


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
