"""`sourcer rank` and `sourcer specialism`: scores, their reasons, and what is wanted."""

from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Score people and explain scores.", rich_markup_mode=None)
specialisms = typer.Typer(no_args_is_help=True, help="List and check specialisms.", rich_markup_mode=None)

Specialism = Annotated[str | None, typer.Option("--specialism", metavar="X", help="Only this one.")]


@app.command("run")
def run_(ctx: typer.Context, specialism: Specialism = None) -> None:
    """Score everybody for every specialism, or for one."""
    from sourcing import nightly
    from storage import runs

    at = session(ctx)
    known_specialism(at, specialism)
    now = at.clock()
    with at.store() as store:
        with store.begin() as tx:
            run = runs.start(tx, "rank", now=now, actor=at.actor)
        with nightly.recorded(store, run, now=now):
            reports = nightly.rank(store, at.settings, now=now, run=run, only=specialism)
        with store.begin() as tx:
            runs.finish(tx, run, now=at.clock(), status="done", detail={"specialisms": reports})
    at.rows(reports, "specialism", "version", "scored", "listed", "gated", "left_out", "seconds")


@app.command()
def explain(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    specialism: Specialism = None,
) -> None:
    """Show what earned a person's points, with evidence, and what would change the score.

    Order in lists is by `lower`: the score times the confidence that its evidence gives.
    """
    from sourcing import people
    from sourcing.ranking import specialism as packs
    from sourcing.ranking import why

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store, store.read() as tx:
        sheet = people.sheet(tx, key)
    evidence = {item.signal: item for item in sheet.evidence}
    chosen = [score for score in sheet.scores if specialism in (None, score.specialism)]
    if sheet.asked:
        at.say(f"{sheet.person.key} {sheet.asked[0].sentence}: nothing is scored")
    elif not chosen:
        wanted = f" for {specialism!r}" if specialism else ""
        at.say(
            f"{sheet.person.key} has no score{wanted}: no work on topic was seen, or `sourcer rank run` did not run yet"
        )
        flags = [flag for slug, each in sheet.flags.items() if specialism in (None, slug) for flag in each]
        for text in dict.fromkeys(people.warnings_for(flags, evidence)):
            at.say(text)
    rows = [
        {
            "specialism": score.specialism,
            "version": score.version,
            "score": score.value,
            "lower": score.lower,
            "confidence": score.confidence,
            "level": score.level,
            "as_of": score.as_of,
            "factors": score.points,
            "why": [
                f"{reason.text} {' '.join(reason.links)}".strip()
                for reason in people.reasons_for(score.points, evidence, at.clock(), len(score.points))
            ],
            "flags": people.warnings_for(sheet.flags.get(score.specialism, ()), evidence),
            "misses": why.misses(score.points),
            "would_change": why.changes(packs.load(score.specialism, at.settings.roots), score.points),
        }
        for score in chosen
    ]
    if at.flags.how == "table":
        for row in rows:
            at.record(
                {
                    name: value
                    for name, value in row.items()
                    if name not in ("factors", "why", "flags", "misses", "would_change")
                }
            )
            names = ("factor", "points", "value", "unit", "feature")
            parts = [{name: getattr(part, name) for name in names} for part in row["factors"]]  # type: ignore[attr-defined]
            at.rows([*parts, {"factor": "sum", "points": row["score"]}], *names)
            for name in ("why", "flags", "misses", "would_change"):
                if name != "flags" or row[name]:
                    at.rows([{name: text} for text in row[name]], name)  # type: ignore[attr-defined]
    else:
        at.rows(rows, "specialism", "score", "confidence", "level", "why")


@specialisms.command("list")
def ls(ctx: typer.Context) -> None:
    """List every specialism and when it was last ranked."""
    from sourcing.ranking import specialism as packs
    from storage import scores

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        ranked = scores.ranked(tx)
    rows = []
    for slug in packs.names(at.settings.roots):
        pack = packs.load(slug, at.settings.roots)
        version, as_of, people = ranked.get(slug, (None, None, 0))
        stale = version is not None and version != pack.version
        rows.append(
            {
                "specialism": slug,
                "title": pack.title,
                "version": pack.version,
                "ranked": as_of,
                "people": people,
                "stale": stale,
            }
        )
    at.rows(rows, "specialism", "title", "version", "ranked", "people", "stale")


@specialisms.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="X")]) -> None:
    """Show one specialism: where to look, gates, factors."""
    from sourcing.ranking import specialism as packs

    at = session(ctx)
    pack = packs.load(name, at.settings.roots)
    if at.flags.how == "table":
        at.record(
            {"specialism": pack.slug, "version": pack.version, "title": pack.title, "summary": pack.summary}
        )
        at.rows([factor.model_dump() for factor in pack.factors], "name", "feature", "weight", "half")
    else:
        at.record(
            {
                "specialism": pack.slug,
                "version": pack.version,
                "title": pack.title,
                "summary": pack.summary,
                "look": pack.look,
                "gates": pack.gates.model_dump(),
                "factors": [factor.model_dump() for factor in pack.factors],
            }
        )


@specialisms.command()
def validate(ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Check a specialism's file: keys, features, and that weights sum to 100."""
    import tomllib

    from sourcing.errors import ConfigError
    from sourcing.ranking import specialism as packs

    at = session(ctx)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the file: {error}; mend it and try again", path=file) from error
    pack = packs.read(file.stem, table, where=str(file))
    at.record({"specialism": pack.slug, "version": pack.version, "factors": len(pack.factors), "valid": True})
