"""`Answer`: a complete HTTP response. `RequestState`: what is known about a request while it is handled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.body import Receive
    from mock_server.engine.operation import Operation
    from mock_server.engine.pipeline import Api
    from mock_server.engine.problem import Problem
    from mock_server.engine.repeated import Kept, Place

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Sender = Callable[[Message, bytes, Receive, Send], Awaitable[None]]
    """Sends a response; accepts its ASGI start message, its body, and ASGI's `receive` and `send`."""

JSON = b"application/json"
Pairs = tuple[tuple[bytes, bytes], ...]


class Answer(NamedTuple):
    """A complete HTTP response.

    `headers` does not include Content-Type, Content-Length and Date, which `Engine` adds. `now` is the time
    for the Date header, in microseconds since the Unix epoch. `sender` is a function that sends the response
    as a fault requires, for example slowly; if it is None, the response is sent normally. `kept` is the kept
    response that has the same body, or None.
    """

    status: int
    body: bytes
    headers: Pairs
    now: int
    content_type: bytes = JSON
    sender: Sender | None = None
    kept: Kept | None = None


class RequestState:
    """The information about a request that is known so far; the journal records it.

    `api` is the API at the request's path, or None if the path belongs to no API. `operation`, `grant`,
    `verdict` (the result of the rate limits) and `problem` (the error that was sent) are None until they are
    determined. `body` is the received request body. `fault` contains the IDs of the faults that affected the
    request, separated by commas, or is "".

    `started` is the value of the journal's performance counter when the request arrived. `events` are the
    server-sent events that form the body of the response, or None. `place` is where the response may be kept,
    or None if it must not be kept.
    """

    # Defaults of the class: setting eight attributes for each request would take longer.
    api: Api | None = None
    started: int = 0
    operation: Operation | None = None
    grant: Grant | None = None
    verdict: Verdict | None = None
    body: bytes = b""
    problem: Problem | None = None
    fault: str = ""
    events: AsyncGenerator[bytes] | None = None
    place: Place | None = None
