"""What the ledger says about the records of a trigger, and how the staff works on them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connector.definition.model import CreatedSince, Snapshot, Source, Trigger
from connector.definition.paths import at_path
from connector.runtime.connection import Connection
from mock_server.clock import moment
from mock_server.vendors.returngo.facts import FIRST_SHOP, SHIPMENT_MOVES
from support.merchant import SKU, Merchant


async def _label(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    del number
    if merchant.statuses()[id_] in {"approved", "label_sent"}:
        await staff.actions["create_shipping_label"](return_id=id_, carrier="australia_post")


async def _inspect(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    condition = ("Sellable", "Damaged", "Pending")[number % 3]
    await staff.actions["update_quality_control"](
        order_number=merchant.order_of(id_), sku=SKU, condition=condition, quantity=1
    )


async def _ship(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    for shipment, status in merchant.parts("shipment", id_).items():
        following = SHIPMENT_MOVES[status]
        if following:
            await staff.actions["update_shipment"](
                shipment_id=shipment, status=following[number % len(following)]
            )


async def _settle(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    if number % 2 == 0:
        merchant.turn("notify_payment_method", shop=FIRST_SHOP, on=number % 8 > 0)
    for transaction, status in merchant.parts("transaction", id_).items():
        if status != "Success":
            outcome = "Failed" if status == "Requested" and number % 4 == 1 else "Success"
            await staff.actions["settle_transaction"](transaction_id=transaction, status=outcome)


async def _receive(staff: Connection, merchant: Merchant, id_: str, number: int) -> None:
    del number
    document = merchant.document(id_)
    if merchant.next_statuses(merchant.statuses()[id_]):
        lines = [{"return_line_uuid": document["returns"][0]["uuid"], "quantity": "1"}]
        await staff.actions["receive_return"](invoice_id=document["invoice_id"], return_id=id_, items=lines)


WORK: Mapping[str, Callable[[Connection, Merchant, str, int], Awaitable[None]]] = {
    "create_shipping_label": _label,
    "update_quality_control": _inspect,
    "update_shipment": _ship,
    "settle_transaction": _settle,
    "receive_return": _receive,
}
"""What the staff does with returns through the API, by action."""

CARRIER_ACTS: Mapping[str, str] = {"exception": "report_problem"}
"""The sandbox's act with which a carrier brings a shipment into a status, by this status."""

HISTORIES: Mapping[str, Callable[[Merchant], dict[str, list[str]]]] = {
    "status": Merchant.returns,
    "workflowStatus": Merchant.returns,
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
    """The ledger's records of the trigger's kind; `names` maps their IDs in the sandbox to IDs in events."""

    merchant: Merchant
    trigger: Trigger
    names: dict[str, str] = field(default_factory=dict)

    @property
    def histories(self) -> dict[str, list[str]]:
        """Return the states of every record, by its ID in events."""
        found = self._found()
        self.learn_names(found)
        return {self.names[id_]: states for id_, states in found.items()}

    def learn_names(self, found: Iterable[str] | None = None) -> None:
        """Learn the IDs in events of all records; those of deleted ones have to be known already."""
        source = self.trigger.source
        for id_ in self._found() if found is None else found:
            if id_ not in self.names:
                by_document = isinstance(source, Snapshot)
                self.names[id_] = str(at_path(self.merchant.document(id_), source.id)) if by_document else id_

    def age(self, record: str) -> float:
        """Return the seconds since the record was created or changed, whichever the trigger reports."""
        ids = {id_ for id_, name in self.names.items() if name == record}
        story = self.merchant.story()
        if self.trigger.guarantees["python"].delivers != "every_record":
            # A record also changes with the return that it belongs to.
            ids |= {str(event.body.get("return")) for event in story if event.subject in ids}
            when = max(one.at for one in story if one.subject in ids or one.body.get("return") in ids)
        else:
            when = min(event.at for event in story if event.subject in ids)
        return (self.merchant.now() - moment(when)).total_seconds()

    def changed_after(self, events: int) -> frozenset[str]:
        """Return the records that changed in any way, or whose parts did, after the first `events` events."""
        story = self.merchant.story()[events:]
        changed = {event.subject for event in story} | {str(event.body.get("return")) for event in story}
        return frozenset(name for id_, name in self.names.items() if id_ in changed)

    def _found(self) -> dict[str, list[str]]:
        if self.trigger.resource in KINDS:
            return KINDS[self.trigger.resource](self.merchant)
        # A date of a state that a record reached says nothing about its other states.
        path = getattr(self.trigger.source, "state", ()) if self.trigger.reached_at else None
        return HISTORIES[".".join(path or event_path(self.trigger.source))](self.merchant)
