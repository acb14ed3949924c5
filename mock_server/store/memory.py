"""The store's caches, and the notification of all other caches about changes of the file.

Caching is safe because only this process uses the file. One rule holds for every cache: it is read from the
file after each change, and read again if that change is undone. Caches outside of the store register for this
with `Store.on_change`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CounterKey = tuple[str, str, str]
"""Partition, vendor and kind: these rows are counted together."""
Reload = Callable[[str], None]
"""Reads the cached data of one tenant from the file again."""
TenantTable = tuple[str, str]
"""The name of a cached table, and a tenant."""


@dataclass(slots=True)
class Memory:
    """Cached data, including the writes of the open transaction.

    After a rollback, the store calls `forget` and `reload`.
    """

    last_events: dict[str, int] = field(default_factory=dict)
    """The newest ledger sequence number of each partition."""
    totals: dict[CounterKey, dict[str, int]] = field(default_factory=dict)
    """Numbers of rows by status."""
    next_due: dict[tuple[str, tuple[str, ...]], int | None] = field(default_factory=dict)
    """When the earliest step is due, by partition and vendors."""
    partitions: dict[str, str] = field(default_factory=dict)
    """The partition of each tenant; a tenant that is missing here has a partition of its own name."""
    listeners: dict[str, list[Reload]] = field(default_factory=dict)
    """The caches outside of the store, by the table that they are read from."""

    def count(self, key: CounterKey, status: str, by: int) -> None:
        """Update a cached counter."""
        totals = self.totals.get(key)
        if totals is not None:
            totals[status] = totals.get(status, 0) + by

    def forget(self) -> None:
        """Empty the store's own caches."""
        self.last_events.clear()
        self.totals.clear()
        self.next_due.clear()

    def forget_partition(self, partition: str) -> None:
        """Remove one partition from the store's own caches."""
        self.last_events.pop(partition, None)
        self.totals = {key: totals for key, totals in self.totals.items() if key[0] != partition}
        self.next_due = {key: due for key, due in self.next_due.items() if key[0] != partition}

    def on_change(self, table: str, reload: Reload) -> None:
        """Call `reload(tenant)` after each change of a tenant's rows in `table`, and when it is undone."""
        self.listeners.setdefault(table, []).append(reload)

    def reload(self, changed: Iterable[TenantTable]) -> None:
        """Call the listeners of these tables and tenants."""
        for table, tenant in changed:
            for reload in self.listeners.get(table, ()):
                reload(tenant)
