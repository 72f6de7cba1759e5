"""How far people whose Kaggle account is known already have come there, from the tables of Meta Kaggle.

Source: https://www.kaggle.com/datasets/kaggle/meta-kaggle (2026-11), `Users.csv`, `UserAchievements.csv`
Yields: Identity, Work (post: a field of Kaggle), Signal (authored, with the tier; value: medals)
Cursor: none; a file is imported whole (`sourcer import people --format kaggle`)

Points, ranks, followers and countries are left out; so are tiers anybody reaches by taking part.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel

from spiders.clients import fields, names
from spiders.errors import SkipRecord
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1
ACCEPTS = frozenset({"application/x-kaggle+json"})

_HOME: Final = "https://www.kaggle.com"
_TIERS: Final = {"2": "expert", "3": "master", "4": "grandmaster"}
_NO_TIERS: Final = frozenset({"0", "1", "5"})  # novices and contributors; staff
_FIELDS: Final = {
    "Competitions": "competitions",
    "Datasets": "datasets",
    "Scripts": "notebooks",
    "Models": "models",
}
_LEFT_OUT: Final = frozenset({"Discussion"})


class Seeds(BaseModel, extra="forbid"):
    """Nothing: the file is named on the command line."""


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield no task: this source is imported, never crawled."""
    yield from ()


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the people of a page that `spiders.clients.dumps` cut. Raises SourceChanged for another shape."""
    for place, row in enumerate(fields.listed(fields.table_of(page), "people")):
        try:
            yield from list(_person(fields.as_table(row, "people"), page.fetched_at, via))
        except SkipRecord as error:
            yield Quarantined(where=f"person {place}", reason=str(error))


def _person(row: fields.Table, until: datetime, via: Via) -> Iterator[Yield]:
    number, called = fields.needed(row, "Id"), fields.needed(row, "UserName")
    if not number.isdecimal():
        raise SkipRecord("Id is no number")
    seen, who = via(f"{_HOME}/{called}"), f"kaggle:{number}"
    name = names.person(fields.text(row, "DisplayName"))
    yield Identity(id=who, kind=IdentityKind.PERSONAL, handle=called, name=name, via=seen)
    for one in fields.each(row, "achievements"):
        sort, reached = fields.needed(one, "AchievementType"), fields.needed(one, "Tier")
        field = _FIELDS.get(sort)
        if field is None:
            yield Counted(what="discussion_left_out" if sort in _LEFT_OUT else "achievement_of_another_type")
            continue
        tier = _TIERS.get(reached)
        if tier is None:
            yield Counted(what="tier_left_out" if reached in _NO_TIERS else "tier_unknown")
            continue
        work = f"kaggle:{field}"
        shown = via(f"{_HOME}/{called}/{field}" if field != "notebooks" else f"{_HOME}/{called}/code")
        title = f"Kaggle {field}"
        ranked = via(f"{_HOME}/rankings")
        yield Work(id=work, kind=WorkKind.POST, title=title, url=ranked.url, via=ranked)
        yield Signal(
            id=f"{who}:{field}",
            identity=who,
            work=work,
            kind=SignalKind.AUTHORED,
            value=float(sum(_count(one, medal) for medal in ("TotalGold", "TotalSilver", "TotalBronze"))),
            unit="medals",
            occurred_at=_reached(one, until),
            note=tier,
            via=shown,
        )


def _count(row: fields.Table, name: str) -> int:
    said = fields.text(row, name) or "0"
    if not said.isdecimal():
        raise SkipRecord(f"{name} is no number")
    return int(said)


def _reached(row: fields.Table, until: datetime) -> datetime | None:
    """Return the day a tier was reached, `11/05/2024` as the tables write it; None without one or if it lies ahead."""
    try:
        found = datetime.strptime(fields.text(row, "TierAchievementDate") or "", "%m/%d/%Y").replace(
            tzinfo=UTC
        )
    except ValueError:
        return None
    return found if found <= until else None
