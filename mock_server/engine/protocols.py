"""Interfaces that the engine calls: `Gate` authenticates, `Meter` limits and `Service` handles requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply

    Guard = Callable[[Mapping[str, Any], Mapping[bytes, bytes]], None]
    """Checks a request's ASGI scope and headers before all other checks; raises `Problem` to refuse it."""


class NotReady(Exception):  # noqa: N818 - a signal to wait, not an error
    """Raised if a tenant's scheduled steps must run first: await `wait()`, then admit the request again."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.wait = wait


class Gate(Protocol):
    """Authenticates clients, and controls transactions and time, for one API."""

    def admit(self, credentials: Mapping[str, str]) -> Grant | None:
        """Return the grant for a request's credentials, or None for an API without keys.

        `credentials` maps security schemes to the values that were sent; it is empty if the request has none.
        Raises `Problem("unauthenticated")` if no credential is valid, or `NotReady` if scheduled steps must
        run first.
        """

    def pending(self) -> Awaitable[None] | None:
        """Return the commit that a response must await; None if all changes are on disk already."""

    def hold(self) -> None:
        """Make the writes that follow undoable until `release` is called."""

    def release(self) -> None:
        """Keep the writes since `hold`; do nothing after `undo_held`."""

    def undo_held(self) -> None:
        """Undo all writes since `hold`."""

    def now(self, grant: Grant | None) -> int:
        """Return the time of the grant's tenant in microseconds since the Unix epoch; real time for None."""


class Meter(Protocol):
    """Enforces rate limits and reports outages for one API; an API without keys has no meter."""

    def take(self, grant: Grant) -> Verdict:
        """Count a request against the grant's plan; `Verdict.allowed` is False if it exceeds a limit."""

    def closed(self, grant: Grant) -> str:
        """Return a sentence that says why the API is unavailable to the tenant; "" if it is available."""

    def anonymous(self) -> Verdict:
        """Build a verdict with the unused windows of the lowest plan, for unauthenticated requests."""


class Service(Protocol):
    """An API's handlers, error format and rate limit headers.

    Handlers are methods named by operationId, with the signature `(Call) -> Reply`.
    """

    @property
    def name(self) -> str:
        """The API's name, as it appears in logs."""

    def problem(self, problem: Problem) -> Reply:
        """Build the API's error response for a problem."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Build the API's rate limit headers for a verdict."""
