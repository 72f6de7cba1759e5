"""A process that hands people over, to be killed: its arguments are a file of settings, a system, where it is, keys."""

import json
import sys
from datetime import datetime
from pathlib import Path

from sourcing.export import delivery, order
from sourcing.settings import load
from spiders.door import Door
from storage.engine import open_store


def main(told: str) -> None:
    asked = json.loads(Path(told).read_text())
    settings, now = load(config=Path(asked["config"])), datetime.fromisoformat(asked["now"])
    wanted = order.Order(keys=tuple(asked["keys"]), specialism=asked["specialism"], connector=asked["name"])
    store, door = open_store(asked["store"]), Door(user_agent="sourcer", pins=asked["pins"])
    prepared = order.prepare(store, settings, wanted, now=now)
    order.looked(store, prepared, actor="ana", now=now)
    with delivery.opened(settings, prepared.fields, now=now, door=door) as connector:
        delivery.push(
            store, prepared, connector, actor="ana", now=now, keyer=order.keyer(settings),
            tell=lambda done, total: None,
        )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
