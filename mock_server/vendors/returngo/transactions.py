"""ReturnGO's transactions: issues refunds or, if Notify Only is on, requests them from the integrator."""

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
from mock_server.vendors.returngo.webhooks import REFUND_CREATED, TRANSACTION_CREATED, transaction_data

_FIRST_ID = 6_070_000


@dataclass(frozen=True, slots=True)
class Transactions:
    """Creates and updates the transactions of all tenants."""

    store: Store
    switches: Switches
    hooks: Hooks

    def settle_return(self, change: Change, tenant: str, shop: str, rma: JSON, at: int) -> None:
        """Refund the items of a completed return that no transaction covers yet.

        If exchange items cost more than the returned items, first adds a transaction in which the customer
        pays the difference.
        """
        payment = self.invoice_payment(tenant, rma, at)
        if payment:
            self.add(change, tenant, shop, rma, payment, at)
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
        """Refund the items that no transaction covers, in one transaction per resolution type in `types`.

        If the shop's Notify Only switch is on for a type, the refund is requested from the integrator instead
        of being issued.
        """
        for type_, items in unpaid(rma, types).items():
            notify_only = self.switches.is_on(tenant, NAME, NOTIFY[type_], shop)
            status = "Requested" if notify_only else "Success"
            transaction = self.new(tenant, type_, worth(items), status, at)
            transaction["returnItemIds"] = [item["returnedItemId"] for item in items]
            self.add(change, tenant, shop, rma, transaction, at)

    def invoice_payment(self, tenant: str, rma: JSON, at: int) -> JSON | None:
        """Build the transaction in which the customer pays the price difference for exchange items.

        Returns None if nothing is left to pay.
        """
        left = left_to_pay(rma)
        if not left:
            return None
        currency = rma["items"][0]["paidPrice"]["currency"]
        return self.new(tenant, "InvoicePayment", money(left, currency), "Success", at)

    def new(self, tenant: str, type_: str, amount: JSON, status: str, at: int) -> JSON:
        """Build a `Transaction` with a new ID; the caller adds the IDs of the items that it covers."""
        id_ = _FIRST_ID + 7 * (self.store.total(tenant, NAME, "transaction") + 1)
        succeeded = status == "Success"
        return {
            "id": id_,
            "type": type_,
            "externalReferenceId": long("reference", str(id_)) if succeeded else None,
            "externalReferenceType": REFERENCES[type_] if succeeded else None,
            "amount": amount,
            "status": status,
            "processor": "Shopify",
            "bankAccountDetails": None,
            "returnItemIds": [],
            "createdAt": moment(at),
            "lastUpdated": moment(at),
        }

    def add(self, change: Change, tenant: str, shop: str, rma: JSON, transaction: JSON, at: int) -> None:
        """Store a new transaction, record it in the ledger, and queue its webhook events.

        Also adds the transaction to `rma`, which the caller must store.
        """
        rma["transactions"].append(transaction)
        put(change, tenant, shop, rma, transaction, at, at)
        record_created(change, tenant, rma, transaction, at)
        self._post(change, tenant, shop, TRANSACTION_CREATED, rma, transaction, at)
        if transaction["status"] == "Success":
            self._paid(change, tenant, shop, rma, transaction, at)

    def update(self, change: Change, row: Row, rma: JSON, requested: Mapping[str, Any], at: int) -> JSON:
        """Set the status and external reference of a transaction, and return the `Transaction`.

        Also changes the transaction in `rma`, which the caller must store. Raises `IllegalMove` if the
        transaction cannot change from its current to the requested status.
        """
        transaction: JSON = next(entry for entry in rma["transactions"] if str(entry["id"]) == row.id)
        before, after = transaction["status"], requested["status"]
        if after != before:
            if after not in TRANSACTION_MOVES[before]:
                raise IllegalMove(before, after, TRANSACTION_MOVES[before])
            transaction["status"] = after
            record_moved(change, row.tenant, rma, transaction, before, at)
        if "externalReferenceId" in requested:
            transaction |= {"externalReferenceId": requested["externalReferenceId"]}
            transaction["externalReferenceType"] = (
                transaction["externalReferenceType"] or REFERENCES[transaction["type"]]
            )
        transaction["lastUpdated"] = moment(at)
        put(change, row.tenant, row.shop, rma, transaction, row.created_at, at)
        if after == "Success" and before != after:
            self._paid(change, row.tenant, row.shop, rma, transaction, at)
        elif after != before:
            add_failure(rma, at)
        return transaction

    def _paid(self, change: Change, tenant: str, shop: str, rma: JSON, transaction: JSON, at: int) -> None:
        if transaction["type"] in METHODS:
            add_credit(rma, transaction, at)
            record_refund(change, tenant, rma, transaction, at)
            self._post(change, tenant, shop, REFUND_CREATED, rma, transaction, at)

    def _post(
        self, change: Change, tenant: str, shop: str, event: str, rma: JSON, transaction: JSON, at: int
    ) -> None:
        self.hooks.post(change, tenant, shop, event, at, transaction_data(transaction, rma))


def unpaid(rma: JSON, types: Collection[str]) -> dict[str, list[JSON]]:
    """Find a return's items that no transaction covers, and group these items by resolution type.

    Items whose resolution type is not in `types` are left out.
    """
    settled = {id_ for transaction in rma["transactions"] for id_ in transaction["returnItemIds"]}
    by_type: dict[str, list[JSON]] = {}
    for item in rma["items"]:
        if item["resolutionType"] in types and item["returnedItemId"] not in settled:
            by_type.setdefault(item["resolutionType"], []).append(item)
    return by_type


def worth(items: Sequence[JSON]) -> JSON:
    """Compute the total price that the customer paid for items, as a `Money` object."""
    amount = sum((Decimal(str(item["paidPrice"]["amount"])) for item in items), Decimal(0))
    return money(amount, items[0]["paidPrice"]["currency"])


def add_credit(rma: JSON, transaction: JSON, at: int) -> None:
    """Add the comment `Credited $…` to the timeline of a return whose refund has succeeded."""
    text = f"Credited ${transaction['amount']['amount']:.2f}<br>Transaction ID: {transaction['id']}"
    rma["comments"].insert(0, comment("system", AUTOMATION, text, at))


def add_failure(rma: JSON, at: int) -> None:
    """Add the comment `Refund Failed. …` to the timeline of a return whose refund has failed."""
    text = f"Refund Failed. Platform returned status: FAILURE. RMA: {rma['rmaSummary']['rmaId']}"
    rma["comments"].insert(0, comment("error", AUTOMATION, text, at))


def put(
    change: Change, tenant: str, shop: str, rma: JSON, transaction: JSON, created: int, updated: int
) -> None:
    """Store a transaction of the return `rma`, created at `created` and last updated at `updated` (µs)."""
    change.put_document(
        tenant,
        NAME,
        "transaction",
        str(transaction["id"]),
        transaction,
        created_at=created,
        updated_at=updated,
        status=transaction["status"],
        order_number=rma["orderDetails"]["orderId"],
        parent=rma["rmaSummary"]["rmaId"],
        shop=shop,
    )


def record_created(change: Change, tenant: str, rma: JSON, transaction: JSON, at: int) -> None:
    """Record in the ledger that a transaction was created for the return `rma`."""
    amount = transaction["amount"]
    body = {
        "return": rma["rmaSummary"]["rmaId"],
        "status": transaction["status"],
        "type": transaction["type"],
        "amount": f"{amount['amount']:.2f}",
        "currency": amount["currency"],
    }
    change.record(
        tenant, NAME, kind=ledger.TRANSACTION_CREATED, subject=str(transaction["id"]), at=at, body=body
    )


def record_moved(change: Change, tenant: str, rma: JSON, transaction: JSON, before: str, at: int) -> None:
    """Record in the ledger that a transaction's status changed from `before` to its current status."""
    body = {"return": rma["rmaSummary"]["rmaId"], "from": before, "to": transaction["status"]}
    subject = str(transaction["id"])
    change.record(tenant, NAME, kind=ledger.TRANSACTION_STATE_CHANGED, subject=subject, at=at, body=body)


def record_refund(change: Change, tenant: str, rma: JSON, transaction: JSON, at: int) -> None:
    """Record in the ledger that the refund in `transaction` was issued."""
    amount = transaction["amount"]
    RECORDER.refund_issued(
        change,
        tenant,
        rma["rmaSummary"]["rmaId"],
        at,
        amount=amount["amount"],
        currency=amount["currency"],
        method=METHODS[transaction["type"]],
    )
