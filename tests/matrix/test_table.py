"""The matrix's limits name existing cells, and its results print as a table."""

from support.matrix.limits import LIMITS
from support.matrix.scenarios import SCENARIOS
from support.matrix.table import RUNTIMES, printed

from mock_server import vendors


def test_limits_name_existing_vendors_runtimes_and_scenarios() -> None:
    """The cells themselves check that each limit holds, and that no limit is missing."""
    names = {scenario.name for scenario in SCENARIOS}
    for vendor, runtime, scenario in LIMITS:
        assert vendor in {"*", *vendors.names()}
        assert runtime in {"*", *RUNTIMES}
        assert scenario in names


def test_a_run_is_printed_with_what_failed_and_why_cells_are_empty() -> None:
    went = {("swap", "make", "line_items"): "skipped", ("swap", "make", "wrong_login"): "passed"}
    shown = printed({**went, ("swap", "zapier", "wrong_login"): "failed"}, 100).splitlines()
    first = shown.index(next(line for line in shown if line.startswith("wrong_login")))
    assert shown[first].split() == ["wrong_login", "X", "+"]
    assert shown[-1] == f"- {LIMITS['swap', 'make', 'line_items']}"
