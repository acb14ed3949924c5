"""Prints the matrix at the end of a test run that included it."""

import re
from typing import Any

CELL = re.compile(r"test_matrix\.py::test_cell\[(\w+)-(\w+)-(\w+)\]")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print a row per scenario, a column per vendor and runtime; + passed, - not possible, X failed."""
    went: dict[tuple[str, str, str], str] = {}
    for word in ("passed", "skipped", "failed", "error"):
        for report in terminalreporter.stats.get(word, ()):
            if found := CELL.search(getattr(report, "nodeid", "")):
                scenario, runtime, vendor = found.groups()
                went[vendor, runtime, scenario] = word
    if went:
        from support.matrix.table import printed, recorded_rows
        from support.report_data import record

        record("matrix", "Vendor matrix", recorded_rows(went))

        terminalreporter.section("matrix: + passed, - a limit, X failed")
        terminalreporter.write_line(printed(went, terminalreporter._tw.fullwidth))
