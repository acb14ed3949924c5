"""Control plane operation that lists a tenant's webhook deliveries, both finished and pending."""

from typing import Any

from mock_server.clock import reached_at, timestamp
from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply
from mock_server.webhooks.outbox import Delivery


class WebhookEndpoints:
    """Handles the operation that lists a tenant's webhook deliveries."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_deliveries(self, call: Call) -> Reply:
        tenant, query = self._context.tenant(call).name, call.query
        after = query.get("after", 0)
        rows = self._context.world.outbox.deliveries(
            tenant, after=after, limit=query.get("limit", 100), last=query.get("last")
        )
        deliveries = [_delivery(row) for row in rows]
        return Reply(200, {"deliveries": deliveries, "next": rows[-1].id if rows else after})


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "vendor": delivery.vendor,
        "webhook": delivery.webhook,
        "event": delivery.event,
        "address": delivery.address,
        "at": timestamp(delivery.at),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "outcome": delivery.outcome or None,
        "next_attempt": None if delivery.due is None else reached_at(delivery.due),
    }
