"""ReturnGO's webhooks: registered per shop, told of seven kinds of events. Payloads are assumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.returngo.documents import JSON, moment
from mock_server.vendors.returngo.facts import NAME
from mock_server.webhooks.outbox import Outbox

_FIRST_ID = 11_000


@dataclass(frozen=True, slots=True)
class Hooks:
    """The webhooks of all tenants."""

    store: Store
    outbox: Outbox

    def tell(
        self, change: Change, tenant: str, shop: str, event: str, at: int, data: Mapping[str, Any]
    ) -> None:
        """Let every webhook of the shop that waits for this event have it; free where there is none."""
        if not self.store.totals(tenant, NAME, "webhook").get(event):
            return
        told = {"eventName": event, "data": {"shopName": shop, **data, "eventDate": moment(at)}}
        body = orjson.dumps(told)
        for row in list(self.store.rows(tenant, NAME, "webhook", Filters(statuses=(event,), shop=shop))):
            url: str = orjson.loads(row.document)["url"]
            self.outbox.enqueue(change, tenant, NAME, webhook=row.id, event=event, url=url, body=body, at=at)

    def of(self, tenant: str, shop: str) -> list[bytes]:
        """Return the shop's webhooks, oldest first."""
        rows = self.store.rows(tenant, NAME, "webhook", Filters(shop=shop))
        return [row.document for row in rows if row.status]

    def register(self, change: Change, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Register a webhook."""
        id_ = str(_FIRST_ID + self.store.total(tenant, NAME, "webhook") + 1)
        webhook = {"id": id_, "url": requested["url"], "eventName": requested["eventName"]}
        self._put(change, tenant, shop, webhook, at)
        return webhook

    def to_show(self, tenant: str, shop: str) -> str:
        """The id of the shop's first webhook; where it has none, of the one that it registers next."""
        known = [orjson.loads(document)["id"] for document in self.of(tenant, shop)]
        return known[0] if known else str(_FIRST_ID + self.store.total(tenant, NAME, "webhook") + 1)

    def alter(self, change: Change, row: Row, requested: Mapping[str, Any]) -> JSON:
        """Change a webhook, for what happens from now on."""
        webhook: JSON = orjson.loads(row.document)
        webhook |= {name: requested[name] for name in ("url", "eventName") if name in requested}
        self._put(change, row.tenant, row.shop, webhook, row.created_at)
        return webhook

    def remove(self, change: Change, row: Row) -> None:
        """Delete a webhook, and what waits to be sent to it; its row stays, so that no other gets its id."""
        change.put_document(row.tenant, NAME, "webhook", row.id, {}, created_at=row.created_at, shop=row.shop)
        self.outbox.cancel(change, row.tenant, NAME, row.id)

    def find(self, tenant: str, shop: str, id_: str) -> Row:
        """Return the row of a webhook; raises `LookupError`."""
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
