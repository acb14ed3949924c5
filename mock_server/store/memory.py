"""What a store remembers of its own file, so as not to ask again. The file is this process's alone."""

from dataclasses import dataclass, field

Owner = tuple[str, str, str]
"""Tenant, vendor and kind: whose rows are counted together."""


@dataclass(slots=True)
class Memory:
    """Facts as they stand inside the open transaction; whoever undoes one calls `forget`."""

    last_events: dict[str, int] = field(default_factory=dict)
    """The newest ledger sequence by tenant."""
    totals: dict[Owner, dict[str, int]] = field(default_factory=dict)
    """How many rows there are by status."""
    next_due: dict[tuple[str, tuple[str, ...]], int | None] = field(default_factory=dict)
    """When the earliest step of a tenant is due, by the vendors asked about."""

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
