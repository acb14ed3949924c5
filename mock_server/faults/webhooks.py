"""Faults of webhooks: decides what happens to each delivery when it is sent for the first time."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_server.faults.kinds import WEBHOOK
from mock_server.faults.registry import Faults, Firing
from mock_server.webhooks.disturbance import UNDISTURBED, Disturbance
from mock_server.webhooks.outbox import Delivery, WebhookKey


class WebhookFaults:
    """Disturbs the deliveries of tenants that have faults of webhooks."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: dict[WebhookKey, int] = {}
        """The delivery to each webhook that waits for the next one."""

    def disturb(self, delivery: Delivery) -> Disturbance:
        """Return what happens to an attempt.

        A delivery meets faults once. A retry, and a delivery that was postponed, have an outcome and pass.
        """
        held = self._held.pop(delivery.webhook_key, None)
        releases = () if held in (None, delivery.id) else (held,)
        if delivery.outcome or delivery.tenant not in self._faults.with_webhook_faults:
            return Disturbance(releases=releases) if releases else UNDISTURBED
        firings = self._faults.fire(delivery.tenant, delivery.vendor, WEBHOOK)
        if not firings or (releases and firings[0].fault.what == "webhook_reorder"):
            return Disturbance(releases=releases)  # two that wait for each other would never be sent
        return self._disturbance(delivery, firings[0], releases)

    def _disturbance(self, delivery: Delivery, firing: Firing, releases: tuple[int, ...]) -> Disturbance:
        fault = firing.fault
        if fault.what == "webhook_reorder":
            self._held[delivery.webhook_key] = delivery.id
        options = _OPTIONS[fault.what](fault.parameters)
        return Disturbance(reason=f"{fault.what} ({fault.id})", releases=releases, **options)


_OPTIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "webhook_drop": lambda _: {"dropped": True},
    "webhook_duplicate": lambda parameters: {"copies": parameters["copies"]},
    "webhook_delay": lambda parameters: {"wait": parameters["seconds"]},
    "webhook_reorder": lambda parameters: {"wait": parameters["seconds"]},
    "webhook_wrong_signature": lambda _: {"forged": True},
    "webhook_old_timestamp": lambda parameters: {"age": parameters["seconds"]},
}
