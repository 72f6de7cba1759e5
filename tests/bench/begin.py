"""What the command takes to say what it can do, beside argparse with as many commands.

    python tests/bench/begin.py OUT [--rounds 15]

A process each, in turn, from the start of Python to its end. What must not be loaded for it is a test (test_cli).
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import turns

_GOAL_MS: Final = 150.0  # EVALUATION §4, on a quiet machine
_PLAIN: Final = """
import argparse
parser = argparse.ArgumentParser(prog="sourcer")
commands = parser.add_subparsers()
for number in range(26):
    commands.add_parser(f"command{number}", help="Do something.").add_argument("--size", type=int)
parser.print_help()
"""


def main() -> None:
    """Measure both in turn and keep the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    commands = {"ours": ["-m", "sourcing", "--help"], "argparse": ["-c", _PLAIN]}
    costs: dict[str, list[turns.Cost]] = {name: [] for name in commands}
    for _ in range(given.rounds):
        for name, words in commands.items():
            costs[name].append(turns.run([sys.executable, *words], is_json=False)[0])
    ours, plain = (turns.middle(costs[name]) for name in commands)
    took, spent = 1000 * ours.seconds, 1000 * ours.cpu
    same = {"job": "sourcer --help", "size": "one process"}
    rows = [
        turns.Row(**same, against="the clock", unit="ms", ours=took, ratio=took, goal=_GOAL_MS),
        turns.Row(**same, against="CPU", unit="ms", ours=spent, ratio=spent, goal=_GOAL_MS),
        turns.Row(
            **same, against="argparse", unit="ms", ours=took, theirs=1000 * plain.seconds,
            ratio=ours.seconds / plain.seconds, cpu=ours.cpu / plain.cpu,
        ),
    ]  # fmt: skip
    turns.keep(given.out, "begin", rows)


if __name__ == "__main__":
    main()
