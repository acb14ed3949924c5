"""Converts a request for a fault into a `NewFault`, or reports the fields that are not valid."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from jsonschema_rs import Draft4Validator

from mock_server.engine.messages import explain, refusal, shorten
from mock_server.engine.problem import FieldError
from mock_server.faults.kinds import ANY, KINDS, WEBHOOK, Kind
from mock_server.faults.model import NewFault
from mock_server.faults.schedule import Condition

Operations = Mapping[str, Mapping[str, str]]
"""The HTTP method of each operation, keyed by vendor and operationId."""

_CHOICES: Final = ("next", "every", "share")
_OTHER_NAMES: Final[Mapping[str, str]] = {
    str(HTTPStatus.TOO_MANY_REQUESTS.value): "rate_limited",
    str(HTTPStatus.INTERNAL_SERVER_ERROR.value): "server_error",
    str(HTTPStatus.BAD_GATEWAY.value): "bad_gateway",
    str(HTTPStatus.SERVICE_UNAVAILABLE.value): "unavailable",
    str(HTTPStatus.UNAUTHORIZED.value): "expired_login",
    "delay": "latency",
    "slow": "latency",
    "outage": "unavailable",
    "disconnect": "cut",
    **{name.removeprefix("webhook_"): name for name in KINDS if name.startswith("webhook_")},
}
"""Synonyms of fault kinds, for suggestions in error messages; keyed by synonym."""


def parse(requested: Mapping[str, Any], operations: Operations, seed: int) -> NewFault:
    """Build the fault that a request describes; `seed` is the default for a request without a seed.

    Raises `Problem("invalid")` with the fields that are not valid, and suggests similar names.
    """
    what = requested["what"]
    kind = KINDS.get(what)
    errors = [] if kind else [FieldError("what", unknown(what, KINDS))]
    vendor = requested.get("vendor", ANY)
    if vendor != ANY and vendor not in operations:
        errors.append(FieldError("vendor", f"{unknown(vendor, operations)}, or *"))
    operation = requested.get("operation", ANY)
    if kind and not errors:
        operation = WEBHOOK if kind.target == "webhooks" and operation == ANY else operation
        errors += _operation_errors(kind, what, vendor, operation, operations)
    if kind:
        errors += _parameter_errors(kind, requested.get("parameters", {}))
    when = requested.get("when", {})
    chosen = [name for name in _CHOICES if name in when]
    if len(chosen) > 1:
        errors.append(FieldError("when", f"must have only one of {', '.join(chosen)}"))
    if errors or kind is None:
        raise refusal(errors)
    return NewFault(
        vendor=vendor,
        operation=operation,
        what=what,
        parameters=kind.complete(requested.get("parameters", {})),
        condition=Condition(**{"seed": seed, **when}),
    )


def _operation_errors(
    kind: Kind, what: str, vendor: str, operation: str, operations: Operations
) -> Iterator[FieldError]:
    """Yield an error if the operation does not exist, or if this kind of fault cannot affect it."""
    if kind.target == "webhooks":
        if operation != WEBHOOK:
            yield FieldError("operation", f"must be {WEBHOOK} or * for {what}, which disturbs webhooks")
        return
    if operation == WEBHOOK:
        yield FieldError("operation", f"must not be {WEBHOOK}: {what} disturbs requests to a vendor's API")
        return
    offered = {
        name: method
        for of_vendor, methods in operations.items()
        if vendor in (ANY, of_vendor)
        for name, method in methods.items()
    }
    if operation == ANY:
        return
    if operation not in offered:
        yield FieldError("operation", f"{unknown(operation, offered)}, or *")
    elif kind.target == "reads" and offered[operation] != "GET":
        reads = [name for name, method in offered.items() if method == "GET"]
        yield FieldError("operation", f"must be one that reads for {what}: {', '.join(reads)}, or *")


def _parameter_errors(kind: Kind, given: Mapping[str, Any]) -> Iterator[FieldError]:
    for error in explain(Draft4Validator(kind.schema), given, "parameters"):
        name = error.field.removeprefix("parameters.")
        if name in given and name not in kind.parameters:
            yield FieldError(error.field, unknown(name, kind.parameters))
        else:
            yield error
    low, high = given.get("milliseconds", 0), given.get("max_milliseconds")
    if isinstance(low, int) and isinstance(high, int) and high < low:
        yield FieldError("parameters.max_milliseconds", "must not be less than milliseconds")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most similar to `name`, or "" if no known name is similar."""
    from difflib import get_close_matches  # loading it costs time at start-up

    names = list(known)
    other = _OTHER_NAMES.get(name.lower())
    return other if other in names else next(iter(get_close_matches(name.lower(), names, n=1)), "")


def unknown(name: str, known: Iterable[str]) -> str:
    """Return an error message for an unknown name; it suggests a similar name and lists all known names."""
    names = list(known)
    similar = suggestion(name, names)
    question = f"; did you mean {similar}?" if similar else "."
    offered = f"The choices are {', '.join(names)}" if names else "There is no choice here"
    return f"must not be {shorten(name)!r}, which does not exist{question} {offered}"
