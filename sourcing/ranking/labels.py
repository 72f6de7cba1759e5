"""Grades that somebody gave people by hand, and how well a stored ranking agrees with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sourcing.errors import BadInput
from sourcing.ranking import measure
from sourcing.ranking.measure import Interval
from storage import named, scores

DEPTH = 1000  # places read of a ranking, as many as the shared bench reads


class Label(BaseModel):
    """One line: {"specialism": …, "person" or "handle": …, "grade": 0–3}. handle: a login, ORCID, id or name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specialism: str
    person: str | None = None
    handle: str | None = None
    grade: Annotated[int, Field(ge=0, le=3)]

    @model_validator(mode="after")
    def _names_somebody(self) -> "Label":
        if (self.person is None) == (self.handle is None):
            raise ValueError("give either 'person' or 'handle'")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """How a ranking agrees with labels. values: by metric, 0–1. labelled: people with a grade above 0.

    unknown: labels of whom the store knows nobody, or several; they count as missed.
    """

    specialism: str
    labelled: int
    unknown: int
    values: Mapping[str, float]


def load(path: Path) -> list[Label]:
    """Return the labels of a file of JSON lines. Raises BadInput naming the line."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {str(path)!r}: give a file of JSON lines") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(Label.model_validate_json(line))
            except ValidationError as error:
                first = error.errors()[0]
                key = "".join(f"'{part}': " for part in first["loc"])
                reason = first["msg"][:1].lower() + first["msg"][1:]
                raise BadInput(f"line {number}: {key}{reason}") from error
    if not found:
        raise BadInput(f"no labels in {str(path)!r}")
    return found


def agree(tx: Any, labels: Iterable[Label]) -> list[Agreed]:
    """Return how the stored rankings agree with labels, by specialism. People without a label count as grade 0."""
    by_specialism: dict[str, list[Label]] = {}
    for one in labels:
        by_specialism.setdefault(one.specialism, []).append(one)
    found = []
    for slug, given in sorted(by_specialism.items()):
        gold, unknown = _gold(tx, given)
        order = [one.person for one in scores.ranking(tx, slug, limit=DEPTH)]
        grades, ideal = measure.graded(order, gold), [one.grade for one in given]
        found.append(
            Agreed(
                specialism=slug,
                labelled=sum(grade > 0 for grade in ideal),
                unknown=unknown,
                values={
                    "ndcg@10": measure.ndcg(grades, ideal, 10),
                    "ndcg@20": measure.ndcg(grades, ideal, 20),
                    "p@10": measure.precision(grades, 10),
                    "p@20": measure.precision(grades, 20),
                    "recall@20": measure.recall(grades, ideal, 20),
                    "map": measure.average_precision(grades, ideal),
                    "mrr": measure.reciprocal(grades),
                },
            )
        )
    return found


def overall(found: Iterable[Agreed]) -> dict[str, Interval]:
    """Return each metric over the specialisms, with its interval."""
    every = list(found)
    return {name: measure.interval([one.values[name] for one in every]) for name in every[0].values}


def _gold(tx: Any, given: Iterable[Label]) -> tuple[dict[str, int], int]:
    gold: dict[str, int] = {}
    unknown = 0
    for one in given:
        keys = named.people(tx, one.person or one.handle or "", limit=2)
        if len(keys) == 1:
            gold[keys[0]] = max(one.grade, gold.get(keys[0], 0))
        else:
            unknown += 1
    return gold, unknown
