"""Converts a request for a fault into a `NewFault`, or reports the fields that are not valid."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from jsonschema_rs import Draft4Validator

from mock_server.engine.messages import explain, refusal
from mock_server.engine.problem import FieldError
from mock_server.faults.kinds import ANY, KINDS, WEBHOOK, Kind
from mock_server.faults.model import NewFault
from mock_server.faults.schedule import Condition
from mock_server.spelling import check_name

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

    Raises `UnknownNameError` if the request contains a name that does not exist (see `check_names`), or
    `Problem("invalid")` with the fields that are not valid.
    """
    check_names(requested, operations)
    what, kind = requested["what"], KINDS[requested["what"]]
    vendor, operation = requested.get("vendor", ANY), requested.get("operation", ANY)
    if kind.target == "webhooks" and operation == ANY:
        operation = WEBHOOK
    errors = [*_operation_errors(kind, what, vendor, operation, operations)]
    errors += explain(Draft4Validator(kind.schema), requested.get("parameters", {}), "parameters")
    errors += _range_errors(requested.get("parameters", {}))
    when = requested.get("when", {})
    chosen = [name for name in _CHOICES if name in when]
    if len(chosen) > 1:
        errors.append(FieldError("when", f"must have only one of {', '.join(chosen)}"))
    if errors:
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
    """Yield an error if a kind of fault cannot affect an operation, for example a write.

    `kind` is the kind of fault, and `what` is its name. `operations` contains the HTTP method of each
    operation, keyed by vendor and operationId.
    """
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
    if operation != ANY and kind.target == "reads" and offered[operation] != "GET":
        reads = [name for name, method in offered.items() if method == "GET"]
        yield FieldError("operation", f"must be one that reads for {what}: {', '.join(reads)}, or *")


def _range_errors(given: Mapping[str, Any]) -> Iterator[FieldError]:
    low, high = given.get("milliseconds", 0), given.get("max_milliseconds")
    if isinstance(low, int) and isinstance(high, int) and high < low:
        yield FieldError("parameters.max_milliseconds", "must not be less than milliseconds")


def check_names(requested: Mapping[str, Any], operations: Operations) -> None:
    """Raise `UnknownNameError` for the first name that does not exist in a request to add a fault.

    Checks the names of the kind, the vendor, the operation and the parameters. Values that are not strings
    are ignored.
    """
    what, vendor, operation = (requested.get(field, ANY) for field in ("what", "vendor", "operation"))
    check_name("kind of fault", requested.get("what"), KINDS, field="what", synonyms=_OTHER_NAMES)
    check_name("vendor", vendor, [*operations, ANY], field="vendor")
    methods = operations.values() if vendor == ANY else [operations.get(vendor, {})]
    offered = [name for of_vendor in methods for name in of_vendor]
    of = "" if vendor == ANY else vendor
    check_name("operation", operation, [*offered, ANY, WEBHOOK], of=of, field="operation")
    parameters = requested.get("parameters")
    for name in parameters if isinstance(parameters, dict) and what in KINDS else ():
        check_name("parameter", name, KINDS[what].parameters, of=what, field=f"parameters.{name}")
