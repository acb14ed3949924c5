"""Registers webhooks of ReturnGO's shops through the vendor's API, and queues deliveries to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.returngo.documents import JSON
from mock_server.vendors.returngo.facts import NAME
from mock_server.vendors.returngo.webhooks import WEBHOOKS
from mock_server.webhooks.format import Event
from mock_server.webhooks.outbox import Outbox

_FIRST_ID = 11_000


@dataclass(frozen=True, slots=True)
class Hooks:
    """Stores the webhooks of all tenants, and queues deliveries to them."""

    store: Store
    outbox: Outbox

    def post(
        self, change: Change, tenant: str, shop: str, event: str, at: int, data: Mapping[str, Any]
    ) -> None:
        """Queue an event for delivery to every webhook of the shop that subscribes to this event.

        `data["rmaId"]` is the ID of the return that the event is about.
        """
        # The totals are kept in memory, so events of tenants without webhooks do not need a query.
        if not self.store.totals(tenant, NAME, "webhook").get(event):
            return
        body = orjson.dumps(WEBHOOKS.payload(Event(event, "", at), {"shopName": shop, **data}))
        for row in list(self.store.rows(tenant, NAME, "webhook", Filters(statuses=(event,), shop=shop))):
            url: str = orjson.loads(row.document)["url"]
            self.outbox.enqueue(
                change,
                tenant,
                NAME,
                webhook=row.id,
                event=event,
                url=url,
                body=body,
                at=at,
                return_id=data["rmaId"],
            )

    def registered(self, tenant: str, shop: str) -> list[bytes]:
        """List the documents of a shop's webhooks, oldest first."""
        rows = self.store.rows(tenant, NAME, "webhook", Filters(shop=shop))
        return [row.document for row in rows if row.status]

    def register(self, change: Change, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Register a webhook for one event of a shop, and return the webhook's document."""
        id_ = str(_FIRST_ID + self.store.total(tenant, NAME, "webhook") + 1)
        webhook = {"id": id_, "url": requested["url"], "eventName": requested["eventName"]}
        self._put(change, tenant, shop, webhook, at)
        return webhook

    def example_id(self, tenant: str, shop: str) -> str:
        """Look up the ID of a shop's first webhook.

        If the shop has no webhook, returns the ID that the next new webhook will get.
        """
        ids: list[str] = [orjson.loads(document)["id"] for document in self.registered(tenant, shop)]
        return ids[0] if ids else str(_FIRST_ID + self.store.total(tenant, NAME, "webhook") + 1)

    def update(self, change: Change, row: Row, requested: Mapping[str, Any]) -> JSON:
        """Change a webhook's URL or event, and return the webhook's document.

        Deliveries that are already queued do not change.
        """
        webhook: JSON = orjson.loads(row.document)
        webhook |= {name: requested[name] for name in ("url", "eventName") if name in requested}
        self._put(change, row.tenant, row.shop, webhook, row.created_at)
        return webhook

    def delete(self, change: Change, row: Row) -> None:
        """Delete a webhook and its queued deliveries.

        The store keeps an empty row, so that the ID is not used again.
        """
        change.put_document(row.tenant, NAME, "webhook", row.id, {}, created_at=row.created_at, shop=row.shop)
        self.outbox.cancel(change, row.tenant, NAME, row.id)

    def find(self, tenant: str, shop: str, id_: str) -> Row:
        """Look up a shop's webhook by ID; raise `LookupError` if the shop has no such webhook."""
        row = self.store.row(tenant, NAME, "webhook", id_)
        if row is None or row.shop != shop or not row.status:
            raise LookupError(f"No webhook has the id {id_}.")
        return row

    def _put(self, change: Change, tenant: str, shop: str, webhook: JSON, at: int) -> None:
        change.put_document(
            tenant,
            NAME,
            "webhook",
            webhook["id"],
            webhook,
            created_at=at,
            status=webhook["eventName"],
            shop=shop,
        )
