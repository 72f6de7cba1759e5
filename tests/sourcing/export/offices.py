"""An office that hands people over: a store with people, an invented system and the way there."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from wired import System

from sourcing.export import delivery, mapping, order
from sourcing.export.plan import Plan
from sourcing.settings import Settings
from spiders.door import Door
from storage import exports, intake, persons
from storage.engine import Store

SPEC = "post-training"


@dataclass
class Office:
    """A store with people, a system and the way there."""

    name: str
    store: Store
    settings: Settings
    system: System
    door: Door
    make: Any
    now: Any
    keyer: Any
    waits: list[float] = field(default_factory=list)

    def people(self, *names: str, **more: Any) -> list[str]:
        """Bring people of these names in, and return their keys in this order."""
        accounts = [f"github:{1000 + at}" for at in range(len(names))]
        records = [
            self.make.identity(
                account, at=self.now + timedelta(days=more.get("day", 0)), handle=f"login-{at}", name=name,
                affiliation=more.get("org", "Orbit Labs"), location="Austin, TX", source="github_people",
                homepage=f"https://people.example/{more.get('page', '')}{at}",
            )
            for at, (account, name) in enumerate(zip(accounts, names, strict=True))
        ]  # fmt: skip
        with self.store.begin() as tx:
            intake.take(tx, self.make.visit(*records), now=self.now, run=None, keyer=self.keyer)
            persons.rebuild(tx, [frozenset({one}) for one in accounts], self.now)
            owners = persons.owners(tx, accounts)
        return [owners[one] for one in accounts]

    def plan(self, keys: list[str]) -> Plan:
        """Return what would happen to people, having looked at it."""
        wanted = order.Order(keys=tuple(keys), specialism=SPEC, connector=self.name)
        prepared = order.prepare(self.store, self.settings, wanted, now=self.now)
        order.looked(self.store, prepared, actor="ana", now=self.now)
        return prepared

    def send(self, keys: list[str], wrapped: Any = None, export: str | None = None) -> dict[str, str]:
        """Hand people over and return the state of each row by person."""
        prepared = self.plan(keys)
        with self.opened(prepared.fields) as connector:
            number = delivery.push(
                self.store, prepared, wrapped(connector) if wrapped else connector, actor="ana", now=self.now,
                keyer=self.keyer, tell=lambda done, total: None, export=export,
            )  # fmt: skip
        with self.store.read() as tx:
            return {row.person: row.state for row in exports.get(tx, number).rows}

    def opened(self, fields: mapping.Mapping) -> Any:
        return delivery.opened(self.settings, fields, now=self.now, door=self.door, sleep=self.waits.append)


def names(count: int) -> list[str]:
    return [f"Ona Quill{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(count)]
