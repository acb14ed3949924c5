"""Interfaces that the engine calls: `Gate` authenticates, `Meter` counts requests, `Service` handles them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply

    Guard = Callable[[Mapping[str, Any], Mapping[bytes, bytes]], None]
    """Checks a request's ASGI scope and headers before anything else; raises `Problem` to refuse it."""


class NotReady(Exception):  # noqa: N818 - a signal to wait, not an error
    """The tenant has scheduled steps to run first: await `wait()`, then admit the request again."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.wait = wait


class Gate(Protocol):
    """Authentication, transactions and time for one API."""

    def admit(self, credentials: Mapping[str, str]) -> Grant | None:
        """Return the grant for these credentials, or None for an API without keys.

        `credentials` maps security schemes to values; it is empty if none were sent. Raises
        `Problem("unauthenticated")`, or `NotReady`.
        """

    def pending(self) -> Awaitable[None] | None:
        """Return the commit that a response must wait for; None if everything is on disk."""

    def hold(self) -> None:
        """Make the writes that follow undoable until `release`."""

    def release(self) -> None:
        """Keep the writes since `hold`; does nothing after `undo_held`."""

    def undo_held(self) -> None:
        """Undo the writes since `hold`."""

    def now(self, grant: Grant | None) -> int:
        """Return the time of the grant's tenant, or real time for None, in µs since 1970."""


class Meter(Protocol):
    """Rate limits and outages of one API; an API without keys has no meter."""

    def take(self, grant: Grant) -> Verdict:
        """Count one request; `Verdict.allowed` is False if a limit of the grant's plan is exceeded."""

    def closed(self, grant: Grant) -> str:
        """Return why the API is closed to this tenant, as a sentence; "" if it is open."""

    def anonymous(self) -> Verdict:
        """Return the unused windows of the lowest plan, for responses to unauthenticated requests."""


class Service(Protocol):
    """One API: its error format and headers. Handlers are methods named by operationId, `(Call) -> Reply`."""

    @property
    def name(self) -> str:
        """The API's name in logs."""

    def problem(self, problem: Problem) -> Reply:
        """Return the API's error response for a problem."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return the API's rate limit headers."""
