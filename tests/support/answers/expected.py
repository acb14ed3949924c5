"""What the connector has to do with an answer, decided without its own tables."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.errors import (
    AuthenticationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.transport.answers import Answer

if TYPE_CHECKING:
    from connector.definition.model import Operation
    from support.answers.undocumented import Wire

BY_STATUS: dict[int, type[ConnectorError]] = {
    400: ValidationFailed,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: ValidationFailed,
    422: ValidationFailed,
    429: RateLimited,
}
"""The meaning of a documented error; an error of the vendor's server (5xx) is `VendorUnavailable`."""
WAITS = {
    "429 in seconds": 30.0,
    "429 in fractions of a second": 0.5,
    "429 as a date": 30.0,
    "429 in milliseconds": 1500.0,
    "429 tomorrow": 86000.0,
    "429 without a time": None,
    "429 not readable": None,
    "503 with Retry-After": 30.0,
}
"""The seconds in `retry_after`."""
NOT_SENT = {"no connection"}
NO_ANSWER = {"reset before the answer", "closed before the answer", "reset within the body", "slow drip"}
UNDONE = (301, 307, 308)
"""Redirects that were not followed, so that nothing was done (RFC 9110 section 15.4)."""


def documented_error(status: int, *, safe: bool) -> type[ConnectorError]:
    if status >= 500:
        return VendorUnavailable if safe else OutcomeUnknown
    return BY_STATUS[status]


def undocumented_error(wire: Wire, *, safe: bool) -> tuple[type[ConnectorError], ...]:
    """Return the errors that fit an undocumented answer; empty if a result fits as well."""
    if wire.kind in NOT_SENT:
        return (VendorUnavailable,)
    if wire.kind in NO_ANSWER or wire.status >= 500:
        return (VendorUnavailable,) if safe else (OutcomeUnknown,)
    if wire.status == 429:
        return (RateLimited,)
    if wire.status >= 400:
        return (UnexpectedResponse, NotFound, ValidationFailed, AuthenticationError, PermissionDenied)
    if wire.status in UNDONE:
        return (UnexpectedResponse,)
    return (UnexpectedResponse,) if safe else (OutcomeUnknown,)


def wrong_answer(operation: Operation, body: Any, answer: Any) -> str:
    """Compare an answer with the body that was sent: all of it, and the result that it contains."""
    if not isinstance(answer, Answer):
        return f"returned {type(answer).__name__}"
    sent = json.loads(json.dumps(body), parse_float=Decimal)
    inside = sent
    for step in operation.payload:
        if not isinstance(inside, dict) or step not in inside:
            return f"returned {answer.data!r}, although {step} is missing"
        inside = inside[step]
    if answer.body != sent:
        return "changed the body"
    return "" if answer.data == inside else "returned another part of the body"
