"""Error responses that all vendors share: the status of each kind of problem, and common problems."""

from collections.abc import Mapping
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
"""HTTP status by kind of problem. A vendor that answers differently overrides its own kinds."""
_LONGEST_ID: Final = 80
"""How many characters of an unknown id a message repeats."""


def require_grant(call: Call, message: str) -> Grant:
    """Return the grant of a request; raise `Problem("unauthenticated", message)` if it has none."""
    if call.grant is None:
        raise Problem("unauthenticated", message)
    return call.grant


def invalid(field: str, reason: str) -> Problem:
    """Return the problem of one field: `invalid("id", "is taken")` reads "id is taken"."""
    return Problem("invalid", f"{field} {reason}.", (FieldError(field, reason),))


def not_found(kind: str, id_: str) -> Problem:
    """Return the problem of an unknown id: `not_found("return", "X1")` reads "No return has the id X1"."""
    return Problem("not_found", f"No {kind} has the id {id_[:_LONGEST_ID]}.")
