"""What every vendor tells the ledger in the same way: of returns, of parcels, of money paid back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mock_server import ledger
from mock_server.lifecycle import Lifecycle
from mock_server.store import Change

TimedEvent = tuple[int, Callable[[], Any]]
"""An event for the ledger: when it happened (µs UTC), and what records it."""


def record_in_order(story: Iterable[TimedEvent]) -> None:
    """Record what happened in the order of time; of equal times what was told first."""
    for _, record in sorted(story, key=lambda telling: telling[0]):
        record()


@dataclass(frozen=True, slots=True)
class Recorder:
    """Tells the ledger of one vendor's returns; `ledger` describes the bodies.

    `id_` is whom it happened to, `at` when (µs UTC), `more` what the vendor adds to the body.
    """

    vendor: str
    lifecycle: Lifecycle

    def return_created(self, change: Change, tenant: str, id_: str, at: int, **more: Any) -> None:
        """A return was asked for."""
        status = self.lifecycle.initial
        body = {"status": status, "state": self.lifecycle.states[status], **more}
        change.record(tenant, self.vendor, kind=ledger.RETURN_CREATED, subject=id_, at=at, body=body)

    def return_moved(
        self, change: Change, tenant: str, id_: str, at: int, *, before: str, after: str, **more: Any
    ) -> None:
        """A return moved along its lifecycle."""
        body = {"from": before, "to": after, "state": self.lifecycle.states[after], **more}
        change.record(tenant, self.vendor, kind=ledger.RETURN_STATE_CHANGED, subject=id_, at=at, body=body)

    def shipment_created(
        self,
        change: Change,
        tenant: str,
        id_: str,
        at: int,
        *,
        owner: str,
        status: str,
        tracking_number: str | None,
    ) -> None:
        """The return `owner` got a parcel."""
        body = {"return": owner, "status": status, "tracking_number": tracking_number}
        change.record(tenant, self.vendor, kind=ledger.SHIPMENT_CREATED, subject=id_, at=at, body=body)

    def shipment_moved(
        self, change: Change, tenant: str, id_: str, at: int, *, owner: str, before: str, after: str
    ) -> None:
        """A parcel of the return `owner` moved."""
        body = {"return": owner, "from": before, "to": after}
        change.record(tenant, self.vendor, kind=ledger.SHIPMENT_STATE_CHANGED, subject=id_, at=at, body=body)

    def refund_issued(
        self,
        change: Change,
        tenant: str,
        id_: str,
        at: int,
        *,
        amount: Decimal | float,
        currency: str,
        method: str,
        **more: Any,
    ) -> None:
        """Money was given back for a return."""
        body = {"amount": f"{amount:.2f}", "currency": currency, "method": method, **more}
        change.record(tenant, self.vendor, kind=ledger.REFUND_ISSUED, subject=id_, at=at, body=body)
