"""Builds a request: validates named values and inserts them into the path, the query and the body."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connector.definition.naming import listed
from connector.definition.spelling import did_you_mean
from connector.errors import FieldError, ValidationFailed
from connector.transport.values import (
    RefusedValue,
    checked_members,
    checked_value,
    missing_errors,
    too_few_errors,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Operation, Parameter


@dataclass(frozen=True, slots=True)
class Request:
    """A validated request, ready to be sent.

    `path` is percent-encoded and relative to the base URL. `body` is the JSON value to send, or None for a
    request without a body.
    """

    operation: Operation
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any

    def sent(self) -> dict[str, Any]:
        """Return the operation, method, path, query and body, for `OutcomeUnknown.sent`.

        Credentials are not included.
        """
        return {
            "operation": self.operation.id,
            "method": self.operation.method,
            "path": self.path,
            "query": list(self.query),
            "body": self.body,
        }


def build(operation: Operation, values: Mapping[str, Any]) -> Request:
    """Validate the values and build the request.

    `values` maps the names of parameters and body fields to their values. If the API has a separate parameter
    for lists, such as `status[]` in addition to `status`, each value in a list is sent as one `status[]`
    parameter. Raises `ValidationFailed` with an error for each invalid field.
    """
    parameters = {parameter.name: parameter for parameter in operation.parameters}
    body_fields = operation.body.children if operation.body else ()
    rest = {name: value for name, value in values.items() if name not in parameters}
    body, errors = checked_members(body_fields, rest)
    if any(error.message.startswith("is unknown") for error in errors):
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
            # safe="" also encodes slashes: a slash in an ID must not change which resource is requested.
            path = path.replace(f"{{{name}}}", quote(placed[0][1], safe=""))
    if operation.body:
        errors = errors or too_few_errors(operation.body, body) or missing_errors(operation.body, body)
    if errors:
        raise ValidationFailed(_sentence(operation, errors), fields=errors, operation=operation.id)
    has_body = operation.body is not None and (operation.body_required or bool(body))
    return Request(operation=operation, path=path, query=tuple(query), body=body if has_body else None)


def _unknown(error: FieldError, known: list[str], rest: Mapping[str, Any]) -> FieldError:
    if error.field not in rest or not error.message.startswith("is unknown"):
        return error
    guess = did_you_mean(error.field, known) or (f"; use {listed(known)}" if known else "")
    return FieldError(error.field, f"is unknown{guess}")


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
    fit = checked_value(field, value, parameter.name)
    # Clients and servers remove the segments . and .. from a path (RFC 3986 section 5.2.4), so the request
    # would reach another resource.
    if parameter.location == "path" and fit in ("", ".", ".."):
        raise RefusedValue(FieldError(name, "must be the id of a record"))
    return [(name, _text(item)) for item in (fit if isinstance(fit, list) else [fit])]


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def joined_errors(errors: Sequence[FieldError]) -> str:
    """Join field errors with semicolons, and add a period at the end.

    No period is added after a question mark: an error can end with a question such as "did you mean …?".
    """
    text = "; ".join(str(error) for error in errors)
    return text if text.endswith("?") else f"{text}."


def _sentence(operation: Operation, errors: list[FieldError]) -> str:
    return f"{operation.id} was not sent: {joined_errors(errors)}"
