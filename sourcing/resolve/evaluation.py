"""Neutral records in, clusters out: the nightly's own deciding over a file, and weights fitted to a truth file."""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing.errors import BadInput
from sourcing.resolve import fit as fitting
from sourcing.resolve import linkage, namesakes, neutral
from sourcing.resolve.comparing import Limits
from sourcing.resolve.decide import Decided, decide
from sourcing.resolve.fit import Fitted, Label, Labelled
from sourcing.resolve.models import Model
from sourcing.resolve.neutral import Bundle
from sourcing.resolve.probable import Linking
from storage.model import Judgement

_NAMED_MAX = 3  # unknown records a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of an answer. review: a person would be asked about the link, and which one; it is not made."""

    record_id: str
    cluster: str
    edge: str | None = None

    @property
    def review(self) -> bool:
        """Whether it is a question."""
        return self.edge is not None


def resolve(
    records: Path, models: Sequence[Model], prior: Mapping[str, float], *, now: datetime, limits: Limits
) -> tuple[Bundle, Decided]:
    """Return what a file says and who is who in it. Raises BadInput naming the line."""
    with uncollected():
        found = neutral.bundle(neutral.load_records(records), now=now)
        return found, decide(found.known, found.mentions, _linking(found, models, prior, limits))


def answers(bundle: Bundle, decided: Decided) -> Iterator[Answer]:
    """Yield what would be asked, record by record with the cluster it might belong to, then every record with its own.

    In this order a reader who lets the last line of a record count sees what was made.
    """
    with uncollected():
        yield from _answers(bundle, decided)


def _answers(bundle: Bundle, decided: Decided) -> Iterator[Answer]:
    own = {
        key: first
        for person in decided.clusters.persons
        if (first := min(person & bundle.records.keys(), default=None)) is not None
        for key in person
    }
    for edge in sorted(decided.edges.values(), key=lambda edge: edge.id):
        left, right = own.get(edge.left), own.get(edge.right)
        if edge.judgement is not Judgement.UNSURE or left is None or right is None or left == right:
            continue
        if edge.left in bundle.records:
            yield Answer(record_id=bundle.records[edge.left], cluster=bundle.records[right], edge=edge.id)
        elif edge.right in bundle.records:
            yield Answer(record_id=bundle.records[edge.right], cluster=bundle.records[left], edge=edge.id)
    for key, record in sorted(bundle.records.items(), key=lambda pair: pair[1]):
        yield Answer(record_id=record, cluster=bundle.records[own[key]])


def write(path: Path, lines: Iterable[Answer]) -> int:
    """Write an answer as JSON Lines, whole or not at all, and return how many lines. Raises BadInput."""
    beside = path.with_name(path.name + ".new")
    count = 0
    text = json.JSONEncoder(ensure_ascii=False).encode
    try:
        with beside.open("w", encoding="utf-8") as file:
            for one in lines:
                table: dict[str, object] = {"record_id": one.record_id, "cluster": one.cluster}
                if one.review:
                    table["review"] = True
                file.write(text(table) + "\n")
                count += 1
        beside.replace(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise BadInput(f"cannot write {path}: {type(error).__name__}; choose another place") from error
    return count


def fit(
    sets: Iterable[tuple[Bundle, Mapping[str, Label]]],
    model: Model,
    prior: Mapping[str, float],
    limits: Limits,
    *,
    keep_thresholds: bool = False,
) -> Fitted:
    """Return a model fitted to labels by record id, of all sets together. Raises BadInput for too few.

    Each set is a store of its own: its names are priced and its words counted in it alone.
    """
    found = []
    for bundle, labels in sets:
        linking = _linking(bundle, [model], prior, limits)
        mentions, vectors = linkage.vectors(bundle.mentions, model, linking.namesakes, linking.digest, limits)
        by_mention = {key: labels[record] for key, record in bundle.records.items() if record in labels}
        found.append(Labelled(mentions=mentions, vectors=vectors, labels=by_mention))
    return fitting.fit(model, found, keep_thresholds=keep_thresholds)


def load_labels(path: Path, known: Iterable[str]) -> dict[str, Label]:
    """Return the labels of a truth file by record. Raises BadInput for records that are not among the known."""
    labels: dict[str, Label] = {}
    for table, where in neutral.iter_lines(path):
        record, cluster, unsure = (table.get(name) for name in ("record_id", "cluster", "unsure"))
        if not isinstance(record, str) or not isinstance(cluster, str | int):
            raise BadInput(f'{where}: expected {{"record_id": …, "cluster": …}}')
        labels[record] = Label(cluster=str(cluster), unsure=None if unsure is None else str(unsure))
    unknown = sorted(labels.keys() - set(known))
    if unknown:
        named = ", ".join(repr(one) for one in unknown[:_NAMED_MAX]) + (
            " …" if len(unknown) > _NAMED_MAX else ""
        )
        raise BadInput(
            f"{path} names {len(unknown):,} records that are not known, as {named}; expected those of the input"
        )
    if not labels:
        raise BadInput(f"no label in {path}; expected JSON Lines with record_id and cluster")
    return labels


def load_answer(path: Path) -> dict[str, str]:
    """Return the cluster of each record of an answer; what it would ask about is not made. Raises BadInput."""
    found: dict[str, str] = {}
    for table, where in neutral.iter_lines(path):
        record, cluster = table.get("record_id"), table.get("cluster")
        if not isinstance(record, str) or not isinstance(cluster, str | int):
            raise BadInput(f'{where}: expected {{"record_id": …, "cluster": …}}')
        if not table.get("review"):
            found[record] = str(cluster)
    return found


def _linking(bundle: Bundle, models: Sequence[Model], prior: Mapping[str, float], limits: Limits) -> Linking:
    names = {name for one in bundle.mentions for name in one.names}
    return Linking(
        models=models, namesakes=namesakes.count(names, prior), digest=bundle.digest, limits=limits
    )


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage cycles meanwhile: every record lives to the end, and looking through all takes a third."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
