"""`Recorder`: records ledger events about returns, shipments and refunds in the same form for all vendors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mock_server import ledger
from mock_server.lifecycle import Lifecycle
from mock_server.store import Change

TimedEvent = tuple[int, Callable[[], Any]]
"""A ledger event: its time in microseconds since the Unix epoch, and a function that records the event."""


def record_in_order(events: Iterable[TimedEvent]) -> None:
    """Record events in chronological order; events with the same time keep their order."""
    for _, record in sorted(events, key=lambda event: event[0]):
        record()


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records one vendor's events in the ledger; the constants in `ledger` describe the events' bodies.

    In each method, `id_` is the ID of the return or shipment, `at` is the time (µs), and `more` contains the
    fields that the vendor adds to the body.
    """

    vendor: str
    lifecycle: Lifecycle

    def return_created(self, change: Change, tenant: str, id_: str, at: int, **more: Any) -> None:
        """Record that a return was created with the lifecycle's initial status."""
        status = self.lifecycle.initial
        body = {"status": status, "state": self.lifecycle.states[status], **more}
        change.record(tenant, self.vendor, kind=ledger.RETURN_CREATED, subject=id_, at=at, body=body)

    def return_moved(
        self, change: Change, tenant: str, id_: str, at: int, *, before: str, after: str, **more: Any
    ) -> None:
        """Record that a return's status changed from `before` to `after`."""
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
        """Record that a shipment was created for the return whose ID is `owner`."""
        body = {"return": owner, "status": status, "tracking_number": tracking_number}
        change.record(tenant, self.vendor, kind=ledger.SHIPMENT_CREATED, subject=id_, at=at, body=body)

    def shipment_moved(
        self, change: Change, tenant: str, id_: str, at: int, *, owner: str, before: str, after: str
    ) -> None:
        """Record that a shipment's status changed from `before` to `after`; `owner` is the return's ID."""
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
        """Record that a refund was issued for a return; `method` is for example `store_credit`."""
        body = {"amount": f"{amount:.2f}", "currency": currency, "method": method, **more}
        change.record(tenant, self.vendor, kind=ledger.REFUND_ISSUED, subject=id_, at=at, body=body)
