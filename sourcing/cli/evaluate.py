"""`sourcer eval`: the program's own judgement over neutral files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="DIR", help="Keep what was found here; again, only changes are resolved."
        ),
    ] = None,
    add: Annotated[
        bool,
        typer.Option(
            "--add", help="With --state: the file adds to what DIR knows; OUT has whom that touches."
        ),
    ] = False,
) -> None:
    """Say who is who among records of a file, by the nightly's own rules and models."""
    from sourcing.resolve import evaluation, models
    from sourcing.resolve.comparing import Limits

    at = session(ctx)
    chosen = _chosen(at, model)
    prior = models.prior_shares(at.settings.roots)
    limits = Limits(memory=at.settings.linkage.memory, threads=at.settings.linkage.threads)
    if fit is not None:
        _fit(at, records, out, fit, chosen, prior, limits)
        return
    if add and state is None:
        raise typer.BadParameter("--add needs --state: what is it added to?")
    if state is not None:
        from dataclasses import asdict

        from sourcing.resolve import filed

        told = filed.resolve(records, out, state, chosen, prior, now=at.clock(), limits=limits, add=add)
        at.record({**asdict(told), "models": [one.decided_by for one in chosen]})
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
    from sourcing.resolve.comparing import Limits

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


@app.command()
def rank(
    ctx: typer.Context,
    bench: Annotated[
        Path, typer.Option("--bench", metavar="DIR", help="Folder with signals or papers, and queries.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="OUT.jsonl", help="People of each question, best first.")
    ] = None,
    truth: Annotated[
        bool, typer.Option("--truth", help="Measure the answers against DIR's truth.jsonl.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against", metavar="RUN.jsonl", help="With --truth: other answers, measured beside ours."
        ),
    ] = None,
) -> None:
    """Say who is good at what by neutral files, by the nightly's own features and scoring."""
    from sourcing.ranking import bench as answering
    from sourcing.ranking import beside

    if out is None and not truth:
        raise typer.BadParameter("expected --out, --truth or both: what are the answers for?")
    if against and not truth:
        raise typer.BadParameter("--against needs --truth: by what are they measured?")
    at = session(ctx)
    found = answering.answers(bench, lambda records: _clusters(at, records))
    if out is not None:
        answering.write(out, found)
    if not truth:
        at.record({"queries": len(found)})
        return
    runs: dict[str, beside.Run] = {"ours": {one.qid: one.ranking for one in found}}
    runs |= {path.stem: beside.load(path) for path in against or ()}
    rows = [
        {
            "task": one.task,
            "answers": one.name,
            "queries": one.queries,
            "clusters": one.clusters,
            "ndcg": str(one.value),
            "ours better by": "" if one.over is None else str(one.over),
        }
        for one in beside.figures(bench, runs)
    ]
    at.rows(rows, *rows[0])


def _clusters(at: Session, records: "Sequence[Mapping[str, Any]]") -> dict[str, str]:
    """Return the cluster of each neutral record, by the nightly's own rules and models."""
    import json
    from tempfile import TemporaryDirectory

    from sourcing.resolve import evaluation, models
    from sourcing.resolve.comparing import Limits

    limits = Limits(memory=at.settings.linkage.memory, threads=at.settings.linkage.threads)
    prior = models.prior_shares(at.settings.roots)
    with TemporaryDirectory() as home:
        path = Path(home) / "records.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        bundle, decided = evaluation.resolve(path, _chosen(at, None), prior, now=at.clock(), limits=limits)
        return {one.record_id: one.cluster for one in evaluation.answers(bundle, decided) if not one.review}


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
