"""Checks of a request that need neither its parameters nor its body: limits, outages, scopes and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_server.engine.problem import Problem

if TYPE_CHECKING:
    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.operation import Operation
    from mock_server.engine.routing import Route


def check_limits(verdict: Verdict) -> None:
    """Raise `Problem` if a request exceeds a limit of its key's plan."""
    if not verdict.allowed:
        raise Problem(
            "rate_limited",
            f"The limit of {verdict.limit} requests per {verdict.window} is used up;"
            f" try again in {verdict.retry_after} seconds.",
            details={"retry_after": verdict.retry_after},
            headers=((b"retry-after", b"%d" % verdict.retry_after),),
        )


def check_open(closed: str) -> None:
    """Raise `Problem` if the API is unavailable; `closed` is the error message, or "" if it is available."""
    if closed:
        raise Problem("unavailable", closed)


def check_scope(grant: Grant, operation: Operation) -> None:
    """Raise `Problem` if a key does not have the scope that an operation requires."""
    if operation.scope is not None and operation.scope not in grant.scopes:
        raise Problem(
            "forbidden",
            f"This key lacks the scope {operation.scope}.",
            details={"required_scope": operation.scope},
        )


def wrong_method(method: str, route: Route) -> Problem:
    """Build the `Problem` for a method that a path does not support."""
    allowed = route.allow.decode()
    return Problem(
        "method_not_allowed",
        f"{method} is not possible here; {allowed} {'are' if ',' in allowed else 'is'}.",
        details={"allowed": allowed.split(", ")},
        headers=((b"allow", route.allow),),
    )
