"""A webhook receiver: a small HTTP server on loopback that keeps the posts."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from support.loopback import serving


@dataclass
class Receiver:
    """The receiver's URL, the status it answers with, and the received paths and JSON bodies.

    While `answers` is cleared, the receiver does not answer. `headers` has the headers of each request.
    """

    url: str
    status: int = 200
    answers: Event = field(default_factory=Event)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    got: list[tuple[str, Any]] = field(default_factory=list)

    def wait(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until the condition holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"Timed out; received: {self.got}"
            time.sleep(0.02)

    @property
    def events(self) -> list[str]:
        return [body["eventName"] for _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            receiver.got.append((self.path, body))
            receiver.answers.wait()
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with serving(Handler) as url:
        receiver = Receiver(f"{url}/hooks")
        receiver.answers.set()
        try:
            yield receiver
        finally:
            receiver.answers.set()
