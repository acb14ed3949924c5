"""Chooses the test modules whose result may depend on the day: they use a sandbox, a process or a clock.

The choice is derived from imports: of the module, of the modules of `tests/` that it imports, and of each
`conftest.py` with a fixture that it uses.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
TIMELESS = ("connector.definition", "connector.generator", "connector.errors")
"""Packages of the product that read no clock when they are used: they turn files into other files."""
CLOCKS = ("mock_server", "connector", "subprocess")
"""Whoever imports one of these uses a sandbox, a clock or a process, unless it is in `TIMELESS`.

Tests themselves never read the time of day (`tests/test_test_rules.py`).
"""
VIRTUAL = ("support.fake_vendor", "support.virtual_time")
"""Modules with a clock that only tests advance, which they hand to the connector."""
PLANTED = "It shows that a check notices a planted mistake; the check itself runs on every day."
LEFT_OUT = {
    "contract/sandbox/test_planted_faults.py": PLANTED,
    "matrix/test_mistakes.py": PLANTED,
    "museum/test_museum.py": PLANTED,
    "guard/test_guard_for_speed.py": "It counts instructions of recorded runs.",
    "journeys/test_wheel.py": "It builds and installs the package; other modules run the same commands.",
    "typed/test_types.py": "It runs type checkers.",
}
"""Modules that use one of them without depending on it, with the reason."""


def modules(tests: Path = TESTS) -> list[Path]:
    """Return the test modules to run on another day, sorted."""
    every = sorted(tests.rglob("test_*.py"))
    return [
        path for path in every if path.relative_to(tests).as_posix() not in LEFT_OUT and reason(path, tests)
    ]


def reason(path: Path, tests: Path = TESTS) -> str:
    """Return which import makes a module depend on the day, or "" if none does."""
    names = {name for file in _reached(path, tests) for name in _imports(file)}
    is_virtual = any(_is_of(name, VIRTUAL) for name in names)
    timeless = (*TIMELESS, "connector") if is_virtual else TIMELESS
    return min((name for name in names if _is_of(name, CLOCKS) and not _is_of(name, timeless)), default="")


def _is_of(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _reached(path: Path, tests: Path) -> set[Path]:
    """Return the files of the tests that a module needs, itself included."""
    found: set[Path] = set()
    waiting = [path, *_conftests(path, tests)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [own for name in _imports(file) if (own := _own(name, tests))]
    return found


def _conftests(path: Path, tests: Path) -> Iterator[Path]:
    """Yield each `conftest.py` that defines a fixture which the module uses by name."""
    used = _words(path)
    for folder in path.relative_to(tests).parents:
        file = tests / folder / "conftest.py"
        if file.exists() and used & _fixtures(file):
            yield file


@cache
def _imports(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{one.name}" for one in node.names}
    return frozenset(names)


def _own(name: str, tests: Path) -> Path | None:
    """Return the file of a module of the tests; a name may end with a member of the module."""
    for parts in (name.split("."), name.split(".")[:-1]):
        for file in (tests.joinpath(*parts).with_suffix(".py"), tests.joinpath(*parts, "__init__.py")):
            if parts and file.is_file():
                return file
    return None


@cache
def _words(path: Path) -> frozenset[str]:
    arguments = (node.arg for node in ast.walk(_parsed(path)) if isinstance(node, ast.arg))
    texts = (node.value for node in ast.walk(_parsed(path)) if isinstance(node, ast.Constant))
    return frozenset([*arguments, *(text for text in texts if isinstance(text, str))])


@cache
def _fixtures(path: Path) -> frozenset[str]:
    """Return the names of the fixtures that a file defines and that tests name."""
    return frozenset(
        node.name
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.FunctionDef)
        and any("pytest.fixture" in ast.unparse(one) for one in node.decorator_list)
    )


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
