"""Compares delivered events with the ledger, by what the trigger's guarantee promises."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from connector.definition.model import CreatedSince, Snapshot, Source, Trigger
from connector.definition.paths import at_path
from connector.runtime.connection import Connection
from mock_server.vendors.returngo.facts import FIRST_SHOP, SHIPMENT_MOVES
from support.merchant import SKU, Merchant


async def _label(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    del number
    if merchant.statuses()[id_] in {"approved", "label_sent"}:
        await staff.actions["create_shipping_label"](return_id=id_, carrier="australia_post")


async def _inspect(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    condition = ("Sellable", "Damaged", "Pending")[number % 3]
    await staff.actions["update_quality_control"](
        shopify_order_name=merchant.order_of(id_), sku=SKU, condition=condition, return_qty=1
    )


async def _ship(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    for shipment, status in merchant.parts("shipment", id_).items():
        following = SHIPMENT_MOVES[status]
        if following:
            await staff.actions["update_shipment"](
                shipment=shipment, status=following[number % len(following)]
            )


async def _settle(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    if number % 2 == 0:
        merchant.turn("notify_payment_method", shop=FIRST_SHOP, on=number % 8 > 0)
    for transaction, status in merchant.parts("transaction", id_).items():
        if status != "Success":
            outcome = "Failed" if status == "Requested" and number % 4 == 1 else "Success"
            await staff.actions["settle_transaction"](transaction=transaction, status=outcome)


async def _receive(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    del number
    document = merchant.document(id_)
    if merchant.next_statuses(merchant.statuses()[id_]):
        lines = [{"line_uuid": document["returns"][0]["uuid"], "quantity": "1"}]
        await staff.actions["receive_return"](invoice_id=document["invoice_id"], rma_id=id_, lines=lines)


WORK: Mapping[str, Callable[[Connection, Merchant, str, int], Awaitable[None]]] = {
    "create_shipping_label": _label,
    "update_quality_control": _inspect,
    "update_shipment": _ship,
    "settle_transaction": _settle,
    "receive_return": _receive,
}
"""What the staff does with returns through the API, by action."""

HISTORIES: Mapping[str, Callable[[Merchant], dict[str, list[str]]]] = {
    "status": Merchant.returns,
    "created_at": Merchant.returns,
    "date_created": Merchant.returns,
    "createDate": Merchant.orders,
    "timeline.createDate": Merchant.returns,
    "date_closed": Merchant.returns,
    "date_updated": Merchant.updates,
    "delivered_date": Merchant.deliveries,
    "quality_control_status": Merchant.quality,
    "rmaId": Merchant.returns,
    "customer_return_status": Merchant.returns,
    "created_on": Merchant.returns,
    "version": Merchant.versions,
    "received_count": Merchant.receipts,
}
"""The ledger's history of each return, by the field that distinguishes a trigger's events."""


KINDS: Mapping[str, Callable[[Merchant], dict[str, list[str]]]] = {
    "shipment": Merchant.shipments,
    "transaction": Merchant.transactions,
}
"""The ledger's history of records other than returns."""


def target_statuses(trigger: Trigger) -> frozenset[str]:
    """Return the statuses to move returns to, so that the trigger fires; empty means as far as possible."""
    if trigger.resource == "shipment":
        return frozenset({"approved"})
    return frozenset(getattr(trigger.source, "reached", None) or ())


def event_path(source: Source) -> tuple[str, ...]:
    """Return the path of the field that distinguishes one event of a record from the next."""
    if isinstance(source, CreatedSince) or (isinstance(source, Snapshot) and source.detects == "records"):
        return source.created
    if isinstance(source, Snapshot) and source.detects == "versions":
        return source.version
    return getattr(source, "mark", None) or source.state or source.id


@dataclass
class LedgerCheck:
    """The delivered events, and the ledger's records to compare them with."""

    merchant: Merchant
    trigger: Trigger
    delivered: list[tuple[str, str, str]] = field(default_factory=list)  # event id, record id, state
    baseline: dict[str, list[str]] = field(default_factory=dict)

    @property
    def histories(self) -> dict[str, list[str]]:
        """Return the states of every record of the trigger's kind."""
        if self.trigger.resource in KINDS:
            return KINDS[self.trigger.resource](self.merchant)
        source = self.trigger.source
        path = getattr(source, "state", ()) if self.trigger.reached_at else event_path(source)
        found = HISTORIES[".".join(path)](self.merchant)
        if not isinstance(source, Snapshot):
            return found
        return {str(at_path(self.merchant.document(id_), source.id)): states for id_, states in found.items()}

    def judge(self) -> None:
        """Fail unless the trigger's guarantee for Python was kept."""
        promise = self.trigger.guarantees["python"].delivers
        {"every_record": self._every_record, "reached": self._reached, "latest_state": self._latest_state}[
            promise
        ]()

    def _every_record(self) -> None:
        created = set(self.histories) - set(self.baseline)
        assert {record for _, record, _ in self.delivered} == created

    def _reached(self) -> None:
        words = set(getattr(self.trigger.source, "reached", None) or {"delivered"})
        # A history dates the first of the states only, and a record can skip this state.
        first = {self.trigger.source.reached[0]} if self.trigger.reached_at else None  # type: ignore[union-attr,index]

        def has_reached(states: list[str]) -> bool:
            return bool(first & set(states)) if first else states[-1] in words

        there = {
            record for record, states in self.histories.items() if states[-1] in words and has_reached(states)
        }
        before = {record for record, states in self.baseline.items() if has_reached(states)}
        since = {
            record
            for record, states in self.histories.items()
            if (first or words) & set(self._since(record, states))
        }
        delivered = {record for _, record, _ in self.delivered}
        assert there - before <= delivered, "lost"
        assert delivered <= since - before, "did not happen after the first poll"

    def _since(self, record: str, states: list[str]) -> list[str]:
        """Return the states of a record after the first poll."""
        return states[len(self.baseline.get(record, [])) :]

    def _latest_state(self) -> None:
        for record, states in self.histories.items():
            delivered = [state for _, known, state in self.delivered if known == record]
            since = self._since(record, states)
            remaining = iter(since)
            assert all(state in remaining for state in delivered), (
                f"{record} went through {since}, delivered {delivered}"
            )
            known = [*self.baseline.get(record, [])[-1:], *delivered][-1:]
            initial = not known and states[-1] in self.trigger.source.initial  # type: ignore[union-attr]
            assert initial or known == states[-1:], f"{record} went through {since}, delivered {delivered}"
