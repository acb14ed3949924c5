"""Rules of CONTRIBUTING.md that ruff and import-linter cannot check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import openapi
from connector.definition.compiler import integration
from mock_server import vendors

ROOT = Path(__file__).parents[1]
PACKAGES = ("connector", "mock_server", "openapi")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST = 400
WALL = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "sleep"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "asyncio": {"sleep"},
}
CLOCKS = {ROOT / "connector" / "clock.py", ROOT / "mock_server" / "clock.py"}


def readings(source: str) -> Iterator[str]:
    """Yield every use of real time in a module: `datetime.now`, `from time import sleep`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if node.attr in WALL.get(owner, ()):
                yield f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name in WALL.get(node.module or "", ()) and node.module != "datetime":
                    yield f"{node.module}.{name.name}"


@pytest.mark.parametrize("vendor", vendors.names())
def test_operations_have_the_same_name_in_every_layer(vendor: str) -> None:
    paths = openapi.read(vendor)["paths"].values()
    described = {one["operationId"] for item in paths for one in item.values() if "operationId" in one}
    assert described
    assert set(integration(vendor).operations) == described
    module = ROOT / "mock_server" / "vendors" / vendor
    source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    handlers = {
        node.name
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and takes_a_call(node)
        and not node.name.startswith("_")
    }
    assert handlers == described


def takes_a_call(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    kinds = [one.annotation for one in node.args.args]
    return any(isinstance(kind, ast.Name) and kind.id == "Call" for kind in kinds)


def test_shared_code_names_no_vendor() -> None:
    named = re.compile("|".join(openapi.vendors()), re.IGNORECASE)
    own = {*openapi.vendors(), *(f"{vendor}.py" for vendor in openapi.vendors())}
    shared = [path for path in SOURCES if not own & set(path.relative_to(ROOT).parts)]
    assert len(shared) > 50
    found = [path.relative_to(ROOT).as_posix() for path in shared if named.search(code_of(path))]
    assert found == []


def code_of(path: Path) -> str:
    """Return the module's code without its docstrings, which may name vendors."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not is_text(one)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def test_no_file_exceeds_the_line_limit() -> None:
    scripts = [*(ROOT / "connector" / "generator").rglob("*.js"), *(ROOT / "tests").rglob("*.py")]
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (*SOURCES, *scripts)
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_real_time_is_used_in_the_clock_modules_only(path: Path) -> None:
    assert (path in CLOCKS) == bool(list(readings(path.read_text("utf-8"))))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.monotonic()", ["time.monotonic"]),
        ("import datetime\ndatetime.datetime.now(UTC)", ["datetime.now"]),
        ("from datetime import date\ndate.today()", ["date.today"]),
        ("from time import sleep", ["time.sleep"]),
        ("from datetime import datetime\nclock.now()", []),
    ],
)
def test_uses_of_real_time_are_found(source: str, found: list[str]) -> None:
    assert list(readings(source)) == found
