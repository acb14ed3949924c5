"""`Entry`: one request and its response, as the journal stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Headers = Sequence[tuple[bytes, bytes]]

MAX_BODY = 16_384
"""Maximum number of bytes of a body that the journal keeps."""


class Api(Protocol):
    """The API that received a request; `base` is its base path."""

    name: str
    base: bytes


class Named(Protocol):
    """An operation of an API."""

    @property
    def id(self) -> str:
        """The operationId in the vendor's specification."""


class Owner(Protocol):
    """The owner of the API key or token that a request contains."""

    @property
    def tenant(self) -> str:
        """The name of the tenant that owns the key or token."""


class FieldProblem(Protocol):
    """An error in one field of a request."""

    @property
    def field(self) -> str:
        """The path of the field, such as `items[0].quantity`."""

    @property
    def message(self) -> str:
        """The rule that the field breaks, such as `must be at least 1`."""


class Problem(Protocol):
    """The error that the response reports."""

    @property
    def message(self) -> str:
        """A sentence that explains the error."""

    @property
    def fields(self) -> Sequence[FieldProblem]:
        """The invalid fields of the request, each with the rule that it breaks."""


class State(Protocol):
    """The engine's data about a request; `engine.pipeline.RequestState` describes all attributes."""

    body: bytes
    fault: str
    started: int

    @property
    def api(self) -> Api | None:
        """The API at the path, or None if the path belongs to no API."""

    @property
    def operation(self) -> Named | None:
        """The operation, or None if no operation has this path and method."""

    @property
    def grant(self) -> Owner | None:
        """The owner of the key or token, or None if it is missing or invalid."""

    @property
    def problem(self) -> Problem | None:
        """The error in the response, or None if the response is not an error."""


class Answer(Protocol):
    """The response to a request."""

    @property
    def status(self) -> int:
        """The HTTP status code."""

    @property
    def body(self) -> bytes:
        """The complete response body."""

    @property
    def now(self) -> int:
        """The tenant's time, or real time if the tenant is unknown; in microseconds since the Unix epoch."""


class Entry(NamedTuple):
    """One request and its response.

    `id` is the number of the request, counted from 1 when the sandbox starts. `tenant` is "" if the tenant is
    unknown. `times` contains the real time of the response in nanoseconds since the Unix epoch, the tenant's
    time in microseconds since the Unix epoch, and the duration in nanoseconds. `scope` is the request's ASGI
    scope, and `headers` are the response's headers. `body` is the response's body; it and `state.body` are
    cut to `MAX_BODY` bytes. `sent` and `received` are the full sizes of the request body and the response
    body, in bytes. `size` is an estimate of the entry's memory, in bytes.
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
        """The tenant's time, or real time if the tenant is unknown; in microseconds since the Unix epoch."""
        return self.times[1] or self.real

    @property
    def duration(self) -> float:
        """The time from the arrival of the request's headers to the response, in milliseconds."""
        return self.times[2] / 1_000_000

    @property
    def vendor(self) -> str:
        """The name of the API that received the request, or "" if the path belongs to no API."""
        return self.state.api.name if self.state.api else ""

    @property
    def operation(self) -> str:
        """The operationId, or "" if no operation has this path and method."""
        return self.state.operation.id if self.state.operation else ""

    @property
    def path(self) -> bytes:
        """The path as the client sent it, without the query."""
        path: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return path
