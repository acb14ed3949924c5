"""The handwritten JavaScript runtime, tested by Node's test runner against a small vendor."""

import os
import subprocess
from pathlib import Path

import pytest
from support.zapier import APPS, node, require_modules

from connector.definition.compiler import apps

RUNTIME = sorted((Path(__file__).parent / "runtime").glob("*.test.mjs"))


@pytest.mark.parametrize("path", RUNTIME, ids=lambda path: path.name)
def test_runtime_module(path: Path) -> None:
    require_modules()
    done = _node_test(str(path), cwd=path.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("name", ["cursors", "inputs", "offsets", "times", "values"])
def test_times_do_not_depend_on_the_zone_of_the_machine(name: str) -> None:
    require_modules()
    path = next(path for path in RUNTIME if path.name == f"{name}.test.mjs")
    done = _node_test(str(path), cwd=path.parent, zone="Australia/Sydney")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("vendor", apps())
def test_app_passes_its_shipped_tests(vendor: str) -> None:
    require_modules(APPS / vendor)
    done = _node_test(cwd=APPS / vendor)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


def _node_test(*paths: str, cwd: Path, zone: str | None = None) -> "subprocess.CompletedProcess[str]":
    command = [node(), "--test", "--test-reporter=tap", *paths]
    environment = {**os.environ, **({"TZ": zone} if zone else {})}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
