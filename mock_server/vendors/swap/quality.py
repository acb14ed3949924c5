"""Swap's quality control: records the condition of returned products, and decides whether returns pass.

Source: help pages on quality control. If all products pass, the return passes and is completed. If any
product fails, the return fails and needs review. Quality control ends 48 hours after the first update
(assumed). Products without an update at that time count as missing; if all other products passed, the result
is `partial`, and the return needs review. At Swap, a store can instead choose to accept partial returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server import ledger
from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import LIFECYCLE, NAME, PASSES, QUALITY_CONTROL_RUNS, UNDECIDED
from mock_server.vendors.swap.returns import Returns


@dataclass(slots=True)
class QualityControl:
    """Applies quality control updates to the returns of all tenants."""

    store: Store
    returns: Returns

    def find(self, tenant: str, requested: Mapping[str, Any]) -> tuple[Row, JSON, JSON] | None:
        """Find the newest return that contains the product named in a quality control update.

        An update contains an order and either a line item ID or a SKU. Returns the row of the return, its
        document and the product in the document, or None if no return matches.
        """
        names = (requested["shopify_order_name"],) if requested.get("shopify_order_name") else ()
        line, sku, order = (requested.get(key) for key in ("shopify_line_item_id", "sku", "shopify_order_id"))
        if not names and not order:
            return None
        rows = list(self.store.rows(tenant, NAME, "return", Filters(order_numbers=names)))
        for row in reversed(rows):
            document = orjson.loads(row.document)
            if order and order not in (document["order_id"], document["order_id"].rpartition("/")[2]):
                continue
            for product in document["products"]:
                if product["shopify_line_item_id"] == line if line else product["sku"] == sku:
                    return row, document, product
        return None

    def add_unexpected(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> None:
        """Store a quality control update for a product that no return contains."""
        number = self.store.total(tenant, NAME, "unexpected") + 1
        id_ = f"UNEXPECTED-{number}"
        change.put_document(tenant, NAME, "unexpected", id_, dict(requested), created_at=at)

    def update(
        self,
        change: Change,
        tenant: str,
        found: tuple[Row, JSON, JSON],
        requested: Mapping[str, Any],
        at: int,
    ) -> None:
        """Store the condition of a product, and update the result of quality control for its return.

        `found` is the result of `find`. The first update for a return schedules the end of the return's
        quality control.
        """
        row, document, product = found
        first = not self.store.children(tenant, NAME, "quality_check", row.id)
        line = product["shopify_line_item_id"]
        check = {
            "line": line,
            "sku": product["sku"],
            "condition": _condition(requested["condition"], requested["return_qty"], product["item_count"]),
            "quantity": requested["return_qty"],
        }
        change.put_document(
            tenant, NAME, "quality_check", f"{row.id}:{line}", check, created_at=at, parent=row.id
        )
        if first and LIFECYCLE.is_open(row.status):
            due = at + QUALITY_CONTROL_RUNS
            change.schedule(tenant, NAME, due=due, step="quality_control_ends", subject=row.id)
        self._decide(change, tenant, row, document, check, at, over=False)

    def end(self, change: Change, tenant: str, return_id: str, at: int) -> None:
        """End the quality control of a return, 48 hours after its first update.

        Products without an update count as missing. Does nothing if the result was already decided.
        """
        row = self.returns.row(tenant, return_id)
        document: JSON = orjson.loads(row.document)
        if document["quality_control_status"] == "pending":
            self._decide(change, tenant, row, document, {"condition": "Missing"}, at, over=True)

    def _decide(
        self,
        change: Change,
        tenant: str,
        row: Row,
        document: JSON,
        check: Mapping[str, Any],
        at: int,
        *,
        over: bool,
    ) -> None:
        """Compute and store the result of quality control, and change the return's status accordingly.

        `document` is the parsed document of `row`, which this method changes. `check` contains the details to
        record in the ledger, such as the product's condition. `over` is True if the 48 hours for quality
        control have passed.
        """
        stored = map(orjson.loads, self.store.children(tenant, NAME, "quality_check", row.id))
        known = {entry["line"]: entry["condition"] for entry in stored}
        conditions = [
            known.get(product["shopify_line_item_id"], UNDECIDED) for product in document["products"]
        ]
        before, after = document["quality_control_status"], _result(conditions, over=over)
        document["quality_control_status"] = after
        for product in document["products"]:
            product["intake_reason"] = known.get(product["shopify_line_item_id"])
        documents.refresh_shipments(document)
        body = {"from": before, "to": after, **check}
        change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=row.id, at=at, body=body)
        target = {"passed": "completed", "failed": "needs_review", "partial": "needs_review"}.get(after)
        if target in LIFECYCLE.transitions[row.status]:
            self.returns.move(change, tenant, row, target, at, "Quality control", document=document)
        else:
            documents.put_return(change, tenant, document, row.created_at, at)


def _condition(reported: str, quantity: int, expected: int) -> str:
    """Determine a product's condition from the reported condition and quantity.

    If the reported condition passes, but the quantity is lower or higher than `expected`, the result is
    `Missing` or `Qty Mismatch`. Otherwise, the result is the reported condition.
    """
    if reported in PASSES and quantity != expected:
        return "Missing" if quantity < expected else "Qty Mismatch"
    return reported


def _result(conditions: list[str], *, over: bool) -> str:
    """Compute the result of quality control from the conditions of all products in a return.

    `over` is True if quality control has ended.
    """
    undecided = conditions.count(UNDECIDED)
    if any(condition not in PASSES and condition != UNDECIDED for condition in conditions):
        return "failed"
    if not undecided:
        return "passed"
    if not over:
        return "pending"
    return "partial" if undecided < len(conditions) else "failed"
