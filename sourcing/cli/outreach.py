"""`sourcer person hooks|path|draft|contacted`: what to say to somebody, who could introduce us, that it was said."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.outreach.draft import Draft
    from sourcing.outreach.talk import Talk

Key = Annotated[str, typer.Argument(metavar="KEY", help="As `sourcer search` prints it: p_…")]
For = Annotated[str | None, typer.Option("--list", metavar="NAME", help="The shortlist it is about.")]


def hooks(ctx: typer.Context, key: Key, shortlist: For = None) -> None:
    """Show what to talk about: recent public threads of theirs, a question about each, and what not to say."""
    at = session(ctx)
    talk = _talk(at, key, shortlist)
    rows = [
        {
            "number": number,
            "on": one.on,
            "says": one.says,
            "asks": one.asks,
            "avoid": list(one.avoid),
            "url": one.url,
        }
        for number, one in enumerate(talk.hooks.hooks, start=1)
    ]
    at.rows(rows, "number", "on", "says", "asks", "url")
    if talk.hooks.abstains is not None:
        at.say(talk.hooks.abstains)
    else:
        _say_all(at, "do not say", dict.fromkeys(text for one in talk.hooks.hooks for text in one.avoid))
        _say_all(at, "do not say", talk.hooks.avoid)
    _say_all(at, "nobody may write now", talk.refused)


def path(ctx: typer.Context, key: Key) -> None:
    """Show who of the team worked with somebody, or with one who did; each step with the work and its link."""
    at = session(ctx)
    found = _talk(at, key, None).paths
    rows = [
        {
            "path": number,
            "who": step.left_name or step.left,
            "did": step.left_did,
            "work": step.title,
            "with": step.right_name or step.right,
            "who did": step.right_did,
            "on": step.at,
            "url": step.url,
        }
        for number, steps in enumerate(found.paths, start=1)
        for step in steps
    ]
    at.rows(rows, "path", "who", "did", "work", "with", "who did", "on", "url")
    if found.why_none is not None:
        at.say(found.why_none)
    _say_all(at, "of the team, not in the store", found.unknown)


def draft(
    ctx: typer.Context,
    key: Key,
    shortlist: Annotated[str, typer.Option("--list", metavar="NAME", help="The shortlist: for which role.")],
    hook: Annotated[int, typer.Option("--hook", min=1, help="Which of the hooks.")] = 1,
    fact: Annotated[
        str | None, typer.Option("--fact", metavar="TEXT", help="A sentence about the role.")
    ] = None,
    template: Annotated[str, typer.Option("--template", help="A file of config/outreach.")] = "plain",
    language: Annotated[str, typer.Option("--language", help="Of the letter.")] = "en",
    model: Annotated[
        bool, typer.Option("--model", help="Let the configured model reword the opening.")
    ] = False,
) -> None:
    """Write a draft of a first message for somebody else to send: a hook, the role, how to opt out."""
    from sourcing.outreach import talk
    from sourcing.outreach.talk import Wanted

    at = session(ctx)
    wanted = Wanted(shortlist=shortlist, hook=hook, fact=fact, template=template, language=language)
    with at.store() as store:
        _, made = talk.draft(store, at.settings, key, wanted, actor=at.actor, now=at.clock())
    if model:
        made = _reworded(at, made)
    if at.flags.how == "table":
        print(f"{made.subject}\n\n{made.body}", end="")
    else:
        at.record({"subject": made.subject, "body": made.body, "by": made.by, "url": made.hook.url})
    if made.note is not None:
        at.say(made.note)


def contacted(
    ctx: typer.Context,
    key: Key,
    shortlist: For = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="R", help="Why; asked for on a terminal.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although the cool-down or a cap says no; the log keeps it.")
    ] = False,
) -> None:
    """Say that somebody was written to; refused within the cool-down and above the caps."""
    from sourcing import oversight, touches
    from sourcing.touches import Approach

    at = session(ctx)
    why = reason if reason is not None else at.ask("Why?")
    about = Approach(what=shortlist, actor=at.actor, now=at.clock(), limits=at.settings.outreach)
    look = oversight.guard(at.settings, actor=at.actor, now=at.clock())
    with at.store() as store:
        deed = touches.contacted(store, key, about, reason=why, anyway=anyway, look=look)
    at.say(f"{key} is contacted; undo: sourcer person undo {deed}")


def _talk(at: Session, key: str, shortlist: str | None) -> "Talk":
    from sourcing.outreach import talk

    with at.store() as store, store.read() as tx:
        return talk.of(tx, at.settings, key, actor=at.actor, now=at.clock(), shortlist=shortlist)


def _reworded(at: Session, made: "Draft") -> "Draft":
    from sourcing.outreach import model
    from spiders.door import Door

    door = Door(user_agent="sourcer")
    try:
        return model.reworded(made, model.of(at.settings, door), at.settings)
    finally:
        door.close()


def _say_all(at: Session, what: str, texts: Iterable[str]) -> None:
    for text in texts:
        at.say(f"{what}: {text}")
