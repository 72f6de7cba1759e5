"""An installation with a secret and a home of its own, and one person about whom everything is known."""

from pathlib import Path
from typing import Any

import pytest
from ona import take, visit

from sourcing.settings import Operator, Settings
from storage import persons
from storage.engine import Store


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    (tmp_path / "home").mkdir()
    operator = Operator(controller="Example GmbH", contact="https://c.example")
    return Settings(home=tmp_path / "home", operator=operator)


@pytest.fixture
def ona(store: Store, make: Any, now: Any, keyer: Any) -> str:
    """The key of somebody with an account, a homepage, a paper and a repository of her own."""
    take(store, visit(make, now), keyer, now)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:770077"})], now)
        found = persons.find_by_identity(tx, "github:770077")
    assert found is not None
    return found.key
