"""What a write returns can be read, under the links that the document states."""

from collections.abc import Iterator, Mapping
from typing import Any

import schemathesis
from contract.sandbox.checks.exchange import Exchange, exchange
from contract.sandbox.documents import Json, Operation
from schemathesis import Case, CheckContext, Response

_PREFIX = "query."


@schemathesis.check
def created_can_be_read(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Each link to a GET operation answers 200, and shows the record that the write returned."""
    found = exchange(case, response)
    if found is None or found.operation is None or not found.ok or found.operation.method == "GET":
        return
    described = found.operation.responses[str(response.status_code)]
    for name, link in described.get("links", {}).items():
        target = found.document.operations[link["operationId"]]
        if target.method == "GET":
            _check(found, name, link["parameters"], target)


def _check(found: Exchange, name: str, expressions: Json, target: Operation) -> None:
    values = {key: _value(found, expression) for key, expression in expressions.items()}
    path = {key: text for key, text in values.items() if key in target.path_names}
    query = [(key.removeprefix(_PREFIX), text) for key, text in values.items() if key not in path]
    answer = found.served.call(target, path, query)
    assert answer.status == 200, f"The link {name} leads to {answer.status}: {answer.content.decode()}"
    if _shows_records(target):
        wanted = _record(found, expressions)
        assert any(_agrees(wanted, one) for one in _objects(answer.body)), (
            f"The link {name} leads to an answer that does not show {wanted}: {answer.body}"
        )


def _shows_records(target: Operation) -> bool:
    """Return whether an operation shows the record itself; its scans and statistics do not."""
    return target.path.endswith("}") or not target.path_names


def _value(found: Exchange, expression: Any) -> str:
    """Evaluate a runtime expression of OpenAPI: the parts that the documents use."""
    text = str(expression)
    if text.startswith("$request.path."):
        return found.path[text.rpartition(".")[2]]
    if not text.startswith("$response.body#/"):
        return text
    value = found.body
    for step in text.partition("#/")[2].split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)


def _record(found: Exchange, expressions: Json) -> Mapping[str, Any]:
    """Return the record of an answer: the object that holds the link's value, or else the innermost.

    An envelope holds one object and nothing else that tells one answer from another.
    """
    for expression in expressions.values():
        pointer = str(expression).partition("#/")[2]
        if pointer:
            holder: Any = found.body
            for step in pointer.split("/")[:-1]:
                holder = holder[int(step)] if isinstance(holder, list) else holder[step]
            return dict(holder)
    record = found.body
    while len(inner := [one for one in record.values() if isinstance(one, dict)]) == 1 and len(record) <= 2:
        record = inner[0]
    return dict(record)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from _objects(member)


def _agrees(wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Return whether one of two objects is a part of the other: lists show only some fields."""
    small, large = sorted((wanted, shown), key=len)
    return len(small) > 1 and all(key in large and large[key] == small[key] for key in small)
