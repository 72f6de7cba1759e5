"""Runs `sourcer` against an invented world that is being served: the real program, real HTTP and real git.

This is the only place where the door learns of loopback addresses: the host names of the invented world are pinned
to its one server by a constructor argument. No setting and no variable can do the same.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent


def child_of(pins: Path) -> list[str]:
    """Return the command that starts a source's child with the invented hosts pinned."""
    return [sys.executable, str(HERE), "child", str(pins)]


def child(arguments: list[str]) -> int:
    """Be a source's child process whose door knows the invented hosts: PINS.json, then `python -m spiders`' own."""
    from spiders.__main__ import main

    return main(arguments[1:], pins=json.loads(Path(arguments[0]).read_text()))


def attached(arguments: list[str]) -> int:
    """Run `sourcer` against a world that another process serves: PINS.json, the hour of the night, then its own."""
    from sourcing.__main__ import main

    pins, hour, *rest = arguments
    now = datetime.fromisoformat(hour)
    return main(rest, child=lambda call: [*child_of(Path(pins)), *call], now=lambda: now)
