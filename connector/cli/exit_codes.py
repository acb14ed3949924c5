"""Exit codes of the program, by what went wrong."""

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
INTERRUPTED = 130
TERMINATED = 143
EXIT_CODES: tuple[tuple[type[ConnectorError], int], ...] = (
    (ConfigurationError, 2),
    (AuthenticationError, 3),
    (PermissionDenied, 3),
    (NotFound, 4),
    (ValidationFailed, 5),
    (RateLimited, 6),
    (OutcomeUnknown, 7),
    (ConnectorError, FAILED),
)


def exit_code(problem: ConnectorError) -> int:
    """Return the exit code that tells of an error."""
    return next(code for kind, code in EXIT_CODES if isinstance(problem, kind))
