"""Checks that IML expressions can be parsed, and that their functions, variables and parameters exist."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from connector.generator.make.lint.app import App, Component
from connector.generator.make.lint.iml import Call, ImlError, Name, Node, Operation, pieces
from connector.generator.make.lint.known import CONSTANTS, FUNCTIONS

COMMON = frozenset({"common", "environment", "temp", "body", "headers", "statusCode"})
ROOTS = {
    "base": COMMON | {"connection", "parameters"},
    "connection": COMMON | {"parameters", "data", "oauth", "query", "connection"},
    "rpc": COMMON | {"connection", "parameters", "item", "pagination"},
    "webhook": COMMON | {"connection", "parameters", "webhook", "item", "query", "method", "data"},
    "module": COMMON | {"connection", "parameters", "item", "pagination"},
}
TRIGGERS = {"trigger": {"data"}, "instant_trigger": {"payload", "webhook"}}


def m006_expressions_can_be_read(app: App) -> Iterator[str]:
    """Check that every expression in double braces can be parsed."""
    for where, _one, text in _texts(app):
        try:
            pieces(text)
        except ImlError as problem:
            yield f"{where} is not a valid expression: {problem}."


def m007_functions_exist(app: App) -> Iterator[str]:
    """Check that every function that is called in an expression exists in Make."""
    for where, _one, node in _nodes(app):
        if isinstance(node, Call) and node.function not in FUNCTIONS:
            yield f"{where} calls {node.function}, which is not a function of Make."


def m008_variables_exist(app: App) -> Iterator[str]:
    """Check that every variable is available where it is used, such as `item` in a module."""
    for where, one, node in _nodes(app):
        kind = one.kind if one else "base"
        known = ROOTS.get(kind, frozenset()) | CONSTANTS | TRIGGERS.get(one.type if one else "", set())
        if isinstance(node, Name) and node.root not in known:
            yield f"{where} uses the variable {node.root}, which does not exist there."


def m009_parameters_exist(app: App) -> Iterator[str]:
    """Check that every `parameters.x` refers to a parameter of the same component."""
    for where, one, node in _nodes(app):
        if one is None or not isinstance(node, Name) or node.root != "parameters" or not node.steps:
            continue
        if node.steps[0] not in {parameter["name"] for parameter in one.parameters}:
            yield f"{where} uses the parameter {node.steps[0]}, which this component does not have."


def m010_connection_values_exist(app: App) -> Iterator[str]:
    """Check that every `connection.x` refers to a value that the connection has.

    The value must be one of the connection's fields, or be stored by one of its requests.
    """
    known = {key for one in app.components("connection") for key in stored(one)}
    for where, _one, node in _nodes(app):
        if isinstance(node, Name) and node.root == "connection" and node.steps and node.steps[0] not in known:
            yield f"{where} uses {node.steps[0]}, which the connection does not have."


def m011_arrays_are_counted_from_one(app: App) -> Iterator[str]:
    """Check that no expression uses the array index 0. Make counts from 1, so `[0]` is always empty."""
    for where, _one, node in _nodes(app):
        if isinstance(node, Name) and 0 in node.steps:
            yield f"{where} uses [0], but Make counts from 1. Use [1] for the first element."


def m012_items_have_their_properties(app: App) -> Iterator[str]:
    """Check that every `item.x` in a module refers to a field in the module's interface."""
    for where, one, node in _nodes(app):
        if one is None or one.kind != "module" or not isinstance(node, Name) or node.root != "item":
            continue
        form: Any = one.code.get("interface") or []
        for step in node.steps:
            if not isinstance(form, list) or not form:
                break
            if isinstance(step, int):  # an index of a list
                continue
            member = next((field for field in form if field["name"] == step), None)
            if member is None:
                path = ".".join(str(part) for part in node.steps)
                yield f"{where} uses item.{path}, which is missing from the interface."
                break
            form = member.get("spec")


def stored(connection: Component) -> set[str]:
    """Return the names of a connection's values: its fields, and the values that its requests store."""
    names = {one["name"] for one in connection.parameters}
    for _step, request in connection.requests:
        names |= set(request.get("response", {}).get("data", {}))
    return names


def _texts(app: App) -> Iterator[tuple[str, Component | None, str]]:
    for text, place in strings(app.general("base")):
        yield f"base{place}", None, text
    for one in app.components("connection", "webhook", "module", "rpc"):
        for code in ("communication", "epoch", "attach", "detach", "update"):
            for text, place in strings(one.code.get(code)):
                yield f"{one.name} {code}{place}", one, text


def strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string in a nested value, with a phrase for messages that says where the string is.

    The phrase consists of ` at ` and the string's path, as in ` at qs.page`. The phrase is empty if `value`
    itself is a string. `place` is the path of `value`.
    """
    if isinstance(value, str):
        yield value, f" at {place}" if place else ""
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings(inner, f"{place}.{index}")


def _nodes(app: App) -> Iterator[tuple[str, Component | None, Node]]:
    for where, one, text in _texts(app):
        for node in nodes(text):
            yield where, one, node


@lru_cache(maxsize=4_096)  # every check parses the same templates
def nodes(text: str) -> tuple[Node, ...]:
    """Parse a template and return every syntax tree node in its expressions.

    The result is empty if the template is invalid.
    """
    try:
        parts = pieces(text)
    except ImlError:
        return ()
    return tuple(node for part in parts if not isinstance(part, str) for node in _walk(part))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for one in node.arguments:
            yield from _walk(one)
    elif isinstance(node, Operation):
        if node.left is not None:
            yield from _walk(node.left)
        yield from _walk(node.right)
