"""`sourcer eval`: the program's own judgement over neutral files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.resolve.models import Model

app = typer.Typer(no_args_is_help=True, help="Measure on files; touches no store.", rich_markup_mode=None)


@app.callback()
def _noun() -> None:
    """Measure on files; touches no store."""


@app.command()
def resolve(
    ctx: typer.Context,
    records: Annotated[
        Path, typer.Option("--records", metavar="IN.jsonl", help="Neutral records, one a line.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="OUT", help="Clusters as JSON Lines; with --fit the model.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Only this model: a name, or a file.")
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option("--fit", metavar="TRUTH.jsonl", help="Fit --model to these labels and write it."),
    ] = None,
) -> None:
    """Say who is who among records of a file, by the nightly's own rules and models."""
    from sourcing.resolve import evaluation, models
    from sourcing.resolve.linkage import Limits

    at = session(ctx)
    chosen = _chosen(at, model)
    prior = models.prior_shares(at.settings.roots)
    limits = Limits(memory=at.settings.linkage.memory, threads=at.settings.linkage.threads)
    if fit is not None:
        _fit(at, records, out, fit, chosen, prior, limits)
        return
    bundle, decided = evaluation.resolve(records, chosen, prior, now=at.clock(), limits=limits)
    lines = list(evaluation.answers(bundle, decided))
    evaluation.write(out, lines)
    at.record(
        {
            "records": len(bundle.records),
            "clusters": len({one.cluster for one in lines if not one.review}),
            "asked": sum(one.review for one in lines),
            "models": [one.decided_by for one in chosen],
            "blocked": decided.blocked,
        }
    )


@app.command()
def table(
    ctx: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Sets, each a folder with identities.jsonl and truth.jsonl; or one such folder.",
        ),
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Only this model: a name, or a file.")
    ] = None,
) -> None:
    """Resolve every set of a folder and measure it against its labels, beside the plainest rule."""
    from sourcing.cli.output import Format
    from sourcing.errors import BadInput
    from sourcing.resolve import evaluation, models, scoring
    from sourcing.resolve.linkage import Limits

    at = session(ctx)
    sets = [
        one.parent for one in (folder / "truth.jsonl", *sorted(folder.glob("*/truth.jsonl"))) if one.is_file()
    ]
    if not sets:
        raise BadInput(f"no set in {folder}; expected folders with identities.jsonl and truth.jsonl")
    chosen = _chosen(at, model)
    prior = models.prior_shares(at.settings.roots)
    limits = Limits(memory=at.settings.linkage.memory, threads=at.settings.linkage.threads)
    rows: list[dict[str, Any]] = []
    for one in sets:
        at.say(f"{one.name} …")
        records = one / "identities.jsonl"
        bundle, decided = evaluation.resolve(records, chosen, prior, now=at.clock(), limits=limits)
        labels = evaluation.load_labels(one / "truth.jsonl", bundle.records.values())
        rows += [{"set": one.name, **row} for row in scoring.compare(bundle, decided, labels)]
    if at.flags.how is Format.TABLE:  # thousandths decide here
        rows = [
            {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in row.items()}
            for row in rows
        ]
    at.rows(rows, *rows[0])


def _chosen(at: Session, name: str | None) -> "list[Model]":
    from sourcing.resolve import models

    if name is not None and (name.endswith(".toml") or "/" in name):
        return [models.load(Path(name))]
    return models.shipped(at.settings.roots, name)


def _fit(
    at: Session, records: Path, out: Path, truth: Path, chosen: "list[Model]", prior: Any, limits: Any
) -> None:
    """Fit one model and write it as a file."""
    from sourcing.resolve import evaluation, models, neutral

    if len(chosen) != 1:
        raise typer.BadParameter("--fit needs --model: one model at a time")
    bundle = neutral.bundle(neutral.load_records(records), now=at.clock())
    labels = evaluation.load_labels(truth, bundle.records.values())
    found = evaluation.fit(bundle, chosen[0], prior, labels, limits)
    out.write_text(models.dump(found.model), encoding="utf-8")
    at.record(
        {
            "model": found.model.decided_by,
            "same": found.same,
            "apart": found.apart,
            "link": found.model.thresholds.link,
            "precision": round(found.precision, 4),
            "recall": round(found.recall, 4),
        }
    )
