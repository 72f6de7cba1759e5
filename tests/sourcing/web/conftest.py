"""A server over an empty store on both databases, and somebody signed in at it."""

from datetime import datetime

import pytest
from visiting import Visitor, make_desk

from sourcing.settings import Settings
from sourcing.web.desk import Desk
from storage.engine import Store


@pytest.fixture
def desk(settings: Settings, store: Store, now: datetime) -> Desk:
    return make_desk(settings, store, now)


@pytest.fixture
def visitor(desk: Desk) -> Visitor:
    """Ana, who may do everything."""
    return Visitor(desk)
