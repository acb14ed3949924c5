"""A program that is told by webhook: a small HTTP server on loopback that keeps what it gets."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.loopback import serving


@dataclass
class Receiver:
    """Where it listens, what it answers, and what it got: paths with their JSON bodies."""

    url: str
    status: int = 200
    got: list[tuple[str, Any]] = field(default_factory=list)

    def wait(self, holds: Callable[[], bool], seconds: float = 15) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"It did not happen; this was received: {self.got}"
            time.sleep(0.02)

    @property
    def events(self) -> list[str]:
        return [body["eventName"] for _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the block ends."""

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver.got.append((self.path, body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with serving(Ear) as url:
        receiver = Receiver(f"{url}/hooks")
        yield receiver
