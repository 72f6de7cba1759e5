"""A server over an empty store on both databases, and somebody signed in at it."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from visiting import Visitor, let_end, make_desk

from sourcing.settings import Settings
from sourcing.web.desk import Desk
from storage.engine import Store


@pytest.fixture
def desk(settings: Settings, store: Store, now: datetime) -> Iterator[Desk]:
    yield make_desk(settings, store, now)
    let_end()


@pytest.fixture
def visitor(desk: Desk) -> Visitor:
    """Ana, who may do everything."""
    return Visitor(desk)
