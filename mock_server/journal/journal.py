"""`Journal`: records requests and their responses, and finds them again."""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from mock_server.clock import elapsed_ns, wall_ns
from mock_server.journal.entry import MAX_BODY, Entry
from mock_server.journal.exchanges import Exchanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mock_server.journal.attribution import Attribution
    from mock_server.journal.entry import Answer, Headers, State

NO_TENANT: Final = ""
MAX_BYTES: Final = 64_000_000
"""The limit for the memory of all entries; beyond it, the tenant with the most loses its oldest half."""
_OVERHEAD: Final = 4_000
"""Bytes that are counted for the headers and objects of an entry."""


_new_tuple: Final = tuple.__new__
"""Builds an entry in half the time of calling its class."""


class Journal:
    """Keeps the newest `capacity` entries of each tenant, and of the requests without a tenant.

    If `capacity` is 0, entries are only passed to the listeners.
    """

    def __init__(
        self,
        capacity: int,
        attribution: Attribution,
        *,
        real: Callable[[], int] = wall_ns,
        ticks: Callable[[], int] = elapsed_ns,
    ) -> None:
        self.capacity = capacity
        self.ticks = ticks
        self.listeners: list[Callable[[Entry], None]] = []
        """Functions that are called with each entry; they must not raise errors and must not wait."""
        self.closing: list[Callable[[], None]] = []
        """Functions that are called when the sandbox stops."""
        self.closed = False
        self.exchanges = Exchanges({})
        """Shows entries; it knows the APIs that the sandbox serves."""
        self.attribution = attribution
        self._real = real
        self.last = 0
        """The ID of the newest entry; 0 if nothing has been recorded yet."""
        self._kept: dict[str, deque[Entry]] = {}
        self._bytes = 0

    def record(self, scope: Mapping[str, Any], state: State, answer: Answer, headers: Headers) -> None:
        """Record a request and its response. The objects are kept, not copied, except for long bodies."""
        # Each request pays for this, so it only collects references; `Exchanges` does the rest when asked.
        duration = self.ticks() - state.started
        grant, body = state.grant, answer.body
        tenant = grant.tenant if grant is not None else self.attribution(scope, state, body)
        sent, received = len(state.body), len(body)
        if sent > MAX_BODY:
            state.body = state.body[:MAX_BODY]
        if received > MAX_BODY:
            body = body[:MAX_BODY]
        size = _OVERHEAD + len(state.body) + len(body)
        self.last += 1
        times = (self._real(), answer.now, duration)
        entry = _new_tuple(
            Entry,
            (self.last, tenant, times, scope, state, answer.status, headers, body, sent, received, size),
        )
        if self.capacity:
            kept = self._kept.get(tenant)
            if kept is None:
                kept = self._kept[tenant] = deque()
            elif len(kept) >= self.capacity:
                self._bytes -= kept.popleft().size
            kept.append(entry)
            self._bytes += size
            if self._bytes > MAX_BYTES:
                self._shrink()
        for listener in self.listeners:
            listener(entry)

    def _shrink(self) -> None:
        largest = max(self._kept.values(), key=lambda kept: sum(entry.size for entry in kept))
        for _ in range((len(largest) + 1) // 2):
            self._bytes -= largest.popleft().size

    def close(self) -> None:
        """End all streams of entries, because the sandbox stops."""
        self.closed = True
        for end in self.closing:
            end()

    def entries(self, *tenants: str, after: int = 0, newest_first: bool = True) -> list[Entry]:
        """List the entries of the given tenants whose IDs are higher than `after`, sorted by ID.

        `NO_TENANT` stands for requests whose tenant is unknown.
        """
        kept = (reversed(self._kept.get(tenant, ())) for tenant in tenants)
        found = [entry for entries in kept for entry in takewhile(lambda entry: entry.id > after, entries)]
        found.sort(key=lambda entry: entry.id, reverse=newest_first)
        return found

    def get(self, tenant: str, id_: int) -> Entry | None:
        """Return the entry with an ID, or None if the tenant has no such entry (any more)."""
        return next((entry for entry in self._kept.get(tenant, ()) if entry.id == id_), None)

    def count(self, tenant: str) -> int:
        """Return how many entries of a tenant are kept."""
        return len(self._kept.get(tenant, ()))

    def clear(self, tenant: str) -> int:
        """Delete all entries of a tenant, and return how many there were."""
        removed = self._kept.pop(tenant, deque())
        self._bytes -= sum(entry.size for entry in removed)
        return len(removed)

    def remove(self, tenants: Iterable[str], matches: Callable[[Entry], bool]) -> int:
        """Delete the entries of the given tenants that match, and return how many there were."""
        removed = 0
        for tenant in tenants:
            entries = self._kept.get(tenant, deque())
            kept = [entry for entry in entries if not matches(entry)]
            removed += len(entries) - len(kept)
            self._bytes -= sum(entry.size for entry in entries) - sum(entry.size for entry in kept)
            entries.clear()
            entries.extend(kept)
        return removed
