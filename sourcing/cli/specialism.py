"""`sourcer specialism`: what is wanted, as packs, overlays, presets and briefs."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.ranking.specialism import Specialism

app = typer.Typer(no_args_is_help=True, help="List, check and draft specialisms.", rich_markup_mode=None)


class _What(StrEnum):
    PACKS = "packs"
    OVERLAYS = "overlays"
    PRESETS = "presets"
    BRIEFS = "briefs"


@app.command("list")
def ls(
    ctx: typer.Context,
    what: Annotated[_What, typer.Option("--kind", help="Which files.")] = _What.PACKS,
) -> None:
    """List every specialism and when it was last ranked, or overlays, presets, briefs."""
    at = session(ctx)
    match what:
        case _What.PACKS:
            _packs(at)
        case _What.OVERLAYS | _What.PRESETS:
            _parts(at, what)
        case _What.BRIEFS:
            _briefs(at)


@app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="X")]) -> None:
    """Show a pack, alone or with what is added to it (pack+overlay+preset), an overlay, a preset or a brief."""
    from sourcing.ranking import brief, pack, specialism

    at = session(ctx)
    roots = at.settings.roots
    if name in pack.found(pack.Kind.BRIEF, roots):
        chosen = brief.load(name, roots)
        at.record(
            {"brief": name, "title": chosen.title, "specialism": chosen.specialism, "query": chosen.query}
        )
        return
    for kind, model in ((pack.Kind.OVERLAY, pack.OverlayFile), (pack.Kind.PRESET, pack.PresetFile)):
        if name in pack.found(kind, roots):
            content, path = pack.table(kind, name, roots)
            at.record(
                {
                    kind.value[:-1]: name,
                    **pack.checked(model, kind, name, content, where=str(path)).model_dump(),
                }
            )
            return
    _show(at, specialism.load(name, roots))


@app.command()
def validate(ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Check the file of a pack, or of an overlay, preset or brief by its folder: keys, features, sums of weights."""
    import tomllib

    from sourcing.errors import ConfigError
    from sourcing.ranking import brief, pack, specialism

    at = session(ctx)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the file: {error}; mend it and try again", path=file) from error
    where, roots = str(file), at.settings.roots
    match file.resolve().parent.name:
        case pack.Kind.BRIEF:
            found = brief.load(where, roots)
            at.record(
                {"brief": file.stem, "specialism": found.specialism, "query": found.query, "valid": True}
            )
            return
        case pack.Kind.OVERLAY | pack.Kind.PRESET as kind:
            # a part is valid if it fits a pack; any shipped one will do
            base = specialism.load(pack.found(pack.Kind.PACK, roots)[0], roots)
            if kind == pack.Kind.OVERLAY:
                chosen = specialism.with_overlay(base, file.stem, table, where=where)
            else:
                chosen = specialism.with_preset(base, file.stem, table, where=where, roots=roots)
            at.record(
                {kind[:-1]: file.stem, "tried_with": base.slug, "factors": len(chosen.factors), "valid": True}
            )
            return
    chosen = specialism.read(file.stem, table, where=where)
    at.record(
        {"specialism": chosen.slug, "version": chosen.version, "factors": len(chosen.factors), "valid": True}
    )


@app.command()
def new(
    ctx: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="FROM_TEXT", help="A file with a job description; - reads stdin.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here, not on stdout.")
    ] = None,
) -> None:
    """Draft a pack from a job description by rules, for a person to edit."""
    from sourcing.errors import BadInput
    from sourcing.ranking import draft

    at = session(ctx)
    try:
        said = sys.stdin.read() if text == "-" else Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {text!r}: {error}") from error
    made = draft.draft(said, at.settings.roots, slug=out.stem if out is not None else "draft")
    if out is None:
        print(made, end="")
        return
    if out.exists() and not at.flags.yes:
        raise BadInput(f"{str(out)!r} is there already; choose another name, or overwrite it with --yes")
    out.write_text(made, encoding="utf-8")
    at.say(f"wrote {out}; edit it, then `sourcer specialism validate {out}`")


def _packs(at: Session) -> None:
    from sourcing.ranking import specialism
    from storage import scores

    with at.store() as store, store.read() as tx:
        ranked = scores.ranked(tx)
    rows = []
    for slug in specialism.names(at.settings.roots):
        chosen = specialism.load(slug, at.settings.roots)
        version, as_of, people = ranked.get(slug, (None, None, 0))
        rows.append(
            {
                "specialism": slug,
                "title": chosen.title,
                "version": chosen.version,
                "ranked": as_of,
                "people": people,
                "stale": version is not None and version != chosen.version,
            }
        )
    at.rows(rows, "specialism", "title", "version", "ranked", "people", "stale")


def _parts(at: Session, what: _What) -> None:
    from sourcing.ranking import pack

    kind = pack.Kind.OVERLAY if what is _What.OVERLAYS else pack.Kind.PRESET
    model: type[pack.OverlayFile] | type[pack.PresetFile]
    model = pack.OverlayFile if kind is pack.Kind.OVERLAY else pack.PresetFile
    rows = []
    for name in pack.found(kind, at.settings.roots):
        content, path = pack.table(kind, name, at.settings.roots)
        file = pack.checked(model, kind, name, content, where=str(path))
        rows.append({"name": name, "title": file.title, "version": file.version, "summary": file.summary})
    at.rows(rows, "name", "title", "version", "summary")


def _briefs(at: Session) -> None:
    from sourcing.ranking import brief, pack

    found = [
        (name, brief.load(name, at.settings.roots)) for name in pack.found(pack.Kind.BRIEF, at.settings.roots)
    ]
    rows = [
        {"name": name, "title": one.title, "specialism": one.specialism, "query": one.query}
        for name, one in found
    ]
    at.rows(rows, "name", "title", "specialism", "query")


def _show(at: Session, chosen: "Specialism") -> None:
    head = {
        "specialism": chosen.slug,
        "version": chosen.version,
        "title": chosen.title,
        "summary": chosen.summary,
        "adjacent": list(chosen.adjacent),
        "ranked": chosen.ranked,
        "query": chosen.query,
    }
    factors = [factor.model_dump() for factor in chosen.factors]
    if at.flags.how != "table":
        looks = {"look": chosen.look, "overlay": chosen.overlay}
        at.record({**head, **looks, "gates": chosen.gates.model_dump(), "factors": factors})
        return
    at.record({**head, "adjacent": ", ".join(chosen.adjacent), **chosen.gates.model_dump()})
    at.rows(factors, "name", "feature", "weight", "rising", "half")
    looks = {"": chosen.look, "overlay: ": chosen.overlay}
    at.rows(
        [row for before, look in looks.items() if look is not None for row in _lines(before, look)],
        "look",
        "entry",
    )


def _lines(before: str, look: Any) -> list[dict[str, str]]:
    whole = ("repositories", "paths", "arxiv", "venues", "keywords", "hints", "negative")
    rows = [{"look": f"{before}{what}", "entry": entry} for what in whole for entry in getattr(look, what)]
    shared = [f"{name}: {', '.join(parts)}" for name, parts in look.shared.items()]
    return rows + [{"look": f"{before}shared", "entry": entry} for entry in shared]
