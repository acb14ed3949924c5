"""Errors that vendors share: default HTTP status codes, and functions that create common problems."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from mock_server.access.grants import Grant
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem

STATUSES: Final[Mapping[str, int]] = {
    "invalid": 400,
    "too_large": 400,
    "unsupported_media_type": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "rate_limited": 429,
    "unavailable": 500,
    "server_error": 500,
}
"""HTTP status codes keyed by kind of problem; vendors that use other status codes override them."""
_LONGEST_ID: Final = 80
"""The maximum number of characters of an unknown ID that are repeated in an error message."""


def phrase(status: int) -> str:
    """Return the reason phrase of an HTTP status, such as `Bad Gateway`; "Error" if it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def require_grant(call: Call, message: str) -> Grant:
    """Return a request's grant, which contains the permissions of its API key.

    Raises `Problem("unauthenticated", message)` if the request has no grant.
    """
    if call.grant is None:
        raise Problem("unauthenticated", message)
    return call.grant


def invalid(field: str, reason: str) -> Problem:
    """Create the problem for an invalid field.

    The message for `invalid("id", "is taken")` is "id is taken."
    """
    return Problem("invalid", f"{field} {reason}.", (FieldError(field, reason),))


def not_found(kind: str, id_: str) -> Problem:
    """Create the problem for an unknown ID.

    The message for `not_found("return", "X1")` is "No return has the id X1."
    """
    return Problem("not_found", f"No {kind} has the id {id_[:_LONGEST_ID]}.")
