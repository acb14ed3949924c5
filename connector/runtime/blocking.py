"""Provides connections for programs without async code: each call returns when its result is available.

The connection runs in an event loop in a separate thread (anyio's blocking portal), so it works in a
notebook, in a Django view and in a thread pool. Nothing is implemented twice: every call runs the method of
the async connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast
from weakref import finalize

from anyio.from_thread import start_blocking_portal

from connector.runtime.actions import BoundAction
from connector.runtime.dropdowns import BoundDropdown
from connector.runtime.operations import BoundOperation
from connector.runtime.searches import BoundFindOrCreate, BoundSearch
from connector.runtime.triggers import BoundTrigger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
    from datetime import date, datetime
    from inspect import Signature
    from types import TracebackType

    from connector.definition.model import (
        Action,
        Dropdown,
        FindOrCreate,
        Integration,
        Operation,
        Search,
        Trigger,
    )
    from connector.runtime.connection import Connection
    from connector.runtime.dropdowns import Options
    from connector.runtime.polling import Cursor, Event
    from connector.runtime.triggers import PollResult
    from connector.transport.answers import Answer
    from connector.transport.paging import Page, Position

T = TypeVar("T")
Inner = TypeVar("Inner")


class LoopThread:
    """Runs async functions in a separate thread, which is started by the first call."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: Callable[[], object] = bool

    def run(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function and return its result.

        If waiting for the result is interrupted, for example by Ctrl-C, the function is cancelled.
        """
        with self._lock:
            if self._loop is None:
                opened = start_blocking_portal(name="returns-connector")
                self._loop = opened.__enter__().call(asyncio.get_running_loop)
                # Also runs at the end of the program, which would otherwise wait for the thread for ever.
                self._end = finalize(self, opened.__exit__, None, None, None)
            # The portal's own method also waits until the task has started. An interrupt during that wait
            # would not cancel the task.
            future = asyncio.run_coroutine_threadsafe(_result_of(function), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """Yield the items of an async generator. Each item is requested only when it is needed."""
        end = object()
        try:
            while (item := self.run(partial(anext, items, end))) is not end:
                yield cast("T", item)
        finally:
            self.run(cast("AsyncGenerator[T, None]", items).aclose)

    def close(self) -> None:
        """End the thread. A later call starts a new thread."""
        with self._lock:
            self._loop = None
            self._end()


async def _result_of(function: Callable[[], Awaitable[T]]) -> T:
    return await function()


class SyncStep(Generic[Inner]):
    """The base class of a synchronous connection's triggers, actions, searches, dropdowns and operations.

    `bound` is the corresponding object of the async connection, for example a `BoundTrigger`.
    """

    def __init__(self, thread: LoopThread, bound: Inner) -> None:
        self.bound = bound
        self._thread = thread

    def __repr__(self) -> str:
        return repr(self.bound)


class SyncTrigger(SyncStep[BoundTrigger]):
    """A trigger, for example `connection.triggers["new_return"]`; see `BoundTrigger`."""

    @property
    def trigger(self) -> Trigger:
        return self.bound.trigger

    @property
    def name(self) -> str:
        """The vendor's ID and the trigger's key, joined by a colon; each event's ID begins with this name."""
        return self.bound.name

    def cursor_name(self, **inputs: Any) -> str:
        """Build the name under which to store the cursor for these inputs."""
        return self.bound.cursor_name(**inputs)

    def poll(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll once; see `BoundTrigger.poll`."""
        return self._thread.run(partial(self.bound.poll, cursor, since=since, **inputs))

    def poll_list(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll once without the details of the events; see `BoundTrigger.poll_list`."""
        return self._thread.run(partial(self.bound.poll_list, cursor, since=since, **inputs))

    def read_details(self, event: Event) -> Event:
        """Add the details to an event; see `BoundTrigger.read_details`."""
        return self._thread.run(partial(self.bound.read_details, event))


class SyncAction(SyncStep[BoundAction]):
    """An action: `action(order_number="#1001", …)` runs it; see `BoundAction`."""

    @property
    def action(self) -> Action:
        return self.bound.action

    @property
    def __signature__(self) -> Signature:
        return self.bound.__signature__

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        """Run the action with inputs keyed by name, and return the vendor's record."""
        return self._thread.run(partial(self.bound, **inputs))


class SyncSearch(SyncStep[BoundSearch]):
    """A search: `search(rma_number="RMA-2026-001234")` returns the matches; see `BoundSearch`."""

    @property
    def search(self) -> Search:
        return self.bound.search

    @property
    def __signature__(self) -> Signature:
        return self.bound.__signature__

    def __call__(self, **inputs: Any) -> list[dict[str, Any]]:
        """Search with inputs keyed by name, and return up to `limit` matching records."""
        return self._thread.run(partial(self.bound, **inputs))


class SyncDropdown(SyncStep[BoundDropdown]):
    """A dropdown: `dropdown()` loads the first page of its options; see `BoundDropdown`."""

    @property
    def dropdown(self) -> Dropdown:
        return self.bound.dropdown

    def __call__(self, *, page: Position | None = None, search: str | None = None) -> Options:
        """Load one page of options."""
        return self._thread.run(partial(self.bound, page=page, search=search))


class SyncFindOrCreate(SyncStep[BoundFindOrCreate]):
    """A search, and the action to run if the search finds nothing; see `BoundFindOrCreate`."""

    @property
    def pair(self) -> FindOrCreate:
        return self.bound.pair

    def __call__(self, *, search: dict[str, Any], create: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Search, and create a record if nothing is found; return the record and whether it was created.

        `search` and `create` are the inputs of the search and of the action, keyed by name.
        """
        return self._thread.run(partial(self.bound, search=search, create=create))


class SyncOperation(SyncStep[BoundOperation]):
    """An API operation: `operation(status="pending")` returns an `Answer`; see `BoundOperation`."""

    @property
    def operation(self) -> Operation:
        return self.bound.operation

    def __call__(self, **values: Any) -> Answer:
        """Send a request with values for the operation's parameters and body fields."""
        return self._thread.run(partial(self.bound, **values))

    def pages(self, **values: Any) -> Iterator[Page]:
        """Yield the pages of a list; each page is requested only when it is needed."""
        return self._thread.iterate(self.bound.pages(**values))

    def rows(self, **values: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows on all pages of a list; each page is requested only when its rows are needed."""
        return self._thread.iterate(self.bound.rows(**values))


class SyncByKey(Mapping[str, T]):
    """Maps keys to a synchronous connection's triggers, actions, searches, dropdowns or pairs.

    `inner` is the corresponding mapping of the async connection. `kind` is the class of the values.
    """

    def __init__(
        self, thread: LoopThread, inner: Mapping[str, Any], kind: Callable[[LoopThread, Any], T]
    ) -> None:
        self._thread = thread
        self._inner = inner
        self._kind = kind

    def __getitem__(self, key: str) -> T:
        return self._kind(self._thread, self._inner[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)

    def __repr__(self) -> str:
        return repr(self._inner)

    def _ipython_key_completions_(self) -> list[str]:
        """Return the keys that a notebook suggests within square brackets."""
        return list(self._inner)


class SyncOperations:
    """All API operations of a connection, accessible as attributes or by key."""

    def __init__(self, thread: LoopThread, inner: Any) -> None:
        self._thread = thread
        self._inner = inner

    def __getattr__(self, name: str) -> SyncOperation:
        return SyncOperation(self._thread, getattr(self._inner, name))

    def __getitem__(self, name: str) -> SyncOperation:
        return SyncOperation(self._thread, self._inner[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)

    def __repr__(self) -> str:
        return repr(self._inner)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._inner]

    def _ipython_key_completions_(self) -> list[str]:
        """Return the keys that a notebook suggests within square brackets."""
        return list(self._inner)


class SyncConnection:
    """A connection for programs without async code, as returned by `connector.open_sync`; see `Connection`.

    Use it in a `with` block, or call `close` at the end. It can be used from several threads. `connection` is
    the async connection; `run` calls async functions that need it, such as `poll_all`.
    """

    def __init__(self, connection: Connection, thread: LoopThread | None = None) -> None:
        self._owned = thread is None
        thread = self._thread = thread or LoopThread()
        self.connection = connection
        self.triggers = SyncByKey(thread, connection.triggers, SyncTrigger)
        self.actions = SyncByKey(thread, connection.actions, SyncAction)
        self.searches = SyncByKey(thread, connection.searches, SyncSearch)
        self.dropdowns = SyncByKey(thread, connection.dropdowns, SyncDropdown)
        self.find_or_create = SyncByKey(thread, connection.find_or_create, SyncFindOrCreate)
        self.operations = SyncOperations(thread, connection.operations)

    @property
    def integration(self) -> Integration:
        """The vendor's definition, with the inputs and fields of all steps."""
        return self.connection.integration

    def __repr__(self) -> str:
        return repr(self.connection)

    def shop(self, name: str) -> Self:
        """Return a connection to another shop of the same account; see `Connection.shop`.

        Both use one thread, so close only the first one.
        """
        return type(self)(self.connection.shop(name), self._thread)

    def check(self) -> None:
        """Check the credentials with one inexpensive request; see `Connection.check`."""
        self._thread.run(self.connection.check)

    def run(self, function: Callable[..., Awaitable[T]], *arguments: Any, **options: Any) -> T:
        """Run an async function that uses `connection`, and return its result.

            result = rm.run(poll_all, {"shop": rm.connection}, "new_return")

        `arguments` and `options` are passed to the function.
        """
        return self._thread.run(partial(function, *arguments, **options))

    def close(self) -> None:
        """Close the network connections, and end the thread."""
        self._thread.run(self.connection.client.close)
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._thread.run(partial(self.connection.__aexit__, kind, problem, trace))
        finally:
            self._end()

    def _end(self) -> None:
        if self._owned:
            self._thread.close()
