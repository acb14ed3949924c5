"""Errors have the form that the vendor's document describes, with the codes of their status."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import schemathesis
from contract.sandbox.checks.exchange import exchange
from contract.sandbox.documents import document
from schemathesis import Case, CheckContext, Response
from support.json_schemas import nullable


@schemathesis.check
def errors_use_the_vendor_envelope(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every refusal has the vendor's error format, a message, and the codes that belong to its status."""
    found = exchange(case, response)
    if found is None or response.status_code < 400:
        return
    assert "application/json" in found.header("content-type"), "The error is not JSON."
    body, name = found.body, found.document.name
    problems = [error.message for error in _validator(name).iter_errors(body)]
    assert not problems, f"The error does not match the documented format: {problems}"
    assert any(" " in str(text) for _, text in _texts(body)), f"The error has no message: {body}"
    for path, expected in _codes(name, response.status_code):
        assert _at(body, path) == expected, f"{path} is {_at(body, path)!r}, not {expected!r}."


@cache
def _validator(name: str) -> jsonschema_rs.Draft4Validator:
    """Compile the schema of all documented errors: they must not differ."""
    api = document(name)
    schemas = [
        response["content"]["application/json"]["schema"]
        for operation in api.operations.values()
        for status, response in operation.responses.items()
        if status >= "4"
    ]
    assert all(schema == schemas[0] for schema in schemas[1:]), "The document describes several formats."
    whole = {**nullable(schemas[0]), "components": nullable(api.raw["components"])}
    return jsonschema_rs.Draft4Validator(whole, validate_formats=True)


@cache
def _codes(name: str, status: int) -> tuple[tuple[tuple[Any, ...], Any], ...]:
    """Return the codes of a status, by path.

    A code is the status itself, a word in capitals, or the description of the documented response, if every
    example of this status has it. Where each documented error shows its own status, so does any other.
    """
    api = document(name)
    examples: dict[str, list[tuple[Any, str]]] = {}
    for operation in api.operations.values():
        for number, response in operation.responses.items():
            if number[:1] in "45" and "example" in response["content"]["application/json"]:
                example = response["content"]["application/json"]["example"]
                examples.setdefault(number, []).append((example, response["description"]))
    shown = dict.fromkeys(path for path, _ in _texts(next(iter(examples.values()))[0][0]))
    always = {
        path: type(_at(next(iter(examples.values()))[0][0], path))(status)
        for path in shown
        if all(str(_at(one, path)) == number for number, known in examples.items() for one, _ in known)
    }
    codes = {
        path: text
        for path, text in (_texts(examples[str(status)][0][0]) if str(status) in examples else ())
        if all(_at(one, path) == text for one, _ in examples[str(status)])
        and (str(text).isupper() or all(text == description for _, description in examples[str(status)]))
    }
    return tuple({**codes, **always}.items())


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the path and the value of each text and integer of a JSON value."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _texts(member, (*path, key))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _texts(member, (*path, place))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield path, value


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
