"""The `sourcer` command: `python -m sourcing` and the installed script."""

import gc
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from sourcing.cli.root import start

GARBAGE_AFTER = (50_000, 20, 50)
"""How many new objects, and how many rounds, before garbage is looked for. Building a query makes thousands of objects
that live as long as it does: with Python's 700 a ranking of few people spent 18 % of its time looking through them."""


def main(
    argv: Sequence[str] | None = None,
    *,
    child: Callable[[list[str]], list[str]] | None = None,
    now: Callable[[], datetime] | None = None,
) -> int:
    """Run one command and return its exit code (PRODUCT §5).

    child: from the arguments of a source's child process to the command that starts it; None = `python -m spiders`.
    now: a clock that replaces the system's. Both are only ever passed in, never read from settings.
    """
    gc.set_threshold(*GARBAGE_AFTER)
    return start(sys.argv[1:] if argv is None else argv, child=child, now=now)


if __name__ == "__main__":
    sys.exit(main())
