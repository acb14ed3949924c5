"""`docs/matrix.md` shows the scenarios and limits that the tests run."""

import re
from pathlib import Path

from support.matrix.limits import LIMITS
from support.matrix.scenarios import SCENARIOS
from support.matrix.table import RUNTIMES, document, printed

from mock_server import vendors

ROOT = Path(__file__).parents[2]


def test_document_is_up_to_date() -> None:
    found = re.search(
        r"<!-- matrix -->\n(.*?)\n<!-- /matrix -->", (ROOT / "docs" / "matrix.md").read_text(), re.DOTALL
    )
    assert found
    assert found[1].strip() == document(), f"Put this into docs/matrix.md:\n{document()}"


def test_limits_name_existing_vendors_runtimes_and_scenarios() -> None:
    """The matrix itself checks that each limit applies and that none is missing."""
    names = {scenario.name for scenario in SCENARIOS}
    for vendor, runtime, scenario in LIMITS:
        assert vendor in {"*", *vendors.names()}
        assert runtime in {"*", *RUNTIMES}
        assert scenario in names


def test_printed_run_shows_failures_and_the_reasons_for_empty_cells() -> None:
    went = {("swap", "python", "line_items"): "skipped", ("swap", "make", "wrong_login"): "passed"}
    shown = printed({**went, ("swap", "zapier", "wrong_login"): "failed"}, 100).splitlines()
    first = shown.index(next(line for line in shown if line.startswith("wrong_login")))
    assert shown[first].split() == ["wrong_login", "X", "+"]
    assert shown[-1] == f"- {LIMITS['swap', '*', 'line_items']}"
