"""The sandbox as Schemathesis calls it: requests are observed, and the clock ticks between two of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import requests.adapters
import requests.structures
import urllib3
from contract.sandbox.served import ACME, Served
from contract.sandbox.state import NOTHING_CHANGED, Changes, State
from support.asgi_client import Answer

import openapi
from mock_server.clock import SECOND
from mock_server.store import Store

CASE_ID = "X-Schemathesis-TestCaseId"
TICK = SECOND
"""How far the clock moves before each request; no window of a plan is used up at this speed."""
DAY, REQUESTS_A_DAY = 86_400 * SECOND, 1_500
WINDOWS = (1, 60, 86_400)
"""The lengths (seconds) of all rate limit windows of all vendors."""


@dataclass(frozen=True)
class Seen:
    """What the sandbox did for one request, and at what time of the tenant (µs)."""

    changes: Changes
    at: int
    counted: Mapping[int, int]
    """How many requests of the key are counted in each window, this one included, by its seconds."""


@dataclass
class Watched:
    """Passes requests on to a served API, and keeps what each of them changed.

    The control plane changes whole tenants, so its requests are passed on only.
    Requests of the tenant's default login are counted, which only Schemathesis uses. `walked` is for checks
    that read whole lists: what they have read already.
    """

    served: Served
    state: State | None = None
    seen: dict[str, Seen] = field(default_factory=dict)
    walked: set[Any] = field(default_factory=set)
    requests: int = 0
    _counts: Counter[tuple[int, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.served.vendor != openapi.CONTROL_PLANE:
            self.state = self._read()

    async def __call__(self, *_: Any) -> None:
        """Mark the object as an ASGI application; requests arrive at `send`."""
        raise AssertionError("Requests are sent with `send`, which observes them.")

    def send(self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        """Send a request of Schemathesis, and keep what it changed under the id of its test case."""
        if self.state is None:
            seen = Seen(NOTHING_CHANGED, 0, {})
            answer = self.served.client.send(method, target, headers, body)
        else:
            answer, seen = self._observed(self.state, method, target, headers, body)
        self.seen[dict(headers).get(CASE_ID.lower().encode(), b"").decode()] = seen
        return answer

    def _observed(
        self, before: State, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[Answer, Seen]:
        before = self._tick(before)
        counts = self._is_counted(method, target, headers)
        connection = self._store._connection
        writes = connection.total_changes
        answer = self.served.client.send(method, target, headers, body)
        if connection.total_changes == writes:
            return answer, Seen(NOTHING_CHANGED, self.now, self._count(counts))
        self.state = self._read()
        changes = self.state.since(before, self._store, ACME)
        return answer, Seen(changes, self.now, self._count(counts))

    @property
    def _store(self) -> Store:
        return self.served.app.world.store

    @property
    def now(self) -> int:
        """The tenant's time (µs)."""
        return self.served.app.world.clocks.now(ACME)

    def _read(self) -> State:
        return State.read(self._store, ACME, self.served.vendor)

    def _tick(self, before: State) -> State:
        self.requests += 1
        step = TICK if self.requests % REQUESTS_A_DAY else DAY
        if self.served.app.world.clocks.advance(ACME, self.now + step):
            self.state = before = self._read()
        return before

    def _is_counted(self, method: str, target: str, headers: list[tuple[bytes, bytes]]) -> bool:
        """Return whether the windows of the default key count a request: it arrives and has the key."""
        path = target.partition("?")[0].removeprefix(self.served.base_path)
        operation = self.served.document.route(method, path)
        login = self.served.logins[ACME]["headers"]
        sent = dict(headers)
        return (
            operation is not None
            and not operation.is_public
            and all(sent.get(name.lower().encode()) == value.encode() for name, value in login.items())
        )

    def _count(self, counts: bool) -> dict[int, int]:
        second = self.now // SECOND
        counted = {}
        for length in WINDOWS:
            self._counts[length, second // length] += counts
            counted[length] = self._counts[length, second // length]
        return counted


class Adapter(requests.adapters.BaseAdapter):
    """Sends the requests of a session to a watched sandbox instead of the network."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """Send one request."""
        url = urllib3.util.parse_url(str(request.url))
        body = request.body or b""
        headers = [
            (name.lower().encode("latin-1"), _bytes(value, "latin-1"))
            for name, value in request.headers.items()
            if name.lower() != "accept-encoding"  # nothing here decompresses
        ]
        answer = self._watched.send(str(request.method), url.request_uri, headers, _bytes(body, "utf-8"))
        return _response(request, answer)

    def close(self) -> None:
        """Keep the sandbox open: many sessions share it."""


def _bytes(text: Any, encoding: str) -> bytes:
    return text.encode(encoding) if isinstance(text, str) else bytes(text)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    made = requests.Response()
    made.status_code = answer.status
    made.headers = requests.structures.CaseInsensitiveDict(answer.headers)
    made._content = answer.content
    made.raw = urllib3.HTTPResponse(
        body=b"", headers=urllib3.HTTPHeaderDict(answer.headers), status=answer.status, version=11,
        preload_content=False,
    )  # fmt: skip
    made.reason, made.request, made.url = "", request, str(request.url)
    made.encoding = "utf-8"
    return made
