"""The store's caches, and the callbacks that update other caches when the database changes.

Caching is safe because only this process uses the database file. The store updates its own caches on every
write, and empties them if a change is undone. Caches outside the store register a reload function with
`Store.on_change`, which is called whenever a change to the cached table is made or undone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mock_server.store.moments import Moments

if TYPE_CHECKING:
    from mock_server.store.figures import Figures

CounterKey = tuple[str, str, str]
"""The partition, vendor and kind of rows that are counted together."""
Reload = Callable[[str], None]
"""A function that takes a tenant's name, and reloads this tenant's cached data from the database."""
Times = tuple[str, int, int]
"""The status of a row, and its times `created_at` and `updated_at` in µs since the Unix epoch."""
TenantTable = tuple[str, str]
"""The name of a cached table, and the name of a tenant whose rows in this table were changed."""


@dataclass(slots=True)
class Memory:
    """The store's cached data, including the writes of the open transaction.

    After a rollback, the store calls `forget` and `reload`, so that no cache contains writes that were
    undone.
    """

    last_events: dict[str, int] = field(default_factory=dict)
    """The sequence number of the newest ledger event, keyed by partition."""
    totals: dict[CounterKey, dict[str, int]] = field(default_factory=dict)
    """The number of rows per status, keyed by partition, vendor and kind."""
    moments: dict[CounterKey, Moments] = field(default_factory=dict)
    """The sorted times of rows, keyed by partition, vendor and kind; only of kinds that needed them."""
    figures: dict[CounterKey, "Figures"] = field(default_factory=dict)
    """The figures of rows, keyed by partition, vendor and kind; only of kinds that a report needed."""
    undo: list[Callable[[], object]] = field(default_factory=list)
    """Functions that undo the uncommitted changes of `moments` and `figures`, in the order of the changes."""
    next_due: dict[tuple[str, tuple[str, ...]], int | None] = field(default_factory=dict)
    """The earliest step's due time (microseconds since the Unix epoch), keyed by partition and vendors."""
    partitions: dict[str, str] = field(default_factory=dict)
    """The name of each tenant's partition, keyed by tenant; the default is the tenant's name."""
    watched: int = 0
    """The number of partitions that are being copied; if it is not 0, changes are added to `written`."""
    written: set[str] = field(default_factory=set)
    """The partitions that were changed while `watched` was not 0."""
    listeners: dict[str, list[Reload]] = field(default_factory=dict)
    """The `reload` functions of caches outside the store, keyed by the table that they read."""

    def count(self, key: CounterKey, status: str, by: int) -> None:
        """Add `by` to the cached number of rows with a status; do nothing if `key` is not cached."""
        totals = self.totals.get(key)
        if totals is not None:
            totals[status] = totals.get(status, 0) + by

    def moved(self, key: CounterKey, before: Times | None, after: Times | None) -> None:
        """Update `moments` for a row: `before` and `after` are its status, created_at and updated_at (µs).

        `before` is None for a new row, and `after` is None for a deleted one.
        """
        moments = self.moments.get(key)
        if moments is None or before == after:
            return
        if before is not None:
            moments.remove(*before)
            self.undo.append(partial(moments.add, *before))
        if after is not None:
            moments.add(*after)
            self.undo.append(partial(moments.remove, *after))

    def revert(self, mark: int) -> None:
        """Undo the changes of `moments` and `figures` that were made since `undo` had the length `mark`."""
        for undo in reversed(self.undo[mark:]):
            undo()
        del self.undo[mark:]

    def forget_sums(self) -> None:
        """Clear `moments` and `figures`, after a rollback of an unknown part of the changes."""
        self.moments.clear()
        self.figures.clear()
        self.undo.clear()

    def forget(self) -> None:
        """Clear all cached event numbers, row counts and due times."""
        self.last_events.clear()
        self.totals.clear()
        self.next_due.clear()

    def forget_partition(self, partition: str) -> None:
        """Clear the cached event number, row counts and due times of one partition."""
        self.last_events.pop(partition, None)
        self.totals = {key: totals for key, totals in self.totals.items() if key[0] != partition}
        self.next_due = {key: due for key, due in self.next_due.items() if key[0] != partition}
        self.forget_sums_of(partition)

    def forget_sums_of(self, partition: str) -> None:
        """Clear moments and figures of one partition, whose rows were changed by other means than `put`."""
        self.figures = {key: figures for key, figures in self.figures.items() if key[0] != partition}
        self.moments = {key: moments for key, moments in self.moments.items() if key[0] != partition}

    def on_change(self, table: str, reload: Reload) -> None:
        """Register a function that reloads a tenant's caches when the tenant's rows in `table` change."""
        self.listeners.setdefault(table, []).append(reload)

    def reload(self, changed: Iterable[TenantTable]) -> None:
        """Call the functions registered with `on_change` for each changed table and its tenant."""
        for table, tenant in changed:
            for reload in self.listeners.get(table, ()):
                reload(tenant)
