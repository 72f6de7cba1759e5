"""One table at the end of a run: which promise of the trust page held, on which database.

A test names the rows it proves with `@pytest.mark.row("F01", …)`. It runs once per database through the
`new_url`, `new_store` or `store` fixture; a test without a database counts for neither column.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest

STORES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PROPERTY = "trust row"


class Rows:
    """Collects results by row and database; under several workers the reports carry what it needs."""

    def __init__(self) -> None:
        self._results: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
        self._tests: dict[str, set[str]] = defaultdict(set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Write rows and database on the item, from where they travel with every report."""
        names = [str(name) for mark in item.iter_markers("row") for name in mark.args]
        store = getattr(item, "callspec", None) and item.callspec.params.get("new_url")  # type: ignore[attr-defined]
        for name in dict.fromkeys(names):
            item.user_properties.append((PROPERTY, f"{name}|{store or ''}"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A row holds on a database if every test of it passed in every phase."""
        for key, value in report.user_properties:
            if key != PROPERTY or not (report.when == "call" or report.failed):
                continue
            name, _, store = str(value).partition("|")
            path, _, test = report.nodeid.partition("::")
            test = test.partition("[")[0].partition("@")[0]  # without its parameters and its group
            self._tests[name].add(f"{path.removeprefix('tests/')}::{test}")
            if store and not report.skipped:
                self._results[name][store].append(report.passed)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table if any test of the run named a row."""
        if not self._tests:
            return
        terminalreporter.section("rows of the trust page")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """Yield the table: row, one column a database, the tests; then what held."""
        yield f"{'row':<6}{'SQLite':<9}{'PostgreSQL':<12}test"
        held = 0
        for name in sorted(self._tests):
            cells = {store: _cell(self._results[name][store]) for store in STORES}
            held += sum(cell == "pass" for cell in cells.values())
            first, *more = sorted(self._tests[name])
            yield f"{name:<6}{cells['sqlite']:<9}{cells['postgresql']:<12}{first}"
            yield from (f"{'':<27}{other}" for other in more)
        yield f"rows × stores: {held} of {len(self._tests) * len(STORES)} hold ({len(self._tests)} rows)"


def _cell(results: list[bool]) -> str:
    if not results:
        return "–"
    return "pass" if all(results) else "FAIL"
