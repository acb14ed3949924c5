"""What a store remembers of its own file, so as not to ask again. The file is this process's alone.

One rule holds for every cache in memory, here and elsewhere: it is read from the file, and read again when
a change of the file is undone. Whoever holds one asks `Memory.follow` to be told.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Owner = tuple[str, str, str]
"""Partition, vendor and kind: whose rows are counted together."""
Reload = Callable[[str], None]
"""Reads from the file what a cache holds of one tenant."""
Place = tuple[str, str]
"""A table that caches follow, and a tenant."""


@dataclass(slots=True)
class Memory:
    """Facts as they stand inside the open transaction; whoever undoes one calls `forget` and `reload`."""

    last_events: dict[str, int] = field(default_factory=dict)
    """The newest ledger sequence by partition."""
    totals: dict[Owner, dict[str, int]] = field(default_factory=dict)
    """How many rows there are by status."""
    next_due: dict[tuple[str, tuple[str, ...]], int | None] = field(default_factory=dict)
    """When the earliest step of a partition is due, by the vendors asked about."""
    partitions: dict[str, str] = field(default_factory=dict)
    """The partition of each tenant; that of one who is missing here has its name."""
    listeners: dict[str, list[Reload]] = field(default_factory=dict)
    """The caches outside the store, by the table that they are read from."""

    def count(self, owner: Owner, status: str, by: int) -> None:
        """Follow a counter that was changed, if it is remembered."""
        known = self.totals.get(owner)
        if known is not None:
            known[status] = known.get(status, 0) + by

    def forget(self) -> None:
        """Ask the file again next time."""
        self.last_events.clear()
        self.totals.clear()
        self.next_due.clear()

    def forget_partition(self, partition: str) -> None:
        """Ask the file again next time about one partition."""
        self.last_events.pop(partition, None)
        self.totals = {owner: known for owner, known in self.totals.items() if owner[0] != partition}
        self.next_due = {key: due for key, due in self.next_due.items() if key[0] != partition}

    def on_change(self, table: str, reload: Reload) -> None:
        """Call `reload` with a tenant after each change of its rows in `table`, and when one is undone."""
        self.listeners.setdefault(table, []).append(reload)

    def reload(self, places: Iterable[Place]) -> None:
        """Let every cache read these places from the file."""
        for table, tenant in places:
            for reload in self.listeners.get(table, ()):
                reload(tenant)
