"""A hub in the test's process, at a merchant of an in-process sandbox, with targets in memory."""

import asyncio
import atexit
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import time_machine
from standardwebhooks import Webhook

from connector.definition.compiler import integration
from connector.hub.encryption import new_key
from connector.hub.hub import Hub, Options
from connector.transport.bodies import Reply
from connector.transport.request import Request
from support.merchant import Merchant, VendorSandbox

TARGET = "https://hooks.example.com/returns"
KEYS = new_key()
COMPILED = cache(integration)
"""Compiles a vendor once for all hubs of the process: integrations are immutable."""


@dataclass
class Received:
    """One request that a target received."""

    url: str
    headers: httpx.Headers
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed

    def verified(self, secret: str) -> dict[str, Any]:
        """Verify the signature with the library of Standard Webhooks; return the body."""
        # The library compares the timestamp with the real time.
        with time_machine.travel(int(self.headers["webhook-timestamp"]), tick=False):
            parsed: dict[str, Any] = Webhook(secret).verify(self.content, dict(self.headers))
        return parsed


@dataclass
class Targets(httpx.AsyncBaseTransport):
    """All targets of a hub: keeps each request, and answers it with `answer`."""

    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], httpx.Response] = lambda _received: httpx.Response(200)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        got = Received(str(request.url), request.headers, request.content)
        self.received.append(got)
        return self.answer(got)

    def events(self) -> list[str]:
        return [one.body["event_id"] for one in self.received]


class Calls:
    """Counts the requests that a hub sends to the vendor."""

    def __init__(self) -> None:
        self.operations: list[str] = []

    def sending(self, request: Request) -> None:
        self.operations.append(request.operation.id)

    def received(self, _request: Request, _reply: Reply) -> None:
        """Ignore the response."""


@dataclass
class Bench:
    """A hub, a client of its API with an admin key, its targets, and the merchant of its vendor."""

    hub: Hub
    api: httpx.AsyncClient
    targets: Targets
    merchant: Merchant

    async def post(self, path: str, status: int = 201, /, **body: Any) -> dict[str, Any]:
        answer = await self.api.post(path, json=body)
        assert answer.status_code == status, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def connect(self, name: str = "shop", **fields: str) -> dict[str, Any]:
        vendor, login = self.merchant.backend.vendor, {**self.merchant.fields, **fields}
        return await self.post("/connections", vendor=vendor, name=name, base_url=self.url, fields=login)

    async def subscribe(self, trigger: str, **body: Any) -> dict[str, Any]:
        return await self.post("/subscriptions", trigger=trigger, **{"target": TARGET, **body})

    async def round(self, seconds: float = 0) -> None:
        """Let time pass, poll what is due, and deliver what is due."""
        if seconds:
            self.merchant.advance(seconds)
        await self.hub.poller.poll_due()
        while await self.hub.poller.complete_due():
            """The next event of a record is due as soon as the one before it is complete."""
        await self.hub.deliverer.deliver_due()

    @property
    def url(self) -> str:
        return self.merchant.base_url

    async def count_calls(self, connection: str) -> Calls:
        """Count the requests of a connection from now on."""
        account = await self.hub.store.run(self.hub.account, connection)
        opened, calls = await self.hub.vendors.connection(account), Calls()
        opened.client.observer = calls
        return calls


@cache
def sandbox_of(vendor: str) -> VendorSandbox:
    """Open a sandbox of a vendor once for all tests of the process, which have one merchant after another."""
    backend = VendorSandbox.open(vendor)
    atexit.register(backend.close)
    return backend


@contextmanager
def merchant_of(vendor: str) -> Iterator[Merchant]:
    """Open an in-process sandbox with one merchant without returns, and a frozen clock."""
    merchant = sandbox_of(vendor).merchant()
    try:
        yield merchant
    finally:
        merchant.close()


def database_of(folder: Path) -> str:
    """Return the URL that tests/hub/conftest.py wrote into the file `database`, or of SQLite."""
    chosen = folder / "database"
    return chosen.read_text() if chosen.exists() else f"sqlite:///{folder / 'hub.sqlite3'}"


@asynccontextmanager
async def hub_at(merchant: Merchant, folder: Path, **options: Any) -> AsyncIterator[Bench]:
    """Open a hub with its database in `folder`; opened again with the same folder, it continues."""
    targets = options.pop("targets", None) or Targets()

    async def no_wait(_seconds: float) -> None:
        """Do not wait: the merchant's clock decides."""

    settings: dict[str, Any] = {
        "database": database_of(folder),
        "encryption_keys": KEYS,
        "clock": merchant.now,
        "sleep": no_wait,
        "transport": merchant.transport,
        "target_transport": targets,
        **options,
    }
    async with AsyncExitStack() as stack:
        with mock.patch("connector.hub.hub.integration", COMPILED):
            hub = await stack.enter_async_context(Hub.open(Options(**settings)))
        key = await hub.first_key() or (folder / "key").read_text()
        (folder / "key").write_text(key)
        api = httpx.AsyncClient(
            transport=httpx.ASGITransport(hub.app()),
            base_url="http://hub.example.com",
            headers={"Authorization": f"Bearer {key}"},
        )
        async with api:
            yield Bench(hub, api, targets, merchant)


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    """Run a story with a hub and the merchant of a vendor; `options` are those of the hub."""
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())
