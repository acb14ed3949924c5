"""Decides whether a request is sent again, and after how many seconds: 429, 5xx, time-outs, lost writes.

A safe request (GET, RFC 9110 section 9.2.1) is repeated after connection errors, time-outs and 5xx. A write
is repeated only if it certainly had no effect: nothing was sent, or the answer was 429.
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
"""How often a request is sent at most."""
SEE_OTHER, NOT_MODIFIED = 303, 304
BACK_OFF = 0.5
"""The longest wait in seconds after the first failed attempt; it doubles with each."""
MAX_BACK_OFF = 30.0
PATIENCE = 90.0
"""The longest single wait in seconds; a vendor that asks for more gets no further attempt."""


def next_delay(
    request: Request, problem: ConnectorError, attempt: int, deadline: Deadline, *, timeout: float, safe: bool
) -> float:
    """Return the seconds until the next attempt, or raise the error that ends the call.

    The order matters: only an attempt that sent nothing (`NotSent`) or was rejected (429) may repeat a
    write. After a time-out, another attempt must fit into the deadline in full: with less time it has
    no better chance. A vendor's wait (`Retry-After`, RFC 9110 section 10.2.3) is a minimum, never
    shortened.
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
    """Return a random wait up to 0.5, 1, 2, 4 … seconds: exponential back-off with full jitter.

    Without jitter, clients that failed together would all come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    return random.uniform(0, min(MAX_BACK_OFF, BACK_OFF * 2 ** (attempt - 1)))  # noqa: S311 - not a secret


def _outcome_unknown(request: Request, problem: ConnectorError) -> OutcomeUnknown:
    """Return the error for a write that may or may not have happened."""
    name = request.operation.id
    return OutcomeUnknown(
        f"{name} was sent, but it is not known whether it was done: {problem.message} The change may have "
        "been made.",
        sent=request.sent(),
        operation=name,
    )


def _may_be_done(problem: ConnectorError) -> bool:
    """Check whether a write may have changed something: yes, unless the status says that it was refused.

    4xx is a refusal, and so are redirects, which are not followed. 303 (See Other) and 304 are not: a
    server answers 303 after a POST that it carried out (RFC 9110 section 15.4.4).
    """
    status = problem.status
    return (
        status is None or status < REDIRECT or status >= SERVER_ERROR or status in {SEE_OTHER, NOT_MODIFIED}
    )
