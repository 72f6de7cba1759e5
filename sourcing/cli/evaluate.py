"""`sourcer eval`: the program's own judgement over neutral files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sourcing.resolve.models import Model

_ANSWER = ".answer.jsonl"  # what others said of a set, in the form of our own answers
app = typer.Typer(no_args_is_help=True, help="Measure on files; touches no store.", rich_markup_mode=None)


@app.callback()
def _noun() -> None:
    """Measure on files; touches no store."""


@app.command()
def resolve(
    ctx: typer.Context,
    records: Annotated[
        list[Path],
        typer.Option(
            "--records", metavar="IN.jsonl", help="Neutral records, one a line; several with --fit."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="OUT", help="Clusters as JSON Lines; with --fit the model.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Only this model: a name, or a file.")
    ] = None,
    fit: Annotated[
        list[Path] | None,
        typer.Option(
            "--fit",
            metavar="TRUTH.jsonl",
            help="Fit --model to these labels and write it; for each --records, in order.",
        ),
    ] = None,
    keep_thresholds: Annotated[
        bool, typer.Option("--keep-thresholds", help="With --fit: new weights, thresholds as they are.")
    ] = False,
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
    if fit:
        sets = list(zip(records, fit, strict=False))
        if len(records) != len(fit):
            raise typer.BadParameter(f"{len(records)} --records and {len(fit)} --fit: expected one for each")
        _fit(at, sets, out, chosen, prior, limits, keep_thresholds=keep_thresholds)
        return
    if keep_thresholds:
        raise typer.BadParameter("--keep-thresholds needs --fit: what is fitted?")
    if len(records) != 1:
        raise typer.BadParameter("several --records are for --fit; expected one file to resolve")
    given = records[0]
    if add and state is None:
        raise typer.BadParameter("--add needs --state: what is it added to?")
    if state is not None:
        from dataclasses import asdict

        from sourcing.resolve import filed

        told = filed.resolve(given, out, state, chosen, prior, now=at.clock(), limits=limits, add=add)
        at.record({**asdict(told), "models": [one.decided_by for one in chosen]})
        return
    bundle, decided = evaluation.resolve(given, chosen, prior, now=at.clock(), limits=limits)
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
            help="Sets, each a folder with identities.jsonl and truth.jsonl; TOOL.answer.jsonl: measured beside.",
        ),
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Only this model: a name, or a file.")
    ] = None,
) -> None:
    """Resolve every set of a folder and measure it against its labels, beside plain rules and others' answers."""
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
        others = {
            path.name.removesuffix(_ANSWER): evaluation.load_answer(path)
            for path in sorted(one.glob(f"*{_ANSWER}"))
        }
        rows += [{"set": one.name, **row} for row in scoring.compare(bundle, decided, labels, others)]
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
            "--against",
            metavar="RUN.jsonl",
            help="With --truth: other answers, or a folder of them, beside ours.",
        ),
    ] = None,
    ablate: Annotated[
        bool,
        typer.Option(
            "--ablate",
            help="With --truth: ours by the lower bound, and without each family and each feature.",
        ),
    ] = False,
) -> None:
    """Say who is good at what by neutral files, by the nightly's own features and scoring."""
    from sourcing.ranking import bench as answering
    from sourcing.ranking import beside

    if out is None and not truth:
        raise typer.BadParameter("expected --out, --truth or both: what are the answers for?")
    if against and not truth:
        raise typer.BadParameter("--against needs --truth: by what are they measured?")
    if ablate and not truth:
        raise typer.BadParameter("--ablate needs --truth: by what are they measured?")
    at = session(ctx)
    others = [
        path for one in against or () for path in (sorted(one.glob("*.jsonl")) if one.is_dir() else [one])
    ]
    ways = [answering.OURS, *((answering.BY_LOWER, *answering.ablations(bench)) if ablate else ())]
    answered = answering.runs(bench, lambda records: _clusters(at, records), ways)
    found = answered[answering.OURS.name]
    if out is not None:
        answering.write(out, found)
    if not truth:
        at.record({"queries": len(found)})
        return
    runs: dict[str, beside.Run] = {
        name: {one.qid: one.ranking for one in given} for name, given in answered.items()
    }
    runs |= {path.stem: beside.load(path) for path in others}
    rows = [
        {
            "task": one.task,
            "answers": one.name,
            "queries": one.queries,
            "clusters": one.clusters,
            "ndcg": str(one.value),
            "ours better by": "" if one.over is None else str(one.over),
        }
        for one in beside.figures(bench, runs, [way.name for way in ways[1:]])
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
    at: Session,
    sets: "Sequence[tuple[Path, Path]]",
    out: Path,
    chosen: "list[Model]",
    prior: Any,
    limits: Any,
    *,
    keep_thresholds: bool,
) -> None:
    """Fit one model and write it as a file. sets: records and their labels."""
    from sourcing.resolve import evaluation, models, neutral

    if len(chosen) != 1:
        raise typer.BadParameter("--fit needs --model: one model at a time")
    read = []
    for records, truth in sets:
        bundle = neutral.bundle(neutral.load_records(records), now=at.clock())
        read.append((bundle, evaluation.load_labels(truth, bundle.records.values())))
    found = evaluation.fit(read, chosen[0], prior, limits, keep_thresholds=keep_thresholds)
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
