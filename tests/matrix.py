"""One table at the end of a run: which line of the connector test list (PRODUCT §6.4) each connector keeps.

Read off the reports of `test_connectors.py`, whose tests are the lines and whose parameters are connector and database;
a cell holds if its test passed on every database of the run.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

_NODE = re.compile(r"test_connectors\.py::test_(\d\d)_(\w+)\[(\w+)-(\w+)")


class Matrix:
    """Collects results by line and connector; under several workers the reports carry what it needs."""

    def __init__(self) -> None:
        self._results: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A cell holds if its test passed in every phase."""
        found = _NODE.search(report.nodeid)
        if found is not None and (report.when == "call" or report.failed):
            self._results[f"{found[1]} {found[2].replace('_', ' ')}"][found[3]].append(report.passed)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table if any test of the run was a line of it."""
        if self._results:
            terminalreporter.section("connectors × lines of the test list")
            for line in self.lines():
                terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """Yield the table: one column a connector, one row a line; then what held."""
        names = sorted({name for row in self._results.values() for name in row})
        yield f"{'':<72}{''.join(f'{name:<12}' for name in names)}"
        held = 0
        for line, row in sorted(self._results.items()):
            cells = ["–" if name not in row else "pass" if all(row[name]) else "FAIL" for name in names]
            held += cells.count("pass")
            yield f"{line[:70]:<72}{''.join(f'{cell:<12}' for cell in cells)}"
        yield f"connectors × lines: {held} of {len(names) * len(self._results)} hold"
