"""Defines the exit code of the `returns` program for each kind of error."""

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ValidationFailed,
)

FAILED = 1
NOTHING_FOUND = 4
INTERRUPTED = 130
TERMINATED = 143
EXIT_CODES: tuple[tuple[type[ConnectorError], int], ...] = (
    (ConfigurationError, 2),
    (AuthenticationError, 3),
    (PermissionDenied, 3),
    (NotFound, NOTHING_FOUND),
    (ValidationFailed, 5),
    (RateLimited, 6),
    (OutcomeUnknown, 7),
    (ConnectorError, FAILED),
)


def exit_code(error: ConnectorError) -> int:
    """Return the program's exit code for an error."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
