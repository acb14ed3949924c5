"""Builds one request from an operation and named values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connector.definition.naming import did_you_mean, listed
from connector.errors import FieldError, ValidationFailed
from connector.transport.values import RefusedValue, fitted, members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Operation, Parameter


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request: `path` is below the base URL and percent-encoded, `body` is a JSON value or None."""

    operation: Operation
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any

    def sent(self) -> dict[str, Any]:
        """What is to be said about it in an error; there is no credential in it."""
        return {
            "operation": self.operation.id,
            "method": self.operation.method,
            "path": self.path,
            "query": list(self.query),
            "body": self.body,
        }


def build(operation: Operation, values: Mapping[str, Any]) -> Request:
    """Check values named like parameters and body fields, and place them.

    A list for a parameter that has a several-values form (`status` -> `status[]`) is sent as that, repeated.
    Raises `ValidationFailed` naming every wrong field.
    """
    parameters = {one.name: one for one in operation.parameters}
    body_fields = operation.body.children if operation.body else ()
    rest = {name: value for name, value in values.items() if name not in parameters}
    body, errors = members(body_fields, rest)
    if any(error.message.startswith("is not known") for error in errors):
        known = [*parameters, *(field.key for field in body_fields)]
        errors = [_unknown(error, known, rest) for error in errors]
    path = operation.path
    query: list[tuple[str, str]] = []
    for name, parameter in parameters.items():
        try:
            placed = _parameter(parameter, values.get(name), parameters)
        except RefusedValue as refusal:
            errors.extend(refusal.errors)
            continue
        if parameter.location == "query":
            query.extend(placed)
        elif placed:
            path = path.replace(f"{{{name}}}", quote(placed[0][1], safe=""))
    if errors:
        raise ValidationFailed(_sentence(operation, errors), fields=errors, operation=operation.id)
    has_body = operation.body is not None and (operation.body_required or bool(body))
    return Request(operation=operation, path=path, query=tuple(query), body=body if has_body else None)


def _unknown(error: FieldError, known: list[str], rest: Mapping[str, Any]) -> FieldError:
    if error.field not in rest or not error.message.startswith("is not known"):
        return error
    guess = did_you_mean(error.field, known) or (f"; there is {listed(known)}" if known else "")
    return FieldError(error.field, f"is not known here{guess}")


def _parameter(parameter: Parameter, value: Any, known: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    name, field = parameter.name, parameter.field
    if value is None:
        if field.required:
            raise RefusedValue(FieldError(name, "is required"))
        return []
    if parameter.repeated_as and isinstance(value, list | tuple | set | frozenset):
        name = parameter.repeated_as
        field = known[name].field
        value = sorted(value) if isinstance(value, set | frozenset) else value
    fit = fitted(field, value, parameter.name)
    if parameter.location == "path" and fit in ("", ".", ".."):
        raise RefusedValue(FieldError(name, "must name a record"))
    return [(name, _text(one)) for one in (fit if isinstance(fit, list) else [fit])]


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def joined(errors: Sequence[FieldError]) -> str:
    """Return the end of a sentence that lists what is wrong."""
    text = "; ".join(str(error) for error in errors)
    return text if text.endswith("?") else f"{text}."


def _sentence(operation: Operation, errors: list[FieldError]) -> str:
    return f"{operation.id} was not sent: {joined(errors)}"
