"""Streams each new exchange in the journal as a server-sent event."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson

from mock_server.store.batch import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from mock_server.journal.entry import Entry
    from mock_server.journal.journal import Journal

    Show = Callable[[Entry], dict[str, Any] | None]
    """Converts an entry to the JSON that is sent, or returns None if the entry is not sent."""

MAX_VIEWERS: Final = 20
"""Maximum number of streams that are open at the same time."""
_BEAT: Final = 15.0
"""If no event occurs for this many seconds, a comment is sent, so that proxies keep the connection open."""
_BEGINNING: Final = b"retry: 1000\n\n"
_COMMENT: Final = b": nothing new\n\n"


async def follow(
    journal: Journal, tenants: tuple[str, ...], after: int | None, show: Show
) -> AsyncGenerator[bytes]:
    """Yield the tenants' entries with IDs above `after` as server-sent events, until the journal is closed.

    If `after` is None, the stream contains only new entries. If `after` is above the newest ID, the sandbox
    has restarted, and the stream contains all entries. A client that reads too slowly misses entries that the
    journal no longer keeps.
    """
    last = journal.last if after is None else after
    if last > journal.last:
        last = 0
    wake = asyncio.Event()

    def notice(_entry: Entry) -> None:
        wake.set()

    journal.listeners.append(notice)
    journal.closing.append(wake.set)
    try:
        yield _BEGINNING
        while not journal.closed:
            wake.clear()
            newest = journal.last
            for entry in journal.entries(*tenants, after=last, newest_first=False):
                shown = show(entry)
                if shown is not None:
                    data = orjson.dumps(shown)
                    yield b"id: %d\nevent: request\ndata: %b\n\n" % (entry.id, data)
                await Turn()
            last = newest
            try:
                await asyncio.wait_for(wake.wait(), _BEAT)
            except TimeoutError:
                yield _COMMENT
    finally:
        journal.listeners.remove(notice)
        journal.closing.remove(wake.set)
