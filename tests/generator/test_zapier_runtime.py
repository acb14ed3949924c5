"""The handwritten JavaScript runtime, tested by Node's test runner against a small vendor."""

import subprocess
from pathlib import Path

import pytest
from support.zapier import APPS, node, require_modules

from connector.definition.compiler import vendors

RUNTIME = sorted((Path(__file__).parent / "runtime").glob("*.test.mjs"))


@pytest.mark.parametrize("path", RUNTIME, ids=lambda path: path.name)
def test_runtime_module(path: Path) -> None:
    require_modules()
    done = _node_test(str(path), cwd=path.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("vendor", vendors())
def test_app_passes_its_shipped_tests(vendor: str) -> None:
    require_modules(APPS / vendor)
    done = _node_test(cwd=APPS / vendor)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


def _node_test(*paths: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [node(), "--test", "--test-reporter=tap", *paths]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
