"""Impact ratios of a shortlist from what people said of themselves: read, counted, and gone again (P18, P19).

Answers are a file of the operator's own survey. They lie in a store of their own while the report is made, and are
removed with it; only counts come out, none of few people.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from sourcing import oversight
from sourcing.errors import BadInput
from sourcing.fairness import impact
from sourcing.fairness.hiding import CROSS
from sourcing.fairness.impact import UNKNOWN, Count, Table
from storage import audit, lists, persons, selfreports, spread
from storage.engine import Store
from storage.errors import NotFound

CATEGORY_MAX = 80
VALUES_MAX = 30
WAYS = ("selection", "scoring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says. people: with a listed score in the role's specialism, who are compared. answered: of these,
    None where that would tell how many are of an unknown group that is not shown.

    selection: on the shortlist or not. scoring: above the median score or not. left_out: answers of nobody compared.
    """

    shortlist: str
    specialism: str
    people: int
    answered: int | None
    left_out: int
    selection: tuple[Table, ...]
    scoring: tuple[Table, ...]


def report(store: Store, name: str, answers: Path, *, home: Path, actor: str, now: datetime) -> Report:
    """Return how groups fare on a shortlist and by score, from a CSV file of answers.

    answers: a column `person` (a key or an account), and one for each question, as `sex` and `race`; an empty cell is
    no answer. Every question is reported, and every two of them crossed. Writes the audit log, which holds no answer.
    Raises NotFound for the list, BadInput for a list without a specialism or a file that cannot be read.
    """
    rows, questions = _read(answers)
    with store.read() as tx:
        found = lists.show(tx, name)
        if found.specialism is None:
            raise BadInput(f"{name!r} is for no specialism: there is nobody to compare with")
        values = spread.listed(tx, found.specialism)
        chosen = {item.person for item in found.items}
        said, left_out = _living(tx, rows, values)
    with selfreports.opened(home) as apart:
        with apart.begin() as tx:
            selfreports.put(tx, said)
        with apart.read() as tx:
            held = {question: selfreports.of(tx, question) for question in questions}
            answered = selfreports.count(tx)
        middle = median(values.values()) if values else 0.0
        above = {key for key, value in values.items() if value > middle}
        selection, scoring = (
            tuple(impact.tables(_counts(held, values.keys(), picked))) for picked in (chosen, above)
        )
    made = Report(
        shortlist=name,
        specialism=found.specialism,
        people=len(values),
        answered=None if any(table.unknown is None for table in selection) else answered,
        left_out=left_out,
        selection=selection,
        scoring=scoring,
    )
    detail = {
        "rows": len(rows),
        "answered": made.answered,
        "specialism": made.specialism,
        "compared": sum(map(_compares, (*selection, *scoring))),
    }
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action=oversight.REPORT, subject="answers", detail=detail)
    return made


def _compares(table: Table) -> bool:
    """Return whether a table says how two groups fare beside each other."""
    return sum(row.ratio is not None for row in table.rows) > 1


def _read(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows of a file of answers and its questions. Raises BadInput."""
    try:
        table = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        rows = [{name: (value or "").strip() for name, value in row.items() if name} for row in table]
    except (OSError, UnicodeDecodeError, csv.Error, AttributeError) as error:
        raise BadInput(f"the answers in {path.name} cannot be read: {error}") from error
    questions = [name for name in table.fieldnames or () if name != "person"]
    if "person" not in (table.fieldnames or ()) or not questions:
        raise BadInput(f"{path.name} needs a column `person` and one for each question, as `sex`")
    for question in questions:
        values = {row[question] for row in rows if row.get(question)}
        if len(question) > CATEGORY_MAX or CROSS in question or len(values) > VALUES_MAX:
            raise BadInput(f"{question!r} is no question with at most {VALUES_MAX} answers to choose from")
    return rows, questions


def _living(
    tx: Any, rows: Sequence[Mapping[str, str]], compared: Mapping[str, float]
) -> tuple[list[tuple[str, str, str]], int]:
    """Return answers as (living key, question, answer) of who is compared, and how many rows are of nobody."""
    found: list[tuple[str, str, str]] = []
    left_out = 0
    for row in rows:
        try:
            person = persons.find_by_identity(tx, row["person"]) or persons.get(tx, row["person"])
        except NotFound:
            left_out += 1
            continue
        if person.key not in compared:
            left_out += 1
            continue
        found += [(person.key, name, value) for name, value in row.items() if name != "person" and value]
    return found, left_out


def _counts(
    held: Mapping[str, Mapping[str, str]], people: Iterable[str], chosen: Iterable[str]
) -> list[Count]:
    """Return the counts of every question, and of every two crossed; who did not answer both is of unknown group."""
    everybody, picked = list(people), set(chosen)
    names = list(held)
    crossed = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    out: list[Count] = []
    for asked in [*((one,) for one in names), *crossed]:
        total: Counter[str] = Counter()
        selected: Counter[str] = Counter()
        for key in everybody:
            answers = [held[one].get(key) for one in asked]
            group = UNKNOWN if None in answers else CROSS.join(filter(None, answers))
            total[group] += 1
            selected[group] += key in picked
        category = CROSS.join(asked)
        out += [
            Count(category=category, group=group, selected=selected[group], total=total[group])
            for group in sorted(total)
        ]
    return out
