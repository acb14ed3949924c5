"""The interfaces that the engine calls.

`Gate` authenticates clients, `Meter` enforces rate limits, `Service` handles requests, `Injector` injects
faults, and `Journal` records requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.answer import Answer, RequestState
    from mock_server.engine.call import Call
    from mock_server.engine.operation import Operation
    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply

    Guard = Callable[[Mapping[str, Any], Mapping[bytes, bytes]], None]
    """Checks a request's ASGI scope and headers before all other checks; raises `Problem` to refuse it."""
    NameCheck = Callable[[Call], None]
    """Raises `Problem` if a name in an invalid request does not exist. The values in the `Call` are not
    validated, and all parameters are strings."""


class NotReady(Exception):  # noqa: N818 - a signal to wait, not an error
    """Raised if scheduled steps must run before a request is handled.

    The caller must await `wait()`, and then call `admit` again.
    """

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.wait = wait


class ConnectionCut(Exception):  # noqa: N818 - what the sender of a response decides
    """Raised by the ASGI application so that the server closes the connection without a complete response."""


class Injected(Exception):  # noqa: N818 - a signal, not an error
    """Raised by an `Injector` if faults affect a request; `injection` is their combined effect."""

    def __init__(self, injection: Injection) -> None:
        super().__init__()
        self.injection = injection


class Injection(Protocol):
    """The combined effect of all faults that affect a request; `id` lists the IDs of these faults."""

    id: str

    async def wait(self) -> None:
        """Wait as long as the faults delay the request."""

    @property
    def problem(self) -> Problem | None:
        """The error to send in the API's format instead of the operation's response, or None."""

    @property
    def after_commit(self) -> bool:
        """True if the operation runs and its changes are stored before the error is sent."""

    @property
    def answer(self) -> Callable[[int], Answer] | None:
        """A function that builds the response to send instead of running the operation, or None.

        Its argument is the time in microseconds since the Unix epoch.
        """

    def operation(self, operation: Operation) -> Operation:
        """Return the operation to run, which can be a variant of the requested operation."""

    def change(self, answer: Answer) -> Answer:
        """Return the response with the faults' changes to its content or to the way it is sent."""


class Injector(Protocol):
    """Injects faults into the requests to one API."""

    tenants: Collection[str]
    """The tenants that have faults."""

    def inject(self, tenant: str, operation: str) -> None:
        """Count a call of an operation, and raise `Injected` if a fault affects it.

        `tenant` is "" if the tenant is unknown.
        """

    def owner(self, body: Any) -> str:
        """Return the tenant whose API key is in the body of a request without credentials, or ""."""


class Gate(Protocol):
    """Authenticates an API's clients, tracks writes so that they can be undone, and provides the time."""

    def admit(self, credentials: Mapping[str, str]) -> Grant | None:
        """Authenticate a request; return the grant of its key or token, or None if the API needs no key.

        `credentials` maps security schemes to the values in the request; it is empty if there are none.
        Raises `Problem("unauthenticated")` if no credential is valid, and `NotReady` if scheduled steps must
        run before the request.
        """

    def pending(self) -> Awaitable[None] | None:
        """Return an awaitable that ends with the pending commit, or None if all changes are already stored.

        The engine awaits it before it responds.
        """

    def hold(self) -> None:
        """Start tracking writes, so that `undo_held` can undo them until `release` is called."""

    def release(self) -> None:
        """Keep the writes made since `hold`, unless `undo_held` has already undone them."""

    def undo_held(self) -> None:
        """Undo all writes made since `hold`."""

    def marks(self) -> tuple[int, int]:
        """Return the version of the store, and how many times a clock has been read.

        If both are the same before and after a handler has run, it has changed nothing, and its reply does
        not depend on the time.
        """

    def now(self, grant: Grant | None) -> int:
        """Return the tenant's time in microseconds since the Unix epoch, or real time if `grant` is None."""


class Meter(Protocol):
    """Enforces rate limits and reports outages for one API; an API without keys has no meter."""

    def take(self, grant: Grant) -> Verdict:
        """Count a request against the grant's plan; `Verdict.allowed` is False if it exceeds a limit."""

    def closed(self, grant: Grant) -> str:
        """Return a sentence that says why the API is unavailable to the tenant, or "" if it is available."""

    def anonymous(self) -> Verdict:
        """Build the verdict for unauthenticated requests: all requests of the lowest plan are left."""


class Service(Protocol):
    """The vendor-specific parts of an API: its handlers, error format and rate limit headers.

    Each handler is a method with the name of its operationId and the signature `(Call) -> Reply`.
    """

    @property
    def name(self) -> str:
        """The API's name, as it appears in logs."""

    def problem(self, problem: Problem) -> Reply:
        """Build the API's error response for a problem."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Build the API's rate limit headers for a verdict."""


class Journal(Protocol):
    """Records requests and their responses."""

    def ticks(self) -> int:
        """Return the value of a performance counter in nanoseconds."""

    def record(
        self,
        scope: Mapping[str, Any],
        state: RequestState,
        answer: Answer,
        headers: Sequence[tuple[bytes, bytes]],
    ) -> None:
        """Record a request and the response that is about to be sent.

        `scope` is the request's ASGI scope, and `headers` lists all headers of the response. The journal
        keeps the objects; the engine does not change them after this call.
        """
