"""Decides whether a failed request is sent again, and how long to wait before the next attempt.

A safe request (GET, RFC 9110 section 9.2.1) is repeated after connection errors, timeouts and 5xx responses.
A write is repeated only if it certainly had no effect: no data was sent, or the response was 429.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from connector.errors import (
    ConnectorError,
    OutcomeUnknown,
    RateLimited,
    UnexpectedResponse,
    VendorUnavailable,
)
from connector.transport.answers import REDIRECT, SERVER_ERROR
from connector.transport.sending import NotSent

if TYPE_CHECKING:
    from connector.transport.deadline import Deadline
    from connector.transport.request import Request

ATTEMPTS = 4
"""The maximum number of times that a request is sent, including the first."""
LOOK_PAUSES = (1.0, 3.0, 6.0)
"""The pause in seconds before each attempt to find a record, which may become visible with a delay."""
ANSWERS_AFTER_WORK = {300, 302, 303, 304}
"""The redirect statuses after which a write may have been carried out.

Servers send 303 (See Other) after they carried out a request (RFC 9110 section 15.4.4), and use 302 (Found)
for the same purpose. 300 and 304 are not valid responses to a write, so they do not show that the write was
rejected. 301, 307 and 308 ask the client to send the request to another URL, so it was not carried out.
"""
BACK_OFF = 0.5
"""The maximum back-off in seconds after the first attempt; it doubles after each further attempt."""
MAX_BACK_OFF = 30.0
PATIENCE = 90.0
"""The longest single wait in seconds; if a vendor asks for a longer wait, the call ends with an error."""


def next_delay(
    request: Request, problem: ConnectorError, attempt: int, deadline: Deadline, *, timeout: float, safe: bool
) -> float:
    """Return the number of seconds to wait before the next attempt, or raise the error that ends the call.

    `problem` is the error from the last attempt, and `attempt` is the number of attempts so far. If a write
    (`safe` is false) may have had an effect, it is not repeated, and `OutcomeUnknown` is raised. After a
    timeout, the request is repeated only if another full attempt can end before the deadline. The wait is
    never shorter than the vendor's `Retry-After` (RFC 9110 section 10.2.3).
    """
    if not isinstance(problem, NotSent | RateLimited):
        if not safe and _may_be_done(problem):
            raise _outcome_unknown(request, problem) from problem
        if isinstance(problem, UnexpectedResponse):
            raise problem
    requested = getattr(problem, "retry_after", None) or 0.0
    delay = max(requested, _back_off(attempt))
    needs = timeout if isinstance(problem.__cause__, TimeoutError) else 0.0
    if attempt < ATTEMPTS and delay <= PATIENCE and delay + needs <= deadline.left:
        return delay
    if isinstance(problem, NotSent):
        raise VendorUnavailable(problem.message, operation=problem.operation) from problem
    raise problem


def _back_off(attempt: int) -> float:
    """Choose a random wait in seconds; its maximum starts at `BACK_OFF` and doubles after each attempt.

    This is exponential back-off with full jitter. Without jitter, clients that failed at the same time would
    all retry at the same time (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    return random.uniform(0, min(MAX_BACK_OFF, BACK_OFF * 2 ** (attempt - 1)))  # noqa: S311 - not a secret


def _outcome_unknown(request: Request, problem: ConnectorError) -> OutcomeUnknown:
    """Build the error for a write that was sent and may or may not have been carried out."""
    name = request.operation.id
    return OutcomeUnknown(
        f"{name} was sent, but it is not known whether it was done: {problem.message} The change may have "
        "been made.",
        sent=request.sent(),
        operation=name,
    )


def _may_be_done(problem: ConnectorError) -> bool:
    """Check whether a failed write may have had an effect.

    Returns False for a 4xx status, because the server has rejected the request, and for a redirect, because
    redirects are not followed, except for those in `ANSWERS_AFTER_WORK`.
    """
    status = problem.status
    return status is None or status < REDIRECT or status >= SERVER_ERROR or status in ANSWERS_AFTER_WORK
