"""The hub's HTTP server: how large and how slow a request may be, and the addresses on which it listens."""

import asyncio
import json
import re
import socket
from unittest import mock

import httpx
import pytest
from support.fake_transport import FakeTransport
from uvicorn.server import ServerState

from connector.errors import ConfigurationError
from connector.hub.serve import listen
from connector.hub.serving import BODY_SECONDS, HEAD_SECONDS, KEEP_ALIVE, MAX_HEAD, Protocol, configured

GET = b"GET /one HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /two HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"


async def app(scope: dict[str, object], receive: object, send: object) -> None:
    """Answer a GET request at once, and any other one after its body has arrived."""
    more = scope["method"] != "GET"
    while more:
        message = await receive()  # type: ignore[operator]
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    await send(start)  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]


def exchanged(*chunks: bytes, later: float = 0.0) -> FakeTransport:
    """Send chunks on a new connection, let the loop's time advance by `later` s, and return the transport."""

    async def run() -> FakeTransport:
        config = configured(app)
        config.load()
        connection, transport = Protocol(config, ServerState(), {}), FakeTransport()
        connection.connection_made(transport)
        for chunk in chunks:
            connection.data_received(chunk)
            await turns()
        loop = asyncio.get_running_loop()
        with mock.patch.object(loop, "time", lambda now=loop.time: now() + later):
            await turns()
        connection.connection_lost(ConnectionResetError())
        return transport

    return asyncio.run(run())


async def turns() -> None:
    """Let the event loop run what is due."""
    for _turn in range(5):
        await asyncio.sleep(0)


def answers(transport: FakeTransport) -> list[int]:
    """Return the statuses of all responses on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", transport.written)]


def refusal(transport: FakeTransport) -> str:
    found: str = json.loads(transport.written.rpartition(b"\r\n\r\n")[2])["error"]["message"]
    return found


def test_headers_of_any_size_are_not_collected() -> None:
    header = b"X-Long: " + b"a" * 60_000
    transport = exchanged(b"GET / HTTP/1.1\r\nHost: here\r\n", header, header, header)
    assert answers(transport) == [431]
    assert refusal(transport) == f"The request's headers are larger than {MAX_HEAD:,} bytes."
    assert transport.ended  # the client can still read the answer


def test_two_long_requests_are_not_one_that_is_too_long() -> None:
    request = b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * 40_000
    transport = exchanged(request, b"\r\n\r\n", request, b"\r\n\r\n")
    assert answers(transport) == [200, 200]


@pytest.mark.parametrize(
    ("chunks", "before", "part"),
    [
        ([], [], "headers"),
        ([b"GET / HTTP/1.1\r\nHo"], [], "headers"),
        ([POST, b"abc"], [], "body"),
        ([GET, b"GET / HT"], [200], "headers"),
    ],
    ids=["nothing", "half a header", "half a body", "half of the second request"],
)
def test_a_request_that_does_not_end_is_ended(chunks: list[bytes], before: list[int], part: str) -> None:
    assert not exchanged(*chunks, later=min(HEAD_SECONDS, BODY_SECONDS) - 1).is_closing()
    transport = exchanged(*chunks, later=BODY_SECONDS + 1)
    assert answers(transport) == [*before, 408]
    assert f"The {part} did not arrive within" in refusal(transport)


@pytest.mark.parametrize("chunks", [[GET], [POST, b"0123456789"], [POST[:20], POST[20:], b"0123456789"]])
def test_a_request_that_has_arrived_has_no_time_limit(chunks: list[bytes]) -> None:
    transport = exchanged(*chunks, later=BODY_SECONDS + 1)
    assert answers(transport) == [200]
    assert not transport.is_closing()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01 TLS\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused_in_a_sentence(request_: bytes) -> None:
    transport = exchanged(request_)
    assert answers(transport) == [400]
    assert refusal(transport) == "This is not an HTTP/1.1 request (RFC 9112)."


def test_an_old_request_needs_no_host() -> None:
    assert answers(exchanged(b"GET / HTTP/1.0\r\n\r\n")) == [200]


def test_idle_connections_outlast_those_of_clients() -> None:
    config = configured(app)
    assert config.timeout_keep_alive == KEEP_ALIVE > 2 * httpx.Limits().keepalive_expiry  # type: ignore[operator]
    assert config.http is Protocol


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_all_addresses_of_ipv6_include_those_of_ipv4() -> None:
    with listen("::", 0) as listening:
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, listening.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "\ud83d"])
def test_a_host_that_idna_does_not_allow_is_one_sentence(host: str) -> None:
    with pytest.raises(ConfigurationError, match="this is not a host name"):
        listen(host, 0)
