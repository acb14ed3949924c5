"""Rules against tests that cannot fail; each rule has examples that it finds."""

import ast
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from test_test_rules import EXEMPT, MODULES, TESTS, is_never_empty

ROOT = TESTS.parent
MAY_BE_ZERO = "# may be zero"
MUST_NOT_RAISE = "# must not raise"
EMPTY = {"[]", "{}", "set()", "()", "frozenset()"}
SUCCESS, REFUSAL = set(range(200, 300)), set(range(400, 600))
LIBRARY_CHECKS = {"raises", "warns", "fail", "run_state_machine_as_test", "raise_for_status"}
Rule = Callable[[str], Iterator[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parsed(source: str) -> ast.Module:
    """Parse a module once for all rules."""
    return ast.parse(source)


def asserted_in(source: str) -> Iterator[ast.expr]:
    """Yield what each assertion in a test claims."""
    for test in every_test(source):
        yield from (node.test for node in ast.walk(test) if isinstance(node, ast.Assert))


def every_test(source: str) -> Iterator[Function]:
    for node in ast.walk(parsed(source)):
        if isinstance(node, Function) and node.name.startswith("test_"):
            yield node


def filtered_nothing(source: str) -> Iterator[str]:
    """Yield each `[… for … in rows if …] == []` whose `rows` may be empty: nothing was filtered."""
    lines = source.splitlines()
    for claim in asserted_in(source):
        if isinstance(claim, ast.Compare) and [type(one) for one in claim.ops] == [ast.Eq]:
            sides = (claim.left, claim.comparators[0])
            filters = [one for one in sides if isinstance(one, ast.ListComp | ast.SetComp | ast.DictComp)]
            if filters and EMPTY & {ast.unparse(one) for one in sides}:
                first = filters[0].generators[0]
                if first.ifs and not (is_never_empty(first.iter) or exempt(lines, claim, EXEMPT)):
                    yield ast.unparse(first.iter)


def none_of_nothing(source: str) -> Iterator[str]:
    """Yield each `not any(… for … in rows)` of an assertion whose `rows` may be empty."""
    lines = source.splitlines()
    for claim in asserted_in(source):
        negated = (one.operand for one in ast.walk(claim) if isinstance(one, ast.UnaryOp))
        for call in negated:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "any" and call.args:
                argument = call.args[0]
                rows = argument.generators[0].iter if isinstance(argument, ast.GeneratorExp) else argument
                if not (is_never_empty(rows) or exempt(lines, claim, EXEMPT)):
                    yield ast.unparse(rows)


def zero_passes(source: str) -> Iterator[str]:
    """Yield each assertion of the form `0 <= value <= …`: a pause of zero would pass."""
    lines = source.splitlines()
    for claim in asserted_in(source):
        for one in ast.walk(claim):
            chained = isinstance(one, ast.Compare) and len(one.ops) > 1 and isinstance(one.ops[0], ast.LtE)
            from_zero = chained and ast.unparse(one).startswith(("0 ", "0.0 "))
            if from_zero and not exempt(lines, claim, MAY_BE_ZERO):
                yield ast.unparse(one)


def several_may_raise(source: str) -> Iterator[str]:
    """Yield the statements of each `pytest.raises` block with more than one: any of them may raise."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.With | ast.AsyncWith) and raises(node):
            last = node.body[-1]
            inner = last.body if isinstance(last, ast.With | ast.AsyncWith | ast.For | ast.AsyncFor) else []
            body = inner if len(node.body) == 1 and inner else node.body
            if len(body) > 1 and not isinstance(body[-1], ast.Raise):
                yield "; ".join(ast.unparse(one) for one in body)


def raises(node: ast.With | ast.AsyncWith) -> bool:
    calls = (item.context_expr for item in node.items)
    return any(isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.raises" for one in calls)


def success_or_refusal(source: str) -> Iterator[str]:
    """Yield each assertion that accepts both a success and a refusal: every request may be refused."""
    for claim in asserted_in(source):
        for one in ast.walk(claim):
            if isinstance(one, ast.Compare) and "status" in ast.unparse(one.left):
                accepted = accepted_statuses(one)
                if accepted & SUCCESS and accepted & REFUSAL:
                    yield ast.unparse(one)


def accepted_statuses(node: ast.Compare) -> set[int]:
    """Return the statuses that `status in {…}` or `status < …` accepts."""
    other, operator = node.comparators[0], node.ops[0]
    if isinstance(operator, ast.In) and isinstance(other, ast.Set | ast.Tuple | ast.List):
        constants = [one.value for one in other.elts if isinstance(one, ast.Constant)]
        return {value for value in constants if isinstance(value, int)}
    if len(node.ops) == 1 and isinstance(operator, ast.Lt) and isinstance(other, ast.Constant):
        return set(range(other.value)) if isinstance(other.value, int) else set()
    return set()


def asserts_nothing(source: str) -> Iterator[str]:
    """Yield each test without an assertion, and without a call of a function that has one."""
    lines = source.splitlines()
    for test in every_test(source):
        nodes = list(ast.walk(test))
        names = {word for node in nodes if isinstance(node, ast.Call) for word in called(node)}
        asserts = any(isinstance(node, ast.Assert) for node in nodes)
        if not (asserts or names & (LIBRARY_CHECKS | CHECKS) or exempt(lines, test, MUST_NOT_RAISE)):
            yield test.name


def called(node: ast.Call) -> set[str]:
    return {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}


def own_values(source: str) -> Iterator[str]:
    """Yield each assertion on a value that the statement before has set, and on a value and itself."""
    for test in every_test(source):
        for before, node in zip(test.body, test.body[1:], strict=False):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
                left, right = ast.unparse(node.test.left), ast.unparse(node.test.comparators[0])
                is_set = isinstance(before, ast.Assign) and isinstance(before.value, ast.Constant)
                if left == right or (is_set and ast.unparse(before) == f"{left} = {right}"):
                    yield ast.unparse(node)


def exempt(lines: list[str], node: ast.AST, mark: str) -> bool:
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return any(mark in line for line in lines[first - 1 : last])


def checks_of(sources: list[str]) -> set[str]:
    """Return the functions with assertions, and those that call one of them."""
    functions = [
        node for source in sources for node in ast.walk(parsed(source)) if isinstance(node, Function)
    ]
    calls = {
        node.name: {word for one in ast.walk(node) if isinstance(one, ast.Call) for word in called(one)}
        for node in functions
        if not node.name.startswith("test_")
    }
    found = {
        node.name
        for node in functions
        if node.name in calls and any(isinstance(one, ast.Assert | ast.Raise) for one in ast.walk(node))
    }
    while more := {name for name, words in calls.items() if words & (found | {"raises"})} - found:
        found |= more
    return found


SOURCES = {path: path.read_text("utf-8") for path in MODULES}
CHECKS = checks_of(list(SOURCES.values()))
RULES: tuple[Rule, ...] = (
    filtered_nothing,
    none_of_nothing,
    zero_passes,
    several_may_raise,
    success_or_refusal,
    asserts_nothing,
    own_values,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.__name__)
def test_every_test_can_fail(rule: Rule) -> None:
    found = {
        path.relative_to(TESTS).as_posix(): cases
        for path, source in SOURCES.items()
        if (cases := list(rule(source)))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("rule", "body", "found"),
    [
        (filtered_nothing, "assert [one for one in rows() if one] == []", ["rows()"]),
        (filtered_nothing, "assert [one for one in each(rows()) if one] == []", []),
        (filtered_nothing, "assert [str(one) for one in lint()] == []", []),
        (none_of_nothing, "assert not any(one in text for one in keys)", ["keys"]),
        (none_of_nothing, "assert not any(one in text for one in KEYS)", []),
        (zero_passes, "assert all(0 <= pause <= 1 for pause in each(pauses))", ["0 <= pause <= 1"]),
        (zero_passes, "assert 0 < pause <= 1", []),
        (several_may_raise, "with pytest.raises(E):\n  open()\n  close()", ["open(); close()"]),
        (several_may_raise, "with pytest.raises(E):\n  with it:\n    a()\n    b()", ["a(); b()"]),
        (several_may_raise, "with pytest.raises(E), change() as it:\n  it.put()\n  raise E\nassert it", []),
        (success_or_refusal, "assert answer.status_code in {200, 404}", ["answer.status_code in {200, 404}"]),
        (success_or_refusal, "assert answer.status_code < 500", ["answer.status_code < 500"]),
        (success_or_refusal, "assert answer.status_code in {400, 404}", []),
        (asserts_nothing, "work()", ["test_it"]),
        (asserts_nothing, "work()\nassert done", []),
        (own_values, "it.size = 5\nassert it.size == 5", ["assert it.size == 5"]),
        (own_values, "it.size = 5\nit.grow()\nassert it.size == 5", []),
    ],
)
def test_rule_finds_its_example(rule: Rule, body: str, found: list[str]) -> None:
    indented = "\n".join(f"  {line}" for line in body.splitlines())
    assert list(rule(f"def test_it():\n{indented}")) == found


def test_empty_parametrisation_is_an_error(pytestconfig: pytest.Config) -> None:
    """A test that is parametrized over an empty list would be skipped without notice."""
    assert pytestconfig.getini("empty_parameter_set_mark") == "fail_at_collect"
