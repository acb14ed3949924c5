"""Logs requests, waits and logins with the logger `returns_connector`; log messages contain no secret.

Each request is logged with level DEBUG, and the record has the attributes `vendor`, `method`, `operation`,
`attempt`, `milliseconds` and `status` (None if no response arrived), for loggers that write JSON:

    returnmate: GET list_returns, attempt 1: 200 after 34 ms.

A wait is logged before it begins: with level WARNING if it is longer than two seconds, otherwise with DEBUG.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from connector.transport.retry_after import NOTABLE, duration

if TYPE_CHECKING:
    from connector.errors import ConnectorError
    from connector.transport.request import Request

log = logging.getLogger("returns_connector")


def reports_requests() -> bool:
    """Return True if requests are logged; if not, callers need not measure durations."""
    return log.isEnabledFor(logging.DEBUG)


def report_response(vendor: str, request: Request, attempt: int, seconds: float, status: int) -> None:
    """Log a request with the status of its response; `seconds` is the time that the response took."""
    _report(vendor, request, attempt, seconds, status, str(status))


def report_failure(
    vendor: str, request: Request, attempt: int, seconds: float, problem: ConnectorError
) -> None:
    """Log a request without a usable response; `problem` is the error, whose message has no secrets."""
    _report(vendor, request, attempt, seconds, problem.status, problem.message.rstrip("."))


def _report(
    vendor: str, request: Request, attempt: int, seconds: float, status: int | None, outcome: str
) -> None:
    operation, milliseconds = request.operation, round(seconds * 1000)
    log.debug(
        "%s: %s %s, attempt %d: %s after %s ms.",
        vendor,
        operation.method,
        operation.id,
        attempt,
        outcome,
        f"{milliseconds:,}",
        extra={
            "vendor": vendor,
            "method": operation.method,
            "operation": operation.id,
            "attempt": attempt,
            "milliseconds": milliseconds,
            "status": status,
        },
    )


def report_wait(vendor: str, operation: str, seconds: float, reason: str) -> None:
    """Log that the request for `operation` waits before it is sent; `reason` follows the word "because"."""
    level = logging.WARNING if seconds > NOTABLE else logging.DEBUG
    if log.isEnabledFor(level):
        length = duration(seconds) if seconds > NOTABLE else f"{seconds:.1f} seconds"
        log.log(level, "%s: %s waits %s before it is sent, because %s.", vendor, operation, length, reason)


def report_login(vendor: str) -> None:
    """Log that the vendor accepted a login and returned an access token."""
    log.info("%s: logged in.", vendor)
