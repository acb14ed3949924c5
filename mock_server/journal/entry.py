"""`Entry`: one request and its response, as the journal keeps them until somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Headers = Sequence[tuple[bytes, bytes]]

MAX_BODY = 16_384
"""The number of bytes of a request or response body that the journal keeps."""


class Api(Protocol):
    """The API that a request was sent to; `base` is its base path."""

    name: str
    base: bytes


class Named(Protocol):
    """An operation, with its operationId."""

    @property
    def id(self) -> str:
        """The operationId."""


class Owner(Protocol):
    """The owner of the key that a request was sent with."""

    @property
    def tenant(self) -> str:
        """The name of the tenant."""


class FieldProblem(Protocol):
    """An error about one field."""

    @property
    def field(self) -> str:
        """The path of the field, such as `items[0].quantity`."""

    @property
    def message(self) -> str:
        """The rule that the field breaks, such as `must be at least 1`."""


class Problem(Protocol):
    """The error that a request resulted in."""

    @property
    def message(self) -> str:
        """A sentence that says what is wrong."""

    @property
    def fields(self) -> Sequence[FieldProblem]:
        """The fields that are not valid."""


class State(Protocol):
    """What the engine knows about a request; `engine.pipeline.RequestState` describes the attributes."""

    body: bytes
    fault: str
    started: int

    @property
    def api(self) -> Api | None:
        """The API, or None if there is none at the path."""

    @property
    def operation(self) -> Named | None:
        """The operation, or None if there is none at the path and the method."""

    @property
    def grant(self) -> Owner | None:
        """The owner of the key, or None if the key is missing or wrong."""

    @property
    def problem(self) -> Problem | None:
        """The error that was sent, or None."""


class Answer(Protocol):
    """A response; `now` is the time of its Date header in microseconds since the Unix epoch."""

    @property
    def status(self) -> int:
        """The HTTP status code."""

    @property
    def body(self) -> bytes:
        """The body."""

    @property
    def now(self) -> int:
        """The tenant's time, or real time if the tenant is unknown."""


class Entry(NamedTuple):
    """One request and its response.

    `id` counts the requests of the sandbox, starting at 1. `tenant` is "" if the tenant is unknown. `times`
    are the real time of the response in nanoseconds since the Unix epoch, the tenant's time in microseconds
    since the Unix epoch, and the duration in nanoseconds. `body` and `state.body` are cut to `MAX_BODY`
    bytes; `sent` and `received` are the full sizes of the request body and the response body. `size` is an
    estimate of the memory that the entry takes, in bytes.
    """

    id: int
    tenant: str
    times: tuple[int, int, int]
    scope: Mapping[str, Any]
    state: State
    status: int
    headers: Headers
    body: bytes
    sent: int
    received: int
    size: int

    @property
    def real(self) -> int:
        """The real time of the response in microseconds since the Unix epoch."""
        return self.times[0] // 1_000

    @property
    def at(self) -> int:
        """The time on the tenant's clock, or real time if the tenant is unknown; in microseconds."""
        return self.times[1] or self.real

    @property
    def duration(self) -> float:
        """The time from the arrival of the request's headers to the response, in milliseconds."""
        return self.times[2] / 1_000_000

    @property
    def vendor(self) -> str:
        """The name of the API that the request was sent to, or "" if there is none at the path."""
        return self.state.api.name if self.state.api else ""

    @property
    def operation(self) -> str:
        """The operationId, or "" if there is no operation at the path and the method."""
        return self.state.operation.id if self.state.operation else ""

    @property
    def path(self) -> bytes:
        """The path as it was sent, without the query."""
        path: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return path
