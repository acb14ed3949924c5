"""Sends up to a given number of requests, and returns all responses, including error responses."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.errors import ConnectorError
from connector.transport.answers import CLIENT_ERROR, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connector.definition.model import Operation
    from connector.transport.bodies import Reply
    from connector.transport.client import Client
    from connector.transport.request import Request

NO_BODY = object()
"""The `body` of an exchange whose response is not JSON; None is a valid JSON value."""


class CallsUsedUp(Exception):  # noqa: N818 - ends a verification, which reports what it has found
    """Raised instead of sending a request that would exceed the stated number of requests."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response.

    `values` are the values that the request was sent with. `media_type` is in lower case, and `body` is the
    parsed JSON, or `NO_BODY` if the body is not JSON. `error` is the error that the client raised for an
    error response, or None.
    """

    operation: Operation
    values: Mapping[str, Any]
    status: int
    media_type: str
    body: Any
    error: ConnectorError | None = None

    @property
    def succeeded(self) -> bool:
        return self.status < CLIENT_ERROR


class Recorder:
    """Observes a client: counts its requests, allows at most `limit`, and remembers the last response."""

    def __init__(self, client: Client, limit: int) -> None:
        self.client = client
        self.limit = limit
        self.calls = 0
        self._reply: tuple[str, Reply] | None = None
        client.observer = self

    def sending(self, _request: Request) -> None:
        if self.calls >= self.limit:
            raise CallsUsedUp
        self.calls += 1
        self._reply = None

    def received(self, request: Request, reply: Reply) -> None:
        self._reply = (request.operation.id, reply)

    async def ask(self, operation: Operation, values: Mapping[str, Any]) -> Exchange:
        """Send a request and return it with its response, even if the response has an error status.

        Raises `ConnectorError` if there is no response to this operation: the request is invalid
        (`ValidationFailed`), no server responds, or the token request is refused. Raises `CallsUsedUp` if
        `limit` requests have been sent.
        """
        self._reply = None
        problem: ConnectorError | None = None
        try:
            await self.client.call(operation, values)
        except ConnectorError as error:
            problem = error
        if self._reply is None or self._reply[0] != operation.id:
            assert problem is not None  # noqa: S101 - a call without a response raises an error
            raise problem
        reply = self._reply[1]
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            body = parse_json(reply.content)
        except ValueError:
            body = NO_BODY
        return Exchange(operation, values, reply.status_code, media_type, body, problem)


@contextmanager
def silence() -> Iterator[None]:
    """Disable all logging until the block ends, because log messages can contain data of the account."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
