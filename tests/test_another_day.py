"""The choice of tests that `make test-days` runs on other days, and of the days."""

from pathlib import Path

import pytest
from another_day.__main__ import DAYS, WrongDay, chosen_days
from another_day.chosen import LEFT_OUT, TESTS, modules, reason
from support.each import each

FILES = {
    "conftest.py": "import pytest\nfrom support.server import start\n\n@pytest.fixture\ndef served(): ...\n",
    "support/__init__.py": "",
    "support/server.py": "import subprocess\n",
    "support/virtual_time.py": "",
    "support/shop.py": "from mock_server.app import create_app\n",
    "test_process.py": "import subprocess\n",
    "test_sandbox.py": "from support.shop import create_app\n",
    "test_fixture.py": "def test_it(served): ...\n",
    "test_named_fixture.py": "import pytest\n\npytestmark = pytest.mark.usefixtures('served')\n",
    "test_real_time.py": "import connector\n",
    "test_virtual_time.py": "import connector\nfrom support import virtual_time\n",
    "test_both.py": "import mock_server\nfrom support import virtual_time\n",
    "test_files.py": "from connector.generator.zapier import render\n",
    "test_nothing.py": "from datetime import datetime\n",
}
CHOSEN = ["both", "fixture", "named_fixture", "process", "real_time", "sandbox"]


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_modules_with_a_sandbox_a_clock_or_a_process_are_chosen(tests: Path) -> None:
    assert [path.stem.removeprefix("test_") for path in modules(tests)] == CHOSEN


def test_every_module_that_is_left_out_would_be_chosen_otherwise() -> None:
    for name in each(LEFT_OUT):
        assert reason(TESTS / name), f"{name} need not be left out by name."


def test_most_modules_of_the_sandbox_are_chosen() -> None:
    every = set((TESTS / "mock_server").glob("test_*.py"))
    assert every - set(modules()) == set()


def test_days_are_the_usual_ones_or_those_of_the_option() -> None:
    assert list(chosen_days(["-x"])[0]) == list(DAYS)
    assert chosen_days(["--days", "", "-x"]) == chosen_days(["-x"])
    other = "2027-03-01T00:00:00Z"
    assert chosen_days(["--days", f"{DAYS[1]} {other}", "-x"]) == (
        {DAYS[1]: "Australia/Sydney", other: "UTC"},
        ["-x"],
    )


@pytest.mark.parametrize("day", ["tomorrow", "2026-12-31", "2026-12-31T23:30:00"])
def test_wrong_day_is_refused_in_a_sentence(day: str) -> None:
    with pytest.raises(WrongDay, match=f'--days: "{day}" is no time with a time zone'):
        chosen_days(["--days", day])
