"""A handful of invented people who work on one engine, told by several sources; nobody was approached yet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sourcing import lists
from sourcing.limits import Team
from sourcing.settings import Settings
from spiders.records import SignalKind, WorkKind
from storage import intake, persons
from storage.engine import Store
from storage.subjects import PepperKeyer

ENGINE = "github:orbit/engine"
ROLE = "Kernel engineer, Berlin"
OTHER_ROLE = "Research engineer"
SAID = {
    SignalKind.REVIEWED: "github_issues",
    SignalKind.AUTHORED: "github_pulls",
    SignalKind.MERGED: "github_pulls",
}


class Office:
    """A store to which people and their acts are added. settings: of the installation."""

    def __init__(
        self, store: Store, make: Any, settings: Settings, now: datetime, keyer: PepperKeyer
    ) -> None:
        self.store, self.make, self.settings, self.now, self.keyer = store, make, settings, now, keyer
        self.records: list[Any] = []
        self.by: dict[str, Any] = {"actor": "ana", "now": now}

    def person(self, number: int, name: str, **more: Any) -> str:
        """Bring an account, and return its id."""
        one = f"github:{number}"
        self.records.append(
            self.make.identity(one, name=name, handle=f"user{number}", source="github_people", **more)
        )
        return one

    def did(
        self,
        who: str,
        number: int | str,
        title: str,
        *,
        days: float | None,
        kind: SignalKind = SignalKind.AUTHORED,
        work_kind: WorkKind = WorkKind.PULL_REQUEST,
        url: str | None = None,
        **more: Any,
    ) -> None:
        """Bring what somebody did to a work. days: how long ago, None = undated. more: of signal or work."""
        work = number if isinstance(number, str) else f"{ENGINE}#{number}"
        told = {name: more.pop(name) for name in ("paths", "tags", "venue", "published_on") if name in more}
        link = url or f"https://github.com/orbit/engine/pull/{number}"
        part_of = ENGINE if work.startswith(ENGINE) else None
        source = more.pop("source", SAID.get(kind, "github_pulls"))
        self.records.append(
            self.make.work(
                work, title=title, kind=work_kind, url=link, part_of=part_of, source=source, **told
            )
        )
        at = None if days is None else self.now - timedelta(days=days)
        one = self.make.signal(
            who, work, kind=kind, occurred_at=at, source=source, id=f"{work}:{kind}:{who}", **more
        )
        self.records.append(replace(one, via=replace(one.via, url=link)))

    def open(self, *groups: Sequence[str]) -> dict[str, str]:
        """Put everything into the store and return the key of each account. groups: accounts of one person."""
        with self.store.begin() as tx:
            visit = self.make.visit(*self.records, task=self.make.task(len(self.records)))
            intake.take(tx, visit, now=self.now, run=None, keyer=self.keyer)
            accounts = [one.id for one in self.records if hasattr(one, "handle")]
            joined = {one for group in groups for one in group}
            alone = [frozenset({one}) for one in accounts if one not in joined]
            persons.rebuild(tx, [*alone, *map(frozenset, groups)], self.now)
            return persons.owners(tx, accounts)

    def role(self, name: str, *keys: str) -> str:
        """Make a shortlist with people on it."""
        lists.create(self.store, name, specialism="inference-performance", **self.by)
        lists.add(self.store, name, list(keys), **self.by)
        return name

    def with_team(self, *people: str) -> Settings:
        """Return the settings of an installation that names these as its own."""
        return self.settings.model_copy(update={"team": Team(people=people)})


@pytest.fixture
def office(store: Store, make: Any, settings: Settings, now: datetime, keyer: PepperKeyer) -> Office:
    return Office(store, make, settings, now, keyer)
