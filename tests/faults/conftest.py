"""The invented guild, served with faults, and installations that collect it."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import guild
import noticeboard
import pytest
from guild_nights import Nights
from guild_server import Server, World

from storage.engine import Store

CLEAN: dict[str, dict[str, str]] = {}  # of a world, the same on both databases


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The guild's reader is known like any other, and nothing of this machine's own settings is."""
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    for reader in (guild, noticeboard):
        monkeypatch.setitem(sys.modules, f"spiders.sources.{reader.__name__}", reader)


@pytest.fixture
def server() -> Iterator[Server]:
    """The guild and its neighbour on one loopback port, told apart by name."""
    made = Server(World())
    yield made
    made.close()


@pytest.fixture
def nights(store: Store, server: Server, tmp_path: Path) -> Nights:
    """An installation with an empty store, on either database."""
    return Nights(store=store, server=server, home=tmp_path / "home")


@pytest.fixture
def clean(new_store: Callable[[], Store], server: Server, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Returns what a store knows after one night without a fault in the world as it is now."""

    def digests(**more: Any) -> dict[str, str]:
        material = repr((server.world.rows, sorted(more.items())))
        if material not in CLEAN:
            rule, server.rule = server.rule, lambda _: None
            log = list(server.log)
            calm = Nights(store=new_store(), server=server, home=tmp_path / "calm", more=more)
            assert not any(one.is_partial for one in calm.night().values()) and calm.left() == []
            server.rule, server.log[:] = rule, log
            CLEAN[material] = calm.digests()
        return CLEAN[material]

    return digests
