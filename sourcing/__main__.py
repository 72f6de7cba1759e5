"""The `sourcer` command: `python -m sourcing` and the installed script."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from sourcing.cli.root import start


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
    return start(sys.argv[1:] if argv is None else argv, child=child, now=now)


if __name__ == "__main__":
    sys.exit(main())
