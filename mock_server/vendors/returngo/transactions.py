"""Money of returns: refunds made or, with Notify Only, asked for, and settled by the integrator."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mock_server import ledger
from mock_server.lifecycle import IllegalMove
from mock_server.store import Change, Row, Store
from mock_server.switches import Switches
from mock_server.vendors.returngo.documents import JSON, comment, left_to_pay, long, moment, money
from mock_server.vendors.returngo.facts import (
    AUTOMATION,
    METHODS,
    NAME,
    NOTIFY,
    RECORDER,
    REFERENCES,
    TRANSACTION_MOVES,
)
from mock_server.vendors.returngo.hooks import Hooks

_FIRST_ID = 6_070_000


@dataclass(frozen=True, slots=True)
class Transactions:
    """Transactions of all tenants."""

    store: Store
    switches: Switches
    hooks: Hooks

    def settle_up(self, change: Change, tenant: str, shop: str, rma: JSON, at: int) -> None:
        """Pay back what a finished return is still worth; one transaction a method.

        What the customer had to pay for a dearer exchange was paid by now.
        """
        invoice = self.invoice_payment(tenant, rma, at)
        if invoice:
            self.add(change, tenant, shop, rma, invoice, at)
        self.refund(change, tenant, shop, rma, at)

    def refund(
        self,
        change: Change,
        tenant: str,
        shop: str,
        rma: JSON,
        at: int,
        types: Collection[str] = tuple(METHODS),
    ) -> None:
        """Pay back the items of these types that have no transaction yet, or ask the integrator to."""
        for type_, items in unpaid(rma, types).items():
            asked = self.switches.is_on(tenant, NAME, NOTIFY[type_], shop)
            made = self.new(tenant, type_, worth(items), "Requested" if asked else "Success", at)
            made["returnItemIds"] = [one["returnedItemId"] for one in items]
            self.add(change, tenant, shop, rma, made, at)

    def invoice_payment(self, tenant: str, rma: JSON, at: int) -> JSON | None:
        """The payment of a dearer exchange; it is for no item. None where nothing had to be paid."""
        left = left_to_pay(rma)
        if not left:
            return None
        currency = rma["items"][0]["paidPrice"]["currency"]
        return self.new(tenant, "InvoicePayment", money(left, currency), "Success", at)

    def new(self, tenant: str, type_: str, amount: JSON, status: str, at: int) -> JSON:
        """A `Transaction` that was just made."""
        id_ = _FIRST_ID + 7 * (self.store.total(tenant, NAME, "transaction") + 1)
        done = status == "Success"
        return {
            "id": id_,
            "type": type_,
            "externalReferenceId": long("reference", str(id_)) if done else None,
            "externalReferenceType": REFERENCES[type_] if done else None,
            "amount": amount,
            "status": status,
            "processor": "Shopify",
            "bankAccountDetails": None,
            "returnItemIds": [],
            "createdAt": moment(at),
            "lastUpdated": moment(at),
        }

    def add(self, change: Change, tenant: str, shop: str, rma: JSON, made: JSON, at: int) -> None:
        """Put a new transaction into its return, tell of it, and of the money if it moved."""
        rma["transactions"].append(made)
        put(change, tenant, shop, rma, made, at, at)
        record_created(change, tenant, rma, made, at)
        self._tell(change, tenant, shop, "TRANSACTION_CREATED", rma, made, at)
        if made["status"] == "Success":
            self._paid(change, tenant, shop, rma, made, at)

    def settle(self, change: Change, row: Row, rma: JSON, requested: Mapping[str, Any], at: int) -> JSON:
        """Note how a transaction came out; raises `IllegalMove`. The return is the caller's to store."""
        made: JSON = next(one for one in rma["transactions"] if str(one["id"]) == row.id)
        before, after = made["status"], requested["status"]
        if after != before:
            if after not in TRANSACTION_MOVES[before]:
                raise IllegalMove(before, after, TRANSACTION_MOVES[before])
            made["status"] = after
            record_moved(change, row.tenant, rma, made, before, at)
        if "externalReferenceId" in requested:
            made |= {"externalReferenceId": requested["externalReferenceId"]}
            made["externalReferenceType"] = made["externalReferenceType"] or REFERENCES[made["type"]]
        made["lastUpdated"] = moment(at)
        put(change, row.tenant, row.shop, rma, made, row.created_at, at)
        if after != before:
            self._came_out(change, row, rma, made, at)
        return made

    def _came_out(self, change: Change, row: Row, rma: JSON, made: JSON, at: int) -> None:
        if made["status"] == "Success":
            self._paid(change, row.tenant, row.shop, rma, made, at)
        else:
            failed(rma, at)

    def _paid(self, change: Change, tenant: str, shop: str, rma: JSON, made: JSON, at: int) -> None:
        if made["type"] in METHODS:
            credited(rma, made, at)
            record_refund(change, tenant, rma, made, at)
            self._tell(change, tenant, shop, "REFUND_CREATED", rma, made, at)

    def _tell(
        self, change: Change, tenant: str, shop: str, event: str, rma: JSON, made: JSON, at: int
    ) -> None:
        data = {
            "transactionId": made["id"],
            "rmaId": rma["rmaSummary"]["rmaId"],
            "status": made["status"],
            "amount": made["amount"],
        }
        self.hooks.tell(change, tenant, shop, event, at, data)


def unpaid(rma: JSON, types: Collection[str]) -> dict[str, list[JSON]]:
    """Return the items to pay back by these types for which no transaction exists, by type."""
    settled = {id_ for one in rma["transactions"] for id_ in one["returnItemIds"]}
    by_type: dict[str, list[JSON]] = {}
    for item in rma["items"]:
        if item["resolutionType"] in types and item["returnedItemId"] not in settled:
            by_type.setdefault(item["resolutionType"], []).append(item)
    return by_type


def worth(items: Sequence[JSON]) -> JSON:
    """Return what was paid for the items together, as `Money`."""
    amount = sum((Decimal(str(one["paidPrice"]["amount"])) for one in items), Decimal(0))
    return money(amount, items[0]["paidPrice"]["currency"])


def credited(rma: JSON, made: JSON, at: int) -> None:
    """Say in the timeline that money moved."""
    text = f"Credited ${made['amount']['amount']:.2f}<br>Transaction ID: {made['id']}"
    rma["comments"].insert(0, comment("system", AUTOMATION, text, at))


def failed(rma: JSON, at: int) -> None:
    """Say in the timeline that money did not move."""
    text = f"Refund Failed. Platform returned status: FAILURE. RMA: {rma['rmaSummary']['rmaId']}"
    rma["comments"].insert(0, comment("error", AUTOMATION, text, at))


def put(change: Change, tenant: str, shop: str, rma: JSON, made: JSON, created: int, updated: int) -> None:
    """Store a transaction as it is now."""
    change.put_document(
        tenant,
        NAME,
        "transaction",
        str(made["id"]),
        made,
        created_at=created,
        updated_at=updated,
        status=made["status"],
        order_number=rma["orderDetails"]["orderId"],
        parent=rma["rmaSummary"]["rmaId"],
        shop=shop,
    )


def record_created(change: Change, tenant: str, rma: JSON, made: JSON, at: int) -> None:
    """Tell the ledger of a transaction."""
    amount = made["amount"]
    body = {
        "return": rma["rmaSummary"]["rmaId"],
        "status": made["status"],
        "type": made["type"],
        "amount": f"{amount['amount']:.2f}",
        "currency": amount["currency"],
    }
    change.record(tenant, NAME, kind=ledger.TRANSACTION_CREATED, subject=str(made["id"]), at=at, body=body)


def record_moved(change: Change, tenant: str, rma: JSON, made: JSON, before: str, at: int) -> None:
    """Tell the ledger that a transaction moved."""
    body = {"return": rma["rmaSummary"]["rmaId"], "from": before, "to": made["status"]}
    subject = str(made["id"])
    change.record(tenant, NAME, kind=ledger.TRANSACTION_STATE_CHANGED, subject=subject, at=at, body=body)


def record_refund(change: Change, tenant: str, rma: JSON, made: JSON, at: int) -> None:
    """Tell the ledger that money was paid back."""
    amount = made["amount"]
    RECORDER.refund_issued(
        change,
        tenant,
        rma["rmaSummary"]["rmaId"],
        at,
        amount=amount["amount"],
        currency=amount["currency"],
        method=METHODS[made["type"]],
    )
