"""What `docs/matrix.md` tells of the matrix is so."""

import re
from pathlib import Path

from support.matrix.limits import LIMITS
from support.matrix.scenarios import SCENARIOS
from support.matrix.table import RUNTIMES, document, printed

from mock_server import vendors

ROOT = Path(__file__).parents[2]


def test_document_is_true() -> None:
    found = re.search(
        r"<!-- matrix -->\n(.*?)\n<!-- /matrix -->", (ROOT / "docs" / "matrix.md").read_text(), re.DOTALL
    )
    assert found
    assert found[1].strip() == document(), f"Put this into docs/matrix.md:\n{document()}"


def test_limits_are_of_something_that_is_there() -> None:
    """That each limit is one, and that none is missing, the cells themselves say."""
    names = {scenario.name for scenario in SCENARIOS}
    for vendor, runtime, scenario in LIMITS:
        assert vendor in {"*", *vendors.names()}
        assert runtime in {"*", *RUNTIMES}
        assert scenario in names


def test_a_run_is_printed_with_what_failed_and_why_cells_are_empty() -> None:
    went = {("swap", "python", "line_items"): "skipped", ("swap", "make", "wrong_login"): "passed"}
    shown = printed({**went, ("swap", "zapier", "wrong_login"): "failed"}, 100).splitlines()
    first = shown.index(next(line for line in shown if line.startswith("wrong_login")))
    assert shown[first].split() == ["wrong_login", "X", "+"]
    assert shown[-1] == f"- {LIMITS['swap', '*', 'line_items']}"
