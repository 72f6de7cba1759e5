"""A host for any name, and one source that asks whatever it is told to."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lure
import pytest
from rounds import UA, Host, Round, spec_of

from spiders.door import Door
from storage.engine import Store


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The lure's reader is known like any other, and nothing of this machine's own settings is."""
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.setitem(sys.modules, "spiders.sources.lure", lure)


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def round_of(store: Store, host: Host, tmp_path: Path) -> Callable[..., Round]:
    """Makes a source whose hosts, those named, are the one on loopback. more: of its spec; rest: of the round."""

    def make(*hosts: str, more: dict[str, Any] | None = None, **rest: Any) -> Round:
        rest.setdefault("door", lambda: Door(user_agent=UA, pins=dict.fromkeys(hosts, host.pin)))
        return Round(
            store=store, home=tmp_path / "home", spec=spec_of(**{"hosts": hosts, **(more or {})}), **rest
        )

    return make
