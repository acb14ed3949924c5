"""One vendor's sandbox in this process, on a real socket, that can return to its first state."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

import httpx
import orjson
import uvicorn

import openapi
from connector.definition.compiler import integration
from connector.definition.model import Integration
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.clock import moment
from mock_server.engine.protocols import ConnectionCut
from mock_server.faults.parsing import parse
from mock_server.pages.prefill import prefilled
from mock_server.serving.protocol import Protocol
from mock_server.settings import Settings
from mock_server.vendors import Vendor
from support.actions.forward import ForwardLoop
from support.actions.writes import Write, creators, example
from support.first_moment import FIRST_MOMENT
from support.stored import everything

T = TypeVar("T")
TENANT = "demo"
SEEDED = 60
QUIET = 3_600  # seconds between the newest record and the writes
SILENCE = 50  # seconds that pass while the sandbox says nothing; longer than any client waits
DELAY = 0.1  # seconds in which a client notices that a response began
START = "start"
Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Arrived:
    """A request that reached the vendor's API: its path without the base, and its parsed body.

    `complete` is true after the whole body has arrived.
    """

    method: str
    path: str
    query: str
    body: Any
    complete: bool = False


class _Server(uvicorn.Server):
    """A server that leaves the signals of the test process alone; `ready` is set when it listens."""

    capture_signals = nullcontext  # type: ignore[assignment]  # a context manager without arguments

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass
class Served:
    """The sandbox of one vendor, with one tenant on a frozen clock; `arrived` lists its requests.

    If a request is not answered, its client's time limit passes at once: when the sandbox, after its work,
    waits for the client to leave, the loop's clock is set forward and each of `when_silent` is called. They
    are also called shortly after a response ends in its body, because Zapier's HTTP client does not notice.
    """

    vendor: str
    app: Sandbox
    loop: asyncio.Runner
    time: ForwardLoop
    arrived: list[Arrived] = field(default_factory=list)
    client: httpx.AsyncClient = field(init=False)
    document: dict[str, Any] = field(init=False)
    """The vendor's document, with examples that fit the tenant's first state."""
    when_silent: list[Callable[[], None]] = field(default_factory=list)
    later: asyncio.TimerHandle | None = None
    first: dict[str, list[Any]] = field(default_factory=dict)
    """The tenant's first state."""

    def __post_init__(self) -> None:
        base = self.app.world.settings.base_url
        self.client = httpx.AsyncClient(base_url=f"{base}/__sandbox/tenants/{TENANT}", verify=False)
        self.document = self._prefilled()

    @cached_property
    def offer(self) -> Integration:
        return integration(self.vendor)

    @cached_property
    def served(self) -> Vendor:
        return vendors.load(self.vendor, self.app.world)

    def movable_to(self, status: str) -> str:
        """Return the ID of a return that may get this status next."""
        following = self.served.lifecycle.transitions
        rows = self.app.world.store.rows(TENANT, self.vendor, "return")
        return next(row.id for row in rows if status in following[row.status])

    @property
    def base_url(self) -> str:
        settings = self.app.world.settings
        return settings.base_url + settings.path_of(self.vendor, self.served.base_path)

    @property
    def login(self) -> dict[str, str]:
        """Return the credentials that a user enters."""
        key = self.app.world.keys.key(TENANT, self.vendor)
        return dict(self.served.credentials(key)["fields"])

    def _prefilled(self) -> dict[str, Any]:
        return prefilled(openapi.read(self.vendor), self.served.examples(TENANT))

    def now(self) -> Any:
        """Return the time on the tenant's clock."""
        return moment(self.app.world.clocks.now(TENANT))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine while the sandbox serves requests."""
        return self.loop.run(coroutine)

    def restore(self) -> None:
        """Return to the first state, without faults."""
        if self.state() != self.first:  # to restore takes ten times as long as to compare
            self._control("POST", f"/snapshots/{START}/restore")
            assert self.state() == self.first
        self.app.faults.delete_all(TENANT)
        self.arrived.clear()
        if self.later:
            self.later.cancel()

    def add_fault(self, operation: str, what: str, **parameters: Any) -> None:
        """Let the next call of an operation meet a fault."""
        fault = {"vendor": self.vendor, "operation": operation, "what": what, "when": {"next": 1}}
        faults = self.app.faults
        faults.add(TENANT, parse({**fault, "parameters": parameters}, faults.operations, seed=1))

    def state(self) -> dict[str, list[Any]]:
        """Return all records, totals, ledger events and scheduled steps of the tenant."""
        return everything(self.app.world.store, TENANT)

    def writes(self) -> list[Arrived]:
        """Return the requests that may have changed something, except those for a token."""
        tokens = self.offer.authentication.tokens
        login = self.offer.operations[tokens.operation].path if tokens else None
        return [one for one in self.arrived if one.method != "GET" and one.path != login]

    def prepare(self) -> None:
        """Freeze the clock, create what other writes need, and remember this state as the first."""
        self._control("POST", "/clock/freeze")
        for write in creators(self.document, self.vendor):
            self._send(write)
        self._control("POST", "/clock/advance", json={"seconds": QUIET})
        self.document = self._prefilled()
        self._control("POST", "/snapshots", json={"name": START})
        self.first = self.state()

    def _send(self, write: Write) -> None:
        """Make a write with a plain client."""
        login = self.served.credentials(self.app.world.keys.key(TENANT, self.vendor))
        made = example(self.document, write)
        path = write.operation.path.format(**made.parameters)
        query = {
            **login["query"],
            **{
                name: value
                for name, value in made.parameters.items()
                if f"{{{name}}}" not in write.operation.path
            },
        }
        call = self.client.request(
            write.operation.method,
            self.base_url + path,
            params=query,
            headers=login["headers"],
            json=made.body,
        )
        answer = self.run(call)
        assert answer.is_success, answer.text

    def _control(self, method: str, path: str, **what: Any) -> None:
        answer = self.run(self.client.request(method, path, **what))
        assert answer.is_success, answer.text

    def _pass_time(self) -> None:
        self.time.pass_time(SILENCE)
        self._notify()

    def _notify(self) -> None:
        for notify in self.when_silent:
            notify()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Serve a request, and note it if it is for the vendor's API."""
        base = httpx.URL(self.base_url).path.rstrip("/")
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith(f"{base}/") or path.startswith("/__sandbox"):
            await self.app(scope, receive, send)
            return
        pieces: list[bytes] = []
        place = len(self.arrived)
        note = partial(Arrived, scope["method"], path.removeprefix(base), scope["query_string"].decode())
        self.arrived.append(note(None))

        async def noted() -> Message:
            if self.arrived[place].complete:
                self._pass_time()
            message: Message = await receive()
            pieces.append(message.get("body", b""))
            if message["type"] == "http.request" and not message.get("more_body"):
                text = b"".join(pieces)
                self.arrived[place] = note(orjson.loads(text) if text else None, complete=True)
            return message

        started = False

        async def answering(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, noted, answering)
        except ConnectionCut:
            if started:
                self.later = self.time.call_later(DELAY, self._notify)
            raise


@contextmanager
def serving(vendor: str) -> Iterator[Served]:
    """Serve one vendor on a free port until the block ends."""
    time = ForwardLoop()
    with asyncio.Runner(loop_factory=lambda: time) as loop, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(_settings(vendor, listener.getsockname()[1]))
        served = Served(vendor, app, loop, time)
        config = uvicorn.Config(
            served,
            http=partial(Protocol, max_body=app.world.settings.max_body),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            access_log=False,
            date_header=False,
            log_config=None,
        )
        server = _Server(config)
        task = loop.get_loop().create_task(server.serve(sockets=[listener]))
        try:
            loop.run(_until(server.ready))
            served.prepare()
            yield served
        finally:
            server.should_exit = True
            loop.run(served.client.aclose())
            loop.run(_ended(task))
            app.world.close()


def _settings(vendor: str, port: int) -> Settings:
    return Settings(
        vendor=vendor,
        port=port,
        database="sqlite://",
        seed_size=SEEDED,
        first_moment=FIRST_MOMENT,
        rate_limits=False,
        journal=False,
    )


async def _until(ready: asyncio.Event) -> None:
    await ready.wait()


async def _ended(task: "asyncio.Task[None]") -> None:
    await task
