"""The adapter for the connector in Python."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import httpx

import connector
from connector import errors
from connector.definition.model import InputField, Integration
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor
from support.matrix.adapter import Connect, Hook, Inputs, Kind, Offered, Record, Refused, value_of
from support.matrix.shop import TOOK, Shop

T = TypeVar("T")
KINDS: Mapping[type[errors.ConnectorError], Kind] = {
    errors.AuthenticationError: "authentication",
    errors.PermissionDenied: "permission",
    errors.NotFound: "not_found",
    errors.ValidationFailed: "validation",
    errors.RateLimited: "rate_limited",
    errors.VendorUnavailable: "unavailable",
    errors.UnexpectedResponse: "unexpected",
    errors.OutcomeUnknown: "unknown",
    errors.PartlyDone: "unknown",
}


LONG_AGO = timedelta(days=365)


class Heard(logging.Handler):
    """A log handler that keeps every log record as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass
class Interpreter:
    """One event loop for all connections of a vendor, and its log."""

    loop: asyncio.Runner
    heard: Heard
    integration: Integration | None = None
    opened: list[Connection] = field(default_factory=list)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine; the connector's errors become `Refused`."""
        try:
            return self.loop.run(coroutine)
        except errors.ConnectorError as problem:
            self.heard.lines.append(f"{problem} {problem!r} {vars(problem)}")
            delay = getattr(problem, "retry_after", None)
            raise Refused(KINDS[type(problem)], _told(problem), delay=delay) from None


def _told(problem: errors.ConnectorError) -> str:
    fields = getattr(problem, "fields", ())
    return " ".join([problem.message, *(str(one) for one in fields)])


@dataclass
class PythonAdapter:
    """A connection whose sleeps only advance its own clock."""

    interpreter: Interpreter
    shop: Shop
    slept: timedelta = timedelta()
    runtime: Literal["python"] = "python"
    longest_step: float | None = None
    tells_delay: bool = True
    fills_defaults: bool = False
    sends_empty: bool = False
    hides_echoes: bool = True

    def __post_init__(self) -> None:
        self.connection = self._opened(self.shop.login)

    def at(self, shop: Shop) -> "PythonAdapter":
        return PythonAdapter(self.interpreter, shop)

    def offered(self, what: Offered) -> frozenset[str]:
        return frozenset(getattr(self.shop.offer, what))

    def form(self, what: Offered, key: str) -> frozenset[str]:
        return frozenset(one.key for one in getattr(self.shop.offer, what)[key].inputs)

    def prove(self, login: Mapping[str, str]) -> None:
        self.interpreter.run(self._opened(login).check())

    def watch(self, key: str, inputs: Inputs | None = None) -> "PythonWatch":
        watch = PythonWatch(self, key, inputs or {})
        assert watch.poll() == [], "the first poll delivered existing records"
        return watch

    def sample(self, key: str) -> list[Record]:
        """Return what the first poll delivers with a start before the shop's first record."""
        polled = self.interpreter.run(self.connection.triggers[key].poll(since=self.shop.time() - LONG_AGO))
        return [dict(event.data) for event in polled.events]

    def hooked(self) -> frozenset[str]:
        return frozenset()

    def subscribe(self, key: str, url: str) -> Hook:
        raise LookupError(f"The connector polls; unknown would receive what is posted to {url} of {key}.")

    def act(self, key: str, inputs: Inputs) -> Record:
        return self.interpreter.run(self.connection.actions[key](**inputs))

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        return self.interpreter.run(self.connection.searches[key](**inputs))

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        dropdown = self.connection.dropdowns[key]
        found = self.interpreter.run(dropdown())
        for _ in range(page):
            if found.next_page is None:
                return []
            found = self.interpreter.run(dropdown(page=found.next_page))
        return [(one.value, one.label) for one in found.options]

    def parts(self, _key: str, _inputs: Inputs) -> Sequence[tuple[str, str]]:
        """Return nothing: Python has no forms; a program reads the parts from the record."""
        return ()

    def choose(self, _key: str, field: InputField, label: str) -> str:
        """Return the label, which the connector accepts; a record is chosen by its value."""
        return label if field.choices else value_of(self, field, label)

    def lost_write(self, _key: str) -> Kind:
        return "unknown"

    @contextmanager
    def listening(self) -> Iterator[None]:
        root = logging.getLogger()
        before = root.level
        root.addHandler(self.interpreter.heard)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.setLevel(before)
            root.removeHandler(self.interpreter.heard)

    def words(self) -> str:
        return "\n".join([*self.interpreter.heard.lines, repr(self.connection)])

    def _opened(self, login: Mapping[str, Any]) -> Connection:
        opened = connector.open(
            self.interpreter.integration or self.shop.offer,
            base_url=self.shop.proxy.url,
            transport=Waiting(self),
            clock=self._clock,
            sleep=self._sleep,
            **login,
        )
        self.interpreter.opened.append(opened)
        return opened

    def _clock(self) -> datetime:
        return self.shop.time() + self.slept

    async def _sleep(self, seconds: float) -> None:
        self.slept += timedelta(seconds=seconds)


class Waiting(httpx.AsyncHTTPTransport):
    """A transport for which a slow vendor only advances the adapter's clock."""

    def __init__(self, adapter: PythonAdapter) -> None:
        super().__init__(verify=False)
        self._adapter = adapter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self._adapter.slept += timedelta(seconds=float(response.headers.get(TOOK, 0)))
        return response


@dataclass
class PythonWatch:
    """A trigger and its cursor."""

    adapter: PythonAdapter
    key: str
    inputs: Inputs
    cursor: Cursor | None = None

    def poll(self) -> list[Record]:
        trigger = self.adapter.connection.triggers[self.key]
        polled = self.adapter.interpreter.run(trigger.poll(self.cursor, **self.inputs))
        self.cursor = polled.cursor
        return [dict(event.data) for event in polled.events]


def _connected(interpreter: Interpreter, shop: Shop) -> PythonAdapter:
    """Connect with an empty log."""
    interpreter.heard.lines.clear()
    return PythonAdapter(interpreter, shop)


@contextmanager
def python(_vendor: str, _url: str, integration: Integration | None = None) -> Iterator[Connect]:
    """Run the connector until the block ends; `integration` replaces the vendor's own."""
    with asyncio.Runner() as loop:
        interpreter = Interpreter(loop, Heard(), integration)
        try:
            yield lambda shop: _connected(interpreter, shop)
        finally:
            for connection in interpreter.opened:
                loop.run(connection.client.close())
