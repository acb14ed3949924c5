"""Control plane operations on webhook deliveries: list them, show their attempts, and send them again."""

from typing import Any

import orjson

from mock_server.clock import reached_at, timestamp
from mock_server.control.context import ControlContext, conflict
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.webhooks.attempts import Attempt, attempts
from mock_server.webhooks.outbox import Delivery, Selection
from mock_server.webhooks.registry import UnknownWebhookError


class DeliveryEndpoints:
    """Handles the operations on a tenant's webhook deliveries, whether finished or pending."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._outbox = context.world.outbox

    def list_deliveries(self, call: Call) -> Reply:
        tenant, query = self._context.tenant(call).name, call.query
        after = query.get("after", 0)
        rows = self._outbox.deliveries(
            tenant, _selection(query), limit=query.get("limit", 100), last=query.get("last")
        )
        return Reply(
            200, {"deliveries": [delivery(row) for row in rows], "next": rows[-1].id if rows else after}
        )

    def get_delivery(self, call: Call) -> Reply:
        found = self._delivery(call)
        log = [_attempt(entry) for entry in attempts(found.log)]
        return Reply(200, {**delivery(found), "payload": orjson.loads(found.body), "log": log})

    def resend_delivery(self, call: Call) -> Reply:
        tenant, found = self._context.tenant(call).name, self._delivery(call)
        obstacle = self._obstacle(found)
        if obstacle:
            return conflict(ValueError(obstacle))
        with self._context.world.store.change() as change:
            self._outbox.send_again(change, tenant, found.id)
        return Reply(202, delivery(self._delivery(call)))

    def resend_deliveries(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        found = self._outbox.deliveries(tenant, _selection({"state": None, **call.body}))
        if "state" not in call.body:
            found = [one for one in found if one.state != "delivered"]
        skipped = [one.id for one in found if self._obstacle(one)]
        resent = [one.id for one in found if one.id not in set(skipped)]
        with self._context.world.store.change() as change:
            for id_ in resent:
                self._outbox.send_again(change, tenant, id_)
        return Reply(202, {"resent": resent, "skipped": skipped})

    def _delivery(self, call: Call) -> Delivery:
        """Look up the delivery in the request's path; raise `Problem("not_found")` if it does not exist."""
        try:
            return self._outbox.delivery(self._context.tenant(call).name, call.path["delivery"])
        except LookupError as error:
            raise Problem("not_found", str(error)) from None

    def _obstacle(self, found: Delivery) -> str:
        """Return the reason why a delivery cannot be sent again, or "" if it can be."""
        try:
            webhook = self._context.world.webhooks.get(found.tenant, found.webhook, found.vendor)
        except UnknownWebhookError:
            return f"The webhook {found.webhook} was deleted, so its deliveries cannot be sent again."
        return "" if webhook.active else f"The webhook {webhook.id} is paused; resume it first."


def _selection(given: Any) -> Selection:
    state = given.get("state")
    return Selection(
        after=given.get("after", 0),
        until=given.get("until"),
        vendor=given.get("vendor"),
        webhook=given.get("webhook"),
        event=given.get("event"),
        return_id=given.get("return"),
        states=(state,) if state else (),
    )


def delivery(one: Delivery) -> dict[str, Any]:
    """Convert a webhook delivery to the JSON of the control plane's `Delivery`."""
    return {
        "id": one.id,
        "vendor": one.vendor,
        "webhook": one.webhook,
        "event": one.event,
        "test": bool(one.test),
        "return": one.return_id or None,
        "address": one.address,
        "at": timestamp(one.at),
        "state": one.state,
        "attempts": one.attempts,
        "outcome": one.outcome or None,
        "status": int(one.outcome) if one.outcome.isdecimal() else None,
        "next_attempt": None if one.due is None else reached_at(one.due),
    }


def _attempt(entry: Attempt) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": timestamp(entry.at),
        "status": entry.status,
        "error": entry.error or None,
        "answer": entry.answer,
        "milliseconds": entry.milliseconds,
    }
