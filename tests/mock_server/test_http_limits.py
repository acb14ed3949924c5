"""The HTTP server's limits and timeouts, and requests it refuses before they reach an API."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from support.each import each
from support.fake_transport import FakeTransport
from uvicorn.server import ServerState

from mock_server.serving import protocol
from mock_server.serving.protocol import MAX_HEAD, Protocol
from mock_server.serving.sweeper import READ_SECONDS, Sweeper

MAX_BODY = 1_000
GET = b"GET /one HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /two HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"


@dataclass
class ServedConnection:
    """One connection to an application that echoes path, headers and body, in one event loop."""

    loop: asyncio.AbstractEventLoop
    line: FakeTransport = field(default_factory=FakeTransport)
    seen: list[dict[str, Any]] = field(default_factory=list)
    reads_body: bool = True
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()
        options: dict[str, Any] = {"interface": "asgi3", "proxy_headers": False, "log_config": None}
        config = uvicorn.Config(self._app, http="httptools", ws="none", lifespan="off", **options)
        self.state = ServerState()
        self.connection = Protocol(
            config=config, server_state=self.state, app_state={}, _loop=self.loop, max_body=MAX_BODY
        )
        self.connection.connection_made(self.line)
        self.line.protocol = self.connection

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", self.reads_body
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        await self.may_answer.wait()
        self.seen.append({**scope, "body": body})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    def send(self, *parts: bytes) -> None:
        for part in parts:
            if self.line.protocol is self.connection and not self.line.closed:
                self.receive(part)
                self.run()

    def receive(self, data: bytes) -> None:
        """Let the connection receive data in the event loop, and let the application run once."""
        self.loop.call_soon(self.connection.data_received, data)
        self.loop.run_until_complete(asyncio.sleep(0))

    def run(self) -> None:
        """Let the application run until it waits."""
        for _ in range(20):
            self.loop.run_until_complete(asyncio.sleep(0))

    @property
    def statuses(self) -> list[int]:
        return [int(found) for found in re.findall(rb"HTTP/1.1 (\d+) ", self.line.written)]


@pytest.fixture
def open_connection() -> Iterator[Callable[..., ServedConnection]]:
    loop = asyncio.new_event_loop()
    yield lambda **options: ServedConnection(loop, **options)
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=60))
    loop.close()


Open = Callable[..., ServedConnection]


def refused(site: ServedConnection, status: int, words: str) -> None:
    """Assert that the last answer is a refusal and that the connection closes."""
    assert site.statuses[-1] == status
    assert words in site.line.written.decode()
    assert b"connection: close" in site.line.written
    assert site.line.ended


def test_complete_requests_are_served(open_connection: Open) -> None:
    site = open_connection()
    site.send(GET, POST + b"0123456789", GET + GET)
    assert site.statuses == [200] * 4
    assert [one["path"] for one in site.seen] == ["/one", "/two", "/one", "/one"]
    assert not site.line.is_closing()


def test_requests_in_parts_are_served(open_connection: Open) -> None:
    site = open_connection()
    whole = POST + b"0123456789" + GET
    site.send(*(whole[place : place + 1] for place in range(len(whole))))
    assert site.statuses == [200, 200]
    assert site.seen[0]["body"] == b"0123456789"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * MAX_HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\n" + b"A: b\r\n" * (MAX_HEAD // 2) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Endless: " + b"a" * 50 * MAX_HEAD,
    ],
    ids=["one long header", "many headers", "a header without an end"],
)
@pytest.mark.parametrize("size", [1_000, 10_000_000], ids=["in pieces", "at once"])
def test_large_headers_are_431(open_connection: Open, head: bytes, size: int) -> None:
    site = open_connection()
    site.send(*(head[place : place + size] for place in range(0, len(head), size)), b"a" * size)
    if size == 1_000 or head.endswith(b"\r\n\r\n"):
        refused(site, 431, "larger than 65536 bytes")
    assert site.seen == []
    assert len(site.connection.headers or ()) < MAX_HEAD


@pytest.mark.parametrize("size", [1_000, 10_000_000], ids=["in pieces", "at once"])
def test_long_url_is_414(open_connection: Open, size: int) -> None:
    site = open_connection()
    head = b"GET /" + b"a" * (MAX_HEAD + 2_000) + b" HTTP/1.1\r\nHost: here\r\n\r\n"
    site.send(*(head[place : place + size] for place in range(0, len(head), size)))
    refused(site, 414, "URL is longer than 65536 bytes")


def test_head_just_below_the_limit_is_served(open_connection: Open) -> None:
    site = open_connection()
    head = b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * (MAX_HEAD - 100) + b"\r\n\r\n"
    site.send(head, *(head[place : place + 1_000] for place in range(0, len(head), 1_000)), GET)
    assert site.statuses == [200] * 3


@pytest.mark.parametrize("reads_body", [True, False])
def test_endless_body_is_cut_off(open_connection: Open, reads_body: bool) -> None:
    """An API stops reading at its limit; it does not answer a second time."""
    site = open_connection(reads_body=reads_body)
    head = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.send(head, *[b"3e8\r\n" + b"a" * 1_000 + b"\r\n"] * 200)
    assert site.statuses == ([413] if reads_body else [200])
    assert site.line.ended


def test_trailers_are_not_headers(open_connection: Open) -> None:
    site = open_connection()
    head = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    site.send(head + b"Authorization: Bearer late\r\nHost: there\r\n\r\n" + GET)
    assert site.statuses == [200, 200]
    assert site.seen[0]["headers"] == [(b"host", b"here"), (b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize("hosts", [b"", b"Host: one\r\nHost: two\r\n", b"Host: one\r\nhost: one\r\n"])
def test_http_1_1_needs_one_host(open_connection: Open, hosts: bytes) -> None:
    site = open_connection()
    site.send(b"GET / HTTP/1.1\r\n" + hosts + b"\r\n")
    refused(site, 400, "needs exactly one Host header")
    assert site.seen == []


def test_http_1_0_needs_no_host(open_connection: Open) -> None:
    site = open_connection()
    site.send(b"GET / HTTP/1.0\r\n\r\n")
    assert site.statuses == [200]


@pytest.mark.parametrize(
    "garbage",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: here\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_garbage_after_requests_loses_no_answer(open_connection: Open, garbage: bytes) -> None:
    site = open_connection()
    site.send(GET + POST + b"0123456789" + garbage)
    assert site.statuses == [200, 200, 400]
    assert site.line.ended
    assert len(site.seen) == 2


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_upgrade_offer_is_ignored_and_the_body_is_read(
    open_connection: Open, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Java's client and `curl --http2` send such an offer."""
    site = open_connection()
    long = b"POST /java HTTP/1.1\r\nHost: here\r\n" + OFFER + b"Content-Length: 10\r\n\r\n0123456789"
    cut = (
        b"POST /cut HTTP/1.1\r\nHost: here\r\n"
        + OFFER
        + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    )
    get = b"GET /curl HTTP/1.1\r\nHost: here\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    whole = GET + long + cut + get + GET
    site.send(*(whole[place : place + size] for place in range(0, len(whole), size)))
    assert site.statuses == [200] * 5
    assert [(one["path"], one["body"]) for one in site.seen] == [
        ("/one", b""),
        ("/java", b"0123456789"),
        ("/cut", b"a"),
        ("/curl", b""),
        ("/one", b""),
    ]
    assert (b"connection", b"keep-alive") in site.seen[3]["headers"]
    assert all(b"upgrade" not in dict(one["headers"]) for one in each(site.seen))
    assert caplog.text == ""


def test_connect_opens_no_tunnel(open_connection: Open) -> None:
    site = open_connection()
    site.send(b"CONNECT elsewhere.example.com:443 HTTP/1.1\r\nHost: elsewhere.example.com\r\n\r\nsecret")
    refused(site, 400, "RFC 9112")
    assert site.seen == []


def test_garbage_in_a_body_is_refused_once(open_connection: Open) -> None:
    site = open_connection()
    site.send(b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n")
    refused(site, 400, "RFC 9112")
    assert site.statuses == [400]
    assert site.seen == []


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def sweeping(site: ServedConnection, keep_alive: float = 75) -> Callable[[float], None]:
    """Return a function that advances the time, with one sweep per second."""
    clock = Clock()
    sweeper = Sweeper(lambda: site.state.connections, keep_alive, clock)

    def wait(seconds: float) -> None:
        for _ in range(int(seconds) + 1):
            sweeper.sweep()
            clock.now += 1
        site.run()

    return wait


def test_incomplete_head_is_408(open_connection: Open) -> None:
    site = open_connection()
    wait = sweeping(site)
    site.send(b"GET / HTTP/1.1\r\nHost: he")
    wait(protocol.HEAD_SECONDS - 2)
    site.send(b"r")
    assert site.statuses == []
    wait(3)
    refused(site, 408, "headers did not arrive within 20 seconds")


def test_incomplete_body_is_408_and_the_api_sees_a_disconnect(open_connection: Open) -> None:
    site = open_connection()
    wait = sweeping(site)
    site.send(POST + b"01234")
    wait(protocol.BODY_SECONDS - 2)
    assert site.statuses == []
    wait(3)
    refused(site, 408, "body did not arrive within 60 seconds")
    assert site.seen == []
    assert site.connection.cycle.disconnected


def test_each_request_has_its_own_timeout(open_connection: Open) -> None:
    site = open_connection()
    wait = sweeping(site)
    for _ in range(5):
        site.send(POST + b"01234")
        wait(protocol.BODY_SECONDS / 2)
        site.send(b"56789")
    assert site.statuses == [200] * 5


def test_connection_without_a_request_is_closed_without_an_answer(open_connection: Open) -> None:
    site = open_connection()
    wait = sweeping(site, keep_alive=5)
    wait(3)
    assert not site.line.closed
    wait(4)
    assert site.line.closed
    assert site.line.written == b""


def test_answer_that_the_client_does_not_read_ends_the_connection(open_connection: Open) -> None:
    site = open_connection()
    wait = sweeping(site)
    site.connection.pause_writing()
    site.send(GET)
    wait(READ_SECONDS - 5)
    assert not site.line.closed
    wait(6)
    assert site.line.aborted
    site.connection.connection_lost(None)


def test_slow_api_is_not_timed_out(open_connection: Open) -> None:
    site = open_connection()
    site.may_answer.clear()
    site.receive(POST + b"0123456789")
    clock = Clock()
    sweeper = Sweeper(lambda: site.state.connections, 75, clock)
    for _ in range(3):
        sweeper.sweep()
        clock.now += 10_000
    assert not site.line.is_closing()
    site.may_answer.set()
    site.run()
    assert site.statuses == [200]
