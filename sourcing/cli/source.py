"""`sourcer source`: where we collect from, and with whose leave."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.exits import Code
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.crawl.trial import Tried
    from spiders.spec import SourceSpec

app = typer.Typer(no_args_is_help=True, help="List, try and switch sources.", rich_markup_mode=None)
_WAIT_S = 600.0  # a first clone of a large history takes minutes
_SENT = {
    "bearer": "in the header Authorization",
    "header": "in the header {name}",
    "query": "as {name} in the address",
    "login": "posted to {url} once, the token is kept in memory",
}

Name = Annotated[str, typer.Argument(metavar="SOURCE", help="Source name.")]


@app.command("list")
def ls(ctx: typer.Context) -> None:
    """List every source with its engine, pace and whether it is on; last, those we know and do not offer."""
    from sourcing.settings import load_specs, load_unavailable

    at = session(ctx)
    rows: list[dict[str, Any]] = [
        {
            "source": spec.name,
            "title": spec.title,
            "engine": spec.engine,
            "enabled": spec.enabled,
            "state": _state(spec),
            "every_hours": spec.every_hours,
            "requests_per_hour": spec.requests_per_hour,
            "requests_per_run": spec.requests_per_run,
            "needs": " ".join(spec.auth.secrets) if spec.auth is not None else None,
            "terms": spec.terms,
        }
        for spec in load_specs(at.settings)
    ]
    absent = load_unavailable(at.settings)
    rows += [
        {"source": name, "enabled": False, **one.model_dump(mode="json")} for name, one in absent.items()
    ]
    at.rows(rows, "source", "engine", "state", "every_hours", "requests_per_run", "needs", "title")
    if at.flags.how == "table" and not at.flags.fields:
        for name, one in absent.items():
            print(f"\n{name} is {one.state}: {one.reason}.\nInstead: {one.instead}.")


@app.command()
def show(ctx: typer.Context, name: Name) -> None:
    """Show one source: address, terms, purpose, legal basis, pace, seeds, files."""
    from sourcing.settings import load_specs, spec_paths

    at = session(ctx)
    spec = load_specs(at.settings, [name])[0]
    files = [str(path) for path in spec_paths(at.settings, name)]
    at.record({**spec.model_dump(mode="json"), "files": files})


@app.command()
def enable(
    ctx: typer.Context,
    name: Name,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="You have read the source's terms and accept them.")
    ] = False,
) -> None:
    """Switch a source on in your own configuration; some only with --accept-terms, which notes the day."""
    from sourcing.cli import overlay

    at = session(ctx)
    spec = overlay.spec_as_off(at.settings, name)
    overlay.may_be_on(spec, is_accepted=accept_terms)
    at.say(f"terms of {spec.title}: {spec.terms}")
    values: dict[str, Any] = {"enabled": True}
    if accept_terms:
        values["accepted_on"] = at.clock().date()
        at.say(
            f"accepting means: {at.settings.operator.controller or 'your organisation'} keeps to them from "
            f"{values['accepted_on']} on, asks only under its own name, and answers for what it keeps"
        )
    _switch(at, spec, values, undo=f"sourcer source disable {name}")


@app.command()
def disable(ctx: typer.Context, name: Name) -> None:
    """Switch a source off in your own configuration: it is asked nothing more; what it said stays until retention."""
    from sourcing.cli import overlay

    at = session(ctx)
    spec = overlay.spec_as_off(at.settings, name)
    _switch(at, spec, {"enabled": False}, undo=f"sourcer source enable {name}")


@app.command()
def auth(ctx: typer.Context, name: Name) -> None:
    """Say which credential a source wants, whether it is set, and what the source says to it; exit 4 without."""
    from sourcing.crawl import trial
    from sourcing.settings import load_specs, secret
    from spiders.spec import missing_secrets

    at = session(ctx)
    spec = load_specs(at.settings, [name])[0]
    if spec.auth is None:
        at.say(f"source {name!r} wants no credential")
        return
    sent = _SENT[spec.auth.scheme].format(name=spec.auth.name, url=spec.auth.url)
    rows = [
        {
            "variable": variable,
            "or_file": f"{variable}_FILE",
            "set": secret(variable) is not None,
            "required": spec.auth.required,
            "sent": sent,
        }
        for variable in spec.auth.secrets
    ]
    at.rows(rows, "variable", "or_file", "set", "required", "sent")
    at.say(f"how to get one: {spec.home}")
    if missing_secrets(spec, secret):
        raise typer.Exit(Code.CREDENTIALS)
    if not all(row["set"] for row in rows):
        at.say("not set: the source is asked without it, within what it allows everybody")
        return
    trial.permit(at.settings, spec)
    tried = trial.once(
        at.settings, spec, now=at.clock(), child=at.child, wait_s=at.flags.timeout_s or _WAIT_S
    )
    if tried is None:
        at.say("not tried: the source's questions come from a store that has none yet")
        return
    at.say(f"one request: {tried.outcome}" + (f", {tried.detail}" if tried.detail else ""))
    raise typer.Exit(
        Code.DONE if tried.is_fine else Code.CREDENTIALS if _is_refused(tried) else _code([tried])
    )


@app.command()
def test(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Questions at most.")] = 3,
) -> None:
    """Ask a source a few questions for real and show what its answers say; nothing goes into the store."""
    from sourcing.crawl import trial
    from sourcing.settings import load_specs

    at = session(ctx)
    spec = load_specs(at.settings, [name])[0]
    trial.permit(at.settings, spec)
    tasks = trial.questions(at.settings, spec, now=at.clock(), limit=limit)
    if not tasks:
        at.say(
            f"source {name!r} has nothing to ask: its questions come from seeds or a store that has none yet"
        )
        raise typer.Exit(Code.FAILED)
    if at.flags.dry_run:
        at.rows([{"kind": one.kind, "url": one.url} for one in tasks], "kind", "url")
        return
    wait_s = at.flags.timeout_s or _WAIT_S
    found = list(trial.ask(at.settings, spec, tasks, limit=limit, child=at.child, wait_s=wait_s))
    columns = ("kind", "url", "status", "outcome", "seconds", "records", "named", "quarantined", "limits")
    at.rows([{"source": name, **_row(one), "terms": spec.terms} for one in found], *columns)
    for one in found:
        if one.detail:
            at.say(f"{one.task.url}: {one.detail}")
        for bad in one.visit.quarantined if one.visit is not None else ():
            at.say(f"quarantined: {bad.where}: {bad.reason}")
    at.say(f"terms: {spec.terms}")
    raise typer.Exit(_code(found))


def _row(one: "Tried") -> dict[str, Any]:
    visit = one.visit
    return {
        "kind": one.task.kind,
        "url": one.task.url,
        "status": one.status,
        "outcome": one.outcome,
        "seconds": visit.cost.seconds if visit is not None else None,
        "requests": visit.cost.requests if visit is not None else None,
        "bytes": visit.cost.bytes if visit is not None else None,
        "records": one.records,
        "named": len(visit.tasks) if visit is not None else 0,
        "quarantined": len(visit.quarantined) if visit is not None else 0,
        "reasons": [bad.reason for bad in visit.quarantined] if visit is not None else [],
        "counted": dict(visit.counted) if visit is not None else {},
        "limits": list(visit.limits) if visit is not None else [],
        "detail": one.detail,
    }


def _code(found: "list[Tried]") -> Code:
    """Return done, partly, failed; later if only a limit stood in the way."""
    from spiders.records import Outcome

    bad = [one for one in found if not one.is_fine]
    if not bad:
        return Code.DONE
    if all(one.visit is not None and one.visit.outcome is Outcome.LIMITED for one in bad):
        return Code.LATER
    return Code.FAILED if len(bad) == len(found) else Code.PARTLY


def _is_refused(tried: "Tried") -> bool:
    from spiders.records import Outcome

    return tried.visit is not None and tried.visit.outcome is Outcome.REFUSED


def _state(spec: "SourceSpec") -> str:
    from sourcing.settings import secret
    from spiders.spec import missing_secrets

    if spec.accept and spec.accepted_on is None:
        return "off: terms"
    if not spec.enabled:
        return "off"
    return "on" if not missing_secrets(spec, secret) else "on, no credential"


def _switch(at: Session, spec: "SourceSpec", values: dict[str, Any], *, undo: str) -> None:
    """Write a source's switch into the operator's file, the audit entry first; say where, and how to undo it."""
    from sourcing.cli import overlay

    path, settings_file = overlay.place(at.settings, spec.name, config=at.flags.config)
    text = path.read_text(encoding="utf-8") if path.is_file() else f'title = "{spec.title}"\n'
    wanted = overlay.with_keys(text, values, path=path)
    writes = [(path, wanted)]
    if settings_file is not None:
        said = settings_file.read_text(encoding="utf-8")
        writes.append(
            (settings_file, overlay.with_keys(said, {"config_dir": overlay.FOLDER}, path=settings_file))
        )
    verb = "would write" if at.flags.dry_run else "wrote"
    if not at.flags.dry_run:
        _recorded(at, spec, values, writes)
    row = {"source": spec.name, **values, "file": str(path), "terms": spec.terms, "undo": undo}
    at.record(row)
    at.say(f"{verb} {path}")
    if settings_file is not None:
        at.say(
            f"{verb} {settings_file}: config_dir = {overlay.FOLDER!r}, where your own configuration now is"
        )
    if missing := (spec.auth.secrets if spec.auth is not None and values["enabled"] else ()):
        unset = [name for name in missing if not os.environ.get(name) and not os.environ.get(f"{name}_FILE")]
        if unset:
            at.say(f"next: set {' and '.join(unset)}, then sourcer source auth {spec.name}")
    at.say(f"undo: {undo}")


def _recorded(at: Session, spec: "SourceSpec", values: dict[str, Any], writes: Any) -> None:
    """Append the audit entry and write the files in one go; an installation without a store has no log yet."""
    from sourcing.cli import overlay
    from storage import audit
    from storage.engine import open_store
    from storage.errors import SchemaBehind, Unreachable

    def act() -> None:
        for path, text in writes:
            overlay.write(path, text)

    try:
        store = open_store(at.settings.database_url)
    except (SchemaBehind, Unreachable):
        act()
        at.say("no store yet: nothing was noted in its audit log")
        return
    try:
        with store.begin() as tx:
            detail = {name: str(value) for name, value in values.items()} | {"terms": spec.terms}
            action = "source.enable" if values["enabled"] else "source.disable"
            audit.append(tx, at=at.clock(), actor=at.actor, action=action, subject=spec.name, detail=detail)
            act()
    finally:
        store.close()
