"""Takes the posts of vendors at `/hooks/<connection>/<token>`, within limits for size and rate."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict, deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.errors import AuthenticationError, ConnectorError, ValidationFailed
from connector.hub.hints import addresses, arriving
from connector.hub.hints.records import records
from connector.hub.planning import PlanRefusedError
from connector.hub.tables import connections
from connector.webhooks import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import Integration
    from connector.hub.encryption import Encryption
    from connector.hub.hints.addresses import Address
    from connector.hub.hints.records import Hint
    from connector.hub.plans import Plans
    from connector.hub.store import Store

log = logging.getLogger("returns_connector.hub")

PREFIX = "/hooks/"
MAX_BODY = 1_000_000
"""The most bytes of a body."""
BODY_SECONDS = 10
"""The longest time in seconds in which a body must arrive."""
RATE = 120
"""The most posts that are taken at an address within `WINDOW`, by all processes together."""
TOO_MANY = f"This address takes at most {RATE} webhooks a minute."
WINDOW = timedelta(minutes=1)
MOST_ADDRESSES = 2_000
"""The number of addresses whose rate is remembered."""
ANSWERS = {
    202: "accepted",
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    429: "rate_limited",
    503: "unavailable",
}


class AnswerError(Exception):
    """Raised to refuse a post: the HTTP status, and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Rates:
    """Counts the posts that this process received at each address in the last minute.

    They need not be genuine: the database does not have to look at a flood of forged ones.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()

    def admits(self, name: str) -> bool:
        """Count a post at the address `name`; return False if there were `RATE` posts in the last minute."""
        now = self._clock()
        taken = self._taken.setdefault(name, deque())
        self._taken.move_to_end(name)
        while len(self._taken) > MOST_ADDRESSES:
            self._taken.popitem(last=False)
        while taken and taken[0] <= now - WINDOW:
            taken.popleft()
        if len(taken) >= RATE:
            return False
        taken.append(now)
        return True


class Receiver:
    """An ASGI application that takes hints; `wake` is called if a poll was brought forward."""

    def __init__(
        self,
        store: Store,
        encryption: Encryption,
        integrations: Mapping[str, Integration],
        plans: Plans,
        clock: Clock,
        wake: Any,
    ) -> None:
        self._store = store
        self._encryption = encryption
        self._integrations = integrations
        self._plans = plans
        self._clock = clock
        self._wake = wake
        self._rates = Rates(clock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        content: dict[str, Any] = {"status": ANSWERS[202]}
        try:
            await self._take(scope, receive)
            status = 202
        except AnswerError as answer:
            status, content = answer.status, _error(answer.status, str(answer))
        except (sa.exc.SQLAlchemyError, ConnectorError) as problem:
            log.warning("A webhook of a vendor could not be stored: %s", problem)
            status, content = 503, _error(503, "The hub cannot take it now; try again later.")
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        if status == 405:  # noqa: PLR2004
            headers.append((b"allow", b"POST"))
        if status == 429:  # noqa: PLR2004
            headers.append((b"retry-after", str(WINDOW.seconds).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    async def _take(self, scope: Any, receive: Any) -> None:
        if scope["method"] != "POST":
            raise AnswerError(405, "This address takes the webhooks of a vendor, which are POST requests.")
        of, _, token = scope["path"].removeprefix(PREFIX).partition("/")
        if not self._rates.admits(of):
            raise AnswerError(429, TOO_MANY)
        address = await self._store.run(self._find, of, token)
        if address is None:
            raise AnswerError(404, "There is no such address. PUT /connections/{id}/hook creates one.")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _read(receive, headers)
        found = await self._verified(address, headers, body)
        await self._bring_forward(address, found)

    def _find(self, connection: sa.Connection, of: str, token: str) -> Address | None:
        """Return an address, and count a post at it; raise `AnswerError` if all processes took too many."""
        address = addresses.find(connection, self._encryption, of, token)
        if address is not None and not arriving.admit(connection, of, self._clock(), RATE):
            raise AnswerError(429, TOO_MANY)
        return address

    async def _verified(self, address: Address, headers: Mapping[str, str], body: bytes) -> set[Hint]:
        """Return the records that a post is about; raise `AnswerError` if it is not genuine.

        Without a secret, a post of unknown structure is taken too: it hurries all lists of the connection.
        """
        integration = self._integrations[address.vendor]
        signed = integration.webhooks is not None and not integration.webhooks.unsigned
        secret = address.secret if signed and address.secret else None
        try:
            return records(integration, parse(integration, headers, body, secret, clock=self._clock))
        except (AuthenticationError, ValidationFailed) as problem:
            if secret is None:
                return set()
            await self._store.run(arriving.refused, address.connection, problem.message)
            raise AnswerError(401, problem.message) from problem

    async def _bring_forward(self, address: Address, found: set[Hint]) -> None:
        login = sa.select(connections.c.login).where(connections.c.id == address.connection)
        try:
            plan = await self._plans.of(
                await self._store.run(lambda database: database.execute(login).scalar_one())
            )
        except PlanRefusedError:
            return  # the lists are not polled at all, so there is nothing to bring forward
        integration = self._integrations[address.vendor]
        moved = await self._store.run(
            arriving.received, integration, address.connection, found, plan, self._clock()
        )
        if moved:
            self._wake()


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": ANSWERS[status], "message": message}}


async def _read(receive: Any, headers: Mapping[str, str]) -> bytes:
    """Read the body of a request; raise `AnswerError` if it is too large or arrives too slowly."""
    length = headers.get("content-length", "0")
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = not (length.isdecimal() and int(length[:20]) > MAX_BODY)
            while more and len(body) <= MAX_BODY:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise AnswerError(408, "The request ended before its body was complete.")
                body += bytes(message.get("body", b""))
                more = message.get("more_body", False)
                if not more and len(body) <= MAX_BODY:
                    return body
    except TimeoutError:
        raise AnswerError(408, f"The body did not arrive within {BODY_SECONDS} seconds.") from None
    raise AnswerError(413, f"A body may have at most {MAX_BODY:,} bytes.")
