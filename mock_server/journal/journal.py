"""`Journal`: records requests and their responses, and retrieves them."""

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
"""Memory limit for all entries, in bytes.

Above the limit, the journal deletes the older half of the entries of the tenant that uses the most memory.
"""
_OVERHEAD: Final = 4_000
"""Estimated memory for an entry's headers and objects, in bytes."""


_new_tuple: Final = tuple.__new__
"""Creates an `Entry` in half the time that its constructor takes."""


class Journal:
    """Keeps the newest `capacity` entries of each tenant, and as many entries whose tenant is unknown.

    If `capacity` is 0, the journal passes entries to its listeners and keeps none.
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
        """Functions that are called with each new entry; they must not raise exceptions or block."""
        self.closing: list[Callable[[], None]] = []
        """Functions that are called when the sandbox stops."""
        self.closed = False
        self.exchanges = Exchanges({})
        """Converts entries to JSON; replaced when the sandbox has created its APIs."""
        self.attribution = attribution
        self._real = real
        self.last = 0
        """The ID of the newest entry, or 0 before the first entry."""
        self._kept: dict[str, deque[Entry]] = {}
        self._bytes = 0

    def record(self, scope: Mapping[str, Any], state: State, answer: Answer, headers: Headers) -> None:
        """Record a request and its response, without copying the objects; long bodies are cut."""
        # This runs in every request, so it only collects references; `Exchanges` converts entries when asked.
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
        """Close the journal and call the functions in `closing`, which end the streams of entries."""
        self.closed = True
        for end in self.closing:
            end()

    def entries(self, *tenants: str, after: int = 0, newest_first: bool = True) -> list[Entry]:
        """List the entries of the given tenants, newest first, or oldest first if `newest_first` is False.

        `NO_TENANT` selects the requests whose tenant is unknown. Entries with IDs up to `after` are left out.
        """
        kept = (reversed(self._kept.get(tenant, ())) for tenant in tenants)
        found = [entry for entries in kept for entry in takewhile(lambda entry: entry.id > after, entries)]
        found.sort(key=lambda entry: entry.id, reverse=newest_first)
        return found

    def get(self, tenant: str, id_: int) -> Entry | None:
        """Return the tenant's entry with this ID, or None if the journal does not contain it."""
        return next((entry for entry in self._kept.get(tenant, ()) if entry.id == id_), None)

    def tenant_of(self, id_: int) -> str | None:
        """Return the tenant of the entry with this ID, or None if the journal does not contain the entry."""
        owners = (tenant for tenant in self._kept if self.get(tenant, id_) is not None)
        return next(owners, None)

    def count(self, tenant: str) -> int:
        """Return the number of a tenant's entries in the journal."""
        return len(self._kept.get(tenant, ()))

    def clear(self, tenant: str) -> int:
        """Delete all entries of a tenant, and return the number of deleted entries."""
        removed = self._kept.pop(tenant, deque())
        self._bytes -= sum(entry.size for entry in removed)
        return len(removed)

    def remove(self, tenants: Iterable[str], matches: Callable[[Entry], bool]) -> int:
        """Delete the given tenants' entries that `matches` accepts, and return how many were deleted."""
        removed = 0
        for tenant in tenants:
            entries = self._kept.get(tenant, deque())
            kept = [entry for entry in entries if not matches(entry)]
            removed += len(entries) - len(kept)
            self._bytes -= sum(entry.size for entry in entries) - sum(entry.size for entry in kept)
            entries.clear()
            entries.extend(kept)
        return removed
