"""What the engine asks of its surroundings: who is calling, how much is left, what time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply
    from mock_server.keys import Grant
    from mock_server.ratelimit import Verdict


class Gate(Protocol):
    """Admission to one API; `admit` comes first, then `take` and `closed`."""

    def admit(self, credentials: Mapping[str, str]) -> Grant | None:
        """Say who presents these credentials (by security scheme; empty: none were sent).

        Raises `Problem("unauthenticated")`. None: an API without keys.
        """

    def take(self, grant: Grant) -> Verdict:
        """Count one request of `grant`; beyond its windows `Verdict.allowed` is False."""

    def closed(self, grant: Grant) -> str:
        """Return why nothing of `grant` is answered just now, as a sentence; "": it is."""

    def stranger(self) -> Verdict | None:
        """Return the untouched windows of the lowest plan, for answers to nobody in particular."""

    def pending(self) -> Awaitable[None] | None:
        """Return what an answer has to wait for, if anything: writes on their way to disk."""

    def now(self, grant: Grant | None) -> int:
        """Return the time of the grant's tenant, or real time, in µs since 1970."""


class Service(Protocol):
    """An API's own manners. Its handlers are methods named by operationId: `(Call) -> Reply`."""

    @property
    def name(self) -> str:
        """What the API is called in logs."""

    def problem(self, problem: Problem) -> Reply:
        """Render a problem in the API's envelope and status."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return the headers that show a caller its limits."""
