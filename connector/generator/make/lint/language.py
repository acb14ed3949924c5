"""Checks of expressions: that they can be read, and that every function and variable in them exists."""

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
    """Every `{{…}}` is closed and is an expression."""
    for where, _one, text in _texts(app):
        try:
            pieces(text)
        except ImlError as problem:
            yield f"{where}: {problem}."


def m007_functions_exist(app: App) -> Iterator[str]:
    """Every function is one of Make's."""
    for where, _one, node in _nodes(app):
        if isinstance(node, Call) and node.function not in FUNCTIONS:
            yield f"{where}: Make has no function {node.function}."


def m008_variables_exist(app: App) -> Iterator[str]:
    """Every variable is one that Make gives at that place."""
    for where, one, node in _nodes(app):
        kind = one.kind if one else "base"
        known = ROOTS.get(kind, frozenset()) | CONSTANTS | TRIGGERS.get(one.type if one else "", set())
        if isinstance(node, Name) and node.root not in known:
            yield f"{where}: there is no variable {node.root} here."


def m009_parameters_exist(app: App) -> Iterator[str]:
    """Every `parameters.x` is in the form of its component."""
    for where, one, node in _nodes(app):
        if one is None or not isinstance(node, Name) or node.root != "parameters" or not node.steps:
            continue
        if node.steps[0] not in {parameter["name"] for parameter in one.parameters}:
            yield f"{where}: there is no parameter {node.steps[0]}."


def m010_connection_values_exist(app: App) -> Iterator[str]:
    """Every `connection.x` is typed or stored when the connection is made."""
    known = {key for one in app.components("connection") for key in stored(one)}
    for where, _one, node in _nodes(app):
        if isinstance(node, Name) and node.root == "connection" and node.steps and node.steps[0] not in known:
            yield f"{where}: the connection holds no {node.steps[0]}."


def m011_arrays_are_counted_from_one(app: App) -> Iterator[str]:
    """No `[0]`: it is nothing at Make."""
    for where, _one, node in _nodes(app):
        if isinstance(node, Name) and 0 in node.steps:
            yield f"{where}: [0] is nothing; Make counts from 1."


def m012_items_hold_what_is_asked_of_them(app: App) -> Iterator[str]:
    """Every `item.a.b` of a module is in its interface."""
    for where, one, node in _nodes(app):
        if one is None or one.kind != "module" or not isinstance(node, Name) or node.root != "item":
            continue
        form: Any = one.code.get("interface") or []
        for step in node.steps:
            if not isinstance(form, list) or not form:
                break
            found = next((field for field in form if field["name"] == step), None)
            if found is None:
                yield f"{where}: the interface has no {'.'.join(str(part) for part in node.steps)}."
                break
            form = found.get("spec")


def stored(connection: Component) -> set[str]:
    """Return the names that a connection can be asked for."""
    found = {one["name"] for one in connection.parameters}
    for _step, request in connection.requests:
        found |= set(request.get("response", {}).get("data", {}))
    return found


def _texts(app: App) -> Iterator[tuple[str, Component | None, str]]:
    for text, place in strings(app.general("base")):
        yield f"base{place}", None, text
    for one in app.components("connection", "webhook", "module", "rpc"):
        for code in ("communication", "epoch", "attach", "detach", "update"):
            for text, place in strings(one.code.get(code)):
                yield f"{one.name} {code}{place}", one, text


def strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with its place."""
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


@lru_cache(maxsize=4_096)  # the checks read the same texts one after the other
def nodes(text: str) -> tuple[Node, ...]:
    """Return every node of every expression in a text; nothing for a text that cannot be read."""
    try:
        found = pieces(text)
    except ImlError:
        return ()
    return tuple(node for piece in found if not isinstance(piece, str) for node in _below(piece))


def _below(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for one in node.arguments:
            yield from _below(one)
    elif isinstance(node, Operation):
        if node.left is not None:
            yield from _below(node.left)
        yield from _below(node.right)
