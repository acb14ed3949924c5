"""Sends requests within a number of calls, and returns responses as received, errors included."""

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
    """Raised before a request that would exceed the stated number of calls."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered request: `body` is the parsed JSON, or `NO_BODY`; `media_type` is in lower case."""

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
    """Observes a client: counts its requests, refuses those beyond `limit`, and keeps the last response."""

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
        """Send a request and return the exchange; a response with an error status is one, too.

        Raises `ConnectorError` if there is no response to this operation: the request is invalid
        (`ValidationFailed`), no server answers, or the token request is refused. Raises `CallsUsedUp` if no
        call is left.
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
    """Disable logging until the block ends: messages about requests contain IDs and texts of the account."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
