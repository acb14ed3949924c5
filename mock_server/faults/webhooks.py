"""`WebhookFaults`: decides how faults affect the first attempt to deliver a webhook."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from mock_server.clock import SECOND
from mock_server.faults.kinds import WEBHOOK
from mock_server.faults.registry import Faults, Firing
from mock_server.webhooks.disturbance import UNDISTURBED, Disturbance
from mock_server.webhooks.outbox import Delivery, WebhookKey
from mock_server.webhooks.registry import Webhooks


class WebhookFaults:
    """Decides how a tenant's active webhook faults affect its deliveries."""

    def __init__(self, faults: Faults, webhooks: Webhooks) -> None:
        self._faults = faults
        self._webhooks = webhooks
        self._held: dict[WebhookKey, int] = {}
        """The ID of the delivery that waits until another delivery is sent, keyed by webhook."""

    def disturb(self, delivery: Delivery) -> Disturbance:
        """Return how faults affect an attempt to send a delivery.

        Faults affect a delivery at most once. If it already has an outcome, because it was attempted or
        postponed, faults no longer affect it.
        """
        held = self._held.pop(delivery.webhook_key, None)
        releases = () if held in (None, delivery.id) else (held,)
        if delivery.outcome or delivery.tenant not in self._faults.with_webhook_faults:
            return Disturbance(releases=releases) if releases else UNDISTURBED
        firings = self._faults.fire(delivery.tenant, delivery.vendor, WEBHOOK)
        if not firings or (releases and firings[0].fault.what == "webhook_reorder"):
            # Two deliveries that wait for each other would never be sent.
            return Disturbance(releases=releases)
        return self._disturbance(delivery, firings[0], releases)

    def _disturbance(self, delivery: Delivery, firing: Firing, releases: tuple[int, ...]) -> Disturbance:
        fault = firing.fault
        if fault.what == "webhook_reorder":
            self._held[delivery.webhook_key] = delivery.id
        reason = f"{fault.what} ({fault.id})"
        options = self._options(delivery.vendor, fault.what, fault.parameters)
        return Disturbance(reason=reason, releases=releases, **options)

    def _options(self, vendor: str, what: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments for `Disturbance` that a kind of fault needs; `what` is the kind's name."""
        prepare, format_ = self._webhooks.prepare, self._webhooks.format_of(vendor)
        match what:
            case "webhook_drop":
                return {"dropped": True}
            case "webhook_duplicate":
                return {"copies": parameters["copies"]}
            case "webhook_wrong_signature":
                return {"prepare": partial(prepare, secret=format_.new_secret() if format_ else None)}
            case "webhook_old_timestamp":
                return {"prepare": partial(prepare, ago=parameters["seconds"] * SECOND)}
        return {"wait": parameters["seconds"]}  # webhook_delay and webhook_reorder
