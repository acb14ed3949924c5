"""Adds, lists, changes, tests and deletes a tenant's webhooks through the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mock_server.testing.records import (
    Delivery,
    Webhook,
    WebhookEvents,
    delivery,
    webhook,
    webhook_events,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.testing.tenant import Tenant


class Webhooks:
    """Manages one tenant's webhooks, as merchants do in the vendors' dashboards."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def events(self, vendor: str) -> WebhookEvents:
        """Return the events that a vendor's webhooks report, and how the vendor sends them."""
        return webhook_events(self._tenant.call("GET", f"/vendors/{vendor}/webhook-events"))

    def add(
        self,
        vendor: str,
        url: str,
        *,
        events: Sequence[str] | None = None,
        secret: str | None = None,
        conditions: Mapping[str, Any] | None = None,
        version: int | None = None,
    ) -> Webhook:
        """Add a webhook that sends `events` of a vendor to `url`; by default, it sends all events.

        Deliveries are signed with `secret`; by default, the sandbox generates a secret. `conditions` have the
        vendor's own format, and `version` is the version of the payload. Raises `SandboxError` if a value is
        invalid.
        """
        options = {
            "vendor": vendor,
            "url": url,
            "events": list(events) if events is not None else None,
            "secret": secret,
            "conditions": dict(conditions) if conditions is not None else None,
            "version": version,
        }
        given = {name: value for name, value in options.items() if value is not None}
        return webhook(self._tenant.call("POST", "/webhooks", json=given))

    def list(self) -> list[Webhook]:
        """List the tenant's webhooks at all vendors, without their secrets."""
        return [webhook(row) for row in self._tenant.call("GET", "/webhooks")["webhooks"]]

    def change(self, id_: str, **changes: Any) -> Webhook:
        """Set new values for `url`, `events`, `secret`, `conditions` or `active`, and return the webhook.

        Raises `SandboxError` if a value is invalid or the tenant has no such webhook.
        """
        return webhook(self._tenant.call("PATCH", _path(id_), json=changes))

    def pause(self, id_: str) -> Webhook:
        """Pause a webhook until it is resumed; events that happen meanwhile are not delivered later."""
        return self.change(id_, active=False)

    def resume(self, id_: str) -> Webhook:
        """Resume a paused webhook."""
        return self.change(id_, active=True)

    def delete(self, id_: str) -> None:
        """Delete a webhook and its pending deliveries."""
        self._tenant.call("DELETE", _path(id_))

    def test(self, id_: str, event: str | None = None) -> Delivery:
        """Send a test event about an invented record to a webhook; `event` defaults to its first event."""
        body = {} if event is None else {"event": event}
        return delivery(self._tenant.call("POST", f"{_path(id_)}/test", json=body))


def _path(id_: str) -> str:
    return f"/webhooks/{quote(id_, safe='')}"
