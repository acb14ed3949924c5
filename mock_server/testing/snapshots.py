"""A client for one snapshot of a tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.testing.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tenant's records, ledger, webhooks, switches and clock at one moment.

    `at` is the time of the tenant's clock, and `frozen` is True if the clock was frozen. `events` is the
    number of events in the ledger; `returns` is the number of returns, keyed by vendor.
    """

    tenant: Tenant
    name: str
    at: datetime
    frozen: bool
    events: int
    returns: Mapping[str, int]

    @classmethod
    def read(cls, tenant: Tenant, row: Mapping[str, Any]) -> Self:
        """Build a snapshot from the control plane's JSON."""
        return cls(tenant, **{**row, "at": datetime.fromisoformat(row["at"])})

    def restore(self) -> None:
        """Replace the tenant's data, switches and clock with those of this snapshot; its keys do not change.

        Raises `SandboxError` if the snapshot was deleted.
        """
        self.tenant.call("POST", f"{self._path}/restore")

    def delete(self) -> None:
        """Delete this snapshot; raise `SandboxError` if it was already deleted."""
        self.tenant.call("DELETE", self._path)

    @property
    def _path(self) -> str:
        return f"/snapshots/{quote(self.name, safe='')}"
