"""A webhook receiver for tests: a web server in its own thread that records the requests it receives."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

_MAX_BODY = 10_000_000


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """A request sent to the receiver; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Parse the body as JSON; raise `ValueError` if the body is not valid JSON."""
        return json.loads(self.body)

    def signature_problem(self, secret: str, vendor: str, at: datetime | None = None) -> str:
        """Verify the signature as the vendor's documentation describes.

        Returns the reason why the request must be rejected, or "" if the signature is valid. Some signatures
        expire: `at` is the time when the request was received, by default the current time. Raises
        `LookupError` if the vendor's webhooks are not documented.
        """
        from mock_server.clock import micros, wall
        from mock_server.vendors import webhooks_of

        format_ = webhooks_of(vendor)
        if format_ is None:
            raise LookupError(f"No public source describes webhooks of {vendor}.")
        now = wall() if at is None else micros(at)
        return format_.signature_problem(self.headers, self.body, secret, now)

    def verify(self, secret: str, vendor: str, at: datetime | None = None) -> None:
        """Verify the signature like `signature_problem`; raise `AssertionError` if it is not valid."""
        problem = self.signature_problem(secret, vendor, at)
        if problem:
            raise AssertionError(f"The webhook cannot be trusted. {problem}")


class WebhookReceiver:
    """Records the webhooks sent to `url`, and responds with the status `status` and the body `answer`.

    By default, `status` is 200 and `answer` is empty. Tests can change both.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.answer = b""
        self._arrived = Condition()
        self._received: list[ReceivedWebhook] = []

    @property
    def received(self) -> list[ReceivedWebhook]:
        """The requests recorded so far, in the order in which they arrived."""
        with self._arrived:
            return list(self._received)

    def wait(
        self,
        count: int = 1,
        *,
        that: Callable[[ReceivedWebhook], bool] = lambda _request: True,
        timeout: float = 10.0,
    ) -> list[ReceivedWebhook]:
        """Wait for at least `count` requests for which `that` returns True, and return all such requests.

        Raises `TimeoutError` if this takes longer than `timeout` seconds.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._matching(that)) >= count, timeout):
                matching, arrived = len(self._matching(that)), len(self._received)
                raise TimeoutError(
                    f"{matching} of {count} webhooks arrived within {timeout:g} seconds"
                    f" ({arrived} requests in total)."
                )
            return self._matching(that)

    def verified(
        self, secret: str, vendor: str, count: int = 1, *, timeout: float = 10.0
    ) -> list[ReceivedWebhook]:
        """Wait for at least `count` requests, verify their signatures, and return them.

        Raises `AssertionError` if a signature is not valid, and `TimeoutError` if the requests do not arrive
        within `timeout` seconds.
        """
        received = self.wait(count, timeout=timeout)
        for request in received:
            request.verify(secret, vendor)
        return received

    def _matching(self, that: Callable[[ReceivedWebhook], bool]) -> list[ReceivedWebhook]:
        return [request for request in self._received if that(request)]

    def clear(self) -> None:
        """Delete all recorded requests."""
        with self._arrived:
            self._received.clear()

    def record(self, request: ReceivedWebhook) -> tuple[int, bytes]:
        """Record a request, and return the status and the body to respond with."""
        with self._arrived:
            self._received.append(request)
            self._arrived.notify_all()
            return self.status, self.answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = WebhookReceiver(f"http://127.0.0.1:{self.server_port}/")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Record the request and respond with the receiver's status and body.

        If the client disconnects before the request is complete, the request is not recorded.
        """
        length = min(int(self.headers.get("content-length") or 0), _MAX_BODY)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = self.rfile.read(length)
            if len(body) == length:
                status, answer = self.server.receiver.record(ReceivedWebhook(self.path, headers, body))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the library
        """Do nothing, so that log messages do not appear in the test's output."""


@contextmanager
def receiving() -> Iterator[WebhookReceiver]:
    """Receive webhooks on a free port of 127.0.0.1 until the `with` block ends."""
    server = _Server()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
