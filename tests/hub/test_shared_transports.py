"""Hundreds of connections share what is large, and nothing that belongs to one login."""

import asyncio
import gc
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from support.contract import Checked
from support.each import each
from support.hub import COMPILED, KEYS

from connector.definition.compiler import vendors
from connector.errors import AuthenticationError
from connector.hub.connections import Account
from connector.hub.hub import Hub, Options
from connector.hub.vendors import Vendors
from connector.runtime.connection import Connection
from connector.transport.sharing import SharedTransport, SharedTransports

MANY = 200
MOST_BYTES = 64_000
"""The most memory of Python objects that a connection may take; an `Integration` takes 1.7 MB."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Vendors]:
    """Open a hub that uses the real network, and yield its connections."""
    with mock.patch("connector.hub.hub.integration", COMPILED):
        hub = Hub.open(Options(f"sqlite:///{folder / 'hub.sqlite3'}", KEYS))
        async with hub as running:
            yield running.vendors


def account(number: int, vendor: str, base_url: str = "https://api.example.com") -> Account:
    fields = {field.key: f"test-{number}" for field in COMPILED(vendor).authentication.all_fields}
    return Account(f"con_{number}", f"shop {number}", vendor, base_url, f"login {number}", fields)


def many() -> list[Account]:
    """Return 200 accounts, as many of each vendor."""
    of = list(vendors())
    return [account(number, of[number % len(of)]) for number in range(MANY)]


def http_of(connection: Connection) -> httpx.AsyncClient:
    return connection.client._sender.http


def transport_of(connection: Connection) -> httpx.AsyncHTTPTransport:
    checked = http_of(connection)._transport
    assert isinstance(checked, Checked)
    shared = checked._inner
    assert isinstance(shared, SharedTransport)
    assert isinstance(shared.network, httpx.AsyncHTTPTransport)
    return shared.network


def tls_contexts() -> int:
    """Return how many TLS contexts exist; their memory is OpenSSL's, which `tracemalloc` does not see."""
    gc.collect()
    return sum(isinstance(one, ssl.SSLContext) for one in gc.get_objects())


def test_the_connections_of_a_vendor_share_its_integration_and_its_transport(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as hub:
            before = tls_contexts()
            all_of = [await hub.connection(one) for one in many()]
            assert tls_contexts() == before + 1
            for vendor in each(vendors()):
                these = [one for one in all_of if one.integration.vendor.id == vendor]
                assert len(these) == MANY // len(vendors())
                assert {id(one.integration) for one in these} == {id(hub.integrations[vendor])}
                assert len({transport_of(one) for one in these}) == 1
            assert len({transport_of(one) for one in all_of}) == len(vendors())
            assert len({http_of(one) for one in all_of}) == MANY
            assert len({id(http_of(one).cookies.jar) for one in all_of}) == MANY

    asyncio.run(story())


def test_a_connection_needs_little_memory(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as hub:
            for vendor in each(vendors()):  # what is made once for all connections
                await hub.connection(account(-1, vendor))
            accounts = many()
            gc.collect()
            tracemalloc.start()
            try:
                kept = [await hub.connection(one) for one in accounts]
                gc.collect()
                used, _peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert used / len(kept) < MOST_BYTES

    asyncio.run(story())


class Vendor:
    """A vendor's server: refuses each login, sets a cookie, and keeps the headers of each request.

    `ended` is set when a client has closed its network connection.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.network_connections = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.network_connections += 1
        try:
            while True:
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                writer.write(
                    b"HTTP/1.1 401 Unauthorized\r\nSet-Cookie: session=1\r\nContent-Length: 2\r\n\r\n{}"
                )
                await writer.drain()
        except asyncio.IncompleteReadError:
            self.ended.set()
        finally:
            writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Vendor, str]]:
    vendor = Vendor()
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    async with server:
        yield vendor, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def refusal(connection: Connection) -> AuthenticationError:
    with pytest.raises(AuthenticationError) as caught:
        await connection.check()
    return caught.value


def test_connections_share_the_network_but_neither_login_nor_cookies(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving() as (vendor, url):
            async with opened(tmp_path) as hub:
                one, two = [await hub.connection(account(number, "returnmate", url)) for number in (1, 2)]
                refused = [await refusal(each_) for each_ in (one, two, one)]
                assert [problem.profile for problem in refused] == ["shop 1", "shop 2", "shop 1"]
                keys = [[f"test-{number}" in request for number in (1, 2)] for request in vendor.requests]
                assert keys == [[True, False], [False, True], [True, False]]
                assert ["cookie" in request.lower() for request in vendor.requests] == [False] * 3
                assert vendor.network_connections == 1
                await hub.forget("con_1")
                await refusal(two)
                assert vendor.network_connections == 1
            async with asyncio.timeout(5):
                await vendor.ended.wait()

    asyncio.run(story())


def test_a_proxy_has_a_transport_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> list[Any]:
        shared = SharedTransports()
        urls = [
            httpx.URL(f"https://{host}") for host in ("api.example.com", "direct.example.com", "127.0.0.1")
        ]
        found = [shared.transport("returnmate", url).network for url in urls]
        await shared.close()
        return found

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "direct.example.com")
    through, direct, here = asyncio.run(story())
    assert direct is here
    assert "Proxy" in type(through._pool).__name__
    assert "Proxy" not in type(direct._pool).__name__
