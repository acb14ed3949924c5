"""Calls an ASGI application in this process, without a server: one request after another.

A request costs a tenth of what it costs over a socket, and the test sees the application's state between
two requests. The application's lifespan does not run.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import orjson

Headers = Iterable[tuple[bytes, bytes]]
Query = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A response: its status, its headers with names in lower case, and its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def ok(self) -> bool:
        """True if the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def body(self) -> Any:
        """The body, parsed as JSON."""
        return orjson.loads(self.content)

    def header(self, name: str) -> str | None:
        """Return a header's value, or None if it is missing."""
        return dict(self.headers).get(name.lower())


class InProcess:
    """A client of one ASGI application, with an event loop of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self.after: Callable[[str, Answer], None] = lambda _target, _answer: None
        """Called with the target and the answer of every request."""

    def close(self) -> None:
        """Close the event loop."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
        """Send a request; `target` is a path, percent-encoded, with its query."""
        answer = self._loop.run_until_complete(self._exchange(method, target, headers, body))
        self.after(target, answer)
        return answer

    def call(
        self,
        method: str,
        path: str,
        query: Query = (),
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request with a JSON body, or without a body if `json` is None."""
        pairs = list(query)
        target = f"{path}?{urlencode(pairs)}" if pairs else path
        sent = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        body = b"" if json is None else orjson.dumps(json)
        if json is not None:
            sent += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        return self.send(method, target, sent, body)

    async def _exchange(self, method: str, target: str, headers: Headers, body: bytes) -> Answer:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method.upper(),
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1:4010"), *headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 4010),
        }
        started: MutableMapping[str, Any] = {}
        chunks: list[bytes] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self._app(scope, receive, send)
        pairs = tuple((name.decode("latin-1").lower(), value.decode("latin-1"))
                      for name, value in started["headers"])  # fmt: skip
        return Answer(started["status"], pairs, b"".join(chunks))
