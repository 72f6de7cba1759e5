"""Impact ratios of groups (NYC Local Law 144): how often each is chosen, beside the group chosen most often.

The arithmetic of 6 RCNY §5-301 on counts that somebody supplies. The law asks it of applicants; for sourcing it is
voluntary. Nobody's group is ever guessed: whoever is of unknown group is counted and compared with nobody.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from sourcing.errors import BadInput
from sourcing.fairness import exact, hiding

FOUR_FIFTHS = 0.8  # 29 CFR 1607.4 D; LL144 asks for the ratio and leaves the judgement open
SMALL_SHARE = 0.02  # 6 RCNY §5-301 (d): a group below 2 % may be left out of the comparison
COUNT_MAX = 1_000_000
UNKNOWN = "unknown"
SIGNIFICANT = 0.05


class Mark(StrEnum):
    """What is to be said of a group's row."""

    FLAGGED = "flagged"  # below four fifths of the best
    SMALL = "below 2 %, not compared"
    HIDDEN = "too few people to show"
    BESIDE = "not shown: it would tell how many a smaller group has"
    UNKNOWN = "of unknown group, not compared"


class Count(BaseModel):
    """How many of a group there are and how many of them were chosen. category: sex, race, sex x race, …"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str = Field(min_length=1, max_length=80)
    group: str = Field(min_length=1, max_length=80)
    selected: int = Field(ge=0, le=COUNT_MAX)
    total: int = Field(ge=0, le=COUNT_MAX)

    @model_validator(mode="after")
    def _adds_up(self) -> "Count":
        if self.selected > self.total:
            raise ValueError(f"{self.group!r} has {self.selected} chosen of {self.total}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One group. Counts, rate and ratio are None where too few people are behind them to show, or would be told.

    rate: 0–1. ratio: rate by the best group's, None for what is not compared. p: Fisher's exact test against the best
    group, two-sided, None where nothing is compared.
    """

    group: str
    selected: int | None
    total: int | None
    rate: float | None
    ratio: float | None
    p: float | None
    marks: tuple[Mark, ...]

    @property
    def is_flagged(self) -> bool:
        """Return whether the group is chosen less than four fifths as often as the best."""
        return Mark.FLAGGED in self.marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The groups of one category, best rate first. best: the group others are compared with, None if none can be.

    people, unknown: how many there are and of how many the group is unknown; None where that would tell a hidden count.
    """

    category: str
    best: str | None
    rows: tuple[Row, ...]
    people: int | None
    unknown: int | None


def tables(counts: Sequence[Count]) -> list[Table]:
    """Return a table for each category, in the order they come. Raises BadInput for a group that is there twice."""
    together: dict[str, list[Count]] = defaultdict(list)
    for one in counts:
        if any(other.group == one.group for other in together[one.category]):
            raise BadInput(f"{one.category!r} has {one.group!r} twice; give one row for each group")
        together[one.category].append(one)
    totals = {(one.category, one.group): one.total for one in counts}
    hidden = hiding.hidden(totals)
    # the categories are of the same people: what one must not tell, another must not either
    is_told = all(
        hiding.is_enough({cell for cell in hidden if cell[0] == category}, totals) for category in together
    )
    return [
        _table(name, groups, {group for category, group in hidden if category == name}, is_told=is_told)
        for name, groups in together.items()
    ]


def load(path: Path) -> list[Count]:
    """Return the counts of a file: CSV as `read` takes it, or a JSON list of such rows. Raises BadInput."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the counts in {path.name} cannot be read: {error}") from error
    return read(text, is_json=path.suffix == ".json")


def read(text: str, *, is_json: bool = False) -> list[Count]:
    """Return counts of CSV with the columns category, group, selected and total. Raises BadInput."""
    try:
        rows = json.loads(text) if is_json else list(csv.DictReader(io.StringIO(text.strip())))
        found = TypeAdapter(list[Count]).validate_python(rows)
    except (ValueError, csv.Error) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise BadInput(
            f"the counts cannot be read: {told}; give category, group, selected and total"
        ) from error
    if not found:
        raise BadInput("there are no counts: give category, group, selected and total")
    return found


def warnings(found: Iterable[Table]) -> list[str]:
    """Return a sentence for each group that is flagged."""
    return [
        f"{table.category}: {row.group!r} is chosen {row.ratio:.3f} times as often as {table.best!r}, below "
        f"{FOUR_FIFTHS:.2f}; chance alone would part them so in {row.p:.1%} of cases"
        + (" (too few people to tell)" if row.p >= SIGNIFICANT else "")
        for table in found
        for row in table.rows
        if row.is_flagged and row.ratio is not None and row.p is not None
    ]


def as_rows(found: Iterable[Table]) -> list[Mapping[str, Any]]:
    """Return one plain row for each group of each category, as commands and the API tell it."""
    return [
        {
            "category": table.category,
            "group": row.group,
            "selected": row.selected,
            "total": row.total,
            "rate": None if row.rate is None else round(row.rate, 3),
            "ratio": None if row.ratio is None else round(row.ratio, 3),
            "p": None if row.p is None else round(row.p, 4),
            "marks": [str(mark) for mark in row.marks],
        }
        for table in found
        for row in table.rows
    ]


def _table(category: str, groups: Sequence[Count], hidden: set[str], *, is_told: bool) -> Table:
    whole = sum(one.total for one in groups)
    known = [one for one in groups if one.group.casefold() != UNKNOWN]
    compared = [one for one in known if one.group not in hidden and one.total >= SMALL_SHARE * whole]
    best = max(compared, key=lambda one: (one.selected / one.total, one.group), default=None)
    if best is not None and best.selected == 0:
        best = None  # nobody was chosen of any group: there is no rate to compare with
    rows = [
        _blank(one) if one.group in hidden else _row(one, whole, best if one in compared else None)
        for one in groups
    ]
    rows.sort(key=lambda row: (row.rate is None, -(row.rate or 0.0), row.group))
    unknown = [one for one in groups if one not in known]
    return Table(
        category=category,
        best=None if best is None else best.group,
        rows=tuple(rows),
        people=whole if is_told else None,
        unknown=None if any(one.group in hidden for one in unknown) else sum(one.total for one in unknown),
    )


def _blank(one: Count) -> Row:
    mark = Mark.HIDDEN if one.total < hiding.CELL_MIN else Mark.BESIDE
    return Row(group=one.group, selected=None, total=None, rate=None, ratio=None, p=None, marks=(mark,))


def _row(one: Count, whole: int, best: Count | None) -> Row:
    rate = one.selected / one.total
    marks: list[Mark] = []
    ratio = p = None
    if one.group.casefold() == UNKNOWN:
        marks.append(Mark.UNKNOWN)
    elif one.total < SMALL_SHARE * whole:
        marks.append(Mark.SMALL)
    elif best is not None:
        # whole numbers: 0.7999… of a rounded quotient is not 0.8
        ratio = one.selected * best.total / (one.total * best.selected)
        p = exact.two_sided(one.selected, one.total, best.selected, best.total)
        if 5 * one.selected * best.total < 4 * one.total * best.selected:
            marks.append(Mark.FLAGGED)
    return Row(
        group=one.group,
        selected=one.selected,
        total=one.total,
        rate=rate,
        ratio=ratio,
        p=p,
        marks=tuple(marks),
    )
