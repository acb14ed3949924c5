"""Rules for the tests themselves: no dependence on the day, and no loop that may assert nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.each import each

TESTS = Path(__file__).parent
ANOTHER_DAY = TESTS / "another_day"
"""Its modules shift the clock, so they have to read the real one."""
MODULES = sorted(path for path in TESTS.rglob("*.py") if path.parent != ANOTHER_DAY)
WALL = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
SAME_LENGTH = {"enumerate", "zip", "sorted", "reversed", "list", "set", "tuple", "product"}
EXEMPT = "# may be empty"


def wall_readings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and (name := ast.unparse(node).removeprefix("datetime.")) in WALL:
            yield name


def empty_loops(source: str) -> Iterator[str]:
    """Yield each iterable that a test loops over with assertions, although it may be empty.

    Only the outermost loop counts. Property-based tests may draw nothing in some of their examples.
    """
    lines = source.splitlines()
    for test in ast.walk(ast.parse(source)):
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and is_plain_test(test):
            for iterable in outermost(test):
                if not is_never_empty(iterable) and EXEMPT not in lines[iterable.lineno - 1]:
                    yield f"{test.name}: {ast.unparse(iterable)}"


def is_plain_test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    drawn = any(
        ast.unparse(one).partition("(")[0] in {"given", "hypothesis.given"} for one in node.decorator_list
    )
    return node.name.startswith("test_") and not drawn


def outermost(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.For | ast.AsyncFor) and asserts(child):
            yield child.iter
        elif isinstance(child, ast.Assert):
            yield from map(iterable_of, every_call(child))
        else:
            yield from outermost(child)


def asserts(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Assert) for one in ast.walk(node))


def every_call(node: ast.Assert) -> Iterator[ast.Call]:
    """Yield each `all(… for … in …)` of an assertion."""
    for one in ast.walk(node.test):
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "all" and one.args:
            yield one


def iterable_of(call: ast.Call) -> ast.expr:
    argument = call.args[0]
    return argument.generators[0].iter if isinstance(argument, ast.GeneratorExp) else argument


def is_never_empty(node: ast.expr) -> bool:
    """Check whether an expression is a constant with members, or wrapped in `each`."""
    if isinstance(node, ast.Subscript):
        return is_never_empty(node.value)
    if isinstance(node, ast.Name):
        return node.id.isupper()
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in SAME_LENGTH:
            return all(is_never_empty(one) for one in node.args)
        return name in {"each", "range"} or name.partition(".")[0].isupper()
    return bool(getattr(node, "elts", None) or getattr(node, "keys", None))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_reads_the_wall_clock(path: Path) -> None:
    assert list(wall_readings(path.read_text("utf-8"))) == []


def test_no_loop_may_assert_nothing() -> None:
    found = {
        path.relative_to(TESTS).as_posix(): loops
        for path in MODULES
        if (loops := list(empty_loops(path.read_text("utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for one in rows():\n  assert one", ["test_it: rows()"]),
        ("assert all(one for one in rows)", ["test_it: rows"]),
        ("for one in each(rows()):\n  for part in one:\n    assert part", []),
        ("for one in zip(ROWS, rows, strict=True):\n  assert one", ["test_it: zip(ROWS, rows, strict=True)"]),
        ("for one in rows:  # may be empty: asserted below\n  assert one", []),
        ("for one in rows:\n  print(one)", []),
        ("for one in (1, 2):\n  assert one", []),
        ("for one in ():\n  assert one", ["test_it: ()"]),
    ],
)
def test_loops_over_possibly_empty_iterables_are_found(body: str, found: list[str]) -> None:
    indented = "\n".join(f"  {line}" for line in body.splitlines())
    assert list(empty_loops(f"def test_it():\n{indented}")) == found


def test_uses_of_the_wall_clock_are_found() -> None:
    source = "import datetime\ndatetime.datetime.now()\ntime.time()\nclock.now()\ntime.monotonic()"
    assert list(wall_readings(source)) == ["datetime.now", "time.time"]


def test_each_fails_for_an_empty_iterable() -> None:
    assert list(each([1, 2])) == [1, 2]
    with pytest.raises(AssertionError, match="nothing was asserted"):
        list(each([]))
