"""The office of the tests of connectors, once for each system."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from offices import Office
from systems import OVERLAYS, SYSTEMS

from sourcing.export import mapping, order
from spiders.door import Door


@pytest.fixture(params=sorted(SYSTEMS))
def office(request: pytest.FixtureRequest, store, settings, home, make, now, monkeypatch) -> Iterator[Office]:
    name = request.param
    folder = home / "config" / "connectors"
    folder.mkdir()
    (folder / f"{name}.toml").write_text(OVERLAYS.get(name, ""))
    fields = mapping.load(name, settings.roots)
    with ExitStack() as held:
        system = SYSTEMS[name](fields)
        held.callback(system.close)
        assert fields.secret is not None
        monkeypatch.setenv(fields.secret, system.secret)
        door = Door(user_agent="sourcer", pins=dict.fromkeys(system.hosts, system.pin))
        held.callback(door.close)
        yield Office(
            name=name, store=store, settings=settings, system=system, door=door, make=make, now=now,
            keyer=order.keyer(settings),
        )  # fmt: skip
