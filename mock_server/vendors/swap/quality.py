"""Quality control: what came back, product by product, and what that makes of a return.

Source: help pages on quality control. All passed: the return passes and is processed. Any failed: it fails
and needs review. 48 hours after the first update (assumed) what was not told of is missing: beside products
that passed, the return is then partial and needs review, as it does unless a store lets partial ones through.
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
    """The warehouse's findings on the returns of all tenants."""

    store: Store
    returns: Returns

    def find(self, tenant: str, requested: Mapping[str, Any]) -> tuple[Row, JSON] | None:
        """The newest return that an update can be about, and the product of it; the line item goes first."""
        names = (requested["shopify_order_name"],) if requested.get("shopify_order_name") else ()
        line, sku, order = (requested.get(key) for key in ("shopify_line_item_id", "sku", "shopify_order_id"))
        if not names and not order:
            return None
        found = list(self.store.rows(tenant, NAME, "return", Filters(order_numbers=names)))
        for row in reversed(found):
            document = orjson.loads(row.document)
            if order and order not in (document["order_id"], document["order_id"].rpartition("/")[2]):
                continue
            for product in document["products"]:
                if product["shopify_line_item_id"] == line if line else product["sku"] == sku:
                    return row, product
        return None

    def unexpected(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> None:
        """Keep what came back without a return that it belongs to."""
        number = self.store.total(tenant, NAME, "unexpected") + 1
        id_ = f"UNEXPECTED-{number}"
        change.put_document(tenant, NAME, "unexpected", id_, dict(requested), created_at=at)

    def update(
        self, change: Change, tenant: str, row: Row, product: JSON, requested: Mapping[str, Any], at: int
    ) -> None:
        """Take note of one product; the return follows when that decides it."""
        first = not self.store.children(tenant, NAME, "quality_check", row.id)
        line = product["shopify_line_item_id"]
        found = {
            "line": line,
            "sku": product["sku"],
            "condition": _condition(requested["condition"], requested["return_qty"], product["item_count"]),
            "quantity": requested["return_qty"],
        }
        change.put_document(
            tenant, NAME, "quality_check", f"{row.id}:{line}", found, created_at=at, parent=row.id
        )
        if first and LIFECYCLE.is_open(row.status):
            due = at + QUALITY_CONTROL_RUNS
            change.schedule(tenant, NAME, due=due, step="quality_control_ends", subject=row.id)
        self._judge(change, tenant, row, found, at, over=False)

    def end(self, change: Change, tenant: str, return_id: str, at: int) -> None:
        """Time is up: what was not told of is missing."""
        row = self.returns.row(tenant, return_id)
        document: JSON = orjson.loads(row.document)
        if document["quality_control_status"] == "pending":
            self._judge(change, tenant, row, {"condition": "Missing"}, at, over=True)

    def _judge(
        self, change: Change, tenant: str, row: Row, found: Mapping[str, Any], at: int, *, over: bool
    ) -> None:
        document: JSON = orjson.loads(row.document)
        checks = self.store.children(tenant, NAME, "quality_check", row.id)
        known = {check["line"]: check["condition"] for check in map(orjson.loads, checks)}
        conditions = [known.get(one["shopify_line_item_id"], UNDECIDED) for one in document["products"]]
        before, after = document["quality_control_status"], _verdict(conditions, over=over)
        document["quality_control_status"] = after
        for product in document["products"]:
            product["intake_reason"] = known.get(product["shopify_line_item_id"])
        documents.pack_again(document)
        documents.put_return(change, tenant, document, row.created_at, at)
        body = {"from": before, "to": after, **found}
        change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=row.id, at=at, body=body)
        wanted = {"passed": "completed", "failed": "needs_review", "partial": "needs_review"}.get(after)
        if wanted in LIFECYCLE.transitions[row.status]:
            self.returns.move(change, tenant, self.returns.row(tenant, row.id), wanted, at, "Quality control")


def _condition(said: str, quantity: int, expected: int) -> str:
    """What is known of a product: too few are missing, too many do not fit."""
    if said in PASSES and quantity != expected:
        return "Missing" if quantity < expected else "Qty Mismatch"
    return said


def _verdict(conditions: list[str], *, over: bool) -> str:
    failed = [one for one in conditions if one not in PASSES and one != UNDECIDED]
    open_ = conditions.count(UNDECIDED)
    if failed:
        return "failed"
    if not open_:
        return "passed"
    if not over:
        return "pending"
    return "partial" if open_ < len(conditions) else "failed"
