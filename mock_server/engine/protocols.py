"""What the engine asks of its surroundings: who is calling, how much is left, what time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply

    Guard = Callable[[Mapping[str, Any], Mapping[bytes, bytes]], None]
    """Looks at scope and headers of a request before anything else does; raises `Problem` to refuse it."""


class NotReady(Exception):  # noqa: N818 - reads as what happened
    """Work that precedes the request takes longer: await `wait`, then admit the request again."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.wait = wait


class Gate(Protocol):
    """Admission to one API."""

    def admit(self, credentials: Mapping[str, str]) -> Grant | None:
        """Say who presents these credentials (by security scheme; empty: none were sent).

        Raises `Problem("unauthenticated")`, or `NotReady`. None: an API without keys.
        """

    def pending(self) -> Awaitable[None] | None:
        """Return what an answer has to wait for, if anything: writes on their way to disk."""

    def hold(self) -> None:
        """Keep what is written from here on so that it can be undone."""

    def release(self) -> None:
        """Let what was written since `hold` be kept; nothing to do after `undo_held`."""

    def undo_held(self) -> None:
        """Undo what was written since `hold`."""

    def now(self, grant: Grant | None) -> int:
        """Return the time of the grant's tenant, or real time, in µs since 1970."""


class Meter(Protocol):
    """What those who were admitted may still ask; an API without keys has none."""

    def take(self, grant: Grant) -> Verdict:
        """Count one request of `grant`; beyond its windows `Verdict.allowed` is False."""

    def closed(self, grant: Grant) -> str:
        """Return why nothing of `grant` is answered just now, as a sentence; "": it is."""

    def anonymous(self) -> Verdict:
        """Return the untouched windows of the lowest plan, for answers to nobody in particular."""


class Service(Protocol):
    """An API's own manners. Its handlers are methods named by operationId: `(Call) -> Reply`."""

    @property
    def name(self) -> str:
        """What the API is called in logs."""

    def problem(self, problem: Problem) -> Reply:
        """Render a problem in the API's envelope and status."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return the headers that show a caller its limits."""
