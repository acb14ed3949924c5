"""Validates the parameters and the body of requests, and explains what is wrong with them in sentences.

Connexion calls these validators in place of its own, whose messages do not name the parameter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from connector.definition.naming import listed
from connector.definition.spelling import did_you_mean, unknown
from connector.errors import FieldError
from connector.hub.api.connexion_parts import (
    BadRequestProblem,
    JSONRequestBodyValidator,
    ParameterValidator,
    ProblemException,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jsonschema import ValidationError

    from connector.hub.api.connexion_parts import ConnexionRequest

MAX_BODY = 1_000_000
"""The most bytes of a body."""
MAX_CODING = 40
MOST = 5
"""The most problems that one message contains."""
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}
RULES: dict[str, Callable[[Any], str]] = {
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "minLength": lambda limit: (
        "must not be empty" if limit == 1 else f"must have at least {limit} characters"
    ),
    "maxLength": lambda limit: f"must have at most {limit} characters",
    "minItems": lambda limit: f"must have at least {limit} entries",
    "maxItems": lambda limit: f"must have at most {limit} entries",
    "enum": lambda allowed: f"must be {listed(map(str, allowed))}",
    "type": lambda kind: f"must be {TYPES[kind]}",
    "format": lambda form: f"must be a valid {form}",
    "pattern": lambda pattern: f"must match {pattern}",
}
"""The rest of a sentence for each rule of JSON Schema that openapi/hub.yaml uses, keyed by the rule."""


class Parameters(ParameterValidator):  # type: ignore[misc]  # Connexion has no types
    """Validates path and query parameters; raises `BadRequestProblem` with a sentence for each problem."""

    def validate_request(self, request: ConnexionRequest) -> None:
        known = [one["name"] for one in self.parameters["query"]]
        problems = [
            unknown("query parameter", name, known) for name in request.query_params if name not in known
        ]
        for place, values in (("path", request.path_params), ("query", request.query_params)):
            for parameter in self.parameters[place]:
                name = parameter["name"]
                problems += _of_a_parameter(parameter, values.get(name))
        _refuse(problems)


class Body(JSONRequestBodyValidator):  # type: ignore[misc]  # Connexion has no types
    """Validates a JSON body; raises `BadRequestProblem` with a sentence for each problem."""

    async def _parse(self, stream: Any, scope: Any) -> Any:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        coding = headers.get(b"content-encoding", "").strip()
        if coding.lower() not in ("", "identity"):
            detail = (
                f"The Content-Encoding {coding[:MAX_CODING]} is not supported; send the body uncompressed."
            )
            raise ProblemException(status=415, detail=detail)
        content = b""
        async for part in stream:
            content += part
            if len(content) > MAX_BODY:
                raise ProblemException(status=413, detail=f"A body may have at most {MAX_BODY:,} bytes.")
        if not content:
            return None
        try:
            body = json.loads(content, parse_constant=_refuse_constant)
            unstorable = list(_unstorable(body))
        except RecursionError:
            raise BadRequestProblem(detail="The body is not valid JSON: it is nested too deeply.") from None
        except ValueError as problem:
            raise BadRequestProblem(detail=f"The body is not valid JSON: {_reason(problem)}.") from problem
        _refuse(unstorable)
        return body

    def _validate(self, body: Any) -> None:
        if body is None and not self._required:
            return
        if body is None and not self._nullable:
            raise BadRequestProblem(detail="The request needs a body, which must be a JSON object.")
        _refuse([str(one) for error in _leaves(self._validator.iter_errors(body)) for one in explain(error)])


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"the number {text} is not JSON")  # Python accepts NaN and Infinity, RFC 8259 does not


def _unstorable(value: Any, name: str = "") -> Iterator[str]:
    """Yield a problem for each string that no database can store: with NUL, or with a surrogate alone."""
    if isinstance(value, str) and _is_unstorable(value):
        yield f"{name or 'The body'} contains characters that cannot be stored"
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _unstorable(part, _path(name, [index]))
    elif isinstance(value, dict):
        if any(map(_is_unstorable, value)):
            yield f"{name or 'The body'} has a name with characters that cannot be stored"
        for key, part in value.items():
            yield from _unstorable(part, _path(name, [key]))


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def explain(error: ValidationError, name: str = "") -> Iterator[FieldError]:
    """Yield the problems that a validation error reports; `name` is the name of the validated value."""
    place = _path(name, error.absolute_path)
    rule, value = str(error.validator), error.validator_value
    if rule == "required":
        missing = error.message.split("'")[1]
        yield FieldError(_path(place, [missing]), "is missing")
    elif rule == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        for extra in sorted(set(error.instance) - set(known)):
            yield FieldError(_path(place, [extra]), f"is not a known field{did_you_mean(extra, known)}")
    elif rule in RULES:
        yield FieldError(place or "The body", RULES[rule](value))
    else:
        yield FieldError(place or "The body", "is invalid")


def _of_a_parameter(parameter: dict[str, Any], value: Any) -> list[str]:
    """Return a problem for each rule that the value of a parameter breaks; `value` is None if missing."""
    name = parameter["name"]
    if value is None:
        return [f"{name} is missing"] if parameter.get("required") else []
    if isinstance(value, str) and "\0" in value:
        return [f"{name} must not contain NUL characters"]
    errors = _validator_of(parameter["schema"]).iter_errors(value)
    return [str(one) for error in errors for one in explain(error, name)]


def _validator_of(schema: dict[str, Any]) -> Any:
    """Create a validator for the schema of a parameter."""
    from jsonschema import Draft4Validator

    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors in the order of the document, and the causes in place of a combined rule."""
    for error in sorted(errors, key=lambda one: [str(step) for step in one.absolute_path]):
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _path(start: str, steps: Iterable[str | int]) -> str:
    path = start
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _refuse(problems: list[str]) -> None:
    if problems:
        more = f" There are {len(problems) - MOST} more problems." if len(problems) > MOST else ""
        sentences = [one if one.endswith((".", "?")) else f"{one}." for one in problems[:MOST]]
        raise BadRequestProblem(detail=" ".join(sentences) + more)


def _reason(problem: ValueError) -> str:
    if isinstance(problem, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return f"{problem}"[:1].lower() + f"{problem}"[1:]


VALIDATORS: dict[str, Any] = {"parameter": Parameters, "body": {"application/json": Body}}
"""The validators, as Connexion's option `validator_map` expects them."""
